//! Secrets go where their rule says, and come back to no bot.

use super::harness::{Bench, body, get, with_header};
use super::upstream::{Reply, ok, raw, redirect};
use crate::egress::response::Answer;
use crate::egress::secrets::Secrets;
use crate::egress::{Allowed, NotSent};

const URL: &str = "http://good.example:{port}/";
const RULES: &[&str] = &[
    "GET http://good.example:{port} authorization: Bearer {key}",
    "GET http://good.example:{port} x-never: {first-rule-wins}",
    "GET http://there.example:{port}",
    "GET http://own.example:{port} x-api-key: {other}",
];

#[tokio::test]
async fn the_first_rule_that_allows_a_request_adds_its_secret() {
    let mut bench = Bench::new(vec![Reply::Echo], RULES).await;
    let request = with_header(get(URL), "Authorization", "the bot's own");
    let response = bench.send(request).await.unwrap();
    let sent = bench.upstream.seen().pop().unwrap();
    assert!(
        sent.contains("authorization: Bearer value-of-key\r\n"),
        "{sent}"
    );
    assert!(
        !sent.contains("the bot's own") && !sent.contains("x-never"),
        "{sent}"
    );
    let told = body(&response);
    assert!(
        told.contains("authorization: Bearer ************\r\n"),
        "{told}"
    );
    assert_eq!(told.len(), sent.len());
}

#[tokio::test]
async fn a_secret_that_is_repeated_is_hidden_wherever_it_stands() {
    let answer = "HTTP/1.1 200 OK\r\nx-echo: Bearer value-of-key!\r\nx-value-of-key: 1\r\n\r\n\
        value-of-kvalue-of-keyvalue-of-key, and value-of-ke";
    let mut bench = Bench::new(vec![raw(answer)], RULES).await;
    let response = bench.get(URL).await.unwrap();
    let (stars, header) = ("*".repeat(12), |name: &str, value: &str| {
        (name.to_owned(), value.to_owned())
    });
    assert_eq!(
        response.headers,
        [
            header("x-echo", &format!("Bearer {stars}!")),
            header(&format!("x-{stars}"), "1"),
        ]
    );
    assert_eq!(
        body(&response),
        format!("value-of-k{stars}{stars}, and value-of-ke")
    );
}

#[tokio::test]
async fn a_secret_stays_with_its_own_origin() {
    let location = "http://there.example:{port}/?got=value-of-key";
    let mut bench = Bench::new(vec![redirect(302, location), Reply::Echo], RULES).await;
    let told = body(&bench.get(URL).await.unwrap());
    assert!(
        told.starts_with("GET /?got=************ HTTP/1.1"),
        "{told}"
    );
    assert!(!bench.upstream.seen()[1].contains("value-of"));

    let own = "http://own.example:{port}/";
    let echo = raw("HTTP/1.1 200 OK\r\n\r\nvalue-of-key value-of-other");
    let mut bench = Bench::new(vec![redirect(302, own), echo], RULES).await;
    assert_eq!(
        body(&bench.get(URL).await.unwrap()),
        "************ **************"
    );
    let sent = bench.upstream.seen().pop().unwrap();
    assert!(
        sent.contains("x-api-key: value-of-other") && !sent.contains("authorization"),
        "{sent}"
    );
}

#[tokio::test]
async fn a_secret_that_is_missing_or_cannot_be_sent_stops_the_request() {
    for (value, why) in [
        (None, "is not set"),
        (Some(""), "is not set"),
        (Some("two\nlines"), "line break"),
        (Some("split\r\nx: y"), "line break"),
    ] {
        let mut bench = Bench::new(vec![ok("fine")], RULES).await;
        bench.allowed[0].secret = value.map(Into::into);
        let error = bench.get(URL).await.unwrap_err();
        assert_eq!(error.case(), "denied");
        let error = error.to_string();
        assert!(error.contains("\"key\"") && error.contains(why), "{error}");
        assert!(
            !error.contains("lines") && !error.contains("split"),
            "{error}"
        );
        assert!(bench.names.asked().is_empty());
    }
}

#[tokio::test]
async fn a_secret_is_in_no_text_of_ours() {
    let mut bench = Bench::new(vec![raw("value-of-key")], RULES).await;
    let shown = format!("{:?}", bench.allowed);
    assert!(
        shown.contains("{key}") && !shown.contains("value-of"),
        "{shown}"
    );
    let error = bench.get(URL).await.unwrap_err();
    assert!(matches!(error, NotSent::Connection(_)));
    assert!(!error.to_string().contains("value-of"), "{error}");
}

#[tokio::test]
async fn a_rule_without_a_secret_takes_none() {
    let mut bench = Bench::new(vec![Reply::Echo], &["GET http://good.example:{port}"]).await;
    let rule = bench.allowed[0].rule.clone();
    bench.allowed[0] = Allowed {
        rule,
        secret: Some("unused".into()),
    };
    let told = body(&bench.get(URL).await.unwrap());
    assert!(!told.contains("unused") && !told.contains('*'), "{told}");
}

#[test]
fn secrets_that_overlap_are_hidden_whole() {
    let mut secrets = Secrets::default();
    for value in ["abcabc", "bc", "cx"] {
        secrets.note(value);
    }
    for (text, hidden) in [
        ("-abcabc-", "-******-"),
        ("-abcabcabc-", "-*********-"),
        ("-abcabcx-", "-*******-"),
        ("-abcx-", "-a***-"),
        ("-abcab", "-a**ab"),
    ] {
        let body = text.as_bytes().to_vec();
        let mut answer = Answer {
            status: 200,
            headers: Vec::new(),
            body,
        };
        secrets.hide_in(&mut answer);
        assert_eq!(String::from_utf8_lossy(&answer.body), hidden, "{text}");
    }
}
