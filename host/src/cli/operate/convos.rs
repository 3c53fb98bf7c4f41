//! The conversations that travel with a bot: those that `retort test` would hold with it.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::remote::{Method, Remote};
use crate::cli::Ended;
use crate::kit::{Bundle, Suite};

/// The conversations in a folder, or in `convos` beside the bot at a path; none if nobody names a folder, and there is none.
pub(super) fn of(path: Option<&Path>, named: Option<&PathBuf>) -> Result<Option<Bundle>, Ended> {
    let beside = || {
        let path = path?;
        let folder = if path.is_dir() { path } else { path.parent()? };
        Some(folder.join("convos")).filter(|folder| folder.is_dir())
    };
    let Some(folder) = named.cloned().or_else(beside) else {
        return Ok(None);
    };
    let bundle = Bundle::read(&folder, true).map_err(|error| Ended::Usage(error.to_string()))?;
    // Its places are those within the folder.
    let suite = Suite::of(&bundle)
        .map_err(|unread| Ended::Usage(folder.join(unread.to_string()).display().to_string()))?;
    match suite.cases.is_empty() && named.is_none() {
        true => Ok(None),
        false => Ok(Some(bundle)),
    }
}

/// Gives them to a revision of the bot at this path of the admin API.
pub(super) async fn give(
    remote: &Remote,
    bot: &str,
    digest: &Value,
    bundle: &Bundle,
) -> Result<(), Ended> {
    let digest = digest.as_str().unwrap_or_default();
    let path = format!("{bot}/revisions/{digest}/conversations");
    remote.ask(Method::PUT, &path, json!(bundle)).await?;
    Ok(())
}
