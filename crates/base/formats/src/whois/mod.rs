//! WHOIS answers about an address (RFC 3912): free text, in the shapes that the registries have grown.
//!
//! In: what a server sent, whatever it is. Out: the networks it speaks of with the mailboxes that may be their abuse contact, where it
//! refers us to, and whether it turned us away. There is no standard to break, so reading never fails: what is not understood is passed
//! over.
//!
//! Most registries send paragraphs of `key: value` lines, called objects here. Everything from one network object to the next is a
//! section. RIPE names the abuse contact in a comment; ARIN in fields of the organisation; LACNIC by a handle that another object
//! explains; the Korean and Japanese registries under headings.

mod mailboxes;
mod referral;
mod text;

pub use referral::Referral;

use std::net::IpAddr;

use atalaya_model::Prefix;

use crate::address_range::AddressRange;
use crate::holding::Holding;
use crate::mailbox::Mailbox;
use text::Text;

/// What a server said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// The networks it spoke of, in its order.
    pub networks: Vec<Network>,
    /// Where it refers us to.
    pub referral: Option<Referral>,
    /// The line with which it turned us away for asking too often.
    pub refusal: Option<String>,
    /// Abuse contacts given in comments, each with its range.
    comments: Vec<(AddressRange, Mailbox)>,
}

/// A network that a server spoke of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// The ranges that make it up.
    pub ranges: Vec<AddressRange>,
    /// Its name.
    pub name: String,
    /// How it is held.
    pub holding: Holding,
    /// What may be its abuse contact, the best first.
    pub mailboxes: Vec<Mailbox>,
}

/// What an answer says about one address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// The prefix around the address inside the most specific network.
    pub prefix: Prefix,
    /// The name of that network.
    pub name: String,
    /// How that network is held.
    pub holding: Holding,
    /// What may be the abuse contact, the best first. Those of wider networks in the same answer follow: where a customer's network
    /// names nobody, the provider's contact is the one.
    pub mailboxes: Vec<Mailbox>,
}

/// Ranks that the mailboxes of one network take up, see [`Mailbox::rank`].
const RANKS_PER_NETWORK: u16 = 100;

/// Reads an answer.
#[must_use]
pub fn read(bytes: &[u8]) -> Answer {
    let decoded = text::decode(bytes);
    let text = Text::read(&decoded);
    let networks: Vec<_> = text
        .sections
        .iter()
        .map(|section| mailboxes::network(section, &text))
        .collect();
    let refusal = networks.is_empty().then(|| referral::refusal(&text)).flatten();
    Answer {
        networks,
        referral: referral::find(&text),
        refusal,
        comments: mailboxes::of_comments(&text),
    }
}

impl Answer {
    /// What the answer says about `address`; none if no network in it holds the address.
    #[must_use]
    pub fn about(&self, address: IpAddr) -> Option<Match> {
        let mut around: Vec<_> = self
            .networks
            .iter()
            .filter_map(|network| Some((network.narrowest(address)?, network)))
            .collect();
        around.sort_by_key(|(range, _)| range.width());
        let (range, network) = around.first()?;
        let prefix = range.prefix_around(address)?;
        let mut found = Vec::new();
        let commented = self.comments.iter().filter(|(range, _)| range.contains(address));
        if let Some((_, mailbox)) = commented.min_by_key(|(range, _)| range.width()) {
            crate::mailbox::add(&mut found, mailbox.clone());
        }
        for (level, (_, network)) in (0_u16..).zip(&around) {
            for mailbox in &network.mailboxes {
                let rank = mailbox
                    .rank
                    .saturating_add(level.saturating_mul(RANKS_PER_NETWORK));
                crate::mailbox::add(
                    &mut found,
                    Mailbox {
                        rank,
                        ..mailbox.clone()
                    },
                );
            }
        }
        found.sort_by_key(|mailbox| mailbox.rank);
        Some(Match {
            prefix,
            name: network.name.clone(),
            holding: network.holding,
            mailboxes: found,
        })
    }
}

impl Network {
    /// The narrowest of the ranges that holds `address`.
    fn narrowest(&self, address: IpAddr) -> Option<AddressRange> {
        let holding = self.ranges.iter().filter(|range| range.contains(address));
        holding.min_by_key(|range| range.width()).copied()
    }
}

#[cfg(test)]
mod tests;
