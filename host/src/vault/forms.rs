//! The ways in which a program writes a value without meaning to hide it: as it is, line by line, quoted, in a URL, in
//! base64, in hexadecimal. Whoever means to hide it finds others.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Lines of a secret that are long enough to be told from other words: a key in PEM is printed line by line.
const LINE_BYTES: usize = 16;
/// A form that is shorter would be found in other words.
const LEAST_BYTES: usize = 8;

/// What has to be encoded in a URL; the rest may be.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// All of them, the value itself first among its equals, the longest first.
pub fn forms(value: &str) -> Vec<String> {
    let mut forms = vec![value.to_owned(), value.trim().to_owned()];
    forms.extend(quoted(value));
    forms.extend(in_url(value));
    forms.extend(base64(value.as_bytes()));
    forms.push(value.bytes().map(|byte| format!("{byte:02x}")).collect());
    let lines = value.lines().map(str::trim);
    forms.extend(
        lines
            .filter(|line| line.len() >= LINE_BYTES)
            .map(str::to_owned),
    );
    forms.retain(|form| form.len() >= LEAST_BYTES.min(value.len()));
    forms.sort_unstable_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
    forms.dedup();
    forms
}

/// As a debugger, JSON, and HTML have it.
fn quoted(value: &str) -> Vec<String> {
    let inside = |quoted: String| {
        let inside = quoted
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'));
        inside.map(str::to_owned).unwrap_or_default()
    };
    let json = inside(serde_json::Value::from(value).to_string());
    let html = value
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;");
    vec![
        inside(format!("{value:?}")),
        json.replace('/', "\\/"),
        html.replace('\'', "&#39;"),
        html.replace('\'', "&#x27;"),
        html,
        json,
    ]
}

/// In a path or a query, by those who encode much, by those who encode little, and with blanks as `+`.
fn in_url(value: &str) -> Vec<String> {
    let all = utf8_percent_encode(value, NON_ALPHANUMERIC).to_string();
    let some = utf8_percent_encode(value, RESERVED).to_string();
    let lower = some.to_ascii_lowercase();
    // Only where the letters of the value itself are small anyway.
    let lower = if value.to_ascii_lowercase() == value {
        lower
    } else {
        String::new()
    };
    vec![
        all.replace("%20", "+"),
        some.replace("%20", "+"),
        all,
        some,
        lower,
    ]
}

/// Whatever stands before it, as the user's name does in a basic authorization: three ways to begin, and of each what does
/// not depend on what is around it.
fn base64(value: &[u8]) -> Vec<String> {
    let mut forms = Vec::new();
    for shift in 0..3 {
        let bytes = [vec![0; shift], value.to_vec()].concat();
        let first = [0, 2, 3].get(shift).copied().unwrap_or_default();
        let cut = usize::from(bytes.len() % 3 != 0);
        for encoded in [
            STANDARD_NO_PAD.encode(&bytes),
            URL_SAFE_NO_PAD.encode(&bytes),
        ] {
            let own = encoded.get(first..encoded.len().saturating_sub(cut));
            forms.push(own.unwrap_or_default().to_owned());
        }
    }
    forms
}
