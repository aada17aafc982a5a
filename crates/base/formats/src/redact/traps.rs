//! The names of our own traps, as the operator gave them.

use std::sync::{Arc, PoisonError, RwLock};

use super::builder::{address_of, host_of, is_at_or_below};

/// Host names, domains and addresses that belong to our traps. They are hidden in all evidence, whatever its sender wrote.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrapNames {
    hosts: Vec<String>,
    addresses: Vec<String>,
}

/// The names that are known now, which change while traps come and go. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct SharedTrapNames(Arc<RwLock<Arc<TrapNames>>>);

impl SharedTrapNames {
    /// The names that are known now.
    #[must_use]
    pub fn get(&self) -> Arc<TrapNames> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Makes others known from now on.
    pub fn set(&self, names: TrapNames) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(names);
    }
}

impl From<TrapNames> for SharedTrapNames {
    fn from(names: TrapNames) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(names))))
    }
}

impl TrapNames {
    /// Reads entries: `mx.trap.example` or `@trap.example` for a name with all below it, `name@trap.example` for one address.
    pub fn new<'a>(entries: impl IntoIterator<Item = &'a str>) -> Self {
        let mut names = Self::default();
        for entry in entries {
            let entry = address_of(entry);
            match entry.split_once('@') {
                None => names.hosts.push(host_of(&entry)),
                Some(("", domain)) => names.hosts.push(host_of(domain)),
                Some(_) => names.addresses.push(entry),
            }
        }
        names
    }

    /// Whether a mailbox belongs to our traps.
    #[must_use]
    pub fn has_mailbox(&self, address: &str) -> bool {
        let address = address_of(address);
        let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
        self.addresses.contains(&address) || self.has_host(domain)
    }

    /// How many names there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.hosts.len().saturating_add(self.addresses.len())
    }

    /// Whether a domain is known to be one of traps.
    pub(super) fn covers(&self, domain: &str) -> bool {
        let is_theirs = |address: &String| {
            address
                .rsplit_once('@')
                .is_some_and(|(_, theirs)| theirs == domain)
        };
        self.has_host(domain) || self.addresses.iter().any(is_theirs)
    }

    pub(super) fn hosts(&self) -> impl Iterator<Item = &String> {
        self.hosts.iter()
    }

    pub(super) fn addresses(&self) -> impl Iterator<Item = &String> {
        self.addresses.iter()
    }

    pub(super) fn extend(&mut self, others: &Self) {
        self.hosts.extend(others.hosts.iter().cloned());
        self.addresses.extend(others.addresses.iter().cloned());
    }

    fn has_host(&self, name: &str) -> bool {
        self.hosts
            .iter()
            .any(|host| !host.is_empty() && is_at_or_below(name, host))
    }
}
