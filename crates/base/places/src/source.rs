//! Where what is known comes from: for pages, which say so, and for whoever wonders how old it is.

use std::fmt;
use std::path::PathBuf;

use atalaya_formats::places::Layout;
use atalaya_model::Timestamp;
use serde::Serialize;

/// One of the two things that are known of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// The country.
    Countries,
    /// The network.
    Networks,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Countries => "countries",
            Self::Networks => "networks",
        })
    }
}

/// What rows were read from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// What the program brings with it.
    BuiltIn,
    /// A file.
    File(PathBuf),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn => f.write_str("built in"),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

/// Whom a page thanks that shows the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Attribution {
    /// The sentence to show.
    pub text: &'static str,
    /// Where it links to.
    pub url: &'static str,
}

/// A part of what is known, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Source {
    /// What it tells.
    pub part: Part,
    /// Where it stands.
    pub origin: Origin,
    /// The day that it is of: as the file says itself, else when it was last changed.
    pub date: Option<Timestamp>,
    /// Rows that were read.
    pub rows: u64,
    /// Rows that were wrong, and passed over.
    pub wrong: u64,
    /// Whom a page thanks.
    pub attribution: Attribution,
    /// Whether it was older than `places.old_after` when it was read, or of an unknown day.
    pub old: bool,
    /// From when on it is old; none where its day is not known.
    pub old_from: Option<Timestamp>,
}

impl Source {
    /// Whether it is old by now: a server may run for longer than its data is fresh.
    #[must_use]
    pub fn is_old(&self, now: Timestamp) -> bool {
        self.old_from.is_none_or(|from| from <= now)
    }
}

/// Whom to thank for rows of a layout. The licences ask for it of two of them.
pub(crate) const fn attribution(layout: Layout) -> Attribution {
    match layout {
        Layout::Delegated | Layout::Countries => REGISTRIES,
        Layout::Networks => Attribution {
            text: "Networks: IP geolocation by DB-IP (CC BY 4.0) and RouteViews",
            url: "https://db-ip.com",
        },
        Layout::Both => Attribution {
            text: "Networks: iptoasn.com (PDDL 1.0)",
            url: "https://iptoasn.com",
        },
    }
}

/// The statistics of the registries, and what is made of them.
pub(crate) const REGISTRIES: Attribution = Attribution {
    text: "Registration countries: statistics of the regional Internet registries, nro.net (CC BY 4.0)",
    url: "https://www.nro.net",
};
