//! What a lambda reaches beyond itself, by the names that LivePerson's libraries and the web have for it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::thread;

use harness::host::{Served, host_with_secret};
use harness::javascript::{self, script};
use retort::egress;
use retort::sandbox::World;
use serde_json::{Value, json};

/// A server that answers with what it was asked, as JSON, and with the status that the path begins with.
fn upstream() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let mut read = Vec::new();
            let mut piece = [0; 4096];
            let head = loop {
                let length = stream.read(&mut piece).expect("a request");
                read.extend_from_slice(&piece[..length]);
                if let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") {
                    break String::from_utf8(read[..end].to_vec()).expect("text");
                }
            };
            let field = |name: &str| {
                let line = head
                    .lines()
                    .find(|line| line.to_lowercase().starts_with(&format!("{name}:")));
                line.map(|line| line[name.len() + 1..].trim().to_owned())
            };
            let length: usize =
                field("content-length").map_or(0, |length| length.parse().expect("a number"));
            let mut body = read[head.len() + 4..].to_vec();
            while body.len() < length {
                let more = stream.read(&mut piece).expect("a body");
                body.extend_from_slice(&piece[..more]);
            }
            let line = head.lines().next().expect("a line").to_owned();
            let path = line.split('/').nth(1).unwrap_or_default();
            let status = path.get(..3).and_then(|digits| digits.parse().ok());
            let status: u16 = status.unwrap_or(200);
            let answer = json!({
                "line": line, "type": field("content-type"), "own": field("x-own"), "accept": field("accept"),
                "body": String::from_utf8_lossy(&body),
            });
            let answer = answer.to_string();
            let sent = format!(
                "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\nx-two: a\r\nx-two: b\r\ncontent-length: {}\r\n\r\n{answer}",
                answer.len()
            );
            stream.write_all(sent.as_bytes()).expect("it is read");
        }
    });
    address
}

async fn host(source: &str, at: SocketAddr) -> Served {
    let mut settings = javascript::settings().await;
    settings.egress = egress::Settings {
        open_addresses: vec!["127.0.0.0/8".parse().expect("a range")],
        ..egress::Settings::default()
    };
    let rule = format!("GET,POST http://{at}");
    let manifest = format!("[wants]\nsecrets = [\"word\", \"unset\"]\nhttp = [\"{rule}\"]\n");
    let host = host_with_secret(settings, "acme", "word", "open sesame, quickly").await;
    let host = host.granting(&["secret:word", "secret:unset", &format!("http:{rule}")]);
    host.with_bot("lambda", &script(source, &manifest, World::Function))
        .await
}

async fn gives(source: &str) -> Value {
    let at = upstream();
    let host = host(source, at).await;
    let payload = json!({ "url": format!("http://{at}") });
    let invoked = host.invoke("lambda", Vec::new(), payload).await;
    let returned = invoked.result.unwrap_or_else(|error| panic!("{error}"));
    serde_json::from_str(returned.json().get()).expect("JSON")
}

#[tokio::test]
async fn fetch_sends_and_reads() {
    let given = gives(
        "async function lambda({ payload: { url } }) {
            const answer = await fetch(`${url}/201/orders?x=1`, {
                method: 'post', headers: { 'X-Own': 'yes' }, body: JSON.stringify({ ü: 1 }),
            });
            const copy = answer.clone();
            const plain = await fetch(url);
            let twice;
            const json = await answer.json();
            try { await answer.text(); } catch (error) { twice = error.name; }
            return {
                status: answer.status, ok: answer.ok, kind: answer.headers.get('Content-Type'), two: answer.headers.get('x-two'),
                json, text: typeof (await copy.text()), plain: (await plain.json()).line, twice,
                all: (await Promise.all([1, 2, 3].map((n) => fetch(`${url}/404/${n}`)))).map((one) => [one.ok, one.status]),
            };
        }",
    );
    let given = given.await;
    assert_eq!(given["json"]["line"], "POST /201/orders?x=1 HTTP/1.1");
    assert_eq!(given["json"]["body"], "{\"ü\":1}");
    assert_eq!(given["json"]["type"], "text/plain;charset=UTF-8");
    assert_eq!(given["json"]["own"], "yes");
    assert_eq!(given["plain"], "GET / HTTP/1.1");
    assert_eq!(
        [
            &given["status"],
            &given["ok"],
            &given["kind"],
            &given["two"],
            &given["text"],
            &given["twice"]
        ],
        [
            &json!(201),
            &json!(true),
            &json!("application/json"),
            &json!("a, b"),
            &json!("string"),
            &json!("TypeError")
        ]
    );
    assert_eq!(
        given["all"],
        json!([[false, 404], [false, 404], [false, 404]])
    );
}

#[tokio::test]
async fn what_is_not_granted_fails_as_fetch_does_with_the_reason_as_its_cause() {
    let given = gives(
        "async function lambda({ payload: { url } }) {
            const why = async (...of) => { try { await fetch(...of); } catch (error) { return [error.name, error.cause.code, error.cause.message]; } };
            return [await why('https://example.com'), await why(url, { method: 'DELETE' }), await why('no url')];
        }",
    );
    let given = given.await;
    for (at, code) in ["denied", "denied", "invalid"].iter().enumerate() {
        assert_eq!(
            [&given[at][0], &given[at][1]],
            [&json!("TypeError"), &json!(code)],
            "{given}"
        );
    }
    assert!(
        given[0][2].as_str().expect("words").contains("[wants]"),
        "{given}"
    );
}

#[tokio::test]
async fn livepersons_toolbelt_reads_secrets_and_sends() {
    for toolbelt in [
        "const { Toolbelt } = require('lp-faas-toolbelt');",
        "import { Toolbelt } from 'core-functions-toolbelt';",
        "import toolbelt from 'core-functions-toolbelt'; const { Toolbelt } = toolbelt;",
    ] {
        let source = format!(
            "{toolbelt}
            async function lambda({{ payload: {{ url }} }}) {{
                const secrets = Toolbelt.SecretClient();
                const http = Toolbelt.HTTPClient();
                const why = async (of) => {{ try {{ return await of(); }} catch (error) {{ return [error.name, error.code ?? error.statusCode ?? error.message]; }} }};
                return {{
                    length: (await secrets.readSecret('word')).value.length,
                    unset: await why(() => secrets.readSecret('unset')), denied: await why(() => secrets.readSecret('other')),
                    posted: await http(url + '/200', {{ method: 'POST', json: true, body: {{ a: 1 }}, headers: {{ 'x-own': 'v1' }} }}),
                    whole: (await http(url + '/200', {{ simple: false, resolveWithFullResponse: true }})).statusCode,
                    failed: await why(() => http(url + '/500', {{ json: true }})),
                    missing: await why(() => Toolbelt.SDEUtil()),
                }};
            }}"
        );
        let given = gives(&source).await;
        assert_eq!(given["length"], 20, "{given}");
        assert_eq!(
            given["unset"],
            json!(["Error", "com.liveperson.faas.secret.not-found"])
        );
        assert_eq!(
            given["denied"],
            json!(["Error", "com.liveperson.faas.secret.forbidden"])
        );
        assert_eq!(given["posted"]["body"], "{\"a\":1}");
        assert_eq!(given["posted"]["type"], "application/json");
        assert_eq!(given["posted"]["own"], "v1");
        assert_eq!(given["whole"], 200);
        assert_eq!(given["failed"], json!(["StatusCodeError", 500]));
        let missing = given["missing"][1].as_str().expect("words");
        assert!(
            missing.contains("is not available here: engagement attributes come with"),
            "{missing}"
        );
    }
}
