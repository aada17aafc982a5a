//! Advice to mail servers: what one that asks is to do with a client, and which clients are never spoken against.
//!
//! In: what a mail server says of a client. Out: the [`Advice`] that the operator wants for the class in which it is listed, and what its words
//! prove. Everything is answered from memory, and nothing is made up: with no list loaded everybody passes. Shared by the sensors
//! that protect a mail server while they watch.

mod config;

use std::fmt;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};

use atalaya_model::{Class, Prefix, reserved};

pub use self::config::{Advice, AdviceConfig, BadAdvice};
use crate::trap::Hit;

/// Local parts of senders that bounce, or that only ask whether an address exists: `double-bounce` is Postfix's, `postmaster` Exim's. They end here
/// because somebody forged the trap as a sender, so they were fooled themselves.
const FOOLED: &[&str] = &["", "double-bounce", "mailer-daemon", "postmaster"];

/// What the rest of the program knows. Answers from memory.
pub trait Knowledge: fmt::Debug + Send + Sync {
    /// The classes in which an address is listed; none while no list is loaded.
    fn classes(&self, address: IpAddr) -> Option<Vec<Class>>;

    /// The trap that a recipient was named to be, by itself or by its domain.
    fn trap(&self, recipient: &str) -> Option<Hit>;
}

/// Who gives the advice.
#[derive(Debug)]
pub struct Adviser {
    config: AdviceConfig,
    knowledge: Box<dyn Knowledge>,
    /// Where the pages are, without a slash at the end.
    public_url: String,
    /// Whether it was told that no list is loaded.
    is_told: AtomicBool,
}

impl Adviser {
    /// Gives advice by what is known; the pages are at `public_url`. The configuration must have passed its check.
    #[must_use]
    pub fn new(config: AdviceConfig, knowledge: Box<dyn Knowledge>, public_url: String) -> Self {
        Self {
            config,
            knowledge,
            public_url,
            is_told: AtomicBool::new(false),
        }
    }

    /// What to do with mail from an address. Whoever logged in is no stranger and must not be asked about.
    #[must_use]
    pub fn advice(&self, address: IpAddr) -> Advice {
        if self.is_own(address) {
            return Advice::Pass;
        }
        let classes = self.knowledge.classes(address);
        self.tell_whether_loaded(classes.as_ref());
        let url = format!("{}/ip/{address}", self.public_url);
        let advice = classes.into_iter().flatten().map(|class| {
            let gaps = [
                ("{address}", &*address.to_string()),
                ("{class}", class.name()),
                ("{url}", &url),
            ];
            self.config.of(class).fill(&gaps)
        });
        advice.max_by_key(Advice::strength).unwrap_or_default()
    }

    /// Whether an address may be spoken against: it is none of the operator's, and names one machine of the Internet.
    #[must_use]
    pub fn is_stranger(&self, address: IpAddr) -> bool {
        !self.is_own(address) && reserved(&Prefix::single(address)).is_none()
    }

    /// Whether everybody may write to this recipient, whatever the advice.
    #[must_use]
    pub fn is_open(&self, recipient: &str) -> bool {
        let open = &self.config.open_names;
        open.iter()
            .any(|open| open.eq_ignore_ascii_case(local_part(recipient)))
    }

    /// The trap that a recipient was named to be.
    #[must_use]
    pub fn trap(&self, recipient: &str) -> Option<Hit> {
        self.knowledge.trap(recipient)
    }

    /// Whether what a client calls itself (HELO, EHLO) is a name or an address of the operator's own.
    #[must_use]
    pub fn is_own_name(&self, helo: &str) -> bool {
        // An address stands in brackets, one of IPv6 with a word in front (RFC 5321 section 4.1.3).
        let name = helo.trim_start_matches('[').trim_end_matches([']', '.']);
        let name = match name.get(..5) {
            Some(word) if word.eq_ignore_ascii_case("IPv6:") => name.get(5..).unwrap_or_default(),
            _ => name,
        };
        let own = &self.config.own_names;
        own.iter().any(|own| own.eq_ignore_ascii_case(name))
    }

    fn is_own(&self, address: IpAddr) -> bool {
        let own = &self.config.own_networks;
        own.iter().any(|own| own.contains(address))
    }

    /// Tells once that no list is loaded, and once that one is.
    fn tell_whether_loaded(&self, classes: Option<&Vec<Class>>) {
        let was_told = self.is_told.swap(classes.is_none(), Ordering::Relaxed);
        match classes {
            None if !was_told => {
                tracing::warn!("no list is loaded: mail servers are told to let everybody pass");
            }
            Some(_) if was_told => {
                tracing::info!("the list is loaded, and mail servers are answered from it");
            }
            _ => {}
        }
    }
}

/// Whether mail of this sender was caused by a forgery: whoever sends it was fooled himself.
pub(crate) fn is_fooled(sender: &str) -> bool {
    let local = local_part(sender);
    FOOLED.iter().any(|fooled| fooled.eq_ignore_ascii_case(local))
}

fn local_part(address: &str) -> &str {
    address.rsplit_once('@').map_or(address, |(local, _)| local)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::Arc;

    use atalaya_model::Trap;

    use super::*;

    /// Knows 192.0.2.3 as spam and policy, 192.0.2.4 as bot, and the traps of trap.example (recycled) and pristine.example.
    #[derive(Debug)]
    struct Few;

    impl Knowledge for Few {
        fn classes(&self, address: IpAddr) -> Option<Vec<Class>> {
            Some(match address.to_string().as_str() {
                "192.0.2.3" => vec![Class::Policy, Class::Spam],
                "192.0.2.4" => vec![Class::Bot],
                _ => Vec::new(),
            })
        }

        fn trap(&self, recipient: &str) -> Option<Hit> {
            let (_, domain) = recipient.rsplit_once('@')?;
            match domain {
                "trap.example" => Some(Hit::of(Trap::Recycled)),
                "pristine.example" => Some(Hit::of(Trap::Pristine)),
                _ => None,
            }
        }
    }

    /// Has no list yet.
    #[derive(Debug)]
    struct Unloaded;

    impl Knowledge for Unloaded {
        fn classes(&self, _address: IpAddr) -> Option<Vec<Class>> {
            None
        }

        fn trap(&self, recipient: &str) -> Option<Hit> {
            Few.trap(recipient)
        }
    }

    fn knowing(config: AdviceConfig, knowledge: impl Knowledge + 'static) -> Arc<Adviser> {
        Arc::new(Adviser::new(
            config,
            Box::new(knowledge),
            "https://list.example".to_owned(),
        ))
    }

    /// An adviser who knows 192.0.2.3 as spam and policy, 192.0.2.4 as bot, and the traps of trap.example (recycled) and pristine.example.
    pub(crate) fn adviser(config: AdviceConfig) -> Arc<Adviser> {
        knowing(config, Few)
    }

    /// An adviser who has no list yet.
    pub(crate) fn adviser_without_list() -> Arc<Adviser> {
        knowing(AdviceConfig::default(), Unloaded)
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn of_several_classes_the_one_whose_advice_does_most_goes() {
        let adviser = adviser(AdviceConfig::default());
        let text = "192.0.2.3 is listed as spam; see https://list.example/ip/192.0.2.3".to_owned();
        assert_eq!(adviser.advice(address("192.0.2.3")), Advice::Reject(text));
        assert_eq!(adviser.advice(address("192.0.2.9")), Advice::Pass);
    }

    #[test]
    fn own_networks_pass_and_so_does_everybody_while_no_list_is_loaded() {
        let config = AdviceConfig {
            own_networks: vec!["192.0.2.0/30".parse().unwrap()],
            ..AdviceConfig::default()
        };
        assert_eq!(adviser(config).advice(address("192.0.2.3")), Advice::Pass);
        let empty = adviser_without_list();
        assert_eq!(empty.advice(address("192.0.2.3")), Advice::Pass);
    }

    #[test]
    fn own_names_are_known_however_they_are_written() {
        let config = AdviceConfig {
            own_names: ["mx.example.org", "192.0.2.25", "2001:db8::25"]
                .map(str::to_owned)
                .to_vec(),
            ..AdviceConfig::default()
        };
        let adviser = adviser(config);
        for own in [
            "MX.example.org.",
            "[192.0.2.25]",
            "192.0.2.25",
            "[IPv6:2001:db8::25]",
        ] {
            assert!(adviser.is_own_name(own), "{own}");
        }
        for other in ["", "x.mx.example.org", "example.org", "[192.0.2.2]", "ñññ"] {
            assert!(!adviser.is_own_name(other), "{other}");
        }
    }

    #[test]
    fn an_open_name_is_one_of_any_domain() {
        let adviser = adviser(AdviceConfig::default());
        assert!(adviser.is_open("Postmaster@a.example") && adviser.is_open("abuse"));
        assert!(!adviser.is_open("abuse.x@a.example") && !adviser.is_open("a@abuse"));
    }

    #[test]
    fn who_bounces_or_asks_was_fooled() {
        for sender in [
            "",
            "MAILER-DAEMON@a.example",
            "postmaster@a.example",
            "double-bounce",
        ] {
            assert!(is_fooled(sender), "{sender}");
        }
        assert!(!is_fooled("a@postmaster") && !is_fooled("postmaster.x@a.example"));
    }

    #[test]
    fn reserved_and_own_addresses_are_no_strangers() {
        let config = AdviceConfig {
            own_networks: vec!["198.51.100.0/24".parse().unwrap()],
            ..AdviceConfig::default()
        };
        let adviser = adviser(config);
        assert!(adviser.is_stranger(address("192.0.2.1")));
        for own in ["127.0.0.1", "10.1.2.3", "198.51.100.7", "::1"] {
            assert!(!adviser.is_stranger(address(own)), "{own}");
        }
    }
}
