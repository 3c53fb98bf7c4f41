//! What projects begin with: the files of `plugins/templates`, of the SDKs, and sample payloads.

use super::{Language, Template};

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
pub(in super::super) const CONTRACT: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../wit/bot.wit"));

const IGNORED: [File; 1] = [(".gitignore", "*.wasm\n.retort/\n__pycache__/\ntarget/\n")];
const OF_A_BOT: [File; 10] = [
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
const OF_A_FUNCTION: [File; 2] = [
    ("README.md", plugins!("templates/shared_function/README.md")),
    (
        "payloads/event.json",
        plugins!("templates/shared_function/event.json"),
    ),
];
const JAVASCRIPT: [File; 2] = [
    ("lambda.js", plugins!("templates/javascript/lambda.js")),
    ("lambda.toml", plugins!("templates/javascript/lambda.toml")),
];
const JAVASCRIPT_FUNCTION: [File; 2] = [
    (
        "lambda.js",
        plugins!("templates/javascript_function/lambda.js"),
    ),
    (
        "lambda.toml",
        plugins!("templates/javascript_function/lambda.toml"),
    ),
];
const PYTHON: [File; 2] = [
    ("app.py", plugins!("templates/python/app.py")),
    ("bot.toml", plugins!("templates/python/bot.toml")),
];
const PYTHON_FUNCTION: [File; 2] = [
    ("app.py", plugins!("templates/python_function/app.py")),
    ("bot.toml", plugins!("templates/python_function/bot.toml")),
];
/// What goes along with either.
const PYTHON_SDK: [File; 2] = [
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
const RUST_FUNCTION: [File; 4] = [
    ("Cargo.toml", plugins!("templates/rust_function/Cargo.toml")),
    ("bot.toml", plugins!("templates/rust_function/bot.toml")),
    ("src/lib.rs", plugins!("templates/rust_function/src/lib.rs")),
    (
        "tests/function.rs",
        plugins!("templates/rust_function/tests/function.rs"),
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

/// All that a project begins with.
pub(super) fn files(language: Language, template: Template) -> [&'static [File]; 4] {
    let (shared, [javascript, rust, python]): (&[File], [&[File]; 3]) = match template {
        Template::Bot => (&OF_A_BOT, [&JAVASCRIPT, &RUST, &PYTHON]),
        Template::Function => (
            &OF_A_FUNCTION,
            [&JAVASCRIPT_FUNCTION, &RUST_FUNCTION, &PYTHON_FUNCTION],
        ),
    };
    let (own, along): (_, &[File]) = match language {
        Language::Js => (javascript, &[]),
        Language::Rust => (rust, SDK),
        Language::Python => (python, &PYTHON_SDK),
    };
    [&IGNORED, shared, own, along]
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

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
