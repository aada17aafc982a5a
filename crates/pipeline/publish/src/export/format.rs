//! The formats by name.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A format of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// The entries, one address or prefix a line.
    Plain,
    /// The fewest prefixes that say it, one a line.
    Cidr,
    /// A file for `nft -f`: sets of intervals in a table of their own.
    Nftables,
    /// A CIDR table of Postfix.
    Postfix,
    /// One JSON document a line: the prefix and its classes, with codes and ends.
    Jsonl,
    /// A combined data file of rbldnsd.
    Rbldnsd,
    /// A zone file, as BIND, NSD and Knot read it.
    Bind,
    /// The same without the texts.
    BindCodes,
    /// A response policy zone that turns away clients by their address.
    Rpz,
    /// A response policy zone that turns away answers by the addresses in them.
    RpzIp,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 10] = [
        Self::Plain,
        Self::Cidr,
        Self::Nftables,
        Self::Postfix,
        Self::Jsonl,
        Self::Rbldnsd,
        Self::Bind,
        Self::BindCodes,
        Self::Rpz,
        Self::RpzIp,
    ];

    /// The name in commands and paths.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Cidr => "cidr",
            Self::Nftables => "nftables",
            Self::Postfix => "postfix",
            Self::Jsonl => "jsonl",
            Self::Rbldnsd => "rbldnsd",
            Self::Bind => "bind",
            Self::BindCodes => "bind-codes",
            Self::Rpz => "rpz",
            Self::RpzIp => "rpz-ip",
        }
    }

    /// The media type.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Jsonl => "application/jsonl",
            Self::Bind | Self::BindCodes | Self::Rpz | Self::RpzIp => "text/dns; charset=utf-8",
            _ => "text/plain; charset=utf-8",
        }
    }

    /// What the name of a file of it ends with.
    #[must_use]
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Plain | Self::Cidr => "txt",
            Self::Nftables => "nft",
            Self::Postfix => "cidr",
            Self::Jsonl => "jsonl",
            Self::Rbldnsd => "rbldnsd",
            Self::Bind | Self::BindCodes | Self::Rpz | Self::RpzIp => "zone",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The text names no format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no format: use plain, cidr, nftables, postfix, jsonl, rbldnsd, bind, bind-codes, rpz or rpz-ip"
)]
pub struct UnknownFormat(String);

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        Self::ALL
            .into_iter()
            .find(|format| format.name() == text)
            .ok_or_else(|| UnknownFormat(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back_and_the_error_tells_them_all() {
        let error = "xml".parse::<Format>().unwrap_err().to_string();
        for format in Format::ALL {
            assert_eq!(format.to_string().parse(), Ok(format));
            assert!(error.contains(format.name()), "{format}");
        }
    }
}
