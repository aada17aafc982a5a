//! The section `[logs]` of the configuration.

use std::path::PathBuf;

use atalaya_formats::mta_log::MailServer;
use atalaya_model::Period;
use serde::{Deserialize, Serialize};

/// The longest name of a log.
const MOST_NAME: usize = 64;
/// Most logs: each is looked at every second.
const MOST_LOGS: usize = 200;

atalaya_model::settings! {
    /// The logs of mail servers: what they say against a client becomes an observation of the sensor `log`.
    pub struct LogsConfig {
        /// The logs that are followed, also across their rotation. `server` is `postfix`, `exim` or `sendmail`; `name` is the source of the
        /// observations. `patterns` names a file with further lines that say something, `zone` the time zone of the times in it, as
        /// `Europe/Madrid` or `CET-1CEST,M3.5.0,M10.5.0/3`; without it, that of this machine. Lines about `complaints.own`,
        /// `web.own_networks`, `advice.own_networks` and `replay.trusted_relays` make nothing.
        files: Vec<FollowedLog> = Vec::new() => "[{ name = \"mx1\", path = \"/var/log/mail.log\", server = \"postfix\" }]",
        /// Lines that are older make nothing. A log is read from its beginning when it is followed for the first time.
        oldest: Period = Period::days(2),
        /// Observations of one address (IPv6: one /64) in an hour of one log, so that a flood does not fill the store.
        observations_per_address: u32 = 30,
        /// Observations of all addresses in an hour of one log.
        observations_per_hour: u32 = 20_000,
    }
}

/// Names a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FollowedLog {
    /// The source of its observations.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// Which mail server writes it.
    pub server: MailServer,
    /// The time zone of the times that tell none; without it, that of this machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// A file of patterns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patterns: Option<PathBuf>,
}

impl LogsConfig {
    /// Says what is wrong with the values, naming the key.
    ///
    /// # Errors
    /// A value is out of its range.
    pub fn check(&self) -> Result<(), String> {
        if self.files.len() > MOST_LOGS {
            return Err(format!("logs.files: {MOST_LOGS} logs are the most"));
        }
        for (number, log) in self.files.iter().enumerate() {
            let name = &log.name;
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
            if name.is_empty() || name.len() > MOST_NAME || !name.bytes().all(is_plain) {
                return Err(format!(
                    "logs.files: `{name}` is no name; use 1 to {MOST_NAME} letters, digits, dots, hyphens and underscores"
                ));
            }
            if self.files.iter().take(number).any(|other| other.name == *name) {
                return Err(format!("logs.files: there are two logs named {name}"));
            }
        }
        if !(Period::hours(1)..=Period::days(60)).contains(&self.oldest) {
            return Err("logs.oldest must be between 1h and 60d".to_owned());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_out_of_range_is_named() {
        let refusal = |change: &dyn Fn(&mut LogsConfig)| {
            let mut config = LogsConfig::default();
            assert_eq!(config.check(), Ok(()));
            change(&mut config);
            config.check().unwrap_err()
        };
        let log = |name: &str| FollowedLog {
            name: name.to_owned(),
            path: "/var/log/mail.log".into(),
            server: MailServer::Postfix,
            zone: None,
            patterns: None,
        };
        assert!(refusal(&|config| config.files = vec![log("mx 1")]).contains("`mx 1` is no name"));
        assert!(refusal(&|config| config.files = vec![log("a"), log("a")]).contains("two logs named a"));
        assert!(refusal(&|config| config.files = vec![log("a"); 201]).contains("the most"));
        assert!(refusal(&|config| config.oldest = Period::seconds(1)).contains("logs.oldest"));
    }
}
