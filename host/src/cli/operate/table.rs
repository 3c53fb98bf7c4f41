//! Lists for people.

use comfy_table::Table;
use comfy_table::presets::NOTHING;
use serde_json::Value;

use crate::chat::one_line;
use crate::store::Digest;

/// A table with these heads, a row for each of `rows`.
pub(super) fn of<const N: usize>(
    heads: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
) -> Table {
    let mut table = Table::new();
    table.load_preset(NOTHING).set_header(heads);
    table.add_rows(rows);
    table
}

/// A field; null if it is not there.
pub(super) fn field<'a>(of: &'a Value, name: &str) -> &'a Value {
    of.get(name).unwrap_or(&Value::Null)
}

/// A value as a person reads it.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        // Whoever said it, it moves no cursor and forges no row.
        Value::String(text) => one_line(text, usize::MAX),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

/// The beginning of a digest.
pub(super) fn short(digest: &Value) -> String {
    match serde_json::from_value::<Digest>(digest.clone()) {
        Ok(digest) => digest.short().to_owned(),
        Err(_) => text(digest),
    }
}

/// What a deployment serves.
pub(super) fn sides(kept: &Value) -> String {
    let sides = field(kept, "sides")
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    match sides {
        [] => "nothing".to_owned(),
        [one] => short(field(one, "digest")),
        sides => {
            let each = sides.iter().map(|side| {
                format!(
                    "{} {} %",
                    short(field(side, "digest")),
                    field(side, "weight")
                )
            });
            each.collect::<Vec<_>>().join(", ")
        }
    }
}

/// The items of a list.
pub(super) fn items<'a>(answer: &'a Value, list: &str) -> &'a [Value] {
    answer[list]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_host_says_moves_no_cursor_and_forges_no_row() {
        let said = json!(["\u{1b}[2J", "a\nforged", "\u{9b}1m", "\u{202e}turned"]);
        assert_eq!(text(&said), " [2J a forged  1m  turned");
    }
}
