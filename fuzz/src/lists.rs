//! Target `lists`: lists of addresses as others publish them.

use atalaya_formats::lists::{
    Column, Columns, Entry, ListForm, ListReader, MAX_LINE, WrongLine, read_document,
};

/// Prefixes that a range can be made of at most.
const MOST_PREFIXES: usize = 254;
/// Characters of the longest sentence about a line.
const LONGEST_REFUSAL: usize = 400;

/// Reads each line in every form, and all as one document: what is named can be written and read again, and no refusal repeats a long line.
pub fn lists(data: &[u8]) {
    let forms = [
        None,
        Some(ListForm::Plain),
        Some(ListForm::Csv),
        Some(ListForm::Jsonl),
    ];
    let columns = Columns {
        at: Some(Column::Name("at".to_owned())),
        category: Some(Column::Name("category".to_owned())),
        ..Columns::default()
    };
    for form in forms {
        let mut reader = ListReader::new(form, None);
        let mut teller = ListReader::with_columns(form, columns.clone());
        for line in data.split_inclusive(|byte| *byte == b'\n') {
            let read = reader.read_entry(line);
            assert!(read.is_err() || line.len() <= MAX_LINE);
            check(&read);
            check(&teller.read_entry(line));
        }
    }
    // Whether it is a document or not, what was taken before its end holds.
    drop(read_document(data, &columns, &mut |entry| check(&entry)));
}

/// What holds of every entry.
fn check(read: &Result<Entry, WrongLine>) {
    match read {
        Ok(entry) => {
            assert!(entry.prefixes.len() <= MOST_PREFIXES);
            let mut named = entry.prefixes.iter();
            assert!(named.all(|prefix| prefix.to_string().parse() == Ok(*prefix)));
        }
        Err(wrong) => assert!(wrong.to_string().chars().count() <= LONGEST_REFUSAL, "{wrong}"),
    }
}
