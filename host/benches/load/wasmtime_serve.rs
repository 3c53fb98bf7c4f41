//! Another server of components, to compare with: `wasmtime serve`, set up to be as fast as it can be, in a process of
//! its own. It serves a component of wasi:http that does the work of the floor, each request in a fresh instance.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::Context as _;
use retort::cli::build;
use retort::registry::manifest;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};

/// Where it is, if it is not in the path.
const BINARY: &str = "RETORT_BENCH_WASMTIME";
/// The engine that the host has.
const VERSION: &str = "wasmtime 48.";
/// How it is got.
pub(crate) const INSTALL: &str = "wasmtime 48 is not there: cargo install wasmtime-cli --version '>=48.0.8, <49' --locked, \
     or name its binary in RETORT_BENCH_WASMTIME";

/// What a free slot keeps, as on a host with the default settings; and WASI, which Rust's runtime imports.
const ARGS: [&str; 7] = [
    "serve",
    "-Scli",
    "-Opooling-allocator",
    "-Opooling-memory-keep-resident=262144",
    "-Opooling-table-keep-resident=65536",
    "-Opooling-async-stack-keep-resident=16384",
    "--addr=127.0.0.1:0",
];

/// A server until it is dropped.
pub(crate) struct WasmtimeServe {
    pub(crate) address: SocketAddr,
    _process: Child,
    /// Who closes it ends the process, should that have something to say.
    _told: Lines<BufReader<ChildStderr>>,
}

impl WasmtimeServe {
    /// One, if the machine has it.
    pub(crate) async fn start() -> anyhow::Result<Option<Self>> {
        let binary = std::env::var_os(BINARY).unwrap_or_else(|| OsString::from("wasmtime"));
        let version = Command::new(&binary).arg("--version").output().await;
        let is_there = version.is_ok_and(|said| said.stdout.starts_with(VERSION.as_bytes()));
        if !is_there {
            return Ok(None);
        }
        let mut process = Command::new(&binary)
            .args(ARGS)
            .arg(component()?)
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let told = process.stderr.take().context("it says nothing")?;
        let mut told = BufReader::new(told).lines();
        let line = told.next_line().await?.context("it has ended")?;
        let address = line.rsplit_once("http://").map(|(_, url)| url);
        let address = address.context(line.clone())?.trim_end_matches('/');
        Ok(Some(Self {
            address: address.parse()?,
            _process: process,
            _told: told,
        }))
    }
}

/// Linked as bots are.
fn component() -> anyhow::Result<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/load/wasi_http");
    let built = build::compile(&folder, &manifest::Build::default(), &["--locked"])?;
    built
        .into_iter()
        .next_back()
        .context("there is no component")
}
