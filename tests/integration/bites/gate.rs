//! Limits that a deployment or a whole configuration is refused by, with words that name the key.

use harness::bots::attack;
use retort::registry::NotDeployable;

use super::configured::{Low, Text, text};

/// What a component is refused with, in a code and in words; none if it is deployed.
async fn refusal(text: &Text) -> Option<(String, String)> {
    match text.deploy().await {
        Ok(_) => None,
        Err(NotDeployable::Unloadable(error)) => Some((error.code().to_owned(), error.to_string())),
        Err(other) => Some((String::new(), other.to_string())),
    }
}

/// A component is refused for what it is made of, and not for that by default.
pub(super) async fn refused(low: Low, code: &str, component: Vec<u8>) {
    let by_default = text().bot("bot", component);
    let named = |refusal: &Option<(String, String)>| {
        refusal
            .as_ref()
            .is_some_and(|(told, words)| told == code && words.contains(low.key))
    };
    let refusal_by_default = refusal(&by_default).await;
    assert!(!named(&refusal_by_default), "{refusal_by_default:?}");
    let refusal = refusal(&by_default.low(low)).await;
    assert!(named(&refusal), "{refusal:?}");
}

/// A component with so many memories, and nothing else.
pub(super) fn of_memories(count: usize) -> Vec<u8> {
    let instances = "(core instance (instantiate $m))".repeat(count);
    let text = format!("(component (core module $m (memory 1)) {instances})");
    wat::parse_str(text).expect("a component")
}

/// A deployment wants more than the host's ceiling is.
pub(super) async fn above_ceiling(low: Low) {
    let text = text().bot("bot", attack("carry-over"));
    assert_eq!(refusal(&text).await, None);
    let (_, words) = refusal(&text.low(low)).await.expect("it is refused");
    assert!(words.contains(&format!("`{}`", low.key)), "{words}");
    assert!(words.contains(&low.value.to_string()), "{words}");
}

/// The configuration is refused, since the key contradicts another.
pub(super) async fn contradicts(low: Low, words: &str) {
    assert!(text().load().is_ok());
    let told = text().low(low).load().expect_err("it is refused");
    assert!(told.contains(words), "{told}");
}
