//! The shapes of what goes over the Custom Endpoint, for its document alone: what comes in is read as liberally as it can
//! be, and what goes out is written by the contract's own room.

#![expect(dead_code, reason = "only the document is made of it")]

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::{IntoResponses, ToSchema};

use crate::http::problem::Body;

type Object = Map<String, Value>;

/// How a bot is.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    /// The platform starts a bot only if it is `online`.
    state: Condition,
    /// The bot's own, as semantic versions are.
    version: String,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Condition {
    Online,
    Offline,
    Error,
    Maintenance,
}

/// What a conversation begins with. All of it may be left out.
#[derive(Serialize, ToSchema)]
pub(super) struct Beginning {
    /// Engagement attributes, if the account has switched them on: they come here and never again.
    #[schema(value_type = Option<Object>)]
    sdes: Option<Object>,
    context: Option<Context>,
}

/// Where a conversation comes from. There may be more of it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Context {
    /// `CHAT` for a live chat; anything else is messaging.
    r#type: Option<String>,
    /// LivePerson's id of the skill; a number or a text.
    #[schema(value_type = Option<Value>)]
    skill_id: Option<Value>,
    #[schema(value_type = Option<Object>)]
    visitor: Option<Object>,
}

/// Something that happened in a conversation.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Event {
    /// `TEXT`, `RICH_CONTENT`, `HOSTED_FILE` or `hosted-file`, `START`, `CONVERSATION`, `CLOSE_CONVERSATION`, in small
    /// letters or capitals; another one reaches the bot by its name.
    #[schema(examples("TEXT"))]
    r#type: String,
    /// Who is behind it; not read.
    #[schema(value_type = Option<Value>)]
    source: Option<Value>,
    /// What is in it: the `message` of a text, the `content` of rich content, a file's `relativePath` and `fileType`, the
    /// `name` of a conversation's state.
    #[schema(value_type = Option<Object>)]
    data: Option<Object>,
    context: Option<EventContext>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct EventContext {
    /// The platform's own event: for the order of events by its `sequence`, and for bots that may see it.
    #[schema(value_type = Option<Object>)]
    lp_event: Option<Object>,
}

/// What the bot answers.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Answer {
    /// In the order in which it is to be sent, with one action at most, at the end.
    #[schema(min_items = 1)]
    response: Vec<Item>,
    analytics: Analytics,
}

#[derive(Serialize, ToSchema)]
#[serde(tag = "type", content = "data", rename_all = "SCREAMING_SNAKE_CASE")]
enum Item {
    Text(Text),
    StructuredContent(StructuredContent),
    Delay(Delay),
    Action(Action),
}

#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Text {
    #[schema(min_length = 1)]
    message: String,
    #[schema(value_type = Vec<Object>, required = false)]
    metadata: Option<Vec<Value>>,
    /// Base64.
    #[schema(value_type = String, required = false, max_length = 5000)]
    encoded_metadata: Option<String>,
    /// There for what a consumer is not to see.
    #[schema(value_type = Audience, required = false)]
    message_audience: Option<Audience>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Audience {
    AgentsAndManagers,
}

#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct StructuredContent {
    /// In the platform's own format; quick replies are `message` and `quickReplies`.
    #[schema(value_type = Object)]
    structured_content: Object,
    #[schema(value_type = Vec<Object>, required = false)]
    metadata: Option<Vec<Value>>,
    /// Base64.
    #[schema(value_type = String, required = false, max_length = 5000)]
    encoded_metadata: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Delay {
    #[schema(minimum = 1)]
    seconds: u32,
    /// Whether the consumer sees that something is written.
    typing: bool,
}

#[derive(Serialize, ToSchema)]
#[serde(
    tag = "name",
    content = "parameters",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
enum Action {
    Transfer(Transfer),
    CloseConversation(Close),
    ChangeTtr(TimeToResponse),
    InvokeFunction(Invocation),
}

/// To a skill, an agent, or an agent of a skill.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Transfer {
    /// Its name.
    #[schema(value_type = String, required = false)]
    skill_name: Option<String>,
    #[schema(value_type = String, required = false)]
    agent_id: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Close {
    /// Whether the survey after the conversation is left out.
    without_pcs: bool,
}

#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct TimeToResponse {
    ttr_type: Urgency,
    /// Seconds; with `CUSTOM` alone.
    #[schema(value_type = String, required = false, pattern = "^[0-9]+$")]
    value: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Urgency {
    Urgent,
    Normal,
    Prioritized,
    Custom,
}

#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Invocation {
    lambda_uuid: String,
    #[schema(value_type = Object)]
    payload: Object,
    /// Whether the conversation is handed over if the function fails.
    fail_on_error: bool,
}

#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Analytics {
    /// What the bot understood, the likeliest first.
    intents: Vec<Intent>,
}

#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Intent {
    #[schema(pattern = "^\\S+$", max_length = 256)]
    id: String,
    #[schema(max_length = 256)]
    description: String,
    #[schema(minimum = 0, maximum = 1)]
    confidence_score: f64,
}

/// Every call may be answered like this; `CODES.md` has the codes.
#[derive(IntoResponses)]
pub(super) enum Problems {
    /// A name or a body is wrong; or the bot failed, and its deployment has nothing to say in its place. The platform hands
    /// the conversation over.
    #[response(status = 400, content_type = "application/problem+json")]
    Wrong(Body<'static>),
    /// There is no token of LivePerson's for an account that this host serves.
    #[response(status = 401, content_type = "application/problem+json")]
    NotTheirs(Body<'static>),
    /// The bot, the environment or the conversation is not there.
    #[response(status = 404, content_type = "application/problem+json")]
    NotThere(Body<'static>),
    /// The host failed. The platform tries again.
    #[response(status = 500, content_type = "application/problem+json")]
    Failed(Body<'static>),
    /// The host has no room for it just now, or cannot have the keys to tell whose call it is. The platform tries again.
    #[response(status = 503, content_type = "application/problem+json")]
    Full(Body<'static>),
}

/// So may each that takes a body.
#[derive(IntoResponses)]
pub(super) enum ProblemsOfBodies {
    /// The body took too long.
    #[response(status = 408, content_type = "application/problem+json")]
    TooSlow(Body<'static>),
    /// The body is too large.
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(Body<'static>),
}
