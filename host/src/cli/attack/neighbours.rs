//! The traffic that an attack must not touch: a bot that behaves well, asked at an even rate. Knows nothing of
//! what is attacked.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::client::Caller;
use super::samples::Samples;
use super::stage;

/// The bot that they ask.
pub(super) const BOT: &str = "neighbour";

/// As many as can wait at a time without holding up the next one.
const CALLERS: usize = 32;
/// As many as keep the host busy, without a queue of their own.
const CALLERS_AT_CAPACITY: usize = 8;

/// What the neighbours got.
#[derive(Default)]
pub(super) struct Heard {
    /// From the moment that a request was meant to be sent at, to its answer.
    pub(super) took: Samples,
    pub(super) errors: Vec<String>,
}

/// How many turns in a second the host answers when as many are asked for as it answers.
pub(super) async fn capacity(clients: &Handle, to: SocketAddr, time: Duration) -> f64 {
    let (began, mut asking) = (Instant::now(), JoinSet::new());
    for _ in 0..CALLERS_AT_CAPACITY {
        let mut caller = Caller::new(to);
        let ask = async move {
            let (path, mut answered) = (stage::path(BOT), 0_u32);
            while began.elapsed() < time {
                answered += u32::from(caller.ask(&path, "hello").await.is_ok());
            }
            answered
        };
        asking.spawn_on(ask, clients);
    }
    let answered: u32 = asking.join_all().await.into_iter().sum();
    f64::from(answered) / began.elapsed().as_secs_f64()
}

/// Requests at an even rate, until it is ended.
pub(super) struct Traffic {
    is_over: Arc<AtomicBool>,
    asking: JoinSet<Heard>,
}

type Times = Arc<Mutex<UnboundedReceiver<Instant>>>;

impl Traffic {
    pub(super) fn start(
        clients: &Handle,
        to: SocketAddr,
        per_second: f64,
    ) -> std::io::Result<Self> {
        let (due, times) = unbounded_channel();
        let times = Arc::new(Mutex::new(times));
        let mut asking = JoinSet::new();
        for _ in 0..CALLERS {
            let caller = Caller::new(to);
            asking.spawn_on(ask(caller, Arc::clone(&times)), clients);
        }
        let is_over = Arc::new(AtomicBool::new(false));
        let every = Duration::from_secs_f64(1.0 / per_second);
        let until = Arc::clone(&is_over);
        // A thread, since a runtime's timers are good to a millisecond only.
        std::thread::Builder::new()
            .name("pace".to_owned())
            .spawn(move || pace(every, &due, &until))?;
        Ok(Self { is_over, asking })
    }

    /// Sends no more, and waits for what was sent.
    pub(super) async fn end(self) -> Heard {
        self.is_over.store(true, Ordering::Relaxed);
        let mut all = Heard::default();
        for heard in self.asking.join_all().await {
            all.took.0.extend(heard.took.0);
            all.errors.extend(heard.errors);
        }
        all
    }
}

/// Says when each request is due. The schedule is absolute, whatever became of the requests before.
fn pace(every: Duration, due: &UnboundedSender<Instant>, is_over: &AtomicBool) {
    let mut next = Instant::now();
    while !is_over.load(Ordering::Relaxed) {
        next += every;
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
        if due.send(next).is_err() {
            return;
        }
    }
}

async fn ask(mut caller: Caller, times: Times) -> Heard {
    let (path, mut heard) = (stage::path(BOT), Heard::default());
    loop {
        let next = times.lock().await.recv().await;
        let Some(due) = next else {
            return heard;
        };
        // Nobody else says the same, so an answer that was meant for another is seen.
        let words = format!("{:x}", fastrand::u64(..));
        match caller.ask(&path, &words).await {
            Ok(answer) if answer.said().as_ref() == Some(&words) => {
                heard.took.0.push(due.elapsed())
            }
            Ok(answer) => heard
                .errors
                .push(format!("{}: {:?}", answer.outcome, answer.said())),
            Err(error) => heard.errors.push(error.to_string()),
        }
    }
}
