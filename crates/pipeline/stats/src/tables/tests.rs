//! Tables that strangers had a hand in.

use atalaya_places::Language;

use super::*;
use crate::words::words;

fn table_of(rows: &[(&str, u64)]) -> Table {
    Table {
        title: "Title",
        columns: vec![
            Column::new("name", "Name", Shown::Everywhere),
            Column::new("method", "", Shown::Note),
            Column::new("only_files", "", Shown::Files),
            Column::number("count", "Count", Shown::Everywhere),
        ],
        rows: rows
            .iter()
            .map(|(name, count)| {
                vec![
                    Cell::Text((*name).to_owned()),
                    Cell::Text("told by a rather long note of ours".to_owned()),
                    Cell::Moment(None),
                    Cell::Count(*count),
                ]
            })
            .collect(),
        all: rows.len() as u64,
    }
}

#[test]
fn csv_is_quoted_and_no_formula() {
    let csv = table_of(&[("=1+1", 1), ("a,\"b\"", 2), ("-", 3), ("@x", 4)]).csv();
    let lines: Vec<&str> = csv.split("\r\n").collect();
    assert_eq!(lines.first(), Some(&"name,method,only_files,count"));
    assert!(lines[1].starts_with("'=1+1,"), "{csv}");
    assert!(
        lines[2].starts_with("\"a,\"\"b\"\"\",") && lines[2].ends_with(",,2"),
        "{csv}"
    );
    assert!(
        lines[3].starts_with("-,") && lines[4].starts_with("'@x,"),
        "{csv}"
    );
    assert!(csv.ends_with("\r\n"));
}

#[test]
fn a_table_for_a_terminal_is_aligned_and_keeps_within_it() {
    let english = words(Language::English);
    let table = table_of(&[
        ("漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字", 1),
        ("short", 1_234_567),
    ]);
    for columns in [0, 1, 12, 30, 80, 200] {
        let text = table.text(english, columns);
        for line in text.lines() {
            let wide: usize = line
                .chars()
                .map(|c| unicode_width::UnicodeWidthChar::width(c).unwrap_or(0))
                .sum();
            assert!(wide <= columns.max(1), "{columns}: {wide}\n{text}");
        }
    }
    let text = table.text(english, 80);
    assert!(
        text.contains("1,234,567") && text.contains("told by a rather long\n"),
        "{text}"
    );
    assert!(!text.contains("only_files"), "{text}");
}

#[test]
fn where_nothing_is_known_it_is_said_once_and_at_the_end_of_its_column() {
    let mut table = table_of(&[("a", 1)]);
    table.rows[0][1] = Cell::Nothing;
    table.rows[0][3] = Cell::Nothing;
    let seen: Vec<_> = table.seen(words(Language::English)).flatten().collect();
    assert_eq!((seen[0].text.as_str(), seen[0].note.as_str()), ("a", ""));
    assert_eq!(seen[1].text, "–");
    assert!(table.heads()[1].is_number);
}

#[test]
fn an_empty_table_says_so() {
    let text = table_of(&[]).text(words(Language::Spanish), 80);
    assert!(text.contains("Nada que mostrar"), "{text}");
}
