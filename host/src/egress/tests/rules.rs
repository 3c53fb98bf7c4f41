//! Rules as people write them: what is taken, how it is written back, and what is said of the rest.

use url::Url;

use crate::egress::{Method, Rule};

fn canonical(text: &str) -> String {
    match text.parse::<Rule>() {
        Ok(rule) => rule.to_string(),
        Err(error) => format!("error: {error}"),
    }
}

#[test]
fn a_rule_has_one_text() {
    for (given, canonical_text) in [
        ("GET https://api.example.com", "GET https://api.example.com"),
        (
            "POST,GET,GET https://api.example.com:443",
            "GET,POST https://api.example.com",
        ),
        (
            "OPTIONS,DELETE,PATCH,PUT,POST,HEAD,GET http://a.b:80",
            "GET,HEAD,POST,PUT,PATCH,DELETE,OPTIONS http://a.b",
        ),
        ("GET http://a.b:443", "GET http://a.b:443"),
        (
            "GET https://*.example.com:8443",
            "GET https://*.example.com:8443",
        ),
        (
            "GET https://xn--bcher-kva.example",
            "GET https://xn--bcher-kva.example",
        ),
        ("GET http://localhost:8080", "GET http://localhost:8080"),
        ("GET http://192.0.2.1", "GET http://192.0.2.1"),
        (
            "GET http://[2001:db8::1]:8080",
            "GET http://[2001:db8::1]:8080",
        ),
        (
            "POST https://orders.example.com authorization: Bearer {orders-key}",
            "POST https://orders.example.com authorization: Bearer {orders-key}",
        ),
        (
            "GET https://a.b x-key: {K_1}",
            "GET https://a.b x-key: {K_1}",
        ),
    ] {
        assert_eq!(canonical(given), canonical_text);
        assert_eq!(canonical(canonical_text), canonical_text);
    }
}

#[test]
fn a_wrong_rule_is_told_what_would_be_right() {
    for (given, part) in [
        ("", "methods and an origin"),
        ("GET", "methods and an origin"),
        ("https://a.b", "methods and an origin"),
        (" https://a.b", "\"\" is no method"),
        ("get https://a.b", "\"get\" is no method: use GET"),
        ("GET,CONNECT https://a.b", "\"CONNECT\" is no method"),
        ("GET, https://a.b", "\"\" is no method"),
        ("* https://a.b", "\"*\" is no method"),
        ("GET  https://a.b", "\"\" does not start with a scheme"),
        (
            "GET a.b",
            "\"a.b\" does not start with a scheme: write https://",
        ),
        ("GET HTTPS://a.b", "write https://"),
        ("GET ftp://a.b", "write https://"),
        ("GET https://a.b/", "leave out the / at the end"),
        ("GET https://a.b/x", "leave out the `/` and all after it"),
        ("GET https://a.b?x", "leave out the `?`"),
        ("GET https://a.b#x", "leave out the `#`"),
        ("GET https://a.b\\x", "leave out the `\\`"),
        ("GET https://x@a.b", "no user or password"),
        ("GET https://x@a.b/y", "no user or password"),
        ("GET https://a.b:", "\"\" is no port"),
        ("GET https://a.b:0", "\"0\" is no port"),
        ("GET https://a.b:0443", "\"0443\" is no port"),
        ("GET https://a.b:+443", "\"+443\" is no port"),
        ("GET https://a.b:65536", "\"65536\" is no port"),
        ("GET https://", "\"\" is no host"),
        ("GET https://:80", "\"\" is no host"),
        ("GET https://A.b", "\"A.b\" means \"a.b\": write that"),
        ("GET https://a.b.", "\"a.b.\" means \"a.b\": write that"),
        (
            "GET https://b\u{fc}cher.example",
            "means \"xn--bcher-kva.example\": write that",
        ),
        ("GET https://%61.b", "means \"a.b\": write that"),
        ("GET https://2130706433", "means \"127.0.0.1\": write that"),
        ("GET https://127.1", "means \"127.0.0.1\": write that"),
        ("GET https://0x7f.0.0.1", "means \"127.0.0.1\": write that"),
        ("GET https://[::0:1]", "means \"[::1]\": write that"),
        (
            "GET https://[::ffff:127.0.0.1]",
            "means \"[::ffff:7f00:1]\": write that",
        ),
        ("GET https://::1", "is no host"),
        ("GET https://a\tb.c", "means \"ab.c\""),
        ("GET https://a..b", "is no host"),
        ("GET https://-a.b", "is no host"),
        ("GET https://a!.b", "is no host"),
        ("GET https://1.2.3.4.5", "is no host"),
        ("GET https://*", "wildcard"),
        ("GET https://*.com", "wildcard"),
        ("GET https://*.*.example.com", "wildcard"),
        ("GET https://a.*.example.com", "wildcard"),
        ("GET https://*a.example.com", "wildcard"),
        ("GET https://*.192.0.2.1", "wildcard"),
        ("GET https://*.[::1]", "wildcard"),
        ("GET https://a.b authorization", "is no header with a value"),
        (
            "GET https://a.b authorization:{k}",
            "is no header with a value",
        ),
        (
            "GET https://a.b authorization:  {k}",
            "is no header with a value",
        ),
        (
            "GET https://a.b authorization: {k} ",
            "is no header with a value",
        ),
        (
            "GET https://a.b authorization: {k}\r\nx: y",
            "is no header with a value",
        ),
        (
            "GET https://a.b Authorization: {k}",
            "no header's name in lower case",
        ),
        ("GET https://a.b a b: {k}", "no header's name in lower case"),
        (
            "GET https://a.b host: {k}",
            "\"host\" is set by the transport",
        ),
        (
            "GET https://a.b content-length: {k}",
            "set by the transport",
        ),
        (
            "GET https://a.b proxy-authorization: {k}",
            "set by the transport",
        ),
        ("GET https://a.b x: k", "exactly one secret"),
        ("GET https://a.b x: {k}{l}", "exactly one secret"),
        ("GET https://a.b x: {k", "exactly one secret"),
        ("GET https://a.b x: k}{l}", "exactly one secret"),
        ("GET https://a.b x: {{k}}", "exactly one secret"),
        ("GET https://a.b x: {}", "\"\" is not valid"),
        ("GET https://a.b x: {k.l}", "\"k.l\" is not valid"),
    ] {
        let text = canonical(given);
        assert!(
            text.starts_with("error: ") && text.contains(part),
            "{given:?}: {text}"
        );
    }
    let long = format!("GET https://a.b x: {{k}}{}", "y".repeat(512));
    assert!(canonical(&long).contains("at most 512 bytes"));
    let name = format!("GET https://a.b x: {{{}}}", "y".repeat(101));
    let text = canonical(&name);
    assert!(text.contains("use 1 to 100 of"), "{text}");
}

#[test]
fn an_error_repeats_little_of_what_it_is_about() {
    let text = canonical(&format!("GET https://{}", "\u{1b}x".repeat(200)));
    assert!(text.len() < 1000 && !text.contains('\u{1b}'), "{text}");
}

#[test]
fn a_rule_is_its_text_wherever_it_is_written() {
    let text = "\"GET https://a.b x: {k}\"";
    let rule: Rule = serde_json::from_str(text).unwrap();
    assert_eq!(rule.secret().map(ToString::to_string).as_deref(), Some("k"));
    assert_eq!(serde_json::to_string(&rule).unwrap(), text);
    assert!(serde_json::from_str::<Rule>("\"GET https://a.b/\"").is_err());
    assert_eq!("GET https://a.b".parse::<Rule>().unwrap().secret(), None);
}

#[test]
fn a_rule_allows_its_methods_at_its_origin() {
    let rule: Rule = "GET,POST https://*.example.com".parse().unwrap();
    for (method, url, allowed) in [
        (Method::Get, "https://a.example.com/x?y", true),
        (Method::Post, "https://a.example.com:443/", true),
        (Method::Put, "https://a.example.com/", false),
        (Method::Get, "http://a.example.com/", false),
        (Method::Get, "http://a.example.com:443/", false),
        (Method::Get, "https://a.example.com:8443/", false),
        (Method::Get, "https://example.com/", false),
        (Method::Get, "https://a.b.example.com/", false),
        (Method::Get, "https://evil-example.com/", false),
        (Method::Get, "https://example.com.evil.net/", false),
        (Method::Get, "https://a.example.com./", false),
        (Method::Get, "https://.example.com/", false),
    ] {
        let parsed = Url::parse(url).unwrap();
        assert_eq!(rule.allows(method, &parsed), allowed, "{method} {url}");
    }
}
