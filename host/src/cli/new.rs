//! `retort new`: a project that builds, in the language that its author has.

mod templates;

use std::fs;
use std::path::{Path, PathBuf};

use super::{Ended, give, say};
use crate::tenant::BotName;

pub(super) use templates::CONTRACT;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The bot's name, and the folder's; nothing may be there yet
    name: BotName,
    /// The language to write it in
    #[arg(long, value_enum, default_value = "js")]
    lang: Language,
    /// What to begin with
    #[arg(long, value_enum, default_value = "bot")]
    template: Template,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Language {
    /// JavaScript, as a LivePerson Function: takes nothing but this command
    Js,
    /// Rust: takes its toolchain
    Rust,
    /// Python: takes Python 3 with pip
    Python,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Template {
    /// A chat bot that answers by keywords
    Bot,
    /// A function: JSON in, JSON out, for the platform's hooks and other events
    Function,
}

impl Language {
    /// Its name, where the bot is, and where its manifest is.
    fn words(self) -> [&'static str; 3] {
        match self {
            Self::Js => ["JavaScript", "lambda.js", "lambda.toml"],
            Self::Rust => ["Rust", "src/lib.rs", "bot.toml"],
            Self::Python => ["Python", "app.py", "bot.toml"],
        }
    }

    /// A file as it is in a project of that name.
    fn adapted(self, path: &str, text: &str, name: &str) -> String {
        let [language, source, manifest] = self.words();
        match path {
            // In the clone it inherits from its workspace.
            "retort-sdk/Cargo.toml" => text
                .replace("edition.workspace = true", "edition = \"2024\"")
                .replace("rust-version.workspace = true", "rust-version = \"1.95\"")
                .replace("publish.workspace = true", "publish = false"),
            "README.md" | "Cargo.toml" | "bot.toml" | "lambda.toml" => text
                .replace("LANGUAGE", language)
                .replace("SOURCE", source)
                .replace("MANIFEST", manifest)
                // Last: a name may be any of these words.
                .replace("NAME", name),
            _ => text.to_owned(),
        }
    }
}

pub(super) fn run(args: &Args) -> Result<(), Ended> {
    let folder = PathBuf::from(args.name.as_str());
    if fs::symlink_metadata(&folder).is_ok() {
        return Err(Ended::Usage(format!(
            "\"{}\" is there already; choose another name, or remove it",
            folder.display()
        )));
    }
    if args.lang == Language::Rust && !is_package(args.name.as_str()) {
        return Err(Ended::Usage(format!(
            "a bot in Rust is a package of Cargo's, and \"{}\" cannot be one's name: begin it with a letter, and let it be \
             no word of Rust's",
            args.name
        )));
    }
    for files in templates::files(args.lang, args.template) {
        for (path, text) in files {
            let text = args.lang.adapted(path, text, args.name.as_str());
            write(&folder.join(path), &text)?;
        }
    }
    give(folder.display());
    let (what, command) = match args.template {
        Template::Bot => ("talk to it", "retort dev ."),
        Template::Function => ("try it", "retort invoke . --payload payloads/event.json"),
    };
    say(format_args!(
        "{what}: cd ./{} && {command}",
        folder.display()
    ));
    Ok(())
}

/// What Cargo would not build, or not beside the SDK.
fn is_package(name: &str) -> bool {
    const TAKEN: [&str; 6] = ["alloc", "core", "proc-macro", "retort-sdk", "std", "test"];
    name.starts_with(|first: char| first.is_ascii_alphabetic()) && !TAKEN.contains(&name)
}

fn write(path: &Path, text: &str) -> Result<(), Ended> {
    let written =
        fs::create_dir_all(path.parent().unwrap_or(path)).and_then(|()| fs::write(path, text));
    written
        .map_err(|error| Ended::Host(format!("\"{}\" cannot be written: {error}", path.display())))
}
