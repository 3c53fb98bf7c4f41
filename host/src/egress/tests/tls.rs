//! Whom we believe to be who they say: those whom a trusted authority vouches for, now and by this name.

use std::path::Path;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use tempfile::NamedTempFile;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::harness::{Names, allowed, body, caps, get, settings};
use super::upstream::read_request;
use crate::egress::{Egress, NotSent, NotSetUp, Response, Settings};

/// An authority, with a file that names it.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    file: NamedTempFile,
}

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let file = file(&certificate.pem());
        Self {
            issuer: Issuer::new(params, key),
            file,
        }
    }

    /// What a server of this name shows, good until this year.
    fn server(&self, name: &str, until: i32) -> Arc<ServerConfig> {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_before = date_time_ymd(2000, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth();
        let config = builder
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        Arc::new(config)
    }
}

fn file(content: &str) -> NamedTempFile {
    let file = NamedTempFile::new().unwrap();
    std::fs::write(&file, content).unwrap();
    file
}

fn trusting(file: &Path) -> Settings {
    Settings {
        ca_file: Some(file.to_owned()),
        ..settings()
    }
}

async fn serve(config: Arc<ServerConfig>) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let acceptor = TlsAcceptor::from(config);
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else {
                continue;
            };
            let request = read_request(&mut stream).await;
            let session = stream.get_ref().1;
            let (name, kind) = (
                session.server_name().map(str::to_owned),
                session.handshake_kind(),
            );
            let length = request.len();
            let text = format!(
                "HTTP/1.1 200 OK\r\nx-name: {name:?}\r\nx-kind: {kind:?}\r\ncontent-length: {length}\r\n\r\n{request}"
            );
            let _ = stream.write_all(text.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    port
}

async fn ask(egress: &Egress, host: &str, port: u16) -> Result<Response, NotSent> {
    let rules = [allowed(&format!("GET https://{host}:{port}"))];
    let mut caps = caps(std::time::Duration::from_secs(4));
    egress
        .send(
            get(&format!("https://{host}:{port}/x")),
            &rules,
            &mut caps,
            "acme",
        )
        .await
}

fn egress(settings: &Settings) -> Egress {
    Egress::with_resolver(settings, Arc::new(Names::default())).unwrap()
}

#[tokio::test]
async fn a_server_of_a_trusted_authority_is_served_and_each_time_anew() {
    let authority = Authority::new("trusted");
    let port = serve(authority.server("good.example", 2100)).await;
    let egress = egress(&trusting(authority.file.path()));
    for _ in 0..2 {
        let response = ask(&egress, "good.example", port).await.unwrap();
        assert!(body(&response).starts_with("GET /x HTTP/1.1\r\nhost: good.example:"));
        let header = |name: &str| {
            let found = response.headers.iter().find(|(given, _)| given == name);
            found.map(|(_, value)| value.clone()).unwrap()
        };
        assert_eq!(header("x-name"), "Some(\"good.example\")");
        assert_eq!(header("x-kind"), "Some(Full)");
    }
}

#[tokio::test]
async fn an_address_is_vouched_for_as_such() {
    let authority = Authority::new("address");
    let port = serve(authority.server("127.0.0.1", 2100)).await;
    let egress = egress(&trusting(authority.file.path()));
    assert!(ask(&egress, "127.0.0.1", port).await.is_ok());
    assert_eq!(
        ask(&egress, "127.0.0.2", port).await.unwrap_err().case(),
        "connection"
    );
}

#[tokio::test]
async fn a_server_that_nobody_vouches_for_is_sent_nothing() {
    let authority = Authority::new("known");
    let other = Authority::new("unknown");
    let egress = egress(&trusting(authority.file.path()));
    for (config, why) in [
        (authority.server("other.example", 2100), "for another name"),
        (authority.server("*.good.example", 2100), "for another name"),
        (authority.server("good.example", 2001), "has expired"),
        (
            other.server("good.example", 2100),
            "an authority that is not known here",
        ),
    ] {
        let port = serve(config).await;
        let error = ask(&egress, "good.example", port).await.unwrap_err();
        assert_eq!(error.case(), "connection");
        assert!(error.to_string().contains(why), "{error}");
    }
}

#[tokio::test]
async fn a_server_without_tls_is_sent_nothing() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream
            .write_all(b"HTTP/1.1 200 OK\r\n\r\nfine")
            .await
            .unwrap();
        read_request(&mut stream).await;
    });
    let error = ask(&egress(&settings()), "good.example", port)
        .await
        .unwrap_err();
    assert_eq!(error.case(), "connection");
    assert!(error.to_string().contains("does not speak TLS"), "{error}");
}

#[tokio::test]
async fn https_does_not_go_on_as_http() {
    let authority = Authority::new("downgrade");
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let acceptor = TlsAcceptor::from(authority.server("good.example", 2100));
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream = acceptor.accept(stream).await.unwrap();
        read_request(&mut stream).await;
        let answer = format!("HTTP/1.1 302 Go\r\nlocation: http://good.example:{port}/\r\n\r\n");
        stream.write_all(answer.as_bytes()).await.unwrap();
        let _ = stream.shutdown().await;
    });
    let rules =
        ["https", "http"].map(|scheme| allowed(&format!("GET {scheme}://good.example:{port}")));
    let mut caps = caps(std::time::Duration::from_secs(4));
    let request = get(&format!("https://good.example:{port}/"));
    let egress = egress(&trusting(authority.file.path()));
    let error = egress
        .send(request, &rules, &mut caps, "acme")
        .await
        .unwrap_err();
    let why = format!("a redirect to http://good.example:{port}: https does not go on as http");
    assert_eq!(error, NotSent::Denied(why));
}

#[test]
fn a_file_of_authorities_that_cannot_be_used_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let missing = Egress::new(&trusting(&folder.path().join("missing")));
    assert!(
        matches!(missing, Err(NotSetUp::CaFileUnreadable { .. })),
        "{missing:?}"
    );

    let refused = Egress::new(&trusting(file("no certificate").path()));
    assert!(matches!(refused, Err(NotSetUp::NoCa { .. })), "{refused:?}");

    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let refused = Egress::new(&trusting(file(broken).path()));
    assert!(
        matches!(refused, Err(NotSetUp::CaNotUsable { .. })),
        "{refused:?}"
    );
}
