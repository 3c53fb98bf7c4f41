//! Makes what is kept of turns once the form of a capsule is released: one that ends well, and one for each way to fail, of
//! the bot that does what it is told. What is there already is never made again.

use std::fs;

use harness::golden;
use harness::host::{host_with_secret, text};
use harness::replays::{last, recording};
use retort::egress::Fakes;
use retort::invocation::Settings;

/// What answers the one that sends something.
const FAKES: &str = "[[fake]]
request = 'GET https://orders.example.com/orders/1'
headers = { content-type = 'application/json' }
body = '{\"state\": \"on its way\"}'

[[fake]]
request = 'GET https://orders.example.com/*'
error = 'timeout'";

#[tokio::main]
async fn main() {
    let folder = golden::capsules();
    assert!(!folder.exists(), "the form is released: none is made again");
    fs::create_dir_all(&folder).expect("a folder");
    let reach = golden::all()
        .into_iter()
        .find(|golden| golden.name == "reach");
    let reach = reach.expect("it is kept").component();
    let mut settings = recording(Settings::default());
    settings.egress.fakes = Some(Fakes::parse(FAKES).expect("fakes"));
    let grants = [
        "state:conversation",
        "state:bot",
        "secret:ORDERS_KEY",
        "http:GET,POST https://orders.example.com",
    ];
    let host = host_with_secret(settings, "acme", "ORDERS_KEY", "open-sesame-7").await;
    let mut host = host.granting(&grants);
    for (name, said, fuel, deadline_ms) in [
        (
            "good",
            "add bot n\nadd conversation n\nsecret ORDERS_KEY\nbudget",
            1_000_000_000,
            30_000,
        ),
        ("fault", "nonsense", 1_000_000_000, 30_000),
        ("trap", "panic-secret ORDERS_KEY", 1_000_000_000, 30_000),
        ("deadline", "budget\nspin", 100_000_000_000, 200),
        ("fuel", "budget\nspin", 1_000_000, 30_000),
        (
            "http",
            "http GET https://orders.example.com/orders/1\nhttp GET https://orders.example.com/\nhttp GET https://example.com/",
            1_000_000_000,
            30_000,
        ),
    ] {
        host = host.wanting(|wanted| {
            wanted.limits.fuel = fuel;
            wanted.limits.deadline_ms = deadline_ms;
        });
        host = host.with_bot("reach", &reach).await;
        host.ask("reach", &text(said)).await;
        fs::write(
            folder.join(format!("{name}.capsule.json")),
            last(&host).await,
        )
        .expect("written");
    }
}
