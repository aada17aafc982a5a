//! Recorded answers of every registry, answers that lie, and arbitrary bytes.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::mailbox::Basis;

/// A recorded body; HTTP headers in front of it are cut off. None where the test data is absent.
fn recorded(path: &str) -> Option<Vec<u8>> {
    let Some(path) = atalaya_testkit::data(&format!("rdap-whois/{path}")) else {
        atalaya_testkit::skip("the shared test data is absent");
        return None;
    };
    let bytes = std::fs::read(path).unwrap();
    let text = String::from_utf8_lossy(&bytes);
    match text.split_once("\r\n\r\n").or_else(|| text.split_once("\n\n")) {
        Some((head, body)) if head.starts_with("HTTP/") => Some(body.as_bytes().to_vec()),
        _ => Some(bytes),
    }
}

/// The mailboxes of the best rank, without those at `passed_over` (the registry's own).
fn best(mailboxes: &[Mailbox], passed_over: &str) -> (Vec<String>, Option<Basis>) {
    let left: Vec<_> = mailboxes
        .iter()
        .filter(|found| found.address.domain() != passed_over)
        .collect();
    let rank = left.iter().map(|found| found.rank).min();
    let best = left.iter().filter(|found| Some(found.rank) == rank);
    (
        best.map(|found| found.address.to_string()).collect(),
        left.first().map(|found| found.basis),
    )
}

type Expected = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    Option<Basis>,
);

/// File, address asked for, prefix, name, mailboxes to write to (space between), why these. Expected by reading the files.
const NETWORKS: [Expected; 8] = [
    // RIPE, the old form: the abuse role holds three mailboxes and marks none.
    (
        "ipwhois-v4/62.239.237.1.rdap.json",
        "62.239.237.1",
        "62.239.237.0/24",
        "BT-CORPORATE",
        "zzdnsr@bt.com steve.a.marshall@bt.com lee.bailey-hague@bt.com",
        Some(Basis::Named),
    ),
    // LACNIC of 2015 speaks for the address that was asked for alone.
    (
        "ipwhois-v4/200.57.141.161.rdap.json",
        "200.57.141.161",
        "200.57.141.161",
        "Triara.com, S.A. de C.V.",
        "operacion.redes@triara.com",
        Some(Basis::Named),
    ),
    // APNIC: the abuse role is the Korean registry's own; the holder's abuse@ stands in the technical contact.
    (
        "ipwhois-v4/210.107.73.73.rdap.json",
        "210.107.73.73",
        "210.107.0.0/17",
        "BORANET-NET-210-107",
        "abuse@bora.net",
        Some(Basis::LocalPart),
    ),
    // ARIN: inside the registrant, and addresses with leading zeros.
    (
        "ipwhois-v4/74.125.225.229.rdap.json",
        "74.125.225.229",
        "74.125.0.0/16",
        "GOOGLE",
        "arin-contact@google.com",
        Some(Basis::Named),
    ),
    // AFRINIC: no roles at all; a remark names the mailbox.
    (
        "ipwhois-v4/196.11.240.215.rdap.json",
        "196.11.240.215",
        "196.11.240.0/22",
        "ORG-VSA1-AFRINIC",
        "abuse@mtnbusiness.co.za",
        Some(Basis::Remark),
    ),
    // ARIN: the network's own abuse contact goes before that of the organisation.
    (
        "nicinfo/ip_108_45_128_208.txt",
        "108.45.128.208",
        "108.32.0.0/12",
        "VIS-BLOCK",
        "abuse@verizon.net",
        Some(Basis::Named),
    ),
    (
        "20c-rdap/rdap/ip/206.41.110.0.input",
        "206.41.110.7",
        "206.41.110.0/24",
        "CHIX",
        "neteng@unitedix.net",
        Some(Basis::Named),
    ),
    (
        "icann-rdap/network_192_198_0_0.json",
        "192.198.3.9",
        "192.198.0.0/22",
        "RADIOLINK-ARIN-1",
        "daniel.petsinger@radiolinkinternet.com",
        Some(Basis::Named),
    ),
];

#[test]
fn the_recorded_networks_give_their_abuse_contacts() {
    for (file, address, prefix, name, mailboxes, basis) in NETWORKS {
        let Some(body) = recorded(file) else { return };
        let network = read(&body).unwrap();
        let found = network
            .prefix_for(address.parse().unwrap())
            .map(|prefix| prefix.to_string());
        assert_eq!(found.as_deref(), Some(prefix), "{file}");
        assert_eq!(network.name, name, "{file}");
        let expected: Vec<String> = mailboxes.split(' ').map(str::to_owned).collect();
        assert_eq!(best(&network.mailboxes, "nic.or.kr"), (expected, basis), "{file}");
    }
}

#[test]
fn the_registrar_of_a_domain_names_its_mailbox() {
    let Some(body) = recorded("20c-rdap/rdap/domain/20c.com.input") else {
        return;
    };
    let domain = read_domain(&body).unwrap();
    assert_eq!(domain.name, "20c.com");
    assert_eq!(domain.mailboxes[0].address.as_str(), "abuse@joker.com");
    let Some(network) = recorded("ipwhois-v4/74.125.225.229.rdap.json") else {
        return;
    };
    assert!(matches!(read_domain(&network), Err(RdapError::NotADomain)));
}

#[test]
fn the_longest_name_of_a_bootstrap_file_wins() {
    let file = json!({"services": [[["com", "NET"], ["https://a.example/"]], [["co.example"], ["https://b.example/"]], [["example", "x y"], ["http://c.example/"]]]});
    let bootstrap = Bootstrap::read(file.to_string().as_bytes()).unwrap();
    for (name, url) in [
        ("a.com", Some("https://a.example/")),
        ("x.a.net", Some("https://a.example/")),
        ("a.co.example", Some("https://b.example/")),
        ("a.example", Some("http://c.example/")),
        ("a.org", None),
        ("", None),
    ] {
        assert_eq!(bootstrap.server_for_name(name), url, "{name}");
    }
}

#[test]
fn a_bootstrap_file_of_numbers_is_looked_up_by_range() {
    let file = json!({"services": [[["1-1876", "1902"], ["https://a.example/"]], [["64496-64511"], ["http://b.example/"]], [["9-x"], ["https://c.example/"]]]});
    let bootstrap = Bootstrap::read(file.to_string().as_bytes()).unwrap();
    for (number, url) in [
        (1, Some("https://a.example/")),
        (1_876, Some("https://a.example/")),
        (1_877, None),
        (1_902, Some("https://a.example/")),
        (64_500, Some("http://b.example/")),
        (u32::MAX, None),
    ] {
        assert_eq!(bootstrap.server_for_number(number), url, "{number}");
    }
}

/// Answers about numbers. File, number, mailbox.
const ABUSE_OF_AUTNUMS: [(&str, u32, &str); 7] = [
    ("20c-rdap/rdap/autnum/205697.input", 205_697, "abuse@alojalia.com"),
    ("20c-rdap/rdap/autnum/206050.input", 206_050, "abuse@geoipa.com"),
    ("20c-rdap/rdap/autnum/2914.input", 2_914, "abuse@ntt.net"),
    ("20c-rdap/rdap/autnum/49037.input", 49_037, "abuse@webrocket.am"),
    ("20c-rdap/rdap/autnum/61399.input", 61_399, "lir@ix.kg"),
    // Of the role's three mailboxes RIPE marks one.
    ("20c-rdap/rdap/autnum/8283.input", 8_283, "abuse@coloclue.net"),
    ("nicinfo/autnum_703.txt", 703, "abuse-mail@verizonbusiness.com"),
];

#[test]
fn recorded_autnums_name_one_abuse_mailbox_each() {
    for (file, number, mailbox) in ABUSE_OF_AUTNUMS {
        let Some(body) = recorded(file) else { return };
        assert!(
            matches!(read(&body), Err(RdapError::NotANetwork)),
            "{file} is no network"
        );
        let autnum = read_autnum(&body).unwrap();
        assert!((autnum.first..=autnum.last).contains(&number), "{file}");
        assert_eq!(
            best(&autnum.mailboxes, ""),
            (vec![mailbox.to_owned()], Some(Basis::Named)),
            "{file}"
        );
    }
    for body in [
        "{}",
        r#"{"startAutnum": 9}"#,
        r#"{"startAutnum": 9, "endAutnum": 8}"#,
        r#"{"startAutnum": -1, "endAutnum": 8}"#,
        r#"{"startAutnum": 1, "endAutnum": 4294967296}"#,
    ] {
        let read = read_autnum(body.as_bytes());
        assert!(matches!(read, Err(RdapError::NotAnAutnum)), "{body}");
    }
}

#[test]
fn a_linked_abuse_entity_gives_its_mailbox() {
    for (file, mailboxes) in [
        ("20c-rdap/rdap/entity/WA2477-RIPE.input", "abuse@webrocket.am"),
        ("20c-rdap/rdap/entity/GJM3.input", ""),
        (
            "20c-rdap/rdap/rdap/entity/PP17-AFRINIC.input",
            "peterp@workonline.africa",
        ),
        (
            "20c-rdap/rdap/registry/entity/PEERI-ARIN.input",
            "peering@ntt.net",
        ),
    ] {
        let Some(body) = recorded(file) else { return };
        let found: Vec<_> = read_abuse_entity(&body)
            .unwrap()
            .into_iter()
            .map(|found| found.address.to_string())
            .collect();
        assert_eq!(found.join(" "), mailboxes, "{file}");
    }
}

#[test]
fn what_is_no_network_is_refused() {
    for file in [
        "icann-rdap/error_ripe_net.json",
        "icann-rdap/help_nic_fr.json",
        "icann-rdap/entity_arin_hostmaster.json",
        "20c-rdap/rdap/entity/HKBN-HK.input",
        "20c-rdap/rdap/ip/101.203.88.0_history.input",
        "20c-rdap/rdap/domain/20c.com.input",
        "nicinfo/arin-entity-search.txt",
        "nicinfo/arin-o.txt",
        "nicinfo/arin_net.txt",
        "nicinfo/ns1_arin_net.txt",
        "openrdap/misc/empty.html",
        "openrdap/misc/malformed.json",
    ] {
        let Some(body) = recorded(file) else { return };
        assert!(read(&body).is_err(), "{file}");
    }
}

#[test]
fn recorded_cards_good_and_bad_are_read_or_passed_over() {
    let Some(folder) = atalaya_testkit::data("rdap-whois/openrdap/jcard") else {
        return atalaya_testkit::skip("the shared test data is absent");
    };
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let Ok(card) = serde_json::from_slice::<Value>(&std::fs::read(&path).unwrap()) else {
            continue;
        };
        let expected = if path.ends_with("example.json") { 1 } else { 0 };
        assert_eq!(jcard::addresses(&card).len(), expected, "{}", path.display());
        seen += 1;
    }
    assert!(seen >= 10);
}

#[test]
fn the_recorded_bootstrap_files_say_whom_to_ask() {
    for (file, address, prefix, url) in [
        (
            "openrdap/bootstrap/ipv4.json",
            "62.239.237.1",
            "62.0.0.0/8",
            "https://rdap.db.ripe.net/",
        ),
        (
            "openrdap/bootstrap/ipv4.json",
            "196.11.240.215",
            "196.0.0.0/8",
            "https://rdap.afrinic.net/rdap/",
        ),
        (
            "openrdap/bootstrap/ipv6.json",
            "2620:1::1",
            "2620::/23",
            "https://rdap.arin.net/registry",
        ),
        (
            "openrdap/bootstrap/ipv6.json",
            "2a02::1",
            "2a00::/12",
            "https://rdap.db.ripe.net/",
        ),
        (
            "nicinfo/iana_ipv4.txt",
            "200.57.141.161",
            "200.0.0.0/8",
            "https://rdap.lacnic.net/rdap/",
        ),
    ] {
        let Some(body) = recorded(file) else { return };
        let bootstrap = Bootstrap::read(&body).unwrap();
        assert_eq!(
            bootstrap.server_for(address.parse().unwrap()),
            Some((prefix.parse().unwrap(), url)),
            "{file}"
        );
        assert_eq!(
            bootstrap.server_for("192.168.1.1".parse().unwrap()).is_some(),
            file.contains("ipv4"),
            "{file}"
        );
    }
}

#[test]
fn what_is_right_in_a_malformed_bootstrap_file_is_used() {
    for file in [
        "bootstrap_malformed/dns_empty.json",
        "bootstrap_malformed/dns_syntax_error.json",
    ] {
        let Some(body) = recorded(&format!("openrdap/{file}")) else {
            return;
        };
        assert!(Bootstrap::read(&body).is_err(), "{file}");
    }
    let Some(body) = recorded("openrdap/bootstrap_malformed/dns_bad_services.json") else {
        return;
    };
    let bootstrap = Bootstrap::read(&body).unwrap();
    assert_eq!(
        bootstrap.server_for_name("example.cz"),
        Some("https://rdap.nic.cz"),
        "what is right in it is used"
    );
}

#[test]
fn the_longest_prefix_of_a_bootstrap_file_wins() {
    let file = json!({"services": [[["192.0.0.0/8"], ["http://a.example/", "https://b.example/"]],
        [["192.0.2.0/24", 7, "x"], ["ftp://c.example", "http://d.example"]], [["10.0.0.0/8"], []], "x"]});
    let bootstrap = Bootstrap::read(file.to_string().as_bytes()).unwrap();
    let url = |address: &str| {
        bootstrap
            .server_for(address.parse().unwrap())
            .map(|(_, url)| url.to_owned())
    };
    assert_eq!(url("192.0.2.1").as_deref(), Some("http://d.example"));
    assert_eq!(url("192.1.2.1").as_deref(), Some("https://b.example/"));
    assert_eq!(url("10.0.0.1"), None);
}

#[test]
fn a_network_speaks_for_its_own_addresses_only() {
    let network = |object: Value| Network::from_json(&object).unwrap();
    let both = network(json!({"startAddress": "192.0.2.0", "endAddress": "192.0.2.255",
        "cidr0_cidrs": [{"v4prefix": "192.0.0.0", "length": 16}, {"v4prefix": "192.0.2.0", "length": 25}, 7]}));
    let prefix = |network: &Network, address: &str| {
        network
            .prefix_for(address.parse().unwrap())
            .map(|prefix| prefix.to_string())
    };
    assert_eq!(prefix(&both, "192.0.2.1").as_deref(), Some("192.0.2.0/25"));
    assert_eq!(
        prefix(&both, "192.0.2.200").as_deref(),
        Some("192.0.2.0/24"),
        "the /16 is wider than the range"
    );
    assert_eq!(prefix(&both, "192.0.3.1"), None);
    let listed = network(json!({"cidr0_cidrs": [{"v6prefix": "2001:db8::", "length": 32}]}));
    assert_eq!(prefix(&listed, "2001:db8::1").as_deref(), Some("2001:db8::/32"));
    assert_eq!(prefix(&listed, "2001:db9::1"), None);
}

#[test]
fn a_depth_bomb_is_an_error_and_deep_entities_are_cut() {
    let bomb = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(matches!(read(bomb.as_bytes()), Err(RdapError::NotJson(_))));
    let mut entity =
        json!({"roles": ["abuse"], "vcardArray": ["vcard", [["email", {}, "text", "deep@example.net"]]]});
    for _ in 0..20 {
        entity = json!({"entities": [entity]});
    }
    let network = Network::from_json(
        &json!({"startAddress": "192.0.2.0", "endAddress": "192.0.2.0", "entities": [entity]}),
    );
    assert_eq!(network.unwrap().mailboxes, []);
}

#[test]
fn an_abuse_entity_without_a_card_gives_its_link() {
    let network = Network::from_json(
        &json!({"startAddress": "192.0.2.0", "endAddress": "192.0.2.255", "entities": [
        {"handle": "X", "roles": "ABUSE", "links": [{"rel": "up", "href": "no"}, {"rel": "self", "href": "https://rdap.example/entity/X"}]}]}),
    );
    assert_eq!(network.unwrap().abuse_links, ["https://rdap.example/entity/X"]);
}

#[test]
fn a_mailbox_that_the_registry_calls_invalid_is_left_out() {
    let network = Network::from_json(
        &json!({"startAddress": "192.0.2.0", "endAddress": "192.0.2.255", "entities": [{
        "roles": ["abuse"], "vcardArray": ["vcard", [["email", {}, "text", "abuse@example.net"]]],
        "remarks": [{"description": ["Abuse@Example.NET is invalid"]}]}]}),
    );
    assert_eq!(network.unwrap().mailboxes, []);
}

fn any_json() -> impl Strategy<Value = Value> {
    let key = prop::sample::select(vec![
        "startAddress",
        "endAddress",
        "cidr0_cidrs",
        "entities",
        "roles",
        "vcardArray",
        "links",
        "remarks",
        "description",
        "v4prefix",
        "length",
        "rel",
        "href",
        "errorCode",
        "services",
        "x",
    ]);
    let text = prop::sample::select(vec![
        "192.0.2.0",
        "192.0.2.255",
        "abuse",
        "vcard",
        "email",
        "a@example.net",
        "self",
        "\u{0}\u{feff}é",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text.prop_map(Value::from)
    ];
    leaf.prop_recursive(6, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::hash_map(key.clone().prop_map(str::to_owned), inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn reading_never_fails_in_another_way_than_an_error(value in any_json(), address: std::net::Ipv4Addr) {
        let body = value.to_string();
        if let Some(prefix) = read(body.as_bytes()).ok().and_then(|network| network.prefix_for(address.into())) {
prop_assert!(prefix.contains(address.into()));
}
        drop(read_abuse_entity(body.as_bytes()));
        drop(Bootstrap::read(body.as_bytes()));
        jcard::addresses(&value);
    }

    #[test]
    fn arbitrary_bytes_are_read_without_harm(bytes: Vec<u8>) {
        drop(read(&bytes));
        drop(read_abuse_entity(&bytes));
    }
}
