//! What this machine cannot do for a host of these settings, in words for who runs it. What is read of the machine and
//! what follows from it are kept apart.

use std::fs;
use std::thread::available_parallelism;

use rustix::process::{Resource, getrlimit};

use crate::config::Config;

/// Address space of one instance: two memories of 4 GiB and what lies between them, and stacks and tables.
const INSTANCE_ADDRESS_BYTES: u64 = (8 << 30) + (128 << 20);
/// Mappings of one instance: its memories, its stack and its tables, each in parts of different rights.
const INSTANCE_MAPPINGS: u64 = 6;
/// Mappings of everything else: code of the host and of bots, heaps, threads.
const OTHER_MAPPINGS: u64 = 4_096;
/// Files of everything else: listeners, timers, the log, the lock, components while they are read.
const OTHER_FILES: u64 = 64;

/// What there is of something; none where it is without bounds, or where the system does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Machine {
    address_space_bytes: Option<u64>,
    open_files: Option<u64>,
    mappings: Option<u64>,
    swap_kib: Option<u64>,
    cores: Option<usize>,
}

/// What a host needs.
#[derive(Clone, Copy, Debug)]
struct Needs {
    instances: u64,
    connections: u64,
}

/// Says what the machine cannot do, and what helps.
pub(super) fn warn(config: &Config) {
    let operators = config
        .operations
        .listen
        .map(|_| config.operations.connections);
    let needs = Needs {
        instances: config.sandbox.instances.into(),
        connections: (config.http.connections + operators.unwrap_or_default()) as u64,
    };
    for problem in problems(&Machine::read(), &needs) {
        tracing::warn!("{problem}");
    }
}

fn problems(machine: &Machine, needs: &Needs) -> Vec<String> {
    let all = [
        little_address_space(machine, needs),
        few_mappings(machine, needs),
        few_files(machine, needs),
        swap(machine),
        few_cores(machine),
    ];
    all.into_iter().flatten().collect()
}

fn little_address_space(machine: &Machine, needs: &Needs) -> Option<String> {
    let (has, needed) = (
        machine.address_space_bytes?,
        needs.instances * INSTANCE_ADDRESS_BYTES,
    );
    (has < needed).then(|| {
        format!(
            "the process may have {} GiB of address space and its instance pool takes some {}: allow more \
             (ulimit -v unlimited; `LimitAS=infinity` in a systemd unit), or lower `sandbox.instances`",
            has >> 30,
            needed >> 30
        )
    })
}

fn few_mappings(machine: &Machine, needs: &Needs) -> Option<String> {
    let (has, needed) = (
        machine.mappings?,
        needs.instances * INSTANCE_MAPPINGS + OTHER_MAPPINGS,
    );
    (has < needed).then(|| {
        format!(
            "the process may have {has} mappings of memory and may need {needed}, without which turns fail: raise \
             them (sysctl vm.max_map_count={needed}), or lower `sandbox.instances`"
        )
    })
}

fn few_files(machine: &Machine, needs: &Needs) -> Option<String> {
    let (has, needed) = (machine.open_files?, needs.connections + OTHER_FILES);
    (has < needed).then(|| {
        format!(
            "the process may open {has} files and its connections may need {needed}: raise it (ulimit -n {needed}; \
             `LimitNOFILE={needed}` in a systemd unit), or lower `http.connections`"
        )
    })
}

fn swap(machine: &Machine) -> Option<String> {
    let has = machine.swap_kib?;
    (has > 0).then(|| {
        format!(
            "the machine has {} MiB of swap, so what bots keep in memory, consumers' words among it, may reach a disk \
             and stay there: turn it off (swapoff -a), or encrypt it",
            has >> 10
        )
    })
}

fn few_cores(machine: &Machine) -> Option<String> {
    let has = machine.cores?;
    (has < 2).then(|| {
        "the process has one core, so a bot that spins takes time from accepting and from other bots' turns: give it \
         two or more"
            .to_owned()
    })
}

impl Machine {
    fn read() -> Self {
        let number = |path| fs::read_to_string(path).ok()?.trim().parse().ok();
        let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
        Self {
            address_space_bytes: getrlimit(Resource::As).current,
            open_files: getrlimit(Resource::Nofile).current,
            mappings: number("/proc/sys/vm/max_map_count"),
            swap_kib: swap_total(&memory),
            cores: available_parallelism().ok().map(usize::from),
        }
    }
}

/// The swap in `/proc/meminfo`, in KiB.
fn swap_total(memory: &str) -> Option<u64> {
    let line = memory
        .lines()
        .find_map(|line| line.strip_prefix("SwapTotal:"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEEDS: Needs = Needs {
        instances: 128,
        connections: 1024,
    };

    #[track_caller]
    fn says(machine: Machine, words: &[&str]) {
        let [problem] = &problems(&machine, &NEEDS)[..] else {
            panic!("{machine:?} has not one problem")
        };
        for word in words {
            assert!(problem.contains(word), "{word:?} is not in {problem:?}");
        }
    }

    #[test]
    fn a_machine_that_has_what_is_needed_or_does_not_say_is_no_problem() {
        let ample = Machine {
            address_space_bytes: Some(2 << 40),
            open_files: Some(1_088),
            mappings: Some(65_530),
            swap_kib: Some(0),
            cores: Some(2),
        };
        assert_eq!(problems(&ample, &NEEDS), [""; 0]);
        assert_eq!(problems(&Machine::default(), &NEEDS), [""; 0]);
    }

    #[test]
    fn each_want_is_told_with_what_helps() {
        let none = Machine::default();
        says(
            Machine {
                address_space_bytes: Some(100 << 30),
                ..none
            },
            &["100 GiB", "1040", "ulimit -v", "sandbox.instances"],
        );
        says(
            Machine {
                mappings: Some(4_863),
                ..none
            },
            &["4863", "vm.max_map_count=4864", "sandbox.instances"],
        );
        says(
            Machine {
                open_files: Some(1_024),
                ..none
            },
            &["1024", "LimitNOFILE=1088", "http.connections"],
        );
        says(
            Machine {
                swap_kib: Some(2_097_148),
                ..none
            },
            &["2047 MiB", "swapoff"],
        );
        says(
            Machine {
                cores: Some(1),
                ..none
            },
            &["one core"],
        );
    }

    #[test]
    fn this_machine_says_what_it_has() {
        let machine = Machine::read();
        assert!(machine.cores >= Some(1), "{machine:?}");
        if cfg!(target_os = "linux") {
            assert!(machine.mappings > Some(0), "{machine:?}");
            assert!(machine.swap_kib.is_some(), "{machine:?}");
        }
        assert_eq!(
            swap_total("MemTotal: 1 kB\nSwapTotal:  2048 kB\n"),
            Some(2_048)
        );
    }
}
