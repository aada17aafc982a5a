//! The zone of contacts: whom to tell about an address, for programs of others that ask DNS for it as they ask the zone of Abusix.
//!
//! `4.3.2.1.contacts.example` has one TXT record with the mailboxes of the network around 1.2.3.4, commas between. Answers come from memory
//! alone. An unknown name gets "no such name", and may be wanted: then somebody who finds contacts hears of it, unless he has too much to
//! do already.

mod follow;
mod known;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use atalaya_model::{Prefix, Serial, Timestamp, reserved};
use domain::base::Ttl;
use metrics::{Counter, counter};
use tokio::sync::mpsc;

use self::known::{Contacts, Entry};
use crate::apex::Apex;
use crate::config::PublishConfig;
use crate::error::PublishError;
use crate::published::PublishedZones;

pub use self::follow::ContactFollower;

/// What is known to exist in every zone of the kind, so that its users can see that it answers.
const TEST: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
/// Unknown addresses that wait for somebody to take them.
const MOST_WANTED: usize = 1_024;

/// The zone.
#[derive(Debug)]
pub struct ContactZone {
    apex: Apex,
    /// What the test entry says: our own mailbox.
    own: Arc<str>,
    known: RwLock<Contacts>,
    /// Whether what the store keeps was read once, so that "unknown" means it.
    is_loaded: AtomicBool,
    wanted: Option<mpsc::Sender<IpAddr>>,
    unwanted: Counter,
}

/// What is known of an address.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// These mailboxes, and how long that may be kept.
    Mailboxes(Arc<str>, Ttl),
    /// That it has no contact, or nothing.
    Nothing,
}

impl ContactZone {
    /// Makes a zone of this name that knows nobody yet. Its name servers and times are those of the list, and so is who may ask.
    ///
    /// # Errors
    /// The name cannot be served beside the list.
    pub fn new(name: &str, config: &PublishConfig) -> Result<Self, PublishError> {
        let refused = |reason: String| PublishError::ContactZone { reason };
        let own = PublishConfig {
            zone: name.to_owned(),
            ..config.clone()
        };
        let apex = Apex::new(&own).map_err(|error| match error {
            PublishError::Setting { reason, .. } => refused(reason),
            other => other,
        })?;
        let list = PublishedZones::new(config)?;
        let list_name = &list.combined().apex.zone;
        if list_name.ends_with(&apex.zone) {
            return Err(refused(format!(
                "`{name}` holds the list's own zone, {list_name}"
            )));
        }
        if list
            .locate(apex.zone.for_slice())
            .is_some_and(|place| place.number > 0 || place.key.is_some())
        {
            return Err(refused(format!(
                "`{name}` lies in a sub-zone of the list, or where its keys stand"
            )));
        }
        let own = match &config.contact {
            Some(contact) => contact.to_string(),
            None => format!("hostmaster@{list_name}"),
        };
        Ok(Self {
            apex,
            own: own.into(),
            known: RwLock::default(),
            is_loaded: AtomicBool::new(false),
            wanted: None,
            unwanted: counter!("atalaya_publish_unwanted_contacts_total"),
        })
    }

    /// Tells somebody of the addresses that were asked for and are unknown; a bounded number of them.
    #[must_use]
    pub fn with_wanted(mut self) -> (Self, mpsc::Receiver<IpAddr>) {
        let (sender, wanted) = mpsc::channel(MOST_WANTED);
        self.wanted = Some(sender);
        (self, wanted)
    }

    /// The name of the zone, without a dot at the end.
    #[must_use]
    pub fn name(&self) -> String {
        self.apex.zone.to_string()
    }

    /// What the zone says about itself.
    pub(crate) const fn apex(&self) -> &Apex {
        &self.apex
    }

    /// Rises with each change.
    pub(crate) fn serial(&self) -> Serial {
        Serial(
            self.known
                .read()
                .unwrap_or_else(PoisonError::into_inner)
                .changes(),
        )
    }

    /// Whether what the store keeps was read once.
    pub(crate) fn is_loaded(&self) -> bool {
        self.is_loaded.load(Ordering::Relaxed)
    }

    /// What is known of an address; who is unknown is wanted.
    pub(crate) fn find(&self, address: IpAddr, now: Timestamp) -> Found {
        let address = address.to_canonical();
        if address == TEST {
            return Found::Mailboxes(Arc::clone(&self.own), self.apex.listing_ttl);
        }
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let entry = known.find(address, now).cloned();
        drop(known);
        match entry {
            Some(Entry {
                mailboxes: Some(mailboxes),
                until,
            }) => {
                let left = u32::try_from(until.since(now).as_secs()).unwrap_or(u32::MAX);
                Found::Mailboxes(mailboxes, self.apex.listing_ttl.min(Ttl::from_secs(left)))
            }
            Some(_nobody) => Found::Nothing,
            None => {
                self.want(address);
                Found::Nothing
            }
        }
    }

    fn want(&self, address: IpAddr) {
        if let Some(wanted) = &self.wanted
            && reserved(&Prefix::single(address)).is_none()
            && wanted.try_send(address).is_err()
        {
            self.unwanted.increment(1);
        }
    }

    /// Changes what is known.
    fn change(&self, change: impl FnOnce(&mut Contacts)) {
        change(&mut self.known.write().unwrap_or_else(PoisonError::into_inner));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(name: &str) -> String {
        ContactZone::new(name, &PublishConfig::default())
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn its_name_may_not_hide_anything_of_the_list() {
        for name in [
            "bl.atalaya.test",
            "atalaya.test",
            "spam.bl.atalaya.test",
            "a.bot.bl.atalaya.test",
            "",
            "a b",
        ] {
            assert!(wrong(name).starts_with("contact.zone"), "{}", wrong(name));
        }
        for name in [
            "contacts.bl.atalaya.test",
            "contacts.atalaya.test",
            "contacts.example",
        ] {
            assert_eq!(
                ContactZone::new(name, &PublishConfig::default()).unwrap().name(),
                name
            );
        }
    }

    #[test]
    fn what_is_unknown_is_wanted_once_there_is_room_and_never_what_is_reserved() {
        let zone = ContactZone::new("contacts.example", &PublishConfig::default()).unwrap();
        let (zone, mut wanted) = zone.with_wanted();
        for address in ["127.0.0.1", "10.0.0.1", "192.168.0.1", "fe80::1", "127.0.0.2"] {
            zone.find(address.parse().unwrap(), Timestamp::EPOCH);
        }
        assert!(wanted.try_recv().is_err());
        for number in 0..2_000_u32 {
            let address = Ipv4Addr::from_bits(0x0101_0000 + number);
            assert_eq!(zone.find(address.into(), Timestamp::EPOCH), Found::Nothing);
        }
        assert_eq!(wanted.len(), MOST_WANTED);
        assert_eq!(wanted.try_recv().unwrap().to_string(), "1.1.0.0");
    }
}
