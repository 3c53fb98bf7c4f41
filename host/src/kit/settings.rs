//! Configurations that an operator may give by mistake, or that somebody else has written: a bot takes them or says what is
//! wrong with them.

use std::collections::BTreeMap;

use super::contract::LARGE;

/// How many keys are changed, each for itself.
const MOST_KEYS: usize = 32;

/// A kind of mistake, and what is given then.
#[derive(Clone, Debug)]
pub struct Mistake {
    /// What it is about.
    pub name: &'static str,
    /// As it stands behind what the bot does.
    pub told: &'static str,
    /// What is given: one after the other, each said by what is wrong with it.
    pub given: Vec<(String, BTreeMap<String, String>)>,
}

/// All of them, over what a bot is given.
pub fn mistakes(given: &BTreeMap<String, String>) -> Vec<Mistake> {
    let keys = || given.keys().take(MOST_KEYS);
    // One at a time, since a bot may stop at the first.
    let each = |value: &dyn Fn() -> String| {
        let one = |key: &String| {
            let mut changed = given.clone();
            changed.insert(key.clone(), value());
            (format!("`{key}`"), changed)
        };
        keys().map(one).collect::<Vec<_>>()
    };
    let without = |key: &String| {
        let mut changed = given.clone();
        changed.remove(key);
        (format!("`{key}`"), changed)
    };
    let with = |added: &[(&str, &str)]| {
        let mut changed = given.clone();
        let added = added.iter();
        changed.extend(added.map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
        changed
    };
    let unknown = with(&[
        ("nobody-knows-this", "1"),
        ("", "an empty key"),
        ("__proto__", "{}"),
    ]);
    let hostile = "\u{0}\u{202e}'; DROP TABLE x; --${7*7}{{7*7}}%s%n<script>👩‍👩‍👧 {\"a\":";
    let mut mistakes = vec![
        Mistake {
            name: "a configuration with unknown keys",
            told: "on a key of its configuration that it does not know",
            given: vec![("unknown keys".to_owned(), unknown)],
        },
        Mistake {
            name: "no configuration",
            told: "without any configuration",
            given: vec![("nothing".to_owned(), BTreeMap::new())],
        },
    ];
    if !given.is_empty() {
        mistakes.extend([
            Mistake {
                name: "a configuration without a key",
                told: "where a key of its configuration is missing",
                given: keys().map(without).collect(),
            },
            Mistake {
                name: "an empty value in the configuration",
                told: "on an empty value in its configuration",
                given: each(&String::new),
            },
            Mistake {
                name: "a huge value in the configuration",
                told: "on a value of 64 KiB in its configuration",
                given: each(&|| "9".repeat(LARGE)),
            },
            Mistake {
                name: "a hostile value in the configuration",
                told: "on a value in its configuration that nobody means",
                given: each(&|| hostile.to_owned()),
            },
        ]);
    }
    mistakes
}
