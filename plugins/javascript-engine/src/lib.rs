//! Runs JavaScript bots: one component for all of them. The host keeps an image of it after `start`, and makes each turn's
//! instance from that; what the turn is about comes with `load`.

mod answer;
mod compiled;
mod engine;
mod fault;
mod host;
mod modules;
mod payload;
mod running;

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
use running::Running;
use scripts::Program;

struct Component;

#[allow(unsafe_code, reason = "the generated exports are unsafe by nature")]
const _: () = {
    bindings::export!(Component with_types_in bindings);
};

thread_local! {
    static PROGRAM: RefCell<Option<Program>> = const { RefCell::new(None) };
}

/// The program of this instance.
fn program() -> Program {
    let program = PROGRAM.take();
    program.expect("the host loads a program before it asks for anything of it")
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

    fn load(program: Program) {
        PROGRAM.set(Some(program));
    }
}

impl handler::Guest for Component {
    fn describe() -> Description {
        let program = program();
        Description {
            name: program.name,
            version: program.version,
        }
    }

    /// That it can be loaded at all is known here for the first time with its configuration.
    fn check_config() -> Result<(), Vec<ConfigProblem>> {
        let program = program();
        engine::with(|ctx, own| match Running::of(ctx, own, &program) {
            Ok(_) => Ok(()),
            Err(fault) => Err(vec![ConfigProblem {
                key: program.file.clone(),
                problem: fault.message,
            }]),
        })
    }

    fn respond(turn: Turn) -> Result<Reply, Fault> {
        let result = invoke(&[], payload::of(turn))?;
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
        invoke(&headers, payload)
    }
}

/// What the lambda makes of a payload: JSON, both.
fn invoke(headers: &[(String, String)], payload: String) -> Result<String, Fault> {
    let program = program();
    engine::with(|ctx, own| Running::of(ctx, own, &program)?.invoke(headers, &payload))
}
