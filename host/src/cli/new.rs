//! `retort new`: a project that builds, in the language that its author has.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Ended, give, say};
use crate::tenant::BotName;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The bot's name, and the folder's; nothing may be there yet
    name: BotName,
    /// The language to write it in
    #[arg(long, value_enum, default_value = "js")]
    lang: Language,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Language {
    /// JavaScript, as a LivePerson Function: takes nothing but this command
    Js,
    /// Rust: takes its toolchain
    Rust,
    /// Python: takes Python 3 with pip
    Python,
}

/// A file of a project, and its text.
type File = (&'static str, &'static str);

macro_rules! plugins {
    ($path:expr) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../plugins/", $path))
    };
}

macro_rules! payload {
    ($name:literal) => {
        (
            concat!("payloads/", $name, ".json"),
            include_str!(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../tests/integration/golden/custom_integration/",
                $name,
                ".in.json"
            )),
        )
    };
}

/// The contract, as it travels with projects that are built against it.
pub(super) const CONTRACT: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../wit/bot.wit"));

const SHARED: [File; 11] = [
    (".gitignore", "*.wasm\n.retort/\n__pycache__/\ntarget/\n"),
    ("README.md", plugins!("templates/shared/README.md")),
    (
        "convos/hours.convo.txt",
        plugins!("templates/shared/hours.convo.txt"),
    ),
    (
        "convos/thanks.convo.txt",
        plugins!("templates/shared/thanks.convo.txt"),
    ),
    payload!("messaging_text"),
    payload!("messaging_welcome"),
    payload!("chat_welcome"),
    payload!("pressed_button"),
    payload!("rich_content"),
    payload!("file"),
    payload!("social_post"),
];
const JAVASCRIPT: [File; 2] = [
    ("lambda.js", plugins!("templates/javascript/lambda.js")),
    ("lambda.toml", plugins!("templates/javascript/lambda.toml")),
];
const PYTHON: [File; 4] = [
    ("app.py", plugins!("templates/python/app.py")),
    ("bot.toml", plugins!("templates/python/bot.toml")),
    ("retort_bot.py", plugins!("small-talk/retort_bot.py")),
    ("requirements.txt", plugins!("small-talk/requirements.txt")),
];
const RUST: [File; 4] = [
    ("Cargo.toml", plugins!("templates/rust/Cargo.toml")),
    ("bot.toml", plugins!("templates/rust/bot.toml")),
    ("src/lib.rs", plugins!("templates/rust/src/lib.rs")),
    (
        "tests/conversation.rs",
        plugins!("templates/rust/tests/conversation.rs"),
    ),
];

macro_rules! sdk {
    ($($path:literal),* $(,)?) => {
        &[$((concat!("retort-sdk/", $path), plugins!(concat!("sdk/", $path)))),*]
    };
}

/// The SDK goes along until it is published: all that its package has.
const SDK: &[File] = sdk![
    "Cargo.toml",
    "README.md",
    "src/answer.rs",
    "src/answer/tests.rs",
    "src/budget.rs",
    "src/config.rs",
    "src/content.rs",
    "src/content/check.rs",
    "src/content/click.rs",
    "src/content/element.rs",
    "src/content/layout.rs",
    "src/content/list.rs",
    "src/content/node.rs",
    "src/content/quick_replies.rs",
    "src/content/tests.rs",
    "src/event.rs",
    "src/fault.rs",
    "src/function.rs",
    "src/http.rs",
    "src/invalid.rs",
    "src/lib.rs",
    "src/metadata.rs",
    "src/state.rs",
    "src/state/key.rs",
    "src/testing.rs",
    "src/testing/built.rs",
    "src/testing/conversation.rs",
    "src/testing/function.rs",
    "src/testing/host.rs",
    "src/testing/reply.rs",
    "src/testing/tests.rs",
    "src/testing/told.rs",
    "src/unreadable.rs",
    "wit/bot.wit",
];

impl Language {
    /// Its own files, and what goes along with them.
    fn files(self) -> (&'static [File], &'static [File]) {
        match self {
            Self::Js => (&JAVASCRIPT, &[]),
            Self::Rust => (&RUST, SDK),
            Self::Python => (&PYTHON, &[]),
        }
    }

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
    let (own, along) = args.lang.files();
    for (path, text) in SHARED.iter().chain(own).chain(along) {
        let text = args.lang.adapted(path, text, args.name.as_str());
        write(&folder.join(path), &text)?;
    }
    give(folder.display());
    say(format_args!(
        "talk to it: cd ./{} && retort dev .",
        folder.display()
    ));
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<(), Ended> {
    let written =
        fs::create_dir_all(path.parent().unwrap_or(path)).and_then(|()| fs::write(path, text));
    written
        .map_err(|error| Ended::Host(format!("\"{}\" cannot be written: {error}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The files in a folder and below.
    fn files(folder: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).expect("a folder");
        let paths = entries.map(|entry| entry.expect("an entry").path());
        let within = |path: PathBuf| match path.is_dir() {
            true => files(&path),
            false => vec![path],
        };
        paths.flat_map(within).collect()
    }

    #[test]
    fn the_sdk_goes_along_whole() {
        let sdk = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins/sdk");
        let mut there: Vec<_> = files(&sdk)
            .iter()
            .map(|path| Path::new("retort-sdk").join(path.strip_prefix(&sdk).expect("within")))
            .collect();
        let mut given: Vec<_> = SDK.iter().map(|(path, _)| PathBuf::from(path)).collect();
        there.sort();
        given.sort();
        assert_eq!(given, there);
    }
}
