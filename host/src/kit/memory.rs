//! What a conversation remembers: `$name` in what a bot is to say takes the word that stands there, and is replaced by it
//! from then on. As in `botium-core` with `SCRIPTING_ENABLE_MEMORY`.

use std::collections::BTreeMap;

use super::matching;

/// The words by their names, `$` included.
pub(super) type Memory = BTreeMap<String, String>;

/// Names that botium has a function for.
const FUNCTIONS: [&str; 32] = [
    "$now",
    "$now_EN",
    "$now_DE",
    "$now_ISO",
    "$date",
    "$date_EN",
    "$date_DE",
    "$date_ISO",
    "$time",
    "$time_EN",
    "$time_DE",
    "$time_ISO",
    "$time_HH_MM",
    "$time_HH",
    "$time_H_A",
    "$timestamp",
    "$tomorrow",
    "$yesterday",
    "$date_add",
    "$date_subtract",
    "$year",
    "$month",
    "$month_MM",
    "$day_of_month",
    "$day_of_week",
    "$random",
    "$random10",
    "$uniqid",
    "$projectname",
    "$env",
    "$cap",
    "$msg",
];

/// The names in a text: `$`, a letter, and at least one letter, digit or `_` more.
pub(super) fn variables(text: &str) -> impl Iterator<Item = &str> {
    let mut starts = text.match_indices('$').map(|(at, _)| at);
    let mut end = 0;
    std::iter::from_fn(move || {
        loop {
            let at = starts.next()?;
            let rest = text.get(at.max(end)..)?;
            let name = rest.strip_prefix('$').unwrap_or_default();
            let length = name
                .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                .unwrap_or(name.len());
            if at >= end && length >= 2 && name.starts_with(|c: char| c.is_ascii_alphabetic()) {
                end = at + 1 + length;
                return text.get(at..end);
            }
        }
    })
}

/// The first name that is one of botium's functions, which are not here: what they say differs from run to run.
pub(super) fn function(text: &str) -> Option<&str> {
    variables(text).find(|name| FUNCTIONS.contains(name))
}

/// A text with what is remembered in the place of its names.
pub(super) fn filled(text: &str, memory: &Memory) -> String {
    let mut names: Vec<_> = memory.iter().collect();
    // `$order` must not be found in `$order_id`.
    names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    let mut text = text.to_owned();
    for (name, value) in names {
        text = text.replace(name.as_str(), value);
    }
    text
}

/// What a text gives for the names in what was expected of it.
pub(super) fn taken(text: &str, expected: &str, into: &mut Memory) {
    let names: Vec<&str> = variables(expected).collect();
    if names.is_empty() {
        return;
    }
    let mut expression = quoted(expected);
    for name in &names {
        expression = expression.replace(name, "(\\S+)");
    }
    let Ok(built) = fancy_regex::Regex::new(&expression) else {
        return;
    };
    let Ok(Some(found)) = built.captures(text) else {
        return;
    };
    for (name, word) in names.iter().zip(found.iter().skip(1).flatten()) {
        into.insert((*name).to_owned(), word.as_str().to_owned());
    }
}

/// A text as an expression for itself, but for `$`.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len());
    for c in text.chars() {
        if "-\\^*+?.()|[]{}".contains(c) {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted
}

/// Whether a text is one of those expected, with what is remembered in them; also what it gives to remember.
///
/// # Errors
/// What is wrong with what was expected.
pub(super) fn compared(
    text: &str,
    expected: &[String],
    memory: &Memory,
) -> Result<(bool, Memory), String> {
    let mut new = Memory::new();
    for expected in expected {
        taken(text, &matching::normal(expected), &mut new);
    }
    let mut all = new.clone();
    // What was remembered before is stronger until the text has been compared.
    all.extend(
        memory
            .iter()
            .map(|(name, word)| (name.clone(), word.clone())),
    );
    for expected in expected {
        let expected = filled(&matching::normal(expected), &all);
        if matching::by_default(text, &expected)? {
            return Ok((true, new));
        }
    }
    Ok((false, new))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_taken_and_given_back() {
        let mut memory = Memory::new();
        taken("Order 17, for Ann.", "order $id, for $who.", &mut memory);
        assert!(memory.is_empty(), "case counts here, as in botium");
        taken("Order 17, for Ann.", "Order $id, for $who.", &mut memory);
        assert_eq!(
            filled("$who has $id and $ident", &memory),
            "Ann has 17 and 17ent"
        );
        assert_eq!(
            variables("$5 $a $ab $ab_1$cd").collect::<Vec<_>>(),
            ["$ab", "$ab_1", "$cd"]
        );
        assert_eq!(function("at $date_ISO"), Some("$date_ISO"));
    }
}
