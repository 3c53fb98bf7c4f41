//! Payloads as the platform sends them, written for these tests.

use serde_json::{Value, json};

/// A text over messaging, with all that comes with it.
pub(crate) fn messaging_text(message: &str) -> Value {
    json!({
        "message": message,
        "convId": "0b6b3c52-4d4e-4f5e-9a6b-8f1d2c3b4a59",
        "context": {
            "lpEvent": {
                "sequence": 4,
                "serverTimestamp": 1_760_000_000_123_u64,
                "originatorId": "3f".repeat(32),
                "originatorMetadata": { "id": "3f", "role": "CONSUMER" },
                "originatorClientProperties": { "type": ".ClientProperties", "appId": "webAsync", "features": ["QUICK_REPLIES"] },
                "event": { "type": "ContentEvent", "message": message, "contentType": "text/plain" },
                "dialogId": "0b6b3c52-4d4e-4f5e-9a6b-8f1d2c3b4a59",
                "__isMe": false,
                "conversationContext": conversation_context(),
            },
            "lpSdes": {
                "unauthenticatedSdes": { "customerInfo": { "serverTimeStamp": 1, "customerInfo": { "customerType": "gold" } } },
                "authenticatedSdes": {},
            },
        },
    })
}

fn conversation_context() -> Value {
    json!({
        "skillId": "77", "campaignId": 88, "engagementId": 99, "type": "MESSAGING",
        "visitor": { "ipAddress": "198.51.100.4", "language": "en-GB" },
    })
}

/// A live chat begins: no message, a flag in the event.
pub(crate) fn chat_welcome() -> Value {
    json!({
        "event": { "name": "WELCOME" },
        "convId": "H99887766554433-aabbccK1122",
        "context": {
            "lpEvent": {
                "@id": "1", "@type": "line", "textType": "plain", "text": "You are chatting now.", "by": "info",
                "sequenceId": "2", "state": "chatting", "chatSessionKey": "H99887766554433-aabbccK1122",
                "skillId": "77", "visitorId": "5", "link": [], "isWelcomeEvent": true,
                "conversationContext": { "skillId": "77", "type": "CHAT", "visitor": { "features": null } },
            },
            "lpSdes": {},
        },
    })
}

/// A messaging conversation reaches the bot after a transfer.
pub(crate) fn messaging_welcome(last_consumer_message: Option<&str>) -> Value {
    let mut event = json!({ "type": "ContentEvent", "content": "welcome" });
    if let Some(text) = last_consumer_message {
        event["lastConsumerMessage"] = json!(text);
    }
    json!({ "convId": "0b6b3c52", "context": { "lpEvent": event, "lpSdes": {} } })
}

/// A location over messaging.
pub(crate) fn rich_content() -> Value {
    json!({
        "message": "com.liveperson.bot-connectors.consumer.send-rich-content",
        "convId": "0b6b3c52",
        "context": { "lpEvent": { "sequence": 6, "event": {
            "type": "RichContentEvent",
            "content": { "type": "vertical", "elements": [{ "type": "map", "la": 52.5, "lo": 13.4, "alt": "here" }] },
        } } },
    })
}

/// A picture over messaging.
pub(crate) fn file() -> Value {
    json!({
        "message": "com.liveperson.bot-connectors.consumer.send-file",
        "convId": "0b6b3c52",
        "context": { "lpEvent": { "sequence": 7, "event": {
            "type": "ContentEvent", "contentType": "hosted/file",
            "message": { "caption": "", "relativePath": "/v1/store/1/a.JPG", "fileType": "JPG", "preview": "data:image/jpeg;base64,AA==" },
        } } },
    })
}
