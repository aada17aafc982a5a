//! The section `[complaints]` of the configuration.

use std::net::IpAddr;

use atalaya_model::Prefix;
use serde::{Deserialize, Serialize};

atalaya_model::settings! {
    /// Complaints by mail: feedback loops (ARF), X-ARF, and spam sent on by people.
    pub struct ComplaintsConfig {
        /// The addresses of the trap, `name@domain`, at which complaints are read. A mail to one of them, and to no trap beside, is a
        /// complaint about somebody else; to all others a mail is spam, also if it looks like a complaint.
        addresses: Vec<String> = Vec::new() => "[\"fbl@trap.example\"]",
        /// Who is known to report. `domain` is that of the `From` of the reports, and holds for the names below it too. Signatures are
        /// not checked yet, so `networks` must say from where the reports of that domain come: anybody can write a `From`. `relays` are
        /// the servers of the reporter that mail passes on its way in: needed only where the reports name no source. What the word of a
        /// reporter weighs stands in the rules, with its domain as the source. Reports of anybody else are kept and do not count.
        reporters: Vec<ComplaintReporter> = Vec::new() => "[{ domain = \"loop.example\", networks = [\"198.51.100.0/24\"] }]",
        /// Your own addresses, and those of your customers: a complaint about one of them is refused here, because it is for your abuse desk.
        own: Vec<Prefix> = Vec::new() => "[\"198.51.100.0/24\"]",
    }
}

/// Says what is known of a reporter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ComplaintReporter {
    /// The domain of `From`.
    pub domain: String,
    /// From where the reports come.
    pub networks: Vec<Prefix>,
    /// The servers that mail passes on its way in.
    #[serde(default)]
    pub relays: Vec<Prefix>,
}

impl ComplaintsConfig {
    /// Says what is wrong with the values, naming the key.
    ///
    /// # Errors
    /// A value is out of its range.
    pub fn check(&self) -> Result<(), String> {
        let is_address = |text: &String| {
            text.rsplit_once('@')
                .is_some_and(|(name, domain)| !name.is_empty() && !domain.is_empty())
        };
        if let Some(bad) = self.addresses.iter().find(|address| !is_address(address)) {
            return Err(format!("complaints.addresses: `{bad}` must be name@domain"));
        }
        for reporter in &self.reporters {
            let domain = &reporter.domain;
            if domain.is_empty() || domain.contains('@') {
                return Err(format!("complaints.reporters: `{domain}` must be a domain"));
            }
            if reporter.networks.is_empty() {
                return Err(format!("complaints.reporters: say the networks of {domain}"));
            }
            let mut prefixes = reporter.networks.iter().chain(&reporter.relays);
            if prefixes.any(|prefix| prefix.length() == 0) {
                return Err(format!(
                    "complaints.reporters: a network of {domain} is everybody's"
                ));
            }
        }
        Ok(())
    }

    /// Whether a mail for these recipients is a complaint: all of them are addresses for complaints, and there is one.
    #[must_use]
    pub fn takes(&self, recipients: &[String]) -> bool {
        let is_ours = |to: &String| self.addresses.iter().any(|own| own.eq_ignore_ascii_case(to));
        !recipients.is_empty() && recipients.iter().all(is_ours)
    }

    /// What is known of whoever writes from this domain and brings the report from this address; the longest name that fits counts. Where
    /// nobody brought it, because it was kept, the name is taken as it stands.
    #[must_use]
    pub fn reporter(&self, domain: &str, by: Option<IpAddr>) -> Option<&ComplaintReporter> {
        let fits = |reporter: &&ComplaintReporter| {
            let is_from = |by: IpAddr| reporter.networks.iter().any(|network| network.contains(by));
            is_within(domain, &reporter.domain) && by.is_none_or(is_from)
        };
        let fitting = self.reporters.iter().filter(fits);
        fitting.max_by_key(|reporter| reporter.domain.len())
    }
}

/// Whether a domain is this one or stands below it.
fn is_within(domain: &str, above: &str) -> bool {
    let (domain, above) = (domain.to_ascii_lowercase(), above.to_ascii_lowercase());
    domain
        .strip_suffix(above.as_str())
        .is_some_and(|before| before.is_empty() || before.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reporter(domain: &str) -> ComplaintReporter {
        ComplaintReporter {
            domain: domain.to_owned(),
            networks: vec!["198.51.100.0/24".parse().unwrap()],
            relays: Vec::new(),
        }
    }

    #[test]
    fn a_reporter_is_known_by_name_and_network() {
        let config = ComplaintsConfig {
            reporters: vec![reporter("mail.example"), reporter("arf.Mail.example")],
            ..ComplaintsConfig::default()
        };
        let known = |domain: &str, by: Option<&str>| {
            let by = by.map(|by| by.parse().unwrap());
            config.reporter(domain, by).map(|known| known.domain.as_str())
        };
        let (own, other) = (Some("198.51.100.9"), Some("203.0.113.9"));
        assert_eq!(known("x.arf.mail.example", own), Some("arf.Mail.example"));
        assert_eq!(known("mail.example", own), Some("mail.example"));
        assert_eq!(known("mail.example", None), Some("mail.example"));
        assert_eq!(known("mail.example", other), None);
        assert_eq!(known("notmail.example", own), None);
        assert_eq!(known("", own), None);
    }

    #[test]
    fn a_mail_to_a_trap_beside_is_no_complaint() {
        let config = ComplaintsConfig {
            addresses: vec!["fbl@trap.example".to_owned()],
            ..ComplaintsConfig::default()
        };
        let takes = |to: &[&str]| config.takes(&to.iter().map(|to| (*to).to_owned()).collect::<Vec<_>>());
        assert!(takes(&["FBL@trap.example"]));
        assert!(!takes(&["fbl@trap.example", "a@trap.example"]));
        assert!(!takes(&[]));
        assert!(!ComplaintsConfig::default().takes(&[String::new()]));
    }

    #[test]
    fn what_is_out_of_range_is_named() {
        let refusal = |change: &dyn Fn(&mut ComplaintsConfig)| {
            let mut config = ComplaintsConfig::default();
            assert_eq!(config.check(), Ok(()));
            change(&mut config);
            config.check().unwrap_err()
        };
        assert!(
            refusal(&|config| config.addresses.push("@x.example".to_owned()))
                .contains("complaints.addresses")
        );
        assert!(refusal(&|config| config.reporters.push(reporter("a@b"))).contains("must be a domain"));
        let mut everybody = reporter("b");
        everybody.relays.push("::/0".parse().unwrap());
        assert!(refusal(&|config| config.reporters.push(everybody.clone())).contains("everybody"));
        let mut nowhere = reporter("b");
        nowhere.networks.clear();
        assert!(refusal(&|config| config.reporters.push(nowhere.clone())).contains("networks of b"));
    }
}
