//! The section `[replay]` of the configuration.

use atalaya_model::{ByteSize, Prefix};

atalaya_model::settings! {
    /// Replaying kept mails: each is taken as if it had just hit a trap.
    pub struct ReplayConfig {
        /// Addresses and prefixes of your own servers that mail passes on its way to the mailbox: MX hosts, filters, forwarders. The
        /// source of a mail is the first client outside of them, as the Received fields tell from the top. Name every server that is
        /// yours and no other machine: one that runs programs of strangers (a web server of customers, an office PC, a NAT gateway) can
        /// have anybody listed by sending mail with invented Received fields. A public address that is missing is taken for the
        /// sender; mail over a private address that is missing is skipped and told. Mail fetched by fetchmail or over IMAP or POP3 is
        /// followed by itself, and what a user of a trusted relay hands in after a login never is.
        /// The default holds loopback, where filters hand mail back: empty the list if web pages send mail on the mail server itself.
        trusted_relays: Vec<Prefix> = loopback(),
        /// Largest mail that is taken, in bytes. Larger ones are skipped and told.
        max_message_size: ByteSize = ByteSize::mib(25),
    }
}

/// The largest mail that a running server can be handed: on the control socket it is one line with the mail in base64.
const LARGEST: ByteSize = ByteSize::mib(64);

/// Loopback.
fn loopback() -> Vec<Prefix> {
    ["127.0.0.0/8", "::1"]
        .iter()
        .filter_map(|prefix| prefix.parse().ok())
        .collect()
}

impl ReplayConfig {
    /// Says what is wrong with the values, naming the key.
    ///
    /// # Errors
    /// A value is out of its range.
    pub fn check(&self) -> Result<(), String> {
        if let Some(all) = self.trusted_relays.iter().find(|prefix| prefix.length() == 0) {
            return Err(format!(
                "replay.trusted_relays: {all} trusts everybody, so that no mail would have a source"
            ));
        }
        if !(ByteSize::kib(64)..=LARGEST).contains(&self.max_message_size) {
            return Err(format!(
                "replay.max_message_size must be between 64KiB and {LARGEST}"
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_in_range_and_all_there() {
        let config = ReplayConfig::default();
        assert_eq!(config.check(), Ok(()));
        assert_eq!(config.trusted_relays.len(), 2);
    }

    #[test]
    fn what_is_out_of_range_is_named() {
        let mut config = ReplayConfig::default();
        config.trusted_relays.push("::/0".parse().unwrap());
        assert!(config.check().unwrap_err().contains("replay.trusted_relays"));
        for max_message_size in [ByteSize(1), ByteSize::mib(65)] {
            let config = ReplayConfig {
                max_message_size,
                ..ReplayConfig::default()
            };
            assert!(config.check().unwrap_err().contains("replay.max_message_size"));
        }
    }
}
