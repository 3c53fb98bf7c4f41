//! Tricks, each with what becomes of it, and beside them the honest requests that have to go through.

use std::time::Duration;

use super::harness::{Bench, caps, get, with_header};
use super::upstream::{Reply, ok};
use crate::egress::{NotSent, Request, Response};

/// What becomes of a request.
pub(super) enum Expected {
    /// A status, and a part of the body.
    Served(u16, &'static str),
    /// A code, and a part of the reason.
    Refused(&'static str, &'static str),
}
use Expected::{Refused, Served};

const RULES: &[&str] = &[
    "GET,HEAD,POST http://good.example:{port}",
    "GET http://*.wild.example:{port}",
    "GET http://xn--bcher-kva.example:{port}",
    "GET http://rebind.example:{port}",
    "GET http://private.example",
    "GET http://meta.example",
    "GET http://mixed.example:{port}",
    "GET http://mapped.example",
    "GET http://mapped-open.example:{port}",
    "GET http://compatible.example",
    "GET http://translated.example",
    "GET http://loopback6.example",
    "GET http://unique-local.example",
    "GET http://nowhere.example",
    "GET http://missing.example",
    "GET http://second.example:{port}",
    "GET http://127.0.0.1:{port}",
    "GET http://169.254.169.254",
    "GET http://100.100.100.200",
    "GET http://168.63.129.16",
    "GET http://0.0.0.0",
    "GET http://[::ffff:a00:1]",
    "GET http://[::ffff:7f00:1]:{port}",
    "GET http://[64:ff9b::7f00:1]",
    "GET http://[2002:7f00:1::]",
    "GET http://[fd00:ec2::254]",
    "GET http://[::1]",
    "GET http://[fe80::1]",
];

pub(super) async fn outcome(request: Request, replies: Vec<Reply>) -> Result<Response, NotSent> {
    let mut bench = Bench::new(replies, RULES).await;
    bench.send(request).await
}

/// All that went otherwise than expected, or nothing.
pub(super) fn judge(
    what: &str,
    outcome: Result<Response, NotSent>,
    expected: &Expected,
) -> Option<String> {
    let (as_expected, expected) = match (&outcome, expected) {
        (Ok(response), Served(status, part)) => {
            let body = String::from_utf8_lossy(&response.body);
            let served = response.status == *status && body.contains(part);
            (served, format!("{status} with {part:?}"))
        }
        (Err(error), Refused(code, part)) => {
            let refused = error.case() == *code && error.to_string().contains(part);
            (refused, format!("{code} with {part:?}"))
        }
        (_, Served(status, _)) => (false, status.to_string()),
        (_, Refused(code, _)) => (false, (*code).to_owned()),
    };
    let got = outcome.map(|response| {
        (
            response.status,
            String::from_utf8_lossy(&response.body).into_owned(),
        )
    });
    (!as_expected).then(|| format!("{what}: expected {expected}, got {got:?}"))
}

#[tokio::test]
async fn a_method_is_one_of_those_that_bots_may_use_and_a_rule_names() {
    let methods = [
        ("GET", Served(200, "GET /")),
        ("POST", Served(200, "POST /")),
        ("HEAD", Served(200, "")),
        ("DELETE", Refused("denied", "no rule allows DELETE")),
        ("get", Refused("invalid", "\"get\" is none of GET")),
        ("CONNECT", Refused("invalid", "\"CONNECT\" is none")),
        ("TRACE", Refused("invalid", "\"TRACE\" is none")),
        (
            "GET / HTTP/1.1\r\nx: y\r\n\r\n",
            Refused("invalid", "\"GET / HTTP/1.1\\r\\n"),
        ),
        ("", Refused("invalid", "\"\" is none")),
    ];
    let mut wrong = Vec::new();
    for (method, expected) in methods {
        let request = Request {
            method: method.to_owned(),
            ..get("http://good.example:{port}/")
        };
        wrong.extend(judge(
            method,
            outcome(request, vec![Reply::Echo]).await,
            &expected,
        ));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn a_header_cannot_become_two_or_the_transports() {
    let long = "x".repeat(17 * 1024);
    let headers = [
        ("x-one", "1", Served(200, "x-one: 1")),
        ("X-Two", "caf\u{e9}", Served(200, "x-two: caf\u{e9}")),
        (
            "x",
            "secret-part\r\nhost: evil.example",
            Refused("invalid", "\"x\" has a value"),
        ),
        ("x", "a\nb", Refused("invalid", "\"x\" has a value")),
        ("x", "a\0b", Refused("invalid", "\"x\" has a value")),
        (
            "x y",
            "1",
            Refused("invalid", "\"x y\" is no header's name"),
        ),
        ("x:", "1", Refused("invalid", "\"x:\" is no header's name")),
        (
            "x\r\ny",
            "1",
            Refused("invalid", "\"x\\r\\ny\" is no header's name"),
        ),
        ("", "1", Refused("invalid", "\"\" is no header's name")),
        (
            "x",
            long.as_str(),
            Refused("limit", "over the limit of 16384"),
        ),
    ];
    let mut wrong = Vec::new();
    for (name, value, expected) in headers {
        let request = with_header(get("http://good.example:{port}/"), name, value);
        let outcome = outcome(request, vec![Reply::Echo]).await;
        if let Err(error) = &outcome {
            assert!(!error.to_string().contains("secret-part"), "{error}");
        }
        wrong.extend(judge(name, outcome, &expected));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn a_bot_has_no_say_in_how_its_request_is_carried() {
    let mut request = get("http://good.example:{port}/");
    for (name, value) in [
        ("Host", "evil.example"),
        ("Connection", "x-hop, close"),
        ("X-Hop", "1"),
        ("Keep-Alive", "1"),
        ("Proxy-Authorization", "1"),
        ("Proxy-Anything", "1"),
        ("TE", "trailers"),
        ("Trailer", "x"),
        ("Transfer-Encoding", "chunked"),
        ("Upgrade", "websocket"),
        ("Content-Length", "5"),
        ("Expect", "100-continue"),
    ] {
        request = with_header(request, name, value);
    }
    let mut bench = Bench::new(vec![Reply::Echo], RULES).await;
    let sent = super::harness::body(&bench.send(request).await.unwrap());
    let port = bench.upstream.port;
    assert_eq!(
        sent,
        format!("GET / HTTP/1.1\r\nhost: good.example:{port}\r\nconnection: close\r\n\r\n")
    );
}

#[tokio::test]
async fn whatever_is_slow_ends_at_the_deadline() {
    let slow = [
        ("good.example", Reply::Silence),
        (
            "good.example",
            Reply::Drip("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nfine, and slow"),
        ),
        (
            "good.example",
            Reply::Drip("HTTP/1.1 200 OK\r\nx: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy"),
        ),
        ("slow-name.example", Reply::Echo),
    ];
    for (host, reply) in slow {
        let rule = format!("GET http://{host}:{{port}}");
        let mut bench = Bench::new(vec![reply.clone()], &[&rule]).await;
        bench.caps = caps(Duration::from_millis(150));
        let outcome = bench.get(&format!("http://{host}:{{port}}/")).await;
        assert_eq!(outcome, Err(NotSent::Timeout), "{host} {reply:?}");
    }
}

#[tokio::test]
async fn a_name_is_looked_up_once_for_each_hop_and_the_address_that_was_checked_is_dialled() {
    let mut bench = Bench::new(vec![ok("fine")], RULES).await;
    bench.get("http://rebind.example:{port}/").await.unwrap();
    assert_eq!(bench.names.asked(), ["rebind.example"]);

    let outcome = bench.get("http://rebind.example:{port}/").await;
    let why = "\"rebind.example\" is at 10.0.0.1, a private address (RFC 1918), which bots may not reach unless \
         `egress.open_addresses` has it";
    assert_eq!(outcome, Err(NotSent::Denied(why.to_owned())));
    assert_eq!(bench.upstream.seen().len(), 1);
}
