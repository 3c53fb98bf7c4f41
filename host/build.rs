//! Builds the engine of JavaScript bots from `plugins/javascript-engine/`: it is part of the executable. Installs what
//! that takes and is not there: a target of Rust's, and, in folders of their own under `target`, a C compiler from PyPI and
//! the libraries for lambdas from npm.
//!
//! `RETORT_JAVASCRIPT_ENGINE` names a component that was built before, where none can be built.
//! `CC_wasm32_unknown_unknown` names another C compiler.

use std::env;
use std::error::Error;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const TARGET: &str = "wasm32-unknown-unknown";
/// A stack for what `engine.rs` lets scripts have of it: all of it is set to zero after each turn.
const FLAGS: &str = "-Clinker=wasm-component-ld -Clink-arg=-zstack-size=262144";
const BUILT: &str = "RETORT_JAVASCRIPT_ENGINE";
const COMPILER: &str = "CC_wasm32_unknown_unknown";
/// Where the engine's sources find the libraries.
const LIBRARIES: &str = "RETORT_JAVASCRIPT_LIBRARIES";

/// What is meant for the build of the host, and not for the engine's.
const NOT_INHERITED: [&str; 6] = [
    "RUSTFLAGS",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_BUILD_RUSTFLAGS",
    "CARGO_BUILD_TARGET",
    "RUSTC_WRAPPER",
    "RUSTC_WORKSPACE_WRAPPER",
];

fn main() -> Result<()> {
    let root = PathBuf::from(variable("CARGO_MANIFEST_DIR")?).join("..");
    let source = root.join("plugins/javascript-engine");
    let made_of = [
        "src",
        "js",
        "libraries",
        "Cargo.toml",
        "Cargo.lock",
        "requirements.txt",
    ];
    for watched in made_of {
        println!("cargo::rerun-if-changed={}", source.join(watched).display());
    }
    println!("cargo::rerun-if-changed={}", root.join("wit").display());
    for watched in [BUILT, COMPILER] {
        println!("cargo::rerun-if-env-changed={watched}");
    }
    let built = match env::var_os(BUILT) {
        Some(built) => PathBuf::from(built),
        None => build(&source)?,
    };
    let into = PathBuf::from(variable("OUT_DIR")?).join("javascript-engine.wasm");
    fs::copy(&built, into).map_err(|error| format!("\"{}\": {error}", built.display()))?;
    Ok(())
}

fn variable(name: &str) -> Result<OsString> {
    env::var_os(name).ok_or_else(|| format!("{name} is not set").into())
}

/// The component, built by the toolchain that builds the host.
fn build(source: &Path) -> Result<PathBuf> {
    let out = PathBuf::from(variable("OUT_DIR")?);
    // Shared by all profiles: `<target>/<profile>/build/<package>/out` is where this one's is.
    let target = out
        .ancestors()
        .nth(4)
        .ok_or("OUT_DIR is not below `target`")?;
    let folder = target.join("javascript-engine");
    add_target()?;
    let mut cargo = Command::new(variable("CARGO")?);
    cargo
        .args(["build", "--release", "--locked", "--target", TARGET])
        .arg("--target-dir")
        .arg(&folder)
        .env("RUSTFLAGS", FLAGS)
        .env(LIBRARIES, libraries(source, &folder)?)
        .current_dir(source)
        .stdin(Stdio::null());
    for name in NOT_INHERITED.iter().skip(1) {
        cargo.env_remove(name);
    }
    for (name, _) in env::vars_os() {
        if name.to_string_lossy().starts_with("CARGO_PROFILE_") {
            cargo.env_remove(name);
        }
    }
    if env::var_os(COMPILER).is_none() {
        let (cc, ar) = compiler(source, &folder)?;
        cargo.env(COMPILER, cc).env("AR_wasm32_unknown_unknown", ar);
    }
    run(&mut cargo, "the engine for JavaScript does not build")?;
    Ok(folder.join(TARGET).join("release/javascript_engine.wasm"))
}

fn add_target() -> Result<()> {
    let mut rustc = Command::new(variable("RUSTC")?);
    let libraries = rustc.args(["--print", "target-libdir", "--target", TARGET]);
    let libraries = String::from_utf8(libraries.output()?.stdout)?;
    if Path::new(libraries.trim()).is_dir() {
        return Ok(());
    }
    let mut rustup = Command::new("rustup");
    rustup.args(["target", "add", TARGET]);
    let missing =
        format!("the Rust target {TARGET} is missing, and `rustup target add {TARGET}` fails");
    run(&mut rustup, &missing)
}

/// The C compiler and its archiver, installed unless they are there.
fn compiler(source: &Path, folder: &Path) -> Result<(PathBuf, PathBuf)> {
    let wanted = source.join("requirements.txt");
    let tools = folder.join("tools");
    let stamp = tools.join("requirements.txt");
    let is_there = fs::read(&stamp)
        .is_ok_and(|installed| fs::read(&wanted).is_ok_and(|wanted| wanted == installed));
    if !is_there {
        if tools.exists() {
            fs::remove_dir_all(&tools)?;
        }
        let mut pip = Command::new("python3");
        pip.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--target",
        ])
        .arg(&tools)
        .arg("-r")
        .arg(&wanted);
        let missing = format!(
            "the C compiler for the engine for JavaScript cannot be installed from PyPI; it takes Python 3 with pip, or \
             name a clang that compiles for WebAssembly in {COMPILER}"
        );
        run(&mut pip, &missing)?;
        fs::copy(&wanted, &stamp)?;
    }
    let zig = tools.join("ziglang/zig");
    // It has names of its own for targets. What is undefined in C is left so, as by any other compiler.
    let cc = format!(
        "#!/bin/sh\nfor word do\n  shift\n  case \"$word\" in --target=*) ;; *) set -- \"$@\" \"$word\" ;; esac\ndone\n\
         exec '{}' cc -target wasm32-freestanding -fno-sanitize=undefined \"$@\"\n",
        zig.display()
    );
    let ar = format!("#!/bin/sh\nexec '{}' ar \"$@\"\n", zig.display());
    Ok((
        script(&tools.join("cc"), &cc)?,
        script(&tools.join("ar"), &ar)?,
    ))
}

/// The folder of the libraries, each one file without imports. Their packages are installed unless they are there.
fn libraries(source: &Path, folder: &Path) -> Result<PathBuf> {
    let (source, folder) = (source.join("libraries"), folder.join("libraries"));
    let bundled = folder.join("bundled");
    fs::create_dir_all(&folder)?;
    let mut entries = Vec::new();
    for file in fs::read_dir(&source)? {
        let name = PathBuf::from(file?.file_name());
        if name.extension().is_some_and(|kind| kind == "js") {
            fs::copy(source.join(&name), folder.join(&name))?;
            entries.push(name);
        }
    }
    install(&source, &folder)?;
    let mut esbuild = Command::new(folder.join("node_modules/.bin/esbuild"));
    esbuild
        .args(entries)
        .args(["--bundle", "--format=cjs", "--minify"])
        // The engine looks for places from the beginning of their line.
        .args(["--line-limit=100", "--log-level=warning"])
        .args(["--platform=neutral", "--main-fields=main"])
        .arg(format!("--outdir={}", bundled.display()))
        .current_dir(&folder);
    run(&mut esbuild, "the libraries for lambdas cannot be bundled")?;
    Ok(bundled)
}

/// The packages of a lock file, once.
fn install(source: &Path, folder: &Path) -> Result<()> {
    let [wanted, there] = [source, folder].map(|at| fs::read(at.join("package-lock.json")));
    let wanted = wanted?;
    if there.is_ok_and(|there| there == wanted) {
        return Ok(());
    }
    fs::copy(source.join("package.json"), folder.join("package.json"))?;
    let lock = folder.join("package-lock.json");
    fs::write(&lock, wanted)?;
    let mut npm = Command::new("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        .arg("--prefix")
        .arg(folder);
    let missing = "the libraries for lambdas cannot be installed from npm; it takes Node with npm";
    run(&mut npm, missing).inspect_err(|_| drop(fs::remove_file(&lock)))
}

fn script(path: &Path, text: &str) -> Result<PathBuf> {
    fs::write(path, text)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
    Ok(path.to_owned())
}

/// Runs something whose output is for who builds.
fn run(command: &mut Command, unless: &str) -> Result<()> {
    match command.stdout(Stdio::null()).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(unless.into()),
        Err(error) => Err(format!("{unless}: {error}").into()),
    }
}
