//! The text behind DATA: finds its end and takes the stuffed dots out (RFC 5321 sections 4.1.1.4 and 4.5.2).
//!
//! Only CRLF `.` CRLF ends the text. Every other thing that some server somewhere takes for an end (LF `.` LF, LF `.` CRLF, CRLF `.`
//! LF, CR `.` CR …) stays in the message as it came and is noted, so that one message cannot be made to look like two.

use super::{Body, Oddities, Oddity};

/// What was seen last. A line starts after CRLF only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    /// At the start of a line.
    #[default]
    Start,
    /// Somewhere in a line.
    Text,
    /// Behind a CR.
    Cr,
    /// Behind a bare CR or bare LF, where a careless server sees the start of a line.
    Broken,
    /// Behind a dot at such a place.
    BrokenDot,
    /// Behind a dot at the start of a line. The dot is held back: it is stuffing, or the end.
    Dot,
    /// Behind a dot at the start of a line and a CR. Both are held back.
    DotCr,
}

/// Reads the text behind DATA, in pieces of any size.
#[derive(Debug, Default)]
pub(super) struct DataReader {
    state: State,
    oddities: Oddities,
}

/// What became of a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fed {
    /// How many bytes were read.
    pub(super) consumed: usize,
    /// Whether the end of the text was among them.
    pub(super) ended: bool,
}

impl DataReader {
    /// The odd things seen so far.
    #[must_use]
    pub(super) const fn oddities(&self) -> Oddities {
        self.oddities
    }

    /// Reads a piece into `body`, up to the end of the text or of the piece.
    pub(super) fn feed(&mut self, input: &[u8], body: &mut Body) -> Fed {
        let mut at = 0_usize;
        // What lies between `kept` and `at` belongs to the message and is not copied yet: one copy for many lines.
        let mut kept = 0_usize;
        while let Some(byte) = input.get(at) {
            match (self.state, byte) {
                (State::Text, _) => {
                    at = at.saturating_add(self.skip_text(input.get(at..).unwrap_or_default()));
                    continue;
                }
                (State::Start, b'.') => {
                    push(body, input, kept, at);
                    kept = at.saturating_add(1);
                    self.state = State::Dot;
                }
                (State::Dot, b'\r') => {
                    kept = at.saturating_add(1);
                    self.state = State::DotCr;
                }
                (State::DotCr, b'\n') => {
                    let consumed = at.saturating_add(1);
                    return self.end(input.get(..consumed).unwrap_or_default());
                }
                (State::Dot | State::DotCr, _) => {
                    self.release(*byte, body);
                    kept = at;
                    continue;
                }
                (_, _) => self.pass(*byte),
            }
            at = at.saturating_add(1);
        }
        push(body, input, kept, at);
        self.note_nul(input);
        Fed {
            consumed: at,
            ended: false,
        }
    }

    /// Jumps to the next line end of any kind and says how far that was.
    fn skip_text(&mut self, rest: &[u8]) -> usize {
        let Some(length) = memchr::memchr2(b'\r', b'\n', rest) else {
            return rest.len();
        };
        if rest.get(length) == Some(&b'\r') {
            self.state = State::Cr;
        } else {
            self.broken(Oddity::BareLf);
        }
        length.saturating_add(1)
    }

    /// Steps over a byte that stays in the message.
    fn pass(&mut self, byte: u8) {
        match (self.state, byte) {
            (State::Cr, b'\n') => self.state = State::Start,
            (State::Cr, _) => {
                self.broken(Oddity::BareCr);
                self.pass(byte);
            }
            (State::BrokenDot, b'\r' | b'\n') => {
                self.oddities.add(Oddity::FalseEnd);
                self.state = State::Text;
                self.pass(byte);
            }
            (State::Broken, b'.') => self.state = State::BrokenDot,
            (_, b'\r') => self.state = State::Cr,
            (_, b'\n') => self.broken(Oddity::BareLf),
            _ => self.state = State::Text,
        }
    }

    /// Decides about the held bytes, now that `byte` follows them and the text goes on.
    fn release(&mut self, byte: u8, body: &mut Body) {
        if self.state == State::DotCr {
            // CRLF "." CR and no LF: not an end, and not a stuffed line that a client would write.
            body.push(b".\r");
            self.oddities.add(Oddity::FalseEnd);
            self.broken(Oddity::BareCr);
        } else if byte == b'\n' {
            // CRLF "." LF: the same; what follows is the bare LF.
            body.push(b".");
            self.oddities.add(Oddity::FalseEnd);
            self.state = State::Text;
        } else {
            // RFC 5321 section 4.5.2: the first dot of a line with more on it is stuffing.
            self.state = State::Text;
        }
    }

    fn broken(&mut self, oddity: Oddity) {
        self.oddities.add(oddity);
        self.state = State::Broken;
    }

    fn note_nul(&mut self, piece: &[u8]) {
        if memchr::memchr(0, piece).is_some() {
            self.oddities.add(Oddity::Nul);
        }
    }

    fn end(&mut self, piece: &[u8]) -> Fed {
        self.note_nul(piece);
        self.state = State::Start;
        Fed {
            consumed: piece.len(),
            ended: true,
        }
    }
}

/// Adds `input[from..to]` to the message.
fn push(body: &mut Body, input: &[u8], from: usize, to: usize) {
    if let Some(run) = input.get(from..to) {
        body.push(run);
    }
}

/// The odd things in a message that came in chunks, where no byte has a meaning of its own.
#[must_use]
pub fn oddities_of_chunks(message: &[u8]) -> Oddities {
    let mut oddities = Oddities::NONE;
    if memchr::memchr(0, message).is_some() {
        oddities.add(Oddity::Nul);
    }
    for at in memchr::memchr2_iter(b'\r', b'\n', message) {
        let before = at.checked_sub(1).and_then(|before| message.get(before));
        let behind = message.get(at.saturating_add(1));
        match message.get(at) {
            Some(b'\n') if before != Some(&b'\r') => oddities.add(Oddity::BareLf),
            Some(b'\r') if behind != Some(&b'\n') => oddities.add(Oddity::BareCr),
            _ => {}
        }
    }
    oddities
}

#[cfg(test)]
mod tests;
