//! From `retort deploy` to the first answer: of a Rust bot beside the time of compiling it, and of a lambda.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, ensure};
use retort::invocation::{Host, Settings};
use retort::sandbox;
use retort::sandbox::compile::Compiling;
use retort::store::Store;
use tokio::time::Instant;

use crate::artifacts::again;
use crate::lambda;
use crate::many::median;
use crate::served::Served;
use crate::tell;

/// What may come on top of compiling.
const MORE: Duration = Duration::from_millis(50);

pub(crate) async fn measure(bot: &[u8], times: usize) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let served = Served::on(folder.path())?;
    let alone = compiler(folder.path())?;
    let (mut deployed, mut compiled) = (Vec::new(), Vec::new());
    for number in 0..times {
        deployed.push(first_answer(&served, folder.path(), &again(bot, number))?);
        // In the same way, by a host of its own: counted, compiled in a child, loaded and linked.
        let begun = Instant::now();
        alone.sandbox().load(&again(bot, times + number)).await?;
        compiled.push(begun.elapsed());
    }
    let (deployed, compiled) = (median(deployed), median(compiled));
    let more = deployed.saturating_sub(compiled);
    let told = format!("{deployed:.1?}, {more:.1?} more than compiling alone ({compiled:.1?})");
    let what = "from `retort deploy` of a Rust bot to its first answer, at the median";
    tell(what, told, "compiling and 50 ms", more <= MORE);
    Ok(())
}

/// On a host that has run a lambda before: its engine is there.
pub(crate) async fn of_a_lambda(times: usize) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let served = Served::on(folder.path())?;
    first_answer(&served, folder.path(), &lambda::echo(0)?)?;
    let mut deployed = Vec::new();
    for number in 1..=times {
        deployed.push(first_answer(
            &served,
            folder.path(),
            &lambda::echo(number)?,
        )?);
    }
    let deployed = median(deployed);
    let what = "from `retort deploy` of a lambda to its first answer, at the median";
    tell(what, format!("{deployed:.1?}"), "50 ms", deployed <= MORE);
    Ok(())
}

fn compiler(folder: &Path) -> anyhow::Result<Host> {
    let settings = Settings {
        sandbox: sandbox::Settings {
            compiled: Some(folder.join("alone")),
            compiling: Compiling::Child {
                program: env!("CARGO_BIN_EXE_retort").into(),
            },
            ..sandbox::Settings::default()
        },
        ..Settings::default()
    };
    Ok(Host::new(settings, Store::in_memory())?)
}

fn first_answer(served: &Served, folder: &Path, bot: &[u8]) -> anyhow::Result<Duration> {
    let file = folder.join("bot.wasm");
    std::fs::write(&file, bot)?;
    let token = std::fs::read_to_string(folder.join("admin.token"))?;
    let begun = Instant::now();
    let deploy = Command::new(env!("CARGO_BIN_EXE_retort"))
        .arg("deploy")
        .arg(&file)
        .args(["--tenant", "acme", "--bot", "bot", "--url", &served.url])
        .env("RETORT_TOKEN", token.trim())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    ensure!(
        deploy.context("retort deploy")?.success(),
        "it is not deployed"
    );
    let answer = served.ask(folder, "acme")?;
    let took = begun.elapsed();
    ensure!(answer.contains("hello"), "{answer}");
    Ok(took)
}
