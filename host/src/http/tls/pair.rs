//! A certificate and its key, from two files to what a handshake takes. Each way in which they can be of no use has a
//! sentence that says what helps. Nothing of what is in a file is repeated.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::{Error as PemError, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::version::{TLS12, TLS13};
use rustls::{Error, ServerConfig};
use sha2::Digest as _;

/// A chain of certificates has some KiB. Whoever names a device by mistake is told so and not waited for.
const MOST_BYTES: u64 = 1 << 20;

/// Where a certificate and its key are.
#[derive(Clone, Debug)]
pub struct Files {
    pub(super) cert: PathBuf,
    pub(super) key: PathBuf,
}

/// What tells one content of both files from another.
pub(super) type Digest = [u8; 32];

/// The content of both files.
pub(super) struct Pair {
    cert: Vec<u8>,
    key: Vec<u8>,
}

/// A certificate or a key that cannot be shown.
#[derive(Debug, thiserror::Error)]
#[error("the {} \"{}\" {problem}", .part.words().name, .path.display())]
pub struct NotUsable {
    part: Part,
    path: PathBuf,
    problem: Problem,
}

#[derive(Clone, Copy, Debug)]
enum Part {
    Cert,
    Key,
}

/// How one of the two is spoken of.
struct Words {
    name: &'static str,
    flag: &'static str,
    openssl: &'static str,
}

#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error("cannot be read: {error}; give a PEM file that can with {}", .part.words().flag)]
    Unread { part: Part, error: io::Error },
    #[error(
        "is no PEM, which has a line that begins with -----BEGIN; if it is DER, convert it \
         (openssl {} -inform DER -in FILE -out FILE.pem)", .part.words().openssl
    )]
    NoPem { part: Part },
    #[error("is damaged: a part of it has no end, or is not base64; write the file anew")]
    Damaged,
    #[error(
        "has no certificate in it; give a file with the host's own first, and then those that lead from it to its \
         CA, with --tls-cert"
    )]
    NoCertificate,
    #[error(
        "has no private key in it, or one under a password; give one in PKCS#8, RSA or SEC1 form with --tls-key \
         (openssl pkey -in FILE -out FILE.pem takes a password away)"
    )]
    NoKey,
    #[error("begins with something that cannot be read as a certificate; write the file anew")]
    StrangeCertificate,
    #[error(
        "is of a kind that cannot be used; make one of RSA with 2048 to 8192 bits, of ECDSA on P-256 or P-384, or of \
         Ed25519"
    )]
    StrangeKey,
    #[error(
        "does not belong to the first certificate in \"{}\"; give the two that were made together, and the host's own \
         certificate before those that lead to its CA", .cert.display()
    )]
    OfAnother { cert: PathBuf },
}

impl Part {
    fn words(self) -> Words {
        match self {
            Part::Cert => Words {
                name: "certificate",
                flag: "--tls-cert, or `tls.cert` in the configuration file",
                openssl: "x509",
            },
            Part::Key => Words {
                name: "key",
                flag: "--tls-key, or `tls.key` in the configuration file",
                openssl: "pkey",
            },
        }
    }
}

impl Files {
    pub(super) fn read(&self) -> Result<Pair, NotUsable> {
        let read = |part, path: &Path| {
            let unread = |error| self.is(part, Problem::Unread { part, error });
            content(path).map_err(unread)
        };
        Ok(Pair {
            cert: read(Part::Cert, &self.cert)?,
            key: read(Part::Key, &self.key)?,
        })
    }

    fn is(&self, part: Part, problem: Problem) -> NotUsable {
        let path = match part {
            Part::Cert => self.cert.clone(),
            Part::Key => self.key.clone(),
        };
        NotUsable {
            part,
            path,
            problem,
        }
    }
}

fn content(path: &Path) -> io::Result<Vec<u8>> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    let mut content = Vec::new();
    let read = File::open(path)?
        .take(MOST_BYTES)
        .read_to_end(&mut content)?;
    if read as u64 == MOST_BYTES {
        return Err(io::Error::other("it has 1 MiB or more"));
    }
    Ok(content)
}

impl Pair {
    pub(super) fn digest(&self) -> Digest {
        let lengths = (self.cert.len() as u64).to_le_bytes();
        let digest = sha2::Sha256::new_with_prefix(lengths);
        digest
            .chain_update(&self.cert)
            .chain_update(&self.key)
            .finalize()
            .into()
    }

    /// What a handshake takes: TLS 1.2 and 1.3, and nothing but HTTP/1.1 under it.
    pub(super) fn shown(&self, files: &Files) -> Result<Arc<ServerConfig>, NotUsable> {
        let provider = ring::default_provider();
        let pair = self.checked(files, &provider)?;
        let config = ServerConfig::builder_with_provider(Arc::new(provider))
            .with_protocol_versions(&[&TLS13, &TLS12])
            .expect("the provider has cipher suites for both versions");
        let mut config = config
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(SingleCertAndKey::from(pair)));
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }

    fn checked(&self, files: &Files, provider: &CryptoProvider) -> Result<CertifiedKey, NotUsable> {
        let chain = self
            .chain()
            .map_err(|problem| files.is(Part::Cert, problem))?;
        let of_key = |problem| files.is(Part::Key, problem);
        let key = self.key().map_err(of_key)?;
        let key = provider.key_provider.load_private_key(key);
        let key = key.map_err(|_| of_key(Problem::StrangeKey))?;
        let pair = CertifiedKey::new(chain, key);
        match pair.keys_match() {
            Ok(()) => Ok(pair),
            Err(Error::InconsistentKeys(_)) => Err(of_key(Problem::OfAnother {
                cert: files.cert.clone(),
            })),
            Err(_) => Err(files.is(Part::Cert, Problem::StrangeCertificate)),
        }
    }

    fn chain(&self) -> Result<Vec<CertificateDer<'static>>, Problem> {
        is_pem(&self.cert, Part::Cert)?;
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&self.cert).collect();
        match chain {
            Ok(chain) if chain.is_empty() => Err(Problem::NoCertificate),
            chain => chain.map_err(|_| Problem::Damaged),
        }
    }

    fn key(&self) -> Result<PrivateKeyDer<'static>, Problem> {
        is_pem(&self.key, Part::Key)?;
        PrivateKeyDer::from_pem_slice(&self.key).map_err(|error| match error {
            PemError::NoItemsFound => Problem::NoKey,
            _ => Problem::Damaged,
        })
    }
}

fn is_pem(content: &[u8], part: Part) -> Result<(), Problem> {
    let begin = b"-----BEGIN";
    let is_pem = content.windows(begin.len()).any(|window| window == begin);
    is_pem.then_some(()).ok_or(Problem::NoPem { part })
}
