//! Each key of the configuration that limits something is set in a configuration's text, and seen to bite. Here is the
//! table, and what holds it to the keys that there are.

mod configured;
mod door;
mod gate;
mod quarantine;
mod turn;

use std::path::Path;

use harness::bots::{attack, misbehaving, plugin};

use crate::documents::defaults;
use configured::Low;
use door::{body_bytes, body_ms, concurrent_turns, crowded};
use gate::{above_ceiling, contradicts, of_memories, refused};
use quarantine::{failure_percent, minimum_turns, probe_seconds, window_seconds};
use turn::{drops, ends, exceeds, recurses, refuses};

/// A test for each key: its value that bites, and what sees to it that it does.
macro_rules! bites {
    ($($test:ident: $key:literal = $value:literal, $sees:ident($($with:expr),*);)*) => {
        $(
            #[tokio::test]
            async fn $test() {
                let low = Low { key: $key, value: $value };
                $sees(low, $($with),*).await;
            }
        )*

        /// The keys that are seen to bite in here.
        const BITES: &[&str] = &[$($key),*];
    };
}

bites! {
    deadline: "limits.deadline_ms" = 50, exceeds("deadline-exceeded", attack("spin"), "go");
    fuel: "limits.fuel" = 1_000_000, exceeds("out-of-fuel", attack("spin"), "go");
    host_call_fuel: "limits.host_call_fuel" = 1_000_000_000, ends("out-of-fuel", attack("flood-log-bytes"), "go");
    host_byte_fuel: "limits.host_byte_fuel" = 1_000_000, ends("out-of-fuel", attack("flood-log-bytes"), "go");
    memory: "limits.memory_bytes" = 1_048_576, exceeds("out-of-memory", attack("grow-memory"), "go");
    table_elements: "limits.table_elements" = 5_000, exceeds("table-too-large", attack("grow-table"), "go");
    host_calls: "limits.host_calls" = 100, exceeds("too-many-host-calls", attack("flood-clock"), "go");
    transfer: "limits.transfer_bytes" = 4_096, exceeds("transfer-too-large", attack("giant-string"), "go");
    handles: "limits.handles" = 100, exceeds("too-many-handles", attack("leak-handles"), "go");
    random_bytes: "limits.random_bytes" = 8, exceeds("random-too-large", misbehaving("probe"), "random 9");
    log_lines: "limits.log_lines" = 1, drops(misbehaving("probe"), "log words");
    log_bytes: "limits.log_bytes" = 5, drops(misbehaving("probe"), "log words");
    reply_bytes: "reply.bytes" = 100, exceeds("reply-too-large", misbehaving("giant_reply"), "101");
    reply_parts: "reply.parts" = 2, exceeds("too-many-parts", plugin("concierge"), "where is my parcel");
    reply_intents: "reply.intents" = 1, exceeds("too-many-intents", plugin("concierge"), "a refund");
    reply_delay: "reply.delay_seconds" = 5, exceeds("delay-too-long", misbehaving("delay"), "6");

    body_size: "http.body_bytes" = 1_024, body_bytes();
    body_time: "http.body_ms" = 100, body_ms();

    turns_that_run: "admission.concurrent_turns" = 1, concurrent_turns();
    turns_that_wait: "admission.waiting_turns" = 1, crowded(&[], 503, "host-full");
    share: "admission.share" = 1, crowded(&[("admission.waiting_turns", 2)], 429, "over-share");

    quarantine_turns: "quarantine.minimum_turns" = 2, minimum_turns();
    quarantine_rate: "quarantine.failure_percent" = 25, failure_percent();
    quarantine_window: "quarantine.window_seconds" = 1, window_seconds();
    quarantine_probe: "quarantine.probe_seconds" = 600, probe_seconds();

    pool: "sandbox.instances" = 96, contradicts("`sandbox.instances` 96");
    memory_ceiling: "sandbox.memory_ceiling_bytes" = 1_048_576, above_ceiling();
    table_ceiling: "sandbox.table_elements_ceiling" = 5_000, above_ceiling();
    deadline_ceiling: "sandbox.deadline_ceiling_ms" = 500, above_ceiling();
    stack: "sandbox.wasm_stack_bytes" = 65_536, recurses();

    component_size: "component.bytes" = 1_024, refused("component-too-large", misbehaving("probe"));
    nesting: "component.nesting" = 0, refused("component-too-deep", misbehaving("probe"));
    parts: "component.parts" = 1, refused("component-too-many-parts", misbehaving("probe"));
    instances: "component.instances" = 1, refused("component-too-many-instances", misbehaving("probe"));
    nested_instances: "component.nested_instances" = 0, refused("component-too-many-nested-instances", misbehaving("probe"));
    memories: "component.memories" = 1, refused("component-too-many-memories", of_memories(2));
    tables: "component.tables" = 1, refused("component-too-many-tables", misbehaving("probe"));
    functions: "component.functions" = 1, refused("component-too-many-functions", misbehaving("probe"));
    imports: "component.imports" = 0, refused("component-too-many-imports", misbehaving("probe"));
    custom_sections: "component.custom_section_bytes" = 0, refused("component-custom-sections-too-large", misbehaving("probe"));
}

/// A switch is no number, and is in none of the lists.
#[tokio::test]
async fn strictness() {
    refuses(
        "reply.strict",
        misbehaving("parrot"),
        "{\"type\":\"hologram\"}",
    )
    .await;
}

/// A test elsewhere that sets a key and sees it bite.
struct Seen {
    key: &'static str,
    file: &'static str,
    test: &'static str,
}

const fn seen(key: &'static str, file: &'static str, test: &'static str) -> Seen {
    Seen { key, file, test }
}

const STATE: &str = "tests/conformance/state.rs";
const IN_STATE: &str = "each_limit_on_state_is_answered_and_ends_no_turn";
const HTTP: &str = "tests/conformance/http.rs";
const IN_HTTP: &str = "each_limit_on_requests_is_answered_and_ends_no_turn";
const FRONT_DOOR: &str = "tests/integration/front_door.rs";
const TOKENS: &str = "tests/integration/tokens/published.rs";
const COMPILING: &str = "tests/command/compiling.rs";
const COMPILER: &str = "each_limit_of_the_compiler_bites_and_names_its_key";
const GATE: &str = "tests/command/gate.rs";
const TRIAL: &str = "each_limit_of_a_trial_bites_and_names_its_key";
const CAPSULES: &str = "host/src/capsules/tests.rs";
const HEADERS: &str = "a_head_that_is_too_long_or_has_too_many_headers_is_refused";

const SEEN_ELSEWHERE: &[Seen] = &[
    seen(
        "http.connections",
        FRONT_DOOR,
        "who_is_one_too_many_is_told_so_at_once_and_another_gets_the_place_that_is_given_back",
    ),
    seen(
        "http.large_bodies_bytes",
        FRONT_DOOR,
        "large_bodies_have_their_room_and_one_more_is_told_to_come_back",
    ),
    seen("http.header_bytes", FRONT_DOOR, HEADERS),
    seen("http.headers", FRONT_DOOR, HEADERS),
    seen(
        "http.header_ms",
        FRONT_DOOR,
        "who_says_nothing_or_half_of_it_or_stays_when_done_is_closed",
    ),
    seen(
        "http.write_ms",
        FRONT_DOOR,
        "who_asks_and_does_not_read_is_closed_and_gives_its_place_back",
    ),
    seen(
        "http.drain_ms",
        FRONT_DOOR,
        "what_is_in_flight_past_the_time_for_it_is_cut_and_who_idles_holds_up_nothing",
    ),
    seen(
        "http.notice_ms",
        "tests/command/serve.rs",
        "a_host_that_is_told_to_end_says_so_before_it_closes_its_port",
    ),
    seen(
        "conversations.replay_minutes",
        "host/src/conversations/journal/tests.rs",
        "answers_go_with_their_time_and_the_oldest_where_there_are_too_many_bytes",
    ),
    seen(
        "conversations.answers_bytes",
        "host/src/conversations/journal/tests.rs",
        "answers_go_with_their_time_and_the_oldest_where_there_are_too_many_bytes",
    ),
    seen(
        "conversations.memory_bytes",
        "host/src/conversations/tests.rs",
        "whatever_is_large_in_a_conversation_counts_against_the_memory",
    ),
    seen(
        "conversations.keep_days",
        "host/src/state/tests.rs",
        "a_conversations_memory_expires_and_each_event_puts_that_off",
    ),
    seen(
        "state.tenant_bytes",
        "host/src/state/tests.rs",
        "the_bots_of_a_tenant_keep_so_much_and_what_goes_makes_room",
    ),
    seen(
        "state.disk_reserve_bytes",
        "host/src/state/tests.rs",
        "nothing_more_is_kept_on_a_disk_that_is_nearly_full",
    ),
    seen("limits.http_requests", HTTP, IN_HTTP),
    seen("limits.http_request_bytes", HTTP, IN_HTTP),
    seen("limits.http_response_bytes", HTTP, IN_HTTP),
    seen(
        "limits.http_ms",
        HTTP,
        "a_slow_a_dripping_a_huge_a_cut_and_a_garbage_upstream_each_end_inside_the_turn",
    ),
    seen(
        "egress.lookups",
        "host/src/egress/resolve.rs",
        "a_lookup_that_nobody_waits_for_keeps_its_place_until_it_is_over",
    ),
    seen(
        "egress.connections",
        "host/src/egress/tests/lifecycle.rs",
        "requests_beyond_those_at_a_time_wait",
    ),
    seen(
        "liveperson.jwks_refresh_seconds",
        TOKENS,
        "keys_that_change_are_followed",
    ),
    seen(
        "liveperson.jwks_retry_seconds",
        TOKENS,
        "keys_that_strangers_make_up_are_looked_for_now_and_then",
    ),
    seen("limits.state_keys", STATE, IN_STATE),
    seen("limits.state_bytes", STATE, IN_STATE),
    seen(
        "recent.turns",
        "host/src/recent/tests.rs",
        "a_bot_has_so_many_turns_and_the_newest_push_out_the_oldest",
    ),
    seen(
        "recent.bot_bytes",
        "host/src/recent/tests.rs",
        "a_bot_has_so_many_bytes_and_a_turn_above_them_loses_its_lines",
    ),
    seen(
        "recent.memory_bytes",
        "host/src/recent/tests.rs",
        "all_bots_have_so_many_bytes_and_none_pushes_out_anothers_turns",
    ),
    seen(
        "capsules.sample_permille",
        "tests/integration/capsules.rs",
        "so_many_in_a_thousand_of_those_that_end_well_are_kept",
    ),
    seen(
        "capsules.bytes",
        CAPSULES,
        "one_that_takes_too_many_bytes_is_not_kept",
    ),
    seen(
        "capsules.number",
        CAPSULES,
        "a_bot_has_so_many_and_the_newest_push_out_the_oldest",
    ),
    seen(
        "capsules.tenant_bytes",
        CAPSULES,
        "a_tenant_has_so_many_bytes_and_its_oldest_make_room",
    ),
    seen(
        "capsules.minute",
        CAPSULES,
        "a_bot_has_so_many_in_a_minute_and_others_have_theirs",
    ),
    seen("capsules.days", CAPSULES, "they_are_kept_for_so_many_days"),
    seen(
        "metrics.tenants",
        "host/src/metrics.rs",
        "the_first_tenants_have_their_names_and_all_others_share_one",
    ),
    seen(
        "operations.connections",
        "tests/command/serve.rs",
        "operators_are_so_many_at_a_time_and_take_no_place_of_others",
    ),
    seen(
        "operations.canary_ms",
        "tests/integration/operations.rs",
        "deep_health_fails_where_a_bot_that_loops_is_ended_too_late",
    ),
    seen("compile.cpu_seconds", COMPILING, COMPILER),
    seen("compile.wall_seconds", COMPILING, COMPILER),
    seen("compile.memory_bytes", COMPILING, COMPILER),
    seen("compile.artifact_bytes", COMPILING, COMPILER),
    seen(
        "compile.concurrent",
        "host/src/sandbox/compile.rs",
        "who_comes_while_as_many_are_compiled_as_may_be_waits",
    ),
    seen("trial.cpu_seconds", GATE, TRIAL),
    seen("trial.wall_seconds", GATE, TRIAL),
    seen("trial.memory_bytes", GATE, TRIAL),
];

/// Keys that limit nothing, and what they do.
const LIMIT_NOTHING: &[(&str, &str)] = &[
    (
        "liveperson.function_error_status",
        "what a caller of a function that failed is told",
    ),
    (
        "tls.reread_seconds",
        "how soon a renewed certificate is shown",
    ),
    (
        "liveperson.put_status",
        "which of two statuses says the same",
    ),
    (
        "sandbox.guest_threads",
        "how many threads long turns share; any number of them is served",
    ),
    (
        "sandbox.guest_niceness",
        "how the system ranks those threads",
    ),
    (
        "sandbox.tick_ms",
        "how exactly `limits.deadline_ms` is kept",
    ),
    (
        "sandbox.clock_resolution_us",
        "how exactly a bot may tell the time",
    ),
    (
        "sandbox.keep_resident_bytes",
        "memory that is traded for speed; no turn sees it",
    ),
];

#[test]
fn every_key_bites_or_limits_nothing() {
    let mut keys: Vec<String> = defaults().into_iter().map(|(key, _)| key).collect();
    let elsewhere = SEEN_ELSEWHERE.iter().map(|seen| seen.key);
    let nothing = LIMIT_NOTHING.iter().map(|(key, _)| *key);
    let mut listed: Vec<&str> = BITES
        .iter()
        .copied()
        .chain(elsewhere)
        .chain(nothing)
        .collect();
    keys.sort_unstable();
    listed.sort_unstable();
    assert_eq!(keys, listed);
}

/// The body of a test in a file, if it has one of that name.
fn body_of<'a>(source: &'a str, test: &str) -> Option<&'a str> {
    let (before, rest) = source.split_once(&format!("fn {test}("))?;
    let mut before = before.rsplit('\n');
    let (head, attribute) = (before.next()?, before.next()?.trim());
    let is_test = attribute == "#[test]" || attribute.starts_with("#[tokio::test");
    // A function ends where a brace stands as far to the left as its head does.
    let indent = head.len() - head.trim_start().len();
    let end = format!("\n{}}}", &head[..indent]);
    is_test.then(|| rest.split(&end).next().unwrap_or(rest))
}

#[test]
fn every_test_that_is_named_here_is_there_and_sets_its_key() {
    for Seen { key, file, test } in SEEN_ELSEWHERE {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
        let source =
            std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{file}: {error}"));
        let body = body_of(&source, test).unwrap_or_else(|| panic!("{file} has no test {test}"));
        let (_, name) = key.split_once('.').expect("a table and a name");
        let word = |c: char| !c.is_alphanumeric() && c != '_';
        assert!(
            body.split(word).any(|has| has == name),
            "{test} does not set `{key}`"
        );
    }
}
