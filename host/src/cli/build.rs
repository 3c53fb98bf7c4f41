//! `retort build`: a Rust crate, or a Python bot, into a component that carries its manifest. Runs the real toolchain; knows
//! nothing of what the bot does.

mod paths;
mod python;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::artifact::is_component;
use super::{Ended, give, local, say};
use crate::registry::{Manifest, NotDeployable, Wanted, manifest};

const TARGET: &str = "wasm32-wasip2";

const NOT_INHERITED: [&str; 5] = [
    "RUSTFLAGS",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_BUILD_RUSTFLAGS",
    "CARGO_BUILD_TARGET",
    "RUSTC_WORKSPACE_WRAPPER",
];

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The folder of the bot, with its bot.toml and its Cargo.toml, or its app.py
    plugin_dir: PathBuf,
    /// Where to write the component [default: NAME.wasm in the current folder]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// A bot that was built.
#[derive(Debug)]
pub struct Built {
    /// What its bot.toml says.
    pub manifest: Manifest,
    /// The component, with its manifest inside.
    pub component: Vec<u8>,
}

pub(super) async fn run(args: &Args) -> Result<(), Ended> {
    let Built {
        manifest,
        component,
    } = build(&args.plugin_dir)?;
    // A bot that cannot be deployed is better told of here, with its author at hand.
    match local::host()?
        .deploy(
            &local::address("local", "bot")?,
            &component,
            Wanted::default(),
        )
        .await
    {
        // What it wants to be configured with is not known yet.
        Ok(_) | Err(NotDeployable::ConfigRefused(_)) => {}
        Err(error) => return Err(local::not_deployed(&error)),
    }
    let path = args
        .output
        .clone()
        .unwrap_or_else(|| PathBuf::from(format!("{}.wasm", manifest.name)));
    std::fs::write(&path, &component).map_err(|error| {
        Ended::Host(format!("\"{}\" cannot be written: {error}", path.display()))
    })?;
    say(format_args!(
        "built {} {}, {} KB",
        manifest.name,
        manifest.version,
        component.len() / 1000
    ));
    give(path.display());
    Ok(())
}

/// Builds the bot in a folder.
///
/// # Errors
/// [`Ended::NoBot`] if its `bot.toml` is wrong or it does not compile; the compiler's own words are on standard
/// error then.
pub fn build(plugin_dir: &Path) -> Result<Built, Ended> {
    let text = read(
        &plugin_dir.join("bot.toml"),
        "a bot says its name, version and wishes there",
    )?;
    let manifest = Manifest::parse(&text).map_err(|error| {
        Ended::NoBot(format!(
            "in \"{}\" {error}",
            plugin_dir.join("bot.toml").display()
        ))
    })?;
    if python::is_one(plugin_dir) {
        let component = python::component(plugin_dir, &manifest)?;
        return Ok(Built {
            component: manifest::embed(&component, &text),
            manifest,
        });
    }
    read(
        &plugin_dir.join("Cargo.toml"),
        "bots in Rust and, with an app.py, in Python are built here; give another bot's component as FILE.wasm",
    )?;
    let path = compile(plugin_dir, &manifest.build, &[])?
        .pop()
        .ok_or_else(|| {
            let cdylib = "`[lib] crate-type = [\"cdylib\"]`";
            Ended::NoBot(format!(
                "\"{}\" builds no component; its Cargo.toml needs {cdylib}",
                plugin_dir.display()
            ))
        })?;
    let component = std::fs::read(&path)
        .map_err(|error| Ended::Host(format!("\"{}\" cannot be read: {error}", path.display())))?;
    Ok(Built {
        component: manifest::embed(&component, &text),
        manifest,
    })
}

fn read(path: &Path, why: &str) -> Result<String, Ended> {
    std::fs::read_to_string(path)
        .map_err(|error| Ended::NoBot(format!("\"{}\": {error}; {why}", path.display())))
}

/// Adds the target to the toolchain, unless it is there.
fn add_target() -> Result<(), Ended> {
    let libraries = Command::new("rustc")
        .args(["--print", "target-libdir", "--target", TARGET])
        .output();
    let folder = libraries
        .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
        .unwrap_or_default();
    if !folder.is_empty() && Path::new(&folder).is_dir() {
        return Ok(());
    }
    say(format_args!("adding the Rust target {TARGET}"));
    match Command::new("rustup")
        .args(["target", "add", TARGET])
        .stdout(Stdio::null())
        .status()
    {
        Ok(status) if status.success() => Ok(()),
        _ => Err(Ended::Host(format!(
            "the Rust target {TARGET} is missing and `rustup target add {TARGET}` failed"
        ))),
    }
}

/// Compiles a folder's Rust into components, linked as `options` have it, and says where they are; that of the
/// folder's own library is the last one.
///
/// # Errors
/// [`Ended::NoBot`] if it does not compile; the compiler's own words are on standard error then.
pub fn compile(
    folder: &Path,
    options: &manifest::Build,
    cargo_args: &[&str],
) -> Result<Vec<PathBuf>, Ended> {
    add_target()?;
    let mut cargo = Command::new("cargo");
    cargo.args([
        "build",
        "--release",
        "--target",
        TARGET,
        "--message-format",
        "json-render-diagnostics",
    ]);
    cargo
        .args(cargo_args)
        .arg("--config")
        .arg(flags(folder, options))
        .current_dir(folder);
    // Flags that are meant for the caller's own build are not meant for the bot's.
    for variable in NOT_INHERITED {
        cargo.env_remove(variable);
    }
    let output = cargo
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| {
            Ended::Host(format!(
                "cargo cannot be run: {error}; install Rust from https://rustup.rs"
            ))
        })?;
    if !output.status.success() {
        return Err(Ended::NoBot(format!(
            "\"{}\" does not build; the reason stands above",
            folder.display()
        )));
    }
    Ok(String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(component_of)
        .collect())
}

/// A turn pays for every page that its instance starts with: a stack of 1 MiB, the linker's default, doubles
/// the cost of a small one.
fn flags(folder: &Path, options: &manifest::Build) -> String {
    let mut flags = vec![
        format!("-Clink-arg=-zstack-size={}", options.stack_bytes),
        format!(
            "-Clink-arg=--initial-memory={}",
            options.initial_memory_bytes
        ),
    ];
    flags.extend(paths::flags(folder));
    format!("target.{TARGET}.rustflags={}", toml::Value::from(flags))
}

/// The component that one of cargo's messages tells of.
fn component_of(message: &str) -> Option<PathBuf> {
    let message: serde_json::Value = serde_json::from_str(message).ok()?;
    let files = message.get("filenames")?.as_array()?;
    files
        .iter()
        .filter_map(|file| file.as_str())
        .map(PathBuf::from)
        .find(|path| is_component(path))
}
