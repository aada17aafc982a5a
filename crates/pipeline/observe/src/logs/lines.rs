//! Cutting what is read into lines. Half a line waits for its end; one that is too long is passed over whole, so that its later part is never
//! taken for a line.

use atalaya_formats::mta_log::MAX_LINE;

/// The lines of a file that is read in pieces.
#[derive(Debug)]
pub(super) struct Lines {
    /// The beginning of a line whose end has not come.
    partial: Vec<u8>,
    /// Whether everything up to the next end of a line is passed over.
    is_skipping: bool,
    /// Bytes before `partial`.
    offset: u64,
}

impl Lines {
    /// Begins at an offset where a line begins.
    pub(super) const fn starting_at(offset: u64) -> Self {
        Self {
            partial: Vec::new(),
            is_skipping: false,
            offset,
        }
    }

    /// Begins at an offset inside of a line, of which the rest is passed over.
    pub(super) fn inside_at(offset: u64) -> Self {
        Self {
            is_skipping: true,
            ..Self::starting_at(offset)
        }
    }

    /// How many bytes of the file are done with.
    pub(super) const fn offset(&self) -> u64 {
        self.offset
    }

    /// Takes the next piece, and gives each line that ends in it.
    pub(super) fn take(&mut self, mut piece: &[u8], mut each: impl FnMut(&[u8])) {
        while let Some(end) = memchr::memchr(b'\n', piece) {
            let (line, rest) = piece.split_at(end);
            self.end_line(line, &mut each);
            piece = rest.get(1..).unwrap_or_default();
        }
        if self.is_skipping {
            self.pass(piece.len());
        } else {
            self.partial.extend_from_slice(piece);
        }
        if self.partial.len() > MAX_LINE {
            self.pass(self.partial.len());
            self.partial = Vec::new();
            self.is_skipping = true;
        }
    }

    /// Ends a line with its last part.
    fn end_line(&mut self, last: &[u8], each: &mut impl FnMut(&[u8])) {
        self.pass(self.partial.len().saturating_add(last.len()).saturating_add(1));
        if self.is_skipping {
            self.is_skipping = false;
        } else if self.partial.is_empty() {
            each(last);
        } else {
            self.partial.extend_from_slice(last);
            each(&self.partial);
            self.partial.clear();
        }
    }

    /// Counts bytes as done with.
    fn pass(&mut self, bytes: usize) {
        self.offset = self
            .offset
            .saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(lines: &mut Lines, text: &[u8], piece: usize) -> Vec<String> {
        let mut found = Vec::new();
        for piece in text.chunks(piece) {
            lines.take(piece, |line| {
                found.push(String::from_utf8_lossy(line).into_owned());
            });
        }
        found
    }

    #[test]
    fn lines_are_cut_alike_in_pieces_of_any_size() {
        for piece in 1..12 {
            let mut lines = Lines::starting_at(0);
            assert_eq!(cut(&mut lines, b"one\n\ntwo\nthr", piece), ["one", "", "two"]);
            assert_eq!(lines.offset(), 9);
            assert_eq!(cut(&mut lines, b"ee\n", piece), ["three"]);
            assert_eq!(lines.offset(), 15);
        }
    }

    #[test]
    fn the_rest_of_a_line_is_no_line() {
        let mut lines = Lines::inside_at(7);
        assert_eq!(cut(&mut lines, b"lie\ntrue\n", 2), ["true"]);
        assert_eq!(lines.offset(), 16);
    }

    #[test]
    fn a_line_that_is_too_long_is_passed_over_in_bounded_memory() {
        let mut text = vec![b'x'; 3 * MAX_LINE];
        text.extend_from_slice(b"\nshort\n");
        for piece in [1_000, MAX_LINE + 1, 64 << 10] {
            let mut lines = Lines::starting_at(0);
            let mut longest = 0;
            for piece in text.chunks(piece) {
                lines.take(piece, |line| longest = longest.max(line.len()));
                assert!(lines.partial.len() <= MAX_LINE);
            }
            // One that comes whole in a piece is given, and refused by its reader.
            assert!(longest == 5 || piece > 3 * MAX_LINE);
            assert_eq!(lines.offset(), text.len() as u64);
        }
    }
}
