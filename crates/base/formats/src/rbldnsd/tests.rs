//! Lines as the manual of rbldnsd gives them, lines that are wrong, and files that were cut.

use std::io::Write as _;
use std::net::Ipv4Addr;

use atalaya_model::Prefix;
use proptest::prelude::*;

use super::*;

/// Keeps entries as text.
#[derive(Debug, Default)]
struct Kept(Vec<String>);

impl Sink for Kept {
    fn begin(&mut self, kind: Kind) {
        self.0.push(format!("= {}", kind.name()));
    }

    fn entry(&mut self, entry: Entry<'_>) {
        let told = |value: Option<u32>| value.map_or("excluded".to_owned(), |value| value.to_string());
        self.0.push(match entry {
            Entry::Ip4 { first, last, value } => {
                let [first, last] = [first, last].map(Ipv4Addr::from_bits);
                format!("{first}-{last} {}", told(value))
            }
            Entry::Ip6 {
                network,
                length,
                value,
            } => {
                format!("{}/{length} {}", Ipv6Addr::from_bits(network), told(value))
            }
            Entry::Name { name, reach, value } => format!("{name} {reach:?} {}", told(value)),
            Entry::Record {
                name,
                ttl_seconds,
                data,
            } => format!("{name} {ttl_seconds} {data:?}"),
        });
    }
}

fn read(kind: Kind, text: &[u8]) -> (Parsed, Vec<String>) {
    let mut reader = Reader::new(kind, Options::default(), Kept::default());
    reader.read(text).unwrap();
    let (parsed, kept) = reader.finish();
    (parsed, kept.0)
}

/// The entries of lines, none of which is wrong.
fn entries(kind: Kind, text: &str) -> Vec<String> {
    let (parsed, mut entries) = read(kind, text.as_bytes());
    assert_eq!(parsed.wrong, Wrong::default(), "{text}");
    entries.remove(0);
    entries
}

/// Why a line alone is wrong.
fn reason(kind: Kind, line: &str) -> Option<Reason> {
    let (parsed, entries) = read(kind, line.as_bytes());
    assert!(
        entries.len() <= 1 || parsed.wrong.count == 0,
        "{line}: {entries:?}"
    );
    parsed.wrong.first.first().map(|wrong| wrong.reason)
}

fn pack(text: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(text).unwrap();
    packer.finish().unwrap()
}

#[test]
fn a_range_is_written_in_many_ways() {
    for (lines, range) in [
        (
            "127.0.0.0/24\n127.0.0\n127.0.0.0-127.0.0.255\n127.0.0.0-255",
            "127.0.0.0-127.0.0.255 0",
        ),
        ("127/24", "127.0.0.0-127.0.0.255 0"),
        ("127-127.0.0", "127.0.0.0-127.0.0.255 0"),
        (
            "127.16.0.0-127.31.255.255\n127.16.0-127.31.255\n127.16-127.31\n127.16-31\n127.16.0.0/12\n127.16/12",
            "127.16.0.0-127.31.255.255 0",
        ),
        ("127.0.0.1-255", "127.0.0.1-127.0.0.255 0"),
        ("10.01.1.12\t# comment", "10.1.1.12-10.1.1.12 0"),
        ("!10.1.1.12", "10.1.1.12-10.1.1.12 excluded"),
    ] {
        for entry in entries(Kind::Ip4Set, lines) {
            assert_eq!(entry, range, "{lines}");
        }
    }
}

#[test]
fn values_come_from_the_line_or_from_the_default() {
    let text = ":127.0.0.2:IP $\n1.1.1.1\n1.1.1.2 :5\n1.1.1.3 :6:\n1.1.1.4 own $\n1.1.1.5 :7: text ; more\n1.1.1.6 ;c\n1.1.1.7 :1.2:x\n:9\n1.1.1.8";
    let (parsed, entries) = read(Kind::Ip4Set, text.as_bytes());
    let value = |code: [u8; 4], text: Option<&str>| {
        Value::Listed(code.into(), text.map(|text| text.as_bytes().into()))
    };
    let wanted = [
        value([127, 0, 0, 2], Some("IP $")),
        value([127, 0, 0, 5], Some("IP $")),
        value([127, 0, 0, 6], None),
        value([127, 0, 0, 2], Some("own $")),
        value([127, 0, 0, 7], Some("text ; more")),
        value([127, 0, 0, 2], Some("IP $")),
        value([1, 0, 0, 2], Some("x")),
        value([127, 0, 0, 9], None),
    ];
    let values = &parsed.parts[0].values;
    for (entry, wanted) in entries.iter().skip(1).zip(wanted) {
        let number: usize = entry.rsplit(' ').next().unwrap().parse().unwrap();
        assert_eq!(values[number], wanted, "{entry}");
    }
}

#[test]
fn wrong_lines_are_left_out_with_the_reason() {
    for (kind, line, wanted) in [
        (Kind::Ip4Set, "foo", Reason::Address),
        (Kind::Ip4Set, "10.1.1.1x", Reason::Address),
        (Kind::Ip4Set, "10.1.1.256", Reason::Address),
        (Kind::Ip4Set, "10.1.1.1/33", Reason::Address),
        (Kind::Ip4Set, "10.1.1.9-10.1.1.3", Reason::Address),
        (Kind::Ip4Set, "10.1.5.1-10.1.5", Reason::Address),
        (Kind::Ip4Set, "10.1.1.1/24", Reason::HostBits),
        (Kind::Ip4Set, "0/0", Reason::Everything),
        (Kind::Ip4Set, "0.0.0.0-255.255.255.255", Reason::Everything),
        (Kind::Ip4Set, "10.1.1.1 :256:x", Reason::Code),
        (Kind::Ip4Set, "10.1.1.1 :3 x", Reason::Code),
        (Kind::Ip4Set, "10.1.1.1 ::x", Reason::Code),
        (Kind::Ip4Set, "$FOO bar", Reason::Special),
        (Kind::Ip4Set, "$TTL never", Reason::Argument),
        (Kind::Ip4Set, "$DATASET ip4set @", Reason::Special),
        (Kind::Ip4Set, "$SOA 1 a b", Reason::Argument),
        (Kind::Ip4TSet, "10.1.1", Reason::Address),
        (Kind::Ip4TSet, "!10.1.1.1", Reason::Address),
        (Kind::Ip4Trie, "10.1.1.1-2", Reason::Address),
        (Kind::Ip6Trie, "::/0", Reason::Everything),
        (Kind::Ip6Trie, "2001:db8:1/36", Reason::HostBits),
        (Kind::Ip6Trie, "2001:db8:", Reason::Address),
        (Kind::Ip6Trie, "1:2:3:4:5:6:7:8:9", Reason::Address),
        (Kind::Ip6Trie, "1::2::3", Reason::Address),
        (Kind::Ip6TSet, "2001:db8:1", Reason::Address),
        (Kind::Ip6TSet, "!2001:db8:1:2", Reason::Address),
        (Kind::Names, "a..b", Reason::Name),
        (Kind::Names, ".", Reason::Name),
        (Kind::Generic, "www CNAME other.example", Reason::Record),
        (Kind::Combined, "10.1.1.1", Reason::NoDataset),
        (Kind::Combined, "$DATASET combined @", Reason::Argument),
    ] {
        assert_eq!(reason(kind, line), Some(wanted), "{line}");
    }
    assert_eq!(reason(Kind::Ip4Set, &"x".repeat(5000)), Some(Reason::TooLong));
    assert_eq!(reason(Kind::Ip4Set, "#$Id: a comment of another kind $"), None);
}

#[test]
fn the_first_wrong_lines_are_kept_and_all_are_counted() {
    let (parsed, entries) = read(Kind::Ip4Set, "1.1.1.1\nfoo\n".repeat(100).as_bytes());
    assert_eq!((parsed.wrong.count, entries.len()), (100, 101));
    let lines: Vec<u64> = parsed.wrong.first.iter().map(|wrong| wrong.line).collect();
    assert_eq!(
        (lines.len(), lines.first(), lines.last()),
        (20, Some(&2), Some(&40))
    );
}

#[test]
fn everything_is_listed_if_it_is_asked_for() {
    let options = Options {
        everything: Everything::Listed,
        ..Options::default()
    };
    let mut reader = Reader::new(Kind::Ip4Set, options, Kept::default());
    reader.read(&b"0/0"[..]).unwrap();
    assert_eq!(reader.finish().1.0[1], "0.0.0.0-255.255.255.255 0");
}

#[test]
fn variables_fill_texts_as_the_manual_says() {
    let filled = |text: &str, template: &str| {
        let (parsed, _) = read(Kind::Ip4Set, text.as_bytes());
        let filled = parsed.parts[0]
            .variables
            .fill(Some(template.as_bytes()), "127.0.0.2");
        String::from_utf8(filled.unwrap_or_default()).unwrap()
    };
    let digits = "$1 See http://www.example.com/bl\n$2 for details\n$2 unused";
    assert_eq!(
        filled(digits, "$1/spammer/$ $2"),
        "See http://www.example.com/bl/spammer/127.0.0.2 for details"
    );
    assert_eq!(
        filled(digits, "wants some $$$$.  $1/$"),
        "wants some $$.  See http://www.example.com/bl/127.0.0.2"
    );
    let base = "$= See http://www.example.com/bl?$= ($) for details";
    assert_eq!(
        filled(base, "r123"),
        "See http://www.example.com/bl?r123 (127.0.0.2) for details"
    );
    assert_eq!(
        filled(base, ""),
        "See http://www.example.com/bl?127.0.0.2 (127.0.0.2) for details"
    );
    assert_eq!(
        filled(base, "=See other lists for $"),
        "See other lists for 127.0.0.2"
    );
    assert_eq!(filled("", "$3 $x"), "$3 127.0.0.2x");
    assert_eq!(filled("", &"x".repeat(300)).len(), 255);
}

#[test]
fn a_combined_dataset_is_many_with_what_they_share() {
    let text = "$NS 1w ns1.ex -ns2.ex\n$SOA 0 ns1.ex a.ex 0 2h 2h 1w 1h\n$TTL 111\n$1 outer\n$DATASET ip4set:proxy proxies @\n:2:Open $1\n127.0.0.2\n$DATASET dnset names\n$TTL 222\n$1 inner\n.Bad.com\n*.x.org\n!a.x.org\n";
    let (parsed, entries) = read(Kind::Combined, text.as_bytes());
    assert_eq!(
        entries,
        [
            "= ip4set",
            "127.0.0.2-127.0.0.2 0",
            "= dnset",
            "bad.com Both 0",
            "x.org Below 0",
            "a.x.org Itself excluded"
        ]
    );
    assert_eq!(parsed.name_servers.unwrap().names.len(), 1);
    assert_eq!(parsed.soa.unwrap().ttl_seconds, 35 * 60);
    let [first, second] = parsed.parts.as_slice() else {
        panic!("two datasets")
    };
    assert_eq!(
        (first.origins.len(), first.ttl_seconds, second.ttl_seconds),
        (2, 111, 222)
    );
    assert_eq!(first.variables.fill(Some(b"$1"), "").unwrap(), b"outer");
    assert_eq!(second.variables.fill(Some(b"$1"), "").unwrap(), b"outer");
}

#[test]
fn records_networks_and_clients_are_read() {
    assert_eq!(
        entries(
            Kind::Generic,
            "$TTL 77\n@ A 1.2.3.4\nwww 1h IN A 5\nm MX 10 mx.ex.\nt TXT \"a \"b\"\""
        ),
        [
            " 77 A(1.2.3.4)",
            "www 3600 A(0.0.0.5)",
            "m 77 Mx(10, Key([2, 101, 120, 2, 109, 120]))",
            "t 77 Txt([97, 32, 34, 98, 34])"
        ]
    );
    assert_eq!(
        entries(
            Kind::Ip6Trie,
            ":3:x\n2001:db8:c000/36\n2001:db8:b:c :4\n::1\n!2001:db8::2"
        ),
        [
            "2001:db8:c000::/36 0",
            "2001:db8:b:c::/64 1",
            "::1/128 0",
            "2001:db8::2/128 excluded"
        ]
    );
    let (parsed, _) = read(
        Kind::Acl,
        b":refuse\n10/8\n::1 :pass\n192.0.2.1 :9:no $\n0/0 :EMPTY",
    );
    assert_eq!(parsed.wrong, Wrong::default());
    assert!(parsed.parts[0].values.starts_with(&[Value::Refuse, Value::Pass]));
    assert!(parsed.parts[0].values.ends_with(&[Value::Empty]));
}

#[test]
fn stamps_and_widths_are_heeded() {
    let (parsed, entries) = read(
        Kind::Ip4Set,
        b"$TIMESTAMP 2026:01:02 +1d\n$MAXRANGE4 /24\n$MAXRANGE4 65536\n1.2/16\n1.3.3/24\n$MAXRANGE4 16\n1.4.3/24",
    );
    assert_eq!(parsed.made, Some("2026-01-02".parse().unwrap()));
    assert_eq!(parsed.expires, Some("2026-01-03".parse().unwrap()));
    assert_eq!((entries.len(), parsed.wrong.count), (2, 2));
    assert_eq!(parsed.wrong.first[0].reason, Reason::TooWide);
}

#[test]
fn packed_files_are_read_and_cut_ones_are_an_error() {
    let text: String = (0..5000)
        .map(|number| format!("10.0.{}.{}\n", number / 250, number % 250))
        .collect();
    let packed = pack(text.as_bytes());
    assert_eq!(
        read(Kind::Ip4Set, &packed).1,
        read(Kind::Ip4Set, text.as_bytes()).1
    );
    for length in [3, 12, packed.len() / 2, packed.len() - 1] {
        let mut reader = Reader::new(Kind::Ip4Set, Options::default(), Kept::default());
        assert!(reader.read(&packed[..length]).is_err(), "{length}");
    }
    let options = Options {
        most_bytes: 1000,
        ..Options::default()
    };
    let mut reader = Reader::new(Kind::Ip4Set, options, Kept::default());
    assert_eq!(
        reader.read(packed.as_slice()).unwrap_err().kind(),
        std::io::ErrorKind::FileTooLarge
    );
}

proptest! {
    #[test]
    fn what_is_written_reads_as_it_was(
        networks in prop::collection::vec((any::<u32>(), 1_u8..=32, any::<bool>()), 0..50),
        wide in prop::collection::vec((any::<u128>(), 1_u8..=128, any::<bool>()), 0..50),
        text in "[ -~\n]{0,60}",
    ) {
        let ipv4 = networks.iter().map(|(bits, length, excluded)| {
            (Prefix::new(Ipv4Addr::from_bits(*bits).into(), *length), *excluded)
        });
        let ipv6 = wide.iter().map(|(bits, length, excluded)| {
            (Prefix::new(Ipv6Addr::from_bits(*bits | 1 << 127).into(), *length), *excluded)
        });
        let ipv6: Vec<_> = ipv6.collect();
        let header = Header {
            soa: Some("1h ns.ex a.ex 7 1h 1h 1w 5m".to_owned()),
            name_servers: vec!["ns.ex".to_owned()],
            ttl_seconds: 60,
        };
        let mut writer = Writer::new(Vec::new(), &header).unwrap();
        let mut wanted = Vec::new();
        for (kind, all) in [(Kind::Ip4Set, ipv4.collect()), (Kind::Ip6Trie, ipv6)] {
            writer.dataset(kind.name(), &["@"]).unwrap();
            writer.value(Ipv4Addr::new(127, 0, 0, 9), &text).unwrap();
            wanted.push(format!("= {}", kind.name()));
            for (prefix, excluded) in &all {
                let done = if *excluded { writer.exclude(prefix) } else { writer.entry(prefix) };
                done.unwrap();
                let value = if *excluded { "excluded" } else { "0" };
                wanted.push(match prefix.network().is_ipv4() {
                    true => format!("{}-{} {value}", prefix.network(), prefix.last()),
                    false => format!("{}/{} {value}", prefix.network(), prefix.length()),
                });
            }
        }
        let written = writer.finish().unwrap();
        let (parsed, entries) = read(Kind::Combined, &written);
        prop_assert_eq!(parsed.wrong, Wrong::default());
        prop_assert_eq!(entries, wanted);
        prop_assert_eq!(parsed.soa.unwrap().serial, 7);
    }
}
