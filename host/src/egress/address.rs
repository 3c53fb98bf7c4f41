//! Which addresses bots may reach: the public ones, and what the operator opens. Knows nothing of names.
//!
//! The ranges are those of IANA's registries of special-purpose addresses, and the few that clouds keep for
//! themselves. Some of the former are global all the same; none is where an API answers.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use url::{Host, Url};

use super::not_sent::NotSent;
use super::settings::Settings;
use super::target;

/// Checks every address that the host of `url` was found at, and answers where to dial.
///
/// One that bots may not reach spoils them all: an honest name is not at home and inside at once.
pub(super) fn all_reachable(
    url: &Url,
    found: &[IpAddr],
    settings: &Settings,
) -> Result<Vec<SocketAddr>, NotSent> {
    let port = url.port_or_known_default().unwrap_or_default();
    let mut reachable = Vec::with_capacity(found.len());
    for address in found {
        let canonical = canonical(*address);
        if let Some(kind) = refused(canonical, &settings.open_addresses) {
            return Err(denied(url, canonical, kind, settings));
        }
        // What was judged is what is dialled.
        reachable.push(SocketAddr::new(canonical, port));
    }
    Ok(reachable)
}

fn denied(url: &Url, address: IpAddr, kind: &str, settings: &Settings) -> NotSent {
    let what = match target::host(url) {
        Ok(Host::Domain(name)) => format!("\"{name}\" is at {address}, {kind}"),
        _ => format!("{address} is {kind}"),
    };
    let remedy = settings.remedy.opens(address);
    NotSent::denied(format!("{what}, which bots may not reach {remedy}"))
}

/// The IPv4 address inside an IPv6 one that only wraps it.
fn canonical(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else {
        return address;
    };
    if v6.is_loopback() || v6.is_unspecified() {
        return address;
    }
    v6.to_ipv4().map_or(address, IpAddr::V4)
}

/// What kind of address it is, if bots may not reach it.
fn refused(address: IpAddr, open: &[IpNet]) -> Option<&'static str> {
    if open.iter().any(|range| range.contains(&address)) {
        return None;
    }
    match address {
        IpAddr::V4(v4) => special_v4(v4),
        IpAddr::V6(v6) => special_v6(v6),
    }
}

fn special_v4(address: Ipv4Addr) -> Option<&'static str> {
    let special = SPECIAL_V4
        .iter()
        .find(|(range, _)| range.contains(&address));
    special.map(|(_, kind)| *kind)
}

fn special_v6(address: Ipv6Addr) -> Option<&'static str> {
    let special = SPECIAL_V6
        .iter()
        .find(|(range, _)| range.contains(&address));
    match special {
        Some((_, kind)) => Some(kind),
        None if GLOBAL_V6.contains(&address) => None,
        None => Some("an address outside the public ones (2000::/3)"),
    }
}

const fn v4(octets: [u8; 4], length: u8) -> Ipv4Net {
    let [a, b, c, d] = octets;
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), length)
}

const fn v6(start: [u16; 4], length: u8) -> Ipv6Net {
    let [a, b, c, d] = start;
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0), length)
}

const SPECIAL_V4: &[(Ipv4Net, &str)] = &[
    (
        v4([0, 0, 0, 0], 8),
        "an address of \"this network\" (RFC 791)",
    ),
    (v4([10, 0, 0, 0], 8), "a private address (RFC 1918)"),
    (
        v4([100, 64, 0, 0], 10),
        "a shared address inside a network (RFC 6598)",
    ),
    (v4([127, 0, 0, 0], 8), "a loopback address (RFC 1122)"),
    (
        v4([169, 254, 0, 0], 16),
        "a link-local address (RFC 3927), as clouds' metadata services have",
    ),
    (v4([172, 16, 0, 0], 12), "a private address (RFC 1918)"),
    (
        v4([192, 0, 0, 0], 24),
        "an address for protocols (RFC 6890)",
    ),
    (
        v4([192, 0, 2, 0], 24),
        "an address for documentation (RFC 5737)",
    ),
    (v4([192, 31, 196, 0], 24), "an address of AS112 (RFC 7535)"),
    (
        v4([192, 52, 193, 0], 24),
        "an address for multicast tunnels (RFC 7450)",
    ),
    (
        v4([192, 88, 99, 0], 24),
        "an address of 6to4 relays (RFC 7526)",
    ),
    (v4([192, 168, 0, 0], 16), "a private address (RFC 1918)"),
    (v4([192, 175, 48, 0], 24), "an address of AS112 (RFC 7534)"),
    (
        v4([198, 18, 0, 0], 15),
        "an address for benchmarks (RFC 2544)",
    ),
    (
        v4([198, 51, 100, 0], 24),
        "an address for documentation (RFC 5737)",
    ),
    (
        v4([203, 0, 113, 0], 24),
        "an address for documentation (RFC 5737)",
    ),
    (v4([224, 0, 0, 0], 4), "a multicast address (RFC 5771)"),
    (
        v4([255, 255, 255, 255], 32),
        "the broadcast address (RFC 919)",
    ),
    (v4([240, 0, 0, 0], 4), "a reserved address (RFC 1112)"),
    (
        v4([168, 63, 129, 16], 32),
        "the address of Azure's platform services",
    ),
];

/// All that has been given out to the public so far.
const GLOBAL_V6: Ipv6Net = v6([0x2000, 0, 0, 0], 3);

const SPECIAL_V6: &[(Ipv6Net, &str)] = &[
    (
        Ipv6Net::new_assert(Ipv6Addr::UNSPECIFIED, 128),
        "the unspecified address (RFC 4291)",
    ),
    (
        Ipv6Net::new_assert(Ipv6Addr::LOCALHOST, 128),
        "the loopback address (RFC 4291)",
    ),
    (
        v6([0x64, 0xff9b, 0, 0], 96),
        "an address of a translator to IPv4 (RFC 6052)",
    ),
    (
        v6([0x64, 0xff9b, 1, 0], 48),
        "an address of a local translator to IPv4 (RFC 8215)",
    ),
    (
        v6([0x100, 0, 0, 0], 64),
        "an address that discards (RFC 6666)",
    ),
    (v6([0x100, 0, 0, 1], 64), "a dummy address (RFC 9780)"),
    (
        v6([0x2001, 0, 0, 0], 32),
        "an address of a Teredo tunnel (RFC 4380)",
    ),
    (
        v6([0x2001, 0, 0, 0], 23),
        "an address for protocols (RFC 2928)",
    ),
    (
        v6([0x2001, 0xdb8, 0, 0], 32),
        "an address for documentation (RFC 3849)",
    ),
    (
        v6([0x2002, 0, 0, 0], 16),
        "an address of a 6to4 tunnel (RFC 3056)",
    ),
    (
        v6([0x2620, 0x4f, 0x8000, 0], 48),
        "an address of AS112 (RFC 7534)",
    ),
    (
        v6([0x3fff, 0, 0, 0], 20),
        "an address for documentation (RFC 9637)",
    ),
    (
        v6([0x5f00, 0, 0, 0], 16),
        "an address for segment routing (RFC 9602)",
    ),
    (v6([0xfc00, 0, 0, 0], 7), "a private address (RFC 4193)"),
    (v6([0xfe80, 0, 0, 0], 10), "a link-local address (RFC 4291)"),
    (v6([0xfec0, 0, 0, 0], 10), "a site-local address (RFC 3879)"),
    (v6([0xff00, 0, 0, 0], 8), "a multicast address (RFC 4291)"),
];
