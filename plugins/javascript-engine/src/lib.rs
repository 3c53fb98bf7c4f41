//! Runs JavaScript bots: one component for all of them. The host keeps an image of it after `start`, and makes each turn's
//! instance from that; what the turn is about comes with `load`.

mod answer;
mod compiled;
mod ending;
mod engine;
mod fault;
mod host;
mod lambda;
mod modules;
mod payload;

#[allow(
    missing_docs,
    unsafe_code,
    clippy::all,
    clippy::pedantic,
    reason = "generated from the contracts in `wit/`"
)]
mod bindings {
    wit_bindgen::generate!({
        path: ["../../wit", "../../wit/engine"],
        world: "retort:engine/javascript",
        generate_all,
    });
}

use std::cell::RefCell;

use bindings::Guest;
use bindings::exports::retort::bot::{function_handler, handler};
use bindings::exports::retort::engine::scripts;
use bindings::retort::bot::types::{ConfigProblem, Description, Fault, Reply, Turn};
use lambda::Lambda;
use scripts::Program;

struct Component;

#[allow(unsafe_code, reason = "the generated exports are unsafe by nature")]
const _: () = {
    bindings::export!(Component with_types_in bindings);
};

/// What this instance runs.
struct Loaded {
    program: Program,
    /// None of a program that is only asked who it is.
    lambda: Option<Lambda>,
}

thread_local! {
    static LOADED: RefCell<Option<Loaded>> = const { RefCell::new(None) };
}

/// What was loaded. An instance is asked one thing.
fn loaded() -> Loaded {
    let loaded = LOADED.take();
    loaded.expect("the host loads a program before it asks for anything of it")
}

impl Guest for Component {
    fn start() {
        engine::with(|_, _| ());
    }
}

impl scripts::Guest for Component {
    fn compile(file: String, source: String) -> Result<Vec<u8>, String> {
        engine::with(|ctx, _| compiled::compile(ctx, &file, &source))
    }

    fn load(program: Program, runs: bool) -> Result<(), Fault> {
        let lambda = match runs {
            true => Some(engine::with(|ctx, own| Lambda::of(ctx, own, &program))?),
            false => None,
        };
        LOADED.set(Some(Loaded { program, lambda }));
        Ok(())
    }
}

impl handler::Guest for Component {
    fn describe() -> Description {
        let program = loaded().program;
        Description {
            name: program.name,
            version: program.version,
        }
    }

    /// A script has no word for what it is configured with. That it can be loaded is known by now.
    fn check_config() -> Result<(), Vec<ConfigProblem>> {
        Ok(())
    }

    fn respond(turn: Turn) -> Result<Reply, Fault> {
        let result = invoke(&[], &payload::of(turn))?;
        answer::of(&result)
    }
}

impl function_handler::Guest for Component {
    fn describe() -> Description {
        <Self as handler::Guest>::describe()
    }

    fn check_config() -> Result<(), Vec<ConfigProblem>> {
        <Self as handler::Guest>::check_config()
    }

    fn invoke(headers: Vec<(String, String)>, payload: String) -> Result<String, Fault> {
        invoke(&headers, &payload)
    }
}

/// What the lambda makes of a payload: JSON, both.
fn invoke(headers: &[(String, String)], payload: &str) -> Result<String, Fault> {
    let lambda = loaded().lambda;
    let lambda = lambda.expect("the host runs the lines of a program that it invokes");
    engine::with(|ctx, own| lambda.invoke(ctx, own, headers, payload))
}
