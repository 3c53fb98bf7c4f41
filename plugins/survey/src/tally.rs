//! What is counted over all conversations: numbers, and nothing that anybody wrote.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::dialogue::Answers;

/// How often each answer was given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Tally {
    /// How many consumers were satisfied 1, 2, 3, 4 and 5.
    satisfied: [u64; 5],
    /// How many may be contacted.
    contact: u64,
}

impl Tally {
    /// The same with one survey more.
    pub(crate) fn with(mut self, answers: &Answers) -> Self {
        for (count, score) in self.satisfied.iter_mut().zip(1..) {
            *count += u64::from(score == answers.satisfied);
        }
        self.contact += u64::from(answers.contact);
        self
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { satisfied, contact } = self;
        let surveys: u64 = satisfied.iter().sum();
        write!(
            formatter,
            "surveys: {surveys}, satisfied 1 to 5: {satisfied:?}, may be contacted: {contact}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(satisfied: u8, contact: bool) -> Answers {
        Answers {
            satisfied,
            improve: "the coffee".into(),
            contact,
        }
    }

    #[test]
    fn every_survey_is_counted_once_under_its_score() {
        let tally = Tally::default()
            .with(&answers(1, false))
            .with(&answers(5, true))
            .with(&answers(5, false));
        assert_eq!(
            tally.to_string(),
            "surveys: 3, satisfied 1 to 5: [1, 0, 0, 0, 2], may be contacted: 1"
        );
    }

    #[test]
    fn what_a_consumer_wrote_is_not_in_the_tally() {
        let kept = serde_json::to_string(&Tally::default().with(&answers(3, true)));
        assert_eq!(
            kept.expect("it is JSON"),
            r#"{"satisfied":[0,0,1,0,0],"contact":1}"#
        );
    }
}
