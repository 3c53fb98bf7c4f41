//! What of a request goes along when it is redirected.

use super::harness::{Bench, body, get, post, with_header};
use super::upstream::{Reply, ok, redirect};
use crate::egress::Request;

const HERE: &str = "http://good.example:{port}/";
const THERE: &str = "http://there.example:{port}/";
const RULES: &[&str] = &[
    "GET,HEAD,POST,PUT http://good.example:{port}",
    "GET,HEAD,POST,PUT http://there.example:{port}",
];

async fn redirected(status: u16, request: Request) -> String {
    let mut bench = Bench::new(vec![redirect(status, THERE), Reply::Echo], RULES).await;
    bench.send(request).await.unwrap();
    bench.upstream.seen().pop().unwrap()
}

#[tokio::test]
async fn the_method_and_the_body_go_along_as_the_status_says() {
    for (status, method, then) in [
        (301, "POST", "GET"),
        (302, "POST", "GET"),
        (303, "POST", "GET"),
        (307, "POST", "POST"),
        (308, "POST", "POST"),
        (301, "PUT", "PUT"),
        (302, "PUT", "PUT"),
        (303, "PUT", "GET"),
        (307, "PUT", "PUT"),
        (303, "GET", "GET"),
        (302, "GET", "GET"),
    ] {
        let request = Request {
            method: method.to_owned(),
            ..post(HERE, "a body")
        };
        let request = with_header(request, "content-type", "text/x");
        let sent = redirected(status, request).await;
        let kept = method == then && status != 303;
        assert!(
            sent.starts_with(&format!("{then} / ")),
            "{status} {method}: {sent}"
        );
        assert_eq!(sent.ends_with("a body"), kept, "{status} {method}: {sent}");
        assert_eq!(
            sent.contains("content-type"),
            kept,
            "{status} {method}: {sent}"
        );
    }
}

#[tokio::test]
async fn head_stays_head() {
    for status in [301, 302, 303, 307, 308] {
        let request = Request {
            method: "HEAD".to_owned(),
            ..get(HERE)
        };
        assert!(redirected(status, request).await.starts_with("HEAD / "));
    }
}

#[tokio::test]
async fn what_a_bot_says_of_itself_stays_with_the_origin_it_said_it_to() {
    let mut request = get(HERE);
    for name in ["Authorization", "Cookie", "X-Api-Key", "Accept"] {
        request = with_header(request, name, "mine");
    }
    let sent = redirected(302, request.clone()).await;
    assert_eq!(sent.matches(": mine").count(), 1, "{sent}");
    assert!(sent.contains("accept: mine"), "{sent}");

    let mut bench = Bench::new(vec![redirect(302, "/next"), Reply::Echo], RULES).await;
    let sent = body(&bench.send(request).await.unwrap());
    assert!(
        sent.contains("authorization: mine") && sent.contains("cookie: mine"),
        "{sent}"
    );
}

#[tokio::test]
async fn the_fifth_redirect_is_the_last() {
    let mut replies = vec![redirect(302, "/"); 5];
    replies.push(ok("fine"));
    let mut bench = Bench::new(replies, RULES).await;
    assert_eq!(body(&bench.get(HERE).await.unwrap()), "fine");

    let mut bench = Bench::new(vec![redirect(302, "/")], RULES).await;
    let error = bench.get(HERE).await.unwrap_err();
    assert_eq!(error.case(), "limit");
    assert!(error.to_string().contains("more than 5 times"), "{error}");
    assert_eq!(bench.upstream.seen().len(), 6);
}

#[tokio::test]
async fn the_body_of_a_redirect_is_not_waited_for() {
    let endless = Reply::Endless("HTTP/1.1 302 Go\r\nlocation: /x\r\n\r\n", "more");
    let mut bench = Bench::new(vec![endless, ok("fine")], RULES).await;
    assert_eq!(body(&bench.get(HERE).await.unwrap()), "fine");
}
