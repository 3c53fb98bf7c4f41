//! Bots that are JavaScript, and hosts that keep the code of their engine from one test to the next.

use std::path::Path;

use retort::cli::lambda;
use retort::invocation::Settings;
use retort::sandbox::World;
use tokio::sync::OnceCell;

use crate::host::Served;

/// The component of a script that is no file. `manifest` is what would stand beside it.
///
/// # Panics
/// If the manifest is not one.
pub fn script(source: &str, manifest: &str, world: World) -> Vec<u8> {
    named("lambda.js", source, manifest, world)
}

/// The same, called like this.
///
/// # Panics
/// If the manifest is not one.
pub fn named(file: &str, source: &str, manifest: &str, world: World) -> Vec<u8> {
    let packed = lambda::package(Path::new(file), source.to_owned(), manifest, Some(world));
    packed.expect("the manifest is one")
}

static COMPILED: OnceCell<()> = OnceCell::const_new();

/// A host whose bots may take half a minute, and whose engine for JavaScript is compiled.
pub async fn host() -> Served {
    Served::with(settings().await).in_time(30_000)
}

/// The settings of one.
///
/// # Panics
/// If the engine cannot be compiled.
pub async fn settings() -> Settings {
    let compiled = async || {
        let host = Served::with(in_folder()).in_time(30_000);
        let silent = script("function lambda(input) {}", "", World::Function);
        let deployed = host.deploy("silent", &silent).await;
        deployed.expect("the engine is compiled");
    };
    COMPILED.get_or_init(compiled).await;
    in_folder()
}

/// Settings of a host that keeps the code of its bots for others.
pub(crate) fn in_folder() -> Settings {
    let mut settings = Settings::default();
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/tmp");
    settings.sandbox.compiled = Some(target.join("compiled"));
    settings.sandbox.shares_compiled = true;
    settings.sandbox.deadline_ceiling_ms = 30_000;
    settings
}
