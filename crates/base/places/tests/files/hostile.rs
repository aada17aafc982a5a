//! Files that are wrong, cut, bombs or something else: none of it is believed, each is told.

use std::io::Write as _;

use crate::written::{Written, country, load, network, trouble};

/// As many right rows of countries.
fn rows(count: u32) -> String {
    (0..count)
        .map(|row| {
            format!(
                "5.{}.{}.0,5.{}.{}.255,ES\n",
                row >> 8,
                row & 255,
                row >> 8,
                row & 255
            )
        })
        .collect()
}

#[test]
fn one_wrong_row_in_a_hundred_is_passed_over_and_more_are_not() {
    let written = Written::new();
    let good = written.file("good.csv", rows(99) + "5.9.9.9,5.9.9.1,ES\n");
    let loaded = load(&[good], &[]);
    assert!(loaded.troubles.is_empty());
    let source = &loaded.places.sources()[0];
    assert_eq!((source.rows, source.wrong), (99, 1));
    let bad = written.file(
        "bad.csv",
        rows(97) + "<html>\n" + "5.9.9.9,5.9.9.1,ES\n" + &rows(1),
    );
    let loaded = load(&[bad], &[]);
    let told = trouble(&loaded);
    assert!(
        told.contains("bad.csv") && told.contains("line 98") && told.contains("`<html>` is no address"),
        "{told}"
    );
    // What comes with the program stands in.
    assert_eq!(country(&loaded.places, "2.3.0.1"), "FR");
}

#[test]
fn what_is_something_else_is_refused() {
    let written = Written::new();
    for (name, bytes, why) in [
        ("empty", &b""[..], "has no rows"),
        ("comments", b"# nothing\n\n", "has no rows"),
        ("page", b"<!DOCTYPE html>\n<p>Moved</p>\n", "line 1"),
        ("json", b"{\"error\": 404}\n", "neither statistics"),
        ("binary", &[0x00, 0xff, 0x13, 0x0a], "no UTF-8"),
        (
            "networks",
            b"1.0.0.0,1.0.0.255,13335,\"X\"\n",
            "name no countries",
        ),
        (
            "header only",
            b"2|ripencc|1|0|19830705|20261120|+0100\n",
            "has no rows",
        ),
        (
            "cut gzip",
            &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 75],
            "cannot read",
        ),
        (
            "cut",
            b"2|ripencc|1|400|19830705|20261120|+0100\nripencc|ES|ipv4|5.0.0.0|256|20100712|allocated|x\n",
            "1 of the 400 records",
        ),
    ] {
        let path = written.file(name, bytes);
        let told = trouble(&load(&[path], &[]));
        assert!(told.contains(why) && told.contains(name), "{told}");
    }
    let countries = written.file("countries.csv", rows(3));
    assert!(trouble(&load(&[], &[countries])).contains("name no networks"));
    assert!(trouble(&load(&[written.path().to_owned()], &[])).contains("cannot read"));
    assert!(trouble(&load(&[written.path().join("absent")], &[])).contains("absent"));
}

#[test]
fn of_a_file_that_is_refused_nothing_counts_and_the_others_do() {
    let written = Written::new();
    let right = written.file("right.csv", "5.0.0.0,5.0.0.255,PT\n");
    let wrong = written.file("wrong.csv", "5.0.0.0,5.0.0.9,FI\n5.0.0.10,5.0.0.11,FI\nx\n");
    let loaded = load(&[right, wrong], &[]);
    trouble(&loaded);
    assert_eq!(country(&loaded.places, "5.0.0.1"), "PT");
    assert_eq!(
        country(&loaded.places, "8.8.8.8"),
        "US",
        "beneath lies what comes with the program"
    );
    let names = written.file("a.csv", "5.0.0.0,5.0.0.255,7,\"Seven\"\nx\n");
    let loaded = load(&[], &[names]);
    assert_eq!(
        (network(&loaded.places, "5.0.0.1"), loaded.places.network_name(7)),
        ("-".into(), None)
    );
}

#[test]
fn a_bomb_is_no_file() {
    let mut packer = zstd::Encoder::new(Vec::new(), 1).unwrap();
    let line = b"#".repeat(1 << 20);
    for _more in 0..260 {
        packer.write_all(&line).unwrap();
    }
    let written = Written::new();
    let bomb = written.file("bomb.zst", packer.finish().unwrap());
    assert!(std::fs::metadata(&bomb).unwrap().len() < 1 << 20);
    let told = trouble(&load(&[bomb], &[]));
    assert!(
        told.contains("cannot read") && told.contains("unpacks to more"),
        "{told}"
    );
}

#[test]
fn names_of_strangers_are_kept_short_and_plain() {
    let written = Written::new();
    let long = "x".repeat(5_000);
    let text =
        format!("5.0.0.0\t5.0.0.255\t7\tUS\t\u{1b}[31m<script>\u{7}\n5.0.1.0\t5.0.1.255\t8\tUS\t{long}\n");
    let loaded = load(&[], &[written.file("names.tsv", text)]);
    assert_eq!(network(&loaded.places, "5.0.0.1"), "7 [31m<script>");
    assert_eq!(loaded.places.network_name(8).unwrap().len(), 120);
}

#[test]
fn ranges_of_ipv6_inside_a_64_claim_nothing() {
    let written = Written::new();
    let text = "2a00::,2a00::ff,ES\n2a00:1::8,2a00:1:0:2:ffff:ffff:ffff:ffff,PT\n";
    let places = load(&[written.file("narrow.csv", text)], &[]).places;
    let said = [
        "2a00::1",
        "2a00:1::9",
        "2a00:1:0:1::",
        "2a00:1:0:2::1",
        "2a00:1:0:3::",
    ];
    assert_eq!(
        said.map(|address| country(&places, address)),
        ["-", "-", "PT", "PT", "-"]
    );
}
