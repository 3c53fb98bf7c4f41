//! A bot, its rules and the names it may look up, against one server.
#![expect(clippy::disallowed_types, reason = "the deadline is one of real time")]

use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::upstream::{Reply, Upstream};
use crate::egress::{Allowed, Caps, Egress, Found, NotSent, Request, Resolve, Response, Settings};

/// Names that are at other places than our server; all others are there.
const ELSEWHERE: &[(&str, &[&str])] = &[
    ("private.example", &["10.0.0.1"]),
    ("meta.example", &["169.254.169.254"]),
    ("mixed.example", &["127.0.0.1", "10.0.0.1"]),
    ("mapped.example", &["::ffff:10.0.0.1"]),
    ("mapped-open.example", &["::ffff:127.0.0.1"]),
    ("compatible.example", &["::10.0.0.1"]),
    ("translated.example", &["64:ff9b::7f00:1"]),
    ("loopback6.example", &["::1"]),
    ("unique-local.example", &["fd00:ec2::254"]),
    ("nowhere.example", &[]),
    // Nothing listens at the first: it is another of this machine's, and only the second is bound.
    ("second.example", &["127.0.0.2", "127.0.0.1"]),
];

/// Answers from the table, and notes what was asked.
#[derive(Debug, Default)]
pub(super) struct Names {
    asked: Mutex<Vec<String>>,
}

impl Names {
    pub(super) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    fn answer(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        let mut asked = self.asked.lock().unwrap();
        let again = asked.iter().any(|name| name == host);
        asked.push(host.to_owned());
        let found = ELSEWHERE.iter().find(|(name, _)| *name == host);
        match (host, found) {
            ("missing.example", _) => Err(io::Error::other("no such name")),
            ("rebind.example", _) if again => Ok(vec!["10.0.0.1".parse().unwrap()]),
            (_, Some((_, addresses))) => Ok(addresses
                .iter()
                .map(|address| address.parse().unwrap())
                .collect()),
            _ => Ok(vec!["127.0.0.1".parse().unwrap()]),
        }
    }
}

impl Resolve for Names {
    fn resolve<'a>(&'a self, host: &'a str, _: &'a str) -> Found<'a> {
        Box::pin(async move {
            match host {
                "slow-name.example" => std::future::pending().await,
                _ => self.answer(host),
            }
        })
    }
}

pub(super) fn settings() -> Settings {
    Settings {
        open_addresses: vec!["127.0.0.0/8".parse().unwrap()],
        ..Settings::default()
    }
}

pub(super) fn caps(time: Duration) -> Caps {
    Caps {
        deadline: Instant::now() + time,
        requests_left: 20,
        request_bytes: 1024,
        response_bytes: 64 * 1024,
        moved: 0,
    }
}

/// Everything that a request needs.
pub(super) struct Bench {
    pub(super) upstream: Upstream,
    pub(super) names: Arc<Names>,
    pub(super) egress: Egress,
    pub(super) allowed: Vec<Allowed>,
    pub(super) caps: Caps,
}

impl Bench {
    pub(super) async fn new(replies: Vec<Reply>, rules: &[&str]) -> Self {
        Self::with_settings(&settings(), replies, rules).await
    }

    pub(super) async fn with_settings(
        settings: &Settings,
        replies: Vec<Reply>,
        rules: &[&str],
    ) -> Self {
        let upstream = Upstream::start(replies).await;
        let names = Arc::new(Names::default());
        let resolver = Arc::clone(&names) as Arc<dyn Resolve>;
        let egress = Egress::with_resolver(settings, resolver).unwrap();
        let allowed = rules
            .iter()
            .map(|rule| allowed(&with_port(rule, upstream.port)))
            .collect();
        Self {
            upstream,
            names,
            egress,
            allowed,
            caps: caps(Duration::from_secs(4)),
        }
    }

    /// Sends, with `{port}` replaced by the server's.
    pub(super) async fn send(&mut self, request: Request) -> Result<Response, NotSent> {
        let request = Request {
            url: with_port(&request.url, self.upstream.port),
            ..request
        };
        self.egress
            .send(request, &self.allowed, &mut self.caps, "acme")
            .await
    }

    pub(super) async fn get(&mut self, url: &str) -> Result<Response, NotSent> {
        self.send(get(url)).await
    }
}

pub(super) fn get(url: &str) -> Request {
    Request {
        method: "GET".to_owned(),
        url: url.to_owned(),
        headers: Vec::new(),
        body: None,
    }
}

pub(super) fn post(url: &str, body: &str) -> Request {
    Request {
        method: "POST".to_owned(),
        body: Some(body.as_bytes().to_vec()),
        ..get(url)
    }
}

pub(super) fn with_header(mut request: Request, name: &str, value: &str) -> Request {
    request.headers.push((name.to_owned(), value.to_owned()));
    request
}

/// A rule, with its secret if it needs one.
pub(super) fn allowed(rule: &str) -> Allowed {
    let rule: crate::egress::Rule = rule.parse().unwrap();
    let secret = rule
        .secret()
        .map(|name| Arc::from(format!("value-of-{name}")));
    Allowed { rule, secret }
}

pub(super) fn with_port(text: &str, port: u16) -> String {
    text.replace("{port}", &port.to_string())
}

pub(super) fn body(response: &Response) -> String {
    String::from_utf8_lossy(&response.body).into_owned()
}
