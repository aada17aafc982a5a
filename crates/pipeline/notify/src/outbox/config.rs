//! How notices are sent, as the operator sets it: the part of [`NoticeConfig`] that the outbox reads, and its checks.

use std::path::PathBuf;

use atalaya_formats::verp::ReturnPath;
use serde::{Deserialize, Serialize};

use crate::notice::NoticeConfig;

/// Most connections at once: more than any mail server takes from one client.
const MOST_CONNECTIONS: u32 = 200;

/// Where notices go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Delivery {
    /// To the relay.
    Relay,
    /// To the mail servers of each recipient.
    Direct,
    /// Into the folder: nobody is told.
    Folder,
}

/// A key that notices are signed with (RFC 6376).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DkimKey {
    /// Its name in its domain: `SELECTOR._domainkey.DOMAIN` holds the public half.
    pub selector: String,
    /// The domain that answers for notices: that of `notice.sender`, or one above it.
    pub domain: String,
    /// The file with the private half, in PEM, by its path from the root.
    pub key: PathBuf,
}

impl NoticeConfig {
    /// Where notices go: what is set, else to the relay where there is one.
    #[must_use]
    pub fn way(&self) -> Delivery {
        let as_before = match self.relay {
            Some(_) => Delivery::Relay,
            None => Delivery::Folder,
        };
        self.delivery.unwrap_or(as_before)
    }

    /// Checks what the outbox reads.
    pub(crate) fn check_sending(&self) -> Result<(), String> {
        if self.way() == Delivery::Relay && self.relay.is_none() {
            return Err("notice.relay must be set, because notice.delivery is \"relay\"".to_owned());
        }
        if !(1..=MOST_CONNECTIONS).contains(&self.connections) {
            return Err(format!("notice.connections must be from 1 to {MOST_CONNECTIONS}"));
        }
        if self
            .return_path
            .as_ref()
            .is_some_and(|base| !ReturnPath::fits(base))
        {
            return Err(format!(
                "notice.return_path must have at most {} characters before the @, because 41 are added",
                ReturnPath::MAX_BASE_LOCAL
            ));
        }
        self.check_direct()?;
        self.dkim.iter().try_for_each(|key| self.check_key(key))
    }

    fn check_direct(&self) -> Result<(), String> {
        for (key, number) in [
            ("connections_per_domain", self.connections_per_domain),
            ("mails_per_minute", self.mails_per_minute),
            ("direct_port", self.direct_port.into()),
        ] {
            if number == 0 {
                return Err(format!("notice.{key} must be at least 1"));
            }
        }
        match self.way() == Delivery::Direct && self.resolvers.is_empty() {
            true => Err("notice.resolvers must name one, because notice.delivery is \"direct\"".to_owned()),
            false => Ok(()),
        }
    }

    fn check_key(&self, key: &DkimKey) -> Result<(), String> {
        let DkimKey {
            selector,
            domain,
            key,
        } = key;
        let is_name = |name: &str| {
            let is_label = |label: &str| {
                let mut bytes = label.bytes();
                (1..=63).contains(&label.len())
                    && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            };
            name.len() <= 200 && name.split('.').all(is_label)
        };
        if !is_name(selector) || !is_name(domain) {
            return Err(format!("notice.dkim: `{selector}` and `{domain}` must be names"));
        }
        if !key.is_absolute() {
            return Err(format!(
                "notice.dkim: the key `{}` must be a path from the root",
                key.display()
            ));
        }
        // A signature of another domain answers for nothing that the reader sees (RFC 7489 section 3.1).
        let sender = self.sender.as_ref().map(|sender| sender.domain().to_owned());
        let domain = domain.to_ascii_lowercase();
        let is_aligned = |sender: &String| *sender == domain || sender.ends_with(&format!(".{domain}"));
        match sender.is_none_or(|sender| is_aligned(&sender)) {
            true => Ok(()),
            false => Err(format!(
                "notice.dkim: `{domain}` must be the domain of notice.sender, or one above it"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(change: impl Fn(&mut NoticeConfig)) -> String {
        let mut config = NoticeConfig {
            sender: Some("abuse@list.example".parse().unwrap()),
            dkim: vec![key("list.example", "/etc/atalaya/s1.pem")],
            return_path: Some("bounces@list.example".parse().unwrap()),
            ..NoticeConfig::default()
        };
        assert_eq!(config.check(), Ok(()));
        change(&mut config);
        config.check().unwrap_err()
    }

    fn key(domain: &str, path: &str) -> DkimKey {
        DkimKey {
            selector: "s1".to_owned(),
            domain: domain.to_owned(),
            key: path.into(),
        }
    }

    #[test]
    fn mistakes_name_their_key() {
        assert!(refused(|config| config.delivery = Some(Delivery::Relay)).starts_with("notice.relay"));
        assert!(refused(|config| config.connections = 0).starts_with("notice.connections"));
        let long = format!("{}@list.example", "b".repeat(24));
        assert!(
            refused(|config| config.return_path = Some(long.parse().unwrap()))
                .starts_with("notice.return_path")
        );
        for wrong in [
            key("other.example", "/etc/key.pem"),
            key("list.example", "key.pem"),
            key("list.example; x=", "/etc/key.pem"),
        ] {
            assert!(refused(|config| config.dkim = vec![wrong.clone()]).starts_with("notice.dkim"));
        }
    }

    #[test]
    fn without_a_word_the_relay_decides_where_notices_go() {
        let mut config = NoticeConfig::default();
        assert_eq!(config.way(), Delivery::Folder);
        config.relay = Some("smtp.example.net:25".to_owned());
        assert_eq!(config.way(), Delivery::Relay);
        config.delivery = Some(Delivery::Folder);
        assert_eq!(config.way(), Delivery::Folder);
    }
}
