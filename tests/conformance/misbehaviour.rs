//! Each misbehaving bot: how its turn ends, what the caller gets under each failure policy on both of the
//! platform's contracts, and that the turns after it are well.

use harness::bots::{self, ByHand};
use harness::host::{Answer, address, text};
use harness::{Served, host, patient_host};
use retort::chat::Contract;
use retort::invocation::{Invocation, InvokeError, Purpose};
use retort::limit::{Exceeded, Limit};
use retort::liveperson::custom_integration::{Payload, read_payload};
use retort::registry::{FailurePolicy, NotDeployable, Wanted};
use retort::sandbox::{Failure, TrapKind};
use serde_json::{Value, json};
use tokio::time::{Duration, Instant};

/// How a bot is served that misbehaves, and what comes of it.
struct Case {
    component: Vec<u8>,
    wanted: fn(&mut Wanted),
    /// The stable name of the outcome.
    outcome: &'static str,
    /// The status on `respond`, where the caller is to be told.
    status: u16,
}

/// A bot of `tests/bots/examples/` under the default settings.
fn rust(name: &str, outcome: &'static str) -> Case {
    of(bots::misbehaving(name), outcome)
}

/// A bot of `tests/bots/attacks/`.
fn attack(name: &str, outcome: &'static str) -> Case {
    of(bots::attack(name), outcome)
}

fn of(component: Vec<u8>, outcome: &'static str) -> Case {
    let status = if outcome == "deadline-exceeded" {
        504
    } else {
        502
    };
    Case {
        component,
        wanted: |_| {},
        outcome,
        status,
    }
}

impl Case {
    fn under(mut self, wanted: fn(&mut Wanted)) -> Self {
        self.wanted = wanted;
        self
    }

    fn in_50_ms(self) -> Self {
        self.under(|wanted| wanted.limits.deadline_ms = 50)
    }

    /// Runs the whole of a case, and gives the last turn for a closer look.
    async fn check(self) -> Invocation {
        let host = patient_host()
            .with_bot("echo", &bots::plugin("echo"))
            .await
            .with_bot("count", &bots::misbehaving("count"))
            .await
            .wanting(self.wanted);
        self.check_policies(&host).await;

        let host = host.with_bot("bad", &self.component).await;
        let invocation = host.ask("bad", &text("go")).await;
        assert_eq!(invocation.outcome(), self.outcome);
        well_afterwards(&host).await;
        invocation
    }

    async fn check_policies(&self, host: &Served) {
        let skill = Some("people".to_owned());
        let to_skill = self.serve(host, FailurePolicy::Escalate { skill }).await;
        let answer = to_skill.post("bad", &text("go")).await;
        let transfer = json!({ "name": "TRANSFER", "parameters": { "skillName": "people" } });
        let transfer = json!({ "type": "ACTION", "data": transfer });
        self.check_custom_endpoint(&to_skill, &transfer).await;
        assert_eq!(
            (answer.status.as_u16(), answer.outcome()),
            (200, self.outcome)
        );
        let transfer = json!({ "action": "TRANSFER", "actionParameters": { "skill": "people" } });
        assert_eq!(answer.body, json!({ "messages": [], "context": transfer }));

        let sorry = "Sorry, try again.".to_owned();
        let with_text = self.serve(host, FailurePolicy::Reply { text: sorry }).await;
        let answer = with_text.post("bad", &text("go")).await;
        let said = json!({ "type": "TEXT", "data": { "message": "Sorry, try again." } });
        self.check_custom_endpoint(&with_text, &said).await;
        assert_eq!(
            answer.body,
            json!({ "messages": ["Sorry, try again."], "context": {} })
        );

        let silent = self.serve(host, FailurePolicy::Silent {}).await;
        let answer = silent.post("bad", &text("go")).await;
        let pause = json!({ "type": "DELAY", "data": { "seconds": 1, "typing": false } });
        self.check_custom_endpoint(&silent, &pause).await;
        let silence = json!([{ "delay": 1, "typing": false }]);
        assert_eq!(answer.body, json!({ "messages": silence, "context": {} }));

        let told = self.serve(host, FailurePolicy::default()).await;
        let answer = told.post("bad", &text("go")).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (self.status, self.outcome)
        );
        assert_eq!(answer.body["fault"], "bot");
        assert!(
            !answer.body.to_string().contains("4711"),
            "a bot's words left the host"
        );
        let answer = self.over_custom_endpoint(&told).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (400, self.outcome));
    }

    /// The other way in gives the same stand-in, in its own words.
    async fn check_custom_endpoint(&self, host: &Served, stand_in: &Value) {
        let answer = self.over_custom_endpoint(host).await;
        assert_eq!(
            (answer.status.as_u16(), answer.outcome()),
            (200, self.outcome)
        );
        let body = json!({ "response": [stand_in], "analytics": { "intents": [] } });
        assert_eq!(answer.body, body);
    }

    /// An error there is a 400, which makes the platform hand over at once.
    async fn over_custom_endpoint(&self, host: &Served) -> Answer {
        let conversation = "/v1/bots/bad/environments/draft/conversations/c1";
        assert_eq!(host.send("PUT", conversation, "{}").await.status, 204);
        let event = json!({ "type": "TEXT", "data": { "message": "go" } }).to_string();
        let events = format!("{conversation}/events");
        host.send("POST", &events, event).await
    }

    async fn serve(&self, host: &Served, policy: FailurePolicy) -> Served {
        host.clone()
            .wanting(self.wanted)
            .failing_as(policy)
            .with_bot("bad", &self.component)
            .await
    }
}

async fn well_afterwards(host: &Served) {
    assert_eq!(host.says("echo", "still there?").await, "still there?");
    for _ in 0..2 {
        let turns = host.says("count", "how many?").await;
        assert_eq!(turns, "1", "an instance outlived its turn");
    }
    host.is_empty_again().await;
}

fn failure(invocation: Invocation) -> Failure {
    match invocation.result {
        Err(InvokeError::Failed(failure)) => failure,
        other => panic!("no failure but {other:?}"),
    }
}

fn exceeded(invocation: Invocation) -> Exceeded {
    match failure(invocation) {
        Failure::Exceeded(exceeded) => exceeded,
        other => panic!("no limit but {other:?}"),
    }
}

fn trap(invocation: Invocation) -> (TrapKind, Vec<String>) {
    match failure(invocation) {
        Failure::Trapped {
            kind, functions, ..
        } => (kind, functions),
        other => panic!("no trap but {other:?}"),
    }
}

#[tokio::test]
async fn a_bot_that_never_returns_is_stopped_at_its_deadline() {
    let invocation = rust("spin", "deadline-exceeded").in_50_ms().check().await;
    let over = exceeded(invocation);
    assert_eq!((over.limit, over.allowed), (Limit::Deadline, 50));
    assert!(over.used >= 50, "{over}");
}

#[tokio::test]
async fn a_bot_that_waits_in_a_host_call_is_stopped_at_its_deadline() {
    rust("park", "deadline-exceeded").in_50_ms().check().await;
}

#[tokio::test]
async fn a_bot_that_spins_while_it_is_handed_its_turn_is_stopped_at_its_deadline() {
    let case = attack("spin-in-realloc", "deadline-exceeded");
    case.in_50_ms().check().await;
}

#[tokio::test]
async fn a_bot_that_burns_its_fuel_is_stopped_at_the_same_unit_each_time() {
    let case = || rust("spin", "out-of-fuel").under(|wanted| wanted.limits.fuel = 1_000_000);
    let first = case().check().await;
    let second = case().check().await;
    assert_eq!(first.usage.fuel, second.usage.fuel);
    let over = exceeded(first);
    assert_eq!((over.limit, over.allowed), (Limit::Fuel, 1_000_000));
}

#[tokio::test]
async fn a_bot_that_recurses_without_end_traps_on_its_own_stack() {
    let (kind, functions) = trap(rust("recurse", "stack-exhausted").check().await);
    assert_eq!(kind, TrapKind::StackExhausted);
    assert!(
        functions.iter().any(|name| name.contains("deeper")),
        "{functions:?}"
    );
}

#[tokio::test]
async fn a_bot_that_fills_its_stack_is_told_how_to_get_a_larger_one() {
    let (kind, _) = trap(rust("fill_stack", "bot-trapped").check().await);
    assert_eq!(kind, TrapKind::OutOfBounds);
    assert!(kind.to_string().contains("stack-bytes"), "{kind}");
}

#[tokio::test]
async fn a_bot_that_grows_its_memory_is_stopped_at_its_limit() {
    let invocation = rust("grow_memory", "out-of-memory").check().await;
    assert!(invocation.usage.memory_peak_bytes <= 64 << 20);
    let over = exceeded(invocation);
    assert_eq!((over.limit, over.allowed), (Limit::Memory, 64 << 20));
    assert!(over.used > 64 << 20, "{over}");
}

#[tokio::test]
async fn a_bot_that_grows_a_table_is_stopped_at_its_limit() {
    attack("grow-table", "table-too-large").check().await;
}

#[tokio::test]
async fn a_bot_that_floods_its_log_is_stopped_and_the_log_kept_within_its_limits() {
    let invocation = rust("flood_log", "too-many-host-calls").check().await;
    assert_eq!(invocation.log.lines.len(), 100);
    assert!(invocation.log.dropped > 1_000);
}

#[tokio::test]
async fn a_reply_of_megabytes_is_not_copied_out_of_the_bot() {
    rust("giant_reply", "transfer-too-large").check().await;
}

#[tokio::test]
async fn a_list_of_a_million_parts_is_not_copied_out_of_the_bot() {
    let case = attack("endless-parts", "transfer-too-large");
    case.check().await;
}

#[tokio::test]
async fn a_reply_that_is_a_little_too_large_is_refused() {
    let host = host()
        .with_bot("bad", &bots::misbehaving("giant_reply"))
        .await;
    let invocation = host.ask("bad", &text("262145")).await;
    assert_eq!(invocation.outcome(), "reply-too-large");
    assert_eq!(host.ask("bad", &text("262144")).await.outcome(), "replied");
}

#[tokio::test]
async fn a_reply_that_the_platform_would_not_take_is_refused() {
    let invocation = rust("invalid_reply", "reply-refused").check().await;
    let error = invocation.result.expect_err("it is refused").to_string();
    assert!(
        error.contains("part 0 has a content that is no JSON"),
        "{error}"
    );
}

#[tokio::test]
async fn a_text_that_is_not_utf_8_is_the_bots_fault() {
    let (kind, _) = trap(rust("broken_text", "bot-trapped").check().await);
    assert!(
        matches!(&kind, TrapKind::Other(words) if words.contains("utf-8")),
        "{kind}"
    );
}

#[tokio::test]
async fn a_reply_outside_the_bots_memory_is_the_bots_fault() {
    let (kind, _) = trap(attack("wild-reply", "bot-trapped").check().await);
    assert!(matches!(kind, TrapKind::Other(_)), "{kind}");
}

#[tokio::test]
async fn a_trap_names_the_function_that_it_happened_in() {
    let (kind, functions) = trap(rust("trap", "bot-trapped").check().await);
    assert_eq!(kind, TrapKind::Aborted);
    assert!(
        functions
            .iter()
            .any(|name| name.contains("trap_on_purpose")),
        "{functions:?}"
    );
}

#[tokio::test]
async fn a_panic_is_told_to_the_author_and_not_to_the_caller() {
    let invocation = rust("panic", "bot-trapped").check().await;
    let told = invocation
        .log
        .lines
        .iter()
        .any(|line| line.message.contains("4711"));
    assert!(told, "{:?}", invocation.log);
}

#[tokio::test]
async fn a_fault_is_told_to_the_author_and_not_to_the_caller() {
    let failure = failure(rust("fault", "bot-fault").check().await);
    let words = "the bot gave a fault, `order-service-down`: the secret is 4711";
    assert_eq!(failure.to_string(), words);
}

#[tokio::test]
async fn a_bot_that_exits_ends_itself_and_not_the_host() {
    let (kind, _) = trap(rust("exit", "bot-trapped").check().await);
    assert_eq!(kind, TrapKind::Exited);
}

#[tokio::test]
async fn a_bot_that_leaks_handles_is_stopped_at_its_limit() {
    let over = exceeded(rust("leak_handles", "too-many-handles").check().await);
    assert_eq!((over.limit, over.allowed), (Limit::Handles, 1024));
}

#[tokio::test]
async fn handles_that_the_host_keeps_nothing_for_count_too() {
    let over = exceeded(rust("leak_networks", "too-many-handles").check().await);
    assert_eq!((over.limit, over.allowed), (Limit::Handles, 1024));
}

#[tokio::test]
async fn a_bot_that_traps_while_it_starts_is_not_deployed() {
    let host = host();
    let error = host.deploy("bad", &bots::attack("trap-at-start")).await;
    let Err(NotDeployable::Failed {
        asked: "describe",
        failure,
    }) = error
    else {
        panic!("{error:?}")
    };
    assert!(
        failure
            .to_string()
            .starts_with("the bot trapped while starting"),
        "{failure}"
    );
    host.is_empty_again().await;
}

#[tokio::test]
async fn a_bot_that_traps_while_it_starts_only_later_fails_only_its_own_turns() {
    // The gate asks it with all its time; this turn has waited half a second before it was run.
    let short_of_time = ByHand {
        imports: "(import \"retort:bot/budget@1.0.0\" \"remaining-ms\" (func $left (result i32)))",
        module: "(func $start (if (i32.lt_u (call $left) (i32.const 400)) (then (unreachable))))
                 (start $start)",
        ..ByHand::default()
    };
    let host = host()
        .with_bot("bad", &bots::by_hand(short_of_time))
        .await
        .with_bot("echo", &bots::plugin("echo"))
        .await
        .with_bot("count", &bots::misbehaving("count"))
        .await;
    let payload = read_payload(text("go").to_string().as_bytes()).expect("a payload");
    let Payload::Event(turn) = payload else {
        panic!("{payload:?}")
    };
    let arrived = Instant::now() - Duration::from_millis(500);
    let invocation = host
        .host
        .respond(
            &address("bad"),
            turn,
            Purpose::Answer(Contract::CustomIntegration),
            arrived,
        )
        .await;
    let failure = failure(invocation);
    assert!(
        matches!(failure, Failure::Trapped { starting: true, .. }),
        "{failure}"
    );
    well_afterwards(&host).await;
}
