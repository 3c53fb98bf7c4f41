//! What an operator sets for the requests of all bots.

use std::net::IpAddr;
use std::path::PathBuf;

use ipnet::IpNet;
use serde::{Deserialize, Deserializer, Serialize};

use super::fakes::Fakes;

/// Where bots may not go by default, whom they trust, and how much goes out at a time.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Ranges that bots may reach though their addresses are private or special: `["10.20.0.0/16"]`. An address is
    /// looked for in its canonical form, an IPv4 address inside an IPv6 one as the former.
    #[serde(deserialize_with = "ranges")]
    pub open_addresses: Vec<Range>,
    /// A PEM file of more certificate authorities to trust, for services that the public ones do not vouch for.
    pub ca_file: Option<PathBuf>,
    /// Name lookups that run at a time, a fourth of them for one tenant at most. Each holds a thread until the system
    /// has answered, also when nobody waits for it any more.
    pub lookups: usize,
    /// Requests that are being sent or answered at a time, over the whole host, a fourth of them for one tenant at most.
    /// The others wait.
    pub connections: usize,
    /// Who can open more. No key of the configuration: who starts the host knows.
    #[serde(skip)]
    pub remedy: Remedy,
    /// What answers in the place of servers, for who tries a bot. No key of the configuration: what serves asks servers.
    #[serde(skip)]
    pub fakes: Option<Fakes>,
}

/// What lets a bot reach more: what its author is told to do depends on where it runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Remedy {
    /// The operator's settings and secrets.
    #[default]
    Operator,
    /// The command line that the author runs it with.
    CommandLine,
}

impl Remedy {
    pub(super) fn opens(self, address: IpAddr) -> String {
        match self {
            Remedy::Operator => "unless `egress.open_addresses` has it".to_owned(),
            Remedy::CommandLine => format!("unless `--open {address}` lets them"),
        }
    }

    pub(super) fn gives_secrets(self) -> &'static str {
        match self {
            Remedy::Operator => "that takes `retort secrets set`",
            Remedy::CommandLine => "give it one with `--secrets FILE`",
        }
    }
}

/// A range of addresses.
pub type Range = IpNet;

/// An address, or a range of them.
pub fn range(text: &str) -> Option<Range> {
    let one = || text.parse::<IpAddr>().ok().map(Range::from);
    text.parse().ok().or_else(one)
}

fn ranges<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Range>, D::Error> {
    let texts = Vec::<String>::deserialize(from)?;
    let each = texts.iter().map(|text| {
        let problem = || format!("\"{text}\" is neither an address nor a range such as 10.0.0.0/8");
        range(text).ok_or_else(|| serde::de::Error::custom(problem()))
    });
    each.collect()
}

/// More would be no limit any more: neither threads nor sockets go so far.
const MOST_AT_A_TIME: usize = 65_536;

impl Default for Settings {
    fn default() -> Self {
        Self {
            open_addresses: Vec::new(),
            ca_file: None,
            lookups: 32,
            connections: 256,
            remedy: Remedy::default(),
            fakes: None,
        }
    }
}

impl Settings {
    pub(super) fn check(&self) -> Result<(), NotSetUp> {
        in_range("lookups", self.lookups)?;
        in_range("connections", self.connections)
    }
}

fn in_range(key: &'static str, given: usize) -> Result<(), NotSetUp> {
    if (1..=MOST_AT_A_TIME).contains(&given) {
        return Ok(());
    }
    Err(NotSetUp::OutOfRange { key, given })
}

/// Why no requests can be sent with these settings.
#[derive(Debug, thiserror::Error)]
pub enum NotSetUp {
    /// A number that would let nothing through, or everything.
    #[error("`egress.{key}` is {given}: set it to 1 to {MOST_AT_A_TIME}")]
    OutOfRange {
        /// Which setting.
        key: &'static str,
        /// What it is set to.
        given: usize,
    },
    /// The file of certificates cannot be read, or is not PEM.
    #[error("`egress.ca_file`: \"{}\" cannot be read: {source}", .path.display())]
    CaFileUnreadable {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        source: rustls::pki_types::pem::Error,
    },
    /// A certificate in the file cannot be trusted as one of an authority.
    #[error("`egress.ca_file`: \"{}\" has a certificate that cannot be used: {source}", .path.display())]
    CaNotUsable {
        /// Which file.
        path: PathBuf,
        /// What is wrong with the certificate.
        source: rustls::Error,
    },
    /// The file has no certificate.
    #[error("`egress.ca_file`: \"{}\" has no certificate in PEM", .path.display())]
    NoCa {
        /// Which file.
        path: PathBuf,
    },
    /// The TLS library does not support what it is asked for.
    #[error("TLS cannot be set up: {source}")]
    Tls {
        /// What it said.
        source: rustls::Error,
    },
}
