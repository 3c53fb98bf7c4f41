//! A host under bots that spin, over a real socket: it accepts, tells its health, and answers for other bots.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use harness::host::{request, respond_path, text};
use harness::{bots, host};
use retort::http;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn health_and_other_bots_answer_while_every_guest_thread_is_kept_busy() {
    let host = host()
        .in_time(400)
        .with_bot("spin", &bots::misbehaving("spin"))
        .await
        .with_bot("echo", &bots::plugin("echo"))
        .await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (stop, stopped) = oneshot::channel::<()>();
    let router = http::router(host.host.clone(), &http::Settings::default());
    let serving = tokio::spawn(http::serve(listener, router, async { drop(stopped.await) }));

    let all_cut = Arc::new(AtomicBool::new(false));
    let spinning: Vec<_> = (0..8)
        .map(|_| {
            let all_cut = Arc::clone(&all_cut);
            tokio::spawn(async move {
                let answer = request(
                    address,
                    "POST",
                    &respond_path("spin"),
                    &text("go").to_string(),
                )
                .await;
                all_cut.store(true, Ordering::SeqCst);
                answer
            })
        })
        .collect();

    let health = request(address, "GET", "/healthz", "").await;
    assert!(
        health.starts_with("HTTP/1.1 200") && health.contains("\"status\":\"ok\""),
        "{health}"
    );
    let echo = request(
        address,
        "POST",
        &respond_path("echo"),
        &text("hello").to_string(),
    )
    .await;
    assert!(
        echo.starts_with("HTTP/1.1 200") && echo.contains("\"hello\""),
        "{echo}"
    );
    assert!(
        !all_cut.load(Ordering::SeqCst),
        "both were answered while the others still spun"
    );

    for answer in spinning {
        let answer = answer.await.expect("no panic");
        assert!(
            answer.starts_with("HTTP/1.1 504") && answer.contains("deadline-exceeded"),
            "{answer}"
        );
    }
    drop(stop);
    serving.await.expect("no panic").expect("a clean end");
    host.is_empty_again().await;
}

#[tokio::test]
async fn requests_in_flight_are_answered_before_the_host_ends() {
    let host = host()
        .in_time(300)
        .with_bot("park", &bots::misbehaving("park"))
        .await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (stop, stopped) = oneshot::channel::<()>();
    let router = http::router(host.host.clone(), &http::Settings::default());
    let serving = tokio::spawn(http::serve(listener, router, async { drop(stopped.await) }));

    let asked = tokio::spawn(async move {
        request(
            address,
            "POST",
            &respond_path("park"),
            &text("go").to_string(),
        )
        .await
    });
    while host
        .host
        .sandbox()
        .pool()
        .is_none_or(|pool| pool.component_instances == 0)
    {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    drop(stop);
    assert!(asked.await.expect("no panic").starts_with("HTTP/1.1 504"));
    serving.await.expect("no panic").expect("a clean end");
    assert!(
        TcpStream::connect(address).await.is_err(),
        "nobody listens any more"
    );
}
