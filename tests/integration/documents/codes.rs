//! The page of codes has every code that the sources give out, and no other.

use std::collections::BTreeSet;
use std::path::Path;

use retort::limit::Limit;

use crate::layering::{files, sources};

/// The rows of the page: the code, and what stands beside it.
fn rows() -> Vec<(String, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../CODES.md");
    let page = std::fs::read_to_string(path).expect("the page of codes");
    let rows = page.lines().filter_map(|line| {
        let (code, beside) = line.strip_prefix("| `")?.split_once("` |")?;
        Some((code.to_owned(), beside.to_owned()))
    });
    rows.collect()
}

/// The texts of a source that could be a code: words of small letters between hyphens.
fn words(source: &str) -> impl Iterator<Item = &str> {
    let is_word =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    let texts = source.split('"').skip(1).step_by(2);
    texts.filter(move |text| text.split('-').all(is_word))
}

/// What stands between the first `open` and the `close` that belongs to it.
fn within(source: &str, open: char, close: char) -> &str {
    let from = source.find(open).expect("it is opened");
    let mut depth = 0;
    for (at, c) in source[from..].char_indices() {
        depth += i32::from(c == open) - i32::from(c == close);
        if depth == 0 {
            return &source[from..from + at];
        }
    }
    panic!("it is never closed: {source}");
}

/// The sources from each occurrence of some text on.
fn each<'a>(source: &'a str, text: &'a str) -> impl Iterator<Item = &'a str> {
    source.match_indices(text).map(|(at, _)| &source[at..])
}

/// The codes that one source gives out.
fn codes(source: &str) -> BTreeSet<String> {
    let (source, _) = source.split_once("#[cfg(test)]").unwrap_or((source, ""));
    let mut found = BTreeSet::new();
    for function in [
        "fn code(self) -> &'static str",
        "fn code(&self) -> &'static str",
        "fn outcome(&self) -> &'static str",
    ] {
        for body in each(source, function) {
            found.extend(words(within(body, '{', '}')));
        }
    }
    for call in ["Problem::caller(", "Self::caller("] {
        for arguments in each(source, call) {
            found.extend(words(within(arguments, '(', ')')));
        }
    }
    for field in each(source, " code: \"") {
        found.extend(words(field).take(1));
    }
    for table in each(source, "\nlimits! {") {
        // The first text of each row.
        found.extend(
            within(table, '{', '}')
                .split(';')
                .filter_map(|row| words(row).next()),
        );
    }
    found.into_iter().map(str::to_owned).collect()
}

#[test]
fn the_page_of_codes_has_each_once_and_no_other() {
    // The attacks of the command line only read what the others give out.
    let files = files(&sources())
        .into_iter()
        .filter(|(room, _)| room != "cli");
    let given: BTreeSet<String> = files
        .flat_map(|(_, path)| codes(&std::fs::read_to_string(path).expect("a source")))
        .collect();
    let rows: Vec<String> = rows().into_iter().map(|(code, _)| code).collect();
    let documented: BTreeSet<String> = rows.iter().cloned().collect();
    assert_eq!(documented.len(), rows.len(), "a code has two rows");
    assert_eq!(given, documented);
}

#[test]
fn the_row_of_each_limit_names_its_key_and_its_status() {
    let rows = rows();
    for limit in Limit::ALL {
        let row = rows.iter().find(|(code, _)| code == limit.code());
        let (_, beside) = row.unwrap_or_else(|| panic!("no row for {limit:?}"));
        assert!(beside.contains(&format!("`{}`", limit.key())), "{beside}");
        let status = if *limit == Limit::Deadline {
            "504"
        } else {
            "502"
        };
        assert!(
            beside.starts_with(&format!(" {status} | bot |")),
            "{beside}"
        );
    }
}

#[test]
fn codes_are_found_wherever_they_are_given_out() {
    let source = "fn code(&self) -> &'static str { match self { A => { \"in-a-body\" } } } \"not-here\"\n\
                  Problem::caller(NOT_FOUND, \"in-a-call\", f(\"with words\")); \"nor-here\"\n\
                  Self { code: \"in-a-field\", detail: \"neither\" }\n\
                  limits! {\n A: \"in-the-table\", \"limits.a\", \"words\", \"unit\";\n}\n\
                  #[cfg(test)] Self::caller(\"in-a-test\")";
    let expected = ["in-a-body", "in-a-call", "in-a-field", "in-the-table"];
    assert_eq!(codes(source), expected.map(str::to_owned).into());
}
