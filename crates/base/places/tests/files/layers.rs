//! Which of several sources is heard.

use std::io::Write as _;
use std::slice::from_ref;

use atalaya_places::{Origin, Part, PlacesConfig};

use crate::written::{Written, country, load, network, now};

/// Statistics of a registry with a free range and one that is no power of two.
const RIPE: &str = "2|ripencc|1782000000|4|19830705|20261120|+0100\n\
    ripencc|*|ipv4|*|3|summary\n\
    ripencc|ES|ipv4|192.0.2.0|768|20100712|allocated|abc\n\
    ripencc|FR|ipv4|192.0.3.0|16|20100712|assigned|abc\n\
    ripencc||ipv4|2.0.0.0|1048576||available|\n\
    ripencc|DE|ipv6|2001:db8::|32|20100712|allocated|abc\n";

#[test]
fn without_a_file_the_countries_that_come_with_the_program_answer() {
    let loaded = load(&[], &[]);
    assert!(loaded.troubles.is_empty());
    let places = loaded.places;
    assert_eq!(country(&places, "2.3.0.1"), "FR");
    assert_eq!(country(&places, "::ffff:2.3.0.1"), "FR");
    assert_eq!(country(&places, "2a01:e00::1"), "FR");
    for nobody in [
        "10.0.0.1",
        "127.0.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "fe80::1",
        "0.0.0.0",
    ] {
        assert_eq!(country(&places, nobody), "-", "{nobody}");
    }
    assert_eq!(network(&places, "2.3.0.1"), "-");
    let [source] = places.sources() else {
        panic!("one source is meant")
    };
    assert_eq!((source.part, &source.origin), (Part::Countries, &Origin::BuiltIn));
    assert!(source.attribution.text.contains("nro.net"));
    assert_eq!(source.date.unwrap().date(), "2026-06-17");
    assert!(source.old && source.is_old(now()), "it is older than 90 days");
}

#[test]
fn one_registry_lies_over_what_comes_with_the_program() {
    let written = Written::new();
    let ripe = written.file("ripe", RIPE);
    let places = load(&[ripe], &[]).places;
    // The narrower of two ranges is heard.
    let said = [
        "192.0.2.1",
        "192.0.3.0",
        "192.0.3.15",
        "192.0.3.16",
        "192.0.4.255",
    ];
    assert_eq!(
        said.map(|address| country(&places, address)),
        ["ES", "FR", "FR", "ES", "ES"]
    );
    assert_eq!(country(&places, "2001:db8:1::1"), "DE");
    // It says that this is free by now; it says nothing about the other.
    assert_eq!(country(&places, "2.3.0.1"), "-");
    assert_eq!(country(&places, "8.8.8.8"), "US");
    let origins: Vec<bool> = places
        .sources()
        .iter()
        .map(|source| source.origin == Origin::BuiltIn)
        .collect();
    assert_eq!(origins, [false, true]);
    let source = &places.sources()[0];
    assert_eq!(
        (source.date.unwrap().date().as_str(), source.rows, source.old),
        ("2026-11-20", 4, false)
    );
    assert!(source.is_old("2027-03-01".parse().unwrap()));
}

#[test]
fn with_all_registries_or_a_file_of_ones_own_nothing_lies_beneath() {
    let written = Written::new();
    let all = ["afrinic", "apnic", "arin", "lacnic", "ripencc"].map(|name| {
        let text = format!(
            "2|{name}|1|1|19830705|20261120|+0100\n{name}|ES|ipv4|192.0.2.0|256|20100712|allocated|x\n"
        );
        written.file(name, text)
    });
    let places = load(&all, &[]).places;
    assert_eq!(
        (country(&places, "192.0.2.9"), country(&places, "8.8.8.8")),
        ("ES".into(), "-".into())
    );
    let own = written.file(
        "own.csv",
        "192.0.2.0,192.0.2.255,eu\n198.51.100.0,198.51.100.255,ZZ\n",
    );
    let places = load(&[own], &[]).places;
    assert_eq!(
        (country(&places, "192.0.2.9"), country(&places, "198.51.100.1")),
        ("EU".into(), "-".into())
    );
    assert_eq!(country(&places, "8.8.8.8"), "-");
}

#[test]
fn reserved_addresses_are_nobodys_whatever_a_file_says() {
    let written = Written::new();
    let file = written.file("own.tsv", "0.0.0.0\t255.255.255.255\t64500\tES\tAll\n::\tffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff\t64500\tES\tAll\n");
    let places = load(from_ref(&file), from_ref(&file)).places;
    for address in ["10.1.2.3", "127.0.0.1", "fe80::1", "240.0.0.1"] {
        assert_eq!(
            (country(&places, address), network(&places, address)),
            ("-".into(), "-".into()),
            "{address}"
        );
    }
    assert_eq!(
        (country(&places, "8.8.8.8"), network(&places, "2a00::1")),
        ("ES".into(), "64500 All".into())
    );
}

#[test]
fn a_file_with_both_gives_countries_and_networks_in_any_packing() {
    let rows = "# a comment\n1.0.0.0\t1.0.0.255\t13335\tUS\tCLOUDFLARENET\n1.0.1.0\t1.0.3.255\t0\tNone\tNot routed\n\
        2400:cb00::\t2400:cb00:ffff:ffff:ffff:ffff:ffff:ffff\t13335\tUS\tANOTHER NAME\n";
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(rows.as_bytes()).unwrap();
    let written = Written::new();
    for file in [
        written.file("plain.tsv", rows),
        written.file("packed.tsv.gz", gzip.finish().unwrap()),
    ] {
        let places = load(from_ref(&file), from_ref(&file)).places;
        assert_eq!(network(&places, "1.0.0.77"), "13335 CLOUDFLARENET");
        assert_eq!(network(&places, "2400:cb00::1"), "13335 CLOUDFLARENET");
        assert_eq!(
            (network(&places, "1.0.1.1"), country(&places, "1.0.0.77")),
            ("-".into(), "US".into())
        );
        assert_eq!(
            (places.network_name(13_335), places.network_name(7)),
            (Some("CLOUDFLARENET"), None)
        );
        assert!(
            places
                .sources()
                .iter()
                .any(|source| source.attribution.text.contains("iptoasn"))
        );
    }
}

#[test]
fn what_was_fetched_is_taken_where_no_file_is_named_and_a_change_is_seen() {
    let written = Written::new();
    let config = PlacesConfig::default();
    let none = config.in_folder(written.path());
    assert!(none.countries.is_empty() && none.networks.is_empty());
    written.file("places/countries/own.csv", "192.0.2.0,192.0.2.255,ES\n");
    written.file("places/countries/.own.csv.new", "half");
    written.file("places/countries/own.csv.json", "{}");
    written.file(
        "places/networks/own.csv",
        "192.0.2.0,192.0.2.255,64500,\"A, B\"\n",
    );
    let fetched = config.in_folder(written.path());
    assert_eq!((fetched.countries.len(), fetched.networks.len()), (1, 1));
    let places = load(&fetched.countries, &fetched.networks).places;
    assert_eq!(
        (country(&places, "192.0.2.1"), network(&places, "192.0.2.1")),
        ("ES".into(), "64500 A, B".into())
    );
    assert!(places.has_changed(&none));
    assert!(!places.has_changed(&config.in_folder(written.path())));
    written.file(
        "places/countries/own.csv",
        "192.0.2.0,192.0.2.255,ES\n192.0.3.0,192.0.3.255,FR\n",
    );
    assert!(places.has_changed(&config.in_folder(written.path())));
}
