//! The book of trap addresses: which recipient is which kind of trap.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use atalaya_formats::smtp::Address;
use atalaya_model::{Clock, Timestamp, Trap};

use crate::config::TrapAddress;

/// Local parts that every domain with mail has (RFC 5321 section 4.5.1, RFC 2142): whoever writes there may have found them in a standard.
const ROLES: &[&str] = &["postmaster", "abuse"];

/// The named addresses and domains, in lower case.
#[derive(Debug, Clone, Default)]
pub(crate) struct Book {
    addresses: HashMap<String, Named>,
}

/// What is known of a named address or domain.
#[derive(Debug, Clone, Copy)]
struct Named {
    kind: Trap,
    since: Option<Timestamp>,
}

impl Named {
    /// Its kind at a moment: before it was a trap, what anybody may write to.
    fn kind_at(self, now: Timestamp) -> Trap {
        match self.since {
            Some(since) if now < since => Trap::Role,
            _ => self.kind,
        }
    }
}

impl Book {
    /// Reads lists of them. Where two name the same, the first goes.
    pub(crate) fn new<'a>(entries: impl IntoIterator<Item = &'a TrapAddress>) -> Self {
        let mut addresses = HashMap::new();
        for TrapAddress { address, kind, since } in entries {
            let named = Named {
                kind: *kind,
                since: *since,
            };
            addresses.entry(address.to_lowercase()).or_insert(named);
        }
        Self { addresses }
    }

    /// What kind of trap an address is at a moment: by its name, else by its role, else by its domain, else pristine, because it never
    /// was given to anybody.
    pub(crate) fn kind(&self, recipient: &Address, now: Timestamp) -> Trap {
        let address = recipient.0.to_lowercase();
        let (local, at_domain) = match address.rfind('@').and_then(|at| address.split_at_checked(at)) {
            Some(parts) => parts,
            None => (address.as_str(), ""),
        };
        let role = Named {
            kind: Trap::Role,
            since: None,
        };
        let by_role = || ROLES.contains(&local).then_some(&role);
        let named = self
            .addresses
            .get(&address)
            .or_else(by_role)
            .or_else(|| self.addresses.get(at_domain));
        named.map_or(Trap::Pristine, |named| named.kind_at(now))
    }

    /// The kind of an address that is named, itself or by its domain; none of one that is not.
    pub(crate) fn named(&self, recipient: &Address, now: Timestamp) -> Option<Trap> {
        let address = recipient.0.to_lowercase();
        let at_domain = address.rfind('@').and_then(|at| address.get(at..))?;
        let is_named = [&address, at_domain]
            .iter()
            .any(|name| self.addresses.contains_key(*name));
        is_named.then(|| self.kind(recipient, now))
    }

    /// The weakest kind that is named: what an address is at least. Pristine where none is named.
    pub(crate) fn weakest(&self) -> Trap {
        let kinds = self.addresses.values().map(|named| named.kind);
        kinds.min_by_key(|kind| strength(*kind)).unwrap_or(Trap::Pristine)
    }
}

/// The book that is open now, which another one can replace while conversations go on.
#[derive(Debug)]
pub(crate) struct SharedBook {
    /// What the configuration names; it stays.
    configured: Vec<TrapAddress>,
    open: RwLock<Arc<Book>>,
    clock: Clock,
}

impl SharedBook {
    /// Opens a book of what the configuration names.
    pub(crate) fn new(configured: &[TrapAddress], clock: Clock) -> Self {
        Self {
            configured: configured.to_vec(),
            open: RwLock::new(Arc::new(Book::new(configured))),
            clock,
        }
    }

    /// Opens one with these beside what the configuration names, which goes first.
    pub(crate) fn replace(&self, others: &[TrapAddress]) {
        let book = Arc::new(Book::new(self.configured.iter().chain(others)));
        *self.open.write().unwrap_or_else(PoisonError::into_inner) = book;
    }

    /// What kind of trap an address is now.
    pub(crate) fn kind(&self, recipient: &Address) -> Trap {
        self.now_open().kind(recipient, self.clock.now())
    }

    /// The kind of an address that is named now; none of one that is not.
    pub(crate) fn named(&self, recipient: &Address) -> Option<Trap> {
        self.now_open().named(recipient, self.clock.now())
    }

    fn now_open(&self) -> Arc<Book> {
        Arc::clone(&self.open.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The stronger of two traps.
pub(crate) const fn stronger(one: Trap, other: Trap) -> Trap {
    if strength(one) >= strength(other) {
        one
    } else {
        other
    }
}

/// Hitting an address that never was a person's says most, one that everybody has nothing.
const fn strength(kind: Trap) -> u8 {
    match kind {
        Trap::Role => 0,
        Trap::Typo => 1,
        Trap::Recycled => 2,
        Trap::Pristine => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(book: &Book, address: &str) -> Trap {
        book.kind(&Address(address.to_owned()), Timestamp::EPOCH)
    }

    #[test]
    fn a_name_goes_before_its_domain_and_others_are_pristine() {
        let entry = TrapAddress::new;
        let book = Book::new(&[
            entry("@Old.example", Trap::Recycled),
            entry("web@old.example", Trap::Pristine),
            entry("@gmial.example", Trap::Typo),
        ]);
        assert_eq!(kind(&book, "Info@OLD.example"), Trap::Recycled);
        assert_eq!(kind(&book, "web@old.example"), Trap::Pristine);
        assert_eq!(kind(&book, "x@gmial.example"), Trap::Typo);
        assert_eq!(kind(&book, "x@other.example"), Trap::Pristine);
    }

    #[test]
    fn only_what_is_named_is_named() {
        let book = Book::new(&[
            TrapAddress::new("@old.example", Trap::Recycled),
            TrapAddress::new("web@b.example", Trap::Pristine),
        ]);
        let named = |address: &str| book.named(&Address(address.to_owned()), Timestamp::EPOCH);
        assert_eq!(named("Info@OLD.example"), Some(Trap::Recycled));
        assert_eq!(named("abuse@old.example"), Some(Trap::Role));
        assert_eq!(named("Web@b.example"), Some(Trap::Pristine));
        for other in ["x@b.example", "postmaster@b.example", "web", ""] {
            assert_eq!(named(other), None, "{other}");
        }
    }

    #[test]
    fn what_every_domain_has_is_a_role_unless_it_is_named() {
        let entry = TrapAddress::new;
        let book = Book::new(&[
            entry("@old.example", Trap::Recycled),
            entry("abuse@trap.example", Trap::Pristine),
        ]);
        for address in [
            "postmaster",
            "Postmaster@x.example",
            "abuse@x.example",
            "abuse@old.example",
        ] {
            assert_eq!(kind(&book, address), Trap::Role, "{address}");
            assert_eq!(kind(&Book::default(), address), Trap::Role, "{address}");
        }
        assert_eq!(kind(&book, "Abuse@trap.example"), Trap::Pristine);
        assert_eq!(kind(&book, "abuse.x@x.example"), Trap::Pristine);
    }

    #[test]
    fn a_trap_counts_from_its_date_on_and_the_configuration_goes_first() {
        let since = Some(Timestamp::from_seconds(1_000));
        let late = TrapAddress {
            since,
            ..TrapAddress::new("@late.example", Trap::Recycled)
        };
        let clock = atalaya_testkit::TestClock::default();
        let configured = [TrapAddress::new("a@late.example", Trap::Typo)];
        let shared = SharedBook::new(&configured, clock.clock());
        let kind = |address: &str| shared.kind(&Address(address.to_owned()));
        assert_eq!(kind("b@late.example"), Trap::Pristine);
        shared.replace(&[late.clone(), TrapAddress::new("A@late.example", Trap::Role)]);
        assert_eq!(kind("b@late.example"), Trap::Recycled);
        assert_eq!(kind("a@late.example"), Trap::Typo);
        let book = Book::new([&late]);
        let before = book.kind(
            &Address("b@late.example".to_owned()),
            Timestamp::from_seconds(999),
        );
        assert_eq!(before, Trap::Role);
    }

    #[test]
    fn the_weakest_is_the_weakest_that_is_named() {
        let entry = TrapAddress::new;
        assert_eq!(Book::default().weakest(), Trap::Pristine);
        let book = Book::new(&[
            entry("@old.example", Trap::Recycled),
            entry("a@b.example", Trap::Pristine),
        ]);
        assert_eq!(book.weakest(), Trap::Recycled);
    }

    #[test]
    fn the_strongest_decides() {
        assert_eq!(stronger(Trap::Typo, Trap::Recycled), Trap::Recycled);
        assert_eq!(stronger(Trap::Typo, Trap::Pristine), Trap::Pristine);
        assert_eq!(stronger(Trap::Typo, Trap::Typo), Trap::Typo);
        assert_eq!(stronger(Trap::Typo, Trap::Role), Trap::Typo);
    }
}
