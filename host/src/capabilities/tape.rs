//! What a turn is told from outside of its sandbox: noted while it runs, and told to it in the same order when it is run
//! again from that, so that it does the same to the unit of fuel. Knows nothing of who keeps it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rand::SeedableRng;
use rand::rngs::StdRng;

use super::http::Sent;
use crate::limit::Exceeded;
use crate::state::Scope;
use crate::tenant::SecretName;
use crate::vault;

/// What each thing that is told counts as beside its bytes.
const EACH: usize = 16;

/// What goes by with each look at a clock, once more is looked than the first time.
const LOOK: u64 = 50_000;

/// All that one turn was told, of each kind in its order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Told {
    /// When it began, in nanoseconds since 1970.
    pub began: u64,
    /// Where its chance came from, if it asked for any.
    pub seed: Option<[u8; 32]>,
    /// What the clock on the wall showed, in nanoseconds since 1970.
    pub wall: VecDeque<u64>,
    /// What the clock that runs showed, in nanoseconds since the turn began.
    pub monotonic: VecDeque<u64>,
    /// What was left of its time, in milliseconds.
    pub remaining_ms: VecDeque<u32>,
    /// Which of the things that it waited for had come, by their places.
    pub polls: VecDeque<Vec<u32>>,
    /// What came of the secrets that it was granted and asked for.
    pub secrets: BTreeMap<SecretName, Secret>,
    /// What it sent, and what came back.
    pub exchanges: VecDeque<Exchange>,
    /// What it found of its memories, as they are kept; none of one that it did not look at.
    pub memories: BTreeMap<Scope, Vec<u8>>,
    /// Calls that may take their time: begun so far.
    pub calls: u64,
    /// The one of them that the turn ended in.
    pub open: Option<u64>,
    /// Why this is not all that it was told.
    pub gap: Option<Gap>,
}

/// Why something of what a turn was told is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gap {
    /// It was told too much.
    TooMuch,
    /// The store failed.
    Store,
}

impl Gap {
    /// In words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TooMuch => "the turn was told more than is kept of one",
            Self::Store => "the host's store failed",
        }
    }
}

/// What came of a secret that a turn asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Secret {
    /// A value of so many bytes.
    Bytes(usize),
    /// It is not set.
    NotSet,
    /// In words, why the host could not read it.
    Unread(String),
}

/// A request and what came back.
#[derive(Clone, Debug, PartialEq)]
pub struct Exchange {
    /// Both.
    pub sent: Sent,
    /// The bytes that were charged for it.
    pub moved: usize,
}

/// What a turn that is run again is told.
#[derive(Clone, Debug)]
pub struct Again {
    /// What it was told the first time.
    pub told: Told,
    /// Whether some of it was overwritten, so that a request may be another one than it was.
    pub is_redacted: bool,
    /// Values for the secrets, in the place of the ones that nobody has kept.
    pub secrets: BTreeMap<SecretName, String>,
    /// Where its time was over the first time, if it was.
    pub cut: Option<Cut>,
}

/// Where a turn's time was over.
#[derive(Clone, Copy, Debug)]
pub struct Cut {
    /// What it had used by then.
    pub fuel: u64,
    /// What was said of it.
    pub exceeded: Exceeded,
}

/// One turn's. Cheap to clone: all that tell it something share it.
#[derive(Clone, Debug)]
pub struct Tape {
    noted: Arc<Mutex<Noted>>,
    again: Option<Arc<Mutex<Again>>>,
}

#[derive(Debug)]
struct Noted {
    told: Told,
    /// Bytes that there is room for; none where nothing is noted.
    room: Option<usize>,
}

/// One that notes nothing.
impl Default for Tape {
    fn default() -> Self {
        Self::new(None, 0)
    }
}

impl Tape {
    /// An empty one, of a turn that begins now or is run again; of what it is told so many bytes are noted.
    pub fn new(again: Option<Again>, most: usize) -> Self {
        let began = match &again {
            Some(again) => again.told.began,
            None if most > 0 => now(),
            None => 0,
        };
        let told = Told {
            began,
            ..Told::default()
        };
        let room = (most > 0).then_some(most);
        Self {
            noted: Arc::new(Mutex::new(Noted { told, room })),
            again: again.map(|again| Arc::new(Mutex::new(again))),
        }
    }

    /// All that was told so far; none where nothing is noted.
    pub fn take(&self) -> Option<Told> {
        let mut noted = self.noted();
        noted.room.map(|_| std::mem::take(&mut noted.told))
    }

    /// Whether what is told is noted.
    pub fn notes(&self) -> bool {
        self.noted().room.is_some()
    }

    /// Whether this is a turn that is run again.
    pub fn is_again(&self) -> bool {
        self.again.is_some()
    }

    /// Where its time was over the first time, if it is run again and was cut.
    pub fn cut(&self) -> Option<Cut> {
        self.again()?.cut
    }

    /// What the clock on the wall shows: the time `now`, in nanoseconds since 1970.
    pub fn wall(&self, now: impl FnOnce() -> u64) -> u64 {
        self.look(|told| &mut told.wall, now, |told| told.began, later)
    }

    /// What the clock that runs shows: the time `now`, in nanoseconds since the turn began.
    pub fn monotonic(&self, now: impl FnOnce() -> u64) -> u64 {
        self.look(|told| &mut told.monotonic, now, |_| 0, later)
    }

    /// What is left of the turn: of `all` that it has the time `now`, in milliseconds.
    pub fn remaining_ms(&self, all: u32, now: impl FnOnce() -> u32) -> u32 {
        self.look(|told| &mut told.remaining_ms, now, |_| all, |last| last)
    }

    /// What is told at one look more. Who is run again and looks once more than before sees the next value there can be.
    fn look<T: Copy>(
        &self,
        of: impl Fn(&mut Told) -> &mut VecDeque<T>,
        now: impl FnOnce() -> T,
        at_first: impl FnOnce(&Told) -> T,
        next: impl FnOnce(T) -> T,
    ) -> T {
        let before = self
            .again()
            .map(|mut again| of(&mut again.told).pop_front());
        let mut noted = self.noted();
        let looked = match before {
            None => now(),
            Some(Some(before)) => before,
            Some(None) => match of(&mut noted.told).back() {
                Some(last) => next(*last),
                None => at_first(&noted.told),
            },
        };
        if noted.takes(0) {
            of(&mut noted.told).push_back(looked);
        }
        looked
    }

    /// Where chance comes from, which nobody can foresee.
    pub fn chance(&self) -> StdRng {
        let before = self
            .again()
            .map(|again| again.told.seed.unwrap_or_default());
        let seed = before.unwrap_or_else(rand::random);
        self.noted().told.seed = Some(seed);
        StdRng::from_seed(seed)
    }

    /// A call begins that may take its time.
    ///
    /// # Errors
    /// Where the turn's time was over in it when it ran first.
    pub fn begin(&self) -> Result<(), Exceeded> {
        let mut noted = self.noted();
        let this = noted.told.calls;
        noted.told.calls += 1;
        noted.told.open = Some(this);
        let Some(again) = self.again() else {
            return Ok(());
        };
        match again.cut {
            Some(cut) if again.told.open == Some(this) => Err(cut.exceeded),
            _ => Ok(()),
        }
    }

    /// The call is over.
    pub fn end(&self) {
        self.noted().told.open = None;
    }

    /// Which of what it waits for has come, in a turn that is run again and is still waiting for no more than before.
    pub fn polled_before(&self) -> Option<Vec<u32>> {
        self.again()?.told.polls.pop_front()
    }

    /// Which had come.
    pub fn polled(&self, ready: Vec<u32>) {
        let mut noted = self.noted();
        if noted.takes(size_of_val(ready.as_slice())) {
            noted.told.polls.push_back(ready);
        }
    }

    /// What comes of a secret in a turn that is run again: the value that stands for it, or what came of it.
    pub fn secret_before(&self, name: &SecretName) -> Option<Result<String, Secret>> {
        let again = self.again()?;
        let given = again.secrets.get(name).cloned();
        Some(match again.told.secrets.get(name) {
            Some(Secret::Bytes(bytes)) => Ok(given.unwrap_or_else(|| filler(*bytes))),
            Some(other) => Err(other.clone()),
            None => given.ok_or(Secret::NotSet),
        })
    }

    /// What came of one.
    pub fn secret(&self, name: &SecretName, came: Secret) {
        let mut noted = self.noted();
        if noted.takes(name.as_str().len()) {
            let before = noted.told.secrets.entry(name.clone());
            if *before.or_insert_with(|| came.clone()) != came {
                noted.told.gap = Some(Gap::Store);
            }
        }
    }

    /// Whether some of what was noted of a turn that is run again was overwritten.
    pub fn is_redacted(&self) -> bool {
        self.again().is_some_and(|again| again.is_redacted)
    }

    /// What comes back for a request in a turn that is run again; none if it was not sent before.
    pub fn exchanged_before(&self, is_it: impl Fn(&Exchange) -> bool) -> Option<Option<Exchange>> {
        let exchanges = &mut self.again()?.told.exchanges;
        let place = exchanges.iter().position(is_it);
        Some(place.and_then(|place| exchanges.remove(place)))
    }

    /// What was sent and came back.
    pub fn exchanged(&self, exchange: Exchange) {
        let mut noted = self.noted();
        if noted.takes(bytes(&exchange.sent)) {
            noted.told.exchanges.push_back(exchange);
        }
    }

    /// The memories that were found, as they are kept.
    pub fn remembers(&self, memories: BTreeMap<Scope, Vec<u8>>) {
        let mut noted = self.noted();
        if noted.takes(memories.values().map(Vec::len).sum()) {
            noted.told.memories = memories;
        }
    }

    /// Something of what it is told is not known.
    pub fn gap(&self, gap: Gap) {
        self.noted().told.gap = Some(gap);
    }

    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn again(&self) -> Option<MutexGuard<'_, Again>> {
        let again = self.again.as_ref()?;
        Some(again.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Noted {
    /// Whether there is room for so much more.
    fn takes(&mut self, bytes: usize) -> bool {
        let Some(room) = self.room else {
            return false;
        };
        match room.checked_sub(bytes.saturating_add(EACH)) {
            Some(room) => {
                self.room = Some(room);
                true
            }
            None => {
                self.told.gap = Some(Gap::TooMuch);
                false
            }
        }
    }
}

/// Bytes of a request and what came back.
fn bytes((request, answered): &Sent) -> usize {
    let headers = |headers: &[(String, String)]| {
        let each = headers.iter().map(|(name, value)| name.len() + value.len());
        each.sum::<usize>()
    };
    let body = request.body.as_ref().map_or(0, Vec::len);
    let asked = request.url.len() + headers(&request.headers) + body;
    let answered = answered.as_ref();
    asked + answered.map_or(0, |it| headers(&it.headers) + it.body.len())
}

/// In nanoseconds since 1970.
fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    nanos(now.unwrap_or_default())
}

/// What a clock shows that is looked at once more than before.
fn later(nanos: u64) -> u64 {
    nanos.saturating_add(LOOK)
}

/// What stands for a secret of so many bytes.
pub fn filler(bytes: usize) -> String {
    "*".repeat(bytes.min(vault::MOST_BYTES))
}

/// As a number.
pub fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
