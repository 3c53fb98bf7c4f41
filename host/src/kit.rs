//! The kit that tries a bot: conversations in the notation of BotiumScript, what they claim of a bot's replies, and a
//! verdict on each. It is as faithful to `botium-core` as its defaults are, since the same files are run by that as well.
//! Knows nothing of commands and of where a report is shown.

pub mod apart;
mod asserter;
mod baseline;
mod beside;
mod budget;
mod bundle;
mod captured;
mod contract;
mod heard;
mod judging;
mod level;
mod matching;
mod memory;
mod message;
mod payloads;
mod playing;
mod reading;
mod report;
mod script;
mod settings;
mod suite;
pub mod surface;
mod talks;
mod verdict;

pub use baseline::{Allowed, Baseline};
pub use beside::Remembered;
pub use budget::{Budget, cost};
pub use bundle::{Bundle, NoBundle};
pub use captured::{Captured, NotCaptured};
pub use contract::{Probe, judged, probes};
pub use heard::{Ask, Broken, Heard, Heeded};
pub use level::Level;
pub use message::{Facts, Message};
pub use playing::{Entry, Failure, Partner, Played, Said, Turn, Used, Who, play, repeat};
pub use reading::{convo, utterances};
pub use report::{CaseReport, FailureReport, LineReport, Outcome, Report, TurnReport};
pub use script::{Convo, Unreadable, Utterances};
pub use settings::{Mistake, mistakes};
pub use suite::{Case, Suite, Unread};
pub use talks::{MARKER, Talk, talks};
pub use verdict::{Verdict, Wrong};
