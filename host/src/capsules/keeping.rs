//! Turns that are over become records of the store, one after the other, while nobody waits for it.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use scopeguard::{ScopeGuard, guard};
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;

use super::kept::{self, Header};
use super::redact::redacted;
use super::tally::Dropped;
use super::{Capsule, Room, Settings, Taken};
use crate::capabilities::tape::Secret;
use crate::conversations;
use crate::store::{Change, Expected, To};
use crate::tenant::{BotName, SecretName, TenantId};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Has a turn kept. Whoever keeps them ends when none waits, and does not keep the host alive for longer.
pub(super) fn begin(room: &Arc<Room>, taken: Taken) {
    // Whatever else it has, it has these; so what waits is not larger by much than what is kept.
    let added = match received(&taken) > room.settings.bytes {
        true => Err(Dropped::Bytes),
        false => room.waiting.add(taken),
    };
    match added {
        Ok(false) => {}
        Ok(true) => work(room),
        Err(dropped) => room.tally.dropped(dropped),
    }
}

fn received(taken: &Taken) -> u64 {
    let exchanges = taken.told.exchanges.iter();
    let bytes = exchanges.map(|exchange| {
        let (request, answer) = &exchange.sent;
        let answered = answer.as_ref().map_or(0, |answer| answer.body.len());
        request.body.as_ref().map_or(0, Vec::len) + answered
    });
    bytes.sum::<usize>() as u64
}

fn work(room: &Arc<Room>) {
    let Ok(runtime) = Handle::try_current() else {
        return room.waiting.stopped();
    };
    let room = Arc::clone(room);
    runtime.spawn(async move {
        // A runtime that ends drops this in the middle.
        let working = guard((), |()| room.waiting.stopped());
        while let Some(taken) = room.waiting.next() {
            match room.keep(taken).await {
                Ok(()) => room.tally.kept(),
                Err(dropped) => room.tally.dropped(dropped),
            }
        }
        ScopeGuard::into_inner(working);
    });
}

/// A turn that may be kept as it is.
struct Whole {
    tenant: TenantId,
    bot: BotName,
    header: Header,
    bytes: Vec<u8>,
}

impl Room {
    async fn keep(self: &Arc<Self>, taken: Taken) -> Result<(), Dropped> {
        let free = self.records.free_bytes();
        if free.is_some_and(|free| free < self.disk_reserve) {
            return Err(Dropped::Disk);
        }
        let began = taken.told.began;
        let conversation = taken.asked.conversation().map(str::to_owned);
        let secrets = self.secrets(&taken).await?;
        let room = Arc::clone(self);
        // Expressions over many bytes take their time, and hold up others here.
        let whole = spawn_blocking(move || whole(taken, &secrets, &room.settings));
        let whole = whole.await.map_err(|_| Dropped::Redaction)??;
        self.commit(whole, conversation, began).await
    }

    /// The values of the tenant's secrets, whether the turn might read them or not: a value may have come by another way.
    async fn secrets(&self, taken: &Taken) -> Result<Vec<String>, Dropped> {
        let known = self.vault.all(&taken.place.tenant).await;
        let known = known.map_err(|_| Dropped::Secrets)?;
        // What a turn read of one that has another value by now, or none, is nobody's to find in it.
        let is_later = |at: Timestamp| at.as_nanosecond() >= i128::from(taken.told.began);
        let read = taken.told.secrets.iter();
        let mut read = read.filter(|(_, came)| matches!(came, Secret::Bytes(_)));
        let is_known = |name: &SecretName| known.iter().any(|secret| secret.name == *name);
        if known.iter().any(|secret| is_later(secret.at)) || !read.all(|(name, _)| is_known(name)) {
            return Err(Dropped::Secrets);
        }
        let values = known.iter().map(|secret| secret.value.expose().to_owned());
        Ok(values.collect())
    }

    async fn commit(
        &self,
        whole: Whole,
        conversation: Option<String>,
        began: u64,
    ) -> Result<(), Dropped> {
        let Whole {
            tenant,
            bot,
            header,
            bytes,
        } = whole;
        let mut shelves = self.shelves.lock().await;
        let mut changes = Vec::new();
        if let Some(id) = conversation {
            changes.push(self.not_erased(&tenant, &id, began).await?);
        }
        let failed = |_| Dropped::Store;
        let position = header.position();
        let told = serde_json::to_vec(&header).map_err(|_| Dropped::Store)?;
        let taken = (told.len() + bytes.len()) as u64;
        if taken > self.settings.tenant_bytes {
            return Err(Dropped::Bytes);
        }
        let kept_for = DAY * u32::try_from(self.settings.days).unwrap_or(u32::MAX);
        let ended = Timestamp::now()
            .checked_sub(kept_for)
            .unwrap_or(Timestamp::MIN);
        let expires = SystemTime::now() + kept_for;
        let shelf = shelves.of(&*self.records, &tenant).await.map_err(failed)?;
        let gone = shelf.make_room(&bot, (&header, taken), &self.settings, ended);
        for (bot, position) in gone {
            changes.extend(kept::removal(&tenant, &bot, position));
        }
        changes.push(put(
            kept::header_key(&tenant, &bot, position),
            told,
            expires,
        ));
        changes.push(put(kept::body_key(&tenant, &bot, position), bytes, expires));
        shelf.add(bot, &header, taken);
        let committing = guard(shelves, |mut shelves| shelves.forget(&tenant));
        self.records
            .commit(changes, None)
            .await
            .map_err(|_| Dropped::Store)?;
        drop(ScopeGuard::into_inner(committing));
        Ok(())
    }

    /// What has to be so for a turn to be kept that began then: its conversation has not been erased since.
    async fn not_erased(&self, tenant: &TenantId, id: &str, began: u64) -> Result<Change, Dropped> {
        let key = conversations::erased_key(tenant, id);
        let erased = self.records.get(&key).await.map_err(|_| Dropped::Store)?;
        if erased
            .as_ref()
            .is_some_and(|erased| conversations::is_erased_since(erased, began))
        {
            return Err(Dropped::Erased);
        }
        let expected = erased.map_or(Expected::Absent, |erased| Expected::At(erased.revision));
        Ok(Change {
            key,
            expected,
            to: To::Same,
        })
    }
}

fn whole(taken: Taken, secrets: &[String], settings: &Settings) -> Result<Whole, Dropped> {
    let capsule = Capsule::from(taken);
    let capsule = redacted(&capsule, secrets, settings).map_err(|_| Dropped::Redaction)?;
    let bytes = capsule.bytes();
    if bytes.len() as u64 > settings.bytes {
        return Err(Dropped::Bytes);
    }
    Ok(Whole {
        header: Header::of(&capsule, bytes.len() as u64),
        tenant: capsule.place.tenant,
        bot: capsule.place.bot,
        bytes,
    })
}

fn put(key: String, bytes: Vec<u8>, expires: SystemTime) -> Change {
    let expires = Some(expires);
    Change {
        key,
        expected: Expected::Anything,
        to: To::Value { bytes, expires },
    }
}
