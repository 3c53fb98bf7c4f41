//! Whether conversations are apart: the same is answered the same, for the same fuel, and no word of one comes up in another.

use super::heard::{Heard, Heeded};
use super::verdict::Wrong;

/// What two runs of the same conversation are compared by.
#[derive(Clone, Copy, Debug, Default)]
pub struct Likeness<'a> {
    /// The ids of the two, which a reply may have in it.
    pub ids: [&'a str; 2],
    /// Whether the fuel has to be the same.
    pub by_fuel: bool,
    /// Whether one number is as good as another, since the bot may count over all conversations.
    pub but_numbers: bool,
}

impl Likeness<'_> {
    /// What differs, told as what was to be, what was, and where; the fuel only if all else is the same.
    pub fn difference(&self, one: &[Heard], other: &[Heard]) -> Option<Difference> {
        let [first, second] = self.ids;
        let pairs = || one.iter().zip(other);
        let words = pairs().find_map(|(one, other)| {
            let (expected, actual) = (self.words(one, first), self.words(other, second));
            (expected != actual).then(|| Difference {
                said: one.said.clone(),
                is_of_fuel: false,
                expected,
                actual,
            })
        });
        let fuel = || {
            pairs().find_map(|(one, other)| {
                let (expected, actual) = (one.used.fuel, other.used.fuel);
                (self.by_fuel && expected != actual).then(|| Difference {
                    said: one.said.clone(),
                    is_of_fuel: true,
                    expected: format!("{expected} fuel"),
                    actual: format!("{actual} fuel"),
                })
            })
        };
        words.or_else(fuel)
    }

    fn words(&self, heard: &Heard, id: &str) -> String {
        let words = match &heard.answer {
            Heeded::Broken(broken) => broken.code.to_owned(),
            answered => answered.words(),
        };
        let words = match id {
            "" => words,
            id => words.replace(id, "(the conversation's id)"),
        };
        match self.but_numbers {
            true => without_numbers(&words),
            false => words,
        }
    }
}

/// Where two runs of a conversation differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What was said there.
    pub said: String,
    /// Whether it is the fuel alone.
    pub is_of_fuel: bool,
    expected: String,
    actual: String,
}

impl Difference {
    /// What is wrong.
    pub fn wrong(self, what: impl Into<String>) -> Wrong {
        Wrong::other(what, self.expected, self.actual)
    }
}

fn without_numbers(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    for c in text.chars() {
        match c.is_ascii_digit() {
            true if kept.ends_with('#') => {}
            true => kept.push('#'),
            false => kept.push(c),
        }
    }
    kept
}

/// The turn in which a word comes up, in an answer or in the log; in whatever case.
pub fn comes_up<'a>(word: &str, heard: &'a [Heard]) -> Option<&'a Heard> {
    let word = word.to_lowercase();
    heard.iter().find(|heard| {
        let lines = std::iter::once(heard.answer.words()).chain(heard.log.iter().cloned());
        lines
            .map(|line| line.to_lowercase())
            .any(|line| line.contains(&word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::Used;

    fn heard(words: &str, fuel: u64) -> Heard {
        Heard {
            said: "hello".to_owned(),
            answer: Heeded::Answer(words.to_owned()),
            log: vec!["info: Said".to_owned()],
            used: Used {
                fuel,
                ..Used::default()
            },
        }
    }

    #[test]
    fn ids_and_numbers_are_no_difference_where_they_may_differ() {
        let likeness = |but_numbers| Likeness {
            ids: ["a-1", "b-2"],
            by_fuel: true,
            but_numbers,
        };
        let differs = |one: &str, other: &str, but_numbers| {
            let (one, other) = ([heard(one, 1)], [heard(other, 1)]);
            likeness(but_numbers).difference(&one, &other).is_some()
        };
        assert!(!differs("this is a-1", "this is b-2", false));
        assert!(differs("number 9", "number 10", false) && !differs("number 9", "number 10", true));
        assert!(differs("number 9", "words 9", true));
        let fuel = likeness(true).difference(&[heard("x", 1)], &[heard("x", 2)]);
        assert!(fuel.is_some_and(|difference| difference.is_of_fuel));
    }

    #[test]
    fn a_word_comes_up_in_an_answer_or_a_log() {
        let all = [heard("Hello", 1)];
        assert!(comes_up("SAID", &all).is_some() && comes_up("hello", &all).is_some());
        assert!(comes_up("else", &all).is_none());
    }
}
