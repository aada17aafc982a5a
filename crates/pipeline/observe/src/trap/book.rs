//! The book of trap addresses: which recipient is which kind of trap.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use atalaya_formats::smtp::Address;
use atalaya_model::{Clock, Timestamp, Trap, TrapWeight};

use super::registry::spelled;
use crate::config::TrapAddress;

/// Local parts that every domain with mail has (RFC 5321 section 4.5.1, RFC 2142): whoever writes there may have found them in a standard.
const ROLES: &[&str] = &["postmaster", "abuse"];

/// The named addresses and domains, in their one spelling.
#[derive(Debug, Clone, Default)]
pub(crate) struct Book {
    addresses: HashMap<String, Named>,
}

/// A trap that was hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit {
    /// Its kind.
    pub kind: Trap,
    /// What it weighs among those of its kind.
    pub weight: TrapWeight,
}

impl Hit {
    /// A trap that weighs all that its kind does.
    #[must_use]
    pub const fn of(kind: Trap) -> Self {
        Self {
            kind,
            weight: TrapWeight::FULL,
        }
    }

    /// Whether hitting it speaks against anybody.
    pub(crate) fn counts(self) -> bool {
        self.strength().0 > 0
    }

    /// The stronger of two: of the stronger kind, then the heavier. What weighs nothing is the weakest.
    pub(crate) fn stronger(self, other: Self) -> Self {
        if self.strength() >= other.strength() {
            self
        } else {
            other
        }
    }

    /// Hitting an address that never was a person's says most, one that everybody has nothing.
    pub(crate) const fn strength(self) -> (u8, TrapWeight) {
        let kind = match self.kind {
            Trap::Role => 0,
            Trap::Typo => 1,
            Trap::Recycled => 2,
            Trap::Pristine => 3,
        };
        match self.weight {
            TrapWeight::NOTHING => (0, self.weight),
            weight => (kind, weight),
        }
    }
}

/// What is known of a named address or domain.
#[derive(Debug, Clone, Copy)]
struct Named {
    trap: Hit,
    since: Option<Timestamp>,
}

impl Named {
    /// What it is at a moment: before it was a trap, what anybody may write to.
    fn at(self, now: Timestamp) -> Hit {
        match self.since {
            Some(since) if now < since => Hit::of(Trap::Role),
            _ => self.trap,
        }
    }
}

impl Book {
    /// Reads lists of them. Where two name the same, the first goes.
    pub(crate) fn new<'a>(entries: impl IntoIterator<Item = &'a TrapAddress>) -> Self {
        let mut addresses = HashMap::new();
        for entry in entries {
            let trap = Hit {
                kind: entry.kind,
                weight: entry.weight,
            };
            let since = entry.since;
            let address = spelled(&entry.address);
            addresses.entry(address).or_insert(Named { trap, since });
        }
        Self { addresses }
    }

    /// Which trap an address is at a moment: by its name, else by its role, else by its domain, else pristine, because it never
    /// was given to anybody.
    pub(crate) fn hit(&self, recipient: &Address, now: Timestamp) -> Hit {
        let address = spelled(&recipient.0);
        let (local, at_domain) = match address.rfind('@').and_then(|at| address.split_at_checked(at)) {
            Some(parts) => parts,
            None => (address.as_str(), ""),
        };
        let role = Named {
            trap: Hit::of(Trap::Role),
            since: None,
        };
        let by_role = || ROLES.contains(&local).then_some(&role);
        let named = self
            .addresses
            .get(&address)
            .or_else(by_role)
            .or_else(|| self.addresses.get(at_domain));
        named.map_or(Hit::of(Trap::Pristine), |named| named.at(now))
    }

    /// Which trap an address is that is named, itself or by its domain; none where it is not.
    pub(crate) fn named(&self, recipient: &Address, now: Timestamp) -> Option<Hit> {
        let address = spelled(&recipient.0);
        let at_domain = address.rfind('@').and_then(|at| address.get(at..))?;
        let is_named = [&address, at_domain]
            .iter()
            .any(|name| self.addresses.contains_key(*name));
        is_named.then(|| self.hit(recipient, now))
    }

    /// The weakest that is named: what an address is at least. Pristine where none is named.
    pub(crate) fn weakest(&self) -> Hit {
        let traps = self.addresses.values().map(|named| named.trap);
        let weakest = traps.min_by_key(|trap| trap.strength());
        weakest.unwrap_or(Hit::of(Trap::Pristine))
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

    /// Which trap an address is now.
    pub(crate) fn hit(&self, recipient: &Address) -> Hit {
        self.now_open().hit(recipient, self.clock.now())
    }

    /// Which trap an address is now that is named; none where it is not.
    pub(crate) fn named(&self, recipient: &Address) -> Option<Hit> {
        self.now_open().named(recipient, self.clock.now())
    }

    fn now_open(&self) -> Arc<Book> {
        Arc::clone(&self.open.read().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(book: &Book, address: &str) -> Trap {
        book.hit(&Address(address.to_owned()), Timestamp::EPOCH).kind
    }

    #[test]
    fn a_name_goes_before_its_domain_and_others_are_pristine() {
        let entry = TrapAddress::new;
        let book = Book::new(&[
            entry("@Old.example", Trap::Recycled),
            entry("web@old.example", Trap::Pristine),
            entry("@gmial.example.", Trap::Typo),
        ]);
        assert_eq!(kind(&book, "Info@OLD.example"), Trap::Recycled);
        assert_eq!(kind(&book, "Info@OLD.example."), Trap::Recycled);
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
        assert_eq!(named("Info@OLD.example"), Some(Hit::of(Trap::Recycled)));
        assert_eq!(named("abuse@old.example"), Some(Hit::of(Trap::Role)));
        assert_eq!(named("Web@b.example"), Some(Hit::of(Trap::Pristine)));
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
        let kind = |address: &str| shared.hit(&Address(address.to_owned())).kind;
        assert_eq!(kind("b@late.example"), Trap::Pristine);
        shared.replace(&[late.clone(), TrapAddress::new("A@late.example", Trap::Role)]);
        assert_eq!(kind("b@late.example"), Trap::Recycled);
        assert_eq!(kind("a@late.example"), Trap::Typo);
        let book = Book::new([&late]);
        let before = book.hit(
            &Address("b@late.example".to_owned()),
            Timestamp::from_seconds(999),
        );
        assert_eq!(before, Hit::of(Trap::Role));
    }

    #[test]
    fn the_weakest_is_the_weakest_that_is_named() {
        let entry = TrapAddress::new;
        assert_eq!(Book::default().weakest().kind, Trap::Pristine);
        let book = Book::new(&[
            entry("@old.example", Trap::Recycled),
            entry("a@b.example", Trap::Pristine),
        ]);
        assert_eq!(book.weakest().kind, Trap::Recycled);
    }

    #[test]
    fn the_strongest_decides() {
        let stronger = |one, other| Hit::of(one).stronger(Hit::of(other)).kind;
        assert_eq!(stronger(Trap::Typo, Trap::Recycled), Trap::Recycled);
        assert_eq!(stronger(Trap::Typo, Trap::Pristine), Trap::Pristine);
        assert_eq!(stronger(Trap::Typo, Trap::Typo), Trap::Typo);
        assert_eq!(stronger(Trap::Typo, Trap::Role), Trap::Typo);
    }

    #[test]
    fn of_two_of_a_kind_the_heavier_decides_and_what_weighs_nothing_never() {
        let weighing = |address: &str, kind, weight: &str| TrapAddress {
            weight: weight.parse().unwrap(),
            ..TrapAddress::new(address, kind)
        };
        let book = Book::new(&[
            weighing("light@b.example", Trap::Recycled, "0.2"),
            weighing("heavy@b.example", Trap::Recycled, "0.9"),
            weighing("none@b.example", Trap::Pristine, "0"),
        ]);
        let hit = |name: &str| book.hit(&Address(format!("{name}@b.example")), Timestamp::EPOCH);
        let (light, heavy, none) = (hit("light"), hit("heavy"), hit("none"));
        assert_eq!(heavy.weight.to_string(), "0.9");
        assert_eq!(light.stronger(heavy), heavy);
        assert_eq!(none.stronger(light), light);
        assert_eq!(book.weakest(), none);
    }
}
