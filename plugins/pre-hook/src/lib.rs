//! Teaches functions: the event `bot_connectors_pre_hook` brings each request before a bot of any vendor gets it, and what
//! is returned takes its place. Card numbers in a consumer's message become dots; all else stays as it was.

use retort_sdk::{Fault, Function, Invocation, Value, log};

struct PreHook;

impl Function for PreHook {
    fn invoke(invocation: Invocation) -> Result<Value, Fault> {
        let mut request = invocation.payload;
        if !request.is_object() {
            return Err(Fault::new("no-request", "a hook is handed an object"));
        }
        // An event such as the welcome has no message.
        if let Some(Value::String(message)) = request.get_mut("message") {
            let (masked, cards) = masked(message);
            *message = masked;
            if cards > 0 {
                log::info(format!("masked {cards} card numbers"));
            }
        }
        Ok(request)
    }
}

retort_sdk::export_function!(PreHook);

/// As many digits as card numbers have.
const DIGITS: std::ops::RangeInclusive<usize> = 13..=19;
/// Digits that stay, so that a person can tell one card from another.
const SHOWN: usize = 4;

/// A text with all but the last digits of its card numbers masked, and how many there were.
fn masked(text: &str) -> (String, usize) {
    let (mut out, mut run, mut cards) = (String::new(), String::new(), 0);
    for c in text.chars().chain(['\n']) {
        // People write them in groups.
        if c.is_ascii_digit() || (matches!(c, ' ' | '-') && !run.is_empty()) {
            run.push(c);
            continue;
        }
        if is_card(&run) {
            cards += 1;
            run = mask(&run);
        }
        out.push_str(&run);
        run.clear();
        out.push(c);
    }
    out.pop();
    (out, cards)
}

fn digits(run: &str) -> Vec<u32> {
    run.chars().filter_map(|c| c.to_digit(10)).collect()
}

/// Whether it has a card number's length and its check digit, by Luhn's rule.
fn is_card(run: &str) -> bool {
    let digits = digits(run);
    let worth = |(place, digit): (usize, &u32)| match place % 2 {
        0 => *digit,
        _ => digit * 2 % 10 + digit / 5,
    };
    let sum: u32 = digits.iter().rev().enumerate().map(worth).sum();
    DIGITS.contains(&digits.len()) && sum.is_multiple_of(10)
}

fn mask(run: &str) -> String {
    let mut left = digits(run).len();
    let masked = |c: char| match c.is_ascii_digit() {
        true => {
            left -= 1;
            if left < SHOWN { c } else { '•' }
        }
        false => c,
    };
    run.chars().map(masked).collect()
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn card_numbers_are_masked_and_other_numbers_stay() {
        for (text, told) in [
            (
                "my card 4111 1111-1111 1111, ok?",
                "my card •••• ••••-•••• 1111, ok?",
            ),
            ("4111111111111111", "••••••••••••1111"),
            ("order 1234567890123456", "order 1234567890123456"),
            ("call 030 1234567 or 5-5", "call 030 1234567 or 5-5"),
        ] {
            assert_eq!(masked(text).0, told);
        }
    }
}
