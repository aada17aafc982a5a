//! Target `lists`: lists of addresses as others publish them.

use atalaya_formats::lists::{ListForm, ListReader, MAX_LINE};

/// Reads each line in every form: what is named can be written and read again, and no refusal repeats a long line.
pub fn lists(data: &[u8]) {
    /// Prefixes that a range can be made of at most.
    const MOST_PREFIXES: usize = 254;
    /// Characters of the longest sentence about a line.
    const LONGEST_REFUSAL: usize = 400;
    let forms = [
        None,
        Some(ListForm::Plain),
        Some(ListForm::Csv),
        Some(ListForm::Jsonl),
    ];
    for form in forms {
        let mut reader = ListReader::new(form, None);
        for line in data.split_inclusive(|byte| *byte == b'\n') {
            match reader.read(line) {
                Ok(named) => {
                    assert!(named.len() <= MOST_PREFIXES && line.len() <= MAX_LINE);
                    assert!(
                        named
                            .into_iter()
                            .all(|prefix| prefix.to_string().parse() == Ok(prefix))
                    );
                }
                Err(wrong) => assert!(wrong.to_string().chars().count() <= LONGEST_REFUSAL, "{wrong}"),
            }
        }
    }
}
