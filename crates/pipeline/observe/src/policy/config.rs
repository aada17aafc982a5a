//! The section `[policy]` of the configuration.

use std::net::{IpAddr, Ipv6Addr};
use std::path::PathBuf;
use std::str::FromStr;

use atalaya_formats::policy::{Answer, MAX_TEXT};
use atalaya_model::{Class, Period, Prefix};
use serde::{Deserialize, Serialize};

atalaya_model::settings! {
    /// The policy service that a Postfix asks (`check_policy_service`), at `listen.policy` and at `socket`; off without either.
    pub struct PolicyConfig {
        /// A unix socket to answer at. Its folder says who can reach it; Postfix must.
        socket: Option<PathBuf> = None => "\"/var/spool/postfix/private/atalaya\"",
        /// What stands as the source in the observations made here.
        name: String = "postfix".to_owned(),
        /// Who may ask over TCP. Whoever may can say that somebody wrote to a trap, and is believed: name mail servers of your own only.
        clients: Vec<Prefix> = loopback(),
        /// Your own networks and those of relays in front of the mail server: what comes from them is never observed, nor answered with more
        /// than DUNNO.
        own: Vec<Prefix> = Vec::new() => "[\"198.51.100.0/24\"]",
        /// Connections open at once. Each smtpd of a Postfix has one; beyond it the answer is DUNNO at once.
        max_connections: usize = 1_000,
        /// How long a connection may be silent between two requests. Postfix closes it after 5 minutes (`smtpd_policy_service_max_idle`).
        idle_timeout: Period = Period::minutes(10),
        /// How long a request may take to come in, and an answer to be taken.
        request_timeout: Period = Period::seconds(10),
        /// Observations that may wait to be kept, while the answers go on. Those beyond are not made, and counted.
        queue: usize = 4_096,
        /// What to answer about an address, by its class.
        actions: PolicyActions,
    }
}

atalaya_model::settings! {
    /// What to answer about an address, by its class: `DUNNO`, `PREPEND NAME: TEXT`, `DEFER_IF_PERMIT TEXT` or `REJECT TEXT`. In the text `{address}`,
    /// `{class}` and `{url}` stand for the client, its class and the page of its listing. Of several classes the one whose action
    /// does most goes.
    pub struct PolicyActions {
        /// Listed by hand.
        manual: PolicyAction = PolicyAction::refuse(),
        /// Spam was seen.
        spam: PolicyAction = PolicyAction::refuse(),
        /// Exploited, or part of a botnet.
        bot: PolicyAction = PolicyAction::refuse(),
        /// A hijacked network.
        hijacked: PolicyAction = PolicyAction::refuse(),
        /// Its network says that it sends no mail directly.
        policy_declared: PolicyAction = PolicyAction::refuse(),
        /// We say that it should not send mail directly.
        policy: PolicyAction = PolicyAction::default(),
    }
}

impl PolicyActions {
    /// The action for a class.
    pub(super) const fn of(&self, class: Class) -> &PolicyAction {
        match class {
            Class::Manual => &self.manual,
            Class::Spam => &self.spam,
            Class::Bot => &self.bot,
            Class::Hijacked => &self.hijacked,
            Class::PolicyDeclared => &self.policy_declared,
            Class::Policy => &self.policy,
        }
    }
}

/// This machine.
fn loopback() -> Vec<Prefix> {
    let first = [IpAddr::from([127, 0, 0, 0]), Ipv6Addr::LOCALHOST.into()];
    first
        .into_iter()
        .zip([8, 128])
        .map(|(first, length)| Prefix::new(first, length))
        .collect()
}

/// What to answer, with gaps in its text.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PolicyAction(Answer);

impl PolicyAction {
    fn refuse() -> Self {
        Self(Answer::Reject(
            "{address} is listed as {class}; see {url}".to_owned(),
        ))
    }

    /// The answer with its gaps filled in.
    pub(super) fn fill(&self, gaps: &[(&str, &str)]) -> Answer {
        let fill = |text: &str| {
            gaps.iter()
                .fold(text.to_owned(), |text, (gap, value)| text.replace(gap, value))
        };
        match &self.0 {
            Answer::Dunno => Answer::Dunno,
            Answer::Prepend(text) => Answer::Prepend(fill(text)),
            Answer::DeferIfPermit(text) => Answer::DeferIfPermit(fill(text)),
            Answer::Reject(text) => Answer::Reject(fill(text)),
        }
    }
}

/// The text is no action.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{0}` is no action: write DUNNO, PREPEND NAME: TEXT, DEFER_IF_PERMIT TEXT or REJECT TEXT, on one line of at most 200 bytes"
)]
pub struct BadAction(String);

/// Longest text of an action: the address, the class and the page go into it, and all of it into one line.
const MOST_TEXT: usize = MAX_TEXT.div_euclid(2);

impl FromStr for PolicyAction {
    type Err = BadAction;

    fn from_str(text: &str) -> Result<Self, BadAction> {
        let bad = || BadAction(text.chars().take(MOST_TEXT).collect());
        let (word, rest) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
        let rest = rest.trim();
        if rest.len() > MOST_TEXT || rest.chars().any(char::is_control) {
            return Err(bad());
        }
        let is_header = rest.split_once(':').is_some_and(|(name, value)| {
            !name.is_empty() && !value.trim().is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic())
        });
        match word {
            "DUNNO" if rest.is_empty() => Ok(Self(Answer::Dunno)),
            "PREPEND" if is_header => Ok(Self(Answer::Prepend(rest.to_owned()))),
            "DEFER_IF_PERMIT" if !rest.is_empty() => Ok(Self(Answer::DeferIfPermit(rest.to_owned()))),
            "REJECT" if !rest.is_empty() => Ok(Self(Answer::Reject(rest.to_owned()))),
            _ => Err(bad()),
        }
    }
}

impl TryFrom<String> for PolicyAction {
    type Error = BadAction;

    fn try_from(text: String) -> Result<Self, BadAction> {
        text.parse()
    }
}

impl From<PolicyAction> for String {
    fn from(PolicyAction(answer): PolicyAction) -> Self {
        let line = answer.to_string();
        line.trim_start_matches("action=").trim_end().to_owned()
    }
}

impl PolicyConfig {
    /// Says what is wrong with the values, naming the key.
    ///
    /// # Errors
    /// A value is out of its range.
    pub fn check(&self) -> Result<(), String> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
        if self.name.is_empty() || self.name.len() > 64 || !self.name.bytes().all(is_plain) {
            return Err(
                "policy.name must be 1 to 64 letters, digits, dots, hyphens and underscores".to_owned(),
            );
        }
        if self.clients.iter().any(|prefix| prefix.length() == 0) {
            return Err("policy.clients: a network is everybody's, and whoever asks is believed".to_owned());
        }
        if self.max_connections == 0 {
            return Err("policy.max_connections must be at least 1".to_owned());
        }
        if !(1..=1_000_000).contains(&self.queue) {
            return Err("policy.queue must be between 1 and 1000000".to_owned());
        }
        let periods = [
            ("idle_timeout", self.idle_timeout),
            ("request_timeout", self.request_timeout),
        ];
        let is_bad = |period: Period| period.duration().is_zero() || period > Period::days(1);
        match periods.iter().find(|(_, period)| is_bad(*period)) {
            Some((key, _)) => Err(format!("policy.{key} must be longer than 0s, and at most 1d")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_read_written_and_filled_in() {
        for text in [
            "DUNNO",
            "PREPEND X-List: {class}",
            "DEFER_IF_PERMIT later",
            "REJECT see {url}",
        ] {
            let action: PolicyAction = text.parse().unwrap();
            assert_eq!(String::from(action), text);
        }
        let action: PolicyAction = "REJECT {address}: {url}".parse().unwrap();
        let filled = action.fill(&[("{address}", "192.0.2.1"), ("{url}", "https://x/")]);
        assert_eq!(filled, Answer::Reject("192.0.2.1: https://x/".to_owned()));
    }

    #[test]
    fn what_is_no_action_is_refused() {
        let long = format!("REJECT {}", "x".repeat(300));
        for text in [
            "",
            "OK",
            "reject x",
            "REJECT",
            "DUNNO x",
            "PREPEND x",
            "PREPEND a b: c",
            "REJECT a\nb",
            &long,
        ] {
            assert!(text.parse::<PolicyAction>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_defaults_are_in_range_and_what_is_not_is_named() {
        assert_eq!(PolicyConfig::default().check(), Ok(()));
        let everybody = PolicyConfig {
            clients: vec!["0.0.0.0/0".parse().unwrap()],
            ..PolicyConfig::default()
        };
        assert!(everybody.check().unwrap_err().contains("policy.clients"));
        let nameless = PolicyConfig {
            name: String::new(),
            ..PolicyConfig::default()
        };
        assert!(nameless.check().unwrap_err().contains("policy.name"));
    }
}
