//! Which part of the list is wanted: classes and a family of addresses.

use std::fmt;
use std::str::FromStr;

use atalaya_model::{Class, Prefix};
use serde::{Deserialize, Serialize};

use crate::set::Classes;

/// A family of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Family {
    /// IPv4.
    #[serde(rename = "4")]
    V4,
    /// IPv6.
    #[serde(rename = "6")]
    V6,
}

/// The text names no family.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no family of addresses: use 4 or 6")]
pub struct BadFamily(String);

impl FromStr for Family {
    type Err = BadFamily;

    fn from_str(text: &str) -> Result<Self, BadFamily> {
        match text {
            "4" => Ok(Self::V4),
            "6" => Ok(Self::V6),
            _ => Err(BadFamily(text.to_owned())),
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V4 => "4",
            Self::V6 => "6",
        })
    }
}

/// Which part of the list is wanted; by default all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Filter {
    /// None for every class.
    classes: Option<Classes>,
    /// None for both.
    family: Option<Family>,
}

impl Filter {
    /// What stands in one of these classes (no class means every class), in this family.
    #[must_use]
    pub fn new(classes: &[Class], family: Option<Family>) -> Self {
        Self {
            classes: (!classes.is_empty()).then(|| classes.iter().copied().collect()),
            family,
        }
    }

    /// Whether a class is wanted.
    pub(super) fn wants(&self, class: Class) -> bool {
        self.classes.is_none_or(|classes| classes.contains(class))
    }

    /// Whether a prefix is of a family that is wanted.
    pub(super) fn admits(&self, prefix: &Prefix) -> bool {
        match self.family {
            None => true,
            Some(Family::V4) => prefix.is_ipv4(),
            Some(Family::V6) => !prefix.is_ipv4(),
        }
    }

    /// Whether a family is wanted.
    pub(super) fn has(&self, family: Family) -> bool {
        self.family.is_none_or(|wanted| wanted == family)
    }

    /// The filter in letters, digits and `-`.
    pub(super) fn tag(&self) -> String {
        let classes = self
            .classes
            .map_or_else(|| "all".to_owned(), |classes| classes.to_string());
        let family = self.family.map_or("46".to_owned(), |family| family.to_string());
        format!("{}-{family}", classes.replace(", ", "-"))
    }
}

/// `every class, IPv4 and IPv6`.
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.classes {
            None => f.write_str("every class, ")?,
            Some(classes) => write!(f, "classes: {classes}; ")?,
        }
        f.write_str(match self.family {
            None => "IPv4 and IPv6",
            Some(Family::V4) => "IPv4 only",
            Some(Family::V6) => "IPv6 only",
        })
    }
}
