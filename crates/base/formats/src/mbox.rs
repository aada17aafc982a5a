//! Mails out of an mbox: many mails in one file, each behind a line that begins with `From ` (RFC 4155).
//!
//! In: a reader, CRLF or LF at its line ends. Out: one [`Entry`] after the other, with at most one mail in memory.
//!
//! A mail begins at the first line of the file, or behind an empty line, where a line reads `From ` and holds a time of day and a year. The
//! line itself and the empty line in front of the next one belong to the file, not to the mail. `>From ` in a mail stays as it is:
//! whether the mail had it like that cannot be known for all writers of such files (mboxo, mboxrd), and a kept mail should not change.
//!
//! Files written without that quoting (mboxcl, or mails thrown together by hand) can be cut in the wrong place by a mail that
//! holds such a line in its text, with whatever Received fields its sender liked to put below it. Do not replay those.

use std::io::{self, BufRead, Read};

/// Most bytes of a line that are looked at together. Longer lines are taken in pieces, and no such line begins a mail.
const MAX_PIECE: u64 = 64 * 1024;
/// Longest line that can begin a mail: an address and a date are far shorter.
const MAX_SEPARATOR: usize = 1_024;

/// One mail of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its place in the file, from 1.
    pub number: u64,
    /// How many bytes of the file were read for it, all together.
    pub consumed: u64,
    /// The mail, or none where it is longer than what is allowed.
    pub mail: Option<Vec<u8>>,
}

/// Cuts a file into mails. It ends after the first error of the reader.
#[derive(Debug)]
pub struct Mbox<R> {
    reader: R,
    longest: usize,
    number: u64,
    /// Bytes of the line that begins the next mail, once it was met.
    begun: Option<u64>,
    is_done: bool,
}

/// Whether a file that begins with these bytes is an mbox.
#[must_use]
pub fn is_mbox(start: &[u8]) -> bool {
    start.starts_with(b"From ")
}

impl<R: BufRead> Mbox<R> {
    /// Reads a file whose mails may have up to `longest` bytes.
    pub const fn new(reader: R, longest: usize) -> Self {
        Self {
            reader,
            longest,
            number: 0,
            begun: None,
            is_done: false,
        }
    }

    /// Reads up to the line that begins the next mail, or the end; none at the end of the file.
    fn next_entry(&mut self) -> io::Result<Option<Entry>> {
        let mut building = Building::new(self.longest, self.begun.take());
        loop {
            let was_line_start = building.at_line_start;
            let (piece, length) = self.piece()?;
            if piece.is_empty() {
                self.is_done = true;
                break;
            }
            let is_next = was_line_start && building.expects_mail && is_separator(&piece);
            if is_next && building.has_begun {
                self.begun = Some(length);
                break;
            }
            if is_next {
                building.begin(length);
            } else {
                building.take(&piece, length);
            }
        }
        if !building.has_begun {
            return Ok(None);
        }
        self.number = self.number.saturating_add(1);
        Ok(Some(building.finish(self.number)))
    }

    /// The next line, or a piece of it, and its length.
    fn piece(&mut self) -> io::Result<(Vec<u8>, u64)> {
        let mut piece = Vec::new();
        let mut bounded = Read::take(&mut self.reader, MAX_PIECE);
        bounded.read_until(b'\n', &mut piece)?;
        let length = u64::try_from(piece.len()).unwrap_or(u64::MAX);
        Ok((piece, length))
    }
}

impl<R: BufRead> Iterator for Mbox<R> {
    type Item = io::Result<Entry>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_done && self.begun.is_none() {
            return None;
        }
        let entry = self.next_entry();
        self.is_done |= entry.is_err();
        entry.transpose()
    }
}

/// A mail while its lines come in.
struct Building {
    /// What came in; none once it was too long.
    mail: Option<Vec<u8>>,
    longest: usize,
    consumed: u64,
    /// Whether there is a mail at all, not only the end of the file.
    has_begun: bool,
    /// Whether the next piece begins a line.
    at_line_start: bool,
    /// Whether a mail may begin here: first line, or behind an empty one.
    expects_mail: bool,
}

impl Building {
    /// Begins with the line that was met while the mail before was read, if there was one.
    const fn new(longest: usize, begun: Option<u64>) -> Self {
        Self {
            mail: Some(Vec::new()),
            longest,
            consumed: match begun {
                Some(length) => length,
                None => 0,
            },
            has_begun: begun.is_some(),
            at_line_start: true,
            expects_mail: begun.is_none(),
        }
    }

    /// Begins with a line met just now.
    const fn begin(&mut self, length: u64) {
        self.has_begun = true;
        self.expects_mail = false;
        self.consumed = self.consumed.saturating_add(length);
    }

    /// Adds a piece. Text in front of the first mail is a mail too, so that it is told and not lost.
    fn take(&mut self, piece: &[u8], length: u64) {
        self.has_begun = true;
        self.consumed = self.consumed.saturating_add(length);
        let is_empty_line = self.at_line_start && matches!(piece, b"\n" | b"\r\n");
        self.expects_mail = is_empty_line;
        self.at_line_start = piece.ends_with(b"\n");
        // The empty line at the end does not count, so that there is room for it.
        let room = self.longest.saturating_add(b"\r\n".len());
        let fits = |mail: &Vec<u8>| mail.len().saturating_add(piece.len()) <= room;
        self.mail = self.mail.take().filter(fits);
        if let Some(mail) = &mut self.mail {
            mail.extend_from_slice(piece);
        }
    }

    fn finish(self, number: u64) -> Entry {
        let ends_empty = self.expects_mail;
        let mail = self.mail.map(|mut mail| {
            if ends_empty {
                let without = mail.strip_suffix(b"\n").unwrap_or(&mail);
                let kept = without.strip_suffix(b"\r").unwrap_or(without).len();
                mail.truncate(kept);
            }
            mail
        });
        Entry {
            number,
            consumed: self.consumed,
            mail: mail.filter(|mail| mail.len() <= self.longest),
        }
    }
}

/// Whether a line begins a mail: `From `, with a time of day and a year somewhere behind it.
fn is_separator(line: &[u8]) -> bool {
    if !line.starts_with(b"From ") || line.len() > MAX_SEPARATOR {
        return false;
    }
    let mut words = line.split(u8::is_ascii_whitespace);
    let is_year = |word: &&[u8]| word.len() == 4 && word.iter().all(u8::is_ascii_digit);
    words.clone().any(|word| is_year(&word)) && words.any(is_time)
}

/// `12:19` or `12:19:25`.
fn is_time(word: &[u8]) -> bool {
    let parts: Vec<&[u8]> = word.split(|byte| *byte == b':').collect();
    (2..=3).contains(&parts.len())
        && parts
            .iter()
            .all(|part| (1..=2).contains(&part.len()) && part.iter().all(u8::is_ascii_digit))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn mails(file: &[u8]) -> Vec<Option<String>> {
        let entries: Vec<Entry> = Mbox::new(file, 200).collect::<io::Result<_>>().unwrap();
        let consumed: u64 = entries.iter().map(|entry| entry.consumed).sum();
        assert_eq!(consumed, file.len() as u64);
        entries
            .into_iter()
            .map(|entry| entry.mail.map(|mail| String::from_utf8_lossy(&mail).into_owned()))
            .collect()
    }

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn mails_are_cut_with_either_line_end() {
        let file = "From a@b.example Mon Nov  2 10:00:00 2026\nA: 1\n\nx\n\nFrom - Mon Nov  2 10:00:00 2026 +0100\nB: 2\n\ny\n";
        assert_eq!(mails(file.as_bytes()), [some("A: 1\n\nx\n"), some("B: 2\n\ny\n")]);
        let file = file.replace('\n', "\r\n");
        assert_eq!(
            mails(file.as_bytes()),
            [some("A: 1\r\n\r\nx\r\n"), some("B: 2\r\n\r\ny\r\n")]
        );
    }

    #[test]
    fn a_file_with_one_mail_and_no_line_end_is_read() {
        assert_eq!(
            mails(b"From a Mon Nov  2 10:00:00 2026\nA: 1\n\nx"),
            [some("A: 1\n\nx")]
        );
    }

    #[test]
    fn text_that_begins_with_from_is_no_new_mail() {
        let file = "From a Mon Nov  2 10:00:00 2026\nA: 1\n\nFrom now on\nFrom b Mon Nov  2 10:00:00 2026\n\n>From c Mon Nov  2 10:00:00 2026\n";
        assert_eq!(mails(file.as_bytes()).len(), 1);
    }

    #[test]
    fn a_mail_that_is_too_long_is_told_and_the_next_one_found() {
        let long = "x".repeat(300);
        let file = format!(
            "From a Mon Nov  2 10:00:00 2026\nA: 1\n\n{long}\n\nFrom b Mon Nov  2 10:00:00 2026\nB: 2\n"
        );
        assert_eq!(mails(file.as_bytes()), [None, some("B: 2\n")]);
        let endless = format!("From a Mon Nov  2 10:00:00 2026\n{}", "x".repeat(200_000));
        assert_eq!(mails(endless.as_bytes()), [None]);
    }

    #[test]
    fn the_longest_mail_still_fits() {
        let mail = format!("A: {}\n", "x".repeat(196));
        assert_eq!(mail.len(), 200);
        let file = format!(
            "From a Mon Nov  2 10:00:00 2026\n{mail}\nFrom b Mon Nov  2 10:00:00 2026\nA: x{}\n",
            &mail[3..199]
        );
        assert_eq!(mails(file.as_bytes()), [some(&mail), None]);
    }

    #[test]
    fn text_in_front_of_the_first_mail_is_told() {
        assert_eq!(
            mails(b"x\n\nFrom a Mon Nov  2 10:00:00 2026\nA: 1\n"),
            [some("x\n"), some("A: 1\n")]
        );
        assert_eq!(mails(b""), []);
    }

    #[test]
    fn an_empty_mail_is_one() {
        let line = "From a Mon Nov  2 10:00:00 2026\n";
        assert_eq!(
            mails(format!("{line}\n{line}\n").as_bytes()),
            [some(""), some("")]
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_cut_without_losing_one(lines in proptest::collection::vec(prop_oneof![
            Just("From a Mon Nov  2 10:00:00 2026\n"), Just("\n"), Just("\r\n"), Just("From x\n"), Just("abc\n"), Just("\0"),
        ], 0..40)) {
            mails(lines.concat().as_bytes());
        }
    }
}
