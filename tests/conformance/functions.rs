//! Functions: deployed, invoked and stopped as bots are, and not to be mistaken for them.

use harness::bots;
use harness::host::{Served, address, host_with_secret, text};
use harness::{host, patient_host};
use retort::invocation::Settings;
use retort::liveperson::custom_endpoint::read_conversation;
use retort::registry::Wanted;
use retort::sandbox::World;
use serde_json::{Value, json};

/// A host with a function that does what its payload tells it.
async fn obeying(wanting: impl FnOnce(&mut Wanted)) -> Served {
    let function = bots::wanting("function", "state = [\"bot\"]");
    let host = patient_host().granting(&["state:bot"]).wanting(wanting);
    host.with_bot("function", &function).await
}

fn told(what: &str, with: impl Into<Value>) -> Value {
    json!({ "do": what, "with": with.into() })
}

#[tokio::test]
async fn a_function_is_handed_the_headers_and_the_payload_and_its_json_is_passed_on_as_it_is() {
    let host = obeying(|wanted| wanted.smoke_turn = true).await;
    let headers = vec![("Accept-Language".to_owned(), "en".to_owned())];
    let payload = json!({ "n": 1, "list": [true, null] });
    let invoked = host.invoke("function", headers, payload.clone()).await;
    assert_eq!(invoked.outcome(), "replied");
    let returned = invoked.result.expect("a result").json().to_string();
    let returned: Value = serde_json::from_str(&returned).expect("JSON");
    assert_eq!(
        returned,
        json!({ "headers": [["Accept-Language", "en"]], "payload": payload })
    );
    for said in ["12345678901234567890123", "[ 1 ,2]", "\"x\"", "null"] {
        assert_eq!(host.returns("function", told("say", said)).await, said);
    }
}

#[tokio::test]
async fn each_way_to_fail_has_its_code() {
    let host = obeying(|wanted| wanted.reply.bytes = 100).await;
    for (payload, code, words) in [
        (told("fault", "no"), "bot-fault", "`told-so`: no"),
        (told("panic", "no"), "bot-trapped", "panicked"),
        (told("spin", ""), "out-of-fuel", "limits.fuel"),
        (told("say", "{"), "reply-refused", "is not JSON"),
        (told("say", ""), "reply-refused", "is not JSON"),
        (
            told("return", "x".repeat(99)),
            "reply-too-large",
            "101 of 100",
        ),
    ] {
        let invoked = host.invoke("function", Vec::new(), payload).await;
        assert_eq!(invoked.outcome(), code);
        let error = invoked.result.expect_err("it failed").to_string();
        assert!(error.contains(words), "{error}");
    }
    host.is_empty_again().await;
}

#[tokio::test]
async fn a_function_is_stopped_at_its_deadline() {
    let host = obeying(|wanted| {
        wanted.limits.deadline_ms = 200;
        wanted.limits.fuel = u64::MAX;
    });
    let host = host.await;
    let invoked = host.invoke("function", Vec::new(), told("spin", ""));
    assert_eq!(invoked.await.outcome(), "deadline-exceeded");
}

#[tokio::test]
async fn what_a_function_wrote_is_kept_if_it_ends_well_and_not_if_it_fails() {
    let host = obeying(|_| {}).await;
    assert_eq!(host.returns("function", told("count", "")).await, "1");
    let failed = host.invoke("function", Vec::new(), told("count", "no"));
    assert_eq!(failed.await.outcome(), "bot-fault");
    assert_eq!(host.returns("function", told("count", "")).await, "2");
}

#[tokio::test]
async fn invocations_that_count_at_the_same_time_all_count() {
    let host = obeying(|_| {}).await;
    let counting = (0..8).map(|_| {
        let host = host.clone();
        tokio::spawn(async move { host.returns("function", told("count", "")).await })
    });
    let mut counted = Vec::new();
    for one in counting.collect::<Vec<_>>() {
        let number: u64 = one.await.expect("no panic").parse().expect("a number");
        counted.push(number);
    }
    counted.sort_unstable();
    assert_eq!(counted, (1..=8).collect::<Vec<_>>());
}

#[tokio::test]
async fn secrets_are_taken_out_of_its_log_and_its_faults() {
    let value = "open sesame, quickly";
    let function = bots::wanting("function", "secrets = [\"word\"]");
    let host = host_with_secret(Settings::default(), "acme", "word", value).await;
    let host = host.granting(&["secret:word"]);
    let host = host.with_bot("function", &function).await;
    let invoked = host.invoke("function", Vec::new(), told("tell", "word"));
    let invoked = invoked.await;
    assert_eq!(invoked.outcome(), "bot-fault");
    let error = invoked.result.as_ref().expect_err("it failed").to_string();
    let log = &invoked.log.lines[0].message;
    assert!(
        error.contains("it is [secret word]") && !error.contains(value),
        "{error}"
    );
    assert!(
        log.contains("[secret word]") && !log.contains(value),
        "{log}"
    );
}

#[tokio::test]
async fn the_first_event_may_be_a_fault_and_nothing_worse() {
    let refused = async |key: &str, value: String| {
        let host = host().wanting(|wanted| {
            wanted.smoke_turn = true;
            wanted.config.insert(key.to_owned(), value);
        });
        let function = bots::misbehaving("function");
        let deployed = host.deploy("function", &function).await;
        deployed.err().map(|error| error.to_string())
    };
    let first = async |what: Value| refused("always", what.to_string()).await;
    assert_eq!(first(told("fault", "no")).await, None);
    for (what, words) in [
        (
            told("panic", "no"),
            "the bot failed at `invoke`: the bot trapped",
        ),
        (
            told("say", "{"),
            "the function was invoked with `{}`: the reply cannot be sent: it is not JSON",
        ),
    ] {
        let error = first(what).await.expect("it is refused");
        assert!(error.starts_with(words), "{error}");
    }
    let error = refused("wrong", "is set".to_owned()).await;
    assert_eq!(
        error.as_deref(),
        Some("the bot refuses its configuration: `wrong` is set")
    );
}

#[tokio::test]
async fn a_function_is_not_asked_as_a_bot_nor_a_bot_invoked() {
    let host = obeying(|_| {}).await;
    let host = host
        .granting(&[])
        .with_bot("bot", &bots::misbehaving("count"))
        .await;
    let asked = host.post("function", &text("hello")).await;
    assert_eq!((asked.status.as_u16(), asked.code()), (400, "other-world"));
    let at = "/v1/bots/function/environments/draft";
    let state = host.send("GET", &format!("{at}/state"), "").await;
    assert_eq!((state.status.as_u16(), state.code()), (400, "other-world"));
    let conversation = format!("{at}/conversations/c");
    let begun = host.send("PUT", &conversation, "{}").await;
    assert_eq!((begun.status.as_u16(), begun.code()), (400, "other-world"));
    // One that began while there was a bot.
    let known = read_conversation("c", b"{}").expect("a conversation");
    let function = address("function");
    let begun = host.host.begin(&function, "c", known).await;
    begun.expect("it begins");
    let event = json!({ "type": "TEXT", "data": { "message": "hi" } }).to_string();
    let events = format!("{conversation}/events");
    let event = host.send("POST", &events, event).await;
    assert_eq!((event.status.as_u16(), event.code()), (400, "other-world"));
    let invoked = host.invoke("bot", Vec::new(), json!({})).await;
    assert_eq!(invoked.outcome(), "other-world");
    let invoked = host.invoke("nobody", Vec::new(), json!({})).await;
    assert_eq!(invoked.outcome(), "no-such-bot");
}

#[tokio::test]
async fn what_exports_both_worlds_is_a_bot() {
    let both = bots::CONTRACT.replace(
        "  export handler;",
        "  export handler;\n  export function-handler;",
    );
    for (contract, world, of) in [
        (both.as_str(), "bot", World::Bot),
        (bots::CONTRACT, "bot", World::Bot),
        (bots::CONTRACT, "function", World::Function),
    ] {
        let host = host();
        let component = bots::built_for_world(contract, world);
        let bot = host.host.sandbox().load(&component).await.expect("it fits");
        assert_eq!(bot.world(), of);
    }
}

#[tokio::test]
async fn a_function_that_does_not_fit_is_told_what_is_missing() {
    for (from, to, told) in [
        (
            "  export function-handler;",
            "",
            "or `retort:bot/function-handler@1.0.0`, and exports nothing",
        ),
        (
            "  invoke: func(",
            "  handle: func(",
            "`retort:bot/function-handler@1.0.0` has no function `invoke`",
        ),
    ] {
        assert!(
            bots::CONTRACT.contains(from),
            "the contract has no {from:?}"
        );
        let contract = bots::CONTRACT.replace(from, to);
        let component = bots::built_for_world(&contract, "function");
        let error = host().deploy("function", &component).await;
        let error = error.expect_err("it is refused").to_string();
        assert!(error.contains(told), "{told}: {error}");
        assert!(error.contains("world `function`"), "{error}");
    }
}
