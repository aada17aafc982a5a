//! Mailboxes found in what a registry says, with the reason for which each may be the abuse contact.
//!
//! Readers of RDAP and WHOIS both give these; which of them is written to is not decided here.

use std::fmt;

use atalaya_model::MailAddress;

/// Most mailboxes that one answer gives; more are ignored. Real ones name fewer than ten.
pub(crate) const MAX_MAILBOXES: usize = 64;

/// Why a mailbox may be the abuse contact, the best reason first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Basis {
    /// The registry names it as the abuse contact of the network.
    Named,
    /// It is marked as an abuse mailbox, inside a contact for other purposes.
    Marked,
    /// Its local part is `abuse` (RFC 2142 section 4), inside a contact for other purposes.
    LocalPart,
    /// Its local part is `abuse`, and it stands in the remarks of the network.
    Remark,
}

impl fmt::Display for Basis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Named => "named as the abuse contact",
            Self::Marked => "marked as an abuse mailbox",
            Self::LocalPart => "an abuse@ mailbox among the contacts",
            Self::Remark => "an abuse@ mailbox in the remarks",
        })
    }
}

/// A mailbox that may be the abuse contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// Where to write.
    pub address: MailAddress,
    /// Why it may be the one.
    pub basis: Basis,
    /// How well it fits, 0 best; mailboxes of one rank fit equally well. A contact of the network itself goes before one of the
    /// organisation that holds it, and both before one of a wider network.
    pub rank: u16,
}

impl Mailbox {
    /// Whether the local part is `abuse`, alone or with a word behind it (`abuse-spam`, `abuse.mail`).
    pub(crate) fn is_abuse(address: &MailAddress) -> bool {
        let text = address.as_str().to_ascii_lowercase();
        let word = text.split(['@', '-', '.', '+', '_']).next();
        word == Some("abuse")
    }
}

/// Whether two addresses are one mailbox: registries write the same one with capitals and without.
fn is_same(one: &MailAddress, other: &MailAddress) -> bool {
    one.as_str().eq_ignore_ascii_case(other.as_str())
}

/// Takes out the mailboxes that are said to be dead.
pub(crate) fn remove(mailboxes: &mut Vec<Mailbox>, dead: &[MailAddress]) {
    mailboxes.retain(|found| !dead.iter().any(|dead| is_same(dead, &found.address)));
}

/// Adds a mailbox; a second one of the same address keeps the better rank.
pub(crate) fn add(mailboxes: &mut Vec<Mailbox>, found: Mailbox) {
    if let Some(known) = mailboxes
        .iter_mut()
        .find(|known| is_same(&known.address, &found.address))
    {
        if known.rank > found.rank {
            *known = found;
        }
    } else if mailboxes.len() < MAX_MAILBOXES {
        mailboxes.push(found);
    }
}

/// Every mail address in a text.
pub(crate) fn addresses_in(text: &str) -> impl Iterator<Item = MailAddress> {
    text.split(|c: char| c.is_whitespace() || ",;<>()[]{}\"'|".contains(c))
        .filter(|word| word.contains('@'))
        .filter_map(|word| {
            let word = strip_scheme(word).split('?').next()?;
            word.trim_matches(['.', ':', '!', '*', '=', '#']).parse().ok()
        })
}

/// The addresses of which a remark says that mail does not reach them. APNIC writes `abuse@example.com is invalid`.
pub(crate) fn struck_out(remark: &str) -> Vec<MailAddress> {
    if remark.to_ascii_lowercase().contains("invalid") {
        addresses_in(remark).collect()
    } else {
        Vec::new()
    }
}

/// The addresses with the local part `abuse` that a remark asks to write to. A remark that says "not" warns of them.
pub(crate) fn recommended(remark: &str) -> impl Iterator<Item = MailAddress> {
    let lower = remark.to_ascii_lowercase();
    let warns = lower.contains("invalid")
        || lower
            .split_whitespace()
            .any(|word| matches!(word, "not" | "don't" | "never"));
    addresses_in(if warns { "" } else { remark }).filter(Mailbox::is_abuse)
}

fn strip_scheme(word: &str) -> &str {
    match word.split_at_checked("mailto:".len()) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("mailto:") => rest,
        _ => word,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        addresses_in(text).map(|address| address.to_string()).collect()
    }

    #[test]
    fn one_mailbox_stays_one_however_it_is_capitalised() {
        let mailbox = |address: &str, rank| Mailbox {
            address: address.parse().unwrap(),
            basis: Basis::Named,
            rank,
        };
        let mut mailboxes = Vec::new();
        add(&mut mailboxes, mailbox("Abuse@example.net", 3));
        add(&mut mailboxes, mailbox("abuse@EXAMPLE.net", 1));
        assert_eq!(mailboxes, [mailbox("abuse@EXAMPLE.net", 1)]);
        remove(&mut mailboxes, &["ABUSE@example.net".parse().unwrap()]);
        assert_eq!(mailboxes, []);
    }

    #[test]
    fn addresses_are_found_in_text() {
        assert_eq!(
            found("please send abuse reports to abuse@example.net."),
            ["abuse@example.net"]
        );
        assert_eq!(
            found("<MAILTO:a@example.net?subject=x>, 'b@example.org'"),
            ["a@example.net", "b@example.org"]
        );
        assert_eq!(found("nobody at example.net, x@y, @, mailto:"), [""; 0]);
    }

    #[test]
    fn the_local_part_abuse_is_known_with_a_word_behind_it() {
        let is = |text: &str| Mailbox::is_abuse(&text.parse().unwrap());
        assert!(is("abuse@example.net") && is("Abuse-mail@example.net") && is("abuse_box@example.net"));
        assert!(!is("abuser@example.net") && !is("noabuse@example.net") && !is("noc@abuse.example"));
    }

    #[test]
    fn a_remark_can_warn_of_an_address() {
        assert_eq!(recommended("spam: abuse@example.net, noc@example.net").count(), 1);
        assert_eq!(recommended("do NOT write to abuse@example.net").count(), 0);
        assert_eq!(struck_out("abuse@example.net is invalid").len(), 1);
        assert_eq!(
            struck_out("abuse@example.net was validated on 2026-01-01").len(),
            0
        );
    }
}
