//! The corpus, a row for each bot of `tests/bots/attacks/`.

use super::Expected::{Ends, Refused, Says};
use super::{Attack, Uninterruptible};
use crate::sandbox::Limits;

/// The bot of that name, under the host's own limits.
macro_rules! attack {
    ($name:literal, $expected:expr) => {
        Attack {
            name: $name,
            text: include_str!(concat!("../../../../../tests/bots/attacks/", $name, ".wat")),
            wants: "",
            expected: $expected,
            limits: |_| {},
            uninterruptible: None,
        }
    };
}

/// The bot of that name, which asks for this under `[wants]` and is granted it.
macro_rules! granted {
    ($name:literal, $wants:literal, $expected:expr) => {
        Attack {
            wants: $wants,
            ..attack!($name, $expected)
        }
    };
}

/// So that time ends it: on a fast machine its fuel would be used up first.
const FUEL_FOR_EVER: fn(&mut Limits) = |limits| limits.fuel = u64::MAX / 2;

/// The bot of that name, which only its time ends.
macro_rules! endless {
    ($name:literal, $expected:expr) => {
        Attack {
            limits: FUEL_FOR_EVER,
            ..attack!($name, $expected)
        }
    };
}

/// All of them, in the order in which they are run.
pub const CORPUS: &[Attack] = &[
    endless!("spin", Ends("deadline-exceeded")),
    endless!("park", Ends("deadline-exceeded")),
    Attack {
        uninterruptible: Some(Uninterruptible {
            name: "one memory.fill of 32 MiB",
            // Each byte is a unit: enough for the first one, and not for the second.
            once: |limits| limits.fuel = 40_000_000,
        }),
        ..endless!("fill-memory", Ends("deadline-exceeded"))
    },
    endless!("spin-in-realloc", Ends("deadline-exceeded")),
    endless!("spin-after-reply", Ends("deadline-exceeded")),
    attack!("recurse", Ends("stack-exhausted")),
    attack!("grow-memory", Ends("out-of-memory")),
    attack!("grow-table", Ends("table-too-large")),
    Attack {
        limits: |limits| limits.host_calls = 1_000,
        ..attack!("flood-log", Ends("too-many-host-calls"))
    },
    Attack {
        limits: |limits| limits.host_calls = 1_000,
        ..attack!("flood-clock", Ends("too-many-host-calls"))
    },
    attack!("flood-log-bytes", Says("evil")),
    attack!("giant-string", Ends("transfer-too-large")),
    attack!("endless-parts", Ends("transfer-too-large")),
    attack!("endless-intents", Ends("transfer-too-large")),
    Attack {
        limits: |limits| limits.handles = 200,
        ..attack!("leak-handles", Ends("too-many-handles"))
    },
    attack!("giant-random", Ends("random-too-large")),
    attack!("broken-text", Ends("bot-trapped")),
    attack!("wild-reply", Ends("bot-trapped")),
    attack!("panic-with-secret", Ends("bot-trapped")),
    attack!("trap-in-realloc", Ends("bot-trapped")),
    attack!("trap-after-reply", Ends("bot-trapped")),
    attack!("use-files", Says("none")),
    attack!("use-sockets", Says("refused")),
    attack!("carry-over", Says("1")),
    attack!("stale-memory", Says("clean")),
    attack!("ask-ungranted", Says("denied")),
    Attack {
        limits: |limits| limits.state_keys = 8,
        ..granted!("flood-state", "state = [\"conversation\"]", Says("limit"))
    },
    granted!("giant-state", "state = [\"conversation\"]", Says("limit")),
    Attack {
        limits: FUEL_FOR_EVER,
        ..granted!(
            "write-and-spin",
            "state = [\"bot\"]",
            Ends("deadline-exceeded")
        )
    },
    granted!(
        "reach-inside",
        "http = [\"GET http://169.254.169.254\", \"GET http://127.0.0.2\", \"GET http://[::1]\"]",
        Says("denied")
    ),
    Attack {
        limits: |limits| limits.host_calls = 20,
        ..granted!(
            "flood-http",
            "http = [\"GET http://127.0.0.2\"]",
            Ends("too-many-host-calls")
        )
    },
    Attack {
        limits: |limits| limits.http_ms = 20,
        ..granted!(
            "park-in-http",
            "http = [\"GET http://127.0.0.1:00000\"]",
            Says("timeout")
        )
    },
    // Who gives a host a revision sets no limits yet: where that has few, its fuel may be used up first.
    endless!("spin-at-start", Refused(&["deadline", "limits.fuel"])),
    attack!("trap-at-start", Refused(&["while starting"])),
    attack!("unknown-import", Refused(&["acme:orders/api@1.0.0"])),
    attack!("instance-bomb", Refused(&["instances"])),
];
