//! A conversation as it was heard: what each side said and when, byte by byte, in order. Messages stand in it by their size alone.
//!
//! In: pieces as they came and went. Out: the same in order, or as text (`text.rs`), and back. A conversation never takes more than
//! its limit: what comes later is left out, and that is said.

mod text;

pub(crate) use text::escape;
pub use text::{BadConversation, MAX_TEXT};

/// What one piece costs beside its bytes, so that a client that sends single bytes cannot take more than its limit either.
const PIECE: usize = size_of::<Piece>();

/// Who said it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The client.
    Client,
    /// We.
    Server,
}

/// The line ends of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ends {
    /// Every line ended with CRLF.
    Clean,
    /// A carriage return or a line feed stood alone somewhere.
    Bare,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What<'a> {
    /// Somebody said these bytes.
    Said(Side, &'a [u8]),
    /// The client sent a message, or a piece of one, of so many bytes.
    Message(u64, Ends),
    /// TLS began.
    Tls,
    /// Earlier messages of the same connection stood here.
    Earlier,
}

/// One thing that happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment<'a> {
    /// When, in milliseconds since the conversation began.
    pub at: u32,
    /// What.
    pub what: What<'a>,
}

/// What is kept of a segment beside its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Piece {
    at: u32,
    kind: Kind,
}

/// What a piece is, with the number of its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Said(Side, usize),
    Message(u64, Ends),
    Tls,
    Earlier,
}

/// A conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversation {
    bytes: Vec<u8>,
    pieces: Vec<Piece>,
    limit: usize,
    is_cut: bool,
}

/// A place in a conversation to come back to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    bytes: usize,
    pieces: usize,
}

impl Conversation {
    /// An empty one that will take at most `limit` bytes of memory for what it keeps.
    #[must_use]
    pub const fn new(limit: usize) -> Self {
        Self {
            bytes: Vec::new(),
            pieces: Vec::new(),
            limit,
            is_cut: false,
        }
    }

    /// Whether something was left out at the end because it would have gone beyond the limit.
    #[must_use]
    pub const fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// Whether nothing was said.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Whether so many more bytes said at once fit in.
    #[must_use]
    pub fn has_room(&self, bytes: usize) -> bool {
        self.room() >= bytes.saturating_add(PIECE)
    }

    /// Lets it take more from now on. What was left out before stays out.
    pub const fn raise_limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    /// Adds what somebody said. What one side says within one millisecond is one segment.
    pub fn say(&mut self, at: u32, side: Side, said: &[u8]) {
        if self.is_cut || said.is_empty() {
            return;
        }
        let goes_on = matches!(self.pieces.last(), Some(Piece { at: last, kind: Kind::Said(speaker, _) })
            if *last == at && *speaker == side);
        let fits = self.room().saturating_sub(if goes_on { 0 } else { PIECE });
        let kept = said.get(..fits).unwrap_or(said);
        self.is_cut = kept.len() < said.len();
        if kept.is_empty() {
            return;
        }
        self.bytes.extend_from_slice(kept);
        match self.pieces.last_mut() {
            Some(Piece {
                kind: Kind::Said(_, length),
                ..
            }) if goes_on => *length = length.saturating_add(kept.len()),
            _ => self.pieces.push(Piece {
                at,
                kind: Kind::Said(side, kept.len()),
            }),
        }
    }

    /// Adds bytes of a message. Those that follow one another are one segment.
    pub fn send(&mut self, at: u32, bytes: u64, ends: Ends) {
        match self.pieces.last_mut() {
            Some(Piece {
                kind: Kind::Message(size, known),
                ..
            }) if !self.is_cut => {
                *size = size.saturating_add(bytes);
                if ends == Ends::Bare {
                    *known = ends;
                }
            }
            _ => self.add(at, Kind::Message(bytes, ends)),
        }
    }

    /// Notes that TLS began.
    pub fn begin_tls(&mut self, at: u32) {
        self.add(at, Kind::Tls);
    }

    /// Where it stands now.
    #[must_use]
    pub const fn place(&self) -> Place {
        Place {
            bytes: self.bytes.len(),
            pieces: self.pieces.len(),
        }
    }

    /// Leaves out what was added since `place`, and notes that earlier messages stood there.
    pub fn leave_out_since(&mut self, at: u32, place: Place) {
        self.bytes.truncate(place.bytes);
        self.pieces.truncate(place.pieces);
        // A segment that went on behind the place has lost its rest.
        let before: usize = self.pieces.iter().map(Piece::length).sum();
        if let (
            Some(Piece {
                kind: Kind::Said(_, length),
                ..
            }),
            Some(over),
        ) = (self.pieces.last_mut(), before.checked_sub(self.bytes.len()))
        {
            *length = length.saturating_sub(over);
        }
        self.is_cut = false;
        self.add(at, Kind::Earlier);
    }

    /// Notes that what was said behind this is left out.
    pub(crate) const fn end_here(&mut self) {
        self.is_cut = true;
    }

    /// What happened, in order.
    pub fn segments(&self) -> impl Iterator<Item = Segment<'_>> {
        let mut rest = self.bytes.as_slice();
        self.pieces.iter().map(move |piece| {
            let (said, behind) = rest.split_at_checked(piece.length()).unwrap_or((rest, &[]));
            rest = behind;
            let what = match piece.kind {
                Kind::Said(side, _) => What::Said(side, said),
                Kind::Message(bytes, ends) => What::Message(bytes, ends),
                Kind::Tls => What::Tls,
                Kind::Earlier => What::Earlier,
            };
            Segment { at: piece.at, what }
        })
    }

    /// The bytes of memory that may still be taken.
    fn room(&self) -> usize {
        let taken = self
            .pieces
            .len()
            .saturating_mul(PIECE)
            .saturating_add(self.bytes.len());
        self.limit.saturating_sub(taken)
    }

    fn add(&mut self, at: u32, kind: Kind) {
        self.is_cut = self.is_cut || self.room() < PIECE;
        if !self.is_cut {
            self.pieces.push(Piece { at, kind });
        }
    }
}

impl Piece {
    /// How many of the bytes are its.
    const fn length(&self) -> usize {
        match self.kind {
            Kind::Said(_, length) => length,
            Kind::Message(..) | Kind::Tls | Kind::Earlier => 0,
        }
    }
}

#[cfg(test)]
mod tests;
