//! A function that does what its payload tells it, or its configuration `always` in the place of that, and says what it was
//! handed if that is nothing.

use retort_sdk::function::bindings::{self, exports::retort::bot::function_handler::Guest};
use retort_sdk::{
    ConfigProblem, Description, Fault, Invocation, Value, config, json, log, secrets, state,
};

struct Obedient;

impl Guest for Obedient {
    fn describe() -> Description {
        Description {
            name: env!("CARGO_PKG_NAME").into(),
            version: env!("CARGO_PKG_VERSION").into(),
        }
    }

    fn check_config() -> Result<(), Vec<ConfigProblem>> {
        match config::get("wrong") {
            Some(why) => Err(vec![ConfigProblem::new("wrong", why)]),
            None => Ok(()),
        }
    }

    fn invoke(headers: Vec<(String, String)>, payload: String) -> Result<String, Fault> {
        let payload = config::get("always").unwrap_or(payload);
        let read = Invocation::read(headers.clone(), &payload)?;
        let what = read.payload.get("do").and_then(Value::as_str);
        let with = read.payload.get("with").cloned().unwrap_or(Value::Null);
        let text = with.as_str().unwrap_or_default();
        match what {
            None => Ok(json!({ "headers": headers, "payload": read.payload }).to_string()),
            Some("return") => Ok(with.to_string()),
            Some("say") => Ok(text.to_owned()),
            Some("fault") => Err(Fault::new("told-so", text)),
            Some("panic") => panic!("{text}"),
            Some("spin") => loop {
                std::hint::black_box(());
            },
            Some("sleep") => Ok(sleep(text)),
            Some("count") => count(text),
            Some("tell") => tell(text),
            Some(other) => Err(Fault::new("no-such-thing", other)),
        }
    }
}

fn sleep(ms: &str) -> String {
    let ms = ms.parse().unwrap_or(0);
    std::thread::sleep(std::time::Duration::from_millis(ms));
    ms.to_string()
}

/// One more than the last time, kept; and then the function fails, if it is told to.
fn count(then: &str) -> Result<String, Fault> {
    let before: u64 = state::get_json(state::Scope::Bot, "n")?.unwrap_or(0);
    state::set_json(state::Scope::Bot, "n", &(before + 1))?;
    match then {
        "" => Ok((before + 1).to_string()),
        _ => Err(Fault::new("told-so", then)),
    }
}

/// Gives a secret away, in its log and in its last words.
fn tell(secret: &str) -> Result<String, Fault> {
    let value = secrets::get(secret)?;
    log::info(&value);
    Err(Fault::new("told-so", format!("it is {value}")))
}

bindings::export!(Obedient with_types_in bindings);
