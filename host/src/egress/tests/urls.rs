//! URLs as bots and redirects give them, each with what becomes of it; beside the tricks, the honest ones that have to
//! go through.

use super::harness::get;
use super::tricks::Expected::{self, Refused, Served};
use super::tricks::{judge, outcome};
use super::upstream::{Reply, redirect};

const URLS: &[(&str, Expected)] = &[
    // Controls.
    (
        "http://good.example:{port}/a?b=c",
        Served(200, "GET /a?b=c HTTP/1.1"),
    ),
    (
        "HTTP://GOOD.EXAMPLE:{port}/",
        Served(200, "host: good.example:"),
    ),
    ("http://good.example:{port}", Served(200, "GET / HTTP/1.1")),
    (
        "http://good.example:{port}/#secret-part",
        Served(200, "GET / HTTP/1.1"),
    ),
    (
        "http://good.example:{port}/a/../b/./c",
        Served(200, "GET /b/c HTTP/1.1"),
    ),
    (
        "http://good.example:{port}/?u=http://evil.example@x/",
        Served(200, "?u=http://evil.example@x/"),
    ),
    (
        "http://good.example:{port}//evil.example/",
        Served(200, "host: good.example:"),
    ),
    (
        "http://good.example:{port}/http://evil.example/",
        Served(200, "host: good.example:"),
    ),
    (
        "http://a.wild.example:{port}/",
        Served(200, "host: a.wild.example:"),
    ),
    (
        "http://b\u{fc}cher.example:{port}/",
        Served(200, "host: xn--bcher-kva.example:"),
    ),
    (
        "http://g\u{ff4f}od.example:{port}/",
        Served(200, "host: good.example:"),
    ),
    ("http://127.0.0.1:{port}/", Served(200, "host: 127.0.0.1:")),
    ("http://2130706433:{port}/", Served(200, "host: 127.0.0.1:")),
    (
        "http://[::ffff:127.0.0.1]:{port}/",
        Served(200, "host: [::ffff:7f00:1]:"),
    ),
    (
        "http://mapped-open.example:{port}/",
        Served(200, "host: mapped-open.example:"),
    ),
    (
        "http://second.example:{port}/",
        Served(200, "host: second.example:"),
    ),
    (
        "http://rebind.example:{port}/",
        Served(200, "host: rebind.example:"),
    ),
    // What URLs hide.
    (
        "http://good.example@evil.example:{port}/",
        Refused("invalid", "user"),
    ),
    (
        "http://good.example:{port}@evil.example/",
        Refused("invalid", "user"),
    ),
    (
        "http://user:secret-part@good.example:{port}/",
        Refused("invalid", "user"),
    ),
    ("http://@good.example:{port}/", Refused("invalid", "user")),
    (
        "http://good.example:{port}\\@evil.example/",
        Refused("invalid", "`\\\\`"),
    ),
    (
        "http:\\\\good.example:{port}/",
        Refused("invalid", "`\\\\`"),
    ),
    (
        "http://good.example:{port}/a\tb",
        Refused("invalid", "`\\t`"),
    ),
    ("http://good.exa\nmple:{port}/", Refused("invalid", "`\\n`")),
    (
        "http://good.example:{port}/ HTTP/1.1\r\nx: y",
        Refused("invalid", "` `"),
    ),
    (" http://good.example:{port}/", Refused("invalid", "` `")),
    (
        "http://good.example:{port}/\0",
        Refused("invalid", "`\\u{0}`"),
    ),
    (
        "http://%67ood.example:{port}/",
        Refused("invalid", "percent-encoded"),
    ),
    (
        "http://good.example%2f@evil.example/",
        Refused("invalid", "user"),
    ),
    (
        "http://good.example%00.evil.example/",
        Refused("invalid", "cannot be parsed"),
    ),
    ("http:good.example:{port}/", Refused("invalid", "no //")),
    (
        "http:///good.example:{port}/",
        Refused("invalid", "no host"),
    ),
    (
        "//good.example:{port}/",
        Refused("invalid", "cannot be parsed"),
    ),
    ("/path", Refused("invalid", "cannot be parsed")),
    ("", Refused("invalid", "cannot be parsed")),
    ("http://", Refused("invalid", "cannot be parsed")),
    (
        "http://good.example.:{port}/",
        Refused("invalid", "dot at the end"),
    ),
    ("http://good.example:0/", Refused("invalid", "port 0")),
    ("http://good.example:99999/", Refused("invalid", "port")),
    (
        "http://exa!mple.example/",
        Refused("invalid", "no DNS name"),
    ),
    ("http://-.example/", Refused("invalid", "no DNS name")),
    (
        "http://*.wild.example:{port}/",
        Refused("invalid", "no DNS name"),
    ),
    ("file:///etc/passwd", Refused("invalid", "scheme \"file\"")),
    (
        "gopher://good.example:{port}/",
        Refused("invalid", "scheme \"gopher\""),
    ),
    (
        "ws://good.example:{port}/",
        Refused("invalid", "scheme \"ws\""),
    ),
    (
        "javascript:alert(1)",
        Refused("invalid", "scheme \"javascript\""),
    ),
    ("data:text/plain,hi", Refused("invalid", "scheme \"data\"")),
    (
        "unix:/run/docker.sock",
        Refused("invalid", "scheme \"unix\""),
    ),
    // Names that only look allowed.
    (
        "http://evil.example:{port}/",
        Refused("denied", "no rule allows GET http://evil.example:"),
    ),
    (
        "https://good.example:{port}/",
        Refused("denied", "no rule allows GET https://good.example:"),
    ),
    (
        "http://good.example/?secret-part",
        Refused("denied", "no rule allows GET http://good.example"),
    ),
    ("http://wild.example:{port}/", Refused("denied", "no rule")),
    (
        "http://a.b.wild.example:{port}/",
        Refused("denied", "no rule"),
    ),
    (
        "http://evil-wild.example:{port}/",
        Refused("denied", "no rule"),
    ),
    (
        "http://a.wild.example.evil.example:{port}/",
        Refused("denied", "no rule"),
    ),
    (
        "http://good.example.evil.net:{port}/",
        Refused("denied", "no rule"),
    ),
    (
        "http://evilgood.example:{port}/",
        Refused("denied", "no rule"),
    ),
    (
        "http://.wild.example:{port}/",
        Refused("invalid", "no DNS name"),
    ),
    (
        "http://g\u{43e}od.example:{port}/",
        Refused("denied", "http://xn--"),
    ),
    ("http://localhost:{port}/", Refused("denied", "no rule")),
    // Addresses, however they are written.
    (
        "http://\u{ff11}\u{ff12}\u{ff17}.0.0.2:{port}/",
        Refused("denied", "GET http://127.0.0.2:"),
    ),
    (
        "http://2130706434:{port}/",
        Refused("denied", "GET http://127.0.0.2:"),
    ),
    (
        "http://0x7f000002:{port}/",
        Refused("denied", "GET http://127.0.0.2:"),
    ),
    (
        "http://0177.0.0.2:{port}/",
        Refused("denied", "GET http://127.0.0.2:"),
    ),
    (
        "http://127.2:{port}/",
        Refused("denied", "GET http://127.0.0.2:"),
    ),
    ("http://1.2.3.4.5/", Refused("invalid", "cannot be parsed")),
    ("http://256.1.1.1/", Refused("invalid", "cannot be parsed")),
    (
        "http://0/",
        Refused("denied", "0.0.0.0 is an address of \"this network\""),
    ),
    (
        "http://0.0.0.0/",
        Refused("denied", "which bots may not reach"),
    ),
    (
        "http://0xa9fea9fe/",
        Refused("denied", "169.254.169.254 is a link-local"),
    ),
    (
        "http://169.254.169.254/latest/",
        Refused("denied", "metadata"),
    ),
    ("http://100.100.100.200/", Refused("denied", "RFC 6598")),
    ("http://168.63.129.16/", Refused("denied", "Azure")),
    (
        "http://[::ffff:10.0.0.1]/",
        Refused("denied", "10.0.0.1 is a private"),
    ),
    (
        "http://[::ffff:a00:1]/",
        Refused("denied", "10.0.0.1 is a private"),
    ),
    ("http://[64:ff9b::7f00:1]/", Refused("denied", "translator")),
    ("http://[2002:7f00:1::]/", Refused("denied", "6to4")),
    ("http://[fd00:ec2::254]/", Refused("denied", "RFC 4193")),
    ("http://[::1]/", Refused("denied", "loopback")),
    ("http://[0:0:0:0:0:0:0:1]/", Refused("denied", "loopback")),
    ("http://[fe80::1]/", Refused("denied", "link-local")),
    (
        "http://[fe80::1%25eth0]/",
        Refused("invalid", "cannot be parsed"),
    ),
    (
        "http://[fe80::1%eth0]/",
        Refused("invalid", "cannot be parsed"),
    ),
    // What names are at.
    (
        "http://private.example/",
        Refused(
            "denied",
            "\"private.example\" is at 10.0.0.1, a private address (RFC 1918)",
        ),
    ),
    (
        "http://meta.example/",
        Refused("denied", "is at 169.254.169.254"),
    ),
    (
        "http://mixed.example:{port}/",
        Refused("denied", "is at 10.0.0.1"),
    ),
    (
        "http://mapped.example/",
        Refused("denied", "is at 10.0.0.1"),
    ),
    (
        "http://compatible.example/",
        Refused("denied", "is at 10.0.0.1"),
    ),
    (
        "http://translated.example/",
        Refused("denied", "is at 64:ff9b::7f00:1"),
    ),
    ("http://loopback6.example/", Refused("denied", "is at ::1")),
    (
        "http://unique-local.example/",
        Refused("denied", "is at fd00:ec2::254"),
    ),
    (
        "http://nowhere.example/",
        Refused("connection", "has no address"),
    ),
    (
        "http://missing.example/",
        Refused("connection", "was not found"),
    ),
];

#[tokio::test]
async fn a_url_gets_through_only_if_it_is_what_a_rule_says_and_where_bots_may_go() {
    let mut wrong = Vec::new();
    for (url, expected) in URLS {
        let outcome = outcome(get(url), vec![Reply::Echo]).await;
        if let Err(error) = &outcome {
            assert!(!error.to_string().contains("secret-part"), "{error}");
        }
        wrong.extend(judge(&format!("{url:?}"), outcome, expected));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A redirect's target, and what becomes of a request that is sent there.
const LOCATIONS: &[(&str, Expected)] = &[
    ("/there", Served(200, "GET /there HTTP/1.1")),
    (
        "there?x=http://a@b/",
        Served(200, "GET /there?x=http://a@b/ HTTP/1.1"),
    ),
    (
        "//a.wild.example:{port}/x",
        Served(200, "host: a.wild.example:"),
    ),
    (
        "http://a.wild.example:{port}/",
        Served(200, "host: a.wild.example:"),
    ),
    (
        "http://169.254.169.254/",
        Refused(
            "denied",
            "a redirect to http://169.254.169.254: 169.254.169.254 is",
        ),
    ),
    (
        "http://private.example/",
        Refused(
            "denied",
            "a redirect to http://private.example: \"private.example\" is at 10",
        ),
    ),
    (
        "http://evil.example:{port}/",
        Refused("denied", "no rule allows GET http://evil.example"),
    ),
    (
        "//evil.example:{port}/",
        Refused("denied", "no rule allows GET http://evil.example"),
    ),
    (
        "https://good.example:{port}/",
        Refused("denied", "no rule allows GET https://good.example"),
    ),
    ("file:///etc/passwd", Refused("denied", "scheme \"file\"")),
    (
        "javascript:alert(1)",
        Refused("denied", "scheme \"javascript\""),
    ),
    (
        "http://user@good.example:{port}/",
        Refused("denied", "a user or a password"),
    ),
    (
        "//user@good.example:{port}/",
        Refused("denied", "a user or a password"),
    ),
    ("\\\\evil.example/", Refused("denied", "`\\\\`")),
    ("/a b", Refused("denied", "` `")),
    ("http:evil.example", Refused("denied", "no //")),
    (
        "http://nowhere.example/",
        Refused("connection", "has no address"),
    ),
];

#[tokio::test]
async fn a_redirect_leads_only_where_the_bot_might_have_gone() {
    let mut wrong = Vec::new();
    for (to, expected) in LOCATIONS {
        let replies = vec![redirect(302, to), Reply::Echo];
        let outcome = outcome(get("http://good.example:{port}/"), replies).await;
        wrong.extend(judge(&format!("to {to:?}"), outcome, expected));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn a_url_has_its_limit_as_it_is_given_and_as_it_is_sent() {
    let start = "http://good.example:{port}/";
    let long = |part: &str, bytes: usize| format!("{start}{}", part.repeat(bytes / part.len()));
    let fits = outcome(get(&long("x", 8000)), vec![Reply::Echo]).await;
    assert_eq!(fits.map(|response| response.status), Ok(200));
    for url in [
        long("x", 8192),
        long("\u{e9}", 4000),
        format!("{start}#{}", "x".repeat(8192)),
    ] {
        let refused = outcome(get(&url), vec![Reply::Echo]).await.unwrap_err();
        assert_eq!(refused.to_string(), "the URL is longer than 8192 bytes");
    }
}
