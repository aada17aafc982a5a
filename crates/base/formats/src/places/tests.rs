//! What each layout says, and what wrong lines come to.

use super::*;

fn row(line: &str) -> (Layout, String) {
    let mut reader = RowReader::default();
    let read = reader.read(line.as_bytes()).unwrap();
    let Line::Row(row) = read else {
        panic!("{line}: {read:?}");
    };
    let country = row
        .country
        .map_or("none".into(), |code| String::from_utf8_lossy(&code).into_owned());
    let asn = row.asn.map_or("none".into(), |asn| asn.to_string());
    let said = format!("{} {country} {asn} {}", row.range, row.name);
    (reader.layout().unwrap(), said.trim_end().to_owned())
}

#[test]
fn each_layout_is_known_by_its_first_line() {
    for (line, layout, said) in [
        (
            "ripencc|FR|ipv4|2.0.0.0|1048576|20100712|allocated|abc\n",
            Layout::Delegated,
            "2.0.0.0 - 2.15.255.255 FR none",
        ),
        (
            "lacnic|BR|ipv4|192.0.2.0|768|20100712|assigned",
            Layout::Delegated,
            "192.0.2.0 - 192.0.4.255 BR none",
        ),
        (
            "arin|US|ipv6|2001:db8::|29|20100712|allocated|x\r\n",
            Layout::Delegated,
            "2001:db8:: - 2001:dbf:ffff:ffff:ffff:ffff:ffff:ffff US none",
        ),
        (
            "apnic||ipv4|192.0.2.0|256||available||",
            Layout::Delegated,
            "192.0.2.0 - 192.0.2.255 none none",
        ),
        (
            "afrinic|ZZ|ipv4|192.0.2.0|256||reserved|afrinic|",
            Layout::Delegated,
            "192.0.2.0 - 192.0.2.255 none none",
        ),
        (
            "1.0.1.0,1.0.3.255,CN\n",
            Layout::Countries,
            "1.0.1.0 - 1.0.3.255 CN none",
        ),
        (
            "\"1.0.1.0\",\"1.0.3.255\",\"eu\"",
            Layout::Countries,
            "1.0.1.0 - 1.0.3.255 EU none",
        ),
        (
            "1.0.0.0,1.0.0.255,13335,\"Cloudflare, \"\"Inc.\"\"\"",
            Layout::Networks,
            "1.0.0.0 - 1.0.0.255 none 13335 Cloudflare, \"Inc.\"",
        ),
        (
            "1.0.0.0,1.0.0.255,4294967295,a name, with a comma",
            Layout::Networks,
            "1.0.0.0 - 1.0.0.255 none 4294967295 a name, with a comma",
        ),
        (
            "1.0.0.0\t1.0.0.255\t13335\tUS\tCLOUDFLARENET",
            Layout::Both,
            "1.0.0.0 - 1.0.0.255 US 13335 CLOUDFLARENET",
        ),
        (
            "1.0.1.0\t1.0.3.255\t0\tNone\tNot routed",
            Layout::Both,
            "1.0.1.0 - 1.0.3.255 none none",
        ),
    ] {
        assert_eq!(row(line), (layout, said.to_owned()), "{line}");
    }
}

#[test]
fn a_header_tells_day_and_number_and_a_sum_tells_nothing() {
    let mut reader = RowReader::default();
    let header = reader.read(b"2|ripencc|1782000000|180000|19830705|20260617|+0200\n");
    let Ok(Line::Header(header)) = header else {
        panic!("{header:?}");
    };
    assert_eq!((header.registry, header.records), (Registry::RipeNcc, 180_000));
    assert_eq!(header.day.unwrap().date(), "2026-06-17");
    let undated = reader.read(b"2.3|afrinic|20260617|9|00000000|00000000|00000");
    assert!(matches!(undated, Ok(Line::Header(Header { day: None, .. }))));
    assert_eq!(reader.read(b"ripencc|*|ipv4|*|90000|summary"), Ok(Line::Nothing));
    assert_eq!(reader.read(b"# a comment"), Ok(Line::Nothing));
    assert_eq!(
        reader.read(b"ripencc|FR|asn|3215|1|19940101|allocated|x"),
        Ok(Line::Other)
    );
}

#[test]
fn what_is_wrong_is_told_shortly_and_spoils_nothing() {
    let mut reader = RowReader::default();
    assert!(
        reader
            .read(b"ripencc|FR|ipv4|2.0.0.0|256|20100712|allocated")
            .is_ok()
    );
    for (line, told) in [
        (
            &b"ripencc|FR|ipv4|2.0.0.0|0|20100712|allocated"[..],
            "`0` is no number of addresses",
        ),
        (
            b"ripencc|FR|ipv4|255.0.0.0|99999999|20100712|allocated",
            "`99999999` is no number",
        ),
        (
            b"ripencc|FR|ipv6|2001:db8::|129|20100712|allocated",
            "is no prefix length",
        ),
        (
            b"ripencc|FRA|ipv4|2.0.0.0|256|20100712|allocated",
            "`FRA` is no country",
        ),
        (b"ripencc|FR|ipv4|2.0.0.0", "ends before its value"),
        (
            b"nobody|FR|ipv4|2.0.0.0|256|20100712|allocated",
            "`nobody` is no registry",
        ),
        (b"\xff\xfe", "no UTF-8"),
        (&[b'x'; MAX_LINE + 1], "longer than"),
    ] {
        let wrong = reader.read(line).unwrap_err().to_string();
        assert!(wrong.contains(told), "{wrong}");
    }
    for page in [
        "<!DOCTYPE html>",
        "{\"a\": 1}",
        "start,end,country",
        "1.0.0.9,1.0.0.1,FR",
        "1.0.0.0,::1,FR",
    ] {
        let mut reader = RowReader::default();
        assert_eq!(reader.read(page.as_bytes()), Err(WrongRow::NoLayout), "{page}");
    }
}

#[test]
fn a_name_is_short_and_has_no_control_characters() {
    let (_, said) = row(&format!(
        "1.0.0.0\t1.0.0.255\t7\tUS\ta\u{1b}[31m<b>{}",
        "ñ".repeat(500)
    ));
    assert!(said.contains("7 a [31m<b>ñ"), "{said}");
    assert!(said.len() < LONGEST_NAME + 40);
}
