//! The ticket: a word in a link that opens the page of one network without an account, until a moment.
//!
//! In: whose page it is and until when, and a key that only we hold. Out: a word that stands in a URL as it is; and back. Whoever has it can
//! read what is in it, but make no other one.
//!
//! ```text
//! base64url( version (1) | until, microseconds (8, big-endian) | the contact's address | seal (16) )
//! ```
//!
//! The seal is the front of HMAC-SHA-256 over all before it; 128 bits are what RFC 2104 section 5 asks for at least.

use std::hint::black_box;

use atalaya_model::{MailAddress, Timestamp};
use data_encoding::BASE64URL_NOPAD;

use crate::redact::keyed_hash;

/// The name of the secret in the store that tickets are sealed with.
pub const TICKET_SECRET: &str = "network-link";

/// The longest text that is looked at: the longest mail address (254 bytes) with all around it makes 372 letters.
const MAX_LETTERS: usize = 372;
/// The version that is written; no other one is read.
const VERSION: u8 = 1;
/// Bytes of the moment.
const UNTIL: usize = 8;
/// Bytes of the seal.
pub(crate) const SEAL: usize = 16;
/// Keeps this use of the key apart from every other one.
const USE: &[u8] = b"network ticket\0";

/// Opens the page of the network that answers at an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// Whose page it opens.
    pub contact: MailAddress,
    /// Until when; at this moment it no longer does.
    pub until: Timestamp,
}

/// Why a ticket opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TicketError {
    /// It is no ticket, or one of a version that we do not know.
    #[error("the link is not whole")]
    Malformed,
    /// It was not sealed with this key.
    #[error("the link is not one of ours")]
    Forged,
    /// Its time is over.
    #[error("the link has expired")]
    Expired,
}

impl Ticket {
    /// The ticket as a word of letters, digits, `-` and `_`. The same ticket under the same key is the same word.
    #[must_use]
    pub fn seal(&self, key: &[u8]) -> String {
        let mut bytes = vec![VERSION];
        bytes.extend_from_slice(&self.until.micros().to_be_bytes());
        bytes.extend_from_slice(self.contact.as_str().as_bytes());
        let seal = seal(key, &bytes);
        bytes.extend_from_slice(&seal);
        BASE64URL_NOPAD.encode(&bytes)
    }

    /// Reads a word back.
    ///
    /// # Errors
    /// It is no ticket, not sealed with `key`, or over at `now`. What a stranger wrote is looked at only behind a true seal.
    pub fn open(text: &str, key: &[u8], now: Timestamp) -> Result<Self, TicketError> {
        if text.len() > MAX_LETTERS {
            return Err(TicketError::Malformed);
        }
        let bytes = BASE64URL_NOPAD
            .decode(text.as_bytes())
            .map_err(|_strange| TicketError::Malformed)?;
        let (said, shown) = bytes.split_last_chunk::<SEAL>().ok_or(TicketError::Malformed)?;
        let (version, rest) = said.split_first().ok_or(TicketError::Malformed)?;
        let (until, contact) = rest.split_first_chunk::<UNTIL>().ok_or(TicketError::Malformed)?;
        if *version != VERSION {
            return Err(TicketError::Malformed);
        }
        if !is_same(shown, &seal(key, said)) {
            return Err(TicketError::Forged);
        }
        let contact = std::str::from_utf8(contact).map_err(|_strange| TicketError::Malformed)?;
        let ticket = Self {
            contact: contact.parse().map_err(|_bad| TicketError::Malformed)?,
            until: Timestamp::from_micros(i64::from_be_bytes(*until)),
        };
        match ticket.until > now {
            true => Ok(ticket),
            false => Err(TicketError::Expired),
        }
    }
}

/// What only a holder of the key can write under these bytes.
fn seal(key: &[u8], bytes: &[u8]) -> [u8; SEAL] {
    let code = keyed_hash(key, &[USE, bytes]);
    let mut front = [0; SEAL];
    for (slot, byte) in front.iter_mut().zip(code) {
        *slot = byte;
    }
    front
}

/// Compares every byte, however early they differ, so that the time taken tells nothing of where.
pub(crate) fn is_same(one: &[u8; SEAL], other: &[u8; SEAL]) -> bool {
    let differing = one
        .iter()
        .zip(other)
        .fold(0, |all, (a, b)| black_box(all | (a ^ b)));
    differing == 0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEY: &[u8] = b"a key of ours";

    fn ticket() -> Ticket {
        Ticket {
            contact: "abuse@example.net".parse().unwrap(),
            until: Timestamp::from_seconds(1_800_000_000),
        }
    }

    fn open(text: &str) -> Result<Ticket, TicketError> {
        Ticket::open(text, KEY, Timestamp::from_seconds(1_799_999_999))
    }

    #[test]
    fn a_ticket_opens_until_its_moment() {
        let word = ticket().seal(KEY);
        assert_eq!(open(&word), Ok(ticket()));
        assert_eq!(
            Ticket::open(&word, KEY, ticket().until),
            Err(TicketError::Expired)
        );
    }

    #[test]
    fn nobody_without_the_key_makes_one() {
        let word = ticket().seal(b"another key");
        assert_eq!(open(&word), Err(TicketError::Forged));
        let longer = Ticket {
            until: Timestamp::from_seconds(1_900_000_000),
            ..ticket()
        };
        // The words of one ticket and the seal of another.
        let mixed = format!("{}{}", &longer.seal(KEY)[..34], &ticket().seal(KEY)[34..]);
        assert_eq!(open(&mixed), Err(TicketError::Forged));
    }

    #[test]
    fn what_is_no_ticket_is_told_apart() {
        let word = ticket().seal(KEY);
        let cut = &word[..word.len() - 1];
        for wrong in [
            "",
            "A",
            "not a ticket",
            &format!("{word}="),
            &"A".repeat(400),
            &"A".repeat(20),
        ] {
            assert_eq!(open(wrong), Err(TicketError::Malformed), "{wrong}");
        }
        assert_ne!(open(cut), Ok(ticket()));
        // Another version under a true seal is not guessed at.
        let mut bytes = BASE64URL_NOPAD.decode(word.as_bytes()).unwrap();
        bytes[0] = 2;
        assert_eq!(open(&BASE64URL_NOPAD.encode(&bytes)), Err(TicketError::Malformed));
    }

    proptest! {
        #[test]
        fn what_is_sealed_is_opened_to_the_same(local in "[a-z0-9.+_-]{1,60}", until in 1_i64..i64::MAX, key in any::<[u8; 32]>()) {
            let Ok(contact) = format!("{local}@example.net").parse() else { return Ok(()) };
            let ticket = Ticket { contact, until: Timestamp::from_micros(until) };
            let word = ticket.seal(&key);
            prop_assert!(word.len() <= MAX_LETTERS);
            prop_assert!(word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'));
            prop_assert_eq!(Ticket::open(&word, &key, Timestamp::EPOCH), Ok(ticket));
        }

        #[test]
        fn no_change_of_a_letter_opens(at in 0_usize..56, letter in "[A-Za-z0-9_-]") {
            let word = ticket().seal(KEY);
            let mut changed = word.clone();
            changed.replace_range(at..=at, &letter);
            prop_assume!(changed != word);
            prop_assert!(open(&changed).is_err());
        }
    }
}
