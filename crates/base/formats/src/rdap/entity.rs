//! Entities of an RDAP answer (RFC 9083 section 5.1): who they are for, and which of their mailboxes may be the abuse contact.
//!
//! The abuse entity stands directly at the network, or inside the entity of the registrant, or deeper. Some registries send it without
//! its card, with a link to itself.

use atalaya_model::MailAddress;
use serde_json::Value;

use super::jcard::{self, CardAddress};
use super::{list_of, text_of};
use crate::mailbox::{Basis, Mailbox, add, remove, struck_out};

/// How deep entities stand inside entities. Registries use two levels.
const MAX_DEPTH: u16 = 6;
/// Most entities that are looked at, at all levels together. Real answers have fewer than fifty.
const MAX_ENTITIES: usize = 500;
/// Ranks that one [`Basis`] takes up: one for each depth.
const RANKS_PER_BASIS: u16 = 10;

/// What the entities of an answer hold.
#[derive(Debug, Default)]
pub(super) struct Harvest {
    /// The mailboxes, in the order of the answer.
    pub(super) mailboxes: Vec<Mailbox>,
    /// Links of abuse entities that hold no mailbox themselves.
    pub(super) links: Vec<String>,
    /// Mailboxes that remarks say to be dead.
    pub(super) dead: Vec<MailAddress>,
    /// How many entities were looked at.
    seen: usize,
}

impl Harvest {
    /// Looks at entities and at those inside them.
    pub(super) fn gather(&mut self, entities: &[Value], depth: u16) {
        for entity in entities {
            if self.seen >= MAX_ENTITIES || depth >= MAX_DEPTH {
                return;
            }
            self.seen = self.seen.saturating_add(1);
            self.take(entity, depth);
            self.gather(list_of(entity, "entities"), depth.saturating_add(1));
        }
    }

    /// Takes what one entity itself holds.
    fn take(&mut self, entity: &Value, depth: u16) {
        self.dead.extend(remarks(entity).flat_map(struck_out));
        let addresses = entity.get("vcardArray").map(jcard::addresses).unwrap_or_default();
        if !has_abuse_role(entity) {
            addresses
                .into_iter()
                .for_each(|found| self.add_of_other_role(found, depth));
        } else if addresses.is_empty() {
            self.links.extend(self_link(entity));
        } else {
            fittest(addresses)
                .into_iter()
                .for_each(|address| self.add(address, Basis::Named, depth));
        }
    }

    /// Adds a mailbox of an entity for other purposes, if it is one for abuse all the same.
    fn add_of_other_role(&mut self, found: CardAddress, depth: u16) {
        if found.marked {
            self.add(found.address, Basis::Marked, depth);
        } else if Mailbox::is_abuse(&found.address) {
            self.add(found.address, Basis::LocalPart, depth);
        }
    }

    /// Adds a mailbox with its rank.
    pub(super) fn add(&mut self, address: MailAddress, basis: Basis, depth: u16) {
        let rank = (basis as u16)
            .saturating_mul(RANKS_PER_BASIS)
            .saturating_add(depth);
        add(&mut self.mailboxes, Mailbox { address, basis, rank });
    }
}

/// The mailboxes of an entity that is known to be the abuse contact, whether it says so itself or not.
pub(super) fn mailboxes_of_abuse_entity(entity: &Value) -> Vec<Mailbox> {
    let mut harvest = Harvest::default();
    for address in fittest(entity.get("vcardArray").map(jcard::addresses).unwrap_or_default()) {
        harvest.add(address, Basis::Named, 0);
    }
    harvest.gather(list_of(entity, "entities"), 1);
    harvest.dead.extend(remarks(entity).flat_map(struck_out));
    remove(&mut harvest.mailboxes, &harvest.dead);
    harvest.mailboxes
}

/// The addresses of an abuse entity to write to: those marked for abuse, else those called `abuse`, else all. RIPE sends the mailboxes
/// of the people in the role along with the one that is meant.
fn fittest(addresses: Vec<CardAddress>) -> Vec<MailAddress> {
    let any_marked = addresses.iter().any(|found| found.marked);
    let any_called = addresses.iter().any(|found| Mailbox::is_abuse(&found.address));
    let fits = |found: &CardAddress| match (any_marked, any_called) {
        (true, _) => found.marked,
        (false, true) => Mailbox::is_abuse(&found.address),
        (false, false) => true,
    };
    addresses
        .into_iter()
        .filter(fits)
        .map(|found| found.address)
        .collect()
}

/// Whether an entity has the role `abuse` (RFC 9083 section 10.2.4). Some servers send a single role as a bare text.
fn has_abuse_role(entity: &Value) -> bool {
    let is = |role: &Value| {
        role.as_str()
            .is_some_and(|role| role.eq_ignore_ascii_case("abuse"))
    };
    entity.get("roles").is_some_and(is) || list_of(entity, "roles").iter().any(is)
}

/// The address at which the entity itself can be asked for (RFC 9083 section 4.2).
fn self_link(entity: &Value) -> Option<String> {
    let links = list_of(entity, "links").iter();
    let mut of_self = links.filter(|link| link.get("rel").and_then(Value::as_str) == Some("self"));
    of_self.find_map(|link| text_of(link, "href"))
}

/// The lines of the remarks of an object (RFC 9083 section 4.3).
pub(super) fn remarks(object: &Value) -> impl Iterator<Item = &str> {
    list_of(object, "remarks")
        .iter()
        .flat_map(|remark| list_of(remark, "description"))
        .filter_map(Value::as_str)
}
