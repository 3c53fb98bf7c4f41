//! What the system says of this process: under the names that Prometheus's own libraries give them, as far as they do.

use std::fs;
use std::io;

use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;

/// The figures of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Figures {
    resident_bytes: u64,
    threads: u64,
    open_files: u64,
    mappings: u64,
}

impl Figures {
    /// Those of this process.
    ///
    /// # Errors
    /// The system's, where it has no `/proc` as Linux does.
    pub(super) fn read() -> io::Result<Self> {
        let status = fs::read_to_string("/proc/self/status")?;
        let figure = |key| figure(&status, key).ok_or(io::ErrorKind::InvalidData);
        Ok(Self {
            resident_bytes: figure("VmRSS:")? * 1024,
            threads: figure("Threads:")?,
            open_files: fs::read_dir("/proc/self/fd")?.count() as u64,
            mappings: fs::read_to_string("/proc/self/maps")?.lines().count() as u64,
        })
    }

    /// The same, to be written as text.
    pub(super) fn registry(&self) -> Registry {
        let mut registry = Registry::with_prefix("process");
        registry.register(
            "resident_memory_bytes",
            "Memory that the process holds",
            ConstGauge::new(self.resident_bytes),
        );
        registry.register(
            "open_fds",
            "Files and connections that are open",
            ConstGauge::new(self.open_files),
        );
        registry.register("threads", "Threads", ConstGauge::new(self.threads));
        registry.register(
            "memory_mappings",
            "Mappings of memory, of which `vm.max_map_count` may be had",
            ConstGauge::new(self.mappings),
        );
        registry
    }
}

/// The number behind a key; memory is in KiB.
fn figure(status: &str, key: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(key))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_found_by_its_key() {
        let status = "Name:\tretort\nVmRSS:\t  20480 kB\nThreads:\t7\n";
        assert_eq!(figure(status, "VmRSS:"), Some(20_480));
        assert_eq!(figure(status, "Threads:"), Some(7));
        assert_eq!(figure(status, "Uid:"), None);
    }

    #[test]
    fn a_file_that_is_open_is_counted() {
        let before = Figures::read().expect("there is a /proc");
        let files: Vec<_> = (0..50).map(|_| tempfile::tempfile()).collect();
        let after = Figures::read().expect("there is a /proc");
        // Other tests open and close some at the same time.
        assert!(after.open_files > before.open_files + 20, "{after:?}");
        assert!(after.resident_bytes > 1 << 20 && after.threads >= 1 && after.mappings > 10);
        drop(files);
    }
}
