//! The book of trap addresses: which recipient is which kind of trap.

use std::collections::HashMap;

use atalaya_formats::smtp::Address;
use atalaya_model::Trap;

use crate::config::TrapAddress;

/// Local parts that every domain with mail has (RFC 5321 section 4.5.1, RFC 2142): whoever writes there may have found them in a standard.
const ROLES: &[&str] = &["postmaster", "abuse"];

/// The named addresses and domains, in lower case.
#[derive(Debug, Clone, Default)]
pub(crate) struct Book {
    addresses: HashMap<String, Trap>,
}

impl Book {
    /// Reads the list of the configuration.
    pub(crate) fn new(entries: &[TrapAddress]) -> Self {
        let addresses = entries
            .iter()
            .map(|entry| (entry.address.to_lowercase(), entry.kind))
            .collect();
        Self { addresses }
    }

    /// What kind of trap an address is: by its name, else by its role, else by its domain, else pristine, because it never was given to
    /// anybody.
    pub(crate) fn kind(&self, recipient: &Address) -> Trap {
        let address = recipient.0.to_lowercase();
        let (local, at_domain) = match address.rfind('@').and_then(|at| address.split_at_checked(at)) {
            Some(parts) => parts,
            None => (address.as_str(), ""),
        };
        let by_role = || ROLES.contains(&local).then_some(&Trap::Role);
        let named = self
            .addresses
            .get(&address)
            .or_else(by_role)
            .or_else(|| self.addresses.get(at_domain));
        named.copied().unwrap_or(Trap::Pristine)
    }

    /// The weakest kind that is named: what an address is at least. Pristine where none is named.
    pub(crate) fn weakest(&self) -> Trap {
        let kinds = self.addresses.values().copied();
        kinds.min_by_key(|kind| strength(*kind)).unwrap_or(Trap::Pristine)
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
        book.kind(&Address(address.to_owned()))
    }

    #[test]
    fn a_name_goes_before_its_domain_and_others_are_pristine() {
        let entry = |address: &str, kind| TrapAddress {
            address: address.to_owned(),
            kind,
        };
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
    fn what_every_domain_has_is_a_role_unless_it_is_named() {
        let entry = |address: &str, kind| TrapAddress {
            address: address.to_owned(),
            kind,
        };
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
    fn the_weakest_is_the_weakest_that_is_named() {
        let entry = |address: &str, kind| TrapAddress {
            address: address.to_owned(),
            kind,
        };
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
