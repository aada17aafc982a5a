//! What ties the notices about one network together: a word in the subject, and a thread for mail readers.
//!
//! Both follow from contact and network alone, so that nothing needs to be kept, and no notice depends on another one having arrived.

use atalaya_formats::redact::keyed_hash;
use atalaya_model::{MailAddress, Prefix};

/// The letters of a word: none that is taken for another on paper or on the telephone.
const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";
/// Letters in a word: 40 bits keep the networks of the world apart.
const WORD: usize = 8;

/// The thread of a contact and a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Thread {
    /// The word that stands in every subject: `case-k7q2mxab`.
    pub(super) word: String,
    /// The id that every notice answers to, without a mail of its own (RFC 5322 section 3.6.4): readers gather what refers to the same id.
    pub(super) root: String,
}

impl Thread {
    /// The thread of the notices to `contact` about `network`; ids end with `domain`.
    pub(super) fn new(key: &[u8], contact: &MailAddress, network: &Prefix, domain: &str) -> Self {
        let contact = contact.as_str().to_ascii_lowercase();
        let network = network.to_string();
        let code = keyed_hash(key, &[b"thread\0", contact.as_bytes(), b"\0", network.as_bytes()]);
        let letters = code.iter().take(WORD).map(|byte| {
            let letter = LETTERS.get(usize::from(byte % 32)).unwrap_or(&b'a');
            char::from(*letter)
        });
        let word = format!("case-{}", letters.collect::<String>());
        Self {
            root: format!("{word}@{domain}"),
            word,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_has_one_thread_for_each_contact() {
        let thread = |contact: &str, network: &str| {
            Thread::new(
                b"key",
                &contact.parse().unwrap(),
                &network.parse().unwrap(),
                "list.example",
            )
        };
        let one = thread("abuse@cheap.example", "192.0.2.0/24");
        assert_eq!(one, thread("Abuse@Cheap.example", "192.0.2.0/24"));
        assert_ne!(one, thread("noc@cheap.example", "192.0.2.0/24"));
        assert_ne!(one, thread("abuse@cheap.example", "198.51.100.0/24"));
        assert_eq!(one.word.len(), "case-".len() + WORD);
        assert_eq!(one.root, format!("{}@list.example", one.word));
    }
}
