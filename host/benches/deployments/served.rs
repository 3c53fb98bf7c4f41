//! The real binary on a folder.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::time::Instant;

/// A host that serves until it is dropped.
pub(crate) struct Served {
    child: Child,
    pub(crate) url: String,
    /// From its start until its port was open.
    pub(crate) ready_in: Duration,
}

impl Served {
    pub(crate) fn on(folder: &Path) -> anyhow::Result<Self> {
        let begun = Instant::now();
        let mut child = Command::new(env!("CARGO_BIN_EXE_retort"))
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(folder)
            .env("RETORT_LOG__FILTER", "error")
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        let stdout = child.stdout.take().context("its output")?;
        BufReader::new(stdout).read_line(&mut line)?;
        let ready_in = begun.elapsed();
        let Some(url) = line.trim().strip_prefix("listening on ") else {
            bail!("the host does not serve: {line}");
        };
        let url = url.to_owned();
        Ok(Self {
            child,
            url,
            ready_in,
        })
    }

    /// Its memory, in bytes.
    pub(crate) fn memory(&self) -> anyhow::Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.split_whitespace().next());
        Ok(kib.context("its memory")?.parse::<u64>()? << 10)
    }

    /// A bot's answer to a text, or the error.
    pub(crate) fn ask(&self, folder: &Path, tenant: &str) -> anyhow::Result<String> {
        let token = std::fs::read_to_string(folder.join("admin.token"))?;
        let url = format!(
            "{}/tenants/{tenant}/bots/bot/environments/draft/respond",
            self.url
        );
        let asked = ureq::post(&url)
            .header("authorization", &format!("Bearer {}", token.trim()))
            .send(r#"{"convId":"c","message":"hello"}"#);
        Ok(asked?.body_mut().read_to_string()?)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
