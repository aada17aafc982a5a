//! The section `[advice]` of the configuration.

use std::fmt;
use std::str::FromStr;

use atalaya_model::{Class, Prefix};
use serde::{Deserialize, Serialize};

atalaya_model::settings! {
    /// What mail servers are told that ask (the policy service), by the class in which a client is listed: `pass`, `mark NAME: TEXT` (a header),
    /// `defer TEXT` (a temporary error, if nothing else refuses the mail) or `reject TEXT`. In the text `{address}`, `{class}` and
    /// `{url}` stand for the client, its class and the page of its listing. Of several classes the one whose advice does most goes.
    pub struct AdviceConfig {
        /// Your own networks and those of relays in front of your mail servers: what comes from them passes, and is never spoken against.
        own_networks: Vec<Prefix> = Vec::new() => "[\"198.51.100.0/24\"]",
        /// The names and addresses of your mail servers, and the domains that they take mail for. A stranger who says in HELO that this is
        /// his name is observed.
        own_names: Vec<String> = Vec::new() => "[\"mx.example.org\", \"example.org\", \"198.51.100.25\"]",
        /// Names in front of the at sign to which the listed can write too, so that they can ask why (RFC 5321 section 4.5.1).
        open_names: Vec<String> = vec!["postmaster".to_owned(), "abuse".to_owned()],
        /// Listed by hand.
        manual: Advice = Advice::refusal(),
        /// Spam was seen.
        spam: Advice = Advice::refusal(),
        /// Exploited, or part of a botnet.
        bot: Advice = Advice::refusal(),
        /// A hijacked network.
        hijacked: Advice = Advice::refusal(),
        /// Its network says that it sends no mail directly.
        policy_declared: Advice = Advice::refusal(),
        /// We say that it should not send mail directly.
        policy: Advice = Advice::Pass,
    }
}

impl AdviceConfig {
    /// The advice for a class.
    pub(super) const fn of(&self, class: Class) -> &Advice {
        match class {
            Class::Manual => &self.manual,
            Class::Spam => &self.spam,
            Class::Bot => &self.bot,
            Class::Hijacked => &self.hijacked,
            Class::PolicyDeclared => &self.policy_declared,
            Class::Policy => &self.policy,
        }
    }

    /// Says what is wrong with the values, naming the key.
    ///
    /// # Errors
    /// A value is out of its range.
    pub fn check(&self) -> Result<(), String> {
        if let Some(all) = self.own_networks.iter().find(|prefix| prefix.length() == 0) {
            return Err(format!(
                "advice.own_networks: {all} is everybody, so that nobody would be refused"
            ));
        }
        if self.open_names.iter().any(|name| name.contains('@')) {
            return Err("advice.open_names: write names without an at sign and a domain".to_owned());
        }
        let is_name = |name: &String| {
            !name.is_empty()
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_graphic() && !b"[]".contains(&byte))
        };
        match self.own_names.iter().find(|name| !is_name(name)) {
            None => Ok(()),
            Some(bad) => Err(format!("advice.own_names: `{bad}` is no host name or address")),
        }
    }
}

/// What to do with a mail.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Advice {
    /// Nothing: what else the mail server goes by decides.
    #[default]
    Pass,
    /// Put this header before it.
    Mark {
        /// The name of the header.
        name: String,
        /// Its value.
        value: String,
    },
    /// Say this and a temporary error, if nothing else refuses it.
    Defer(String),
    /// Refuse it, and say this.
    Reject(String),
}

impl Advice {
    fn refusal() -> Self {
        Self::Reject("{address} is listed as {class}; see {url}".to_owned())
    }

    /// How much it does to a mail.
    pub(super) const fn strength(&self) -> u8 {
        match self {
            Self::Pass => 0,
            Self::Mark { .. } => 1,
            Self::Defer(_) => 2,
            Self::Reject(_) => 3,
        }
    }

    /// The same with the gaps of its text filled in.
    pub(super) fn fill(&self, gaps: &[(&str, &str)]) -> Self {
        let fill = |text: &str| {
            gaps.iter()
                .fold(text.to_owned(), |text, (gap, value)| text.replace(gap, value))
        };
        match self {
            Self::Pass => Self::Pass,
            Self::Mark { name, value } => Self::Mark {
                name: name.clone(),
                value: fill(value),
            },
            Self::Defer(text) => Self::Defer(fill(text)),
            Self::Reject(text) => Self::Reject(fill(text)),
        }
    }
}

/// As it is written in the configuration.
impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pass => f.write_str("pass"),
            Self::Mark { name, value } => write!(f, "mark {name}: {value}"),
            Self::Defer(text) => write!(f, "defer {text}"),
            Self::Reject(text) => write!(f, "reject {text}"),
        }
    }
}

/// The text is no advice.
#[derive(Debug, thiserror::Error)]
#[error(
    "write `pass`, `mark NAME: TEXT`, `defer TEXT` or `reject TEXT`, with a text of at most {MOST_TEXT} bytes on one line"
)]
pub struct BadAdvice;

/// Longest text: address, class and page are put into it, and all of it goes into one line of SMTP (512 bytes, RFC 5321 section 4.5.3.1.5).
const MOST_TEXT: usize = 200;

impl FromStr for Advice {
    type Err = BadAdvice;

    fn from_str(text: &str) -> Result<Self, BadAdvice> {
        let (word, rest) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
        let rest = rest.trim();
        if rest.len() > MOST_TEXT || rest.chars().any(char::is_control) {
            return Err(BadAdvice);
        }
        match word {
            "pass" if rest.is_empty() => Ok(Self::Pass),
            "mark" => header(rest).ok_or(BadAdvice),
            "defer" if !rest.is_empty() => Ok(Self::Defer(rest.to_owned())),
            "reject" if !rest.is_empty() => Ok(Self::Reject(rest.to_owned())),
            _ => Err(BadAdvice),
        }
    }
}

/// A header with a name of printable letters (RFC 5322 section 2.2) and a value.
fn header(text: &str) -> Option<Advice> {
    let (name, value) = text.split_once(':')?;
    let value = value.trim();
    let is_header = !name.is_empty() && !value.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic());
    is_header.then(|| Advice::Mark {
        name: name.to_owned(),
        value: value.to_owned(),
    })
}

impl TryFrom<String> for Advice {
    type Error = BadAdvice;

    fn try_from(text: String) -> Result<Self, BadAdvice> {
        text.parse()
    }
}

impl From<Advice> for String {
    fn from(advice: Advice) -> Self {
        advice.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_is_read_written_and_filled_in() {
        for text in ["pass", "mark X-List: {class}", "defer later", "reject see {url}"] {
            let advice: Advice = text.parse().unwrap();
            assert_eq!(advice.to_string(), text);
        }
        let advice: Advice = "reject {address}: {url}".parse().unwrap();
        let filled = advice.fill(&[("{address}", "192.0.2.1"), ("{url}", "https://x/")]);
        assert_eq!(filled, Advice::Reject("192.0.2.1: https://x/".to_owned()));
    }

    #[test]
    fn what_is_no_advice_is_refused() {
        let long = format!("reject {}", "x".repeat(300));
        for text in [
            "",
            "ok",
            "REJECT x",
            "reject",
            "pass x",
            "mark x",
            "mark a b: c",
            "mark a:",
            "reject a\nb",
            &long,
        ] {
            assert!(text.parse::<Advice>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_defaults_are_in_range_and_what_is_not_is_named() {
        assert_eq!(AdviceConfig::default().check(), Ok(()));
        let everybody = AdviceConfig {
            own_networks: vec!["0.0.0.0/0".parse().unwrap()],
            ..AdviceConfig::default()
        };
        assert!(everybody.check().unwrap_err().contains("advice.own_networks"));
        let nameless = AdviceConfig {
            own_names: vec!["[192.0.2.1]".to_owned()],
            ..AdviceConfig::default()
        };
        assert!(nameless.check().unwrap_err().contains("advice.own_names"));
        let whole = AdviceConfig {
            open_names: vec!["a@b".to_owned()],
            ..AdviceConfig::default()
        };
        assert!(whole.check().unwrap_err().contains("advice.open_names"));
    }
}
