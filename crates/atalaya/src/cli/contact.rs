//! What `contact` takes.

use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;

use atalaya_model::{ContactSubject, MailAddress, domain_name};
use clap::{Args, Subcommand};

use super::{End, Place, reason};

/// `contact`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Contact {
    #[command(subcommand)]
    pub(crate) what: Option<ContactWhat>,
    #[command(flatten)]
    pub(crate) place: Place,
    /// The address, or a domain name
    #[arg(required = true)]
    pub(crate) subject: Option<Subject>,
    /// Print every question that was asked, and its answer
    #[arg(long)]
    pub(crate) explain: bool,
    /// Ask all sources, and print everybody who may be the contact, the surest first
    #[arg(long, conflicts_with = "explain")]
    pub(crate) all: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// About whom somebody is to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Subject {
    /// A machine.
    Address(IpAddr),
    /// A domain name, in lower case.
    Domain(String),
}

impl FromStr for Subject {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(address) = text.parse() {
            return Ok(Self::Address(address));
        }
        let name = domain_name(text).map(Self::Domain);
        name.ok_or_else(|| format!("`{text}` is neither an address nor a domain name"))
    }
}

/// What to do for many addresses.
#[derive(Debug, Subcommand)]
pub(crate) enum ContactWhat {
    /// Say what it costs to find the contacts of many addresses, in queries and hours by registry
    Plan(ContactPlan),
    /// Say by hand whom to tell about a prefix or a domain, or that nobody is to be told
    Set(ContactSet),
    /// Take away what was said by hand
    Unset(ContactUnset),
    /// Show what was said by hand
    Show(ContactShow),
}

/// `contact set`.
#[derive(Debug, Args)]
pub(crate) struct ContactSet {
    #[command(flatten)]
    pub(crate) place: Place,
    /// An address, a prefix or a domain; the longest one that fits wins
    pub(crate) subject: ContactSubject,
    /// Where to write: one to three mailboxes, the best first; or `nobody`, and no notice is written
    #[arg(value_name = "MAILBOX", required = true, num_args = 1..=3)]
    pub(crate) whom: Vec<Whom>,
    /// Why
    #[arg(long, value_parser = reason)]
    pub(crate) reason: String,
    /// The end: 2026-12-31, 2026-12-31T18:00:00Z, or a length of time such as 30d; without it, for good
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<End>,
}

/// Whom to tell, as typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Whom {
    /// Nobody.
    Nobody,
    /// Whoever reads this mailbox.
    Mailbox(MailAddress),
}

impl Whom {
    /// The mailboxes; none where nobody is to be told.
    ///
    /// # Errors
    /// `nobody` stands beside a mailbox.
    pub(crate) fn mailboxes(typed: Vec<Self>) -> Result<Vec<MailAddress>, String> {
        let count = typed.len();
        let mailboxes: Vec<_> = typed
            .into_iter()
            .filter_map(|whom| match whom {
                Self::Nobody => None,
                Self::Mailbox(mailbox) => Some(mailbox),
            })
            .collect();
        if count > 1 && mailboxes.len() < count {
            return Err("`nobody` stands alone: name mailboxes, or nobody".to_owned());
        }
        Ok(mailboxes)
    }
}

impl FromStr for Whom {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "nobody" {
            return Ok(Self::Nobody);
        }
        let mailbox = text.parse().map(Self::Mailbox);
        mailbox.map_err(|_bad| format!("`{text}` is neither a mailbox nor `nobody`"))
    }
}

/// `contact unset`.
#[derive(Debug, Args)]
pub(crate) struct ContactUnset {
    #[command(flatten)]
    pub(crate) place: Place,
    /// The address, prefix or domain, as it was set
    pub(crate) subject: ContactSubject,
}

/// `contact show`.
#[derive(Debug, Args)]
pub(crate) struct ContactShow {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Print JSON, one contact a line
    #[arg(long)]
    pub(crate) json: bool,
}

/// `contact plan`.
#[derive(Debug, Args)]
pub(crate) struct ContactPlan {
    #[command(flatten)]
    pub(crate) place: Place,
    /// A list of addresses, in any form that `import` reads; `-` is standard input
    #[arg(required_unless_present = "listed")]
    pub(crate) file: Option<PathBuf>,
    /// Plan for all that is listed
    #[arg(long, conflicts_with = "file")]
    pub(crate) listed: bool,
    /// Queue the questions; the server works them off, also after a restart
    #[arg(long)]
    pub(crate) run: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_a_word_of_its_own_and_stands_alone() {
        let typed = |words: &[&str]| {
            let read: Result<Vec<Whom>, String> = words.iter().map(|word| word.parse()).collect();
            Whom::mailboxes(read?)
        };
        assert_eq!(typed(&["nobody"]), Ok(Vec::new()));
        assert_eq!(typed(&["a@b.example", "c@b.example"]).unwrap().len(), 2);
        for wrong in [
            &["nobody", "a@b.example"][..],
            &["nobody", "nobody"],
            &["somebody"],
        ] {
            assert!(typed(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn addresses_and_names_are_told_apart() {
        let domain = |name: &str| Ok(Subject::Domain(name.to_owned()));
        assert_eq!("192.0.2.1".parse(), Ok(Subject::Address([192, 0, 2, 1].into())));
        assert_eq!("WWW.Example.net.".parse(), domain("www.example.net"));
        assert_eq!("xn--bcher-kva.example".parse(), domain("xn--bcher-kva.example"));
        for wrong in [
            "",
            "example",
            "192.0.2.300",
            "192.0.2",
            "a..b",
            "http://example.net/",
            "a b.example",
        ] {
            assert!(wrong.parse::<Subject>().is_err(), "{wrong}");
        }
    }
}
