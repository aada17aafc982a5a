//! What a complaint is about: one small set of kinds for all formats.
//!
//! Each format has words of its own, and reporters invent more. What is not known here stays [`Abuse::Other`], with the word kept beside.

use std::fmt;

/// What the source is said to have done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Abuse {
    /// It sent mail that was not wanted.
    Spam,
    /// It sent or holds a virus or other malware.
    Malware,
    /// It sent or holds a page or mail that asks for passwords.
    Phishing,
    /// It sent or holds some other fraud.
    Fraud,
    /// It tried passwords.
    LoginAttack,
    /// It looked for open ports or holes.
    Scan,
    /// It took part in an attack on availability.
    Ddos,
    /// It is part of a botnet, or commands one.
    Bot,
    /// It attacked web pages: exploits, injections, forms filled by robots.
    WebAttack,
    /// It gathered mail addresses.
    Harvesting,
    /// It was broken into.
    Compromised,
    /// It has a service or a hole that others may abuse.
    Vulnerable,
    /// It offers what somebody else has the rights of.
    Copyright,
    /// It offers or does what is a case for police and courts alone.
    Illegal,
    /// It stands on a list: the report of another list.
    Listed,
    /// Its mail was wanted once and is not any more.
    OptOut,
    /// Its mail was taken for spam and is none (RFC 6430).
    NotSpam,
    /// Its mail failed authentication (RFC 6591); whose mail it was is just what is not known.
    AuthFailure,
    /// Something else.
    Other,
}

impl Abuse {
    /// Every kind.
    pub const ALL: [Self; 19] = [
        Self::Spam,
        Self::Malware,
        Self::Phishing,
        Self::Fraud,
        Self::LoginAttack,
        Self::Scan,
        Self::Ddos,
        Self::Bot,
        Self::WebAttack,
        Self::Harvesting,
        Self::Compromised,
        Self::Vulnerable,
        Self::Copyright,
        Self::Illegal,
        Self::Listed,
        Self::OptOut,
        Self::NotSpam,
        Self::AuthFailure,
        Self::Other,
    ];

    /// The name in documents and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Spam => "spam",
            Self::Malware => "malware",
            Self::Phishing => "phishing",
            Self::Fraud => "fraud",
            Self::LoginAttack => "login-attack",
            Self::Scan => "scan",
            Self::Ddos => "ddos",
            Self::Bot => "bot",
            Self::WebAttack => "web-attack",
            Self::Harvesting => "harvesting",
            Self::Compromised => "compromised",
            Self::Vulnerable => "vulnerable",
            Self::Copyright => "copyright",
            Self::Illegal => "illegal",
            Self::Listed => "listed",
            Self::OptOut => "opt-out",
            Self::NotSpam => "not-spam",
            Self::AuthFailure => "auth-failure",
            Self::Other => "other",
        }
    }

    /// Whether the report speaks against its source at all. The others praise it, ask it for something, or do not know who it was.
    #[must_use]
    pub const fn is_against(self) -> bool {
        !matches!(
            self,
            Self::NotSpam | Self::OptOut | Self::AuthFailure | Self::Listed | Self::Vulnerable
        )
    }

    /// The kind that a `Feedback-Type` names (RFC 5965 section 7.3, RFC 6430, RFC 6591); `opt-out` is of its drafts and still seen.
    pub(super) fn of_feedback_type(word: &str) -> Self {
        match word.to_ascii_lowercase().as_str() {
            "abuse" => Self::Spam,
            "fraud" => Self::Fraud,
            "virus" => Self::Malware,
            "not-spam" => Self::NotSpam,
            "auth-failure" => Self::AuthFailure,
            "opt-out" | "opt-out-list" => Self::OptOut,
            _ => Self::Other,
        }
    }

    /// The kind that a `Report-Type` of X-ARF 0.1 to 3 names. They are written in every way, so only letters count.
    pub(super) fn of_report_type(word: &str) -> Self {
        let letters = word.chars().filter(char::is_ascii_alphanumeric);
        match letters.collect::<String>().to_ascii_lowercase().as_str() {
            "spam" | "mailspam" => Self::Spam,
            "malware" | "malwareattack" | "rpz" => Self::Malware,
            "phishing" => Self::Phishing,
            "fraud" => Self::Fraud,
            "loginattack" | "bruteforce" | "bruteforcelogin" => Self::LoginAttack,
            "portscan" | "scan" => Self::Scan,
            "ddos" | "dos" | "ddosattack" | "dosattack" => Self::Ddos,
            "botnet" | "bot" | "botinfection" => Self::Bot,
            "regbot" | "badbot" | "bots" | "exploit" | "webcrawler" | "webattack" | "rfiattack" => {
                Self::WebAttack
            }
            "harvesting" => Self::Harvesting,
            "potentiallycompromisedaccount" => Self::Compromised,
            "openservice" => Self::Vulnerable,
            "copyright" | "trademark" => Self::Copyright,
            "childabuse" => Self::Illegal,
            _ => Self::Other,
        }
    }
}

impl fmt::Display for Abuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_known_however_they_are_written() {
        for (word, kind) in [
            ("login-attack", Abuse::LoginAttack),
            ("LoginAttack", Abuse::LoginAttack),
            ("Login_Attack", Abuse::LoginAttack),
            ("Port-Scan", Abuse::Scan),
            ("whatever", Abuse::Other),
            ("", Abuse::Other),
        ] {
            assert_eq!(Abuse::of_report_type(word), kind, "{word}");
        }
        assert_eq!(Abuse::of_feedback_type("Abuse"), Abuse::Spam);
        assert_eq!(Abuse::of_feedback_type("x-miscategorized"), Abuse::Other);
    }

    #[test]
    fn each_kind_has_a_name_of_its_own() {
        let names: std::collections::BTreeSet<_> = Abuse::ALL.iter().map(|kind| kind.name()).collect();
        assert_eq!(names.len(), Abuse::ALL.len());
    }
}
