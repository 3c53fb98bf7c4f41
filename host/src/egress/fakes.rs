//! Answers that stand in for servers where a bot is tried. The rules that a request goes by hold for it all the same; what
//! no fake answers goes nowhere.

use std::collections::BTreeMap;
use std::mem::take;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Deserialize;
use url::Url;

use super::caps::Caps;
use super::hostile::Hostile;
use super::method::Method;
use super::not_sent::NotSent;
use super::request::Hop;
use super::response::Answer;

/// What stands in for servers. The clones are one.
#[derive(Clone, Debug, Default)]
pub struct Fakes(Arc<Declared>);

#[derive(Debug, Default)]
struct Declared {
    fakes: Vec<Fake>,
    missed: Mutex<Vec<String>>,
    /// Requests since this was asked last.
    asked: AtomicUsize,
    /// What answers in the place of all of them.
    hostile: Mutex<Option<Hostile>>,
}

/// A file of them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    fake: Vec<Fake>,
}

/// One answer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fake {
    /// A method, and a URL in which `*` is anything.
    request: Pattern,
    #[serde(default)]
    status: Status,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    body: String,
    /// What happens in the place of an answer.
    error: Option<Failing>,
    #[serde(default)]
    delay_ms: u64,
}

/// A status that ends an exchange.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "u16")]
struct Status(u16);

impl Default for Status {
    fn default() -> Self {
        Self(200)
    }
}

impl TryFrom<u16> for Status {
    type Error = String;

    fn try_from(status: u16) -> Result<Self, String> {
        match status {
            200..=599 => Ok(Self(status)),
            _ => Err(format!(
                "{status} is no status of an answer: use 200 to 599"
            )),
        }
    }
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Failing {
    Timeout,
    Connection,
}

#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct Pattern {
    method: Method,
    url: String,
}

impl TryFrom<String> for Pattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let parts = text.split_once(' ');
        let parts = parts.and_then(|(method, url)| Some((Method::named(method)?, url.trim())));
        match parts {
            Some((method, url)) if url.contains("://") && !url.contains(' ') => Ok(Self {
                method,
                url: url.to_owned(),
            }),
            _ => Err(format!(
                "\"{text}\" is not METHOD URL, such as \"GET https://api.example.com/orders/*\""
            )),
        }
    }
}

impl PartialEq for Fakes {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Fakes {}

impl Fakes {
    /// Reads a file's text.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(text: &str) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
        Ok(Self(Arc::new(Declared {
            fakes: file.fake,
            ..Declared::default()
        })))
    }

    /// What a file names this request by, and no other that has no `*`; none of what never goes out.
    pub fn pattern(method: &str, url: &str) -> Option<String> {
        let method = Method::named(method)?;
        let mut url = Url::parse(url).ok()?;
        url.set_fragment(None);
        Some(format!("{method} {url}"))
    }

    /// The requests that no fake answered since this was asked last, in words.
    pub fn missed(&self) -> Vec<String> {
        take(&mut self.0.missed.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// How many requests there were since this was asked last.
    pub fn asked(&self) -> usize {
        self.0.asked.swap(0, Ordering::Relaxed)
    }

    /// Has all servers not work in one way, or work again.
    pub fn be(&self, hostile: Option<Hostile>) {
        *self
            .0
            .hostile
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = hostile;
    }

    /// What a request is answered, in its own time.
    pub(super) async fn answer(&self, hop: &Hop, caps: &mut Caps) -> Result<Answer, NotSent> {
        // No server is told the fragment.
        let mut url = hop.url.clone();
        url.set_fragment(None);
        let is_for = |fake: &&Fake| {
            fake.request.method == hop.method && is_like(url.as_str(), &fake.request.url)
        };
        let fake = self.0.fakes.iter().find(is_for);
        self.0.asked.fetch_add(1, Ordering::Relaxed);
        let hostile = *self
            .0
            .hostile
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(hostile) = hostile {
            let real = fake.map_or("", |fake| fake.body.as_str());
            return hostile.answer(real, caps).await;
        }
        let Some(fake) = fake else {
            let missing = missing(hop.method, &url);
            let mut missed = self.0.missed.lock().unwrap_or_else(PoisonError::into_inner);
            missed.push(missing.clone());
            return Err(NotSent::denied(missing));
        };
        tokio::time::sleep(Duration::from_millis(fake.delay_ms)).await;
        match fake.error {
            Some(Failing::Timeout) => return Err(NotSent::Timeout),
            Some(Failing::Connection) => {
                return Err(NotSent::connection("the fake of it breaks off"));
            }
            None => {}
        }
        if fake.body.len() > caps.response_bytes {
            let most = caps.response_bytes;
            return Err(NotSent::limit(format!(
                "the response has more than {most} bytes"
            )));
        }
        caps.moved = caps.moved.saturating_add(fake.body.len() as u64);
        let headers = fake.headers.iter();
        let headers =
            headers.map(|(name, value)| (name.to_lowercase(), value.clone().into_bytes()));
        Ok(Answer {
            status: fake.status.0,
            headers: headers.collect(),
            body: fake.body.clone().into_bytes(),
        })
    }
}

/// Says how a request is answered. Of a query nobody is told more than that there is one.
fn missing(method: Method, url: &Url) -> String {
    let mut shown = url.clone();
    shown.set_query(url.query().map(|_| "*"));
    format!(
        "no fake answers {method} {shown}: declare one in `fakes.toml` beside the conversations, as [[fake]] with \
         request = \"{method} {shown}\", status and body"
    )
}

/// Whether a URL is one of a pattern's, in which `*` is anything.
fn is_like(url: &str, pattern: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else {
        return url == pattern;
    };
    let Some(mut left) = url.strip_prefix(first) else {
        return false;
    };
    let mut pieces = rest.split('*').rev();
    let Some(mut inner) = pieces.next().and_then(|last| left.strip_suffix(last)) else {
        return false;
    };
    for piece in pieces.rev() {
        match inner.find(piece) {
            Some(at) => left = inner.get(at + piece.len()..).unwrap_or_default(),
            None => return false,
        }
        inner = left;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_anything() {
        for (url, pattern, is) in [
            ("https://a.b/c", "https://a.b/c", true),
            ("https://a.b/c?d=1", "https://a.b/c", false),
            ("https://a.b/c?d=1", "https://a.b/c*", true),
            ("https://a.b/c/17/d", "https://a.b/c/*/d", true),
            ("https://a.b/c/d", "https://a.b/c/*/d", false),
            ("https://a.b/1/2/3", "*/1/*/3", true),
        ] {
            assert_eq!(is_like(url, pattern), is, "{url} {pattern}");
        }
    }

    #[test]
    fn what_is_no_fake_says_why() {
        for (text, told) in [
            ("[[fake]]\nrequest = \"GET\"", "is not METHOD URL"),
            (
                "[[fake]]\nrequest = \"get https://a.b\"",
                "is not METHOD URL",
            ),
            (
                "[[fake]]\nrequest = \"GET https://a.b\"\nstatus = 99",
                "99 is no status",
            ),
            (
                "[[fake]]\nrequest = \"GET https://a.b\"\nerror = \"fire\"",
                "unknown variant",
            ),
            ("[[fakes]]", "unknown field"),
        ] {
            let error = Fakes::parse(text).expect_err("an error");
            assert!(error.contains(told), "{error}");
            assert!(error.contains(" at line "), "{error}");
        }
        assert!(Fakes::parse("").is_ok());
    }
    #[tokio::test]
    async fn a_fragment_is_neither_compared_nor_told() {
        let mut caps = Caps {
            deadline: tokio::time::Instant::now().into_std(),
            requests_left: 1,
            request_bytes: 0,
            response_bytes: 0,
            moved: 0,
        };
        let hop = |url: &str| {
            let request = super::super::Request {
                method: "GET".to_owned(),
                url: url.to_owned(),
                headers: Vec::new(),
                body: None,
            };
            Hop::first(request, &caps).expect("a request")
        };
        let (known, other) = (hop("https://a.b/c#d"), hop("https://a.b/e#f?secret"));
        let fakes = Fakes::parse("[[fake]]\nrequest = \"GET https://a.b/c\"").expect("fakes");
        assert!(fakes.answer(&known, &mut caps).await.is_ok());
        assert!(fakes.answer(&other, &mut caps).await.is_err());
        assert!(fakes.missed().iter().all(|missed| !missed.contains('#')));
    }
}
