//! How a sender looked: everything that may tell which program it was. Few profiles stand for many connections, so that they are kept once.
//!
//! A profile says what was seen and names nobody. Names are given when somebody looks, by the catalogue and the signatures of that day,
//! so that a botnet that is understood today is found in what was counted last week.

use atalaya_formats::smtp::hello_class;
use atalaya_formats::syn::Syn;
use atalaya_model::{DialectId, Fingerprint, Kind, Observation, Sensor, ShapeId, Trap};
use serde::{Deserialize, Serialize};

/// Longest HELO that is kept as a word of the catalogue, in bytes.
pub(crate) const MOST_HELLO: usize = 64;

/// What classes of names behind HELO there are; nothing stands for none.
pub(crate) const CLASSES: [&str; 24] = [
    "",
    "?",
    "name",
    "name-of-address",
    "word",
    "WORD",
    "localhost",
    "own",
    "private",
    "other",
    "[own]",
    "[private]",
    "[other]",
    "[?]",
    "[own",
    "[private",
    "[other",
    "[?",
    "[IPv6:own]",
    "[IPv6:private]",
    "[IPv6:other]",
    "[IPv6:?]",
    "[IPv6:own",
    "[IPv6:?",
];

/// A kept HELO: its class, and the name where that was kept.
pub(crate) fn split_hello(kept: &str) -> (&str, Option<&str>) {
    match kept
        .split_once(" \"")
        .and_then(|(class, rest)| Some((class, rest.strip_suffix('"')?)))
    {
        Some((class, name)) => (class, Some(name)),
        None => (kept, None),
    }
}

/// How a sender looked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Profile {
    /// Which kind of sensor saw it.
    pub sensor: Sensor,
    /// What was seen.
    pub kind: Kind,
    /// The kind of trap that was hit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trap: Option<Trap>,
    /// The first packet of the connection without the distance that it came; `unavailable` where none was kept; empty where the sensor
    /// sees none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub stack: String,
    /// The dialect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dialect: Option<DialectId>,
    /// The class of the name behind HELO; behind it the name itself, in quotes, where the catalogue asks for it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub helo: String,
    /// The shape of the header of the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub headers: Option<ShapeId>,
}

impl Profile {
    /// Whether a sensor may have seen this: what another machine hands on is not believed.
    pub(crate) fn can_be(&self) -> bool {
        let is_stack = self.stack.is_empty() || self.stack.parse::<Fingerprint>().is_ok();
        let (class, name) = split_hello(&self.helo);
        let is_name = |name: &str| {
            let length = 1..=MOST_HELLO;
            length.contains(&name.len()) && !name.contains('"') && !name.chars().any(char::is_control)
        };
        self.sensor.hears_mail() && is_stack && CLASSES.contains(&class) && name.is_none_or(is_name)
    }

    /// How the sender of an observation looked. `names` are those behind HELO that are kept as they are, in small letters.
    #[must_use]
    pub fn of(observation: &Observation, names: &[String]) -> Self {
        let fingerprint = observation.fingerprint.as_ref();
        Self {
            sensor: observation.sensor,
            kind: observation.kind,
            trap: observation.trap,
            stack: fingerprint.map_or_else(String::new, |kept| {
                Syn::of(kept).map_or_else(|| kept.to_string(), |syn| syn.at_its_start().to_string())
            }),
            dialect: observation.dialect,
            helo: hello(observation, names),
            headers: observation.headers,
        }
    }
}

/// The HELO as it is kept: its class, and behind it in quotes the name itself where the catalogue asks for it.
fn hello(observation: &Observation, names: &[String]) -> String {
    let name = observation.envelope.helo.as_str();
    let class = match hello_class(name, observation.address).as_str() {
        "word" if name.bytes().all(|byte| byte.is_ascii_uppercase()) => "WORD".to_owned(),
        "name" if holds_address(name, observation) => "name-of-address".to_owned(),
        class => class.to_owned(),
    };
    if name.len() <= MOST_HELLO && names.iter().any(|known| name.eq_ignore_ascii_case(known)) {
        return format!("{class} \"{}\"", name.to_ascii_lowercase());
    }
    class
}

/// Whether a name is made of the IPv4 address of whoever says it, as those of lines for homes are.
fn holds_address(name: &str, observation: &Observation) -> bool {
    let std::net::IpAddr::V4(address) = observation.address else {
        return false;
    };
    let numbers: Vec<&str> = name
        .split(|c: char| !c.is_ascii_digit())
        .filter(|digits| !digits.is_empty())
        .collect();
    let octets = address.octets().map(|octet| octet.to_string());
    let is = |window: &[&str], octets: &mut dyn Iterator<Item = &String>| {
        window
            .iter()
            .zip(octets)
            .all(|(digits, octet)| digits.trim_start_matches('0') == octet.trim_start_matches('0'))
    };
    numbers
        .windows(4)
        .any(|window| is(window, &mut octets.iter()) || is(window, &mut octets.iter().rev()))
}

#[cfg(test)]
mod tests {
    use atalaya_model::{ObservationId, Timestamp};

    use super::*;

    fn seen(helo: &str) -> Observation {
        let address = [192, 0, 2, 7].into();
        let mut seen = Observation::new(
            ObservationId(uuid::Uuid::nil()),
            address,
            Timestamp::EPOCH,
            Sensor::Trap,
        );
        helo.clone_into(&mut seen.envelope.helo);
        seen
    }

    #[test]
    fn the_distance_is_no_part_of_a_stack() {
        let stack = |text: &str| {
            let mut seen = seen("");
            seen.fingerprint = Some(text.parse().unwrap());
            Profile::of(&seen, &[]).stack
        };
        let near = stack("4:64:0:60+0:1460:64240,7:mss,sok,ts,nop,ws:df,id+");
        assert_eq!(near, stack("4:52:0:60+0:1460:64240,7:mss,sok,ts,nop,ws:df,id+"));
        assert_ne!(near, stack("4:117:0:60+0:1460:64240,7:mss,sok,ts,nop,ws:df,id+"));
        assert_eq!(stack("unavailable"), "unavailable");
        assert_eq!(Profile::of(&seen(""), &[]).stack, "");
    }

    #[test]
    fn a_hello_is_its_class_or_a_name_of_the_catalogue() {
        let helo = |name: &str| Profile::of(&seen(name), &["ylmf-pc".to_owned()]).helo;
        assert_eq!(helo("YLMF-pc"), "word \"ylmf-pc\"");
        assert_eq!(helo("QWXZTR"), "WORD");
        assert_eq!(helo("desktop"), "word");
        assert_eq!(helo("mail.example.org"), "name");
        assert_eq!(helo("7-2-0-192.dyn.example.net"), "name-of-address");
        assert_eq!(helo("host192.0.2.7.example.net"), "name-of-address");
        assert_eq!(helo("[192.0.2.7]"), "[own]");
        assert_eq!(helo(&"x".repeat(9_999)), "word");
    }
}
