//! Whether something was taken out of a report to protect somebody.
//!
//! RFC 6590 section 3 puts a token in the place of what stands left of the `@`, and others write words of their own. It matters because a
//! recipient that is hidden cannot be looked up, and because a mail that was changed is weaker evidence.

use super::Complaint;
use crate::message::{Field, Head};

/// Words that are put in the place of something, in lower case.
const WORDS: &[&str] = &["redacted", "removed", "munged", "hidden", "undisclosed", "x"];
/// Fewest characters of a token: a hash in hexadecimal digits.
const MIN_TOKEN: usize = 32;
/// Most bytes of a field that are looked at.
const MAX_VALUE: usize = 1_024;

/// Whether one of the addresses, in the report or at the top of the mail, is none any more.
pub(super) fn is_redacted(complaint: &Complaint) -> bool {
    let mut named = complaint.recipients.iter().chain(&complaint.mail_from);
    if named.any(|address| is_hidden(address)) {
        return true;
    }
    let Some(message) = &complaint.message else {
        return false;
    };
    let head = Head::read(&message.bytes);
    let hides = |field: &&Field<'_>| {
        let line = field.line(MAX_VALUE);
        line.split([' ', ',', '<', '>', '"', ';'])
            .any(|word| word.contains('@') && is_hidden(word) || is_word_in_brackets(word))
    };
    ["To", "Cc", "Delivered-To"]
        .iter()
        .any(|name| head.all(name).take(3).any(|field| hides(&field)))
}

/// `[REDACTED]`, `<redacted>`.
fn is_word_in_brackets(word: &str) -> bool {
    let inner = word.trim_matches(['[', ']', '(', ')', '*']);
    inner.len() > 1 && inner != word && WORDS.contains(&inner.to_ascii_lowercase().as_str())
}

/// An address whose left part is a word or a token, or whose domain is none.
fn is_hidden(address: &str) -> bool {
    let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    let local = local
        .trim_matches(['[', ']', '(', ')', '*', '<', '>'])
        .to_ascii_lowercase();
    let is_token = local.len() >= MIN_TOKEN && local.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_token || WORDS.contains(&local.as_str()) || domain.to_ascii_lowercase().ends_with(".invalid")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_tokens_are_told_from_addresses() {
        for hidden in [
            "redacted@example.net",
            "[REDACTED]@example.net",
            "b6cf7e1a0096ba1caf76ee2c90aaaeaa@comcast.net",
            "hidden-1@hidden-2.invalid",
            "redacted",
        ] {
            assert!(is_hidden(hidden), "{hidden}");
        }
        for open in ["a@b.example", "", "deadbeef@b.example", "redactor@b.example"] {
            assert!(!is_hidden(open), "{open}");
        }
        assert!(is_word_in_brackets("[REDACTED]"));
        assert!(!is_word_in_brackets("redacted"));
    }
}
