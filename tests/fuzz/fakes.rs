//! Any bytes as a file of fakes, and as the URLs that are asked of them.
//!
//! A line `@@ METHOD URL` is a request; what stands before the first is the file.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::time::Duration;

use retort::egress::{Allowed, Caps, Egress, Fakes, Method, NotSent, Request, Response, Settings};
use tokio::runtime::{Builder, Runtime};
use tokio::time::Instant;

use super::glob::glob;

/// So many requests of an input are sent.
const SENT: usize = 8;

const REQUESTS: u32 = 10;

/// What the bot of a request lets it have.
const RESPONSE_BYTES: usize = 4096;

/// Everything that has to hold of any bytes.
pub(crate) fn hold(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let mut pieces = text.split("\n@@ ");
    let file = pieces.next().unwrap_or_default();
    let requests: Vec<&str> = pieces
        .filter_map(|piece| piece.split('\n').next())
        .collect();
    if let Some(fakes) = read(file) {
        for request in requests.iter().take(SENT) {
            let (method, url) = request.split_once(' ').unwrap_or(("GET", request));
            holds_of_a_request(&fakes, method, url.trim());
        }
    }
    if let [url, pattern, ..] = requests.as_slice() {
        holds_of_a_pattern(url, pattern);
    }
}

/// The fakes, if it is a file of them.
fn read(text: &str) -> Option<Fakes> {
    match (Fakes::parse(text), Fakes::parse(text)) {
        (Ok(fakes), Ok(again)) => {
            assert_eq!(format!("{fakes:?}"), format!("{again:?}"));
            assert!(fakes.missed().is_empty());
            Some(fakes)
        }
        (Err(error), Err(again)) => {
            assert_eq!(error, again);
            let line = line(&error).unwrap_or_else(|| panic!("no line is named: {error}"));
            assert!((1..=text.split('\n').count()).contains(&line), "{error}");
            None
        }
        (fakes, again) => panic!("{fakes:?}, and then {again:?}"),
    }
}

/// The line that an error names.
fn line(error: &str) -> Option<usize> {
    let (_, after) = error.split_once(" at line ")?;
    after.split(',').next()?.parse().ok()
}

fn holds_of_a_request(fakes: &Fakes, method: &str, url: &str) {
    let (answer, left) = sent(fakes, method, url);
    let missed = fakes.missed();
    match &answer {
        Ok(response) => {
            assert!((200..=599).contains(&response.status));
            assert!(response.body.len() <= RESPONSE_BYTES && missed.is_empty());
            assert!(left < REQUESTS);
        }
        Err(error) => {
            let told = error.to_string();
            assert!(matches!(error, NotSent::Denied(_)) || missed.is_empty());
            for missing in missed {
                assert!(told.contains(&missing) && missing.starts_with("no fake answers "));
            }
        }
    }
    assert_eq!((answer, left), sent(fakes, method, url));
    // A query may have somebody's name in it. With its sign, since a fuzzer learns words and puts them elsewhere.
    if !url.contains(['?', '#']) {
        let _ = sent(fakes, method, &format!("{url}?secret"));
        let missed = fakes.missed();
        assert!(missed.iter().all(|missed| !missed.contains("?secret")));
    }
    let _ = fakes.missed();
}

/// A pattern is for a URL exactly if another way to compare them says so.
fn holds_of_a_pattern(url: &str, pattern: &str) {
    let path = |text: &str, and: &str| -> String {
        let kept = text
            .chars()
            .filter(|c| c.is_ascii_alphanumeric() || and.contains(*c));
        kept.collect()
    };
    let url = format!("https://api.example.com/{}", path(url, "/-"));
    let pattern = format!("https://api.example.com/{}", path(pattern, "/-*"));
    let file = format!("[[fake]]\nrequest = \"GET {pattern}\"\n");
    let fakes = read(&file).expect("a file of fakes");
    let (answer, _) = sent(&fakes, "GET", &url);
    // The other way takes its time with what is long.
    if url.len().saturating_mul(pattern.len()) <= 1 << 20 {
        assert_eq!(answer.is_ok(), glob(&url, &pattern), "{url} {pattern}");
    }
}

/// What is answered, and how many requests are left.
fn sent(fakes: &Fakes, method: &str, url: &str) -> (Result<Response, NotSent>, u32) {
    let settings = Settings {
        fakes: Some(fakes.clone()),
        ..Settings::default()
    };
    let egress = Egress::new(&settings).expect("an egress");
    let allowed = allowed(url);
    let request = Request {
        method: method.to_owned(),
        url: url.to_owned(),
        headers: Vec::new(),
        body: None,
    };
    at_once(async {
        let mut caps = Caps {
            // By the clock of this runtime, which has gone by as far as was waited.
            deadline: (Instant::now() + Duration::from_secs(10)).into_std(),
            requests_left: REQUESTS,
            request_bytes: 0,
            response_bytes: RESPONSE_BYTES,
            moved: 0,
        };
        let answer = egress.send(request, &allowed, &mut caps, "party").await;
        (answer, caps.requests_left)
    })
}

/// Rules for where a request goes, and for where it may be redirected to.
fn allowed(url: &str) -> Vec<Allowed> {
    let methods = Method::ALL.map(Method::as_str).join(",");
    let own = url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
    let origins = [
        own.as_str(),
        "https://api.example.com",
        "https://*.example.com",
        "http://api.example.com",
    ];
    let origins: BTreeSet<&str> = origins.into_iter().collect();
    let rules = origins
        .iter()
        .filter_map(|origin| format!("{methods} {origin}").parse().ok());
    rules.map(|rule| Allowed { rule, secret: None }).collect()
}

/// Runs something whose waiting takes no time.
fn at_once<T>(what: impl Future<Output = T>) -> T {
    thread_local! {
        static RUNTIME: OnceCell<Runtime> = const { OnceCell::new() };
    }
    let runtime = || {
        let mut builder = Builder::new_current_thread();
        builder
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime")
    };
    RUNTIME.with(|kept| kept.get_or_init(runtime).block_on(what))
}
