//! The message as it comes in: its bytes so far, never more than a limit.

/// Smallest buffer that is taken, so that a small message needs no second one.
const FIRST_ROOM: usize = 4 * 1024;

/// A message that is being received.
///
/// What goes beyond the limit is counted and dropped, together with what was there: half a message is no evidence.
#[derive(Debug, Default)]
pub struct Body {
    bytes: Vec<u8>,
    limit: usize,
    size: u64,
    given_up: bool,
}

impl Body {
    /// Begins a message of at most `limit` bytes.
    #[must_use]
    pub const fn new(limit: usize) -> Self {
        Self {
            bytes: Vec::new(),
            limit,
            size: 0,
            given_up: false,
        }
    }

    /// The bytes kept so far; empty once given up.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether more was seen than the limit allows.
    #[must_use]
    pub fn is_too_big(&self) -> bool {
        usize::try_from(self.size).map_or(true, |size| size > self.limit)
    }

    /// Whether every byte was kept.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        !self.given_up
    }

    /// Drops what was kept and keeps nothing more; the size goes on being counted.
    pub fn give_up(&mut self) {
        self.given_up = true;
        self.bytes = Vec::new();
    }

    /// By how many bytes the buffer should grow before `coming` more are added; 0 when there is room or nothing is kept.
    ///
    /// The caller asks its memory budget for them and then calls [`Self::grow`]. Doubling, so that growing stays cheap.
    #[must_use]
    pub fn wanted_growth(&self, coming: usize) -> usize {
        let needed = self.bytes.len().saturating_add(coming).min(self.limit);
        if self.given_up || needed <= self.bytes.capacity() {
            return 0;
        }
        let doubled = self.bytes.capacity().saturating_mul(2).max(FIRST_ROOM);
        let room = needed.max(doubled).min(self.limit);
        room.saturating_sub(self.bytes.capacity())
    }

    /// Makes the buffer larger by `growth` bytes.
    pub fn grow(&mut self, growth: usize) {
        let room = self.bytes.capacity().saturating_add(growth);
        self.bytes.reserve_exact(room.saturating_sub(self.bytes.len()));
    }

    /// Adds bytes, or gives up where they would go beyond the limit.
    pub fn push(&mut self, bytes: &[u8]) {
        self.size = self
            .size
            .saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        if self.is_too_big() {
            self.give_up();
        }
        if !self.given_up {
            self.bytes.extend_from_slice(bytes);
        }
    }

    /// Hands the message over and leaves an empty one that keeps nothing.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(self).bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_beyond_the_limit_is_counted_and_not_kept() {
        let mut body = Body::new(5);
        body.push(b"12345");
        assert!(body.is_whole() && !body.is_too_big());
        body.push(b"6");
        assert!(!body.is_whole() && body.is_too_big());
        assert_eq!((body.size, body.bytes()), (6, &b""[..]));
        assert_eq!(body.bytes.capacity(), 0);
    }

    #[test]
    fn growth_is_asked_for_before_it_happens_and_stays_within_the_limit() {
        let mut body = Body::new(10_000);
        let growth = body.wanted_growth(1);
        assert_eq!(growth, FIRST_ROOM);
        body.grow(growth);
        body.push(&[b'x'; FIRST_ROOM]);
        assert_eq!(body.bytes.capacity(), FIRST_ROOM);
        assert_eq!(body.wanted_growth(1), FIRST_ROOM);
        assert_eq!(body.wanted_growth(1_000_000), 10_000 - FIRST_ROOM);
        body.give_up();
        assert_eq!(body.wanted_growth(1), 0);
    }
}
