//! Runs JavaScript bots: one component for all of them. The host keeps an image of it after `start`, and makes each turn's
//! instance from that; what a program adds to it comes with `restore`.

mod answer;
mod compiled;
mod ending;
mod engine;
mod fault;
mod host;
mod image;
mod lambda;
mod libraries;
mod modules;
mod payload;
mod program;

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
use program::Program;

struct Component;

#[allow(unsafe_code, reason = "the generated exports are unsafe by nature")]
const _: () = {
    bindings::export!(Component with_types_in bindings);
};

thread_local! {
    /// What this instance runs. Part of a program's image.
    static PROGRAM: RefCell<Option<Program>> = const { RefCell::new(None) };
    /// The same, once its own lines have run.
    static LAMBDA: RefCell<Option<Lambda>> = const { RefCell::new(None) };
}

/// An instance is asked one thing.
fn program() -> Program {
    let program = PROGRAM.take();
    program.expect("the host restores a program before it asks for anything of it")
}

impl Guest for Component {
    fn start() {
        engine::with(|_, _| ());
    }
}

impl scripts::Guest for Component {
    fn compile(file: String, source: String) -> Result<Vec<u8>, String> {
        engine::with(|ctx, _| program::compile(ctx, &file, &source))
    }

    fn load(bytes: Vec<u8>) -> Result<(), String> {
        image::show();
        let program = engine::with(|ctx, own| Program::read(ctx, own, &bytes))?;
        PROGRAM.set(Some(program));
        image::show();
        // Not before: an image's own bytes will be there when it is put in place.
        drop(bytes);
        Ok(())
    }

    fn restore(image: Vec<u8>) {
        image::restore(&image);
    }

    fn run() -> Result<(), Fault> {
        let program = program();
        let lambda = engine::with(|ctx, own| Lambda::of(ctx, own, &program.file, program.code))?;
        LAMBDA.set(Some(lambda));
        Ok(())
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
    let lambda = LAMBDA.take();
    let lambda = lambda.expect("the host runs a program before it invokes it");
    engine::with(|ctx, own| lambda.invoke(ctx, own, headers, payload))
}
