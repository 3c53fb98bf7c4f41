//! Each bot of the corpus that `retort attack` runs: how its turn ends, and that the turns after it are well.

use harness::host::text;
use harness::{Served, bots};
use retort::cli::attack::corpus::{Attack, CORPUS, Expected};
use retort::invocation::{Invocation, Settings};
use retort::liveperson::custom_integration::write_reply;
use retort::registry::{Grants, Manifest};
use tokio::net::TcpListener;

/// A host with one that attacks it, beside one that counts the turns of its instance.
async fn attacked_by(attack: &Attack) -> Result<Served, String> {
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let nobody = silent.local_addr().expect("an address");
    tokio::spawn(async move {
        let mut taken = Vec::new();
        while let Ok(connection) = silent.accept().await {
            taken.push(connection);
        }
    });
    let bot = attack.component(nobody).expect("a component");
    let manifest = Manifest::of_component(&bot).expect("it can be read");
    let grants = manifest.map_or_else(Grants::new, |manifest| manifest.wants.grants());
    let mut settings = Settings::default();
    settings.egress.open_addresses = vec![nobody.ip().into()];
    let host = Served::with(settings)
        .with_bot("count", &bots::misbehaving("count"))
        .await
        .in_time(100)
        .wanting(|wanted| wanted.grants = grants)
        .wanting(|wanted| (attack.limits)(&mut wanted.limits));
    match host.deploy("evil", &bot).await {
        Ok(()) => Ok(host),
        Err(error) => {
            host.is_empty_again().await;
            Err(error.to_string())
        }
    }
}

fn said(invocation: &Invocation) -> String {
    let reply = invocation.result.as_ref().expect("a reply");
    let body = write_reply(reply);
    body["messages"][0].as_str().expect("a text").to_owned()
}

async fn check(attack: &Attack) {
    let host = match (attack.expected, attacked_by(attack).await) {
        (Expected::Refused(because), Err(error)) => {
            let is_told = because.iter().any(|word| error.contains(word));
            assert!(is_told, "{}: {error}", attack.name);
            return;
        }
        (Expected::Ends(_) | Expected::Says(_), Ok(host)) => host,
        (expected, Ok(_)) => panic!("{} is deployed, not {expected:?}", attack.name),
        (expected, Err(error)) => panic!("{}: not {expected:?} but {error}", attack.name),
    };
    // Twice: what the first turn leaves behind, the second one finds.
    for _ in 0..2 {
        let invocation = host.ask("evil", &text("go")).await;
        assert_eq!(
            invocation.outcome(),
            attack.expected.word(),
            "{}: {:?}",
            attack.name,
            invocation.result
        );
        if let Expected::Says(words) = attack.expected {
            assert_eq!(said(&invocation), words, "{}", attack.name);
        }
        assert_log_is_bounded(&invocation);
        assert_eq!(host.says("count", "how many?").await, "1");
    }
    host.is_empty_again().await;
}

/// The last line may end in a sign that it was cut.
fn assert_log_is_bounded(invocation: &Invocation) {
    let lines = &invocation.log.lines;
    let bytes: usize = lines.iter().map(|line| line.message.len()).sum();
    assert!(lines.len() <= 100, "{} lines", lines.len());
    assert!(bytes <= (16 << 10) + "…".len(), "{bytes} bytes");
}

/// A test for each, so that a failure names its bot and the others still run.
macro_rules! attacks {
    ($($test:ident: $name:literal,)*) => {
        $(
            #[tokio::test]
            async fn $test() {
                let attack = CORPUS.iter().find(|attack| attack.name == $name);
                check(attack.expect("it is in the corpus")).await;
            }
        )*

        #[test]
        fn every_attack_has_its_test() {
            let tested = [$($name),*];
            let names: Vec<_> = CORPUS.iter().map(|attack| attack.name).collect();
            assert_eq!(names, tested);
        }
    };
}

attacks! {
    spin: "spin",
    park: "park",
    fill_memory: "fill-memory",
    spin_in_realloc: "spin-in-realloc",
    spin_after_reply: "spin-after-reply",
    recurse: "recurse",
    grow_memory: "grow-memory",
    grow_table: "grow-table",
    flood_log: "flood-log",
    flood_clock: "flood-clock",
    flood_log_bytes: "flood-log-bytes",
    giant_string: "giant-string",
    endless_parts: "endless-parts",
    endless_intents: "endless-intents",
    leak_handles: "leak-handles",
    giant_random: "giant-random",
    broken_text: "broken-text",
    wild_reply: "wild-reply",
    panic_with_secret: "panic-with-secret",
    trap_in_realloc: "trap-in-realloc",
    trap_after_reply: "trap-after-reply",
    use_files: "use-files",
    use_sockets: "use-sockets",
    carry_over: "carry-over",
    stale_memory: "stale-memory",
    ask_ungranted: "ask-ungranted",
    flood_state: "flood-state",
    giant_state: "giant-state",
    write_and_spin: "write-and-spin",
    reach_inside: "reach-inside",
    flood_http: "flood-http",
    park_in_http: "park-in-http",
    spin_at_start: "spin-at-start",
    trap_at_start: "trap-at-start",
    unknown_import: "unknown-import",
    instance_bomb: "instance-bomb",
}
