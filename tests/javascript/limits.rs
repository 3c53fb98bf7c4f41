//! A lambda is cut like any bot, with the outcome of what it did.

use harness::Served;
use harness::javascript::{self, script};
use retort::registry::Wanted;
use retort::sandbox::World;
use serde_json::json;
use tokio::time::{Duration, Instant};

async fn host(source: &str, wanting: impl FnOnce(&mut Wanted)) -> Served {
    let host = javascript::host().await.wanting(wanting);
    host.with_bot("lambda", &script(source, "", World::Function))
        .await
}

async fn outcome(source: &str, wanting: impl FnOnce(&mut Wanted)) -> String {
    let host = host(source, wanting).await;
    let invoked = host.invoke("lambda", Vec::new(), json!({})).await;
    let outcome = match &invoked.result {
        Err(error) => format!("{}: {error}", invoked.outcome()),
        Ok(returned) => format!("replied: {}", returned.json().get()),
    };
    host.is_empty_again().await;
    outcome
}

#[tokio::test]
async fn one_that_never_ends_is_cut_by_its_fuel_or_by_its_deadline() {
    let spins = [
        "function lambda() { for (;;); }",
        "async function lambda() { for (;;) await null; }",
        "function lambda() { return /(a+)+$/.test('a'.repeat(40) + 'b'); }",
        "function lambda(input, callback) { const again = () => Promise.resolve().then(again); again(); }",
        "function lambda() { for (;;) console.log('x'); }",
    ];
    for source in spins {
        let cut = outcome(source, |wanted| wanted.limits.host_calls = u64::MAX).await;
        assert!(cut.starts_with("out-of-fuel"), "{source}: {cut}");
    }
    for source in spins {
        let cut = outcome(source, |wanted| {
            wanted.limits.deadline_ms = 150;
            wanted.limits.fuel = u64::MAX;
            wanted.limits.host_calls = u64::MAX;
        });
        let cut = cut.await;
        assert!(cut.starts_with("deadline-exceeded"), "{source}: {cut}");
    }
}

#[tokio::test]
async fn a_file_of_nearly_the_most_bytes_answers() {
    let functions = (0..6_000).map(|at| {
        let words = "some words of a text that is said. ".repeat(2);
        format!("function f{at}(x) {{ return x === {at} ? '{at}: {words}' : f{at}.name + x; }}\n")
    });
    let many =
        functions.collect::<String>() + "function lambda(input) { return f5999(input.payload); }";
    let long = format!("const text = '{}';\n", "é".repeat(400_000))
        + "function lambda(input) { return text.length + input.payload; }";
    for (source, said) in [(many, "\"f59997\""), (long, "400007")] {
        assert!(
            (700_000..1 << 20).contains(&source.len()),
            "{}",
            source.len()
        );
        let host = host(&source, |_| ()).await;
        assert_eq!(host.returns("lambda", json!(7)).await, said);
    }
}

#[tokio::test]
async fn timers_take_their_time_and_are_cut_by_the_deadline() {
    let waits = "function lambda(input, callback) { setTimeout(() => callback(null, 'late'), input.payload.ms); }";
    let host = host(waits, |wanted| wanted.limits.deadline_ms = 300).await;
    let begun = Instant::now();
    let said = host.returns("lambda", json!({ "ms": 60 })).await;
    assert_eq!(said, "\"late\"");
    assert!(
        begun.elapsed() >= Duration::from_millis(59),
        "{:?}",
        begun.elapsed()
    );
    let cut = host
        .invoke("lambda", Vec::new(), json!({ "ms": 60_000 }))
        .await;
    assert_eq!(cut.outcome(), "deadline-exceeded");
    assert!(
        cut.usage.fuel < 5_000_000,
        "it waits, and does not spin: {}",
        cut.usage.fuel
    );
}

#[tokio::test]
async fn one_that_goes_too_deep_in_any_way_can_catch_it() {
    let host = host(include_str!("recursion.js"), |wanted| {
        wanted.limits.fuel = u64::MAX;
    });
    let host = host.await;
    let shapes = host.returns("lambda", json!({ "shapes": true })).await;
    let shapes: Vec<String> = serde_json::from_str(&shapes).expect("JSON");
    assert!(shapes.len() > 20);
    let mut wrong = Vec::new();
    for shape in shapes {
        for depth in [100, 300, 1_000, 3_000, 10_000, 30_000] {
            let payload = json!({ "shape": shape, "depth": depth });
            let invoked = host.invoke("lambda", Vec::new(), payload).await;
            match invoked.result {
                Ok(returned) => {
                    let caught = returned.json().get().to_owned();
                    let known = ["\"fine\"", "\"RangeError\"", "\"SyntaxError\""];
                    if !known.contains(&caught.as_str()) {
                        wrong.push(format!("{shape} {depth}: {caught}"));
                    }
                }
                // The one that the engine does not look after.
                Err(error) if shape == "stringify" && depth >= 10_000 => {
                    assert!(error.to_string().contains("filled the stack"), "{error}");
                }
                Err(error) => wrong.push(format!("{shape} {depth}: {error}")),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn one_that_wants_more_memory_than_it_may_is_told_or_cut() {
    for hungry in [
        "function lambda() { const all = []; for (;;) all.push(new Array(1000).fill(all.length)); }",
        "function lambda() { let text = 'x'; for (;;) text += text; }",
        "function lambda() { return new Uint8Array(500e6).length; }",
        "function lambda() { const all = new Map(); for (let i = 0; ; i++) all.set(i, { i }); }",
    ] {
        let cut = outcome(hungry, |wanted| {
            wanted.limits.fuel = u64::MAX;
            wanted.limits.memory_bytes = 16 << 20;
        });
        let cut = cut.await;
        let known = [
            "bot-fault",
            "memory-exceeded",
            "bot-trapped",
            "out-of-memory",
        ];
        assert!(
            known.iter().any(|known| cut.starts_with(known)),
            "{hungry}: {cut}"
        );
    }
}

#[tokio::test]
async fn nothing_of_one_turn_reaches_the_next() {
    let source = "globalThis.seen = (globalThis.seen ?? 0) + 1;\n\
                  Object.prototype.polluted ??= 0;\nObject.prototype.polluted += 1;\n\
                  Array.prototype.push = Array.prototype.push;\nprocess.env.seen = 'x';\n\
                  function lambda() { return [seen, ({}).polluted, Math.random(), Date.now(), crypto.randomUUID()]; }";
    let host = host(source, |_| {}).await;
    let mut random = Vec::new();
    for _ in 0..5 {
        let said = host.returns("lambda", json!({})).await;
        let said: Vec<serde_json::Value> = serde_json::from_str(&said).expect("JSON");
        assert_eq!((&said[0], &said[1]), (&json!(1), &json!(1)));
        assert!(said[3].as_u64() > Some(1_700_000_000_000), "{said:?}");
        random.push((said[2].to_string(), said[4].to_string()));
    }
    random.sort();
    random.dedup_by(|one, other| one.0 == other.0 || one.1 == other.1);
    assert_eq!(random.len(), 5, "{random:?}");
}
