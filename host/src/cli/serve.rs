//! `retort serve`: a configuration's bots behind a port.

use std::fs::{DirBuilder, File, TryLockError};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::{Ended, give};
use crate::config::{Config, Entry, Flags};
use crate::invocation::Host;
use crate::sandbox::Allocator;
use crate::{http, telemetry};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The folder for what must outlive the host; made if it is missing. One host at a time may have it
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Where to listen [default: 127.0.0.1:7878]; port 0 takes a free one
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// The configuration file, TOML; a RETORT_ variable beats it, and a flag beats both
    #[arg(long, value_name = "FILE", env = "RETORT_CONFIG")]
    config: Option<PathBuf>,
}

pub(super) async fn run(args: Args) -> Result<(), Ended> {
    let flags = Flags {
        listen: args.listen,
        data: args.data,
    };
    let variables = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let config = Config::load(args.config.as_deref(), variables, &flags)
        .map_err(|error| Ended::Usage(error.to_string()))?;
    let _writing = telemetry::start(&config.log)
        .map_err(|error| Ended::Usage(format!("`log.filter` is not valid: {error}")))?;
    let _lock = lock(config.data.as_deref())?;

    let host = Host::new(config.host()).map_err(|error| Ended::Host(error.to_string()))?;
    deploy_all(&host, &config).await?;
    warn(&host, &config);
    serve(host, &config).await
}

async fn serve(host: Host, config: &Config) -> Result<(), Ended> {
    let unbound = |error| {
        Ended::Host(format!(
            "{} cannot be listened on: {error}; choose another address with --listen",
            config.listen
        ))
    };
    let listener = TcpListener::bind(config.listen).await.map_err(unbound)?;
    let address = listener.local_addr().map_err(unbound)?;
    let shutdown = shutdown()
        .map_err(|error| Ended::Host(format!("signals cannot be waited for: {error}")))?;
    give(format_args!("listening on http://{address}"));
    http::serve(listener, http::router(host, &config.http), shutdown)
        .await
        .map_err(|error| Ended::Host(error.to_string()))
}

/// Makes the data folder, for this user only, and keeps any other host out of it while this one runs.
fn lock(data: Option<&Path>) -> Result<File, Ended> {
    use std::os::unix::fs::DirBuilderExt;

    let data = data.ok_or_else(|| {
        Ended::Usage("no data folder is given; add --data DIR, or `data` in the file".to_owned())
    })?;
    let failed = |what: &str, error: &dyn std::fmt::Display| {
        Ended::Host(format!(
            "the data folder \"{}\" {what}: {error}",
            data.display()
        ))
    };
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(data)
        .map_err(|error| failed("cannot be made", &error))?;
    let file =
        File::create(data.join("lock")).map_err(|error| failed("cannot be written to", &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(failed(
            "is in use",
            &"another host runs on it; stop it, or give another folder",
        )),
        Err(TryLockError::Error(error)) => Err(failed("cannot be locked", &error)),
    }
}

/// All of them or none: a configuration that is half in force is worse than one that is refused. Every problem
/// is told, not only the first.
async fn deploy_all(host: &Host, config: &Config) -> Result<(), Ended> {
    let mut problems = Vec::new();
    for entry in &config.deployments {
        match deploy(host, config, entry).await {
            Ok(()) => {
                tracing::info!(component = %entry.component.display(), "{} is deployed", entry.address())
            }
            Err(problem) => problems.push(format!(
                "{} (\"{}\"): {problem}",
                entry.address(),
                entry.component.display()
            )),
        }
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Ended::NoBot(problems.join("\nerror: ")))
    }
}

async fn deploy(host: &Host, config: &Config, entry: &Entry) -> Result<(), String> {
    let component = std::fs::read(&entry.component)
        .map_err(|error| format!("the component cannot be read: {error}"))?;
    let wanted = config.wanted(entry).map_err(|error| error.to_string())?;
    host.deploy(&entry.address(), &component, wanted)
        .await
        .map_err(|error| error.to_string())
}

/// What an operator should know of how this host runs.
fn warn(host: &Host, config: &Config) {
    if let Allocator::OnDemand { because } = host.sandbox().allocator() {
        tracing::warn!(
            "there is no instance pool, so each turn is several times slower: {because}; lower `sandbox.instances`, or allow more address space (ulimit -v)"
        );
    }
    if config.deployments.is_empty() {
        tracing::warn!(
            "nothing is deployed; name bots under `[[deployments]]` in the configuration file"
        );
    }
    if let Some(tenant) = &config.http.custom_endpoint_tenant {
        tracing::warn!(
            "the Custom Endpoint of tenant \"{tenant}\" is open to anyone who reaches this port: tokens are not checked yet"
        );
    }
}

fn shutdown() -> std::io::Result<impl Future<Output = ()> + Send + 'static> {
    let (mut interrupt, mut terminate) = (
        signal(SignalKind::interrupt())?,
        signal(SignalKind::terminate())?,
    );
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        tracing::info!("no new requests are taken; those in flight are answered");
    })
}
