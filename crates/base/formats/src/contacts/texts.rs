//! Mailboxes in one text of DNS, as contact zones and abuse.net give them.

use atalaya_model::MailAddress;

/// Longest text that is read, in bytes. One mailbox has at most 254.
const MAX_TEXT: usize = 1_024;
/// Most mailboxes of one text.
const MAX_MAILBOXES: usize = 8;

/// The mailboxes of a text, between commas, semicolons or blanks; a `mailto:` before one is forgiven.
///
/// A text with a control character in it is refused whole: somebody tries to write a header, and its innocent half is no better.
#[must_use]
pub fn mailboxes_of_text(text: &str) -> Vec<MailAddress> {
    if text.len() > MAX_TEXT || text.chars().any(char::is_control) {
        return Vec::new();
    }
    let mut found: Vec<MailAddress> = Vec::new();
    for word in text.split([',', ';', ' ']) {
        let word = word.strip_prefix("mailto:").unwrap_or(word);
        if let Ok(address) = word.parse()
            && !found.contains(&address)
            && found.len() < MAX_MAILBOXES
        {
            found.push(address);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<String> {
        mailboxes_of_text(text).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_separator_is_known() {
        let two = ["a@example.net", "b@example.net"];
        for text in [
            "a@example.net,b@example.net",
            "a@example.net, b@example.net",
            "mailto:a@example.net b@example.net a@example.net",
            "a@example.net;b@example.net;",
        ] {
            assert_eq!(read(text), two, "{text}");
        }
        assert_eq!(read("no mailbox, @, x@y"), [""; 0]);
    }

    #[test]
    fn a_text_that_writes_headers_is_refused_whole() {
        for text in [
            "abuse@example.net\r\nBcc: victim@example.org",
            "abuse@example.net\nvictim@example.org",
            "abuse@example.net\0victim@example.org",
            "abuse@example.net\tvictim@example.org",
            "abuse@example.net\u{85}victim@example.org",
        ] {
            assert_eq!(read(text), [""; 0], "{text:?}");
        }
        assert_eq!(read("abuse%0d%0aBcc:victim@example.net"), [""; 0]);
        assert_eq!(read("<abuse@example.net>"), [""; 0]);
        assert_eq!(
            read(&"a@example.net ".repeat(200)),
            [""; 0],
            "nobody needs so many"
        );
    }
}
