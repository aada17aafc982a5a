//! Cuts what a client sends into command lines, texts and chunks.
//!
//! The caller owns the input buffer: it shows the reader what it has, drops what the reader consumed, and acts on the event. While a
//! line is not complete it stays with the caller, at most [`Reader::new`]'s `max_line` bytes of it; what is longer is thrown away
//! as it comes. The caller says when a text or chunk begins, so that nothing in a message can ever be taken for a command.
//!
//! A command line ends with CRLF; a bare LF is taken too and noted, because many spam programs send it. That is safe here: the end of
//! a *message* is never found that way, and nothing that is heard is passed on to a server that could read it differently.

use super::data::DataReader;
use super::{Body, Oddities, Oddity};

/// What is being read.
#[derive(Debug)]
enum Mode {
    /// Command lines.
    Lines,
    /// The rest of a line that is too long.
    Overlong,
    /// The text behind DATA.
    Data(DataReader),
    /// A chunk behind BDAT, with the bytes that are left of it.
    Chunk(u64),
}

/// Reads one client's side of a conversation.
#[derive(Debug)]
pub struct Reader {
    mode: Mode,
    max_line: usize,
    /// How much of an incomplete line was searched already, so that a slow line costs no more than a fast one.
    searched: usize,
}

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// Nothing whole: more bytes are needed.
    More,
    /// A command line: the first `length` bytes of the input, without its end.
    Line {
        /// Its length.
        length: usize,
        /// What is odd about its bytes.
        oddities: Oddities,
    },
    /// A line longer than is read; it was thrown away.
    LongLine,
    /// The text is complete and lies in the body.
    DataEnd {
        /// What was odd in it.
        oddities: Oddities,
    },
    /// The chunk is complete and lies in the body.
    ChunkEnd,
}

/// One step of reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// How many bytes of the input are done with.
    pub consumed: usize,
    /// What was found in them.
    pub event: Event,
}

impl Step {
    const fn new(consumed: usize, event: Event) -> Self {
        Self { consumed, event }
    }
}

impl Reader {
    /// Begins a conversation in which command lines have at most `max_line` bytes, their end not counted.
    #[must_use]
    pub const fn new(max_line: usize) -> Self {
        Self {
            mode: Mode::Lines,
            max_line,
            searched: 0,
        }
    }

    /// What follows is the text behind DATA, up to its end.
    pub fn begin_data(&mut self) {
        self.mode = Mode::Data(DataReader::default());
    }

    /// What follows is a chunk of `size` bytes (RFC 3030).
    pub const fn begin_chunk(&mut self, size: u64) {
        self.mode = Mode::Chunk(size);
    }

    /// Whether what comes next belongs to a message.
    #[must_use]
    pub const fn is_in_message(&self) -> bool {
        matches!(self.mode, Mode::Data(_) | Mode::Chunk(_))
    }

    /// Reads on in `input`, which begins behind what was consumed before. Message bytes go to `body`.
    ///
    /// Each call either finds something, or consumes what it can and says [`Event::More`].
    pub fn step(&mut self, input: &[u8], body: &mut Body) -> Step {
        match &mut self.mode {
            Mode::Lines => self.line(input),
            Mode::Overlong => self.skip_line(input),
            Mode::Data(reader) => {
                let fed = reader.feed(input, body);
                if !fed.ended {
                    return Step::new(fed.consumed, Event::More);
                }
                let oddities = reader.oddities();
                self.mode = Mode::Lines;
                Step::new(fed.consumed, Event::DataEnd { oddities })
            }
            Mode::Chunk(left) => {
                let taken = usize::try_from(*left).map_or(input.len(), |left| left.min(input.len()));
                body.push(input.get(..taken).unwrap_or_default());
                *left = left.saturating_sub(u64::try_from(taken).unwrap_or(u64::MAX));
                if *left > 0 {
                    return Step::new(taken, Event::More);
                }
                self.mode = Mode::Lines;
                Step::new(taken, Event::ChunkEnd)
            }
        }
    }

    /// Looks for the end of a command line.
    fn line(&mut self, input: &[u8]) -> Step {
        let unsearched = input.get(self.searched..).unwrap_or_default();
        let Some(found) = memchr::memchr(b'\n', unsearched) else {
            // One byte more than the longest line may wait here: the CR of its end.
            if input.len() > self.max_line.saturating_add(1) {
                self.mode = Mode::Overlong;
                self.searched = 0;
                return Step::new(input.len(), Event::More);
            }
            self.searched = input.len();
            return Step::new(0, Event::More);
        };
        let end = self.searched.saturating_add(found);
        self.searched = 0;
        let consumed = end.saturating_add(1);
        let line = input.get(..end).unwrap_or_default();
        let text = line.strip_suffix(b"\r").unwrap_or(line);
        if text.len() > self.max_line {
            return Step::new(consumed, Event::LongLine);
        }
        let mut oddities = odd_bytes(text);
        if line.len() == text.len() {
            oddities.add(Oddity::BareLf);
        }
        let length = text.len();
        Step::new(consumed, Event::Line { length, oddities })
    }

    /// Throws the rest of a line away that is too long.
    fn skip_line(&mut self, input: &[u8]) -> Step {
        let Some(end) = memchr::memchr(b'\n', input) else {
            return Step::new(input.len(), Event::More);
        };
        self.mode = Mode::Lines;
        Step::new(end.saturating_add(1), Event::LongLine)
    }
}

/// What is odd about the bytes of a command line.
fn odd_bytes(line: &[u8]) -> Oddities {
    let mut oddities = Oddities::NONE;
    if memchr::memchr(b'\r', line).is_some() {
        oddities.add(Oddity::BareCr);
    }
    if memchr::memchr(0, line).is_some() {
        oddities.add(Oddity::Nul);
    }
    oddities
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &[u8]) -> (Reader, Step) {
        let mut reader = Reader::new(16);
        let step = reader.step(text, &mut Body::new(0));
        (reader, step)
    }

    #[test]
    fn a_line_waits_for_its_end() {
        let mut reader = Reader::new(16);
        let body = &mut Body::new(0);
        assert_eq!(reader.step(b"NO", body), Step::new(0, Event::More));
        assert_eq!(reader.step(b"NOOP\r", body), Step::new(0, Event::More));
        let Event::Line { length, oddities } = reader.step(b"NOOP\r\nRSET\r\n", body).event else {
            panic!("no line");
        };
        assert_eq!((length, oddities), (4, Oddities::NONE));
    }

    #[test]
    fn a_bare_line_feed_ends_a_command_and_is_noted() {
        let (_, step) = line(b"NOOP\n");
        let oddities = Oddity::BareLf.into();
        assert_eq!(step, Step::new(5, Event::Line { length: 4, oddities }));
    }

    #[test]
    fn a_carriage_return_alone_ends_nothing() {
        let (_, step) = line(b"NOOP\rRSET\r\n");
        let oddities = Oddity::BareCr.into();
        assert_eq!(step, Step::new(11, Event::Line { length: 9, oddities }));
    }

    #[test]
    fn the_longest_line_is_read_and_one_byte_more_is_not() {
        assert!(matches!(
            line(b"0123456789abcdef\r\n").1.event,
            Event::Line { length: 16, .. }
        ));
        assert_eq!(line(b"0123456789abcdef\r").1, Step::new(0, Event::More));
        assert_eq!(line(b"0123456789abcdefg\r\n").1, Step::new(19, Event::LongLine));
    }

    #[test]
    fn an_overlong_line_is_thrown_away_as_it_comes() {
        let (mut reader, step) = line(&[b'x'; 18]);
        assert_eq!(step, Step::new(18, Event::More));
        let body = &mut Body::new(0);
        assert_eq!(reader.step(&[b'x'; 999], body), Step::new(999, Event::More));
        assert_eq!(reader.step(b"x\r\nNOOP\r\n", body), Step::new(3, Event::LongLine));
        assert!(matches!(
            reader.step(b"NOOP\r\n", body).event,
            Event::Line { length: 4, .. }
        ));
    }

    #[test]
    fn a_chunk_is_counted_and_nothing_in_it_means_anything() {
        let mut reader = Reader::new(16);
        let mut body = Body::new(100);
        reader.begin_chunk(10);
        assert!(reader.is_in_message());
        assert_eq!(reader.step(b"a\r\n.\r", &mut body), Step::new(5, Event::More));
        assert_eq!(
            reader.step(b"\nQUIT\r\n", &mut body),
            Step::new(5, Event::ChunkEnd)
        );
        assert_eq!(body.bytes(), b"a\r\n.\r\nQUIT");
        assert!(!reader.is_in_message());
    }

    #[test]
    fn an_empty_chunk_ends_without_a_byte() {
        let mut reader = Reader::new(16);
        reader.begin_chunk(0);
        assert_eq!(reader.step(b"", &mut Body::new(0)), Step::new(0, Event::ChunkEnd));
    }
}
