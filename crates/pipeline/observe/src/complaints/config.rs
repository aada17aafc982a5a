//! The section `[complaints]` of the configuration.

use atalaya_model::Prefix;
use serde::{Deserialize, Serialize};

atalaya_model::settings! {
    /// Complaints by mail: feedback loops (ARF), X-ARF, and spam sent on by people.
    pub struct ComplaintsConfig {
        /// The addresses of the trap, `name@domain`, at which complaints are read. A mail to one of them, and to no trap beside, is a
        /// complaint about somebody else; to all others a mail is spam, also if it looks like a complaint.
        addresses: Vec<String> = Vec::new() => "[\"fbl@trap.example\"]",
        /// Who is known to report. `domain` is that of the `From` of the reports, and holds for the names below it too. `weight` is what one
        /// report is worth beside a mail that hit a trap, from 0 to 1. `relays` are the servers of the reporter that mail passes on its
        /// way in: needed only where the reports name no source. Signatures are not checked yet, so anybody can write such a `From`.
        reporters: Vec<ComplaintReporter> = Vec::new() => "[{ domain = \"arf.mail.yahoo.com\", weight = 0.5 }]",
        /// What a report of anybody else is worth, from 0 to 1. With 0 it is refused.
        unknown_weight: f64 = 0.1,
        /// Your own addresses, and those of your customers: a complaint about one of them is refused here, because it is for your abuse desk.
        own: Vec<Prefix> = Vec::new() => "[\"198.51.100.0/24\"]",
    }
}

/// Says what is known of a reporter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ComplaintReporter {
    /// The domain of `From`.
    pub domain: String,
    /// What a report is worth, from 0 to 1.
    #[serde(default = "whole")]
    pub weight: f64,
    /// The servers that mail passes on its way in.
    #[serde(default)]
    pub relays: Vec<Prefix>,
}

const fn whole() -> f64 {
    1.0
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
        if !(0.0..=1.0).contains(&self.unknown_weight) {
            return Err("complaints.unknown_weight must be between 0 and 1".to_owned());
        }
        for reporter in &self.reporters {
            let domain = &reporter.domain;
            if domain.is_empty() || domain.contains('@') {
                return Err(format!("complaints.reporters: `{domain}` must be a domain"));
            }
            if !(0.0..=1.0).contains(&reporter.weight) {
                return Err(format!(
                    "complaints.reporters: the weight of {domain} must be between 0 and 1"
                ));
            }
            if reporter.relays.iter().any(|prefix| prefix.length() == 0) {
                return Err(format!(
                    "complaints.reporters: the relays of {domain} are everybody"
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

    /// What is known of whoever writes from this domain; the longest name that fits counts.
    #[must_use]
    pub fn reporter(&self, domain: &str) -> Option<&ComplaintReporter> {
        let fits = |reporter: &&ComplaintReporter| is_within(domain, &reporter.domain);
        self.reporters
            .iter()
            .filter(fits)
            .max_by_key(|reporter| reporter.domain.len())
    }

    /// What a report from this domain is worth.
    #[must_use]
    pub fn weight(&self, domain: &str) -> f64 {
        self.reporter(domain)
            .map_or(self.unknown_weight, |reporter| reporter.weight)
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

    fn reporter(domain: &str, weight: f64) -> ComplaintReporter {
        ComplaintReporter {
            domain: domain.to_owned(),
            weight,
            relays: Vec::new(),
        }
    }

    #[test]
    fn the_longest_name_that_fits_says_the_weight() {
        let config = ComplaintsConfig {
            reporters: vec![reporter("mail.example", 0.5), reporter("arf.Mail.example", 1.0)],
            ..ComplaintsConfig::default()
        };
        for (domain, weight) in [
            ("arf.mail.example", 1.0),
            ("x.arf.mail.example", 1.0),
            ("mail.example", 0.5),
            ("notmail.example", 0.1),
            ("", 0.1),
        ] {
            assert!((config.weight(domain) - weight).abs() < f64::EPSILON, "{domain}");
        }
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
        assert!(refusal(&|config| config.unknown_weight = f64::NAN).contains("complaints.unknown_weight"));
        assert!(refusal(&|config| config.reporters.push(reporter("a@b", 1.0))).contains("must be a domain"));
        assert!(refusal(&|config| config.reporters.push(reporter("b", 1.5))).contains("the weight of b"));
        let everybody = ComplaintReporter {
            relays: vec!["::/0".parse().unwrap()],
            ..reporter("b", 1.0)
        };
        assert!(refusal(&|config| config.reporters.push(everybody.clone())).contains("everybody"));
    }
}
