//! Requests: as many as the host answers, or at an even rate. Knows nothing of whose they are, and what for.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tokio::runtime::Handle;
use tokio::sync::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::client::{Caller, saying};
use super::samples::Samples;
use super::target::Target;

/// Callers of whom each asks again once it is answered.
#[derive(Clone)]
pub struct AtOnce {
    /// What they ask, by the number of the caller and of what it has asked before: the path, and the payload.
    pub asks: Arc<dyn Fn(usize, u64) -> (String, Bytes) + Send + Sync>,
    /// How many they are.
    pub callers: usize,
}

impl AtOnce {
    /// Callers who say the same, each time in a conversation of its own.
    pub fn saying(message: &'static str, path: &str, callers: usize) -> Self {
        let path = path.to_owned();
        Self {
            asks: Arc::new(move |_, _| (path.clone(), saying(message))),
            callers,
        }
    }
}

/// How often requests ended how: by the word of the outcome.
#[derive(Clone, Debug, Default)]
pub struct Ends {
    /// The outcomes.
    pub counts: BTreeMap<String, u32>,
    /// From the first request to the last answer.
    pub took: Duration,
}

impl Ends {
    /// How many in a second ended so.
    pub fn per_second(&self, outcome: &str) -> f64 {
        let count = self.counts.get(outcome).copied().unwrap_or_default();
        f64::from(count) / self.took.as_secs_f64()
    }

    /// How many ended in another way.
    pub fn other_than(&self, outcome: &str) -> u32 {
        let others = self.counts.iter().filter(|(word, _)| *word != outcome);
        others.map(|(_, count)| count).sum()
    }
}

/// Asks for a time, each caller one thing after the other.
///
/// # Cancel safety
/// Dropping the future ends all callers.
pub async fn at_once(
    clients: &Handle,
    to: impl Into<Target>,
    asked: &AtOnce,
    time: Duration,
) -> Ends {
    let (to, began, mut asking) = (to.into(), Instant::now(), JoinSet::new());
    for number in 0..asked.callers {
        let (mut caller, asks) = (Caller::new(to.clone()), Arc::clone(&asked.asks));
        let ask = async move {
            let mut counts: BTreeMap<String, u32> = BTreeMap::new();
            let mut before = 0;
            while began.elapsed() < time {
                let (path, payload) = asks(number, before);
                before += 1;
                let answer = caller.post(&path, payload).await;
                let end = answer.map_or_else(|_| "no answer".to_owned(), |answer| answer.outcome);
                *counts.entry(end).or_default() += 1;
            }
            counts
        };
        asking.spawn_on(ask, clients);
    }
    let mut ends = Ends::default();
    for (end, count) in asking.join_all().await.into_iter().flatten() {
        *ends.counts.entry(end).or_default() += count;
    }
    ends.took = began.elapsed();
    ends
}

/// Requests at an even rate.
#[derive(Clone, Debug)]
pub struct Steady {
    /// Where a bot is asked that says what it is told.
    pub path: String,
    /// How many requests are due in a second.
    pub per_second: f64,
    /// How many can wait at a time without holding up the next one.
    pub callers: usize,
}

/// What the callers got.
#[derive(Debug, Default)]
pub struct Heard {
    /// From the moment that a request was meant to be sent at, to its answer.
    pub took: Samples,
    /// Each request that was not answered well: the status of a refusal, or what else went wrong.
    pub errors: Vec<String>,
}

impl Heard {
    /// What was heard at another time as well.
    pub fn extend(&mut self, other: Heard) {
        self.took.0.extend(other.took.0);
        self.errors.extend(other.errors);
    }
}

/// Requests that go on until they are ended.
pub struct Traffic {
    is_over: Arc<AtomicBool>,
    asking: JoinSet<Heard>,
}

type Times = Arc<Mutex<UnboundedReceiver<Instant>>>;

impl Traffic {
    /// Starts them; the first one is due when its time has passed.
    ///
    /// # Errors
    /// The system's own, if it gives no thread.
    pub fn start(
        clients: &Handle,
        to: impl Into<Target>,
        steady: &Steady,
    ) -> std::io::Result<Self> {
        let to = to.into();
        let (due, times) = unbounded_channel();
        let times = Arc::new(Mutex::new(times));
        let mut asking = JoinSet::new();
        for _ in 0..steady.callers {
            let (caller, path) = (Caller::new(to.clone()), steady.path.clone());
            asking.spawn_on(ask(caller, path, Arc::clone(&times)), clients);
        }
        let is_over = Arc::new(AtomicBool::new(false));
        let every = Duration::from_secs_f64(1.0 / steady.per_second);
        let until = Arc::clone(&is_over);
        // A thread, since a runtime's timers are good to a millisecond only.
        std::thread::Builder::new()
            .name("pace".to_owned())
            .spawn(move || pace(every, &due, &until))?;
        Ok(Self { is_over, asking })
    }

    /// Sends no more, and waits for what was sent.
    ///
    /// # Cancel safety
    /// Dropping the future hangs up on whoever has not answered.
    pub async fn end(self) -> Heard {
        self.is_over.store(true, Ordering::Relaxed);
        let mut all = Heard::default();
        for heard in self.asking.join_all().await {
            all.extend(heard);
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

async fn ask(mut caller: Caller, path: String, times: Times) -> Heard {
    let mut heard = Heard::default();
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
            Ok(answer) => heard.errors.push(format!(
                "{} {}: {:?}",
                answer.status,
                answer.outcome,
                answer.said()
            )),
            Err(error) => heard.errors.push(error.to_string()),
        }
    }
}
