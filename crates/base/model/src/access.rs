//! Who may operate: roles, what a token is for, and the names of accounts and tokens.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What somebody may do at the console. Each may do what those before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Sees figures, listings and what the desk may see of evidence; changes nothing.
    Viewer,
    /// Answers replies and enrolments, keeps contacts and the outbox.
    Desk,
    /// Lists, allows, judges, keeps rules, traps and reporters, takes evidence untouched.
    Operator,
    /// Keeps accounts and tokens too.
    Administrator,
}

impl Role {
    /// All of them, from the least to the most.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Desk, Self::Operator, Self::Administrator];

    /// The name in commands, database and API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Desk => "desk",
            Self::Operator => "operator",
            Self::Administrator => "administrator",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The text names no role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no role: use viewer, desk, operator or administrator")]
pub struct UnknownRole(String);

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL
            .into_iter()
            .find(|role| role.name() == text)
            .ok_or_else(|| UnknownRole(text.to_owned()))
    }
}

/// What a token of a program is for. Its role bounds it too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccessScope {
    /// Read what a viewer sees.
    Read,
    /// List and take off the list.
    List,
    /// Change the allow list.
    Allow,
    /// See evidence as the desk does.
    Evidence,
    /// Keep outbox, suppressions and replies.
    Notices,
    /// Read the audit trail, and keep accounts and tokens.
    Administer,
}

impl AccessScope {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Read,
        Self::List,
        Self::Allow,
        Self::Evidence,
        Self::Notices,
        Self::Administer,
    ];

    /// The name in commands, database and API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::List => "list",
            Self::Allow => "allow",
            Self::Evidence => "evidence",
            Self::Notices => "notices",
            Self::Administer => "administer",
        }
    }

    /// The least role that may do it.
    #[must_use]
    pub const fn least_role(self) -> Role {
        match self {
            Self::Read => Role::Viewer,
            Self::Evidence | Self::Notices => Role::Desk,
            Self::List | Self::Allow => Role::Operator,
            Self::Administer => Role::Administrator,
        }
    }
}

impl fmt::Display for AccessScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The text names no scope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no scope: use read, list, allow, evidence, notices or administer")]
pub struct UnknownScope(String);

impl FromStr for AccessScope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        Self::ALL
            .into_iter()
            .find(|scope| scope.name() == text)
            .ok_or_else(|| UnknownScope(text.to_owned()))
    }
}

/// Longest name of an account or a token, in characters.
const MAX_NAME: usize = 64;

/// The name of an account or a token: letters, digits and `._@-` of ASCII, so that no two names look alike. Large and small letters are the
/// same.
#[derive(Debug, Clone)]
pub struct AccountName(String);

impl AccountName {
    /// The name as it was typed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name in small letters, by which it is found.
    #[must_use]
    pub fn folded(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl PartialEq for AccountName {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for AccountName {}

impl fmt::Display for AccountName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// The text is no name of an account.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a name has from 1 to {MAX_NAME} letters, digits or `._@-`, and begins with a letter or a digit")]
pub struct BadAccountName;

impl FromStr for AccountName {
    type Err = BadAccountName;

    fn from_str(text: &str) -> Result<Self, BadAccountName> {
        let fits = |c: char| c.is_ascii_alphanumeric() || "._@-".contains(c);
        let begins = text.starts_with(|c: char| c.is_ascii_alphanumeric());
        if begins && text.len() <= MAX_NAME && text.chars().all(fits) {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadAccountName)
        }
    }
}

crate::as_text!(AccountName);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_and_scopes_are_read_back() {
        for role in Role::ALL {
            assert_eq!(role.to_string().parse(), Ok(role));
        }
        for scope in AccessScope::ALL {
            assert_eq!(scope.to_string().parse(), Ok(scope));
        }
        assert!("root".parse::<Role>().is_err() && "all".parse::<AccessScope>().is_err());
        assert!(Role::Viewer < Role::Desk && Role::Operator < Role::Administrator);
    }

    #[test]
    fn names_that_look_alike_are_one_or_none() {
        let name = |text: &str| text.parse::<AccountName>();
        assert_eq!(name("Marta"), name("marta"));
        assert_eq!(name("Marta").unwrap().folded(), "marta");
        for bad in ["", "-a", "a b", "mаrta", "a\n", &"a".repeat(65)] {
            assert!(name(bad).is_err(), "{bad:?}");
        }
        assert!(name("marta@example.org").is_ok() && name(&"a".repeat(64)).is_ok());
    }
}
