//! What one source said about an address, and for how wide a network that is remembered.

use std::net::IpAddr;

use atalaya_formats::Holding;
use atalaya_model::{Confidence, Contact, ContactSource, MailAddress, Prefix, Timestamp};

use super::choose::Choice;

/// The widest network for which the contact of an assignment is kept, in bits of IPv4 and IPv6. Who uses a whole network answers for all
/// of it; but a registry that answers about 0.0.0.0/0 is wrong. Asking again for each /16 costs at most 256 questions for a whole /8.
const WIDEST_ASSIGNMENT: (u8, u8) = (16, 32);
/// The widest network for which any other answer is kept. An allocation has networks of customers inside, who have contacts of their own;
/// and a wrong "nobody" silences notices. These are the smallest networks that are routed on their own.
const NEIGHBOURHOOD: (u8, u8) = (24, 48);

/// What came of asking one kind of source.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It names a contact.
    Contact(Answer),
    /// It knows the network and names nobody for abuse.
    Nobody(Answer),
    /// The operator's file, or a person by hand, says that nobody is to be told, whatever others say.
    NobodyAtAll(Answer),
    /// It will not say, and asking again soon changes nothing: the network around the address in which that holds.
    Useless(Answer),
    /// It knows nothing of the address, or there is nobody to ask.
    Unknown,
    /// It could not be asked, or its answer is no use; another time it may be.
    Failed(String),
}

/// Stops the search: a source asks for patience, or its budget is used up.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wait {
    /// Until when.
    pub(super) until: Timestamp,
    /// Who wants that.
    pub(super) why: String,
}

/// What a source said.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    /// The prefix around the address for which it speaks.
    pub(super) prefix: Prefix,
    /// The name of the network.
    pub(super) network: String,
    /// How the network is held.
    pub(super) holding: Holding,
    /// Where to write; empty where nobody is named.
    pub(super) addresses: Vec<MailAddress>,
    /// Who said so.
    pub(super) source: ContactSource,
    /// How sure it is.
    pub(super) confidence: Confidence,
    /// When it was written down, where that was before it was asked for.
    pub(super) dated: Option<Timestamp>,
}

impl Outcome {
    /// Its name in metrics.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Contact(_) => "contact",
            Self::Nobody(_) | Self::NobodyAtAll(_) => "nobody",
            Self::Useless(_) => "useless",
            Self::Unknown => "unknown",
            Self::Failed(_) => "failed",
        }
    }
}

impl Answer {
    /// Whether it comes from a registry or the operator, who know how wide a network is.
    pub(super) const fn is_registered(&self) -> bool {
        self.source.is_registered()
    }

    /// What is kept of it: the network narrowed around `address` to what one answer may speak for.
    pub(super) fn into_contact(self, address: IpAddr, now: Timestamp) -> Contact {
        let widest = match self.holding {
            Holding::Assigned if !self.addresses.is_empty() => WIDEST_ASSIGNMENT,
            Holding::Assigned | Holding::Other => NEIGHBOURHOOD,
        };
        let prefix = Prefix::new(address, self.prefix.length().max(bits(widest, address)));
        Contact {
            prefix,
            addresses: self.addresses,
            network: self.network,
            source: self.source,
            confidence: self.confidence,
            found_at: self.dated.unwrap_or(now),
        }
    }
}

/// The network around an address in which an answer holds that says nothing of its width.
pub(super) fn neighbourhood(address: IpAddr) -> Prefix {
    Prefix::new(address, bits(NEIGHBOURHOOD, address))
}

const fn bits((of_ipv4, of_ipv6): (u8, u8), address: IpAddr) -> u8 {
    if address.is_ipv4() { of_ipv4 } else { of_ipv6 }
}

/// One sentence about a network and the choice of its contact, for [`super::Step`].
pub(super) fn sentence(registered: &str, name: &str, choice: Option<&Choice>) -> String {
    let name = if name.is_empty() {
        String::new()
    } else {
        format!(" ({name})")
    };
    match choice {
        Some(Choice { addresses, basis }) => {
            let addresses: Vec<_> = addresses.iter().map(MailAddress::as_str).collect();
            format!("{registered}{name}: {}, {basis}", addresses.join(", "))
        }
        None => format!("{registered}{name}: nobody is named for abuse"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(holding: Holding, prefix: &str, addresses: &[&str], address: &str) -> String {
        let answer = Answer {
            prefix: prefix.parse().unwrap(),
            network: String::new(),
            holding,
            addresses: addresses.iter().map(|address| address.parse().unwrap()).collect(),
            source: ContactSource::Whois {
                server: "whois.example.net".to_owned(),
            },
            confidence: Confidence::percent(90),
            dated: None,
        };
        answer
            .into_contact(address.parse().unwrap(), Timestamp::EPOCH)
            .prefix
            .to_string()
    }

    #[test]
    fn the_contact_of_an_assignment_is_kept_for_all_of_it_but_not_too_wide() {
        let kept = |prefix, address| kept(Holding::Assigned, prefix, &["a@example.net"], address);
        assert_eq!(kept("192.0.2.0/25", "192.0.2.1"), "192.0.2.0/25");
        assert_eq!(kept("192.0.0.0/20", "192.0.2.1"), "192.0.0.0/20");
        assert_eq!(kept("0.0.0.0/0", "192.0.2.1"), "192.0.0.0/16");
        assert_eq!(kept("::/0", "2001:db8::1"), "2001:db8::/32");
    }

    #[test]
    fn any_other_answer_is_kept_for_its_neighbourhood() {
        for (holding, contact) in [
            (Holding::Other, &["a@example.net"][..]),
            (Holding::Other, &[]),
            (Holding::Assigned, &[]),
        ] {
            let kept = |prefix, address| kept(holding, prefix, contact, address);
            assert_eq!(kept("192.0.2.0/29", "192.0.2.1"), "192.0.2.0/29");
            assert_eq!(kept("192.0.0.0/16", "192.0.2.1"), "192.0.2.0/24");
            assert_eq!(kept("2001:db8::/32", "2001:db8:1:2::3"), "2001:db8:1::/48");
        }
    }
}
