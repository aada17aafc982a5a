//! Who may ask: by the address of the client, and by the key in the name.
//!
//! A question without a key is answered if the client is among `publish.clients`. One about `<address>.<key>.<zone>` is answered if the
//! key is known and has something left of its day. Others are refused; nobody is ever told of a listing that there is not, because
//! mail servers would reject mail by it. Nothing here takes a lock: keys are read beside the answers and put in place in one step.

mod clients;
mod file;
mod follow;
mod quota;
mod table;

use std::net::IpAddr;
use std::sync::Arc;

use arc_swap::ArcSwap;
use atalaya_model::Timestamp;
use metrics::{Counter, counter};

use self::clients::Clients;
use self::table::{Holder, KeyTable};
use crate::config::PublishConfig;

pub use self::file::{KeptKey, Key, KeyFile, KeyFileError, KeyName, KeyTerms};
pub use self::follow::KeyFollower;
pub use self::table::KeyUse;

/// Whether a question is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admission {
    /// It is.
    Admitted,
    /// It is refused.
    Refused,
}

/// Who may ask.
#[derive(Debug)]
pub struct Access {
    clients: Clients,
    keys: ArcSwap<KeyTable>,
    /// Refused questions of clients without a key.
    strangers: Counter,
    /// Refused questions with a key that nobody has.
    unknown: Counter,
    /// Refused questions with a key that has ended.
    ended: Counter,
    /// Refused questions with a key that is used up for the day.
    used_up: Counter,
}

impl Access {
    pub(crate) fn new(config: &PublishConfig) -> Self {
        let refused = |reason| counter!("atalaya_publish_refused_total", "reason" => reason);
        Self {
            clients: Clients::new(&config.clients),
            keys: ArcSwap::default(),
            strangers: refused("client"),
            unknown: refused("unknown_key"),
            ended: refused("ended_key"),
            used_up: refused("quota"),
        }
    }

    /// Whether a client may ask without a key.
    #[must_use]
    pub fn is_open_to(&self, client: IpAddr) -> bool {
        self.clients.contains(client)
    }

    /// Decides about a question, and counts it.
    pub(crate) fn admit(&self, client: IpAddr, key: Option<&[u8]>, now: Timestamp) -> Admission {
        self.decide((client, key), now, |holder| holder.take(now))
    }

    /// Decides about a question on the way to another, as resolvers ask that hide the whole name: it costs nothing of the day.
    pub(crate) fn recognise(&self, client: IpAddr, key: Option<&[u8]>, now: Timestamp) -> Admission {
        self.decide((client, key), now, |holder| !holder.is_used_up(now))
    }

    fn decide(
        &self,
        (client, key): (IpAddr, Option<&[u8]>),
        now: Timestamp,
        may: impl FnOnce(&Holder) -> bool,
    ) -> Admission {
        let refused_as = match key {
            None if self.is_open_to(client) => return Admission::Admitted,
            None => &self.strangers,
            Some(key) => match self.keys.load().find(key) {
                Some(holder) if holder.is_over(now) => &self.ended,
                Some(holder) if may(holder) => return Admission::Admitted,
                Some(_used_up) => &self.used_up,
                None => &self.unknown,
            },
        };
        refused_as.increment(1);
        Admission::Refused
    }

    /// What each key was used for today, by name.
    #[must_use]
    pub fn used(&self, now: Timestamp) -> Vec<KeyUse> {
        self.keys.load().used(now)
    }

    /// Puts keys in the place of those before; one that stays keeps its count.
    pub fn set_keys(&self, file: &KeyFile) {
        let old = self.keys.load();
        self.keys.store(Arc::new(KeyTable::new(file, &old)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    fn file(keys: &[(&str, &Key, Option<u64>)]) -> KeyFile {
        let mut file = KeyFile::default();
        for (name, key, per_day) in keys {
            let terms = KeyTerms {
                per_day: *per_day,
                ..KeyTerms::default()
            };
            file.add(name.parse().unwrap(), key, terms).unwrap();
        }
        file
    }

    /// Access for nobody without a key.
    fn closed() -> Access {
        Access::new(&PublishConfig {
            clients: vec!["192.0.2.0/24".parse().unwrap()],
            ..PublishConfig::default()
        })
    }

    #[test]
    fn clients_without_a_key_are_told_apart_by_their_address() {
        let access = closed();
        let admit = |client: &str| access.admit(client.parse().unwrap(), None, at(0));
        assert_eq!(admit("192.0.2.7"), Admission::Admitted);
        assert_eq!(admit("::ffff:192.0.2.7"), Admission::Admitted);
        assert_eq!(admit("192.0.3.7"), Admission::Refused);
        assert_eq!(admit("2001:db8::1"), Admission::Refused);
        let open = Access::new(&PublishConfig::default());
        assert!(open.is_open_to([198, 51, 100, 1].into()) && open.is_open_to("2001:db8::1".parse().unwrap()));
    }

    #[test]
    fn a_key_admits_from_everywhere_in_any_case_until_its_day_is_used_up() {
        let (access, client) = (closed(), IpAddr::from([198, 51, 100, 1]));
        let key = Key::from_random([7; 16]);
        let text = key.to_string();
        access.set_keys(&file(&[("mx", &key, Some(2))]));
        let admit = |key: &str, now| access.admit(client, Some(key.as_bytes()), at(now));
        assert_eq!(admit(&text, 0), Admission::Admitted);
        assert_eq!(
            access.recognise(client, Some(text.as_bytes()), at(0)),
            Admission::Admitted
        );
        assert_eq!(admit(&text.to_uppercase(), 1), Admission::Admitted);
        assert_eq!(admit(&text, DAY - 1), Admission::Refused);
        assert_eq!(
            access.recognise(client, Some(text.as_bytes()), at(DAY - 1)),
            Admission::Refused
        );
        assert_eq!(admit(&text, DAY), Admission::Admitted, "a new day");
        assert_eq!(admit(&text[1..], DAY), Admission::Refused);
        let used = access.used(at(DAY));
        assert_eq!((used[0].name.as_str(), used[0].today), ("mx", 1));
    }

    #[test]
    fn a_key_that_stays_keeps_its_count_and_one_that_is_removed_is_refused() {
        let (access, client) = (closed(), IpAddr::from([198, 51, 100, 1]));
        let [one, other] = [1, 2].map(|byte| Key::from_random([byte; 16]));
        let admit = |key: &Key| access.admit(client, Some(key.to_string().as_bytes()), at(5));
        access.set_keys(&file(&[("one", &one, Some(2)), ("other", &other, None)]));
        assert_eq!(
            (admit(&one), admit(&other)),
            (Admission::Admitted, Admission::Admitted)
        );
        access.set_keys(&file(&[("one", &one, Some(2))]));
        assert_eq!(
            (admit(&one), admit(&other)),
            (Admission::Admitted, Admission::Refused)
        );
        assert_eq!(admit(&one), Admission::Refused, "two in all");
    }

    #[test]
    fn a_key_is_good_until_its_end_and_one_made_anew_goes_on_with_the_day() {
        let (access, client) = (closed(), IpAddr::from([198, 51, 100, 1]));
        let [one, other] = [1, 2].map(|byte| Key::from_random([byte; 16]));
        let admit = |key: &Key, now| access.admit(client, Some(key.to_string().as_bytes()), at(now));
        let name: KeyName = "mx".parse().unwrap();
        let terms = KeyTerms {
            per_day: Some(2),
            since: Some(at(0)),
            until: Some(at(100)),
        };
        let mut file = KeyFile::default();
        file.add(name.clone(), &one, terms).unwrap();
        access.set_keys(&file);
        assert_eq!(
            (admit(&one, 99), admit(&one, 100)),
            (Admission::Admitted, Admission::Refused)
        );
        file.renew(&name, &other, (at(100), Some(at(200)))).unwrap();
        access.set_keys(&file);
        assert_eq!(
            (admit(&one, 101), admit(&other, 102), admit(&other, 103)),
            (Admission::Refused, Admission::Admitted, Admission::Refused)
        );
    }

    #[test]
    fn many_threads_together_get_no_more_than_the_day_has() {
        let (access, client) = (closed(), IpAddr::from([198, 51, 100, 1]));
        let key = Key::from_random([9; 16]);
        access.set_keys(&file(&[("mx", &key, Some(1000))]));
        let label = key.to_string();
        let ask = || {
            let admit = |_| access.admit(client, Some(label.as_bytes()), at(0));
            (0..400)
                .map(admit)
                .filter(|admission| *admission == Admission::Admitted)
                .count()
        };
        let admitted: usize = std::thread::scope(|scope| {
            let asking: Vec<_> = (0..4).map(|_| scope.spawn(ask)).collect();
            asking.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(admitted, 1000);
    }
}
