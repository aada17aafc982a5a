//! The bytes of a list, made entries.

use std::io::{self, BufRead, Cursor};

use atalaya_formats::lists::{Entry, ListForm, ListReader, WrongLine, next_line, read_document, unpacked};
use atalaya_model::{Prefix, Timestamp};

use super::entries::{Entries, MOST_ENTRIES, Mark};
use super::{FeedConfig, FeedFormat};

/// A list as it was read.
#[derive(Debug, Default)]
pub(super) struct Reading {
    pub(super) entries: Entries,
    /// Lines or elements that say something.
    pub(super) lines: u64,
    /// Those of them that name nothing.
    pub(super) wrong: u64,
    /// What is wrong with the first of these.
    pub(super) first_wrong: Option<String>,
    /// Prefixes that were read, before those of the same unit are one.
    read: usize,
    /// When it was read: no entry is of a later time.
    now: Timestamp,
}

/// Reads a list that came now, in any packing.
///
/// # Errors
/// A sentence about what it is instead of a list.
pub(super) fn read(bytes: Vec<u8>, config: &FeedConfig, now: Timestamp) -> Result<Reading, String> {
    let most = config.max_size.0;
    let unreadable = |error: &dyn std::fmt::Display| format!("it cannot be read: {error}");
    // A packed file may come packed once more, for its way.
    let once = unpacked(Cursor::new(bytes), most).map_err(|error| unreadable(&error))?;
    let mut input = unpacked(once, most).map_err(|error| unreadable(&error))?;
    let mut reading = Reading {
        now,
        ..Reading::default()
    };
    match config.format {
        FeedFormat::Json => {
            let columns = config.columns();
            let read = read_document(&mut input, &columns, &mut |entry| reading.take(entry, config));
            read.map_err(|error| format!("{error}: {}", cause(&error)))?;
        }
        format => reading
            .take_lines(&mut input, format, config)
            .map_err(|error| unreadable(&error))?,
    }
    if reading.read > MOST_ENTRIES {
        return Err(format!("it has more than {MOST_ENTRIES} entries"));
    }
    reading.entries.sort();
    Ok(reading)
}

impl Reading {
    fn take_lines(
        &mut self,
        input: &mut dyn BufRead,
        format: FeedFormat,
        config: &FeedConfig,
    ) -> io::Result<()> {
        let form = match format {
            FeedFormat::Plain => ListForm::Plain,
            FeedFormat::Csv => ListForm::Csv,
            FeedFormat::Jsonl | FeedFormat::Json => ListForm::Jsonl,
        };
        let mut reader = ListReader::with_columns(Some(form), config.columns());
        let mut line = Vec::new();
        while next_line(input, &mut line)? {
            self.take(reader.read_entry(&line), config);
        }
        Ok(())
    }

    fn take(&mut self, entry: Result<Entry, WrongLine>, config: &FeedConfig) {
        match entry {
            Ok(entry) if entry.prefixes.is_empty() => {}
            Ok(entry) => {
                self.lines = self.lines.saturating_add(1);
                let at = entry.at.map(|at| at.min(self.now));
                let mark = Mark::new(config.kind_of(entry.category.as_deref()), at);
                entry
                    .prefixes
                    .into_iter()
                    .for_each(|prefix| self.add(prefix, mark, config));
            }
            Err(wrong) => {
                self.lines = self.lines.saturating_add(1);
                self.wrong = self.wrong.saturating_add(1);
                self.first_wrong.get_or_insert_with(|| wrong.to_string());
            }
        }
    }

    /// Adds a prefix, unless it is passed over or there are too many.
    fn add(&mut self, prefix: Prefix, mark: Mark, config: &FeedConfig) {
        if config.except.iter().any(|range| range.covers(&prefix)) {
            return;
        }
        self.read = self.read.saturating_add(1);
        if self.read <= MOST_ENTRIES {
            self.entries.push(prefix, mark);
        }
    }
}

/// What lies behind an error.
fn cause(error: &dyn std::error::Error) -> String {
    error.source().map(ToString::to_string).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io::Write;

    use atalaya_model::{ByteSize, Kind};

    use super::*;

    fn now() -> Timestamp {
        "2026-11-26T18:00:00Z".parse().unwrap()
    }

    fn read(bytes: Vec<u8>, config: &FeedConfig) -> Result<Reading, String> {
        super::read(bytes, config, now())
    }

    #[test]
    fn a_time_to_come_is_now() {
        let csv = FeedConfig {
            time: Some("2".to_owned()),
            ..config(FeedFormat::Csv)
        };
        let one = |text: &str| read(text.into(), &csv).unwrap().entries;
        let later = one("192.0.2.1,2099-01-01\n");
        assert_eq!(later.len(), 1);
        assert_eq!(later, one("192.0.2.1,2026-11-26T18:00:00Z\n"));
    }

    fn config(format: FeedFormat) -> FeedConfig {
        FeedConfig {
            format,
            ..FeedConfig::new("x", "/x")
        }
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        packer.write_all(bytes).unwrap();
        packer.finish().unwrap()
    }

    #[test]
    fn a_list_is_read_in_every_form_and_packing() {
        let plain = b"# a list\n192.0.2.1\n198.51.100.0/24 ; SBL1\n2001:db8::1\n".to_vec();
        let packed = [
            plain.clone(),
            gzip(&plain),
            zstd::stream::encode_all(&plain[..], 1).unwrap(),
            gzip(&gzip(&plain)),
        ];
        for bytes in packed {
            let read = read(bytes, &config(FeedFormat::Plain)).unwrap();
            assert_eq!((read.entries.len(), read.lines, read.wrong), (3, 3, 0));
        }
        let rows = b"seen,ip,what\n2026-11-26,192.0.2.1,Bots\n2026-11-25,192.0.2.2,scan\n,x,\n".to_vec();
        let csv = FeedConfig {
            time: Some("seen".to_owned()),
            category: Some("what".to_owned()),
            categories: BTreeMap::from([("bots".to_owned(), Kind::Bot)]),
            ..config(FeedFormat::Csv)
        };
        let reading = read(rows, &csv).unwrap();
        assert_eq!((reading.entries.len(), reading.wrong), (2, 1));
        let document = br#"{"meta": {"made": 1}, "data": [{"ipAddress": "192.0.2.1", "at": 1795435200},
            {"ipAddress": "192.0.2.0/28"}, {"other": []}], "more": ["192.0.2.77"]}"#;
        let json = FeedConfig {
            address: Some("ipAddress".to_owned()),
            time: Some("at".to_owned()),
            ..config(FeedFormat::Json)
        };
        let reading = read(document.to_vec(), &json).unwrap();
        assert_eq!((reading.entries.len(), reading.lines, reading.wrong), (3, 4, 1));
        let lines = b"{\"ip\":\"192.0.2.1\"}\n\"192.0.2.2\"\n".to_vec();
        assert_eq!(read(lines, &config(FeedFormat::Jsonl)).unwrap().entries.len(), 2);
    }

    #[test]
    fn what_is_no_list_or_a_bomb_is_told_as_such() {
        let bomb = gzip(&b"192.0.2.1\n".repeat(1_000_000));
        let small = FeedConfig {
            max_size: ByteSize::mib(1),
            ..config(FeedFormat::Plain)
        };
        assert!(read(bomb, &small).unwrap_err().contains("unpacks to more"));
        let cut = gzip(&b"192.0.2.1\n".repeat(1_000));
        let cut = cut[..cut.len() - 9].to_vec();
        assert!(read(cut, &small).unwrap_err().contains("cannot be read"));
        for text in ["<html>", "[\"192.0.2.1\"", "[] []"] {
            let told = read(text.into(), &config(FeedFormat::Json)).unwrap_err();
            assert!(told.contains("no JSON"), "{told}");
        }
        let wide: Vec<u8> = "192.0.2.1\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let reading = read(wide, &config(FeedFormat::Plain)).unwrap();
        assert_eq!((reading.entries.len(), reading.wrong > 0), (0, true));
    }

    #[test]
    fn what_lies_in_an_excepted_range_is_passed_over() {
        let config = FeedConfig {
            except: vec!["10.0.0.0/8".parse().unwrap()],
            ..config(FeedFormat::Plain)
        };
        let reading = read(b"10.0.0.0/8\n10.1.0.1\n192.0.2.1\n0.0.0.0/0\n".to_vec(), &config).unwrap();
        assert_eq!(reading.entries.len(), 2);
    }
}
