//! `retort capture`: a conversation whose turns a host has kept, as one for `retort test`.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::operate::remote::Remote;
use super::operate::{Of, of_conversation};
use super::{Ended, give, replay, say};
use crate::capsules::Capsule;
use crate::kit::{Bundle, Captured, Suite};
use crate::tenant::{BotName, TenantId};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Which conversation, by its id
    conversation: String,
    /// The folder with its turns, as `retort capsules` fetches them, and maybe those of others; unless it is given, they are
    /// fetched from the host
    #[arg(long, value_name = "DIR")]
    from: Option<PathBuf>,
    /// Whose bot it was with, where turns are fetched
    #[arg(long, env = "RETORT_TENANT", required_unless_present = "from")]
    tenant: Option<TenantId>,
    /// Which bot
    #[arg(long, required_unless_present = "from")]
    bot: Option<BotName>,
    /// Where the script and what belongs to it are written
    #[arg(long, value_name = "DIR", default_value = "convos")]
    out: PathBuf,
    /// What the script is called; by the conversation's id, unless it is given
    #[arg(long, value_parser = name)]
    name: Option<String>,
    /// Write over files that are there
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    remote: Remote,
}

pub(super) async fn run(args: &Args) -> Result<(), Ended> {
    let capsules = match (&args.from, &args.tenant, &args.bot) {
        (None, Some(tenant), Some(bot)) => {
            let of = Of::new(tenant.clone(), bot.clone());
            of_conversation(&args.remote, &of, &args.conversation).await?
        }
        (from, ..) => from_folder(from.as_deref().unwrap_or(Path::new(".")))?,
    };
    let name = args
        .name
        .clone()
        .unwrap_or_else(|| named_by(&args.conversation));
    let captured = Captured::of(&name, &args.conversation, &capsules);
    let captured = captured.map_err(|error| Ended::Usage(error.to_string()))?;
    let written = write(&captured, args)?;
    if args.remote.json {
        give(json!({ "files": written, "notes": captured.notes, "options": captured.options }));
        return Ok(());
    }
    written.iter().for_each(give);
    tell(&captured, args);
    Ok(())
}

fn from_folder(folder: &Path) -> Result<Vec<Capsule>, Ended> {
    let files = replay::capsules(folder)?;
    files.iter().map(|file| replay::read(file)).collect()
}

/// Writes all of its files that are not there yet, or none; where.
fn write(captured: &Captured, args: &Args) -> Result<Vec<String>, Ended> {
    let wrong = |path: &Path, error: std::io::Error| {
        Ended::Host(format!("\"{}\" cannot be written: {error}", path.display()))
    };
    let mut left = Vec::new();
    let mut there = Vec::new();
    for (file, text) in &captured.files {
        let path = args.out.join(file);
        match std::fs::read_to_string(&path) {
            Ok(known) if captured.is_met_by(file, &known) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => left.push((path, text)),
            _ if args.force => left.push((path, text)),
            _ => there.push(path.display().to_string()),
        }
    }
    if !there.is_empty() {
        return Err(Ended::Usage(format!(
            "{} is there already, so nothing was written. Write to a folder of its own by --out DIR, which `retort test --convos DIR` \
             holds. To have one suite of both, move the script, put each [[fake]] above those whose `*` is for it as well, and add \
             what state.toml and secrets.toml do not have. --force writes over what is there",
            there.join(", ")
        )));
    }
    std::fs::create_dir_all(&args.out).map_err(|error| wrong(&args.out, error))?;
    let written = left.iter().map(|(path, text)| {
        std::fs::write(path, text).map_err(|error| wrong(path, error))?;
        Ok(path.display().to_string())
    });
    written.collect()
}

fn tell(captured: &Captured, args: &Args) {
    for note in &captured.notes {
        say(format_args!("note: {note}"));
    }
    let shown = args.out.display();
    if captured.remembers_nothing() && args.out.join(Captured::STATE).exists() {
        say(format_args!(
            "note: {shown}/{} is for each conversation of the folder, and this one began with nothing remembered: write it to a \
             folder of its own by --out DIR",
            Captured::STATE
        ));
    }
    let read = Bundle::read(&args.out, true).map_err(|error| error.to_string());
    let read = read.and_then(|bundle| Suite::of(&bundle).map_err(|unread| unread.to_string()));
    if let Err(error) = read {
        say(format_args!(
            "warning: `retort test` does not take the folder as it is: {error}"
        ));
    }
    let options: String = captured
        .options
        .iter()
        .map(|option| format!(" {option}"))
        .collect();
    say(format_args!(
        "hold it with: retort test BOT --convos {shown}{options}"
    ));
}

/// The name of a script.
fn name(text: &str) -> Result<String, String> {
    let is_wrong = |c: char| c.is_control() || "/\\:*?\"<>|".contains(c);
    let is_name = !text.is_empty()
        && text.len() <= 100
        && text.trim() == text
        && !text.starts_with(['#', '.'])
        && !text.contains(is_wrong);
    match is_name {
        true => Ok(text.to_owned()),
        false => Err(
            "it is a file's name and the script's first line: letters, digits, spaces, `-`, `_` and `.`, at most 100 bytes"
                .to_owned(),
        ),
    }
}

/// A name for the script of a conversation, whose id may be anything.
fn named_by(conversation: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    let plain = conversation.chars().take(60);
    let plain: String = plain.map(|c| if is_plain(c) { c } else { '-' }).collect();
    // One that begins otherwise might be put aside, or be no name.
    format!("conversation-{plain}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_file_s_and_a_first_line() {
        for wrong in ["", "#me", "a/b", "..", " a", "a\nb", "a|b"] {
            assert!(name(wrong).is_err(), "{wrong}");
        }
        for right in ["refund", "a refund, late", "Rückgabe"] {
            assert_eq!(name(right).as_deref(), Ok(right));
        }
        for id in ["", "skip-me", "../../etc", "5f2c", "a b\n#me"] {
            let named = named_by(id);
            assert_eq!(name(&named).as_deref(), Ok(named.as_str()));
        }
    }
}
