//! The example bots in JavaScript.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::thread;

use harness::Served;
use harness::host::host_with_secret;
use harness::javascript::{self, script};
use retort::egress;
use retort::liveperson::custom_integration;
use retort::sandbox::World;
use serde_json::{Value, json};

fn plugin(name: &str, file: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../plugins");
    let path = path.join(name).join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

async fn reply(host: &Served, message: &str) -> Value {
    let answered = host
        .ask("lambda", &json!({ "convId": "c1", "message": message }))
        .await;
    let reply = answered
        .result
        .unwrap_or_else(|error| panic!("{message}: {error}"));
    custom_integration::write_reply(&reply)
}

/// What a consumer's file comes as. It has a person in it, whom nobody has asked for.
const FILE: &str = "com.liveperson.bot-connectors.consumer.send-file";

fn silence() -> Value {
    json!({ "messages": [{ "delay": 1, "typing": false }], "context": {} })
}

#[tokio::test]
async fn opening_hours_are_told_by_its_configuration() {
    let bot = script(
        &plugin("opening-hours", "lambda.js"),
        &plugin("opening-hours", "lambda.toml"),
        World::Bot,
    );
    for (opens, closes, state) in [
        ("0", "24", "We are open now"),
        ("0", "0", "We are closed now"),
    ] {
        let host = javascript::host().await.wanting(|wanted| {
            wanted.config.insert("OPENS".to_owned(), opens.to_owned());
            wanted.config.insert("CLOSES".to_owned(), closes.to_owned());
        });
        let host = host.with_bot("lambda", &bot).await;
        let said = reply(&host, "When are you open?").await;
        assert_eq!(
            said["messages"][0],
            format!("{state}. Our hours are {opens} to {closes}.")
        );
        assert_eq!(said["context"]["intentId"], "opening-hours");
        let said = reply(&host, "a person, please").await;
        assert_eq!(said["context"]["action"], "TRANSFER");
        assert_eq!(reply(&host, FILE).await, silence());
    }
}

/// An order service that knows one order, and of whom it is asked.
fn orders() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let mut head = [0; 4096];
            let length = stream.read(&mut head).expect("a request");
            let head = String::from_utf8_lossy(&head[..length]).to_lowercase();
            let (status, body) = match head.split_whitespace().nth(1) {
                _ if !head.contains("authorization: bearer open-sesame") => {
                    ("401 Unauthorized", "{}")
                }
                Some("/orders/a-1") => (
                    "200 OK",
                    r#"{"number":"A-1","state":"On its way","expected":"tomorrow"}"#,
                ),
                _ => ("404 Not Found", "{}"),
            };
            let answer = format!(
                "HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(answer.as_bytes()).expect("it is read");
        }
    });
    format!("http://{address}")
}

#[tokio::test]
async fn order_status_looks_orders_up_with_its_secret() {
    let orders = orders();
    let manifest =
        plugin("order-status", "lambda.toml").replace("https://orders.example.com", &orders);
    let bot = script(&plugin("order-status", "lambda.js"), &manifest, World::Bot);
    let mut settings = javascript::settings().await;
    settings.egress = egress::Settings {
        open_addresses: vec!["127.0.0.0/8".parse().expect("a range")],
        ..egress::Settings::default()
    };
    let host = host_with_secret(settings, "acme", "ORDERS_KEY", "open-sesame").await;
    let host = host.granting(&["secret:ORDERS_KEY", &format!("http:GET {orders}")]);
    let host = host.wanting(|wanted| {
        wanted.config.insert("ORDERS".to_owned(), orders.clone());
    });
    let host = host.with_bot("lambda", &bot).await;
    let said = reply(&host, "where is A-1").await;
    let card = &said["messages"][1]["structuredContent"]["elements"];
    assert_eq!(card[1]["text"], "On its way, expected tomorrow");
    assert_eq!(
        reply(&host, "where is B-2").await["messages"][0],
        "There is no order B-2."
    );
    assert_eq!(
        reply(&host, "hm").await["messages"][0],
        "An order has a number such as A-1234."
    );
    assert_eq!(reply(&host, FILE).await, silence());
}
