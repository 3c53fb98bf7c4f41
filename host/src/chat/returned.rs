//! What a function may return: JSON, and not more of it than a reply may have. What it means is between the function and
//! whoever sent the event.

use serde_json::value::RawValue;

use super::check::{At, InvalidReply, invalid};
use super::{ReplyLimits, check};
use crate::limit::Limit;

/// JSON that a function returned, as it wrote it. Only [`Returned::check`] makes one that says something.
#[derive(Clone, Debug)]
pub struct Returned(Box<RawValue>);

impl Returned {
    /// Lets a function's JSON through, or says what is wrong with it.
    ///
    /// # Errors
    /// [`InvalidReply`] if it is no JSON, or larger than its deployment allows.
    pub fn check(raw: String, limits: &ReplyLimits) -> Result<Self, InvalidReply> {
        check::at_most(Limit::ReplyBytes, raw.len(), limits.bytes)?;
        let json = RawValue::from_string(raw);
        let json = json.map_err(|error| invalid(At::Reply, format!("is not JSON: {error}")))?;
        Ok(Self(json))
    }

    /// Of a function that has not returned.
    pub fn nothing() -> Self {
        Self(RawValue::NULL.to_owned())
    }

    /// What it says.
    pub fn json(&self) -> &RawValue {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_of_any_kind_is_passed_on_as_it_was_written() {
        for json in [
            "null",
            "3",
            "\"text\"",
            "[ 1,\n2 ]",
            "{\"n\": 123456789012345678901234567890}",
        ] {
            let returned = Returned::check(json.to_owned(), &ReplyLimits::default());
            assert_eq!(returned.expect("it is JSON").json().get(), json);
        }
    }

    #[test]
    fn what_is_no_json_or_too_much_of_it_is_refused() {
        for (raw, told) in [
            ("", "is not JSON"),
            ("{\"a\":", "is not JSON"),
            ("1 2", "is not JSON"),
            ("[1, 2, 3, 4]", "reply.bytes"),
        ] {
            let limits = ReplyLimits {
                bytes: 10,
                ..ReplyLimits::default()
            };
            let refused = Returned::check(raw.to_owned(), &limits).expect_err("it is refused");
            assert!(refused.to_string().contains(told), "{raw}: {refused}");
        }
    }
}
