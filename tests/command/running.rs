//! The real binary, run to its end or until it is stopped.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

/// The binary, with an environment that says nothing to it.
pub(crate) fn retort() -> Command {
    let mut retort = Command::new(env!("CARGO_BIN_EXE_retort"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("RETORT_")) {
        retort.env_remove(name);
    }
    // What one test has compiled, the others need not.
    retort.env(
        "XDG_CACHE_HOME",
        concat!(env!("CARGO_TARGET_TMPDIR"), "/cache"),
    );
    retort
}

/// What a run ended with.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs it to its end, with this on its standard input.
pub(crate) fn run(retort: &mut Command, input: &str) -> Ended {
    run_within(retort, input, Duration::from_secs(120))
}

/// The same, if it takes no longer than this.
pub(crate) fn run_within(retort: &mut Command, input: &str, time: Duration) -> Ended {
    let mut child = retort
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    // It may end before it has read all of it.
    let _ = child
        .stdin
        .take()
        .expect("an input")
        .write_all(input.as_bytes());
    let pid = child.id();
    let (ended, end) = std::sync::mpsc::channel();
    std::thread::spawn(move || ended.send(child.wait_with_output().expect("it ends")));
    let output = end.recv_timeout(time).unwrap_or_else(|_| {
        let _ = Command::new("kill")
            .args(["-KILL", &pid.to_string()])
            .status();
        panic!("it goes on for ever: {retort:?}");
    });
    Ended {
        code: output.status.code().expect("no signal"),
        stdout: String::from_utf8(output.stdout).expect("text"),
        stderr: String::from_utf8(output.stderr).expect("text"),
    }
}

/// One that goes on until it is stopped, or dropped.
pub(crate) struct Running {
    child: Child,
    stdout: BufReader<ChildStdout>,
    pub(crate) scheme: String,
    pub(crate) address: SocketAddr,
}

impl Running {
    /// Starts it and waits until it says where it listens.
    pub(crate) fn start(retort: &mut Command) -> Self {
        Self::with_stderr(retort, Stdio::inherit())
    }

    /// The same, with its standard error in a file.
    pub(crate) fn logging_to(path: &Path, retort: &mut Command) -> Self {
        Self::with_stderr(retort, File::create(path).expect("a file").into())
    }

    fn with_stderr(retort: &mut Command, stderr: Stdio) -> Self {
        let mut child = retort
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(stderr)
            .spawn()
            .expect("it runs");
        let mut stdout = BufReader::new(child.stdout.take().expect("an output"));
        let mut line = String::new();
        stdout.read_line(&mut line).expect("a line");
        let listening = line.strip_prefix("listening on ");
        let (scheme, address) = listening
            .and_then(|url| url.split_once("://"))
            .expect("where it listens");
        let address = address.trim_end().parse().expect("an address");
        Self {
            child,
            stdout,
            scheme: scheme.to_owned(),
            address,
        }
    }

    /// Its number.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Tells it to end, as a service manager does.
    pub(crate) fn terminate(&self) {
        let pid = self.child.id().to_string();
        let mut kill = Command::new("kill");
        let killed = kill.args(["-TERM", &pid]).status().expect("kill");
        assert!(killed.success());
    }

    /// Stops it as a service manager does; the exit code, and what it still printed.
    pub(crate) fn stop(mut self) -> (i32, String) {
        self.terminate();
        let code = self
            .child
            .wait()
            .expect("it ends")
            .code()
            .expect("no signal");
        let rest: Vec<_> = (&mut self.stdout)
            .lines()
            .map(|line| line.expect("text"))
            .collect();
        (code, rest.join("\n"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Somebody else's server, which answers everything alike, with these lines of a head and a greeting.
pub(crate) fn stranger(head: &str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let answer = format!("HTTP/1.1 {head}\r\ncontent-length: 5\r\n\r\nhello");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            // Whoever only looks whether somebody is there says nothing.
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    address
}

/// A file in a folder.
pub(crate) fn file(folder: &Path, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    std::fs::write(&path, content).expect("written");
    path
}
