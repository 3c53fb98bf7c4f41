//! A reply as a person reads it: one line for each part.

use serde_json::Value;

use super::super::give;
use crate::chat::{
    Action, Answer, Part, Reply, Said, StructuredContent, TimeToResponse, Transfer, one_line,
};

/// Shows a reply, and returns what can be chosen next, in the order of the numbers that stand there.
pub(super) fn show(reply: &Reply) -> Vec<String> {
    let Said::Answer(answer) = reply.said() else {
        give("     (no answer, on purpose)");
        return Vec::new();
    };
    let mut choices = Vec::new();
    for part in &answer.parts {
        show_part(part, &mut choices);
    }
    show_intents(answer);
    if let Some(action) = &answer.action {
        give(format_args!("=>   {}", in_words(action)));
    }
    choices
}

fn show_part(part: &Part, choices: &mut Vec<String>) {
    match part {
        Part::Text(text) => give(format_args!("bot: {}", printable(&text.text))),
        Part::PrivateText(text) => give(format_args!(
            "note (agents only): {}",
            printable(&text.text)
        )),
        Part::Delay(delay) => give(format_args!("     (waits {} s)", delay.seconds)),
        Part::StructuredContent(rich) => give(format_args!("bot: {}", structured(rich, choices))),
    }
}

fn show_intents(answer: &Answer) {
    if answer.intents.is_empty() {
        return;
    }
    let intents: Vec<_> = answer
        .intents
        .iter()
        .map(|i| format!("{} {:.2}", printable(&i.id), i.score))
        .collect();
    give(format_args!("     (understood: {})", intents.join(", ")));
}

/// The texts of a content in a row, with what can be pressed in brackets.
fn structured(rich: &StructuredContent, choices: &mut Vec<String>) -> String {
    let mut words = Vec::new();
    match (
        rich.content.get("message").and_then(Value::as_str),
        rich.content.get("quickReplies"),
    ) {
        (Some(message), Some(replies)) => {
            words.push(printable(message));
            collect(replies, &mut words, choices);
        }
        _ => collect(&rich.content, &mut words, choices),
    }
    words.join("  ")
}

fn collect(element: &Value, words: &mut Vec<String>, choices: &mut Vec<String>) {
    let field = |name| element.get(name).and_then(Value::as_str);
    match field("type") {
        Some("button") => {
            let title = printable(field("title").unwrap_or("button"));
            match published_text(element) {
                Some(text) => {
                    choices.push(text.to_owned());
                    words.push(format!("[{}: {title}]", choices.len()));
                }
                None => words.push(format!("[{title}]")),
            }
        }
        Some("text") => words.extend(field("text").map(printable)),
        Some("image") => words.push(format!(
            "<image {}>",
            printable(field("url").unwrap_or_default())
        )),
        _ => {}
    }
    for name in ["elements", "replies"] {
        for inner in element
            .get(name)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            collect(inner, words, choices);
        }
    }
}

fn published_text(button: &Value) -> Option<&str> {
    let actions = button.get("click")?.get("actions")?.as_array()?;
    let publish = actions
        .iter()
        .find(|action| action.get("type").and_then(Value::as_str) == Some("publishText"))?;
    publish.get("text")?.as_str()
}

fn in_words(action: &Action) -> String {
    match action {
        Action::Transfer(Transfer { skill, agent_id }) => {
            let skill = skill
                .as_ref()
                .map(|skill| format!(" to skill \"{}\"", printable(skill)));
            let agent = agent_id
                .as_ref()
                .map(|agent| format!(" to agent \"{}\"", printable(agent)));
            format!(
                "transfers{}{}",
                skill.unwrap_or_default(),
                agent.unwrap_or_default()
            )
        }
        Action::Close(close) if close.survey => "closes the conversation".to_owned(),
        Action::Close(_) => "closes the conversation without a survey".to_owned(),
        Action::ChangeTimeToResponse(time) => {
            format!("changes the time to response: {}", time_in_words(*time))
        }
        Action::InvokeFunction(function) => {
            format!("invokes the function {}", function.lambda_uuid)
        }
    }
}

fn time_in_words(time: TimeToResponse) -> String {
    match time {
        TimeToResponse::Urgent => "urgent".to_owned(),
        TimeToResponse::Normal => "normal".to_owned(),
        TimeToResponse::Prioritized => "prioritized".to_owned(),
        TimeToResponse::Custom(seconds) => format!("{seconds} s"),
    }
}

/// As long as a reply may be.
fn printable(text: &str) -> String {
    one_line(text, usize::MAX)
}
