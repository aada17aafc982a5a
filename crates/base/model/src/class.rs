//! Why an address is listed, as mail servers see it: the class and its DNS return code.

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The class of a listing. Each has a name, for commands and pages, and a return code, for DNS (RFC 5782 section 2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Listed by hand (`127.0.0.2`).
    Manual,
    /// Spam was seen (`127.0.0.3`).
    Spam,
    /// Exploited machine or member of a botnet (`127.0.0.4`).
    Bot,
    /// Hijacked network (`127.0.0.9`).
    Hijacked,
    /// The network itself says that these addresses send no mail directly (`127.0.0.10`).
    PolicyDeclared,
    /// We say that these addresses should send no mail directly (`127.0.0.11`).
    Policy,
}

impl Class {
    /// All classes, in the order of their codes.
    pub const ALL: [Self; 6] = [
        Self::Manual,
        Self::Spam,
        Self::Bot,
        Self::Hijacked,
        Self::PolicyDeclared,
        Self::Policy,
    ];

    /// The name in commands, database and API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Spam => "spam",
            Self::Bot => "bot",
            Self::Hijacked => "hijacked",
            Self::PolicyDeclared => "policy-declared",
            Self::Policy => "policy",
        }
    }

    /// The sub-zone that answers for this class alone; the two kinds of policy share one.
    #[must_use]
    pub const fn sub_zone(self) -> &'static str {
        match self {
            Self::PolicyDeclared => Self::Policy.name(),
            own => own.name(),
        }
    }

    /// Why an address stands in this class, as a clause for mail servers to repeat where nobody gave a reason of their own.
    #[must_use]
    pub const fn why(self) -> &'static str {
        match self {
            Self::Manual => "listed by hand",
            Self::Spam => "spam from it reached our traps",
            Self::Bot => "exploited, or part of a botnet",
            Self::Hijacked => "hijacked network",
            Self::PolicyDeclared => "its network says that it sends no mail directly",
            Self::Policy => "should not send mail directly",
        }
    }

    /// The A record that answers for this class in the combined zone.
    #[must_use]
    pub const fn code(self) -> Ipv4Addr {
        let last = match self {
            Self::Manual => 2,
            Self::Spam => 3,
            Self::Bot => 4,
            Self::Hijacked => 9,
            Self::PolicyDeclared => 10,
            Self::Policy => 11,
        };
        Ipv4Addr::new(127, 0, 0, last)
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The text names no class.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no class: use manual, spam, bot, hijacked, policy or policy-declared")]
pub struct UnknownClass(String);

impl FromStr for Class {
    type Err = UnknownClass;

    fn from_str(text: &str) -> Result<Self, UnknownClass> {
        Self::ALL
            .into_iter()
            .find(|class| class.name() == text)
            .ok_or_else(|| UnknownClass(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for class in Class::ALL {
            assert_eq!(class.to_string().parse::<Class>(), Ok(class));
        }
        assert!("whitelist".parse::<Class>().is_err());
    }

    #[test]
    fn codes_are_distinct_and_inside_127_0_0() {
        let codes: std::collections::HashSet<_> = Class::ALL.iter().map(|class| class.code()).collect();
        assert_eq!(codes.len(), Class::ALL.len());
        assert!(
            codes
                .iter()
                .all(|code| code.octets().starts_with(&[127, 0, 0]) && code.octets()[3] > 1)
        );
    }
}
