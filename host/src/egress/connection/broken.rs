//! What can go wrong once a server was reached, in our words: a server writes some of the libraries', and bots read them.

use std::error::Error;
use std::io;

use rustls::CertificateError;

use super::{HEAD_BYTES, HEADERS};
use crate::egress::not_sent::NotSent;
use crate::egress::shown::Said;
use crate::egress::wire::Flood;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    #[error("HTTP failed")]
    Http(#[from] hyper::Error),
    #[error("it switched to another protocol, unasked")]
    Switched,
    #[error("its response has two lengths")]
    TwoLengths,
    #[error("its response's body is larger than {most_bytes} bytes")]
    TooLarge { most_bytes: usize },
}

impl Broken {
    pub(super) fn told_of(&self, origin: &str) -> NotSent {
        match self {
            Broken::Http(error) => told_of_http(origin, error),
            Broken::TooLarge { most_bytes } => NotSent::limit(format!(
                "the response of {origin} has a body over the limit of {most_bytes} bytes"
            )),
            Broken::Switched => {
                NotSent::connection(format!("{origin} switched to another protocol, unasked"))
            }
            Broken::TwoLengths => NotSent::connection(format!(
                "the response of {origin} has both a content-length and a transfer-encoding"
            )),
        }
    }
}

fn told_of_http(origin: &str, error: &hyper::Error) -> NotSent {
    if error.is_parse_too_large() {
        return NotSent::limit(format!(
            "the response of {origin} has a head over the limit of {HEADERS} headers and {HEAD_BYTES} bytes"
        ));
    }
    let below = io_error_below(error);
    if below
        .and_then(io::Error::get_ref)
        .is_some_and(|inner| inner.is::<Flood>())
    {
        return NotSent::limit(format!(
            "{origin} sent more than a response within the limits can take"
        ));
    }
    let kind = below.map(io::Error::kind);
    let malformed = matches!(
        kind,
        Some(io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput)
    );
    let cut = error.is_incomplete_message() || kind == Some(io::ErrorKind::UnexpectedEof);
    NotSent::connection(if error.is_parse() || malformed {
        format!("{origin} did not answer in HTTP/1.1")
    } else if cut {
        format!("{origin} closed the connection before its response was whole")
    } else {
        format!("{origin} broke the connection off before its response was whole")
    })
}

fn io_error_below(error: &hyper::Error) -> Option<&io::Error> {
    let mut source = error.source();
    while let Some(error) = source {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        source = error.source();
    }
    None
}

/// Why a connection could not be secured.
pub(super) fn tls(error: &io::Error) -> String {
    let inner = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match inner {
        Some(rustls::Error::InvalidCertificate(why)) => certificate(why).to_owned(),
        Some(rustls::Error::AlertReceived(alert)) => format!("it refused TLS: {alert:?}"),
        Some(_) => "it does not speak TLS 1.2 or 1.3 as it has to".to_owned(),
        None => format!("{}", Said(&error.kind().to_string())),
    }
}

fn certificate(why: &CertificateError) -> &'static str {
    use CertificateError as E;
    match why {
        E::Expired | E::ExpiredContext { .. } => "its certificate has expired",
        E::NotValidYet | E::NotValidYetContext { .. } => "its certificate is not valid yet",
        E::NotValidForName | E::NotValidForNameContext { .. } => {
            "its certificate is for another name"
        }
        E::UnknownIssuer => "its certificate is of an authority that is not known here",
        E::Revoked => "its certificate is revoked",
        _ => "its certificate is not valid",
    }
}
