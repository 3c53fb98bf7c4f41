//! What this process has of the machine. Knows nothing of who took it.

use serde::Serialize;

use crate::sandbox::PoolUse;

/// What is held at one moment. None where the system does not tell.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Figures {
    /// Instances, stacks, memories and tables of the pool, together.
    pub(super) instances: Option<u64>,
    /// Open files and sockets.
    pub(super) files: Option<u64>,
    /// Mappings of the address space.
    pub(super) mappings: Option<u64>,
    /// Memory that is resident, in KiB.
    pub(super) resident_kib: Option<u64>,
}

impl Figures {
    pub(super) fn of(pool: Option<PoolUse>) -> Self {
        Self {
            instances: pool.map(taken),
            files: files(),
            mappings: mappings(),
            resident_kib: resident_kib(),
        }
    }
}

fn taken(pool: PoolUse) -> u64 {
    let counted = pool.memories + pool.tables + pool.stacks;
    pool.component_instances + pool.core_instances + counted as u64
}

fn files() -> Option<u64> {
    Some(std::fs::read_dir("/proc/self/fd").ok()?.count() as u64)
}

fn mappings() -> Option<u64> {
    let maps = std::fs::read_to_string("/proc/self/maps").ok()?;
    Some(maps.lines().count() as u64)
}

pub(super) fn resident_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}
