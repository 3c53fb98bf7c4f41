//! Compiled code on disk: `<folder>/<engine>/<sha256 of the component>.cwasm`, with the code's own sha256 beside it.
//! The component stays the truth: an entry that is not what was written is thrown away and made anew. Knows nothing of
//! how code is made, nor of whose it is.

use std::fs::{DirBuilder, File, Permissions};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rustix::fs::{MemfdFlags, memfd_create};
use sha2::{Digest, Sha256};
use tempfile::{NamedTempFile, TempDir};
use tokio::task::spawn_blocking;
use wasmtime::Engine;
use wasmtime::component::Component;

use super::compile::{Compiler, NotCompiled};
use super::engine;
use super::loaded::Source;

/// What every temporary file ends with; a crash leaves some behind.
const TEMPORARY: &str = ".tmp";
/// Its owner's alone: who can write here has the host run their code.
const PRIVATE: u32 = 0o700;
/// What nobody has written to for so long, none of those who share a folder is at.
const ABANDONED: Duration = Duration::from_hours(1);

/// The compiled code of one engine.
pub(super) struct Artifacts {
    engine: Engine,
    compiler: Compiler,
    folder: PathBuf,
    /// Whether who keeps code saves time with it, and no more: then what cannot be kept is held in memory.
    is_a_convenience: bool,
    /// The first reason why it could not.
    not_kept: OnceLock<String>,
    is_told: AtomicBool,
    /// Goes with the host, if it was not given a folder.
    _temporary: Option<TempDir>,
}

/// Where one component's code is, if it is there.
#[derive(Clone, Debug)]
struct Entry {
    engine: Engine,
    folder: PathBuf,
    digest: String,
}

impl Artifacts {
    /// Opens the folder, and clears it of what other engines and crashes have left; if it is shared with other processes,
    /// of what is old of that.
    pub(super) fn open(
        folder: Option<&Path>,
        is_shared: bool,
        engine: &Engine,
        compiler: Compiler,
    ) -> io::Result<Self> {
        let (folder, temporary) = match folder {
            Some(folder) => (folder.to_owned(), None),
            None => {
                let permissions = Permissions::from_mode(PRIVATE);
                let temporary = tempfile::Builder::new()
                    .prefix("retort-compiled-")
                    .permissions(permissions)
                    .tempdir()?;
                (temporary.path().to_owned(), Some(temporary))
            }
        };
        is_no_link(&folder)?;
        let own = folder.join(engine::fingerprint(engine));
        DirBuilder::new()
            .recursive(true)
            .mode(PRIVATE)
            .create(&own)?;
        std::fs::set_permissions(&folder, Permissions::from_mode(PRIVATE))?;
        let age = if is_shared { ABANDONED } else { Duration::ZERO };
        clear(&folder, &own, age)?;
        Ok(Self {
            engine: engine.clone(),
            compiler,
            folder: own,
            is_a_convenience: is_shared,
            not_kept: OnceLock::new(),
            is_told: AtomicBool::new(false),
            _temporary: temporary,
        })
    }

    /// The code of a component of that digest, from the folder or compiled anew.
    ///
    /// # Cancel safety
    /// Dropping the future leaves no entry, or a whole one.
    pub(super) async fn component(
        &self,
        source: &dyn Source,
        digest: &str,
    ) -> Result<Component, NotCompiled> {
        let entry = self.entry(digest);
        if let Some(component) = blocking(&entry, Entry::kept).await? {
            tracing::debug!(digest, "the component's code is taken from the cache");
            return Ok(component);
        }
        tracing::debug!(digest, "the component is compiled");
        let wasm = source.wasm().await.map_err(NotCompiled::Host)?;
        match self.compiled(&wasm, &entry).await {
            // Whose folder it is has been told, and their bot runs all the same.
            Err(NotCompiled::Host(reason)) if self.is_a_convenience => {
                self.not_kept.set(reason).ok();
                self.unkept(&wasm, &entry).await
            }
            ended => ended,
        }
    }

    async fn compiled(&self, wasm: &Arc<[u8]>, entry: &Entry) -> Result<Component, NotCompiled> {
        let cannot = |error: io::Error| NotCompiled::host("its code cannot be kept", &error);
        let code = entry.temporary().map_err(cannot)?;
        let file = code.reopen().map_err(cannot)?;
        self.compiler.compile(wasm, file).await?;
        blocking(entry, move |entry| entry.keep(code).map_err(cannot)).await??;
        blocking(entry, |entry| entry.load().map_err(NotCompiled::Host)).await?
    }

    /// Compiled for this process alone, in memory.
    async fn unkept(&self, wasm: &Arc<[u8]>, entry: &Entry) -> Result<Component, NotCompiled> {
        let cannot = |error: io::Error| NotCompiled::host("its code cannot be held", &error);
        let held = memfd_create("retort-compiled", MemfdFlags::CLOEXEC);
        let mut code = File::from(held.map_err(|errno| cannot(errno.into()))?);
        let file = code.try_clone().map_err(cannot)?;
        self.compiler.compile(wasm, file).await?;
        blocking(entry, move |entry| {
            let mut bytes = Vec::new();
            code.rewind().map_err(cannot)?;
            code.read_to_end(&mut bytes).map_err(cannot)?;
            #[expect(
                unsafe_code,
                reason = "the engine has no other way to load what a child has compiled"
            )]
            // SAFETY: this engine's compiler has just written these bytes into memory that has no name, so nobody else can.
            let loaded = unsafe { Component::deserialize(&entry.engine, &bytes) };
            loaded.map_err(|error| NotCompiled::Host(format!("it cannot be loaded: {error:#}")))
        })
        .await?
    }

    /// The folder, for who shares it.
    pub(super) fn folder(&self) -> &Path {
        self.folder.parent().unwrap_or(&self.folder)
    }

    /// Why code could not be kept, if it could not: it is compiled anew by whoever needs it next. Told once.
    pub(super) fn first_not_kept(&self) -> Option<&str> {
        let reason = self.not_kept.get()?;
        (!self.is_told.swap(true, Ordering::Relaxed)).then_some(reason)
    }
}

impl Artifacts {
    /// Whether there is code of a component of that digest. It may turn out to be of no use when it is loaded.
    pub(super) fn has(&self, digest: &str) -> bool {
        let entry = self.entry(digest);
        entry.code().exists() && entry.seal().exists()
    }

    fn entry(&self, digest: &str) -> Entry {
        Entry {
            engine: self.engine.clone(),
            folder: self.folder.clone(),
            digest: digest.to_owned(),
        }
    }
}

/// What is below the folder is deleted when it is of no more use: it must not be somewhere else.
fn is_no_link(folder: &Path) -> io::Result<()> {
    match std::fs::symlink_metadata(folder) {
        Ok(found) if !found.is_dir() => Err(io::Error::other(format!(
            "\"{}\" is not a folder, but a link or a file; remove it",
            folder.display()
        ))),
        _ => Ok(()),
    }
}

async fn blocking<T: Send + 'static>(
    entry: &Entry,
    work: impl FnOnce(&Entry) -> T + Send + 'static,
) -> Result<T, NotCompiled> {
    let entry = entry.clone();
    let done = spawn_blocking(move || work(&entry)).await;
    done.map_err(|panicked| NotCompiled::host("its code cannot be loaded", &panicked))
}

impl Entry {
    fn code(&self) -> PathBuf {
        self.folder.join(format!("{}.cwasm", self.digest))
    }

    /// The code's own digest: what says that it is what was written.
    fn seal(&self) -> PathBuf {
        self.folder.join(format!("{}.sha256", self.digest))
    }

    /// What is kept, if it is whole. What is not is removed.
    fn kept(&self) -> Option<Component> {
        // Nothing but a file is opened: a pipe of that name would be waited for.
        if !std::fs::symlink_metadata(self.code()).is_ok_and(|found| found.is_file()) {
            return None;
        }
        let unusable = match self.load() {
            Ok(component) => return Some(component),
            Err(unusable) => unusable,
        };
        tracing::warn!(
            digest = self.digest,
            "compiled code cannot be used and is made anew: {unusable}"
        );
        for path in [self.code(), self.seal()] {
            // Where it stays, the new one takes its place.
            drop(std::fs::remove_file(path));
        }
        None
    }

    fn load(&self) -> Result<Component, String> {
        let path = self.code();
        // A pipe of that name would be waited for, and a device has no end.
        if !std::fs::symlink_metadata(self.seal()).is_ok_and(|found| found.is_file()) {
            return Err("its digest is not there, or no file".to_owned());
        }
        let sealed = std::fs::read_to_string(self.seal());
        let sealed = sealed.map_err(|error| format!("its digest cannot be read: {error}"))?;
        let found = digest_of(&path).map_err(|error| format!("it cannot be read: {error}"))?;
        if sealed != found {
            return Err("it is not what was written".to_owned());
        }
        #[expect(
            unsafe_code,
            reason = "the engine has no other way to load what it has compiled before"
        )]
        // SAFETY: these bytes were written by this engine's compiler, or one of the same fingerprint: nothing else
        // writes to this folder, which is its owner's alone, and the digest says that they have not changed since.
        // They do not change while they are mapped either: an entry is replaced by renaming and never written to.
        let loaded = unsafe { Component::deserialize_file(&self.engine, &path) };
        loaded.map_err(|error| format!("it cannot be loaded: {error:#}"))
    }

    fn temporary(&self) -> io::Result<NamedTempFile> {
        tempfile::Builder::new()
            .suffix(TEMPORARY)
            .tempfile_in(&self.folder)
    }

    /// Makes code the entry. Each step is on the disk before the next: a crash leaves no entry, or one whose digest
    /// does not fit.
    fn keep(&self, code: NamedTempFile) -> io::Result<()> {
        let mut seal = self.temporary()?;
        seal.write_all(digest_of(code.path())?.as_bytes())?;
        seal.as_file().sync_all()?;
        code.as_file().sync_all()?;
        seal.persist(self.seal())?;
        code.persist(self.code())?;
        File::open(&self.folder)?.sync_all()
    }
}

fn digest_of(path: &Path) -> io::Result<String> {
    let mut digest = Sha256::new();
    io::copy(&mut File::open(path)?, &mut digest)?;
    let hex = digest.finalize();
    Ok(hex.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Removes the folders of other engines, and of our own what was never finished.
fn clear(folder: &Path, own: &Path, age: Duration) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() && path != own && is_older(&path, age) {
            tracing::debug!(folder = %path.display(), "compiled code of another engine is removed");
            std::fs::remove_dir_all(path)?;
        }
    }
    for entry in std::fs::read_dir(own)? {
        let path = entry?.path();
        if path.to_string_lossy().ends_with(TEMPORARY)
            && is_older(&path, age)
            && let Err(error) = std::fs::remove_file(&path)
        {
            tracing::warn!(
                "\"{}\" is left over and cannot be removed: {error}",
                path.display()
            );
        }
    }
    Ok(())
}

fn is_older(path: &Path, than: Duration) -> bool {
    let written = std::fs::metadata(path).and_then(|found| found.modified());
    // A clock that was set back makes it none.
    written.is_ok_and(|written| written.elapsed().unwrap_or_default() >= than)
}
