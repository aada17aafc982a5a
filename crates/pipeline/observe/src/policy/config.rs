//! The section `[policy]` of the configuration.

use std::net::{IpAddr, Ipv6Addr};
use std::path::PathBuf;

use atalaya_model::{Period, Prefix};

atalaya_model::settings! {
    /// The policy service that a Postfix asks (`check_policy_service`), at `listen.policy` and at `socket`; off without either. What it answers
    /// stands in `[advice]`.
    pub struct PolicyConfig {
        /// A unix socket to answer at, for everybody whom its folder lets pass: the folder must exist, and be open to Postfix and nobody else
        /// (`install -d -m 0750 -o atalaya -g postfix /var/spool/postfix/atalaya`); one that others may enter is refused.
        socket: Option<PathBuf> = None => "\"/var/spool/postfix/atalaya/policy\"",
        /// What stands as the source in the observations made here.
        name: String = "postfix".to_owned(),
        /// Who may ask over TCP. Whoever may can say that somebody wrote to a trap, and is believed: name mail servers of your own only. Every
        /// process of a machine named here is believed, so prefer `socket` where others have accounts.
        clients: Vec<Prefix> = loopback(),
        /// Connections open at once. Each smtpd of a Postfix has one; beyond it the answer is DUNNO at once.
        max_connections: usize = 1_000,
        /// How long a connection may be silent between two requests. Postfix closes it after 5 minutes (`smtpd_policy_service_max_idle`).
        idle_timeout: Period = Period::minutes(10),
        /// How long a request may take to come in, and an answer to be taken.
        request_timeout: Period = Period::seconds(10),
        /// Observations that may wait to be kept, while the answers go on. Those beyond are lost, and counted.
        queue: usize = 4_096,
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
        if let Some(all) = self.clients.iter().find(|prefix| prefix.length() == 0) {
            return Err(format!(
                "policy.clients: {all} is everybody, and whoever asks is believed"
            ));
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

    /// The message of a configuration that was changed in one way.
    fn refusal(change: impl FnOnce(&mut PolicyConfig)) -> String {
        let mut config = PolicyConfig::default();
        change(&mut config);
        config.check().unwrap_err()
    }

    #[test]
    fn the_defaults_are_in_range_and_what_is_not_is_named() {
        assert_eq!(PolicyConfig::default().check(), Ok(()));
        let everybody = "0.0.0.0/0".parse().unwrap();
        assert!(refusal(|config| config.clients = vec![everybody]).contains("policy.clients"));
        assert!(refusal(|config| config.name = "a b".to_owned()).contains("policy.name"));
        assert!(refusal(|config| config.max_connections = 0).contains("policy.max_connections"));
        assert!(refusal(|config| config.queue = 0).contains("policy.queue"));
        let never = Period::seconds(0);
        assert!(refusal(|config| config.idle_timeout = never).contains("policy.idle_timeout"));
        assert!(
            refusal(|config| config.request_timeout = Period::days(2)).contains("policy.request_timeout")
        );
    }
}
