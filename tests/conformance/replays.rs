//! A turn that was kept does the same when it is run again: the same outcome, the same words, the same fuel.

use std::fs;
use std::io::Write;
use std::time::Duration;

use harness::host::{Served, host_with_secret, text};
use harness::replays::{again, does_the_same, last, recording};
use harness::{bots, golden, javascript};
use retort::capsules::Capsule;
use retort::invocation::{Rerun, Settings};
use retort::registry::Wanted;
use retort::sandbox::World;

use crate::http::{echo, upstream};

/// A host with a bot that is its own.
async fn keeping(name: &str, component: &[u8], wanting: impl FnOnce(&mut Wanted)) -> Served {
    let host = Served::with(recording(Settings::default()));
    let host = host.wanting(|wanted| {
        wanted.limits.deadline_ms = 30_000;
        wanted.smoke_turn = false;
        wanting(wanted);
    });
    host.with_bot(name, component).await
}

#[tokio::test]
async fn what_a_bot_sees_of_time_and_chance_it_sees_again() {
    let probe = bots::misbehaving("probe");
    let host = keeping("probe", &probe, |wanted| {
        wanted
            .config
            .insert("greeting".to_owned(), "hello".to_owned());
    })
    .await;
    for said in [
        "turn",
        "config greeting",
        "budget",
        "random 20",
        "log a line",
        "no-such-thing",
        "file /etc/passwd",
    ] {
        host.ask("probe", &text(said)).await;
        let capsule = does_the_same(&probe, &host).await;
        match said {
            "budget" => assert_eq!(capsule.told.remaining_ms.len(), 1),
            "random 20" => assert!(capsule.told.seed.is_some()),
            "no-such-thing" => assert_eq!(capsule.ended.outcome, "bot-fault"),
            _ => {}
        }
    }
}

#[tokio::test]
async fn a_turn_ends_where_it_ended() {
    for (name, outcome) in [
        ("panic", "bot-trapped"),
        ("trap", "bot-trapped"),
        ("exit", "bot-trapped"),
        ("recurse", "stack-exhausted"),
        ("grow_memory", "out-of-memory"),
        ("leak_handles", "too-many-handles"),
        ("flood_log", "too-many-host-calls"),
        ("giant_reply", "transfer-too-large"),
        ("invalid_reply", "reply-refused"),
    ] {
        let bot = bots::misbehaving(name);
        let host = keeping("bot", &bot, |_| {}).await;
        host.ask("bot", &text("go on")).await;
        let capsule = does_the_same(&bot, &host).await;
        assert_eq!(capsule.ended.outcome, outcome, "{name}");
    }
    let spin = bots::misbehaving("spin");
    let host = keeping("spin", &spin, |wanted| wanted.limits.fuel = 5_000_000).await;
    host.ask("spin", &text("go on")).await;
    let capsule = does_the_same(&spin, &host).await;
    assert_eq!(capsule.ended.outcome, "out-of-fuel");
}

#[tokio::test]
async fn a_turn_whose_time_was_over_stops_at_its_fuel() {
    for name in ["spin", "park"] {
        let bot = bots::misbehaving(name);
        let host = keeping(name, &bot, |wanted| wanted.limits.deadline_ms = 50).await;
        // On a machine that is busy with more, a guest may have no thread to say what it used.
        for _ in 0..20 {
            host.ask(name, &text("go on")).await;
            if Capsule::read(&last(&host).await)
                .expect("a capsule")
                .gap
                .is_none()
            {
                break;
            }
        }
        let capsule = does_the_same(&bot, &host).await;
        assert_eq!(capsule.ended.outcome, "deadline-exceeded", "{name}");
        // Another one is not cut there.
        let rerun = Rerun {
            is_another: true,
            ..Rerun::default()
        };
        let fault = bots::misbehaving("fault");
        let (_, compared) = again(&fault, &last(&host).await, rerun).await;
        assert_eq!(compared.outcome.after, "bot-fault");
    }
}

/// A host with the bot that does what it is told, and is granted what it asks for.
async fn reaching(settings: Settings, wants: &str, grants: &[&str]) -> (Vec<u8>, Served) {
    let bot = bots::wanting("reach", wants);
    let host = host_with_secret(recording(settings), "acme", "key", "open-sesame-7").await;
    let host = host.granting(grants).wanting(|wanted| {
        wanted.limits.deadline_ms = 30_000;
        wanted.limits.http_ms = 3_000;
    });
    let host = host.with_bot("reach", &bot).await;
    (bot, host)
}

#[tokio::test]
async fn what_a_turn_found_of_its_memories_it_finds_again() {
    let wants = "state = [\"conversation\", \"bot\"]";
    let (bot, host) = reaching(
        Settings::default(),
        wants,
        &["state:conversation", "state:bot"],
    )
    .await;
    for said in [
        "get bot n",
        "add bot n\nadd conversation n\nset conversation k kept",
        "add bot n\nget conversation k\nkeys conversation\ncas conversation k 1 x",
        "del conversation k\nkeys conversation\nfill bot 200 10",
        "set-bytes bot k 100000\nget bot k",
    ] {
        host.says("reach", said).await;
        let capsule = does_the_same(&bot, &host).await;
        assert!(!capsule.told.state.is_empty(), "{said}");
    }
    // Whatever became of them since.
    let before = last(&host).await;
    host.says("reach", "del bot n").await;
    let (_, compared) = again(&bot, &before, Rerun::default()).await;
    assert!(compared.is_the_same(), "{compared:#?}");
}

#[tokio::test]
async fn what_came_back_comes_back_without_a_request() {
    let at = echo();
    let cut = upstream(|mut stream, _| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\nhalf");
    });
    let failing = upstream(|mut stream, _| {
        let _ = stream.write_all(b"HTTP/1.1 503 No\r\ncontent-length: 2\r\n\r\n\xff\xfe");
    });
    let silent = upstream(|stream, _| {
        std::thread::sleep(Duration::from_secs(20));
        drop(stream);
    });
    // Nobody listens there any more.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").and_then(|port| port.local_addr());
    let closed = closed.expect("a port");
    let rules = [at, cut, failing, silent, closed].map(|at| format!("GET http://{at}"));
    let wants = format!("http = {rules:?}");
    let grants = rules.map(|rule| format!("http:{rule}"));
    let grants: Vec<&str> = grants.iter().map(String::as_str).collect();
    let mut settings = Settings::default();
    settings.egress.open_addresses = vec!["127.0.0.0/8".parse().expect("a range")];
    let (bot, host) = reaching(settings, &wants, &grants).await;
    for (said, came) in [
        (
            format!("http GET http://{at}/a\nhttp GET http://{at}/b"),
            "200 ",
        ),
        (format!("http GET http://{cut}/"), "connection: "),
        (format!("http GET http://{failing}/"), "503 "),
        (format!("http GET http://{silent}/"), "timeout"),
        (format!("http GET http://{closed}/"), "connection: "),
        ("http GET http://other.example/".to_owned(), "denied: "),
        (format!("http POST http://{at}/"), "denied: "),
        ("http GET nonsense".to_owned(), "invalid: "),
        (
            vec![format!("http GET http://{at}/"); 10].join("\n"),
            "200 ",
        ),
    ] {
        let heard = host.says("reach", &said).await;
        assert!(heard.starts_with(came), "{said}: {heard}");
        does_the_same(&bot, &host).await;
    }
}

#[tokio::test]
async fn a_secret_is_read_again_as_a_filler_or_as_it_is_given() {
    let (bot, host) = reaching(
        Settings::default(),
        "secrets = [\"key\", \"unset\"]",
        &["secret:key", "secret:unset"],
    )
    .await;
    host.says(
        "reach",
        "secret key\nsecret key\nsecret unset\nsecret other",
    )
    .await;
    let capsule = does_the_same(&bot, &host).await;
    assert_eq!(capsule.told.secrets.len(), 2);
    // What is said of it is another text then, and costs the same.
    host.says("reach", "log-secret key").await;
    let (_, compared) = again(&bot, &last(&host).await, Rerun::default()).await;
    assert!(
        compared.fuel.is_none() && compared.ends_the_same(),
        "{compared:#?}"
    );
    let secrets = [("key".parse().expect("a name"), "open-sesame-7".to_owned())].into();
    let rerun = Rerun {
        secrets,
        ..Rerun::default()
    };
    let (_, compared) = again(&bot, &last(&host).await, rerun).await;
    assert!(compared.is_the_same(), "{compared:#?}");
}

const LAMBDA: &str = "exports.lambda = async (input) => {
    const said = input.payload.message ?? '';
    await new Promise((done) => setTimeout(done, 300));
    if (said === 'fail') { null.length; }
    if (said === 'loop') { while (true) {} }
    if (said === 'hoard') { for (const all = []; ; ) all.push(new Uint8Array(1 << 20)); }
    if (said.startsWith('http')) { await fetch(said); }
    return { messages: [`${Math.random()} ${Date.now()} ${new Date().toISOString()}`] };
};";

#[tokio::test]
async fn a_script_does_the_same_and_says_in_which_line_it_failed() {
    // Nobody listens there any more.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").and_then(|port| port.local_addr());
    let closed = format!("http://{}", closed.expect("a port"));
    let manifest = format!("[wants]\nhttp = [\"GET {closed}\"]");
    let script = javascript::script(LAMBDA, &manifest, World::Bot);
    let mut settings = recording(javascript::settings().await);
    settings.egress.open_addresses = vec!["127.0.0.0/8".parse().expect("a range")];
    let grant = format!("http:GET {closed}");
    let mut host = Served::with(settings).granting(&[&grant]);
    // One that goes on for ever asks its host thousands of times a tenth of a second, which has a limit of its own.
    for (said, fuel, deadline_ms, outcome) in [
        ("hello", 1_000_000_000, 30_000, "replied"),
        ("fail", 1_000_000_000, 30_000, "bot-fault"),
        (closed.as_str(), 1_000_000_000, 30_000, "bot-fault"),
        ("hoard", 100_000_000_000, 30_000, "out-of-memory"),
        ("loop", 50_000_000, 30_000, "out-of-fuel"),
        ("loop", 100_000_000_000, 400, "deadline-exceeded"),
    ] {
        host = host.wanting(|wanted| {
            wanted.limits.fuel = fuel;
            wanted.limits.deadline_ms = deadline_ms;
            wanted.smoke_turn = false;
        });
        host = host.with_bot("lambda", &script).await;
        host.ask("lambda", &text(said)).await;
        let capsule = does_the_same(&script, &host).await;
        let cause = capsule.ended.cause.unwrap_or_default();
        assert_eq!(capsule.ended.outcome, outcome, "{said}: {cause}");
        match said {
            "hello" => assert!(!capsule.told.polls.is_empty() && capsule.told.seed.is_some()),
            "fail" => assert!(cause.contains("lambda.js:4"), "{cause}"),
            _ if said == closed => assert_eq!(capsule.told.http.len(), 1, "{cause}"),
            _ => {}
        }
    }
}

#[tokio::test]
async fn turns_that_another_build_has_kept_do_what_they_did() {
    let reach = golden::all()
        .into_iter()
        .find(|golden| golden.name == "reach");
    let reach = reach.expect("it is kept").component();
    let mut outcomes = Vec::new();
    for file in fs::read_dir(golden::capsules()).expect("a folder") {
        let path = file.expect("a file").path();
        let bytes = fs::read(&path).expect("a capsule");
        let (capsule, compared) = again(&reach, &bytes, Rerun::default()).await;
        assert!(compared.is_the_same(), "{}: {compared:#?}", path.display());
        assert!(capsule.promises_all(), "{}", path.display());
        outcomes.push(capsule.ended.outcome);
    }
    outcomes.sort();
    let all = [
        "bot-fault",
        "bot-trapped",
        "deadline-exceeded",
        "out-of-fuel",
        "replied",
        "replied",
    ];
    assert_eq!(outcomes, all);
}
