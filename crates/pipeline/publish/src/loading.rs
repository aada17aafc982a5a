//! Loading a zone from a list that comes piece by piece, while the zone answers.
//!
//! Each piece takes the place of what the zone holds for the same addresses, and answers at once: see [`crate::set::Replacement`] for what a
//! reader sees meanwhile. No second list is made beside the first, so that a list is replaced in hardly more memory than it takes.
//!
//! Until the end the zone keeps its serial, and is neither copied nor exported nor kept on disk: what it holds then is no list that ever
//! was. A zone that was not loaded before goes on saying so.

use std::sync::Arc;

use atalaya_model::{AllowEntry, Serial};

use crate::set::{Held, Replacement};
use crate::zone::Zone;

/// A list on its way into a zone. Dropped in the middle, it leaves the zone as it is then, to be loaded again from the beginning.
#[derive(Debug)]
pub struct Loading {
    zone: Arc<Zone>,
    replacement: Replacement,
}

impl Loading {
    /// Begins to load a zone.
    #[must_use]
    pub fn new(zone: Arc<Zone>) -> Self {
        Self {
            zone,
            replacement: Replacement::new(),
        }
    }

    /// Takes entries of the allow list, all of which come before the listings.
    pub fn allow(&mut self, entries: &[AllowEntry]) {
        let replacement = &mut self.replacement;
        self.zone
            .replace(|set| entries.iter().for_each(|entry| replacement.allow(set, entry)));
    }

    /// Takes the next listings, in the order of their first addresses; IPv4 has the place of its mapped form.
    pub fn list(&mut self, listings: impl IntoIterator<Item = Held>) {
        let replacement = &mut self.replacement;
        self.zone.replace(|set| {
            for listing in listings {
                replacement.list(set, &listing);
            }
        });
    }

    /// Ends it: the zone stands at `serial`, and holds this list and nothing else.
    pub fn finish(self, serial: Serial) {
        self.zone
            .end_replacement(|set| self.replacement.finish(set), serial);
    }
}

#[cfg(test)]
mod tests {
    use atalaya_model::{Class, Decided, Decision, Rule, Timestamp, Verdict};

    use super::*;
    use crate::{Filter, PublishConfig};

    fn zone() -> Arc<Zone> {
        let config = PublishConfig {
            transfer_to: vec!["127.0.0.1/32".parse().unwrap()],
            ..PublishConfig::default()
        };
        Arc::new(Zone::new(&config, "http://127.0.0.1:8080").unwrap())
    }

    fn held(address: &str) -> Held {
        Held {
            prefix: address.parse().unwrap(),
            class: Class::Spam,
            until: None,
            text: None,
        }
    }

    fn lists(zone: &Zone, address: &str) -> bool {
        zone.lookup(address.parse().unwrap(), Timestamp::EPOCH)
            .is_listed()
    }

    /// Whether the zone is given away as a whole.
    fn is_given(zone: &Zone) -> bool {
        let export = zone.export(Filter::default(), Timestamp::EPOCH);
        assert_eq!(export.is_some(), zone.whole().is_some());
        export.is_some()
    }

    #[test]
    fn a_first_list_answers_when_all_of_it_is_there() {
        let zone = zone();
        let mut loading = Loading::new(Arc::clone(&zone));
        loading.list([held("192.0.2.1")]);
        assert!(!zone.is_loaded() && !is_given(&zone));
        loading.finish(Serial(7));
        assert!(zone.is_loaded() && is_given(&zone) && lists(&zone, "192.0.2.1"));
        assert_eq!((zone.serial(), zone.size()), (Serial(7), (1, 0)));
    }

    #[test]
    fn a_list_that_is_being_replaced_answers_and_is_not_given_away() {
        let zone = zone();
        let mut loading = Loading::new(Arc::clone(&zone));
        loading.list(["192.0.2.1", "192.0.2.2"].map(held));
        loading.finish(Serial(7));
        let mut loading = Loading::new(Arc::clone(&zone));
        loading.list(["192.0.2.2", "192.0.2.3"].map(held));
        assert!(zone.is_loaded() && lists(&zone, "192.0.2.2") && !is_given(&zone));
        assert_eq!(zone.serial(), Serial(7));
        // The store failed: another one begins again.
        drop(loading);
        assert!(!is_given(&zone));
        let mut loading = Loading::new(Arc::clone(&zone));
        loading.list(["192.0.2.2", "192.0.2.4"].map(held));
        loading.finish(Serial(5));
        assert!(is_given(&zone) && lists(&zone, "192.0.2.2") && lists(&zone, "192.0.2.4"));
        assert!(!lists(&zone, "192.0.2.1") && !lists(&zone, "192.0.2.3"));
        assert_eq!((zone.serial(), zone.size()), (Serial(5), (2, 0)));
    }

    #[test]
    fn what_is_prepared_is_seen_when_it_is_shown_or_a_secondary_asks() {
        let zone = zone();
        Loading::new(Arc::clone(&zone)).finish(Serial(1));
        let decided = |serial: u64, address: &str| Decided {
            serial: Serial(serial),
            at: Timestamp::EPOCH,
            decision: Decision {
                prefix: address.parse().unwrap(),
                verdict: Verdict::List {
                    class: Class::Spam,
                    until: None,
                },
                rule: Rule::new("by-hand", 1),
                score: 0.0,
                reason: String::new(),
            },
        };
        zone.prepare(&[decided(2, "192.0.2.1"), decided(3, "192.0.2.2")])
            .unwrap();
        assert_eq!((zone.serial(), zone.prepared()), (Serial(1), Serial(3)));
        assert!(!lists(&zone, "192.0.2.1"));
        assert!(
            zone.prepare(&[decided(5, "192.0.2.5")]).is_err(),
            "one is missing"
        );
        zone.show();
        assert!(lists(&zone, "192.0.2.1") && zone.serial() == Serial(3));
        zone.prepare(&[decided(4, "192.0.2.4"), decided(5, "192.0.2.4")])
            .unwrap();
        let difference = zone.difference(Serial(3)).unwrap();
        assert_eq!((difference.serial, zone.serial()), (Serial(5), Serial(5)));
        assert_eq!(
            (
                difference.before.entries().count(),
                difference.after.entries().count()
            ),
            (2, 3)
        );
    }
}
