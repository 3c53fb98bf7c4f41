//! Documents that a reader relies on say what the code does.

mod codes;

use std::path::Path;

use retort::config::{Config, Flags};
use serde_json::Value;

fn readme() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    std::fs::read_to_string(path).expect("the README")
}

/// The rows of the table of limits: a key, and the default that stands beside it.
fn documented() -> Vec<(String, u64)> {
    let readme = readme();
    let (_, table) = readme.split_once("| key | default |").expect("the table");
    let rows = table
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'));
    rows.map(|row| {
        let mut cells = row.split('|').map(str::trim).skip(1);
        let key = cells.next().expect("a key").trim_matches('`').to_owned();
        (
            key,
            cells.next().expect("a default").parse().expect("a number"),
        )
    })
    .collect()
}

/// Every number that can be set, under its key.
pub(crate) fn defaults() -> Vec<(String, u64)> {
    let mut defaults = Vec::new();
    for (table, values) in Config::default().tables() {
        let Value::Object(values) = values else {
            panic!("{table} is no table")
        };
        let numbers = values
            .iter()
            .filter_map(|(key, value)| Some((key, value.as_u64()?)));
        defaults.extend(numbers.map(|(key, value)| (format!("{table}.{key}"), value)));
    }
    defaults
}

#[test]
fn the_table_of_limits_has_every_limit_with_its_default() {
    let (mut documented, mut defaults) = (documented(), defaults());
    documented.sort();
    defaults.sort();
    assert_eq!(documented, defaults);
}

#[test]
fn the_page_on_liveperson_has_every_setting_with_its_default() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/liveperson.md");
    let page = std::fs::read_to_string(path).expect("the page");
    let mut tables = Config::default().tables().into_iter();
    let settings = tables.find(|(table, _)| *table == "liveperson");
    let (_, mut settings) = settings.expect("its table");
    settings["public_keys"] = Value::Array(Vec::new());
    for (key, default) in settings.as_object().expect("a table") {
        let shown = match default {
            Value::Null => "none".to_owned(),
            Value::Number(number) => number.to_string(),
            list => format!("`{}`", list.to_string().replace(',', ", ")),
        };
        let row = format!("| `{key}` | {shown} |");
        assert!(page.contains(&row), "{row}");
    }
    let (_, example) = page.split_once("```toml\n").expect("an example");
    let (example, _) = example.split_once("```").expect("its end");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("retort.toml");
    std::fs::write(&file, example).expect("written");
    Config::load(Some(&file), [], &Flags::default()).expect("it is valid");
}

#[test]
fn the_contracts_two_worlds_import_the_same() {
    let mut wit = wit_parser::Resolve::default();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
    let (package, _) = wit.push_path(folder).expect("the contract");
    let imports = |world: &str| {
        let world = wit
            .select_world(&[package], Some(world))
            .expect("the world");
        let imports = wit.worlds[world]
            .imports
            .keys()
            .map(|key| wit.name_world_key(key));
        imports
            .filter(|name| !name.contains("/types@"))
            .collect::<Vec<_>>()
    };
    let capabilities = ["log", "config", "budget", "secrets", "state", "http"];
    let expected = capabilities.map(|name| format!("retort:bot/{name}@1.0.0"));
    assert_eq!(imports("bot"), expected);
    assert_eq!(imports("function"), expected);
}

#[test]
fn the_bot_in_the_readme_is_the_one_in_the_tree() {
    let source = include_str!("../../plugins/echo/src/lib.rs");
    let (_, code) = source
        .split_once("\n\n")
        .expect("a line on what it teaches");
    assert!(
        readme().contains(code.trim()),
        "the README shows another echo"
    );
}
