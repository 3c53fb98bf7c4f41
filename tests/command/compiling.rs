//! Compiling, in a process of its own: what hostile components come to, and what is kept of the others.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Duration;

use harness::Served;
use harness::bots::{doublings, misbehaving, plugin, with_huge_function};
use retort::invocation::Settings;
use retort::registry::NotDeployable;
use retort::sandbox::compile::Compiling;
use tempfile::TempDir;

use crate::running::{Running, file, run};
use crate::serve::{DEPLOYMENT, folder, respond, serve};

/// Many seconds of work for the compiler.
const MANY_BRANCHES: usize = 20_000;

/// A host that compiles as the binary does.
fn host(change: impl FnOnce(&mut Settings)) -> Served {
    let mut settings = Settings::default();
    settings.sandbox.compiling = Compiling::Child {
        program: env!("CARGO_BIN_EXE_retort").into(),
    };
    change(&mut settings);
    Served::with(settings)
}

/// What a component is refused with.
async fn refused(host: &Served, component: &[u8]) -> (&'static str, String) {
    match host.deploy("bomb", component).await {
        Err(NotDeployable::Unloadable(error)) => (error.code(), error.to_string()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_component_that_asks_for_millions_of_instances_is_never_compiled() {
    let host = host(|settings| {
        settings.sandbox.compiling = Compiling::Child {
            program: PathBuf::from("/nowhere"),
        };
    });
    let (code, words) = refused(&host, &doublings(20)).await;
    assert_eq!(code, "component-too-many-instances");
    assert!(
        words.contains("1048576 core instances") && words.contains("raise `component.instances`"),
        "{words}"
    );
    let (code, words) = refused(&host, &plugin("echo")).await;
    assert_eq!(code, "host-fault");
    assert!(words.contains("\"/nowhere\" cannot be started"), "{words}");
}

#[tokio::test]
async fn each_limit_of_the_compiler_bites_and_names_its_key() {
    type Change = fn(&mut retort::sandbox::compile::Limits);
    let huge = with_huge_function(MANY_BRANCHES);
    let cases: [(Change, &str, &str); 4] = [
        (
            |limits| limits.cpu_seconds = 1,
            "compile-out-of-cpu-time",
            "`compile.cpu_seconds`",
        ),
        (
            |limits| limits.wall_seconds = 1,
            "compile-too-slow",
            "`compile.wall_seconds`",
        ),
        (
            |limits| limits.memory_bytes = 64 << 20,
            "compile-out-of-memory",
            "`compile.memory_bytes`",
        ),
        (
            |limits| limits.artifact_bytes = 64 << 10,
            "compiled-code-too-large",
            "`compile.artifact_bytes`",
        ),
    ];
    for (change, code, key) in cases {
        let host = host(|settings| {
            // On a busy machine the lowest priority waits long for a second of work.
            settings.sandbox.compile.wall_seconds = 600;
            change(&mut settings.sandbox.compile);
        });
        // The last one has to come to its end.
        let component = match code {
            "compiled-code-too-large" => plugin("echo"),
            _ => huge.clone(),
        };
        let (told, words) = refused(&host, &component).await;
        assert_eq!(told, code, "{words}");
        assert!(words.contains(key), "{words}");
    }
}

#[tokio::test]
async fn turns_are_answered_while_a_bomb_is_compiled() {
    // Processor time, which a busy machine does not shorten: echo has to be compiled under the same limits.
    let host = host(|settings| settings.sandbox.compile.cpu_seconds = 3);
    let host = host.with_bot("echo", &plugin("echo")).await;
    let huge = with_huge_function(MANY_BRANCHES);
    let mut refusing = Box::pin(refused(&host, &huge));
    let mut answered = 0;
    let code = loop {
        tokio::select! {
            (code, _) = &mut refusing => break code,
            said = host.says("echo", "hello") => assert_eq!(said, "hello"),
        }
        answered += 1;
    };
    assert_eq!(code, "compile-out-of-cpu-time");
    assert!(answered > 100, "{answered} turns in three seconds");
}

#[tokio::test]
async fn what_is_not_valid_is_told_in_the_compilers_words() {
    let host = host(|_| {});
    let unknown = wat::parse_str("(component (core module (func (result i32))))");
    let (code, words) = refused(&host, &unknown.expect("a component")).await;
    assert_eq!(code, "component-invalid");
    assert!(
        words.starts_with("the component is not valid: type mismatch"),
        "{words}"
    );
}

/// A folder with `echo` deployed, and a log that says where code comes from.
fn logged() -> TempDir {
    folder(&format!(
        "[log]\nfilter = \"info,retort::sandbox=debug\"\n{DEPLOYMENT}"
    ))
}

/// Serves, has the bot answer, and ends; the log.
async fn served(folder: &Path) -> String {
    let log = folder.join("log");
    let serving = Running::logging_to(&log, &mut serve(folder));
    let answer = respond(&serving, folder, "echo", "hello").await;
    assert!(answer.contains("{\"messages\":[\"hello\"]"), "{answer}");
    serving.stop();
    fs::read_to_string(log).expect("a log")
}

/// The folder of the engine's code.
fn compiled(folder: &Path) -> PathBuf {
    let mut engines = entries(&folder.join("data/compiled"));
    assert_eq!(engines.len(), 1, "{engines:?}");
    engines.remove(0)
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder");
    entries
        .map(|entry| entry.expect("an entry").path())
        .collect()
}

/// The one entry of a folder of code.
fn code(folder: &Path) -> PathBuf {
    entries(&compiled(folder))
        .into_iter()
        .find(|path| {
            path.extension()
                .is_some_and(|extension| extension == "cwasm")
        })
        .expect("code")
}

const COMPILED: &str = "the component is compiled";
const KEPT: &str = "code is taken from the cache";
const ANEW: &str = "is made anew";

#[tokio::test]
async fn a_component_is_compiled_once() {
    use std::os::unix::fs::PermissionsExt;

    let folder = logged();
    let first = served(folder.path()).await;
    assert!(first.contains(COMPILED) && !first.contains(KEPT), "{first}");
    let second = served(folder.path()).await;
    assert!(
        second.contains(KEPT) && !second.contains(COMPILED),
        "{second}"
    );
    for private in [folder.path().join("data/compiled"), compiled(folder.path())] {
        let mode = fs::metadata(private).expect("it was made").permissions();
        assert_eq!(mode.mode() & 0o777, 0o700);
    }
}

#[tokio::test]
async fn an_entry_that_was_damaged_is_made_anew() {
    let folder = logged();
    served(folder.path()).await;
    let code = code(folder.path());
    let whole = fs::read(&code).expect("code");
    let mut flipped = whole.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    for damaged in [&whole[..whole.len() / 2], &flipped, &[]] {
        fs::write(&code, damaged).expect("written");
        let log = served(folder.path()).await;
        assert!(log.contains(ANEW) && log.contains(COMPILED), "{log}");
        assert_eq!(fs::read(&code).expect("code"), whole);
    }
    let seal = code.with_extension("sha256");
    fs::remove_file(&seal).expect("removed");
    let log = served(folder.path()).await;
    assert!(log.contains(ANEW) && log.contains(COMPILED), "{log}");
    fs::remove_file(&seal).expect("removed");
    std::os::unix::fs::symlink("/dev/zero", &seal).expect("a link");
    let log = served(folder.path()).await;
    assert!(log.contains(ANEW) && log.contains(COMPILED), "{log}");
    assert!(served(folder.path()).await.contains(KEPT));
}

#[tokio::test]
async fn what_other_engines_and_crashes_left_is_removed() {
    let folder = logged();
    served(folder.path()).await;
    let (own, name) = (compiled(folder.path()), code(folder.path()));
    let other = folder.path().join("data/compiled/0000000000000000");
    fs::create_dir(&other).expect("a folder");
    fs::copy(&name, other.join(name.file_name().expect("a name"))).expect("copied");
    file(&own, ".half.tmp", "half of it");
    let log = served(folder.path()).await;
    assert!(log.contains(KEPT), "{log}");
    assert_eq!(compiled(folder.path()), own, "no other folder is left");
    assert_eq!(entries(&own).len(), 2, "the code and its digest");
}

/// A host that is killed at the worst moment.
fn killed(mut child: Child) {
    child.kill().expect("killed");
    child.wait().expect("gone");
}

fn start(folder: &Path) -> Child {
    let mut serve = serve(folder);
    serve.stdout(Stdio::null()).stderr(Stdio::null());
    serve.spawn().expect("it runs")
}

/// The processes that another has started.
fn children(of: u32) -> Vec<u32> {
    let is_child = |pid: &u32| stat(*pid).is_some_and(|stat| stat.get(1) == Some(&of.to_string()));
    entries(Path::new("/proc"))
        .iter()
        .filter_map(|path| path.file_name()?.to_str()?.parse().ok())
        .filter(is_child)
        .collect()
}

/// Waits for something that comes soon.
fn until(what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..20_000 {
        if is_so() {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("{what} never came");
}

#[tokio::test]
async fn a_host_that_is_killed_while_it_compiles_takes_the_compiler_with_it() {
    let folder = logged();
    file(
        folder.path(),
        "echo.wasm",
        with_huge_function(MANY_BRANCHES),
    );
    let host = start(folder.path());
    until("the compiler", || !children(host.id()).is_empty());
    let compilers = children(host.id());
    // It has set its limits once it has begun to read.
    until("the work", || has_used_time(&compilers));
    killed(host);
    until("the compiler's end", || {
        compilers.iter().all(|pid| !is_running(*pid))
    });

    file(folder.path(), "echo.wasm", plugin("echo"));
    let log = served(folder.path()).await;
    assert!(log.contains(COMPILED) && !log.contains(ANEW), "{log}");
    assert_eq!(entries(&compiled(folder.path())).len(), 2);
}

/// Whether it runs, and is no remainder that nobody has asked after.
fn is_running(pid: u32) -> bool {
    stat(pid).is_some_and(|stat| !matches!(stat.first().map(String::as_str), Some("Z" | "X")))
}

/// A tenth of a second of processor time at least.
fn has_used_time(pids: &[u32]) -> bool {
    let ticks = |pid: &u32| stat(*pid)?.get(11)?.parse::<u64>().ok();
    pids.iter().filter_map(ticks).any(|ticks| ticks >= 10)
}

/// What the system says of a process, from its state on.
fn stat(pid: u32) -> Option<Vec<String>> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    Some(fields.split_whitespace().map(str::to_owned).collect())
}

#[tokio::test]
async fn a_host_that_is_killed_at_any_moment_leaves_nothing_that_is_used_by_half() {
    let folder = logged();
    // From before there is a folder until after the entry is whole.
    for moment in 0..20 {
        let host = start(folder.path());
        std::thread::sleep(Duration::from_millis(moment * 15));
        killed(host);
    }
    let log = served(folder.path()).await;
    assert!(!log.contains(ANEW), "each step is whole: {log}");
    assert_eq!(entries(&compiled(folder.path())).len(), 2);
}

#[test]
fn a_compiler_without_its_host_does_nothing() {
    let mut orphan = crate::running::retort();
    orphan.args(["compile-component", "--engine", "0", "--parent", "1"]);
    orphan.args(["--cpu-seconds", "1", "--memory-bytes", "100000000"]);
    let ended = run(orphan.args(["--artifact-bytes", "1"]), "");
    assert_eq!((ended.code, ended.stdout.as_str()), (13, ""));
    assert!(
        ended.stderr.contains("no limits can be set"),
        "{}",
        ended.stderr
    );
}

#[tokio::test]
async fn every_bot_passes() {
    let host = host(|_| {});
    for name in ["echo", "concierge"] {
        host.deploy(name, &plugin(name)).await.expect(name);
    }
    host.deploy("probe", &misbehaving("probe"))
        .await
        .expect("probe");
}
