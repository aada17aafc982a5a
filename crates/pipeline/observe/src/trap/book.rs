//! The book of trap addresses: which recipient is which kind of trap.

use std::collections::HashMap;

use atalaya_formats::smtp::Address;
use atalaya_model::Trap;

use crate::config::TrapAddress;

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

    /// What kind of trap an address is: by its name, else by its domain, else pristine, because it never was given to anybody.
    pub(crate) fn kind(&self, recipient: &Address) -> Trap {
        if self.addresses.is_empty() {
            return Trap::Pristine;
        }
        let address = recipient.0.to_lowercase();
        let by_domain = || {
            let at = address.rfind('@')?;
            self.addresses.get(address.get(at..)?)
        };
        let named = self.addresses.get(&address).or_else(by_domain);
        named.copied().unwrap_or(Trap::Pristine)
    }
}

/// The stronger of two traps: hitting an address that never was a person's says most, hitting a misspelling least.
pub(crate) const fn stronger(one: Trap, other: Trap) -> Trap {
    match (one, other) {
        (Trap::Pristine, _) | (_, Trap::Pristine) => Trap::Pristine,
        (Trap::Recycled, _) | (_, Trap::Recycled) => Trap::Recycled,
        (Trap::Typo, Trap::Typo) => Trap::Typo,
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
        assert_eq!(kind(&book, "postmaster"), Trap::Pristine);
    }

    #[test]
    fn the_strongest_decides() {
        assert_eq!(stronger(Trap::Typo, Trap::Recycled), Trap::Recycled);
        assert_eq!(stronger(Trap::Typo, Trap::Pristine), Trap::Pristine);
        assert_eq!(stronger(Trap::Typo, Trap::Typo), Trap::Typo);
    }
}
