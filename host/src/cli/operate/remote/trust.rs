//! Whom a command trusts with its token, and the words for a host that it does not.

use std::net::IpAddr;
use std::path::Path;

use rustls::{CertificateError, Error as TlsError};
use ureq::Error;
use ureq::http::Uri;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

use crate::cli::Ended;

/// Who may vouch for a host: the CA of a file and nobody else, or those that browsers know.
pub(super) fn tls(ca: Option<&Path>) -> Result<TlsConfig, Ended> {
    let roots = match ca {
        Some(ca) => RootCerts::new_with_certs(&certificates(ca)?),
        None => RootCerts::WebPki,
    };
    Ok(TlsConfig::builder().root_certs(roots).build())
}

fn certificates(ca: &Path) -> Result<Vec<Certificate<'static>>, Ended> {
    let wrong = |problem: String| {
        let ca = ca.display();
        Ended::Usage(format!(
            "the CA \"{ca}\" {problem}; give a PEM file that has it with --ca"
        ))
    };
    let pem = std::fs::read(ca).map_err(|error| wrong(format!("cannot be read: {error}")))?;
    let items: Result<Vec<_>, _> = parse_pem(&pem).collect();
    let items = items.map_err(|error| wrong(format!("is damaged: {error}")))?;
    let certificates: Vec<_> = items.into_iter().filter_map(certificate).collect();
    if certificates.is_empty() {
        return Err(wrong("has no certificate in it".to_owned()));
    }
    Ok(certificates)
}

fn certificate(item: PemItem<'static>) -> Option<Certificate<'static>> {
    match item {
        PemItem::Certificate(certificate) => Some(certificate),
        _ => None,
    }
}

/// Whether others on the way can read what is sent there.
pub(super) fn is_overheard(url: &str) -> bool {
    let Ok(uri) = url.parse::<Uri>() else {
        return false;
    };
    uri.scheme_str() == Some("http") && !uri.host().is_some_and(is_this_machine)
}

fn is_this_machine(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let address = bare.parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

/// Why a host gave no answer, and what helps.
pub(super) fn unanswered(url: &str, ca: Option<&Path>, error: &Error) -> String {
    match (tls_error(error), error) {
        (Some(TlsError::InvalidCertificate(problem)), _) => untrusted(url, ca, problem),
        (Some(TlsError::InvalidMessage(_)), _) => {
            format!("{url} does not answer in TLS; if it is plain, its URL begins with http://")
        }
        (None, Error::Protocol(error)) if url.starts_with("http://") => {
            format!(
                "{url} does not answer in HTTP: {error}; if it speaks TLS, its URL begins with https://"
            )
        }
        _ => format!("{url} does not answer: {error}"),
    }
}

fn tls_error(error: &Error) -> Option<&TlsError> {
    match error {
        Error::Rustls(error) => Some(error),
        Error::Io(error) => error.get_ref()?.downcast_ref(),
        _ => None,
    }
}

fn untrusted(url: &str, ca: Option<&Path>, problem: &CertificateError) -> String {
    let why = match (problem, ca) {
        (CertificateError::UnknownIssuer, Some(ca)) => {
            let ca = ca.display();
            format!("the CA in \"{ca}\" has not signed its certificate; give the one that has with --ca FILE")
        }
        (CertificateError::UnknownIssuer, None) => {
            "its certificate is signed by nobody that is known here; give its CA with --ca FILE".to_owned()
        }
        (CertificateError::Other(other), _) if other.to_string() == "CaUsedAsEndEntity" => {
            "its certificate is that of a CA; have the CA sign another one for the host, and give the CA with --ca \
             FILE"
                .to_owned()
        }
        (problem, _) => problem.to_string(),
    };
    format!("{url} is not trusted: {why}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_unencrypted_to_another_machine_is_overheard() {
        for (url, overheard) in [
            ("http://retort.example:7878", true),
            ("http://192.0.2.1", true),
            ("http://[2001:db8::1]:80", true),
            ("HTTP://retort.example", true),
            ("http://127.0.0.1:7878", false),
            ("http://127.8.8.8", false),
            ("http://[::1]:7878", false),
            ("http://LOCALHOST", false),
            ("https://retort.example", false),
        ] {
            assert_eq!(is_overheard(url), overheard, "{url}");
        }
    }
}
