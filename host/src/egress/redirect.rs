//! Where an answer sends a request on to, and what of the request goes along. Whether it may go there is for the rules,
//! and the checks of addresses, as with any request.

use bytes::Bytes;
use hyper::header::{
    ACCEPT, ACCEPT_LANGUAGE, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LOCATION, CONTENT_TYPE,
    HeaderMap, HeaderName, LOCATION, USER_AGENT,
};

use super::method::Method;
use super::not_sent::NotSent;
use super::request::Hop;
use super::response::Answer;
use super::target;

/// An API that needs more is going round in circles.
const MOST_REDIRECTS: u32 = 5;

/// Headers that say nothing of who sends them. Only these go on to another origin.
const OF_NOBODY: [HeaderName; 7] = [
    ACCEPT,
    ACCEPT_LANGUAGE,
    CONTENT_ENCODING,
    CONTENT_LANGUAGE,
    CONTENT_LOCATION,
    CONTENT_TYPE,
    USER_AGENT,
];

/// Whether a response with this status and these headers is followed, so that its body is for nobody.
pub(super) fn is_followed(status: u16, headers: &HeaderMap) -> bool {
    is_redirect(status) && headers.contains_key(LOCATION)
}

fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

impl Hop {
    /// The next hop, if the answer sends the request on to one.
    pub(super) fn redirected_by(&self, answer: &Answer) -> Result<Option<Self>, NotSent> {
        if !is_redirect(answer.status) {
            return Ok(None);
        }
        let Some(location) = answer.header(LOCATION.as_str()) else {
            return Ok(None);
        };
        if self.redirects == MOST_REDIRECTS {
            let why = format!("the request was redirected more than {MOST_REDIRECTS} times");
            return Err(NotSent::limit(why));
        }
        let mut next = self.clone();
        next.redirects += 1;
        next.go_to(location)?;
        next.change_method(answer.status);
        Ok(Some(next))
    }

    /// Says of an error that it is about a redirect, which the bot did not write.
    pub(super) fn explain(&self, error: NotSent) -> NotSent {
        match error {
            NotSent::Denied(why) | NotSent::Invalid(why) if self.redirects > 0 => {
                let origin = target::origin(&self.url);
                NotSent::denied(format!("a redirect to {origin}: {why}"))
            }
            other => other,
        }
    }

    fn go_to(&mut self, location: &[u8]) -> Result<(), NotSent> {
        let from = target::origin(&self.url);
        let denied = |why: &str| NotSent::denied(format!("a redirect from {from}: {why}"));
        let location = str::from_utf8(location).map_err(|_| denied("the URL is not text"))?;
        let url = target::parse_relative(&self.url, location)
            .map_err(|error| denied(&error.to_string()))?;
        let to = target::origin(&url);
        if self.url.scheme() == "https" && url.scheme() != "https" {
            let why = "https does not go on as http";
            return Err(NotSent::denied(format!("a redirect to {to}: {why}")));
        }
        if to != from {
            // What a bot tells one server of itself is not for another: keys come in headers of all names.
            let mut kept = HeaderMap::new();
            for name in OF_NOBODY {
                kept.extend(self.headers.remove(&name).map(|value| (name, value)));
            }
            self.headers = kept;
        }
        self.url = url;
        Ok(())
    }

    /// As browsers do, and so as servers expect.
    fn change_method(&mut self, status: u16) {
        let to_get = match status {
            301 | 302 => self.method == Method::Post,
            303 => self.method != Method::Head,
            _ => false,
        };
        if !to_get {
            return;
        }
        self.method = Method::Get;
        self.body = Bytes::new();
        for name in [
            CONTENT_ENCODING,
            CONTENT_LANGUAGE,
            CONTENT_LOCATION,
            CONTENT_TYPE,
        ] {
            self.headers.remove(name);
        }
    }
}
