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

/// The last turn that a host has kept, as it is sent to its author.
///
/// # Panics
/// If it has kept none.
pub fn last(served: &Served) -> Vec<u8> {
    let kept = served.host.capsules().all();
    kept.last().expect("a turn is kept").bytes()
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
    let bytes = last(served);
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
pub fn written(served: &Served, folder: &Path) -> Vec<PathBuf> {
    let write = |capsule: &Capsule| {
        let path = folder.join(format!("{}.capsule.json", capsule.id));
        fs::write(&path, capsule.bytes()).expect("written");
        path
    };
    served.host.capsules().all().iter().map(write).collect()
}
