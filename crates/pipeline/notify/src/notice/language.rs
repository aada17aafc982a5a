//! In which language a network is written to: as the operator says, else by the country that the network is registered in.
//!
//! In: the configured language, a mailbox, a country. Out: the languages of a text, in their order.

use std::collections::BTreeMap;

use atalaya_model::MailAddress;
use atalaya_places::Country;
use serde::{Deserialize, Serialize};

/// The countries whose networks read Spanish: those in which it is official, and Puerto Rico.
const SPANISH: [&str; 21] = [
    "AR", "BO", "CL", "CO", "CR", "CU", "DO", "EC", "ES", "GQ", "GT", "HN", "MX", "NI", "PA", "PE", "PR",
    "PY", "SV", "UY", "VE",
];

/// The language of notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Language {
    /// By the country of the network.
    Auto,
    /// English.
    En,
    /// Spanish.
    Es,
    /// English, then Spanish.
    Both,
}

/// The languages of a text, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tongues {
    /// English alone.
    English,
    /// Spanish alone.
    Spanish,
    /// English above Spanish.
    EnglishFirst,
    /// Spanish above English: whoever reads only one of them in a Spanish-speaking country reads on either way.
    SpanishFirst,
}

impl Language {
    /// What it means for a network in `country`.
    pub(super) fn tongues(self, country: Option<Country>) -> Tongues {
        match self {
            Self::En => Tongues::English,
            Self::Es => Tongues::Spanish,
            Self::Both => Tongues::EnglishFirst,
            Self::Auto if country.is_some_and(|country| SPANISH.contains(&country.as_str())) => {
                Tongues::SpanishFirst
            }
            Self::Auto => Tongues::English,
        }
    }

    /// The language for a contact: that of its mailbox, else of its domain or the nearest one above it, else this one.
    pub(super) fn for_contact(self, named: &BTreeMap<String, Self>, contact: &MailAddress) -> Self {
        let find = |wanted: &str| {
            named
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case(wanted))
                .map(|(_, language)| *language)
        };
        let mut domain = Some(contact.domain());
        std::iter::once(contact.as_str())
            .chain(std::iter::from_fn(|| {
                let this = domain?;
                domain = this.split_once('.').map(|(_, above)| above);
                Some(this)
            }))
            .find_map(find)
            .unwrap_or(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_country_of_the_network_chooses_and_the_operator_overrules_it() {
        let country = |code: &str| code.parse::<Country>().ok();
        for (language, code, tongues) in [
            (Language::Auto, "ES", Tongues::SpanishFirst),
            (Language::Auto, "MX", Tongues::SpanishFirst),
            (Language::Auto, "DE", Tongues::English),
            (Language::Auto, "EU", Tongues::English),
            (Language::En, "ES", Tongues::English),
            (Language::Es, "DE", Tongues::Spanish),
            (Language::Both, "ES", Tongues::EnglishFirst),
        ] {
            assert_eq!(language.tongues(country(code)), tongues, "{language:?} {code}");
        }
        assert_eq!(Language::Auto.tongues(None), Tongues::English);
    }

    #[test]
    fn a_mailbox_comes_before_its_domain_and_that_before_the_rest() {
        let named = BTreeMap::from([
            ("abuse@sub.telco.example".to_owned(), Language::Both),
            ("Telco.example".to_owned(), Language::Es),
        ]);
        for (contact, language) in [
            ("Abuse@sub.telco.example", Language::Both),
            ("noc@sub.telco.example", Language::Es),
            ("abuse@telco.example", Language::Es),
            ("abuse@nottelco.example", Language::Auto),
        ] {
            let contact = contact.parse().unwrap();
            assert_eq!(
                Language::Auto.for_contact(&named, &contact),
                language,
                "{contact}"
            );
        }
    }
}
