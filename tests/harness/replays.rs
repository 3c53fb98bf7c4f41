//! Turns that are kept, and what they do when they are run again.

use std::fs;
use std::path::{Path, PathBuf};

use retort::capsules::{Capsule, Compared, Told};
use retort::invocation::{Host, Rerun, Settings};
use retort::store::Store;

use crate::host::Served;
use crate::javascript;

/// A host that keeps every turn.
pub fn recording(mut settings: Settings) -> Settings {
    settings.capsules.sample_permille = 1000;
    settings.capsules.redact.clear();
    settings.sandbox.deadline_ceiling_ms = 30_000;
    compiled(settings)
}

/// With the code that other tests have compiled.
fn compiled(mut settings: Settings) -> Settings {
    settings.sandbox.compiled = javascript::in_folder().sandbox.compiled;
    settings.sandbox.shares_compiled = true;
    settings
}

/// All turns that a host has kept, once it has kept those that wait: bot by bot, the oldest first.
async fn all(served: &Served) -> Vec<Vec<u8>> {
    served.host.capsules().settled().await;
    let records = &served.host.store().records;
    let files = records.list("capsule-file/", None, usize::MAX).await;
    let files = files.expect("they can be read").into_iter();
    files.map(|file| file.value).collect()
}

/// The last turn that a host has kept of its bot, as it is sent to its author.
///
/// # Panics
/// If it has kept none.
pub async fn last(served: &Served) -> Vec<u8> {
    all(served).await.pop().expect("a turn is kept")
}

/// What a turn does on another host.
///
/// # Panics
/// If it cannot be run there.
pub async fn again(component: &[u8], bytes: &[u8], rerun: Rerun) -> (Capsule, Compared) {
    let capsule = Capsule::read(bytes).expect("a capsule");
    let settings = compiled(Settings::to_replay(&capsule));
    let host = Host::new(settings, Store::in_memory()).expect("a host");
    let bot = host.inspect(&capsule.place.address(), component).await;
    let bot = bot.expect("the bot is well");
    let replayed = host.replay(&bot, &capsule, rerun).await.expect("a turn");
    let compared = Compared::of(&capsule, &replayed.ended, &Told::from(replayed.told));
    (capsule, compared)
}

/// Sees that a turn does the same on other hosts, however often it is run.
///
/// # Panics
/// If it does not.
pub async fn does_the_same(component: &[u8], served: &Served) -> Capsule {
    let bytes = last(served).await;
    for _ in 0..2 {
        let (capsule, compared) = again(component, &bytes, Rerun::default()).await;
        assert_eq!(capsule.gap, None);
        assert!(capsule.ended.fuel.is_some(), "{compared:#?}");
        assert!(compared.is_the_same(), "{compared:#?}");
    }
    Capsule::read(&bytes).expect("a capsule")
}

/// Writes all turns that a host has kept to a folder, as a host gives them; where each is.
///
/// # Panics
/// If they cannot be written.
pub async fn written(served: &Served, folder: &Path) -> Vec<PathBuf> {
    let write = |bytes: Vec<u8>| {
        let capsule = Capsule::read(&bytes).expect("a capsule");
        let path = folder.join(format!("{}.capsule.json", capsule.id));
        fs::write(&path, bytes).expect("written");
        path
    };
    all(served).await.into_iter().map(write).collect()
}
