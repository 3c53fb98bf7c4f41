//! What a conversation remembers: `$name` in what a bot is to say takes the word that stands there, and is replaced by it
//! from then on. As in `botium-core` with `SCRIPTING_ENABLE_MEMORY`.

use std::collections::BTreeMap;

use super::matching;
use super::reading::MOST_BYTES;

/// The words by their names, `$` included.
pub(super) type Memory = BTreeMap<String, String>;

/// The most names that one text takes words for. Each costs time with each character that it is looked for in.
const MOST_NAMES: usize = 20;

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
///
/// # Errors
/// It is longer than a script then: a word may be a whole reply, and one that says back what was said of it grows each time.
pub(super) fn filled(text: &str, memory: &Memory) -> Result<String, String> {
    filled_within(MOST_BYTES, text, memory)
}

/// The same of several texts, which are together no longer than a script.
pub(super) fn all_filled(texts: &[String], memory: &Memory) -> Result<Vec<String>, String> {
    let mut left = MOST_BYTES;
    let each = texts.iter().map(|text| {
        let filled = filled_within(left, text, memory)?;
        left = left.saturating_sub(filled.len());
        Ok(filled)
    });
    each.collect()
}

fn filled_within(most: usize, text: &str, memory: &Memory) -> Result<String, String> {
    let mut text = text.to_owned();
    if !text.contains('$') {
        return Ok(text);
    }
    let mut names: Vec<_> = memory.iter().collect();
    // `$order` must not be found in `$order_id`.
    names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    for (name, value) in names {
        let more = value.len().saturating_sub(name.len());
        let more = more.saturating_mul(text.matches(name.as_str()).count());
        if more > 0 && text.len().saturating_add(more) > most {
            return Err(format!(
                "with what is remembered in it there are more than {MOST_BYTES} bytes"
            ));
        }
        text = text.replace(name.as_str(), value);
    }
    Ok(text)
}

/// Whether a text has a name in it that nothing is remembered for.
pub(super) fn has_unknown(text: &str, memory: &Memory) -> bool {
    variables(text).any(|name| !memory.contains_key(name))
}

/// What a text gives for the names in what was expected of it.
///
/// # Errors
/// There are too many of them.
pub(super) fn taken(text: &str, expected: &str, into: &mut Memory) -> Result<(), String> {
    let names: Vec<&str> = variables(expected).collect();
    if names.is_empty() {
        return Ok(());
    }
    if names.len() > MOST_NAMES {
        let count = names.len();
        return Err(format!("has {count} names: {MOST_NAMES} are the most"));
    }
    let mut expression = quoted(expected);
    for name in &names {
        expression = expression.replace(name, "(\\S+)");
    }
    let built = fancy_regex::Regex::new(&expression).ok();
    let found = built.as_ref().and_then(|built| built.captures(text).ok()?);
    let words = found
        .iter()
        .flat_map(|found| found.iter().skip(1).flatten());
    for (name, word) in names.iter().zip(words) {
        into.insert((*name).to_owned(), word.as_str().to_owned());
    }
    Ok(())
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
        taken(text, &matching::normal(expected), &mut new)?;
    }
    let mut all = new.clone();
    // What was remembered before is stronger until the text has been compared.
    all.extend(
        memory
            .iter()
            .map(|(name, word)| (name.clone(), word.clone())),
    );
    for expected in expected {
        let expected = filled(&matching::normal(expected), &all)?;
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
        let text = "Order 17, for Ann.";
        assert_eq!(taken(text, "order $id, for $who.", &mut memory), Ok(()));
        assert!(memory.is_empty(), "case counts here, as in botium");
        assert_eq!(taken(text, "Order $id, for $who.", &mut memory), Ok(()));
        assert_eq!(
            filled("$who has $id and $ident", &memory).as_deref(),
            Ok("Ann has 17 and 17ent")
        );
        assert_eq!(
            variables("$5 $a $ab $ab_1$cd").collect::<Vec<_>>(),
            ["$ab", "$ab_1", "$cd"]
        );
        assert_eq!(function("at $date_ISO"), Some("$date_ISO"));
    }
    #[test]
    fn what_is_remembered_does_not_grow_for_ever() {
        let word = |name: &str, word: &str| (name.to_owned(), word.to_owned());
        let memory = Memory::from([
            word("$abcd", &"$abc".repeat(1000)),
            word("$abc", &"$ab".repeat(1000)),
            word("$ab", &"x".repeat(1000)),
        ]);
        assert_eq!(filled("$ab", &memory).map(|text| text.len()), Ok(1000));
        for text in ["$abcd".to_owned(), "$ab".repeat(1000)] {
            let error = filled(&text, &memory).expect_err("too much");
            assert!(error.contains("more than 262144 bytes"), "{error}");
        }
        let each = vec!["$ab".to_owned(); 300];
        assert!(all_filled(&each[..200], &memory).is_ok());
        assert!(all_filled(&each, &memory).is_err());
    }

    #[test]
    fn a_text_does_not_take_words_without_end() {
        let mut memory = Memory::new();
        let error = taken("x", &"$ab ".repeat(10_000), &mut memory).expect_err("too many");
        assert_eq!(error, "has 10000 names: 20 are the most");
    }
}
