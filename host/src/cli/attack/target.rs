//! Where the callers' requests go, and what they show there. Knows nothing of what is asked.

use std::net::SocketAddr;

use hyper::http::uri::{Authority, Uri};
use hyper::http::{HeaderValue, header, request};
use tokio::net::TcpStream;

use crate::cli::Ended;

/// A host, as a caller finds it.
#[derive(Clone, Debug)]
pub struct Target {
    pub(super) address: SocketAddr,
    /// What it is called there.
    name: HeaderValue,
    /// What stands before each path; nothing, as a rule.
    base: String,
    authorization: Option<HeaderValue>,
}

/// A host that asks nobody who they are.
impl From<SocketAddr> for Target {
    fn from(address: SocketAddr) -> Self {
        Self {
            address,
            name: HeaderValue::from_static("retort"),
            base: String::new(),
            authorization: None,
        }
    }
}

impl Target {
    /// Finds a host by its URL.
    pub(super) async fn find(url: &str, token: &str) -> Result<Self, Ended> {
        let (authority, base) = parsed(url)?;
        // As good as any other address of that name, once it has answered.
        let address = address(&authority).await;
        let unanswered = |error| Ended::Host(format!("{url} does not answer: {error}"));
        let name = authority.as_str().try_into();
        let host = Self {
            address: address.map_err(unanswered)?,
            name: name.map_err(|_| unsendable("the name of the host"))?,
            base,
            authorization: None,
        };
        host.shown(token)
    }

    /// The same host, for whoever shows it a token.
    ///
    /// # Errors
    /// [`Ended::Usage`] if the token is none that can be sent.
    pub fn shown(self, token: &str) -> Result<Self, Ended> {
        let mut authorization: HeaderValue = format!("Bearer {token}")
            .try_into()
            .map_err(|_| unsendable("the token"))?;
        authorization.set_sensitive(true);
        Ok(Self {
            authorization: Some(authorization),
            ..self
        })
    }

    /// A request to it, for what is at a path.
    pub(super) fn post(&self, path: &str) -> request::Builder {
        let request = match self.base.as_str() {
            "" => hyper::Request::post(path),
            base => hyper::Request::post(format!("{base}{path}")),
        };
        let request = request.header(header::HOST, self.name.clone());
        match &self.authorization {
            Some(token) => request.header(header::AUTHORIZATION, token.clone()),
            None => request,
        }
    }
}

fn unsendable(what: &str) -> Ended {
    Ended::Usage(format!("{what} cannot be sent in a header"))
}

/// Whom a URL names, and what stands before every path there.
fn parsed(url: &str) -> Result<(Authority, String), Ended> {
    let bad = |why: &str| Err(Ended::Usage(format!("--url \"{url}\" {why}")));
    let Ok(uri) = url.parse::<Uri>() else {
        return bad("is no URL; give one like http://127.0.0.1:7878");
    };
    match (uri.scheme_str(), uri.authority()) {
        (Some("http"), Some(authority)) => Ok((
            authority.clone(),
            uri.path().trim_end_matches('/').to_owned(),
        )),
        (Some("https"), _) => bad(
            "is https, which an attack does not speak; give the host's own http address, behind whatever ends the TLS",
        ),
        _ => bad("is no URL of a host; give one like http://127.0.0.1:7878"),
    }
}

async fn address(authority: &Authority) -> std::io::Result<SocketAddr> {
    let port = authority.port_u16().unwrap_or(80);
    let host = authority.host().trim_matches(['[', ']']);
    TcpStream::connect((host, port)).await?.peer_addr()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_taken_apart_and_what_is_none_is_told() {
        for (url, authority, base) in [
            ("http://localhost:7878", "localhost:7878", ""),
            ("http://[::1]/", "[::1]", ""),
            ("http://staging.example/bots/", "staging.example", "/bots"),
        ] {
            let (whom, before) = parsed(url).expect("a URL");
            assert_eq!((whom.as_str(), before.as_str()), (authority, base));
        }
        for (url, told) in [
            ("https://staging.example", "is https"),
            ("localhost:7878", "is no URL"),
            ("ftp://staging.example", "is no URL"),
            ("", "is no URL"),
        ] {
            let wrong = parsed(url).expect_err(url).to_string();
            assert!(wrong.contains(told), "{url}: {wrong}");
        }
    }
}
