//! Target `places`: files that say in which country and network addresses are.

use atalaya_formats::lists::MAX_LINE;
use atalaya_formats::places::{LONGEST_NAME, Layout, Line, RowReader};

/// Characters of the longest sentence about a line.
const LONGEST_REFUSAL: usize = 500;

/// Reads each line as one of a file: no row is of another layout than the first, no name is long or hides characters, no refusal repeats a long
/// line, and what a layout has not is in none of its rows.
pub fn places(data: &[u8]) {
    let mut reader = RowReader::default();
    let mut known: Option<Layout> = None;
    for line in data.split_inclusive(|byte| *byte == b'\n') {
        let read = reader.read(line);
        assert!(read.is_err() || line.len() <= MAX_LINE);
        assert!(
            known.is_none() || reader.layout() == known,
            "a layout that changes"
        );
        known = reader.layout();
        match read {
            Ok(Line::Row(row)) => {
                let layout = known.expect("a row is of a layout");
                assert!(row.range.first() <= row.range.last());
                assert!(row.country.is_none() || layout.has_countries());
                assert!(row.asn.is_none() || layout.has_networks());
                assert!(row.asn != Some(0) && row.country != Some(*b"ZZ"));
                assert!(
                    row.country
                        .is_none_or(|code| code.iter().all(u8::is_ascii_uppercase))
                );
                assert!(row.name.len() <= LONGEST_NAME && !row.name.contains(char::is_control));
            }
            Ok(_) => {}
            Err(wrong) => assert!(wrong.to_string().chars().count() <= LONGEST_REFUSAL, "{wrong}"),
        }
    }
}
