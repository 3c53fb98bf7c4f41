//! Capsules in the store: each is two records, what is told of it and the file itself, so that a list reads no files.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Capsule;
use crate::conversations;
use crate::store::{Change, Expected, Failed, Record, Records};
use crate::tenant::{BotName, Environment, TenantId};

/// Records that are looked at in one go.
pub(super) const PAGE: usize = 256;
/// Of a cause, for a list; the file has all of it.
const CAUSE_CHARACTERS: usize = 500;

/// What is told of a turn that is kept.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Header {
    /// As the caller was told it.
    pub id: Uuid,
    /// When it ended.
    pub at: Timestamp,
    /// Which environment answered.
    pub environment: Environment,
    /// The digest of the component, with `sha256:` before it.
    pub revision: String,
    /// How it ended, in one of the host's codes.
    pub outcome: String,
    /// Whose fault it is; none of a turn that was well.
    pub fault: Option<String>,
    /// The beginning of why it failed.
    pub cause: Option<String>,
    /// None if the guest gave no account of itself.
    pub fuel: Option<u64>,
    /// Of the file.
    pub bytes: u64,
    /// The rules of redaction that found something.
    pub redacted: BTreeSet<String>,
    /// Why it cannot be run again as it was, if it cannot.
    pub gap: Option<String>,
    /// What the keys of its conversation's records begin with; its id is in the file only.
    pub conversation: Option<String>,
}

impl Header {
    pub(super) fn of(capsule: &Capsule, bytes: u64) -> Self {
        let ended = &capsule.ended;
        let tenant = &capsule.place.tenant;
        let conversation = capsule.asked.conversation();
        let cause = ended.cause.as_ref();
        Self {
            id: capsule.id,
            at: capsule.at,
            environment: capsule.place.environment.clone(),
            revision: capsule.revision.clone(),
            outcome: ended.outcome.clone(),
            fault: ended.fault.clone(),
            cause: cause.map(|cause| cause.chars().take(CAUSE_CHARACTERS).collect()),
            fuel: ended.fuel,
            bytes,
            redacted: capsule.redacted.clone(),
            gap: capsule.gap.clone(),
            conversation: conversation.map(|id| conversations::key(tenant, id)),
        }
    }

    /// Where it stands among those of its bot.
    pub fn position(&self) -> Position {
        Position {
            micros: self.at.as_microsecond(),
            id: self.id,
        }
    }

    pub(super) fn read(record: &Record) -> Result<Self, Failed> {
        serde_json::from_slice(&record.value).map_err(Failed::because)
    }
}

/// Where a turn stands among those of its bot: by when it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position {
    micros: i64,
    id: Uuid,
}

/// A text that is no position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is to be the `next` of a page")]
pub struct NoPosition;

/// Such that the order of texts is that of positions.
impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016}-{}", self.micros, self.id)
    }
}

impl FromStr for Position {
    type Err = NoPosition;

    fn from_str(text: &str) -> Result<Self, NoPosition> {
        let (micros, id) = text.split_once('-').ok_or(NoPosition)?;
        let position = Self {
            micros: micros.parse().map_err(|_| NoPosition)?,
            id: id.parse().map_err(|_| NoPosition)?,
        };
        match position.to_string() == text {
            true => Ok(position),
            false => Err(NoPosition),
        }
    }
}

impl Position {
    /// Before all that ended then.
    fn at(moment: Timestamp) -> Self {
        Self {
            micros: moment.as_microsecond(),
            id: Uuid::nil(),
        }
    }

    pub(super) fn is_before(&self, moment: Timestamp) -> bool {
        self.micros < moment.as_microsecond()
    }
}

/// Which of a bot's.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only those that ended in this code.
    pub outcome: Option<String>,
    /// Only those that failed.
    pub failed: bool,
    /// Only those that this environment answered.
    pub environment: Option<Environment>,
    /// Only those of a revision whose digest begins like this.
    pub revision: Option<String>,
    /// Only those of the conversation of this id.
    pub conversation: Option<String>,
    /// Only those that ended then or later.
    pub since: Option<Timestamp>,
}

impl Filter {
    fn lets_through(&self, header: &Header, conversation: Option<&str>) -> bool {
        let digits = |digest: &str| digest.trim_start_matches("sha256:").to_owned();
        let revision = self.revision.as_ref();
        let outcome = self.outcome.as_ref();
        let environment = self.environment.as_ref();
        (!self.failed || header.fault.is_some())
            && outcome.is_none_or(|outcome| *outcome == header.outcome)
            && environment.is_none_or(|environment| *environment == header.environment)
            && revision.is_none_or(|begins| digits(&header.revision).starts_with(&digits(begins)))
            && conversation.is_none_or(|key| header.conversation.as_deref() == Some(key))
            && self.since.is_none_or(|since| header.at >= since)
    }
}

pub(super) async fn list(
    records: &dyn Records,
    tenant: &TenantId,
    bot: &BotName,
    filter: &Filter,
    after: Option<Position>,
    at_most: usize,
) -> Result<Vec<Header>, Failed> {
    let conversation = filter.conversation.as_ref();
    let conversation = conversation.map(|id| conversations::key(tenant, id));
    let prefix = of_bot(tenant, bot);
    let after = after.max(filter.since.map(Position::at));
    let mut after = after.map(|position| format!("{prefix}{position}"));
    let mut listed = Vec::new();
    loop {
        let found = records.list(&prefix, after.as_deref(), PAGE).await?;
        let Some(last) = found.last() else { break };
        after = Some(last.key.clone());
        for record in &found {
            let header = Header::read(record)?;
            if filter.lets_through(&header, conversation.as_deref()) {
                listed.push(header);
            }
            if listed.len() == at_most {
                return Ok(listed);
            }
        }
    }
    Ok(listed)
}

pub(super) async fn get(
    records: &dyn Records,
    tenant: &TenantId,
    bot: &BotName,
    id: Uuid,
) -> Result<Option<Vec<u8>>, Failed> {
    let (prefix, end) = (of_bot(tenant, bot), format!("-{id}"));
    let mut after: Option<String> = None;
    loop {
        let found = records.list(&prefix, after.as_deref(), PAGE).await?;
        let Some(last) = found.last() else {
            return Ok(None);
        };
        after = Some(last.key.clone());
        if let Some(record) = found.iter().find(|record| record.key.ends_with(&end)) {
            let position = Header::read(record)?.position();
            let body = records.get(&body_key(tenant, bot, position)).await?;
            return Ok(body.map(|body| body.value));
        }
    }
}

/// The removal of one.
pub(super) fn removal(tenant: &TenantId, bot: &BotName, position: Position) -> [Change; 2] {
    [header_key, body_key].map(|key| Change::remove(key(tenant, bot, position), Expected::Anything))
}

/// The bot that a header's key names.
pub(super) fn bot_of(record: &Record) -> Result<BotName, Failed> {
    let bot = record.key.split('/').nth(2).unwrap_or_default();
    bot.parse().map_err(Failed::because)
}

/// What the keys of all headers of a tenant begin with.
pub(super) fn of_tenant(tenant: &TenantId) -> String {
    format!("capsule/{tenant}/")
}

fn of_bot(tenant: &TenantId, bot: &BotName) -> String {
    format!("{}{bot}/", of_tenant(tenant))
}

pub(super) fn header_key(tenant: &TenantId, bot: &BotName, position: Position) -> String {
    format!("{}{position}", of_bot(tenant, bot))
}

pub(super) fn body_key(tenant: &TenantId, bot: &BotName, position: Position) -> String {
    format!("capsule-file/{tenant}/{bot}/{position}")
}
