//! What holds for any text, however odd.

use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use tokio::runtime::{Builder, Runtime};

use super::harness::{allowed, caps, get};
use crate::egress::{Egress, Found, Method, NotSent, Resolve, Rule, Settings};

/// Says that every name is inside, so that nothing is ever dialled, and notes which were asked.
#[derive(Debug, Default)]
struct AllInside {
    asked: Mutex<Vec<String>>,
}

impl Resolve for AllInside {
    fn resolve<'a>(&'a self, host: &'a str, _: &'a str) -> Found<'a> {
        self.asked.lock().unwrap().push(host.to_owned());
        Box::pin(async { Ok(vec![IpAddr::from([10, 0, 0, 1])]) })
    }
}

fn rule() -> impl Strategy<Value = String> {
    let methods = subsequence(Method::ALL.to_vec(), 1..=7).prop_shuffle();
    let scheme = select(vec!["http", "https"]);
    let name = "(\\*\\.)?[a-z]([a-z0-9-]{0,5}[a-z0-9])?(\\.[a-z]([a-z0-9-]{0,5}[a-z])?){1,3}";
    let address4 = any::<std::net::Ipv4Addr>().prop_map(|address| address.to_string());
    let host = prop_oneof![4 => name, 1 => address4];
    let port = prop_oneof![
        Just(String::new()),
        (1..=u16::MAX).prop_map(|port| format!(":{port}"))
    ];
    let secret = "( x-[a-z]{1,8}: ([ -z|~]{0,5}[!-z|~])?\\{[A-Za-z0-9_-]{1,64}\\}([!-z|~]{0,5}))?";
    (methods, scheme, host, port, secret).prop_map(|(methods, scheme, host, port, secret)| {
        let methods: Vec<&str> = methods.into_iter().map(Method::as_str).collect();
        // A value does not start with a space.
        let secret = secret.replacen(":  ", ": ", 1);
        format!("{} {scheme}://{host}{port}{secret}", methods.join(","))
    })
}

/// Text that is nearly an allowed URL, or nothing like it.
fn url() -> impl Strategy<Value = String> {
    let piece = select(vec![
        "http://",
        "https://",
        "HTTP:",
        "//",
        "/",
        "\\",
        "@",
        ":",
        ":80",
        ":443",
        "?",
        "#",
        "%2e",
        "%00",
        ".",
        "..",
        "good.example",
        "wild.example",
        "a.",
        "*.",
        "evil.example",
        "127.0.0.1",
        "[::1]",
        "[::ffff:7f00:1]",
        "0x7f.1",
        "\t",
        "\n",
        " ",
        "\u{ad}",
        "\u{3002}",
        "\u{ff0f}",
        "\u{ff20}",
        "\u{2024}",
        "\u{130}",
        "xn--",
        "-",
        "_",
        "|",
        "^",
        "\"",
        "<",
        "{",
        "`",
        "'",
        "\u{e9}",
        "\u{1f600}",
    ]);
    let pieces = prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat());
    let tail = pieces
        .clone()
        .prop_map(|tail| format!("http://good.example/{tail}"));
    prop_oneof![pieces, tail, "http://\\PC{0,20}", any::<String>()]
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn a_rules_text_is_the_rule(text in rule()) {
        let Ok(rule) = text.parse::<Rule>() else {
            // Most are rules; some names end as addresses do, or in a hyphen after `xn`.
            return Ok(());
        };
        let again: Rule = rule.to_string().parse().unwrap();
        prop_assert_eq!(&again, &rule);
        prop_assert_eq!(again.to_string(), rule.to_string());
    }

    #[test]
    fn any_text_is_a_rule_or_is_not(text in prop_oneof![any::<String>(), "GET https?://\\PC{0,20}( \\PC{0,20})?"]) {
        if let Ok(rule) = text.parse::<Rule>() {
            let again: Rule = rule.to_string().parse().unwrap();
            prop_assert_eq!(again, rule);
        }
    }

    #[test]
    fn any_url_is_allowed_or_goes_nowhere(url in url()) {
        let names = Arc::new(AllInside::default());
        let resolver = Arc::clone(&names) as Arc<dyn Resolve>;
        let egress = Egress::with_resolver(&Settings::default(), resolver).unwrap();
        let rules = ["GET http://good.example", "GET http://*.wild.example"].map(allowed);
        let mut caps = caps(Duration::from_secs(4));
        let outcome = runtime().block_on(egress.send(get(&url), &rules, &mut caps, "acme"));
        let error = outcome.unwrap_err();
        prop_assert!(matches!(error, NotSent::Denied(_) | NotSent::Invalid(_)), "{error}");
        prop_assert!(error.to_string().len() < 1000, "{error}");
        prop_assert!(!error.to_string().contains(char::is_control), "{error}");
        for name in names.asked.lock().unwrap().iter() {
            let label = name.strip_suffix(".wild.example");
            let wild = label.is_some_and(|label| !label.is_empty() && !label.contains('.'));
            prop_assert!(name == "good.example" || wild, "{name}");
        }
        prop_assert_eq!(caps.moved, 0);
    }
}
