//! Numbers of payment cards, whatever digits stand beside them.

use std::ops::Range;

/// How many digits one has (ISO/IEC 7812-1), the most first: a shorter one may be a part of it.
const LENGTHS: [usize; 7] = [19, 18, 17, 16, 15, 14, 13];
/// What one of a bank or a merchant begins with (the same, table 1).
const FIRST: std::ops::RangeInclusive<u8> = b'2'..=b'6';

/// The cards within digits that stand in a row.
pub(super) fn found_in(text: &[u8], within: Range<usize>) -> Vec<Range<usize>> {
    let row = text.get(within.clone()).unwrap_or_default();
    let digits = row
        .iter()
        .enumerate()
        .filter(|(_, byte)| byte.is_ascii_digit());
    let digits: Vec<(usize, u8)> = digits
        .map(|(place, byte)| (within.start + place, *byte))
        .collect();
    let mut found = Vec::new();
    for (from, (start, first)) in digits.iter().enumerate() {
        let is_card = |length: &&usize| {
            let number = digits.get(from..from + **length);
            number.is_some_and(has_check_digit)
        };
        if !FIRST.contains(first) {
            continue;
        }
        let last = LENGTHS
            .iter()
            .find(is_card)
            .and_then(|length| digits.get(from + length - 1));
        found.extend(last.map(|(end, _)| *start..end + 1));
    }
    found
}

/// Whether the last digit is what a card's number ends in (annex B).
fn has_check_digit(number: &[(usize, u8)]) -> bool {
    let sum = number.iter().rev().enumerate().map(|(place, (_, byte))| {
        let digit = u32::from(byte - b'0');
        match place % 2 {
            0 => digit,
            _ => digit * 2 / 10 + digit * 2 % 10,
        }
    });
    sum.sum::<u32>() % 10 == 0
}
