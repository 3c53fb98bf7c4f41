//! The limits that a child of the host sets on itself before it reads a byte of what is hostile. Runs before there is a
//! runtime, on one thread.

use rustix::io::Errno;
use rustix::process::{Pid, Resource, Rlimit, Signal, getppid, getrlimit, nice, setrlimit};

/// For one that has its three pipes, and some for the engine to look at its machine.
pub(super) const FEW_FILES: u64 = 16;
/// Turns come first; the very last, at 19, it would take minutes on a machine that is busy.
const NICENESS: i32 = 10;

/// What a host allots to a child, as arguments of that.
#[derive(Debug, clap::Args)]
pub(super) struct Allotted {
    /// The process that waits for what comes of it
    #[arg(long)]
    parent: u32,
    /// The most processor time
    #[arg(long)]
    cpu_seconds: u64,
    /// The most memory
    #[arg(long)]
    memory_bytes: u64,
    /// The most bytes of machine code that it may write
    #[arg(long)]
    artifact_bytes: u64,
}

impl Allotted {
    /// As they are for one that has that time once, and opens little.
    pub(super) fn confines(&self) -> Confines {
        Confines {
            parent: self.parent,
            cpu_seconds: self.cpu_seconds,
            cpu_allowances: 1,
            memory_bytes: self.memory_bytes,
            file_bytes: self.artifact_bytes,
            open_files: FEW_FILES,
        }
    }
}

/// What a child may use.
pub(super) struct Confines {
    /// The process that waits for it.
    pub(super) parent: u32,
    pub(super) cpu_seconds: u64,
    /// How many times it may have that, one after the other.
    pub(super) cpu_allowances: u64,
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
        limit(Resource::Cpu, self.cpu_seconds, self.most_cpu_seconds())?;
        // What is written to and not what is set aside: address space costs nothing, and the engine is free with it.
        at_most(Resource::Data, self.memory_bytes)
    }

    /// From here on there is as much processor time again, for the last time.
    pub(super) fn renew_cpu(&self) -> Result<(), Errno> {
        at_most(Resource::Cpu, self.most_cpu_seconds())
    }

    fn most_cpu_seconds(&self) -> u64 {
        self.cpu_seconds.saturating_mul(self.cpu_allowances)
    }
}

fn at_most(resource: Resource, soft: u64) -> Result<(), Errno> {
    limit(resource, soft, soft)
}

/// The signal comes at the soft limit, and says which one it was; the hard one would only kill. The soft one can be raised to the
/// most that it may ever be.
fn limit(resource: Resource, soft: u64, most: u64) -> Result<(), Errno> {
    let hard = getrlimit(resource).maximum.unwrap_or(u64::MAX);
    let limit = Rlimit {
        current: Some(soft.min(hard)),
        maximum: Some(most.saturating_add(1).min(hard)),
    };
    setrlimit(resource, limit)
}
