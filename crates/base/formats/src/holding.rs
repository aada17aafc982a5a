//! How a network is held, as its registry classifies it: by the one who uses it, or to be handed on in pieces.
//!
//! RDAP calls it `type` (RFC 9083 section 5.4), WHOIS `status` or `NetType`. Each registry has its own words, with one thing in common: an
//! assignment ends the chain, an allocation goes on to customers, whose networks may be registered inside with contacts of their own.

/// How a network is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Holding {
    /// By the one who uses it: the contact answers for all of it.
    Assigned,
    /// To be handed on, or nothing is said: parts of it may have other contacts.
    #[default]
    Other,
}

impl Holding {
    /// Reads the words of a registry: `ASSIGNED PA`, `Direct Assignment`, `reassigned`; `ALLOCATED PA`, `Direct Allocation`.
    #[must_use]
    pub fn read(words: &str) -> Self {
        if words.to_ascii_lowercase().contains("assign") {
            Self::Assigned
        } else {
            Self::Other
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_every_registry_are_read() {
        for words in [
            "ASSIGNED PA",
            "ASSIGNED PORTABLE",
            "ALLOCATED-ASSIGNED PA",
            "DIRECT ASSIGNMENT",
            "Reassigned",
            "reassigned",
        ] {
            assert_eq!(Holding::read(words), Holding::Assigned, "{words}");
        }
        for words in [
            "",
            "ALLOCATED PA",
            "SUB-ALLOCATED PA",
            "AGGREGATED-BY-LIR",
            "Direct Allocation",
            "reallocated",
            "LEGACY",
        ] {
            assert_eq!(Holding::read(words), Holding::Other, "{words}");
        }
    }
}
