//! What a signature names: a system, or a tool that makes packets by itself.

use std::fmt;

/// The name that signatures stand for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Label {
    /// What kind of thing it is.
    pub family: Family,
    /// Its name: `Linux`, `Windows`.
    pub name: String,
    /// Its version, or whatever else is known: `7 or 8`. May be empty.
    pub flavour: String,
    /// Whether it is a last resort that fits many systems.
    pub is_generic: bool,
}

/// What kind of thing a label names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Family {
    /// A system of this class: `unix`, `win`.
    System(String),
    /// A system; files of version 2 have no classes.
    Unstated,
    /// A program that makes packets by itself, whatever system it runs on.
    Tool,
}

impl Family {
    /// The class, where there is one.
    #[must_use]
    pub fn class(&self) -> Option<&str> {
        match self {
            Self::System(class) => Some(class),
            Self::Unstated => None,
            Self::Tool => Some("tool"),
        }
    }
}

/// Name and flavour.
impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if self.flavour.is_empty() {
            return Ok(());
        }
        write!(f, " {}", self.flavour)
    }
}
