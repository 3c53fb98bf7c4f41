//! `retort serve`: a configuration's bots behind a port.

mod first_token;
mod in_force;
mod machine;

use std::fs::{DirBuilder, File, TryLockError};
use std::io::Read;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::{Ended, compile_child, give, try_child};
use crate::config::{Config, Entry, Flags, SecretsFlags, TlsFlags};
use crate::control::Control;
use crate::http::Platform;
use crate::http::tls::Tls;
use crate::invocation::{CANARY_TIME, Host, NotStarted};
use crate::sandbox::Allocator;
use crate::store::{Failed, Store};
use crate::trial::Trials;
use crate::vault::{Key, NotOpened, Vault};
use crate::{http, telemetry};

/// How long the last turns may take to be kept once nobody is served any more.
const KEPT_WITHIN: Duration = Duration::from_secs(10);

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The folder for what must outlive the host; made if it is missing. One host at a time may have it
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Where to listen [default: 127.0.0.1:7878]; port 0 takes a free one
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// Serve over TLS, with this certificate: PEM, the host's own first, and then those that lead to its CA
    #[arg(long, value_name = "FILE")]
    tls_cert: Option<PathBuf>,
    /// The certificate's key: PEM; PKCS#8, RSA or SEC1, without a password
    #[arg(long, value_name = "FILE")]
    tls_key: Option<PathBuf>,
    /// The file with the key to the secrets, outside of the data folder; made with a new one if it is missing
    #[arg(long, value_name = "FILE")]
    secrets_key: Option<PathBuf>,
    /// Remove all secrets of all tenants: for who has lost the key to them, which nothing else opens
    #[arg(long)]
    forget_secrets: bool,
    /// The configuration file, TOML; a RETORT_ variable beats it, and a flag beats both
    #[arg(long, value_name = "FILE", env = "RETORT_CONFIG")]
    config: Option<PathBuf>,
    /// Write another token for everything to `admin.token` in the data folder: for who has lost the one that they had,
    /// which goes on being valid until it is revoked
    #[arg(long)]
    new_admin_token: bool,
}

pub(super) async fn run(args: Args) -> Result<(), Ended> {
    let flags = Flags {
        listen: args.listen,
        data: args.data,
        tls: TlsFlags {
            cert: args.tls_cert,
            key: args.tls_key,
        },
        secrets: SecretsFlags {
            key_file: args.secrets_key,
        },
    };
    let variables = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let config = Config::load(args.config.as_deref(), variables, &flags)
        .map_err(|error| Ended::Usage(error.to_string()))?;
    let _writing = telemetry::start(&config.log).map_err(|error| match error {
        telemetry::NotStarted::Filter(_) => Ended::Usage(error.to_string()),
        telemetry::NotStarted::Thread(_) => Ended::Host(error.to_string()),
    })?;
    let tls = tls(&config)?;
    let platform = Platform::open(&config.liveperson);
    let platform = platform.map_err(|error| Ended::Usage(error.to_string()))?;
    let _lock = lock(config.data.as_deref())?;

    in_force::say(&config);
    machine::warn(&config);
    let mut settings = config.host();
    settings.sandbox.compiling = compile_child::compiling()?;
    settings.sandbox.compiled = config.data.as_ref().map(|data| data.join("compiled"));
    let failed = |error: Failed| Ended::Host(error.to_string());
    let store = Store::open(data(&config)).map_err(failed)?;
    let mut forgotten = 0;
    if args.forget_secrets {
        forgotten = Vault::forget(&store).await.map_err(failed)?;
        tracing::warn!("{forgotten} secrets are removed, as --forget-secrets says");
    }
    let has_secrets = Vault::has_secrets(&store).await.map_err(failed)?;
    settings.secrets_key = secrets_key(&config, has_secrets)?;
    let host = Host::new(settings, store).map_err(|error| match error {
        NotStarted::Egress(_) => Ended::Usage(error.to_string()),
        NotStarted::Sandbox(_) => Ended::Host(error.to_string()),
    })?;
    let opened = host.vault().open().await;
    opened.map_err(|error| match error {
        NotOpened::Failed(_) => Ended::Host(error.to_string()),
        NotOpened::NoKey | NotOpened::OtherKey => Ended::Usage(error.to_string()),
    })?;
    see_a_guest_ended(&host).await?;
    // Before the bots are compiled: who is told of a taken port only then has waited for nothing.
    let listener = listen(config.listen, "--listen").await?;
    let operators = match config.operations.listen {
        Some(address) => Some(listen(address, "`operations.listen`").await?),
        None => None,
    };
    deploy_all(&host, &config).await?;
    let control = operators_side(&host, &config, args.new_admin_token).await?;
    if forgotten > 0 {
        let told = control.secrets_forgotten(forgotten).await;
        told.map_err(|error| Ended::Host(error.to_string()))?;
    }
    warn(&host, &config);
    // Ends with the main one, and not before: a host that is ending can be watched to its end.
    let _watched = serve_operators(&host, &config, operators)?;
    platform.sentinel.begin();
    let router = http::router(
        host.clone(),
        Some(control),
        platform,
        &config.http,
        &config.operations,
    );
    serve(&host, router, &config, listener, tls).await?;
    // What failed last is what somebody will look for.
    let settled = timeout(KEPT_WITHIN, host.capsules().settled()).await;
    if settled.is_err() {
        tracing::warn!("some of the last turns are not kept whole: the disk takes too long");
    }
    Ok(())
}

/// What is shown to who connects, if TLS is to be spoken.
fn tls(config: &Config) -> Result<Option<Tls>, Ended> {
    let wrong = |error: &dyn std::fmt::Display| Ended::Usage(error.to_string());
    let files = config.tls.files().map_err(|error| wrong(&error))?;
    let every = Duration::from_secs(config.tls.reread_seconds);
    let tls = files.map(|files| Tls::read(files, every)).transpose();
    tls.map_err(|error| wrong(&error))
}

/// What is kept under `--data`, served beside what the configuration names.
async fn operators_side(
    host: &Host,
    config: &Config,
    new_admin_token: bool,
) -> Result<Control, Ended> {
    let failed = |error: &dyn std::fmt::Display| Ended::Host(error.to_string());
    let fixed = config.deployments.iter().map(Entry::address).collect();
    let trying = try_child::trying()?;
    let trials = Trials::new(config.trial, trying);
    let control = Control::open_with(host.clone(), config.defaults(), fixed, trials);
    let control = control.await.map_err(|error| failed(&error))?;
    let unserved = control.serve_all().await.map_err(|error| failed(&error))?;
    for (at, error) in unserved {
        tracing::error!("{at} is kept and cannot be served: {error}");
    }
    first_token::see_to_it(&control, data(config), new_admin_token).await?;
    Ok(control)
}

/// The key to the secrets, if there are to be any. A copy of the data folder must not have both.
fn secrets_key(config: &Config, has_secrets: bool) -> Result<Option<Key>, Ended> {
    let Some(file) = &config.secrets.key_file else {
        return Ok(None);
    };
    let wrong = |problem: &dyn std::fmt::Display| {
        let shown = file.display();
        Ended::Usage(format!("the key to the secrets, \"{shown}\": {problem}"))
    };
    let resolved = |path: &Path| path.canonicalize().map_err(|error| wrong(&error));
    let folder = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    if resolved(folder.unwrap_or(Path::new(".")))?.starts_with(resolved(data(config))?) {
        return Err(wrong(
            &"it would be in the data folder, which has the secrets; keep it elsewhere",
        ));
    }
    // A new one would open nothing: whoever mistypes the file is told so.
    let key = if has_secrets {
        Key::read(file)
    } else {
        Key::of_file(file)
    };
    key.map(Some).map_err(|error| wrong(&error))
}

/// The data folder. There is one: it is locked.
fn data(config: &Config) -> &Path {
    config.data.as_deref().unwrap_or(Path::new("."))
}

/// A host that cannot end a bot which loops must not run one.
async fn see_a_guest_ended(host: &Host) -> Result<(), Ended> {
    let canary = host.sandbox().canary(CANARY_TIME).await.map_err(|error| {
        Ended::Host(format!(
            "this machine does not end bots in time: {error}; give it more, or less else to do"
        ))
    })?;
    let late_us = canary.late_by.as_micros();
    tracing::info!("a bot that loops was ended {late_us} us past its deadline");
    Ok(())
}

async fn listen(address: SocketAddr, by: &str) -> Result<TcpListener, Ended> {
    TcpListener::bind(address).await.map_err(|error| {
        Ended::Host(format!(
            "{address} cannot be listened on: {error}; choose another address with {by}"
        ))
    })
}

/// Serves operators on a listener of their own, if there is one, until what is returned is dropped.
fn serve_operators(
    host: &Host,
    config: &Config,
    listener: Option<TcpListener>,
) -> Result<JoinSet<()>, Ended> {
    let mut serving = JoinSet::new();
    let Some(listener) = listener else {
        return Ok(serving);
    };
    let address = listener
        .local_addr()
        .map_err(|error| Ended::Host(format!("the operators' port is gone: {error}")))?;
    tracing::info!("operators are answered on http://{address}");
    let settings = http::Settings {
        connections: config.operations.connections,
        ..config.http.clone()
    };
    let router = http::operators_router(host.clone(), &settings, &config.operations);
    serving.spawn(async move {
        http::serve(listener, router, &settings, std::future::pending()).await;
    });
    Ok(serving)
}

async fn serve(
    host: &Host,
    router: http::Router,
    config: &Config,
    listener: TcpListener,
    tls: Option<Tls>,
) -> Result<(), Ended> {
    let failed = |what: &str, error| Ended::Host(format!("{what}: {error}"));
    let address = listener
        .local_addr()
        .map_err(|error| failed("the port is gone", error))?;
    let shutdown = shutdown().map_err(|error| failed("signals cannot be waited for", error))?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    give(format_args!("listening on {scheme}://{address}"));
    let notice = Duration::from_millis(config.http.notice_ms);
    let ending = host.clone();
    let shutdown = async move {
        shutdown.await;
        ending.end();
        if !notice.is_zero() {
            tracing::info!(
                "the host ends in {notice:?}: its health and its bots' states say so until then"
            );
            sleep(notice).await;
        }
        tracing::info!("no new requests are taken; those in flight are answered");
    };
    match tls {
        Some(tls) => http::serve_tls(listener, router, &config.http, tls, shutdown).await,
        None => http::serve(listener, router, &config.http, shutdown).await,
    }
    Ok(())
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
    let file = File::options()
        .create(true)
        .write(true)
        .truncate(false)
        .open(data.join("lock"))
        .map_err(|error| failed("cannot be written to", &error))?;
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
    let component = read(&entry.component, config.component.bytes)?;
    let wanted = config.wanted(entry).map_err(|error| error.to_string())?;
    let grants = wanted.grants.clone();
    let deployed = host.deploy(&entry.address(), &component, wanted).await;
    let deployment = deployed.map_err(|error| error.to_string())?;
    let missing: Vec<_> = deployment.wants.difference(&grants).collect();
    if !missing.is_empty() {
        let missing = missing.iter().map(|grant| format!("\"{grant}\""));
        let missing = missing.collect::<Vec<_>>().join(", ");
        return Err(format!(
            "it asks for what it is not granted: if it may have that, add {missing} to its `grant`"
        ));
    }
    for grant in grants.difference(&deployment.wants) {
        let at = entry.address();
        tracing::warn!("{at} is granted {grant}, which its bot.toml does not ask for");
    }
    Ok(())
}

/// A component's bytes: of a file and nothing else, and no more than may be loaded and one, which is told then.
fn read(path: &Path, limit: usize) -> Result<Vec<u8>, String> {
    let unread = |error: std::io::Error| format!("the component cannot be read: {error}");
    if !std::fs::metadata(path).map_err(unread)?.is_file() {
        return Err("the component cannot be read: it is not a file".to_owned());
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(unread)?;
    file.take(limit as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(unread)?;
    Ok(bytes)
}

/// What an operator should know of how this host runs.
fn warn(host: &Host, config: &Config) {
    if let Allocator::OnDemand { because } = host.sandbox().allocator() {
        tracing::warn!(
            "there is no instance pool, so each turn is several times slower: {because}; lower `sandbox.instances`, or allow more address space (ulimit -v)"
        );
    }
    if host.registry().is_empty() {
        tracing::warn!(
            "nothing is deployed; give the host a bot with `retort deploy`, or name some under `[[deployments]]` in the configuration file"
        );
    }
    if let Some(tenant) = &config.liveperson.open_tenant {
        if host.registry().tenant(tenant).is_err() {
            tracing::warn!("the Custom Endpoint is that of tenant \"{tenant}\", which has no bot");
        }
        if !config.listen.ip().is_loopback() {
            tracing::warn!(
                "the Custom Endpoint of tenant \"{tenant}\" answers anyone who reaches {}, without a token: \
                 `liveperson.open_tenant` is for a person's own machine",
                config.listen
            );
        }
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
    })
}
