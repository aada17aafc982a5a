//! The file `security.txt` of a domain (RFC 9116): whom to tell of a hole. Mailboxes only; web pages cannot be written to.

use atalaya_model::{MailAddress, Timestamp};

/// Most lines that are read; real files have twenty.
const MAX_LINES: usize = 1_000;
/// Most mailboxes that are taken.
const MAX_MAILBOXES: usize = 8;

/// What a file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SecurityTxt {
    /// The mailboxes, in the order in which they are preferred (section 2.5.3).
    pub mailboxes: Vec<MailAddress>,
    /// Until when the file holds (section 2.5.5); none where it does not say, which makes it no such file.
    pub expires: Option<Timestamp>,
}

impl SecurityTxt {
    /// Reads a file. What is no field is passed over, and so is a signature around it.
    #[must_use]
    pub fn read(body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        let mut found = Self::default();
        for line in text.lines().take(MAX_LINES) {
            let Some((name, value)) = line.split_once(':') else {
                continue;
            };
            let value = value.trim();
            if name.eq_ignore_ascii_case("contact") {
                found.take_contact(value);
            } else if name.eq_ignore_ascii_case("expires") {
                let date: Option<jiff::Timestamp> = value.parse().ok();
                found.expires = date.map(|date| Timestamp::from_seconds(date.as_second()));
            }
        }
        found
    }

    /// Whether the file holds at a moment.
    #[must_use]
    pub fn holds(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|expires| expires > now)
    }

    fn take_contact(&mut self, value: &str) {
        let address = value
            .strip_prefix("mailto:")
            .and_then(|rest| rest.split('?').next())
            .and_then(|address| address.parse::<MailAddress>().ok());
        if let Some(address) = address.filter(|address| !self.mailboxes.contains(address))
            && self.mailboxes.len() < MAX_MAILBOXES
        {
            self.mailboxes.push(address);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mailboxes_are_taken_and_pages_are_not() {
        let file = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n# a comment: x\nCONTACT: mailto:security@example.net?subject=x\r\n\
                    Contact: https://example.net/report\nContact: tel:+1-201-555-0123\nContact: plain@example.net\n\
                    Contact: mailto:a@example.net%0d%0aBcc:b@example.net\nExpires: 2027-01-01T00:00:00Z\n";
        let read = SecurityTxt::read(file.as_bytes());
        assert_eq!(read.mailboxes, ["security@example.net".parse().unwrap()]);
        let expires = read.expires.unwrap();
        assert!(read.holds(Timestamp::EPOCH) && !read.holds(expires));
    }

    #[test]
    fn a_file_without_an_end_does_not_hold() {
        let read = SecurityTxt::read(b"Contact: mailto:security@example.net\n");
        assert!(!read.mailboxes.is_empty() && !read.holds(Timestamp::EPOCH));
        assert_eq!(SecurityTxt::read(&[0xff; 100]), SecurityTxt::default());
    }
}
