//! Texts that are compared as `botium-core` compares them. What a bot says has no line breaks left by then.

use fancy_regex::RegexBuilder;

use super::asserter::How;

/// As many as botium takes.
const MOST_WILDCARDS: usize = 10;

/// What one search by a regular expression may cost, in steps back: a thousandth of a second or so each ten thousand.
const MOST_STEPS: usize = 100_000;

/// A text without markup, line breaks, and spaces beside spaces.
pub(super) fn normal(text: &str) -> String {
    let text = without_tags(text, "<p", " ").replace("</p>", " ");
    let text = without_tags(&without_tags(&text, "<br", " "), "<", "");
    let text: String = text
        .chars()
        .map(|c| if c.is_ascii_control() { ' ' } else { c })
        .collect();
    let text = text
        .replace("&amp;", "&")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&#39;", "'")
        .replace("&quot;", "\"");
    let words = text.split(is_space).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// A text with something in the place of all from a start to the next `>`.
fn without_tags(text: &str, start: &str, instead: &str) -> String {
    let (mut kept, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((before, tag)) = rest.split_once(start) {
        let Some((_, after)) = tag.split_once('>') else {
            break;
        };
        kept.push_str(before);
        kept.push_str(instead);
        rest = after;
    }
    kept.push_str(rest);
    kept
}

/// White space, as JavaScript has it.
fn is_space(c: char) -> bool {
    (c.is_whitespace() && c != '\u{85}') || c == '\u{feff}'
}

/// Whether a text is as it was to be.
///
/// # Errors
/// What is wrong with what was expected.
pub(super) fn matches(text: &str, expected: &str, how: How) -> Result<bool, String> {
    match how {
        How::Contains { ignore_case: false } => Ok(text.contains(expected)),
        How::Contains { ignore_case: true } => {
            Ok(text.to_lowercase().contains(&expected.to_lowercase()))
        }
        How::Equals { ignore_case: false } => Ok(text == expected),
        How::Equals { ignore_case: true } => Ok(text.to_lowercase() == expected.to_lowercase()),
        How::Regexp { ignore_case } => regexp(text, expected, ignore_case),
        How::Wildcard { ignore_case } => wildcard(text, expected, ignore_case, Ends::Free),
        How::WildcardExact { ignore_case } => wildcard(text, expected, ignore_case, Ends::Fixed),
    }
}

/// As a line is compared that says nothing else: botium's `wildcardIgnoreCase`.
pub(super) fn by_default(text: &str, expected: &str) -> Result<bool, String> {
    matches(text, expected, How::Wildcard { ignore_case: true })
}

/// Whether anything may stand before and after.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ends {
    Free,
    Fixed,
}

pub(super) fn check_wildcards(expected: &str) -> Result<(), String> {
    match expected.matches('*').count() {
        count if count > MOST_WILDCARDS => Err(format!(
            "has {count} wildcards: {MOST_WILDCARDS} are the most"
        )),
        _ => Ok(()),
    }
}

fn wildcard(text: &str, expected: &str, ignore_case: bool, ends: Ends) -> Result<bool, String> {
    check_wildcards(expected)?;
    let folded = |text: &str| match ignore_case {
        true => text.chars().map(fold).collect(),
        false => text.to_owned(),
    };
    let (text, expected) = (folded(text), folded(expected));
    let mut pieces: Vec<&str> = expected.split('*').collect();
    let mut rest = text.as_str();
    if ends == Ends::Fixed {
        let last = pieces.pop().unwrap_or_default();
        if pieces.is_empty() {
            return Ok(rest == last);
        }
        let first = pieces.remove(0);
        let Some(inner) = rest
            .strip_prefix(first)
            .and_then(|rest| rest.strip_suffix(last))
        else {
            return Ok(false);
        };
        rest = inner;
    }
    // The first place where a piece can stand leaves the most for those behind it.
    for piece in pieces {
        match rest.find(piece) {
            Some(at) => rest = rest.get(at + piece.len()..).unwrap_or_default(),
            None => return Ok(false),
        }
    }
    Ok(true)
}

/// Letters that a regular expression of JavaScript takes for the same where case is ignored.
fn fold(c: char) -> char {
    let mut upper = c.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(upper), None) if (c.is_ascii() || !upper.is_ascii()) && c as u32 <= 0xffff => upper,
        _ => c,
    }
}

/// A text in as many characters as JavaScript's regular expressions see: of one beyond the first 65,536 they see the two
/// halves, which stand here as characters that nobody uses.
fn halves(text: &str) -> String {
    let mut units = [0; 2];
    let seen = |c: char| match c.encode_utf16(&mut units) {
        [high, low] => [*high, *low].map(|half| char::from_u32(0x10_0000 + u32::from(half))),
        _ => [Some(c), None],
    };
    text.chars().flat_map(seen).flatten().collect()
}

/// Whether a text has something that a regular expression is for.
///
/// # Errors
/// That it is none, or took too long.
pub(super) fn regexp(text: &str, expression: &str, ignore_case: bool) -> Result<bool, String> {
    let built = RegexBuilder::new(&halves(expression))
        .case_insensitive(ignore_case)
        .backtrack_limit(MOST_STEPS)
        .delegate_size_limit(1 << 20)
        .delegate_dfa_size_limit(1 << 20)
        .build();
    let wrong = |error: fancy_regex::Error| {
        format!("`{expression}` is no regular expression that is known here: {error}")
    };
    let built = built.map_err(wrong)?;
    let found = built.is_match(&halves(text));
    found.map_err(|error| format!("`{expression}` cannot be looked for: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_may_stand_anywhere_and_in_any_case() {
        for (text, expected, is) in [
            ("We are open from 9 to 17.", "we are OPEN", true),
            ("We are open from 9 to 17.", "we * to 17", true),
            ("We are open from 9 to 17.", "from * we", false),
            ("We are open from 9 to 17.", "*", true),
            ("anything", "", true),
            ("a.b", "a?b", false),
            ("ÄÖÜ", "äöü", true),
            ("straße", "STRASSE", false),
        ] {
            assert_eq!(by_default(text, expected), Ok(is), "{text} {expected}");
        }
        let exact = How::WildcardExact { ignore_case: true };
        for (text, expected, is) in [
            ("hello you", "hello *", true),
            ("oh hello you", "hello *", false),
            ("hello", "hell", false),
            ("aa", "a*a", true),
            ("a", "a*a", false),
        ] {
            assert_eq!(matches(text, expected, exact), Ok(is), "{text} {expected}");
        }
        assert!(by_default("a", &"*".repeat(11)).is_err());
    }

    #[test]
    fn markup_and_spaces_do_not_count() {
        for (text, plain) in [
            ("<p>Hello</p><b>you</b><br/>there", "Hello you there"),
            (" a\r\n\t b ", "a b"),
            ("1 &lt; 2 &amp; 3", "1 < 2 & 3"),
            ("1 < 2", "1 < 2"),
        ] {
            assert_eq!(normal(text), plain);
        }
    }

    #[test]
    fn an_expression_sees_a_character_as_javascript_does() {
        for (text, expression, is) in [
            ("a😀b", "a.b", false),
            ("a😀b", "a..b", true),
            ("a😀b", "a😀b", true),
            ("a😀b", "^a[^😀]", false),
            ("aäb", "a.b", true),
        ] {
            assert_eq!(
                regexp(text, expression, false),
                Ok(is),
                "{text} {expression}"
            );
        }
    }

    #[test]
    fn an_expression_that_takes_for_ever_is_given_up() {
        let text = "a".repeat(40);
        let error = regexp(&text, "^(?=a)(a|a)*$(?<=b)", false);
        assert!(error.is_err() || error == Ok(false), "{error:?}");
        assert_eq!(regexp("Order 12", "order \\d+$", true), Ok(true));
        assert!(regexp("", "(", false).is_err());
    }
}
