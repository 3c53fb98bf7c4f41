//! TLS at the front door: the certificate that is shown, and what a connection becomes under it. Knows nothing of what
//! is said over it.

mod encrypted;
mod pair;
mod renewal;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;

pub use pair::{Files, NotUsable};

pub(super) use encrypted::Encrypted;
use pair::Digest;

/// What is shown to who connects.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// PEM: the host's own certificate, and then those that lead from it to its CA. None: the port is plain.
    pub cert: Option<PathBuf>,
    /// PEM: the key of the first of them.
    pub key: Option<PathBuf>,
    /// Seconds between two looks at both files. A certificate is renewed weeks before it ends, and reading two small
    /// files costs nothing.
    pub reread_seconds: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            cert: None,
            key: None,
            reread_seconds: 60,
        }
    }
}

/// One of the two files is given, and not the other.
#[derive(Debug, thiserror::Error)]
#[error(
    "`tls.{given}` is given and `tls.{missing}` is not; give it too (--tls-{missing}), or neither"
)]
pub struct HalfAPair {
    given: &'static str,
    missing: &'static str,
}

impl Settings {
    /// Where the certificate and its key are, if TLS is to be spoken.
    ///
    /// # Errors
    /// [`HalfAPair`] if only one is given: a port that was meant to be encrypted must not be plain.
    pub fn files(&self) -> Result<Option<Files>, HalfAPair> {
        let half = |given, missing| Err(HalfAPair { given, missing });
        match (self.cert.clone(), self.key.clone()) {
            (Some(cert), Some(key)) => Ok(Some(Files { cert, key })),
            (Some(_), None) => half("cert", "key"),
            (None, Some(_)) => half("key", "cert"),
            (None, None) => Ok(None),
        }
    }
}

/// A certificate and its key, as they are shown now.
#[derive(Debug)]
pub struct Tls {
    files: Files,
    every: Duration,
    seen: Digest,
    shown: Arc<ArcSwap<ServerConfig>>,
}

impl Tls {
    /// Reads both files, and is to read them again as often as this.
    ///
    /// # Errors
    /// [`NotUsable`] says which of them is of no use, and why.
    pub fn read(files: Files, every: Duration) -> Result<Self, NotUsable> {
        let pair = files.read()?;
        let shown = Arc::new(ArcSwap::new(pair.shown(&files)?));
        Ok(Self {
            seen: pair.digest(),
            files,
            every,
            shown,
        })
    }

    /// A connection that is under TLS once it is read from.
    pub(super) fn accept<S>(&self, stream: S) -> Encrypted<S>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let acceptor = TlsAcceptor::from(self.shown.load_full());
        Encrypted::beginning(acceptor.accept(stream))
    }

    /// Goes on looking whether the files were renewed, for as long as it is polled.
    pub(super) fn kept_renewed(&self) -> impl Future<Output = ()> + Send + 'static {
        let renewal = renewal::Renewal::of(self.files.clone(), self.seen, Arc::clone(&self.shown));
        renewal.go_on(self.every)
    }
}
