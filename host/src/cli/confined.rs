//! The limits that a child of the host sets on itself before it reads a byte of what is hostile. Runs before there is a
//! runtime, on one thread.

use rustix::io::Errno;
use rustix::process::{Pid, Resource, Rlimit, Signal, getppid, getrlimit, nice, setrlimit};

/// For one that has its three pipes, and some for the engine to look at its machine.
pub(super) const FEW_FILES: u64 = 16;
/// Turns come first; the very last, at 19, it would take minutes on a machine that is busy.
const NICENESS: i32 = 10;

/// What a child may use.
pub(super) struct Confines {
    /// The process that waits for it.
    pub(super) parent: u32,
    pub(super) cpu_seconds: u64,
    pub(super) memory_bytes: u64,
    pub(super) file_bytes: u64,
    pub(super) open_files: u64,
}

impl Confines {
    /// From here on they hold.
    pub(super) fn set(&self) -> Result<(), Errno> {
        rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
        // The host may have gone before it could be followed.
        let parent = i32::try_from(self.parent).ok().and_then(Pid::from_raw);
        if getppid() != parent {
            return Err(Errno::CHILD);
        }
        nice(NICENESS)?;
        at_most(Resource::Core, 0)?;
        at_most(Resource::Nofile, self.open_files)?;
        at_most(Resource::Fsize, self.file_bytes)?;
        at_most(Resource::Cpu, self.cpu_seconds)?;
        // What is written to and not what is set aside: address space costs nothing, and the engine is free with it.
        at_most(Resource::Data, self.memory_bytes)
    }
}

/// The signal comes at the soft limit, and says which one it was; the hard one would only kill.
fn at_most(resource: Resource, soft: u64) -> Result<(), Errno> {
    let most = getrlimit(resource).maximum.unwrap_or(u64::MAX);
    let limit = Rlimit {
        current: Some(soft.min(most)),
        maximum: Some(soft.saturating_add(1).min(most)),
    };
    setrlimit(resource, limit)
}
