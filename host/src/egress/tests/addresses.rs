//! Each range that bots may not reach, at its ends, and the addresses just outside.

use std::net::{IpAddr, Ipv4Addr};

use proptest::prelude::*;
use url::Url;

use crate::egress::Settings;
use crate::egress::address::all_reachable;

/// Where an address is dialled, or why it is not.
fn verdict(address: &str, open: &[&str]) -> Result<String, String> {
    let url = Url::parse("https://name.example/").unwrap();
    let settings = Settings {
        open_addresses: open.iter().map(|range| range.parse().unwrap()).collect(),
        ..Settings::default()
    };
    match all_reachable(&url, &[address.parse().unwrap()], &settings) {
        Ok(reachable) => Ok(reachable[0].to_string()),
        Err(error) => Err(error.to_string()),
    }
}

#[test]
fn public_addresses_are_reached() {
    for address in [
        "1.1.1.1",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "168.63.129.15",
        "168.63.129.17",
        "169.253.255.255",
        "169.255.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.0",
        "192.0.3.0",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "203.0.114.0",
        "223.255.255.255",
    ] {
        assert_eq!(verdict(address, &[]), Ok(format!("{address}:443")));
    }
    for address in [
        "2000::1",
        "2001:200::1",
        "2001:db7::1",
        "2606:4700::1111",
        "2a00:1450::1",
        "3ffe::1",
    ] {
        assert_eq!(verdict(address, &[]), Ok(format!("[{address}]:443")));
    }
}

#[test]
fn special_addresses_are_refused_by_their_kind() {
    for (addresses, kind) in [
        (["0.0.0.0", "0.255.255.255"], "this network"),
        (["10.0.0.0", "10.255.255.255"], "private"),
        (["100.64.0.0", "100.127.255.255"], "shared"),
        (["127.0.0.1", "127.255.255.255"], "loopback"),
        (["169.254.0.0", "169.254.255.255"], "link-local"),
        (["172.16.0.0", "172.31.255.255"], "private"),
        (["192.0.0.0", "192.0.0.192"], "protocols"),
        (["192.0.2.0", "192.0.2.255"], "documentation"),
        (["192.88.99.0", "192.88.99.255"], "6to4"),
        (["192.168.0.0", "192.168.255.255"], "private"),
        (["198.18.0.0", "198.19.255.255"], "benchmarks"),
        (["198.51.100.0", "203.0.113.255"], "documentation"),
        (["224.0.0.0", "239.255.255.255"], "multicast"),
        (["240.0.0.0", "255.255.255.254"], "reserved"),
        (["255.255.255.255", "::ffff:255.255.255.255"], "broadcast"),
        (["168.63.129.16", "::ffff:168.63.129.16"], "Azure"),
        (["::", "::"], "unspecified"),
        (["::1", "::1"], "loopback"),
        (["::2", "::ffff:0:2"], "this network"),
        (["::127.0.0.1", "::ffff:127.0.0.1"], "loopback"),
        (["64:ff9b::1.1.1.1", "64:ff9b:1::1"], "translator"),
        (["100::1", "100::ffff:ffff:ffff:ffff"], "discards"),
        (["2001::1", "2001:0:ffff::1"], "Teredo"),
        (["2001:10::1", "2001:1ff:ffff::1"], "protocols"),
        (["2001:db8::", "3fff:fff::"], "documentation"),
        (["2002::", "2002:ffff::"], "6to4"),
        (["5f00::1", "5f00:ffff::"], "segment routing"),
        (["fc00::1", "fdff::1"], "private"),
        (["fe80::1", "febf::1"], "link-local"),
        (["fec0::1", "feff::1"], "site-local"),
        (["ff02::1", "ff0e::1"], "multicast"),
        (["4000::1", "1fff::1"], "outside the public"),
        (["::ffff:0:1:1", "::1:0:0:1"], "outside the public"),
    ] {
        for address in addresses {
            let refused = verdict(address, &[]).unwrap_err();
            assert!(refused.contains(kind), "{address}: {refused}");
            assert!(
                refused
                    .ends_with(", which bots may not reach unless `egress.open_addresses` has it"),
                "{refused}"
            );
        }
    }
}

#[test]
fn what_is_opened_is_reached_and_no_more() {
    let open = ["10.20.0.0/16", "fd00:1::/32"];
    assert_eq!(
        verdict("10.20.255.1", &open),
        Ok("10.20.255.1:443".to_owned())
    );
    assert_eq!(
        verdict("::ffff:10.20.0.1", &open),
        Ok("10.20.0.1:443".to_owned())
    );
    assert_eq!(
        verdict("fd00:1::1", &open),
        Ok("[fd00:1::1]:443".to_owned())
    );
    assert!(verdict("10.21.0.0", &open).is_err());
    assert!(verdict("fd00:2::1", &open).is_err());
    // Opening all of IPv6 does not open IPv4 inside it.
    assert!(verdict("::ffff:10.21.0.0", &["::/0"]).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_address_is_judged_alike_however_it_is_wrapped(address in any::<Ipv4Addr>()) {
        let plain = verdict(&address.to_string(), &[]);
        prop_assert_eq!(&plain, &verdict(&address.to_ipv6_mapped().to_string(), &[]));
        // The first two are addresses of IPv6 itself.
        if u32::from(address) > 1 {
            let wrapped = IpAddr::from(address.to_ipv6_compatible()).to_string();
            prop_assert_eq!(&plain, &verdict(&wrapped, &[]));
        }
    }
}
