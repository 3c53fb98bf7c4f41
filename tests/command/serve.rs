//! `serve`: what an operator and the platform rely on.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use harness::bots::{misbehaving, plugin};
use harness::host::{request, request_with, text};
use tempfile::{TempDir, tempdir};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::running::{Running, file, retort, run};

pub(crate) const DEPLOYMENT: &str =
    "[[deployments]]\ntenant = \"acme\"\nbot = \"echo\"\ncomponent = \"echo.wasm\"\n";

/// A folder with a configuration and the component that it names.
pub(crate) fn folder(config: &str) -> TempDir {
    let folder = tempdir().expect("a folder");
    file(folder.path(), "retort.toml", config);
    file(folder.path(), "echo.wasm", plugin("echo"));
    folder
}

pub(crate) fn serve(folder: &Path) -> std::process::Command {
    let mut serve = retort();
    serve
        .arg("serve")
        .arg("--data")
        .arg(folder.join("data"))
        .args(["--listen", "127.0.0.1:0"]);
    serve.arg("--config").arg(folder.join("retort.toml"));
    serve
}

/// The first token of a host.
pub(crate) fn token(folder: &Path) -> String {
    let token = std::fs::read_to_string(folder.join("data/admin.token"));
    token.expect("a token").trim().to_owned()
}

/// What a bot of `acme` answers to a text, as the wire has it.
pub(crate) async fn respond(serving: &Running, folder: &Path, bot: &str, said: &str) -> String {
    let path = format!("/tenants/acme/bots/{bot}/environments/draft/respond");
    let headers = format!("authorization: Bearer {}\r\n", token(folder));
    let body = text(said).to_string();
    request_with(serving.address, &headers, "POST", &path, &body).await
}

#[tokio::test]
async fn it_says_where_it_listens_answers_and_ends_when_it_is_told_to() {
    let folder = folder(DEPLOYMENT);
    let serving = Running::start(&mut serve(folder.path()));
    let answer = respond(&serving, folder.path(), "echo", "hello").await;
    assert!(
        answer.ends_with("{\"messages\":[\"hello\"],\"context\":{}}"),
        "{answer}"
    );
    assert_eq!(
        serving.stop(),
        (0, String::new()),
        "one line on standard output, and no other"
    );
}

#[tokio::test]
async fn a_host_that_is_told_to_end_says_so_before_it_closes_its_port() {
    let notice = "notice_ms = 600000";
    let folder = folder(&format!("[http]\n{notice}\n{DEPLOYMENT}"));
    let serving = Running::start(&mut serve(folder.path()));
    serving.terminate();
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        let health = request(serving.address, "GET", "/healthz", "").await;
        if health.contains("\"status\":\"ending\"") {
            assert!(health.starts_with("HTTP/1.1 503"), "{health}");
            break;
        }
        assert!(Instant::now() < until, "{health}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let answer = respond(&serving, folder.path(), "echo", "still there?").await;
    assert!(answer.contains("still there?"), "{answer}");
}

#[test]
fn two_hosts_do_not_share_a_data_folder() {
    let folder = folder(DEPLOYMENT);
    let first = Running::start(&mut serve(folder.path()));
    let second = run(&mut serve(folder.path()), "");
    assert_eq!(second.code, 1);
    assert!(
        second.stderr.contains("is in use: another host runs on it"),
        "{}",
        second.stderr
    );
    first.stop();
    Running::start(&mut serve(folder.path())).stop();
}

#[test]
fn the_data_folder_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;

    let folder = folder(DEPLOYMENT);
    Running::start(&mut serve(folder.path())).stop();
    let mode = std::fs::metadata(folder.path().join("data"))
        .expect("it was made")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn a_port_that_is_taken_is_told() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let folder = folder(DEPLOYMENT);
    let mut serve = retort();
    let config = folder.path().join("retort.toml");
    serve
        .arg("serve")
        .arg("--data")
        .arg(folder.path().join("data"))
        .args(["--listen", &address]);
    let ended = run(serve.arg("--config").arg(config), "");
    assert_eq!((ended.code, ended.stdout.as_str()), (1, ""));
    assert!(
        ended
            .stderr
            .contains(&format!("{address} cannot be listened on")),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_configuration_that_is_wrong_is_refused_with_its_place() {
    for (config, words) in [
        ("[limits]\nfule = 1\n", "`limits.fule`: unknown field"),
        ("[limits]\nfuel = \"lots\"\n", "`limits.fuel`: invalid type"),
        ("[limits\n", "invalid table header"),
        ("[log]\nfilter = \"info,[\"\n", "`log.filter` is not valid"),
    ] {
        let ended = run(&mut serve(folder(config).path()), "");
        assert_eq!(
            (ended.code, ended.stdout.as_str()),
            (2, ""),
            "{}",
            ended.stderr
        );
        assert!(ended.stderr.contains(words), "{words} in {}", ended.stderr);
    }
    let no_data = run(retort().args(["serve", "--listen", "127.0.0.1:0"]), "");
    assert_eq!(no_data.code, 2);
    assert!(
        no_data.stderr.contains("add --data DIR"),
        "{}",
        no_data.stderr
    );
    let no_file = run(
        retort().args(["serve", "--config", "/nowhere/retort.toml"]),
        "",
    );
    assert!(
        no_file
            .stderr
            .contains("\"/nowhere/retort.toml\" is not there"),
        "{}",
        no_file.stderr
    );
}

#[test]
fn every_bot_that_cannot_be_served_is_named() {
    let more = "[[deployments]]\ntenant = \"acme\"\nbot = \"gone\"\ncomponent = \"gone.wasm\"\n\
                [[deployments]]\ntenant = \"acme\"\nbot = \"text\"\ncomponent = \"retort.toml\"\n";
    let ended = run(
        &mut serve(folder(&format!("{DEPLOYMENT}{more}")).path()),
        "",
    );
    assert_eq!((ended.code, ended.stdout.as_str()), (4, ""));
    assert!(
        ended.stderr.contains("acme/gone/draft") && ended.stderr.contains("cannot be read"),
        "{}",
        ended.stderr
    );
    assert!(
        ended.stderr.contains("acme/text/draft") && ended.stderr.contains("not a WebAssembly"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_component_that_is_no_file_is_not_waited_for() {
    for device in ["/dev/zero", "/dev"] {
        let config = DEPLOYMENT.replace("echo.wasm", device);
        let ended = run(&mut serve(folder(&config).path()), "");
        assert_eq!(ended.code, 4);
        assert!(
            ended.stderr.contains("it is not a file"),
            "{}",
            ended.stderr
        );
    }
}

#[tokio::test]
async fn a_host_that_runs_out_of_files_goes_on_when_it_has_some_again() {
    let folder = folder(DEPLOYMENT);
    let ordinary = serve(folder.path());
    let mut scarce = std::process::Command::new("sh");
    scarce.args(["-c", "ulimit -n 64; exec \"$0\" \"$@\""]);
    scarce.arg(ordinary.get_program()).args(ordinary.get_args());
    let log = folder.path().join("log");
    let serving = Running::logging_to(&log, &mut scarce);
    let mut open = Vec::new();
    for _ in 0..200 {
        open.push(tokio::net::TcpStream::connect(serving.address).await);
    }
    let told = || std::fs::read_to_string(&log).expect("text");
    let telling = async {
        while !told().contains("connections cannot be accepted") {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let told_in_time = tokio::time::timeout(Duration::from_secs(60), telling).await;
    told_in_time.expect("the log says so");
    drop(open);
    let health = request(serving.address, "GET", "/healthz", "").await;
    assert!(health.starts_with("HTTP/1.1 200"), "{health}");
    serving.stop();
    let lines = told().matches("connections cannot be accepted").count();
    assert_eq!(lines, 1, "{}", told());
    assert!(told().contains("may open 64 files"), "{}", told());
    assert!(told().contains("in force: [http] "), "{}", told());
}

/// Where operators are answered, by the log: a thread of its own writes that, and may not be there yet.
pub(crate) async fn operators(log: &Path) -> SocketAddr {
    for _ in 0..20_000 {
        let told = std::fs::read_to_string(log).expect("text");
        let rest = told.split_once("operators are answered on http://");
        if let Some((address, _)) = rest.and_then(|(_, rest)| rest.split_once('\n')) {
            return address.trim_end().parse().expect("an address");
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    panic!("it is never told");
}

#[tokio::test]
async fn operators_have_a_listener_of_their_own() {
    let folder = folder("[operations]\nlisten = \"127.0.0.1:0\"\n");
    let log = folder.path().join("log");
    let serving = Running::logging_to(&log, &mut serve(folder.path()));
    let operators = operators(&log).await;
    let told = std::fs::read_to_string(&log).expect("text");
    assert!(told.contains("a bot that loops was ended"), "{told}");
    for path in ["/metrics", "/healthz?deep=1"] {
        let own = request(operators, "GET", path, "").await;
        assert!(own.starts_with("HTTP/1.1 200"), "{own}");
        let main = request(serving.address, "GET", path, "").await;
        assert!(main.starts_with("HTTP/1.1 404"), "{main}");
    }
    assert_eq!(serving.stop().0, 0);
}

#[tokio::test]
async fn operators_are_so_many_at_a_time_and_take_no_place_of_others() {
    let folder = folder("[operations]\nlisten = \"127.0.0.1:0\"\nconnections = 1\n");
    let log = folder.path().join("log");
    let serving = Running::logging_to(&log, &mut serve(folder.path()));
    let operators = operators(&log).await;
    let mut first = TcpStream::connect(operators).await.expect("a connection");
    let health = b"GET /healthz HTTP/1.1\r\nhost: retort\r\n\r\n";
    first.write_all(health).await.expect("sent");
    first.read_u8().await.expect("an answer");

    let mut second = TcpStream::connect(operators).await.expect("a connection");
    let mut told = String::new();
    second.read_to_string(&mut told).await.expect("an answer");
    assert!(told.starts_with("HTTP/1.1 503"), "{told}");
    assert!(told.contains("\"too-many-connections\""), "{told}");
    let main = request(serving.address, "GET", "/healthz", "").await;
    assert!(main.starts_with("HTTP/1.1 200"), "{main}");
    assert_eq!(serving.stop().0, 0);
}

#[tokio::test]
async fn a_variable_beats_the_file_and_each_deployment_has_its_own_limits_and_policy() {
    let config = "[limits]\nhost_calls = 50\n\
                  [[deployments]]\ntenant = \"acme\"\nbot = \"flood\"\ncomponent = \"flood.wasm\"\nsmoke_turn = false\n\
                  failure = { policy = \"reply\", text = \"Sorry.\" }\n\
                  [[deployments]]\ntenant = \"acme\"\nbot = \"spin\"\ncomponent = \"spin.wasm\"\nsmoke_turn = false\n\
                  limits = { deadline_ms = 30 }\n";
    let folder = folder(config);
    file(folder.path(), "flood.wasm", misbehaving("flood_log"));
    file(folder.path(), "spin.wasm", misbehaving("spin"));
    let serving = Running::start(serve(folder.path()).env("RETORT_LOG__FORMAT", "json"));
    let flood = respond(&serving, folder.path(), "flood", "go").await;
    assert!(
        flood.contains("retort-outcome: too-many-host-calls") && flood.contains("\"Sorry.\""),
        "{flood}"
    );
    let spin = respond(&serving, folder.path(), "spin", "go").await;
    assert!(
        spin.contains("the turn took too long")
            && spin.contains("of 30 ms; if it needs more, raise `limits.deadline_ms`"),
        "{spin}"
    );
    serving.stop();
}

#[tokio::test]
async fn every_turn_is_one_line_of_the_log_without_the_consumers_words() {
    let folder = folder(DEPLOYMENT);
    let log = folder.path().join("log");
    let mut serve = serve(folder.path());
    let serving = Running::logging_to(&log, serve.env("RETORT_LOG__FORMAT", "json"));
    respond(&serving, folder.path(), "echo", "my private words").await;
    serving.stop();

    let log = std::fs::read_to_string(&log).expect("text");
    assert!(!log.contains("my private words"), "{log}");
    let turns: Vec<serde_json::Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .filter(|line: &serde_json::Value| line["outcome"].is_string())
        .collect();
    let [turn] = turns.as_slice() else {
        panic!("one turn, one line: {log}")
    };
    assert_eq!(
        (&turn["outcome"], &turn["tenant"], &turn["bot"]),
        (&"replied".into(), &"acme".into(), &"echo".into())
    );
    assert!(
        turn["fuel"].as_u64() > Some(0)
            && turn["revision"]
                .as_str()
                .is_some_and(|r| r.starts_with("sha256:")),
        "{turn}"
    );
}
