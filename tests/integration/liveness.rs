//! A host under bots that spin, over a real socket: it accepts, tells its health, and answers for other bots.

use harness::host::{request, respond_path, text};
use harness::{Served, bots, host};
use retort::invocation::Settings;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// A host whose bots may take half a minute: longer than anything here waits, on a machine that is busy with more.
fn patient_host() -> Served {
    let mut settings = Settings::default();
    settings.sandbox.deadline_ceiling_ms = 30_000;
    Served::with(settings).in_time(30_000)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn health_and_other_bots_answer_while_every_guest_thread_is_kept_busy() {
    let host = patient_host()
        .with_bot("spin", &bots::misbehaving("spin"))
        .await
        .with_bot("echo", &bots::plugin("echo"))
        .await;
    let listening = host.listen().await;
    let address = listening.address;
    let mut spinning = JoinSet::new();
    for _ in 0..8 {
        let turn = text("go").to_string();
        let path = respond_path("spin");
        spinning.spawn(async move { request(address, "POST", &path, &turn).await });
    }
    host.has_instances(8).await;

    let health = request(address, "GET", "/healthz", "").await;
    assert!(health.contains("\"status\":\"ok\""), "{health}");
    let turn = text("hello").to_string();
    let echo = request(address, "POST", &respond_path("echo"), &turn).await;
    assert!(echo.contains("[\"hello\"]"), "{echo}");
    assert!(spinning.try_join_next().is_none(), "the others still spin");

    // Callers who hang up take their guests with them.
    spinning.shutdown().await;
    host.is_empty_again().await;
    listening.end().await;
}

#[tokio::test]
async fn requests_in_flight_are_answered_before_the_host_ends() {
    let host = host()
        .in_time(300)
        .with_bot("park", &bots::misbehaving("park"))
        .await;
    let listening = host.listen().await;
    let address = listening.address;
    let turn = text("go").to_string();
    let asked =
        tokio::spawn(async move { request(address, "POST", &respond_path("park"), &turn).await });
    host.has_instances(1).await;
    listening.end().await;
    let answer = asked.await.expect("no panic");
    assert!(answer.starts_with("HTTP/1.1 504"), "{answer}");
    assert!(
        TcpStream::connect(address).await.is_err(),
        "nobody listens any more"
    );
}
