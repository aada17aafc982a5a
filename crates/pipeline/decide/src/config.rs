//! What of judging the operator configures: where the rules stand, and what is never listed. The rules themselves are a file of their own.

use std::path::PathBuf;

use atalaya_model::settings;

use crate::protect::ProtectConfig;
use crate::rules::Forwarders;

settings! {
    /// How much evidence lists an address, and for how long: the rules, and whom they never list.
    pub struct DecideConfig {
        /// The file of rules (TOML); without it, the rules that are part of the program. What stands in it, and how to try a change
        /// before it bites, is told in the guide (judging).
        rules: Option<PathBuf> = None => "\"/etc/atalaya/rules.toml\"",
        /// Forwarders that you know, by domain or range: services and servers that pass on the mail of others. What they bring counts, and
        /// never lists them alone. A domain fits HELO and the sender; who claims one that is not his is listed later, not less.
        forwarders: Vec<String> = Vec::new() => "[\"forwarder.example\", \"192.0.2.0/24\"]",
        /// What the rules never list.
        protect: ProtectConfig,
    }
}

impl DecideConfig {
    /// Checks the ranges.
    ///
    /// # Errors
    /// A sentence that names the key and what it takes.
    pub fn check(&self) -> Result<(), String> {
        Forwarders::parse(&self.forwarders)?;
        self.protect.check()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_in_range() {
        assert_eq!(DecideConfig::default().check(), Ok(()));
    }
}
