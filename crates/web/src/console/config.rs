//! The section `console` of the configuration.

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

use atalaya_model::{Period, Prefix, Role, settings};

settings! {
    /// The console of those who operate the list, under `/console`. `atalaya account` and `atalaya token` say who may.
    pub struct ConsoleConfig {
        /// Who may reach the console, by client address. Others are told that there is no such page. Through a proxy that is not among
        /// `web.trusted_proxies` nobody may: it would make every stranger look like this machine.
        clients: Vec<Prefix> = crate::config::default_local_clients() => "[\"127.0.0.0/8\", \"::1\", \"192.0.2.0/24\"]",
        /// A socket of its own for the console. With it, the public pages have no console at all.
        listen: Option<SocketAddr> = None => "\"127.0.0.1:8081\"",
        /// Where the console is reached from outside, where it has a socket of its own; without it, `public_url`, or the socket. Forms that
        /// come from there are ours, and with `https` the cookie is only sent over TLS.
        url: Option<String> = None => "\"https://console.example.net\"",
        /// Who has to give a code of a second factor (TOTP) when signing in: `everybody`, `operators` (operators and administrators), or
        /// `nobody`. Whoever has one set up gives it either way.
        second_factor: SecondFactor = SecondFactor::Operators,
        /// How long a session may rest before it ends.
        session_idle: Period = Period::hours(1),
        /// How long a session lasts at most.
        session_longest: Period = Period::hours(12),
        /// How long an invitation holds, and the link that the first start prints.
        invitation: Period = Period::days(2),
        /// How often one client, an IPv4 address or an IPv6 /64, may try to sign in in a minute, whatever the names.
        sign_ins_per_minute: u32 = 10,
    }
}

/// Who has to give a second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecondFactor {
    /// Whoever signs in.
    Everybody,
    /// Whoever can change what the list says.
    Operators,
    /// Only those who have set one up.
    Nobody,
}

impl SecondFactor {
    /// All of them.
    const ALL: [Self; 3] = [Self::Everybody, Self::Operators, Self::Nobody];

    /// The name in the configuration.
    const fn name(self) -> &'static str {
        match self {
            Self::Everybody => "everybody",
            Self::Operators => "operators",
            Self::Nobody => "nobody",
        }
    }

    /// Whether a role must have one.
    #[must_use]
    pub fn is_needed(self, role: Role) -> bool {
        match self {
            Self::Everybody => true,
            Self::Operators => role >= Role::Operator,
            Self::Nobody => false,
        }
    }
}

impl fmt::Display for SecondFactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for SecondFactor {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|one| one.name() == text);
        found.ok_or_else(|| format!("`{text}` is nobody that is known: use everybody, operators or nobody"))
    }
}

atalaya_model::as_text!(SecondFactor);

/// The longest life of a session: a cookie that was stolen opens the console no longer.
const LONGEST_SESSION: Period = Period::days(30);
/// The longest life of an invitation.
const LONGEST_INVITATION: Period = Period::days(30);
/// The shortest period of each of these: shorter ones end before a form is filled in.
const SHORTEST: Period = Period::minutes(5);

impl ConsoleConfig {
    /// Checks the ranges.
    ///
    /// # Errors
    /// A sentence that names the key and what it takes.
    pub fn check(&self) -> Result<(), String> {
        for (key, period, longest) in [
            ("session_idle", self.session_idle, LONGEST_SESSION),
            ("session_longest", self.session_longest, LONGEST_SESSION),
            ("invitation", self.invitation, LONGEST_INVITATION),
        ] {
            if !(SHORTEST..=longest).contains(&period) {
                return Err(format!("console.{key} must be from {SHORTEST} to {longest}"));
            }
        }
        if self.session_idle > self.session_longest {
            return Err("console.session_idle must not be longer than console.session_longest".to_owned());
        }
        if self.sign_ins_per_minute == 0 {
            return Err("console.sign_ins_per_minute must be at least 1".to_owned());
        }
        let is_url = |url: &String| {
            let host = url
                .strip_prefix("https://")
                .or_else(|| url.strip_prefix("http://"));
            host.is_some_and(|host| {
                !host.is_empty()
                    && host
                        .bytes()
                        .all(|c| c.is_ascii_graphic() && !b"/?#@".contains(&c))
            })
        };
        if !self.url.as_ref().is_none_or(is_url) {
            return Err("console.url must be an http or https URL without a path".to_owned());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_in_range_and_open_to_this_machine_alone() {
        let config = ConsoleConfig::default();
        assert_eq!(config.check(), Ok(()));
        let is_open = |client: &str| {
            config
                .clients
                .iter()
                .any(|prefix| prefix.contains(client.parse().unwrap()))
        };
        assert!(is_open("127.0.0.1") && is_open("::1") && !is_open("192.0.2.1"));
    }

    #[test]
    fn what_is_out_of_range_is_named() {
        type Spoil = fn(&mut ConsoleConfig);
        let wrong: [(&str, Spoil); 6] = [
            ("session_idle", |console| {
                console.session_idle = Period::minutes(1);
            }),
            ("session_idle", |console| console.session_idle = Period::hours(13)),
            ("session_longest", |console| {
                console.session_longest = Period::days(31);
            }),
            ("invitation", |console| console.invitation = Period::days(31)),
            ("sign_ins_per_minute", |console| console.sign_ins_per_minute = 0),
            ("url", |console| console.url = Some("https://x/y".to_owned())),
        ];
        for (key, spoil) in wrong {
            let mut config = ConsoleConfig::default();
            spoil(&mut config);
            assert!(
                config.check().unwrap_err().starts_with(&format!("console.{key}")),
                "{key}"
            );
        }
    }

    #[test]
    fn who_changes_what_the_list_says_needs_a_second_factor() {
        assert!(SecondFactor::Operators.is_needed(Role::Operator));
        assert!(!SecondFactor::Operators.is_needed(Role::Desk));
        assert!(SecondFactor::Everybody.is_needed(Role::Viewer));
        assert!(!SecondFactor::Nobody.is_needed(Role::Administrator));
        for one in SecondFactor::ALL {
            assert_eq!(one.to_string().parse(), Ok(one));
        }
    }
}
