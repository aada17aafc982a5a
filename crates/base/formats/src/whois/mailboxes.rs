//! The mailboxes of a network in a WHOIS answer, with the reason for which each may be the abuse contact.

use atalaya_model::MailAddress;

use super::Network;
use super::text::{Object, Section, Text};
use crate::address_range::AddressRange;
use crate::holding::Holding;
use crate::mailbox::{Basis, Mailbox, add, addresses_in, recommended, remove, struck_out};

/// Longest name of a network that is taken, in characters.
const MAX_NAME: usize = 120;
/// Most handles that are followed for one network.
const MAX_HANDLES: usize = 16;
/// Ranks that one [`Basis`] takes up.
const RANKS_PER_BASIS: u16 = 10;
/// Keys whose values are remarks of the holder.
const REMARK_KEYS: [&str; 5] = ["remarks", "remark", "comment", "descr", "notice"];

/// Gathers what a section says.
pub(super) fn network(section: &Section, text: &Text<'_>) -> Network {
    let objects = text.objects_of(section);
    let mut gathered = Gathered::default();
    for (key, value) in objects.iter().flat_map(|object| &object.pairs) {
        gathered.take_named(key, value, text);
    }
    for object in objects {
        gathered.take_others(object);
    }
    remove(&mut gathered.mailboxes, &gathered.dead);
    gathered.mailboxes.sort_by_key(|found| found.rank);
    Network {
        ranges: section.ranges.clone(),
        name: name(objects),
        holding: holding(objects),
        mailboxes: gathered.mailboxes,
    }
}

/// The abuse contacts that comments name: RIPE, APNIC and AFRINIC write
/// `Abuse contact for '192.0.2.0 - 192.0.2.255' is 'abuse@example.net'`.
pub(super) fn of_comments(text: &Text<'_>) -> Vec<(AddressRange, Mailbox)> {
    let read = |comment: &&str| {
        let rest = comment.strip_prefix("Abuse contact for '")?;
        let (range, rest) = rest.split_once('\'')?;
        let address = addresses_in(rest).next()?;
        Some((
            AddressRange::read(range)?,
            Mailbox {
                address,
                basis: Basis::Named,
                rank: 0,
            },
        ))
    };
    text.comments.iter().filter_map(read).collect()
}

/// What is found on the way.
#[derive(Default)]
struct Gathered {
    mailboxes: Vec<Mailbox>,
    dead: Vec<MailAddress>,
    handles: usize,
}

impl Gathered {
    /// Takes what the registry itself names for abuse.
    fn take_named(&mut self, key: &str, value: &str, text: &Text<'_>) {
        match key {
            // ARIN: the contact of the network goes before the one of its organisation.
            "rabuseemail" | "netabuseemail" => self.add_all(value, Basis::Named, 0),
            "orgabuseemail" => self.add_all(value, Basis::Named, 1),
            "abuse-c" => self.follow(value, text, 0),
            "mnt-irt" => self.follow(value, text, 1),
            _ => {}
        }
    }

    /// Takes the mailbox of the object that a handle names: the one for abuse, else (LACNIC has no other) the only kind there is.
    fn follow(&mut self, handle: &str, text: &Text<'_>, distance: u16) {
        self.handles = self.handles.saturating_add(1);
        if self.handles > MAX_HANDLES {
            return;
        }
        if let Some(object) = text.by_handle(handle) {
            let marked = object.first(&["abuse-mailbox"]).into_iter();
            let chosen: Vec<_> = marked.chain(object.all("e-mail")).take(1).collect();
            chosen
                .into_iter()
                .for_each(|value| self.add_all(value, Basis::Named, distance));
        }
    }

    /// Takes marked mailboxes, those called `abuse`, and those that remarks ask to write to.
    fn take_others(&mut self, object: &Object<'_>) {
        for (key, value) in &object.pairs {
            if REMARK_KEYS.contains(&key.as_str()) {
                self.dead.extend(struck_out(value));
                recommended(value).for_each(|address| self.add(address, Basis::Remark, 0));
            } else if key.contains("abuse") && !key.starts_with("org")
                || object.under_abuse && key.contains("mail")
            {
                self.add_all(value, Basis::Marked, 0);
            } else if key.contains("mail") && !is_for_the_registry(key) {
                let called = addresses_in(value).filter(Mailbox::is_abuse);
                called.for_each(|address| self.add(address, Basis::LocalPart, 0));
            }
        }
    }

    fn add_all(&mut self, value: &str, basis: Basis, distance: u16) {
        addresses_in(value).for_each(|address| self.add(address, basis, distance));
    }

    fn add(&mut self, address: MailAddress, basis: Basis, distance: u16) {
        let rank = (basis as u16)
            .saturating_mul(RANKS_PER_BASIS)
            .saturating_add(distance);
        add(&mut self.mailboxes, Mailbox { address, basis, rank });
    }
}

/// Keys for the registry's own use: who changed the object, and who is told of it.
fn is_for_the_registry(key: &str) -> bool {
    matches!(key, "changed" | "notify" | "mnt-nfy" | "upd-to" | "ref-nfy")
}

/// How a network is held, as its own object says.
fn holding(objects: &[Object<'_>]) -> Holding {
    let words = objects
        .first()
        .and_then(|network| network.first(&["status", "nettype"]));
    words.map_or(Holding::Other, Holding::read)
}

/// The name of a network: the first object of its section is the network itself.
fn name(objects: &[Object<'_>]) -> String {
    const KEYS: [&str; 6] = [
        "netname",
        "network name",
        "owner",
        "organization name",
        "organisation",
        "descr",
    ];
    let name = objects
        .first()
        .and_then(|network| network.first(&KEYS))
        .unwrap_or_default();
    name.chars().filter(|c| !c.is_control()).take(MAX_NAME).collect()
}
