//! Whom TLS trusts: the public authorities and those of the operator, with nothing kept from one connection to the next.

use std::path::Path;
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use super::settings::NotSetUp;

/// How all connections are secured.
pub(super) fn client(ca_file: Option<&Path>) -> Result<Arc<ClientConfig>, NotSetUp> {
    let mut roots: RootCertStore = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
    if let Some(path) = ca_file {
        add(&mut roots, path)?;
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions();
    let builder = builder.map_err(|source| NotSetUp::Tls { source })?;
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    // A ticket would tell a server that two tenants are on the same host.
    config.resumption = Resumption::disabled();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn add(roots: &mut RootCertStore, path: &Path) -> Result<(), NotSetUp> {
    let unreadable = |source| NotSetUp::CaFileUnreadable {
        path: path.to_owned(),
        source,
    };
    let before = roots.len();
    for certificate in CertificateDer::pem_file_iter(path).map_err(unreadable)? {
        let added = roots.add(certificate.map_err(unreadable)?);
        added.map_err(|source| NotSetUp::CaNotUsable {
            path: path.to_owned(),
            source,
        })?;
    }
    if roots.len() == before {
        return Err(NotSetUp::NoCa {
            path: path.to_owned(),
        });
    }
    Ok(())
}
