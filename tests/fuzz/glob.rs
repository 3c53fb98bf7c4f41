//! A second opinion on patterns: slow, and too plain to be wrong.

/// Whether a text is one of a pattern's, in which `*` is anything.
pub(crate) fn glob(text: &str, pattern: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    // Whether the pattern up to there is for the text so far.
    let mut fits = vec![false; pattern.len() + 1];
    fits[0] = true;
    skip_stars(&mut fits, &pattern);
    for c in text.chars() {
        let mut next = vec![false; pattern.len() + 1];
        for (at, expected) in pattern.iter().enumerate() {
            match expected {
                '*' => next[at + 1] |= fits[at + 1],
                _ => next[at + 1] |= fits[at] && *expected == c,
            }
        }
        skip_stars(&mut next, &pattern);
        fits = next;
    }
    fits[pattern.len()]
}

/// A `*` may be nothing.
fn skip_stars(fits: &mut [bool], pattern: &[char]) {
    for (at, expected) in pattern.iter().enumerate() {
        fits[at + 1] |= *expected == '*' && fits[at];
    }
}
