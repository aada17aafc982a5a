//! A mail of the outbox as a person may read it: its words, without the secrets in its links. Whoever holds the link of a notice speaks for the network,
//! so no reader of the outbox gets one.

use atalaya_formats::view::Words;
use atalaya_store::KeptMail;
use serde::{Deserialize, Serialize};

/// A run of this many letters, digits, hyphens and underscores in a link is a secret. Keys and tickets have more.
const SECRET: usize = 20;
/// What stands in its place.
const HIDDEN: char = '…';

/// A mail with its words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownMail {
    /// How it stands.
    pub mail: KeptMail,
    /// The fields of its head that people read.
    pub head: Vec<(String, String)>,
    /// Its text.
    pub text: Option<String>,
}

impl ShownMail {
    /// Reads a message of the outbox.
    #[must_use]
    pub fn of(mail: KeptMail, message: &[u8]) -> Self {
        let words = words_without_secrets(message);
        let head = words.head.into_iter();
        Self {
            mail,
            head: head.map(|(name, value)| (name.to_owned(), value)).collect(),
            text: words.text,
        }
    }
}

/// The words of a message, without the secrets in its links.
#[must_use]
pub fn words_without_secrets(message: &[u8]) -> Words {
    let words = Words::of(&String::from_utf8_lossy(message));
    let head = words.head.into_iter();
    Words {
        head: head
            .map(|(name, value)| (name, text_without_secrets(&value)))
            .collect(),
        text: words.text.map(|text| text_without_secrets(&text)),
    }
}

/// The text with the secrets of its links hidden.
#[must_use]
pub fn text_without_secrets(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for piece in text.split_inclusive(char::is_whitespace) {
        match piece.find("://") {
            Some(at) => {
                let (before, link) = piece.split_at(at);
                shown.push_str(before);
                hide(link, &mut shown);
            }
            None => shown.push_str(piece),
        }
    }
    shown
}

/// Writes a link without its secrets.
fn hide(link: &str, shown: &mut String) {
    let is_of_word = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let mut rest = link;
    while !rest.is_empty() {
        let end = rest.find(|c| !is_of_word(c)).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(end);
        if word.len() >= SECRET {
            shown.push(HIDDEN);
        } else {
            shown.push_str(word);
        }
        let mut others = behind.chars();
        shown.extend(others.next());
        rest = others.as_str();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lose_their_secrets_and_nothing_else() {
        let text = "Listed: https://list.example/ip/2001:db8::7 (since today)\n\
                    <https://list.example/network/AQAGRs3xR2h0dHBzOi8vZXhhbXBsZQ>.\n\
                    a-long-word-that-is-no-link-at-all stays";
        assert_eq!(
            text_without_secrets(text),
            "Listed: https://list.example/ip/2001:db8::7 (since today)\n\
             <https://list.example/network/…>.\n\
             a-long-word-that-is-no-link-at-all stays"
        );
        assert_eq!(
            text_without_secrets("://é?k=0123456789012345678901&x=ñ"),
            "://é?k=…&x=ñ"
        );
    }
}
