//! What the callers say: each the next event of the next of its own conversations. Knows nothing of who answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use retort::cli::attack::load::AtOnce;
use retort::invocation::Host;
use retort::liveperson::custom_endpoint::read_conversation;
use retort::tenant::Address;
use tokio::task::JoinSet;

/// Callers, each on a connection of its own.
pub(crate) const CALLERS: usize = 16;
/// Conversations of each: so many that in none of them more is said in a run than in one of a person's.
const CONVERSATIONS: u64 = 250;

/// The same payload for whoever is asked at a path.
pub(crate) fn payloads(path: String) -> AtOnce {
    asks(move |conversation, sequence| {
        let event = context(sequence);
        // An event is the same one whichever way it comes in, so these are others than those of the Custom Endpoint.
        let payload = format!(r#"{{"convId":"r{conversation}","message":"hello",{event}}}"#);
        (path.clone(), payload.into())
    })
}

/// The same on the Custom Endpoint contract, where a bot is told this.
pub(crate) fn events(bot: &'static str, message: &'static str) -> AtOnce {
    asks(move |conversation, sequence| {
        let path = format!("/v1/bots/{bot}/environments/draft/conversations/{conversation}/events");
        let event = context(sequence);
        let payload = format!(r#"{{"type":"TEXT","data":{{"message":"{message}"}},{event}}}"#);
        (path, payload.into())
    })
}

fn context(sequence: u64) -> String {
    format!(r#""context":{{"lpEvent":{{"sequence":{sequence}}}}}"#)
}

/// Numbers go on from round to round: one that was there before would be answered without a bot.
fn asks(ask: impl Fn(&str, u64) -> (String, Bytes) + Send + Sync + 'static) -> AtOnce {
    let asked: [AtomicU64; CALLERS] = Default::default();
    AtOnce {
        asks: Arc::new(move |caller, _| {
            let asked = asked
                .get(caller)
                .map(|asked| asked.fetch_add(1, Ordering::Relaxed));
            let before = asked.unwrap_or_default();
            ask(&conversation(caller, before % CONVERSATIONS), before + 1)
        }),
        callers: CALLERS,
    }
}

fn conversation(caller: usize, number: u64) -> String {
    format!("c{caller}-{number}")
}

/// Begins all conversations at a bot.
pub(crate) async fn begin(host: &Host, at: &Address) -> anyhow::Result<()> {
    let mut beginning = JoinSet::new();
    for caller in 0..CALLERS {
        let (host, at) = (host.clone(), at.clone());
        beginning.spawn(async move {
            for number in 0..CONVERSATIONS {
                let id = conversation(caller, number);
                host.begin(&at, &id, read_conversation(&id, b"{}")?).await?;
            }
            anyhow::Ok(())
        });
    }
    beginning.join_all().await.into_iter().collect()
}
