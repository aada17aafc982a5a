//! Every format read back says of each address what the zone says.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use atalaya_formats::dnsbl;
use atalaya_model::{Class, Decided, Decision, Rule, Verdict};
use proptest::prelude::*;

use super::*;
use crate::{PublishConfig, Set, Zone};

/// When these tests ask: some minutes behind a full hour.
fn now() -> Timestamp {
    Timestamp::from_seconds(1000 * HOUR + 600)
}

fn zone(history: &[(Prefix, Verdict)]) -> Zone {
    let zone = Zone::new(&PublishConfig::default(), "https://list.example/").unwrap();
    let mut set = Set::default();
    for ((prefix, verdict), serial) in history.iter().zip(1..) {
        set.apply([&Decided {
            serial: Serial(serial),
            at: Timestamp::EPOCH,
            decision: Decision {
                prefix: *prefix,
                verdict: *verdict,
                rule: Rule::new("import", 1),
                score: 0.0,
                reason: "seen elsewhere".to_owned(),
            },
        }]);
    }
    drop(zone.load(set, Serial(history.len() as u64)));
    zone
}

fn list(text: &str, class: Class) -> (Prefix, Verdict) {
    (text.parse().unwrap(), Verdict::List { class, until: None })
}

fn allow(text: &str) -> (Prefix, Verdict) {
    (text.parse().unwrap(), Verdict::Allow { until: None })
}

fn written(zone: &Zone, format: Format, filter: Filter) -> String {
    let mut out = Vec::new();
    let export = zone.export(filter, now()).unwrap();
    export.write(format, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// The lines that say something.
fn lines(zone: &Zone, format: Format) -> Vec<String> {
    let text = written(zone, format, Filter::default());
    let says = |line: &&str| !line.starts_with(['#', ';', '$', '@', ':']) && !line.contains("127.0.0.");
    text.lines().filter(says).map(str::to_owned).collect()
}

fn some() -> Zone {
    zone(&[
        list("192.0.2.0/24", Class::Policy),
        list("192.0.2.9", Class::Spam),
        list("198.51.100.0", Class::Bot),
        list("198.51.100.1", Class::Bot),
        list("2001:db8::/64", Class::Spam),
        allow("192.0.2.128/25"),
    ])
}

#[test]
fn plain_keeps_the_entries_and_cidr_joins_them() {
    let plain = ["192.0.2.0/25", "198.51.100.0", "198.51.100.1", "2001:db8::/64"];
    assert_eq!(lines(&some(), Format::Plain), plain);
    let cidr = ["192.0.2.0/25", "198.51.100.0/31", "2001:db8::/64"];
    assert_eq!(lines(&some(), Format::Cidr), cidr);
}

#[test]
fn the_other_formats_say_the_same_in_their_words() {
    assert_eq!(
        lines(&some(), Format::Postfix)[1],
        "198.51.100.0/31 REJECT listed by bl.atalaya.test, see https://list.example/ip/198.51.100.0"
    );
    assert_eq!(
        lines(&some(), Format::Nftables)[4..],
        [
            "flush set inet atalaya listed6",
            "add element inet atalaya listed4 { 192.0.2.0/25, 198.51.100.0/31 }",
            "add element inet atalaya listed6 { 2001:db8::/64 }",
        ]
    );
    assert_eq!(
        lines(&some(), Format::Rpz)[0],
        "25.0.2.0.192.rpz-client-ip CNAME ."
    );
    assert_eq!(lines(&some(), Format::RpzIp)[2], "64.zz.db8.2001.rpz-ip CNAME .");
}

#[test]
fn the_first_lines_say_what_it_is() {
    let text = written(
        &some(),
        Format::Plain,
        Filter::new(&[Class::Spam], Some(Family::V6)),
    );
    let expected = "# zone bl.atalaya.test, serial 6, as of 1970-02-11T16:00:00Z, classes: spam; IPv6 only\n\
                    # why an address is listed: https://list.example/ip/ADDRESS\n2001:db8::/64\n";
    assert_eq!(text, expected);
}

#[test]
fn the_tag_tells_serial_hour_filter_and_format_apart() {
    let zone = some();
    let tag = |filter, format, now| zone.export(filter, now).unwrap().tag(format);
    let first = tag(Filter::default(), Format::Cidr, now());
    assert_eq!(first, "cidr-6-1000-all-46");
    assert_eq!(
        first,
        tag(
            Filter::default(),
            Format::Cidr,
            Timestamp::from_seconds(1001 * HOUR - 1)
        )
    );
    let spam = Filter::new(&[Class::Spam, Class::Bot], Some(Family::V4));
    assert_eq!(tag(spam, Format::Plain, now()), "plain-6-1000-spam-bot-4");
}

#[test]
fn nothing_is_exported_before_a_set_was_loaded() {
    let zone = Zone::new(&PublishConfig::default(), "https://list.example").unwrap();
    assert!(zone.export(Filter::default(), now()).is_none());
}

#[test]
fn a_zone_file_has_the_texts_of_the_answers_unless_they_are_left_out() {
    let zone = some();
    let text = written(&zone, Format::Bind, Filter::default());
    for line in [
        "9.2.0.192 A 127.0.0.3",
        r#"9.2.0.192 TXT "spam 192.0.2.9: spam from it reached our traps; https://list.example/ip/192.0.2.9""#,
        r#"9.2.0.192 TXT "policy 192.0.2.0/24: should not send mail directly; https://list.example/ip/192.0.2.9""#,
    ] {
        assert!(text.lines().any(|has| has == line), "{line} in {text}");
    }
    let codes = written(&zone, Format::BindCodes, Filter::default());
    assert!(!codes.contains(" TXT "));
    let without = text.lines().filter(|line| !line.contains(" TXT "));
    assert!(without.eq(codes.lines()));
}

#[test]
fn a_wildcard_stands_again_on_the_way_to_what_lies_inside() {
    let zone = zone(&[list("10.0.0.0/8", Class::Policy), list("10.2.3.4", Class::Spam)]);
    let text = written(&zone, Format::BindCodes, Filter::new(&[], Some(Family::V4)));
    let records: Vec<&str> = text
        .lines()
        .skip_while(|line| !line.starts_with("*.10 "))
        .filter(|line| !line.contains(".0.0.127 "))
        .collect();
    let expected = [
        "*.10 A 127.0.0.11",
        "*.2.10 A 127.0.0.11",
        "*.3.2.10 A 127.0.0.11",
        "4.3.2.10 A 127.0.0.3",
        "4.3.2.10 A 127.0.0.11",
    ];
    assert_eq!(records, expected);
}

/// What a list of prefixes says.
fn covers(prefixes: &[Prefix], address: IpAddr) -> bool {
    prefixes.iter().any(|prefix| prefix.contains(address))
}

/// The first word of each line as a prefix.
fn first_words(zone: &Zone, format: Format) -> Vec<Prefix> {
    let word = |line: &String| line.split(' ').next().unwrap().parse().unwrap();
    lines(zone, format).iter().map(word).collect()
}

/// The elements of an nftables file, each as its first and last address and its end.
fn elements(zone: &Zone) -> Vec<(IpAddr, IpAddr, Option<Timestamp>)> {
    let lines = lines(zone, Format::Nftables);
    let sets = lines
        .iter()
        .filter_map(|line| line.split_once("{ ")?.1.strip_suffix(" }"));
    let elements = sets
        .filter(|set| !set.contains("type"))
        .flat_map(|set| set.split(", "));
    let element = |element: &str| {
        let (range, until) = match element.split_once(" timeout ") {
            None => (element, None),
            Some((range, hours)) => {
                let hours: i64 = hours.strip_suffix('h').unwrap().parse().unwrap();
                (range, Some(Timestamp::from_seconds((1000 + hours) * HOUR)))
            }
        };
        match range.split_once('-') {
            Some((first, last)) => (first.parse().unwrap(), last.parse().unwrap(), until),
            None => {
                let prefix: Prefix = range.parse().unwrap();
                (prefix.network(), prefix.last(), until)
            }
        }
    };
    elements.map(element).collect()
}

/// When the last of some listings ends.
fn last_end(listings: &[crate::Held]) -> Option<Timestamp> {
    let ends = listings.iter().map(|held| held.until);
    ends.reduce(|one, other| Some(one?.max(other?))).flatten()
}

/// A policy zone's triggers as prefixes.
fn triggers(zone: &Zone) -> Vec<Prefix> {
    let prefix = |line: &String| {
        let name = line.strip_suffix(".rpz-client-ip CNAME .").unwrap();
        let (length, labels) = name.split_once('.').unwrap();
        let mut labels: Vec<&str> = labels.split('.').rev().collect();
        let is_ipv4 = labels.len() == 4 && !labels.contains(&"zz");
        if labels.first() == Some(&"zz") {
            labels.insert(0, "");
        }
        if labels.last() == Some(&"zz") {
            labels.push("");
        }
        let text = labels.join(if is_ipv4 { "." } else { ":" }).replace("zz", "");
        Prefix::new(text.parse().unwrap(), length.parse().unwrap())
    };
    lines(zone, Format::Rpz).iter().map(prefix).collect()
}

/// Reads JSON lines as prefixes with their classes.
fn documents(zone: &Zone) -> Vec<(Prefix, BTreeSet<Class>)> {
    let document = |line: &str| {
        let document: serde_json::Value = serde_json::from_str(line).unwrap();
        let classes = document["classes"].as_array().unwrap().iter();
        let classes = classes.map(|class| serde_json::from_value(class["class"].clone()).unwrap());
        (
            serde_json::from_value(document["prefix"].clone()).unwrap(),
            classes.collect(),
        )
    };
    let text = written(zone, Format::Jsonl, Filter::default());
    text.lines().map(document).collect()
}

/// Of rbldnsd's entries, the most specific ones that hold an address; an exclusion among them hides it.
fn as_rbldnsd(text: &str, address: IpAddr) -> BTreeSet<Class> {
    let mut found = BTreeMap::<u8, Vec<Option<Class>>>::new();
    for line in text.lines().filter(|line| !line.starts_with(['#', '$'])) {
        let (prefix, class) = match line.strip_prefix('!') {
            Some(prefix) => (prefix, None),
            None => {
                let (prefix, value) = line.split_once(" :").unwrap();
                let code = value.split(':').next().unwrap();
                let class = Class::ALL
                    .into_iter()
                    .find(|class| class.code().to_string() == code);
                (prefix, Some(class.unwrap()))
            }
        };
        let prefix: Prefix = prefix.parse().unwrap();
        if prefix.contains(address) {
            found.entry(prefix.length()).or_default().push(class);
        }
    }
    let best = found.pop_last().map(|(_, best)| best).unwrap_or_default();
    best.into_iter().collect::<Option<_>>().unwrap_or_default()
}

/// A zone file as a name server answers from it.
struct AsNameServer {
    records: BTreeMap<String, BTreeSet<Class>>,
    /// All names that exist, those without records too.
    names: BTreeSet<String>,
}

impl AsNameServer {
    fn new(text: &str) -> Self {
        let mut records = BTreeMap::<String, BTreeSet<Class>>::new();
        for line in text.lines().filter(|line| line.contains(" A 127.0.0.")) {
            let (name, code) = line.split_once(" A ").unwrap();
            let class = Class::ALL
                .into_iter()
                .find(|class| class.code().to_string() == code);
            assert!(
                records.entry(name.to_owned()).or_default().insert(class.unwrap()),
                "{line}"
            );
        }
        let names = records
            .keys()
            .flat_map(|name| suffixes(name))
            .map(str::to_owned)
            .collect();
        Self { records, names }
    }

    fn ask(&self, address: IpAddr) -> BTreeSet<Class> {
        let name = dnsbl::write(&Prefix::single(address)).unwrap();
        if let Some(classes) = self.records.get(&name) {
            return classes.clone();
        }
        let encloser = suffixes(&name)
            .find(|name| self.names.contains(*name))
            .unwrap_or_default();
        self.records
            .get(&format!("*.{encloser}"))
            .cloned()
            .unwrap_or_default()
    }
}

/// A name and those above it.
fn suffixes(name: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(name), |name| name.split_once('.').map(|(_, rest)| rest))
}

fn any_prefix() -> impl Strategy<Value = Prefix> {
    let low = prop_oneof![3 => 0_u32..40, 1 => 0_u32..2048, 1 => any::<u32>()];
    (
        low,
        any::<bool>(),
        prop_oneof![3 => 0_u8..5, 2 => 5_u8..14, 1 => 14_u8..26],
    )
        .prop_map(|(low, is_ipv4, host_bits)| {
            if is_ipv4 {
                return Prefix::new(
                    Ipv4Addr::from_bits((192 << 24) | (low & 0x00ff_ffff)).into(),
                    32 - host_bits,
                );
            }
            let address = Ipv6Addr::from_bits((0x2a00 << 112) | u128::from(low));
            Prefix::new(address.into(), 128 - host_bits)
        })
}

fn any_verdict() -> impl Strategy<Value = Verdict> {
    let class = prop::sample::select(Class::ALL.to_vec());
    // Over, ends at this full hour, ends at the next, none.
    let until = prop::option::of((999_i64..1003).prop_map(|hours| Timestamp::from_seconds(hours * HOUR)));
    (0_u8..5, class, until).prop_map(|(kind, class, until)| match kind {
        0 => Verdict::Allow { until },
        _ => Verdict::List { class, until },
    })
}

proptest! {
    #[test]
    fn every_format_lists_what_the_zone_lists(history in prop::collection::vec((any_prefix(), any_verdict()), 0..14)) {
        let zone = zone(&history);
        let prefixes = [Format::Plain, Format::Cidr, Format::Postfix].map(|format| first_words(&zone, format));
        let (elements, triggers, documents) = (elements(&zone), triggers(&zone), documents(&zone));
        let rbldnsd = written(&zone, Format::Rbldnsd, Filter::default());
        let name_server = AsNameServer::new(&written(&zone, Format::Bind, Filter::default()));
        let neighbours = history.iter().flat_map(|(prefix, _)| {
            let range = Range::from(*prefix);
            [range.first(), range.last()].into_iter().flat_map(|edge| match edge {
                IpAddr::V4(edge) => [-1_i32, 0, 1].map(|step| IpAddr::from(Ipv4Addr::from_bits(edge.to_bits().wrapping_add_signed(step)))),
                IpAddr::V6(edge) => [-1_i128, 0, 1].map(|step| IpAddr::from(Ipv6Addr::from_bits(edge.to_bits().wrapping_add_signed(step)))),
            })
        });
        let tests = ["127.0.0.1", "127.0.0.2", "127.0.0.11", "127.0.0.12"].map(|text| text.parse().unwrap());
        for address in neighbours {
            let expected: BTreeSet<Class> = zone.lookup(address, now()).listings.iter().map(|held| held.class).collect();
            let is_listed = !expected.is_empty();
            for prefixes in prefixes.iter().chain([&triggers]) {
                prop_assert_eq!(covers(prefixes, address), is_listed, "{} in {:?}", address, prefixes);
            }
            let of_address = elements.iter().filter(|(first, last, _)| first.is_ipv4() == address.is_ipv4() && *first <= address && address <= *last);
            let ends: Vec<_> = of_address.map(|(_, _, until)| *until).collect();
            let end = is_listed.then(|| last_end(&zone.lookup(address, now()).listings));
            prop_assert_eq!(ends, Vec::from_iter(end), "{} in nftables", address);
            let told = documents.iter().filter(|(prefix, _)| prefix.contains(address));
            prop_assert_eq!(&told.flat_map(|(_, classes)| classes.clone()).collect::<BTreeSet<_>>(), &expected, "{} in jsonl", address);
            prop_assert_eq!(&as_rbldnsd(&rbldnsd, address), &expected, "{} in rbldnsd", address);
            prop_assert_eq!(&name_server.ask(address), &expected, "{} in bind", address);
        }
        for address in tests {
            let expected: BTreeSet<Class> = zone.lookup(address, now()).listings.iter().map(|held| held.class).collect();
            prop_assert_eq!(&as_rbldnsd(&rbldnsd, address), &expected);
            prop_assert_eq!(&name_server.ask(address), &expected);
            prop_assert!(!covers(&prefixes[0], address) && !covers(&triggers, address));
        }
    }

    #[test]
    fn no_shorter_list_of_prefixes_says_the_same(history in prop::collection::vec((any_prefix(), any_verdict()), 0..14)) {
        let prefixes = first_words(&zone(&history), Format::Cidr);
        for pair in prefixes.windows(2) {
            prop_assert!(pair[0] < pair[1] && !pair[0].overlaps(&pair[1]));
            let parent = |prefix: &Prefix| prefix.with_parents().nth(1);
            prop_assert!(parent(&pair[0]) != parent(&pair[1]) || pair[0].length() != pair[1].length());
        }
    }
}
