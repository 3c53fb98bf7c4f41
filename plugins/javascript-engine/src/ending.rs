//! Where a lambda is when its turn is about to be cut: the host knows that it is, and the engine where, so it is logged
//! while there is time.

use std::cell::Cell;
use std::ptr::NonNull;

use rquickjs::{Context, Ctx, Function, Runtime};

use crate::bindings::retort::bot::budget;
use crate::engine;

/// What is left of a turn.
#[derive(Clone, Copy)]
struct Left {
    fuel: u64,
    ms: u32,
}

thread_local! {
    /// What was left at the first look, which a turn that is short never has.
    static FIRST: Cell<Option<Left>> = const { Cell::new(None) };
    static IS_TOLD: Cell<bool> = const { Cell::new(false) };
}

/// Has the engine look at what is left each time that it asks whether to go on: every ten thousand calls and turns of
/// loops, some hundred microseconds.
pub fn watch(runtime: &Runtime, context: &Context) {
    let raw = context.as_raw();
    runtime.set_interrupt_handler(Some(Box::new(move || {
        if engine::has_started() && !IS_TOLD.get() {
            look(raw);
        }
        false
    })));
}

fn look(raw: NonNull<rquickjs::qjs::JSContext>) {
    let left = Left {
        fuel: budget::remaining_fuel(),
        ms: budget::remaining_ms(),
    };
    let first = FIRST.get().unwrap_or(left);
    FIRST.set(Some(first));
    let what = if left.fuel < first.fuel / 5 {
        "fuel"
    } else if left.ms < first.ms / 5 {
        "time"
    } else {
        return;
    };
    IS_TOLD.set(true);
    #[allow(unsafe_code, reason = "the engine hands its handler no context")]
    // SAFETY: it is the engine's only context, which lives as long as the engine that calls this.
    let ctx = unsafe { Ctx::from_raw(raw) };
    let ending = engine::own(&ctx).and_then(|own| own.get::<_, Function>("ending"));
    // Where it cannot be told, the turn is cut all the same.
    drop(ending.and_then(|ending| ending.call::<_, ()>((what,))));
}
