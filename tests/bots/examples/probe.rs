//! Behaves well, and says what it can reach: each text is the name of something to try.

use retort_sdk::{
    Answer, Bot, ConfigProblem, Event, Fault, Reply, Turn, budget, config, http, log, secrets,
    state,
};

struct Probe;

impl Bot for Probe {
    fn respond(turn: Turn) -> Result<Reply, Fault> {
        let whole = format!("{turn:?}");
        let Event::Text(message) = turn.event else {
            return Ok(Answer::text(whole).into());
        };
        let found = match message
            .text
            .split_once(' ')
            .unwrap_or((message.text.as_str(), ""))
        {
            ("turn", _) => whole,
            ("config", key) => format!("{:?} of {:?}", config::get(key), config::keys()),
            ("budget", _) => format!("{} {}", budget::remaining_ms(), budget::remaining_fuel()),
            ("secrets", name) => format!("{:?}", secrets::get(name)),
            ("state", key) => format!(
                "{:?} {:?} {:?} {:?}",
                state::get(state::Scope::Bot, key),
                state::set(state::Scope::Conversation, key, b"x", None),
                state::delete(state::Scope::Bot, key),
                state::keys(state::Scope::Bot, key),
            ),
            ("http", url) => format!("{:?}", http::send(&http::get(url))),
            ("log", text) => logged(text),
            ("file", path) => format!("{:?}", std::fs::read(path).map_err(|error| error.kind())),
            ("connect", address) => format!(
                "{:?}",
                std::net::TcpStream::connect(address).map_err(|error| error.kind())
            ),
            ("environment", _) => format!(
                "{:?} {:?}",
                std::env::vars().collect::<Vec<_>>(),
                std::env::args().collect::<Vec<_>>()
            ),
            ("input", _) => format!("{:?}", std::io::read_to_string(std::io::stdin())),
            ("random", count) => format!(
                "{}",
                wasip2::random::random::get_random_bytes(count.parse().unwrap_or(8)).len()
            ),
            (other, _) => return Err(Fault::new("no-such-probe", other)),
        };
        Ok(Answer::text(found).into())
    }

    fn check_config() -> Result<(), Vec<ConfigProblem>> {
        match config::get("wrong") {
            Some(why) => Err(vec![
                ConfigProblem::new("wrong", why),
                ConfigProblem::new("and", "this too"),
            ]),
            None => Ok(()),
        }
    }
}

fn logged(text: &str) -> String {
    log::warn(text);
    println!("standard output: {text}");
    eprint!("standard error: {text}");
    "logged".into()
}

retort_sdk::export!(Probe);
