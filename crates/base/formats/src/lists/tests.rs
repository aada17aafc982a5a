//! Each form as it is found, and lines that are wrong.

use proptest::prelude::*;

use super::*;

/// What each line names, or what is wrong with it.
fn read_with(reader: &mut ListReader, text: &str) -> Vec<Result<Vec<String>, String>> {
    let named = |named: Named| named.iter().map(ToString::to_string).collect();
    let mut read = |line: &str| {
        reader
            .read(line.as_bytes())
            .map(named)
            .map_err(|wrong| wrong.to_string())
    };
    text.lines().map(&mut read).collect()
}

fn read(text: &str) -> Vec<String> {
    let lines = read_with(&mut ListReader::new(None, None), text);
    lines.into_iter().flat_map(Result::unwrap).collect()
}

fn wrong(text: &str) -> Vec<String> {
    let lines = read_with(&mut ListReader::new(None, None), text);
    lines.into_iter().filter_map(Result::err).collect()
}

#[test]
fn plain_lists_and_cidr_lists_with_comments() {
    let text = "\u{feff}# a list\n\n192.0.2.1\r\n192.0.2.0/24 ; SBL123\n; more\n2001:db8::/32 # why\n198.51.100.1 since May\n";
    assert_eq!(
        read(text),
        ["192.0.2.1", "192.0.2.0/24", "2001:db8::/32", "198.51.100.1"]
    );
}

#[test]
fn a_range_is_its_prefixes() {
    assert_eq!(
        read("192.0.2.1-192.0.2.2\n192.0.2.4 - 192.0.2.7 # four"),
        ["192.0.2.1", "192.0.2.2", "192.0.2.4/30"]
    );
    assert_eq!(wrong("192.0.2.2-192.0.2.1").len(), 1);
}

#[test]
fn rows_with_a_header_are_read_by_its_names() {
    let text = "category,ip,note\nabuse,192.0.2.1,\"a, b\"\n\"bot, net\",\"192.0.2.2\",\n";
    assert_eq!(read(text), ["192.0.2.1", "192.0.2.2"]);
    assert_eq!(read("IP\tlists\n192.0.2.1\t3"), ["192.0.2.1"]);
    assert_eq!(
        read("\"Network\";\"Since\"\n\"192.0.2.0/24\";\"2026\""),
        ["192.0.2.0/24"]
    );
}

#[test]
fn rows_without_a_header_are_read_from_the_first() {
    assert_eq!(
        read("# ip, lists\n192.0.2.1\t10\n192.0.2.2\t9"),
        ["192.0.2.1", "192.0.2.2"]
    );
    assert_eq!(read("x,192.0.2.1\ny,192.0.2.2"), ["192.0.2.1", "192.0.2.2"]);
}

#[test]
fn a_column_can_be_named_or_numbered() {
    let text = "ip,attacker\n10.0.0.1,192.0.2.1";
    for column in ["attacker", "2"] {
        let mut reader = ListReader::new(None, Some(column.parse().unwrap()));
        let last = read_with(&mut reader, text).pop();
        assert_eq!(last, Some(Ok(vec!["192.0.2.1".to_owned()])));
    }
    let mut reader = ListReader::new(None, Some(Column::Number(3)));
    assert_eq!(
        read_with(&mut reader, text)[0],
        Err("the row has no column 3".to_owned())
    );
}

#[test]
fn json_lines_are_read_by_the_usual_fields() {
    let text = "{\"prefix\":\"192.0.2.0/24\",\"classes\":[]}\n{\"ip\":\"192.0.2.1\"}\n\"2001:db8::1\"";
    assert_eq!(read(text), ["192.0.2.0/24", "192.0.2.1", "2001:db8::1"]);
    let lines = wrong("{\"a\":1}\n{\"ip\":\n{\"ip\":7}");
    assert_eq!(lines[0], "no field for an address");
    assert!(lines[1].starts_with("no JSON: "));
    assert_eq!(lines.len(), 3);
}

#[test]
fn wrong_lines_say_why_and_spoil_no_other() {
    let text = "192.0.2.1\nexample.org\n192.0.2.9/24\n999.1.1.1\n192.0.2.2";
    let told = wrong(text);
    assert_eq!(told[0], "`example.org` is no address and no prefix");
    assert!(told[1].ends_with("did you mean 192.0.2.0/24?"), "{}", told[1]);
    assert_eq!(told.len(), 3);
    let mut reader = ListReader::new(None, None);
    assert_eq!(reader.read(&[b'1'; MAX_LINE + 1]), Err(WrongLine::TooLong));
    assert_eq!(reader.read(b"\xff\xfe"), Err(WrongLine::NoText));
    assert_eq!(reader.read(b"192.0.2.1").unwrap().len(), 1);
}

#[test]
fn a_long_wrong_entry_is_not_repeated_whole() {
    let told = wrong(&format!("\u{1b}{}", "x".repeat(500)));
    assert!(
        told[0].chars().count() < 100 && !told[0].contains('\u{1b}'),
        "{}",
        told[0]
    );
}

#[test]
fn real_lists_are_read_whole() {
    for (name, least) in [
        ("ip-lists/raw/spamhaus-drop.txt", 800),
        ("ip-lists/raw/spamhaus-drop_ipv6.txt", 30),
        ("ip-lists/raw/firehol_level2.netset", 15_000),
    ] {
        let Some(path) = atalaya_testkit::data(name) else {
            return atalaya_testkit::skip("the shared test data is not here");
        };
        let text = std::fs::read_to_string(path).unwrap();
        let named = read(&text).len();
        assert!(named >= least, "{name}: {named}");
    }
}

proptest! {
    #[test]
    fn a_range_is_the_fewest_prefixes_and_nothing_else(first in any::<u32>(), width in 0_u32..5_000) {
        use std::net::Ipv4Addr;
        let last = first.saturating_add(width);
        let range = AddressRange::new(Ipv4Addr::from_bits(first).into(), Ipv4Addr::from_bits(last).into()).unwrap();
        let size: u64 = range.prefixes().map(|prefix| 1_u64 << (32 - prefix.length())).sum();
        prop_assert_eq!(size, u64::from(last - first) + 1);
        prop_assert!(range.prefixes().all(|prefix| range.contains(prefix.network()) && range.contains(prefix.last())));
    }

    #[test]
    fn whatever_comes_is_read_or_refused(lines in prop::collection::vec(".{0,60}", 0..20)) {
        let mut reader = ListReader::new(None, None);
        for line in lines {
            if let Ok(named) = reader.read(line.as_bytes()) {
                prop_assert!(named.len() <= MOST_PREFIXES);
            }
        }
    }
}

#[test]
fn times_and_categories_are_told_where_they_are_asked_for() {
    let named = |name: &str| Some(Column::Name(name.to_owned()));
    let columns = Columns {
        address: named("ip"),
        at: named("seen"),
        category: named("what"),
    };
    let mut reader = ListReader::with_columns(Some(ListForm::Csv), columns.clone());
    let mut read = |line: &str| reader.read_entry(line.as_bytes()).unwrap();
    assert_eq!(read("what,ip,seen"), Entry::default());
    let entry = read("bots,192.0.2.1,2026-11-26 18:00:00");
    assert_eq!(entry.prefixes[0].to_string(), "192.0.2.1");
    assert_eq!(entry.category.as_deref(), Some("bots"));
    assert_eq!(entry.at.unwrap().to_string(), "2026-11-26T18:00:00Z");
    assert_eq!(
        read("bots,192.0.2.1,1795435200").at,
        Some(Timestamp::from_seconds(1_795_435_200))
    );
    assert_eq!(
        read("bots,192.0.2.1,1795435200000").at,
        Some(Timestamp::from_seconds(1_795_435_200))
    );
    assert_eq!(read("bots,192.0.2.1,once").at, None);
    let mut reader = ListReader::with_columns(Some(ListForm::Jsonl), columns.clone());
    let entry = reader
        .read_entry(br#"{"ip": "192.0.2.1", "what": 7, "seen": 1795435200}"#)
        .unwrap();
    assert_eq!((entry.category.as_deref(), entry.at.is_some()), (Some("7"), true));
    let mut reader = ListReader::with_columns(Some(ListForm::Csv), columns);
    assert!(reader.read_entry(b"address,seen,what").is_err());
}

#[test]
fn a_document_has_its_entries_in_arrays_and_nothing_deeper() {
    let read = |text: &str| {
        let mut named = Vec::new();
        let mut wrong = 0;
        let done = read_document(text.as_bytes(), &Columns::default(), &mut |entry| match entry {
            Ok(entry) => named.extend(entry.prefixes.iter().map(ToString::to_string)),
            Err(_wrong) => wrong += 1,
        });
        (named, wrong, done.is_ok())
    };
    let named = |all: &[&str]| all.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(
        read(r#"["192.0.2.1", "192.0.2.0/28"]"#),
        (named(&["192.0.2.1", "192.0.2.0/28"]), 0, true)
    );
    let object = r#"{"n": 1, "data": [{"ip": "192.0.2.1", "x": {"ip": "192.0.2.9"}}], "b": ["192.0.2.2"], "c": {"d": ["192.0.2.3"]}}"#;
    assert_eq!(read(object), (named(&["192.0.2.1", "192.0.2.2"]), 0, true));
    assert_eq!(
        read(r#"[["192.0.2.1"], 7, null, {"x": 1}]"#),
        (named(&[]), 4, true)
    );
    assert_eq!(read(r#"["192.0.2.1", "#), (named(&["192.0.2.1"]), 0, false));
    assert!(!read("[] []").2);
    assert!(!read(&"[".repeat(10_000)).2);
    let wide = format!("[{{\"ip\": \"{}\"}}]", "1".repeat(100_000));
    assert_eq!(read(&wide), (named(&[]), 1, true));
}
