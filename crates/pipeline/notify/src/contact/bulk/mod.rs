//! The registries' bulk data in memory: which mailbox answers for which addresses.
//!
//! ```text
//! dumps ── formats::rpsl ──► networks with handles ┐
//!                            holders by handle     ┴─ followed ─► ranges with a mailbox ── flattened ──► Index
//! ```
//!
//! A network without a contact of its own is left out, so that the one around it answers, as the registries have it. What is kept is a
//! sorted set: 8 bytes for a piece of IPv4 addresses, 20 for one of IPv6, and each mailbox once.

mod follow;
mod pieces;

use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use atalaya_formats::lists::{next_line, unpacked};
use atalaya_formats::rpsl::Assembler;
use atalaya_formats::{AddressRange, Basis};
use atalaya_model::{MailAddress, Prefix};

use follow::Harvest;
use pieces::Pieces;

/// The most bytes that one file may unpack to: the whole data of the largest registry has a tenth of it.
const MAX_UNPACKED: u64 = 64 << 30;

/// Who answers for which addresses.
#[derive(Debug, Default)]
pub(super) struct Index {
    ipv4: Pieces<u32>,
    ipv6: Pieces<u128>,
    mailboxes: Vec<Named>,
}

/// A mailbox of an index.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Named {
    pub(super) address: MailAddress,
    /// Why it may be the one.
    pub(super) basis: Basis,
    /// Which of the files names the network.
    pub(super) file: usize,
}

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum BulkError {
    /// It cannot be read.
    #[error("{path} cannot be read")]
    Read {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    /// There is too much of it.
    #[error("{path} brings more than {most} {what}")]
    TooMuch {
        path: PathBuf,
        most: usize,
        what: &'static str,
    },
}

impl Index {
    /// Reads files, in any order: a network may stand in one and its holder in another. This takes seconds for a whole registry.
    ///
    /// # Errors
    /// The first file that cannot be used. None is used then: half of the data would give wrong contacts.
    pub(super) fn load(paths: &[PathBuf]) -> Result<Self, BulkError> {
        let mut harvest = Harvest::default();
        for (file, path) in paths.iter().enumerate() {
            read(path, file, &mut harvest)?;
        }
        Ok(harvest.follow())
    }

    /// The mailbox for an address, and the prefix around it for which it holds.
    pub(super) fn around(&self, address: IpAddr) -> Option<(Prefix, &Named)> {
        let (first, last, mailbox) = match address.to_canonical() {
            IpAddr::V4(address) => {
                let (first, last, mailbox) = self.ipv4.around(address.to_bits())?;
                (IpAddr::V4(first.into()), IpAddr::V4(last.into()), mailbox)
            }
            IpAddr::V6(address) => {
                let (first, last, mailbox) = self.ipv6.around(address.to_bits())?;
                (IpAddr::V6(first.into()), IpAddr::V6(last.into()), mailbox)
            }
        };
        let prefix = AddressRange::new(first, last)?.prefix_around(address)?;
        let mailbox = usize::try_from(mailbox).ok()?;
        Some((prefix, self.mailboxes.get(mailbox)?))
    }

    /// How many pieces of addresses it tells apart.
    pub(super) fn len(&self) -> usize {
        self.ipv4.len().saturating_add(self.ipv6.len())
    }
}

fn read(path: &Path, file: usize, harvest: &mut Harvest) -> Result<(), BulkError> {
    let failed = |source| BulkError::Read {
        path: path.to_owned(),
        source,
    };
    let plain = std::fs::File::open(path).map_err(failed)?;
    let mut input = unpacked(plain, MAX_UNPACKED).map_err(failed)?;
    let (mut assembler, mut line) = (Assembler::default(), Vec::new());
    loop {
        let more = next_line(&mut *input, &mut line).map_err(failed)?;
        let ended = if more {
            assembler.line(&line)
        } else {
            assembler.end()
        };
        if let Some(object) = ended {
            harvest
                .take(object, file)
                .map_err(|(most, what)| BulkError::TooMuch {
                    path: path.to_owned(),
                    most,
                    what,
                })?;
        }
        if !more {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests;
