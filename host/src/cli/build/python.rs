//! A Python bot into a component: its modules and an interpreter, by the component tools of Python's own registry.

use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use super::super::{Ended, new, say};
use crate::registry::Manifest;

/// The module that has the bot.
const APP: &str = "app";
/// What building leaves behind, and finds again.
const FOLDER: &str = ".retort";

/// Whether a folder is a Python bot's.
pub(super) fn is_one(folder: &Path) -> bool {
    folder.join("app.py").is_file() && !folder.join("Cargo.toml").is_file()
}

/// Builds it; what its author has to mend stands on standard error then.
pub(super) fn component(folder: &Path, manifest: &Manifest) -> Result<Vec<u8>, Ended> {
    let own = folder.join(FOLDER);
    let cannot = |error: io::Error| Ended::Host(format!("\"{}\": {error}", own.display()));
    install(folder, &own.join("packages"))?;
    fs::create_dir_all(own.join("wit")).map_err(cannot)?;
    fs::create_dir_all(own.join("modules")).map_err(cannot)?;
    // Where the component tools look for packages besides those that they are told: in none of the machine's.
    let alone = own.join("alone");
    fs::create_dir_all(alone.join("lib/python3/site-packages")).map_err(cannot)?;
    fs::write(own.join("wit/bot.wit"), new::CONTRACT).map_err(cannot)?;
    let described = format!(
        "NAME = \"{}\"\nVERSION = \"{}\"\n",
        manifest.name, manifest.version
    );
    fs::write(own.join("modules/retort_manifest.py"), described).map_err(cannot)?;
    let built = own.join("bot.wasm");
    let mut python = python();
    python
        .args([
            "-c",
            "import sys, componentize_py; sys.exit(componentize_py.script())",
        ])
        .arg("--wit-path")
        .arg(own.join("wit"))
        .args([
            "--world",
            &manifest.world.unwrap_or_default().to_string(),
            "componentize",
        ]);
    for path in [folder, &own.join("modules"), &own.join("packages")] {
        python.arg("--python-path").arg(path);
    }
    python
        .args([APP, "--output"])
        .arg(&built)
        .env("PYTHONPATH", own.join("packages"))
        .env("VIRTUAL_ENV", alone)
        .env("PYTHONDONTWRITEBYTECODE", "1");
    let failed = format!(
        "\"{}\" does not build; the reason stands above",
        folder.display()
    );
    run(&mut python, Ended::NoBot(failed))?;
    fs::read(&built).map_err(cannot)
}

/// What its requirements.txt names, unless it is there.
fn install(folder: &Path, packages: &Path) -> Result<(), Ended> {
    let wanted = folder.join("requirements.txt");
    let text = fs::read(&wanted).map_err(|error| {
        Ended::NoBot(format!(
            "\"{}\": {error}; it names the packages that the bot is built with, `componentize-py` among them",
            wanted.display()
        ))
    })?;
    let stamp = packages.join("requirements.txt");
    if fs::read(&stamp).is_ok_and(|installed| installed == text) {
        return Ok(());
    }
    say(format_args!(
        "installing what \"{}\" names",
        wanted.display()
    ));
    let cannot = |error: io::Error| Ended::Host(format!("\"{}\": {error}", packages.display()));
    if packages.exists() {
        fs::remove_dir_all(packages).map_err(cannot)?;
    }
    let mut pip = python();
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--target",
    ]);
    pip.arg(packages).arg("-r").arg(&wanted);
    let failed = "the packages cannot be installed; the reason stands above".to_owned();
    run(&mut pip, Ended::Host(failed))?;
    fs::write(stamp, text).map_err(cannot)
}

fn python() -> Command {
    let mut python = Command::new("python3");
    // Whatever is for other Python programs here is not for this one.
    python.env_remove("PYTHONPATH").env_remove("PYTHONHOME");
    python
}

/// What it prints is for the author, on standard error.
fn run(command: &mut Command, failed: Ended) -> Result<(), Ended> {
    let ran = command.stdin(Stdio::null()).stdout(io::stderr()).status();
    match ran {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(failed),
        Err(error) => Err(Ended::Host(format!(
            "python3 cannot be run: {error}; install Python 3 with pip"
        ))),
    }
}
