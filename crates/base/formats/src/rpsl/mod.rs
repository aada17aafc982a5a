//! Objects of a registry's bulk data (RFC 2622 section 2), as far as they lead from a network to its abuse contact.
//!
//! In: the lines of a dump, one after another, as RIPE, APNIC and AFRINIC publish them, split by class or whole. Out: the networks, and the
//! holders that they name, which may stand in other files. Objects of other classes are passed over; nothing is an error.

#[cfg(test)]
mod tests;

use atalaya_model::MailAddress;

use crate::address_range::AddressRange;
use crate::mailbox::{Basis, Mailbox, addresses_in, recommended};

/// Most lines of one object that are looked at; real ones have fewer than two hundred.
const MAX_LINES: u32 = 5_000;
/// Longest handle that is taken, in bytes. RIPE allows 30.
const MAX_HANDLE: usize = 80;

/// An object that matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Object {
    /// `inetnum` and `inet6num`.
    Network(Network),
    /// `organisation`, `role` and `irt`, and persons where a registry lets them have mailboxes for abuse.
    Holder(Holder),
}

/// A network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// Its addresses.
    pub range: AddressRange,
    /// The handles to follow, in upper case, the best first: `abuse-c`, `org`, `mnt-irt`.
    pub handles: Vec<String>,
    /// A mailbox that it names itself.
    pub mailbox: Option<(MailAddress, Basis)>,
}

/// Somebody whom networks and other holders name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// By which handle, in upper case.
    pub handle: String,
    /// The handle of its own contact for abuse.
    pub abuse_c: Option<String>,
    /// The mailbox to write to.
    pub mailbox: Option<(MailAddress, Basis)>,
}

/// Puts lines together.
#[derive(Debug, Default)]
pub struct Assembler {
    open: Option<Open>,
}

/// The object that is being read.
#[derive(Debug, Default)]
struct Open {
    class: Class,
    lines: u32,
    range: Option<AddressRange>,
    handle: Option<String>,
    abuse_c: Option<String>,
    org: Option<String>,
    irt: Option<String>,
    mailbox: Option<(MailAddress, Basis)>,
}

/// What an object is.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Class {
    Network,
    Organisation,
    /// A role or a person.
    Person,
    Irt,
    #[default]
    Other,
}

impl Assembler {
    /// Takes a line, with its end or without; gives the object that it ends.
    pub fn line(&mut self, line: &[u8]) -> Option<Object> {
        let text = String::from_utf8_lossy(line);
        let text = text.trim_end();
        if text.is_empty() {
            return self.end();
        }
        // Continuations and comments hold nothing that leads on.
        if text.starts_with([' ', '\t', '+', '#', '%']) {
            return None;
        }
        let (key, value) = text.split_once(':')?;
        let value = value.split('#').next().unwrap_or_default().trim();
        match &mut self.open {
            Some(open) => open.take(key, value),
            None => self.open = Some(Open::of(key, value)),
        }
        None
    }

    /// Ends the object that is open, at a blank line or the end of a file.
    pub fn end(&mut self) -> Option<Object> {
        self.open.take()?.close()
    }
}

impl Open {
    /// Begins an object with its first line, which names its class.
    fn of(key: &str, value: &str) -> Self {
        let class = match key.to_ascii_lowercase().as_str() {
            "inetnum" | "inet6num" => Class::Network,
            "organisation" => Class::Organisation,
            "role" | "person" => Class::Person,
            "irt" => Class::Irt,
            _ => Class::Other,
        };
        let named = matches!(class, Class::Organisation | Class::Irt);
        Self {
            class,
            range: (class == Class::Network)
                .then(|| AddressRange::read(value))
                .flatten(),
            handle: handle(value).filter(|_| named),
            ..Self::default()
        }
    }

    fn take(&mut self, key: &str, value: &str) {
        self.lines = self.lines.saturating_add(1);
        if self.class == Class::Other || self.lines > MAX_LINES {
            return;
        }
        match key.to_ascii_lowercase().as_str() {
            "nic-hdl" => self.handle = handle(value),
            "abuse-c" => keep_first(&mut self.abuse_c, handle(value)),
            "org" => keep_first(&mut self.org, handle(value)),
            "mnt-irt" => keep_first(&mut self.irt, handle(value)),
            "abuse-mailbox" => self.offer(value, self.basis_of_abuse_mailbox()),
            // The only mailbox of an old irt; elsewhere the mail of people.
            "e-mail" if self.class == Class::Irt => self.offer(value, Basis::Marked),
            "e-mail" => {
                let called = addresses_in(value).find(Mailbox::is_abuse);
                self.offer_one(called, Basis::LocalPart);
            }
            "remarks" | "descr" if self.class == Class::Network => {
                let first = recommended(value).next();
                self.offer_one(first, Basis::Remark);
            }
            _ => {}
        }
    }

    /// Of a role or an irt, that a network leads to, it is what is meant; elsewhere an old habit.
    const fn basis_of_abuse_mailbox(&self) -> Basis {
        match self.class {
            Class::Person | Class::Irt => Basis::Named,
            Class::Network | Class::Organisation | Class::Other => Basis::Marked,
        }
    }

    fn offer(&mut self, value: &str, basis: Basis) {
        let first = addresses_in(value).next();
        self.offer_one(first, basis);
    }

    /// Keeps a mailbox if it is better than the one that is known.
    fn offer_one(&mut self, found: Option<MailAddress>, basis: Basis) {
        let is_better = self.mailbox.as_ref().is_none_or(|(_, known)| basis < *known);
        if let Some(address) = found.filter(|_| is_better) {
            self.mailbox = Some((address, basis));
        }
    }

    /// The object, if it leads anywhere.
    fn close(self) -> Option<Object> {
        if self.class == Class::Network {
            let handles: Vec<_> = [self.abuse_c, self.org, self.irt].into_iter().flatten().collect();
            let leads_on = !handles.is_empty() || self.mailbox.is_some();
            return self.range.filter(|_| leads_on).map(|range| {
                Object::Network(Network {
                    range,
                    handles,
                    mailbox: self.mailbox,
                })
            });
        }
        let handle = self.handle.filter(|_| self.class != Class::Other)?;
        (self.abuse_c.is_some() || self.mailbox.is_some()).then_some(Object::Holder(Holder {
            handle,
            abuse_c: self.abuse_c,
            mailbox: self.mailbox,
        }))
    }
}

fn keep_first(place: &mut Option<String>, found: Option<String>) {
    if place.is_none() {
        *place = found;
    }
}

/// A handle in upper case: registries do not tell capitals apart.
fn handle(value: &str) -> Option<String> {
    let word = value.split([' ', ',']).next()?;
    let fits =
        !word.is_empty() && word.len() <= MAX_HANDLE && word.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then(|| word.to_ascii_uppercase())
}
