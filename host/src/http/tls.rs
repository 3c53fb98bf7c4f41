//! TLS at the front door: the certificate that is shown, and what a connection becomes under it. Knows nothing of what
//! is said over it.

mod encrypted;
mod pair;

use std::path::PathBuf;
use std::sync::Arc;

use rustls::ServerConfig;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;

pub use pair::{Files, NotUsable};

pub(super) use encrypted::Encrypted;

/// What is shown to who connects.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// PEM: the host's own certificate, and then those that lead from it to its CA. None: the port is plain.
    pub cert: Option<PathBuf>,
    /// PEM: the key of the first of them.
    pub key: Option<PathBuf>,
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

/// A certificate and its key, as they are shown.
#[derive(Debug)]
pub struct Tls {
    shown: Arc<ServerConfig>,
}

impl Tls {
    /// Reads both files.
    ///
    /// # Errors
    /// [`NotUsable`] says which of them is of no use, and why.
    pub fn read(files: &Files) -> Result<Self, NotUsable> {
        let shown = files.read()?.shown(files)?;
        Ok(Self { shown })
    }

    /// A connection that is under TLS once it is read from.
    pub(super) fn accept<S>(&self, stream: S) -> Encrypted<S>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let acceptor = TlsAcceptor::from(Arc::clone(&self.shown));
        Encrypted::beginning(acceptor.accept(stream))
    }
}
