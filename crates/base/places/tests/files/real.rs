//! The real files that stand beside the project.

use std::net::{IpAddr, Ipv4Addr};

use atalaya_places::Places;

use crate::written::{country, load, network};

/// Every so many addresses one is looked up.
const STEP: usize = 65_537;

fn addresses() -> impl Iterator<Item = IpAddr> {
    (0..=u32::MAX)
        .step_by(STEP)
        .map(|bits| Ipv4Addr::from_bits(bits).into())
}

#[test]
fn the_countries_that_come_with_the_program_are_those_of_the_data() {
    let paths = ["ipv4", "ipv6"].map(|family| format!("geo-asn-map/geo-whois-asn-country-{family}.csv.zst"));
    let [Some(v4), Some(v6)] = paths.map(|path| atalaya_testkit::data(&path)) else {
        return atalaya_testkit::skip("the countries of addresses are not here");
    };
    let loaded = load(&[v4, v6], &[]);
    assert!(loaded.troubles.is_empty(), "{:?}", loaded.troubles);
    let rows: Vec<u64> = loaded.places.sources().iter().map(|source| source.rows).collect();
    assert_eq!(rows, [334_373, 216_295]);
    let built_in = load(&[], &[]).places;
    let differs = |address: &IpAddr| built_in.country(*address) != loaded.places.country(*address);
    assert_eq!(addresses().find(differs), None);
    for (address, known) in [
        ("1.0.1.9", "CN"),
        ("223.255.254.1", "SG"),
        ("2001:218:2000:52::1", "JP"),
    ] {
        assert_eq!(country(&loaded.places, address), known, "{address}");
    }
}

#[test]
fn the_networks_of_the_data_are_read() {
    let Some(path) = atalaya_testkit::data("geo-asn-map/asn-ipv4.csv.zst") else {
        return atalaya_testkit::skip("the networks of addresses are not here");
    };
    let loaded = load(&[], &[path]);
    assert!(loaded.troubles.is_empty(), "{:?}", loaded.troubles);
    let places: Places = loaded.places;
    assert_eq!(network(&places, "1.0.0.1"), "13335 Cloudflare, Inc.");
    assert_eq!(network(&places, "1.0.64.1"), "18144 Enecom,Inc.");
    let known = addresses()
        .filter(|address| places.network(*address).is_some())
        .count();
    assert!(known > addresses().count() / 2, "{known}");
    assert!(
        places
            .sources()
            .iter()
            .any(|source| source.attribution.url == "https://db-ip.com")
    );
}
