//! Answers as broken and hostile servers give them, each with what a bot gets of it.

use super::harness::get;
use super::tricks::Expected::{self, Refused, Served};
use super::tricks::{judge, outcome};
use super::upstream::{Reply, ok, raw};

fn many_headers(count: usize) -> Reply {
    let headers: String = (0..count)
        .map(|index| format!("x-{index}: 1\r\n"))
        .collect();
    raw(&format!("HTTP/1.1 200 OK\r\n{headers}\r\nfine"))
}

fn answers() -> Vec<(&'static str, Reply, Expected)> {
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    // What `hello` is packed into.
    let packed = [
        31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 203, 72, 205, 201, 201, 7, 0, 134, 166, 16, 54, 5, 0, 0, 0,
    ];
    let mut gzip = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n".to_vec();
    let gzip_head = gzip.len();
    gzip.extend_from_slice(&packed);
    let mut bomb = gzip[..gzip_head].to_vec();
    bomb.extend(std::iter::repeat_n(0xff, 100 * 1024));
    vec![
        ("a plain answer", ok("fine"), Served(200, "fine")),
        (
            "an error is an answer",
            raw("HTTP/1.1 500 Oops\r\n\r\nsorry"),
            Served(500, "sorry"),
        ),
        (
            "HTTP/1.0",
            raw("HTTP/1.0 200 OK\r\n\r\nold"),
            Served(200, "old"),
        ),
        (
            "chunks",
            raw(&format!("{chunked}4\r\nfine\r\n0\r\n\r\n")),
            Served(200, "fine"),
        ),
        (
            "trailers",
            raw(&format!("{chunked}4\r\nfine\r\n0\r\nx: y\r\n\r\n")),
            Served(200, "fine"),
        ),
        (
            "an early hint",
            raw("HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 200 OK\r\n\r\nfine"),
            Served(200, "fine"),
        ),
        ("no body", raw("HTTP/1.1 204 No\r\n\r\n"), Served(204, "")),
        (
            "not modified",
            raw("HTTP/1.1 304 No\r\ncontent-length: 5\r\n\r\n"),
            Served(304, ""),
        ),
        ("64 headers", many_headers(64), Served(200, "fine")),
        (
            "a redirect to nowhere",
            raw("HTTP/1.1 302 Go\r\n\r\nwhere"),
            Served(302, "where"),
        ),
        (
            "multiple choices",
            raw("HTTP/1.1 300 Go\r\nlocation: /x\r\n\r\nmany"),
            Served(300, "many"),
        ),
        (
            "packed, and not unpacked",
            Reply::Raw(gzip),
            Served(200, "\u{fffd}"),
        ),
        (
            "more than its length",
            raw("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nfine, and more"),
            Served(200, "fine"),
        ),
        (
            "a bomb",
            Reply::Raw(bomb),
            Refused("limit", "a body over the limit of 65536"),
        ),
        (
            "a length over the limit",
            raw("HTTP/1.1 200 OK\r\ncontent-length: 65537\r\n\r\n"),
            Refused("limit", "over the limit of 65536"),
        ),
        (
            "less than its length",
            raw("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nfine"),
            Refused("connection", "before its response was whole"),
        ),
        (
            "a length that is none",
            raw("HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\nfine"),
            Refused("connection", "did not answer in HTTP"),
        ),
        (
            "two lengths",
            raw("HTTP/1.1 200 OK\r\ncontent-length: 4\r\ncontent-length: 5\r\n\r\nfine!"),
            Refused("connection", "did not answer in HTTP"),
        ),
        (
            "a length and chunks",
            raw(
                "HTTP/1.1 200 OK\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n4\r\nfine\r\n0\r\n\r\n",
            ),
            Refused("connection", "both"),
        ),
        (
            "65 headers",
            many_headers(65),
            Refused("limit", "a head over the limit of 64 headers"),
        ),
        (
            "endless headers",
            Reply::Endless("HTTP/1.1 200 OK\r\n", "x: y\r\n"),
            Refused("limit", "a head over the limit"),
        ),
        (
            "a head of 40 KiB",
            raw(&format!(
                "HTTP/1.1 200 OK\r\nx: {}\r\n\r\n",
                "y".repeat(40 * 1024)
            )),
            Refused("limit", "a head over the limit"),
        ),
        (
            "a head of 1 MiB",
            raw(&format!(
                "HTTP/1.1 200 OK\r\nx: {}\r\n\r\n",
                "y".repeat(1024 * 1024)
            )),
            Refused("limit", "a head over the limit"),
        ),
        (
            "an endless line",
            Reply::Endless("HTTP/1.1 200 ", "OK "),
            Refused("limit", "a head over the limit"),
        ),
        (
            "endless hints",
            Reply::Endless("", "HTTP/1.1 103 Early\r\nlink: </x>\r\n\r\n"),
            Refused("limit", "more than a response"),
        ),
        (
            "endless chunks",
            Reply::Endless(chunked, "4\r\nfine\r\n"),
            Refused("limit", "a body over the limit"),
        ),
        (
            "endless chunk extensions",
            Reply::Endless(chunked, "1;x=yyyyyyyyyyyyyyyyyyyyyyyyyyy\r\nz\r\n"),
            Refused("connection", ""),
        ),
        (
            "a chunk of all there is",
            raw(&format!("{chunked}ffffffffffffffff\r\nfine")),
            Refused("connection", "whole"),
        ),
        (
            "a chunk of more than that",
            raw(&format!("{chunked}fffffffffffffffff\r\nfine")),
            Refused("connection", ""),
        ),
        (
            "an endless body",
            Reply::Endless("HTTP/1.1 200 OK\r\n\r\n", "fine"),
            Refused("limit", "a body over the limit"),
        ),
        (
            "another protocol",
            raw("HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"),
            Refused("connection", "switched"),
        ),
        (
            "garbage",
            raw("SSH-2.0-OpenSSH_9.6\r\n"),
            Refused("connection", "did not answer in HTTP"),
        ),
        (
            "HTTP/0.9",
            raw("fine"),
            Refused("connection", "did not answer in HTTP"),
        ),
        (
            "HTTP/2",
            raw("HTTP/2 200 OK\r\n\r\n"),
            Refused("connection", "did not answer in HTTP"),
        ),
        (
            "a NUL in a header",
            raw("HTTP/1.1 200 OK\r\nx: \0\r\n\r\n"),
            Refused("connection", "did not answer in HTTP"),
        ),
        (
            "a folded header",
            raw("HTTP/1.1 200 OK\r\nx: 1\r\n y: 2\r\n\r\n"),
            Refused("connection", "did not answer in HTTP"),
        ),
        (
            "nothing",
            Reply::Nothing,
            Refused("connection", "before its response was whole"),
        ),
        (
            "half a head",
            raw("HTTP/1.1 200 OK\r\nx: "),
            Refused("connection", "before its response was whole"),
        ),
        (
            "half a chunk",
            raw(&format!("{chunked}9\r\nfine")),
            Refused("connection", "whole"),
        ),
    ]
}

#[tokio::test]
async fn an_answer_is_passed_on_only_if_it_is_whole_and_within_its_limits() {
    let mut wrong = Vec::new();
    for (what, reply, expected) in answers() {
        let outcome = outcome(get("http://good.example:{port}/"), vec![reply]).await;
        wrong.extend(judge(what, outcome, &expected));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
