//! Mails out of an mbox: many mails in one file, each behind a line that begins with `From ` (RFC 4155).
//!
//! In: a reader, CRLF or LF at its line ends. Out: one [`Entry`] after the other, with at most one mail in memory.
//!
//! A mail begins at the first line of the file, or behind an empty line, where a line reads `From ` and holds a time of day and a year. The
//! line itself and the empty line in front of the next one belong to the file, not to the mail. `>From ` in a mail stays as it is:
//! whether the mail had it like that cannot be known for all writers of such files (mboxo, mboxrd), and a kept mail should not change.
//!
//! Files written without that quoting (mboxcl, or mails thrown together by hand) can be cut in the wrong place by a mail that
//! holds such a line in its text, with whatever Received fields its sender liked to put below it. Where `Content-Length` says how long the
//! text is, and exactly there the next mail begins or the file ends, nothing in between is cut; where it says something else, it is
//! not believed. Without it such files must not be replayed.

use std::io::{self, BufRead, Read, Seek, SeekFrom};

/// Most bytes of a line that are looked at together. Longer lines are taken in pieces, and no such line begins a mail.
const MAX_PIECE: u64 = 64 * 1024;
/// Longest line that can begin a mail: an address and a date are far shorter.
const MAX_SEPARATOR: usize = 1_024;
/// How writers of such files write the null sender.
const NULL_SENDER: &str = "MAILER-DAEMON";

/// One mail of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its place in the file, from 1.
    pub number: u64,
    /// How many bytes of the file were read for it, all together.
    pub consumed: u64,
    /// The reverse path that the line in front of the mail tells: empty for the null sender, none where it tells no address.
    pub sender: Option<String>,
    /// The mail, or none where it is longer than what is allowed.
    pub mail: Option<Vec<u8>>,
}

/// Cuts a file into mails. It ends after the first error of the reader.
#[derive(Debug)]
pub struct Mbox<R> {
    reader: R,
    longest: usize,
    number: u64,
    /// The line that begins the next mail, once it was met.
    begun: Option<Vec<u8>>,
    is_done: bool,
}

/// Whether a file that begins with these bytes is an mbox.
#[must_use]
pub fn is_mbox(start: &[u8]) -> bool {
    start.starts_with(b"From ")
}

/// Takes the line that begins a mail in an mbox off a mail that stands alone. Gives the sender that it tells, and the mail.
#[must_use]
pub fn without_line(file: &[u8]) -> (Option<String>, &[u8]) {
    if !is_mbox(file) {
        return (None, file);
    }
    let end = memchr::memchr(b'\n', file).map_or(file.len(), |at| at.saturating_add(1));
    let (line, mail) = file.split_at_checked(end).unwrap_or((file, b""));
    (sender(line), mail)
}

impl<R: BufRead + Seek> Mbox<R> {
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
            let is_next = was_line_start && building.expects_mail() && is_separator(&piece);
            if is_next && building.has_begun {
                self.begun = Some(piece);
                break;
            }
            if is_next {
                building.begin(&piece);
                continue;
            }
            let text_bytes = building.take(&piece, length);
            if let Some(text_bytes) = text_bytes
                && self.ends_behind(text_bytes)?
            {
                building.uncut = text_bytes;
            }
        }
        if !building.has_begun {
            return Ok(None);
        }
        self.number = self.number.saturating_add(1);
        Ok(Some(building.finish(self.number)))
    }

    /// Whether a mail ends behind so many more bytes: at the beginning of a line, where an empty line and the next mail follow, or the end of
    /// the file. The reader stays where it is.
    fn ends_behind(&mut self, bytes: u64) -> io::Result<bool> {
        let (Some(before), here) = (bytes.checked_sub(1), self.reader.stream_position()?) else {
            return Ok(false);
        };
        let Some(there) = here
            .checked_add(before)
            .filter(|there| i64::try_from(*there).is_ok())
        else {
            return Ok(false);
        };
        self.reader.seek(SeekFrom::Start(there))?;
        let mut found = Vec::new();
        for _ in 0..3 {
            // The rest of the last line, the empty line, the line of the next mail.
            let bound = u64::try_from(MAX_SEPARATOR).unwrap_or(u64::MAX);
            Read::take(&mut self.reader, bound).read_until(b'\n', &mut found)?;
        }
        self.reader.seek(SeekFrom::Start(here))?;
        let Some(behind) = found.strip_prefix(b"\n") else {
            return Ok(false);
        };
        let next = behind.strip_prefix(b"\r").unwrap_or(behind);
        Ok(behind.is_empty()
            || next
                .strip_prefix(b"\n")
                .is_some_and(|next| next.is_empty() || is_separator(next)))
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

impl<R: BufRead + Seek> Iterator for Mbox<R> {
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

/// What of a mail comes in.
#[derive(Clone, Copy)]
enum Part {
    /// Its fields.
    Fields {
        /// What `Content-Length` among them says.
        text_bytes: Option<u64>,
    },
    /// Its text.
    Text,
}

/// A mail while its lines come in.
struct Building {
    /// What came in; none once it was too long.
    mail: Option<Vec<u8>>,
    longest: usize,
    consumed: u64,
    sender: Option<String>,
    /// Whether there is a mail at all, not only the end of the file.
    has_begun: bool,
    /// Whether the next piece begins a line.
    at_line_start: bool,
    /// Whether the line before was empty, or there was none.
    behind_empty_line: bool,
    part: Part,
    /// So many bytes to come are known to hold no beginning of a mail.
    uncut: u64,
}

impl Building {
    /// Begins with the line that was met while the mail before was read, if there was one.
    fn new(longest: usize, begun: Option<Vec<u8>>) -> Self {
        let mut building = Self {
            mail: Some(Vec::new()),
            longest,
            consumed: 0,
            sender: None,
            has_begun: false,
            at_line_start: true,
            behind_empty_line: true,
            part: Part::Fields { text_bytes: None },
            uncut: 0,
        };
        if let Some(line) = begun {
            building.begin(&line);
        }
        building
    }

    /// Begins with this line.
    fn begin(&mut self, line: &[u8]) {
        self.has_begun = true;
        self.behind_empty_line = false;
        self.sender = sender(line);
        self.consumed = self
            .consumed
            .saturating_add(u64::try_from(line.len()).unwrap_or(u64::MAX));
    }

    /// Whether a mail may begin here: at the beginning of the file, or behind an empty line.
    const fn expects_mail(&self) -> bool {
        self.behind_empty_line && self.uncut == 0
    }

    /// Adds a piece. Text in front of the first mail is a mail too, so that it is told and not lost. Where the text of the mail begins
    /// behind it, says how long that is, if the fields tell.
    fn take(&mut self, piece: &[u8], length: u64) -> Option<u64> {
        self.has_begun = true;
        self.consumed = self.consumed.saturating_add(length);
        self.uncut = self.uncut.saturating_sub(length);
        self.behind_empty_line = self.at_line_start && matches!(piece, b"\n" | b"\r\n");
        let begins_line = self.at_line_start;
        self.at_line_start = piece.ends_with(b"\n");
        // The empty line at the end does not count, so that there is room for it.
        let room = self.longest.saturating_add(b"\r\n".len());
        let fits = |mail: &Vec<u8>| mail.len().saturating_add(piece.len()) <= room;
        self.mail = self.mail.take().filter(fits);
        if let Some(mail) = &mut self.mail {
            mail.extend_from_slice(piece);
        }
        let Part::Fields { text_bytes } = self.part else {
            return None;
        };
        if self.behind_empty_line {
            self.part = Part::Text;
            return text_bytes;
        }
        if begins_line && text_bytes.is_none() {
            let text_bytes = content_length(piece);
            self.part = Part::Fields { text_bytes };
        }
        None
    }

    fn finish(self, number: u64) -> Entry {
        let ends_empty = self.behind_empty_line;
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
            sender: self.sender,
            mail: mail.filter(|mail| mail.len() <= self.longest),
        }
    }
}

/// The sender in the line that begins a mail.
fn sender(line: &[u8]) -> Option<String> {
    let mut words = line
        .split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty());
    let word = String::from_utf8_lossy(words.nth(1)?).into_owned();
    if word.eq_ignore_ascii_case(NULL_SENDER) || word == "<>" {
        return Some(String::new());
    }
    Some(word).filter(|word| word.contains('@'))
}

/// The value of a line that is the field `Content-Length`.
fn content_length(line: &[u8]) -> Option<u64> {
    let (name, value) = line.split_at_checked(b"Content-Length:".len())?;
    let value = str::from_utf8(value).ok()?.trim();
    let is_number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    (name.eq_ignore_ascii_case(b"Content-Length:") && is_number).then(|| value.parse().ok())?
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
        let entries: Vec<Entry> = Mbox::new(io::Cursor::new(file), 200)
            .collect::<io::Result<_>>()
            .unwrap();
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
    fn a_length_that_ends_at_the_next_mail_or_the_end_is_believed() {
        let line = "From a@b.example Mon Nov  2 10:00:00 2026\n";
        let text = format!("x\n\n{line}Received: forged\n");
        let mail = format!("content-length: {}\nA: 1\n\n{text}", text.len());
        let file = format!("{line}{mail}\n{line}{mail}");
        assert_eq!(mails(file.as_bytes()), [some(&mail), some(&mail)]);
        assert_eq!(mails(format!("{file}\n").as_bytes()), [some(&mail), some(&mail)]);
    }

    #[test]
    fn a_length_that_ends_anywhere_else_is_not_believed() {
        let line = "From a@b.example Mon Nov  2 10:00:00 2026\n";
        let file = |length: u64| format!("{line}Content-Length: {length}\n\nx\n\n{line}B: 2\n\ny\n");
        let whole = file(10).len() - line.len() - "Content-Length: 10\n\n".len();
        for length in (0..whole as u64 + 3).chain([u64::MAX, 1 << 62]) {
            let file = file(length);
            let found = mails(file.as_bytes()).len();
            assert_eq!(
                found,
                if length == whole as u64 { 1 } else { 2 },
                "{length} of {whole}"
            );
        }
    }

    #[test]
    fn the_line_tells_the_sender() {
        let sender =
            |word: &str| without_line(format!("From {word} Mon Nov  2 10:00:00 2026\nA: 1\n").as_bytes()).0;
        assert_eq!(sender("a@b.example"), some("a@b.example"));
        assert_eq!(sender("MAILER-DAEMON"), some(""));
        assert_eq!(sender("<>"), some(""));
        assert_eq!(sender("-"), None);
        assert_eq!(
            without_line(b"A: 1\n\nFrom b\n"),
            (None, &b"A: 1\n\nFrom b\n"[..])
        );
        assert_eq!(without_line(b"From b"), (None, &b""[..]));
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
            Just("Content-Length: 1\n"), Just("Content-Length: 36\n"),
        ], 0..40)) {
            mails(lines.concat().as_bytes());
        }
    }
}
