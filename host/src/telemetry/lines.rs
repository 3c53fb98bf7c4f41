//! Lines on their way out. Who writes one leaves it in memory and goes on: an output that is stuck must not hold up a
//! turn, and waking a thread for each line costs more than the rest of the line. A thread of its own writes what has
//! gathered.

use std::io::{self, Write};
use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// What waits at most, in bytes: some ten thousand lines, of which a stuck output loses the later ones.
const MOST: usize = 4 << 20;

/// How long the thread lets lines gather after each time that it wrote.
const GATHER: Duration = Duration::from_millis(20);

/// How long the last lines have to get out.
const LAST: Duration = Duration::from_secs(1);

/// Where lines are left: each write is one line. Cheap to clone.
#[derive(Clone)]
pub(super) struct Lines(Arc<Shared>);

/// Writes the lines, until it is dropped: then it writes what is left.
pub struct Writing(Arc<Shared>);

#[derive(Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    bytes: Vec<u8>,
    dropped: u64,
    is_last: bool,
    is_written: bool,
}

/// Starts to write lines to `output`.
///
/// # Errors
/// The system's own, if it gives no thread.
pub(super) fn write_to(output: impl Write + Send + 'static) -> io::Result<(Lines, Writing)> {
    let shared = Arc::new(Shared::default());
    let its = Arc::clone(&shared);
    thread::Builder::new()
        .name("retort-log".to_owned())
        .spawn(move || its.write(output))?;
    Ok((Lines(Arc::clone(&shared)), Writing(shared)))
}

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut waiting = self.0.waiting();
        if waiting.bytes.len() + line.len() > MOST {
            waiting.dropped += 1;
        } else {
            let is_first = waiting.bytes.is_empty();
            waiting.bytes.extend_from_slice(line);
            if is_first {
                self.0.changed.notify_all();
            }
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        let mut waiting = self.0.waiting();
        waiting.is_last = true;
        self.0.changed.notify_all();
        let written = self
            .0
            .changed
            .wait_timeout_while(waiting, LAST, |waiting| !waiting.is_written);
        drop(written);
    }
}

impl Shared {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        // Bytes cannot be left in a state that the next line could not live with.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, mut output: impl Write) {
        let mut lines = Vec::new();
        loop {
            let (dropped, is_last) = self.take(&mut lines);
            if dropped > 0 {
                let told = writeln!(
                    lines,
                    "{dropped} lines were dropped: nobody read them in time"
                );
                drop(told);
            }
            // There is nowhere to say that the log cannot be written.
            drop(output.write_all(&lines).and_then(|()| output.flush()));
            lines.clear();
            if is_last {
                break;
            }
            self.gather();
        }
        self.waiting().is_written = true;
        self.changed.notify_all();
    }

    /// Waits for lines and gives them in exchange for an empty buffer, with the number of those that were dropped and
    /// whether these are the last.
    fn take(&self, lines: &mut Vec<u8>) -> (u64, bool) {
        let waiting = self.waiting();
        let is_idle = |waiting: &mut Waiting| waiting.bytes.is_empty() && !waiting.is_last;
        let waiting = self.changed.wait_while(waiting, is_idle);
        let mut waiting = waiting.unwrap_or_else(PoisonError::into_inner);
        mem::swap(&mut waiting.bytes, lines);
        (mem::take(&mut waiting.dropped), waiting.is_last)
    }

    fn gather(&self) {
        let waited = self
            .changed
            .wait_timeout_while(self.waiting(), GATHER, |waiting| !waiting.is_last);
        drop(waited);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// An output that takes nothing until it is let.
    struct Stuck {
        let_go: mpsc::Receiver<()>,
        taken: mpsc::Sender<Vec<u8>>,
    }

    impl Write for Stuck {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.let_go.recv().ok();
            drop(self.taken.send(bytes.to_vec()));
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn stuck() -> (mpsc::Sender<()>, mpsc::Receiver<Vec<u8>>, Stuck) {
        let (go, let_go) = mpsc::channel();
        let (taken, seen) = mpsc::channel();
        (go, seen, Stuck { let_go, taken })
    }

    #[test]
    fn what_is_left_is_written_at_the_end() {
        let (go, seen, output) = stuck();
        drop(go);
        let (mut lines, writing) = write_to(output).expect("a thread");
        for line in ["one\n", "two\n"] {
            lines.write_all(line.as_bytes()).expect("it never fails");
        }
        drop(writing);
        let written: Vec<u8> = seen.try_iter().flatten().collect();
        assert_eq!(written, b"one\ntwo\n");
    }

    #[test]
    fn an_output_that_is_stuck_holds_up_nobody_and_is_told_what_it_missed() {
        let (go, seen, output) = stuck();
        let (mut lines, writing) = write_to(output).expect("a thread");
        let line = vec![b'x'; MOST / 4];
        for _ in 0..20 {
            lines.write_all(&line).expect("it never fails");
        }
        drop(go);
        drop(writing);
        let written: Vec<u8> = seen.try_iter().flatten().collect();
        let text = String::from_utf8_lossy(&written);
        let kept = text.trim_start_matches('x');
        let dropped: usize = kept
            .split(' ')
            .next()
            .and_then(|n| n.parse().ok())
            .expect("a number");
        let through = text.bytes().filter(|byte| *byte == b'x').count() / line.len();
        assert_eq!(dropped + through, 20);
        assert!(dropped >= 12, "{dropped}");
    }
}
