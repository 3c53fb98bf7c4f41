//! The platform's own names for what is wrong.

use super::*;

#[test]
fn the_platforms_own_name_stands_with_what_it_has_one_for() {
    let urgent = types::Action::ChangeTimeToResponse(TimeToResponse::Urgent);
    let nowhere = types::Action::Transfer(Transfer {
        skill: Some(" ".to_owned()),
        agent_id: None,
    });
    let malformed = [with_intent("a", 0.5).intents, with_intent("", 0.5).intents].concat();
    let alternatives = Raw {
        intents: malformed,
        ..with_text(|_| {})
    };
    let quick_replies = "{\"message\":\"?\",\"quickReplies\":{}}";
    let (messaging, chat) = (Channel::Messaging, Channel::Chat);
    for (raw, channel, name) in [
        (
            raw(),
            &messaging,
            "pipes.verify-ai-response.missing-action-and-messages",
        ),
        (
            with_action(urgent.clone()),
            &chat,
            "pipes.verify-ai-response.no-messages-and-not-supported-action",
        ),
        (
            with_part(rich(quick_replies)),
            &chat,
            "pipes.verify-ai-response.quick-replies-not-supported",
        ),
        (
            alternatives,
            &messaging,
            "aivendor.faas.parse-message.malformed-alternative-intents",
        ),
        (
            with_action(nowhere.clone()),
            &messaging,
            "pipes.messaging-handle-bot-action.transfer-skill-not-existing",
        ),
        (
            with_action(nowhere),
            &chat,
            "pipes.chat-handle-bot-action.transfer-skill-not-existing",
        ),
        (
            with_part(rich(&large(15_001))),
            &messaging,
            "connector.messaging.send-message",
        ),
        (with_part(rich("{}")), &chat, "connector.chat.send-message"),
    ] {
        let raw = types::Reply::Answer(raw);
        let checked = Reply::check(raw, channel, Contract::CustomIntegration, &LIMITS);
        let error = checked.expect_err(name).to_string();
        let named = format!(" (LivePerson: com.liveperson.bot-connectors-worker.error.{name})");
        assert!(error.ends_with(&named), "{error}");
    }
    let urgent = Raw {
        action: Some(urgent),
        ..with_text(|_| {})
    };
    let raw = types::Reply::Answer(urgent);
    let checked = Reply::check(raw, &chat, Contract::CustomIntegration, &LIMITS);
    let error = checked
        .expect_err("it changes the time in a chat")
        .to_string();
    assert!(!error.contains("LivePerson"), "{error}");
}
