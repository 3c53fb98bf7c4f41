//! A host under bots that spin, over a real socket: it accepts, tells its health, and answers for other bots.

use harness::host::{request, respond_path, text};
use harness::{bots, host, patient_host};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

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

#[tokio::test]
async fn half_a_request_is_told_so_and_keeps_no_host_from_ending() {
    let host = host().with_bot("echo", &bots::plugin("echo")).await;
    let listening = host.listen().await;
    let head = |rest: &str| {
        format!(
            "POST {} HTTP/1.1\r\nhost: retort\r\n{rest}",
            respond_path("echo")
        )
    };

    let mut slow = TcpStream::connect(listening.address)
        .await
        .expect("a connection");
    let half = head("connection: close\r\ncontent-length: 100\r\n\r\n{");
    slow.write_all(half.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    slow.read_to_string(&mut answer).await.expect("an answer");
    assert!(
        answer.starts_with("HTTP/1.1 408") && answer.contains("body-too-slow"),
        "{answer}"
    );

    let mut announced = TcpStream::connect(listening.address)
        .await
        .expect("a connection");
    let large = head("connection: close\r\ncontent-length: 2000000000\r\n\r\n{");
    announced.write_all(large.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    announced
        .read_to_string(&mut answer)
        .await
        .expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");

    let mut unfinished = TcpStream::connect(listening.address)
        .await
        .expect("a connection");
    unfinished
        .write_all(head("x: ").as_bytes())
        .await
        .expect("sent");
    listening.end().await;
    drop(unfinished);
}
