//! The files of a run: the list, another one to replace it, and for each server a folder of its own with links to the list.

use std::path::{Path, PathBuf};

use anyhow::Context;
use atalaya_testkit::data;

use super::files::{IPV6, RANGES, SINGLES, ZONE_FILE, append, write_rbldnsd, write_zone};
use super::list::List;
use super::options::{LISTS, REAL};
use super::peers::Peer;

/// Where the real list stands in the test data.
const REAL_LIST: &str = "ip-lists/listed-ipv4-2.6M.txt.zst";
/// Seeds of the list and of the other one.
const SEEDS: (u64, u64) = (1, 2);

/// Addresses that no list has: each becomes listed by one of the changes.
pub(super) mod probes {
    /// By a change of itself.
    pub(in super::super) const SINGLE: u32 = 0x0a01_0101;
    /// At the end of many.
    pub(in super::super) const BULK: u32 = 0x0a02_0202;
    /// By the other list.
    pub(in super::super) const REPLACEMENT: u32 = 0x0a03_0303;
}

/// A folder that goes away at the end.
#[derive(Debug)]
pub(super) struct Scratch {
    folder: tempfile::TempDir,
    /// What is listed.
    pub(super) list: List,
}

impl Scratch {
    /// Makes the lists and writes their files; none where the list is the real one and not there.
    ///
    /// # Errors
    /// The disk is full.
    pub(super) fn new(name: &str, with_zone_files: ZoneFiles) -> anyhow::Result<Option<Self>> {
        let size = LISTS
            .into_iter()
            .find(|(list, _)| *list == name)
            .context("no such list")?
            .1;
        let list = match (name, data(REAL_LIST)) {
            (REAL, None) => return Ok(None),
            (REAL, Some(file)) => List::real(&file)?,
            _ => List::make(size, SEEDS.0),
        };
        let scratch = Self {
            folder: tempfile::tempdir()?,
            list,
        };
        scratch.write("list", &scratch.list, 1, with_zone_files)?;
        scratch.write(
            "other",
            &List::make(scratch.list.singles.len(), SEEDS.1),
            2,
            with_zone_files,
        )?;
        let probe = || std::iter::once(probes::REPLACEMENT);
        append(&scratch.other().join(SINGLES), probe())?;
        if with_zone_files == ZoneFiles::Written {
            append(&scratch.other().join(ZONE_FILE), probe())?;
        }
        make_readable(scratch.folder.path())?;
        Ok(Some(scratch))
    }

    fn write(&self, name: &str, list: &List, serial: u32, zone_files: ZoneFiles) -> anyhow::Result<()> {
        let folder = self.folder.path().join(name);
        std::fs::create_dir(&folder)?;
        write_rbldnsd(list, &folder)?;
        if zone_files == ZoneFiles::Written {
            write_zone(list, serial, &folder)?;
        }
        Ok(())
    }

    /// The folder of the other list.
    pub(super) fn other(&self) -> PathBuf {
        self.folder.path().join("other")
    }

    /// A folder for a server, with the list in it, whatever was there.
    ///
    /// # Errors
    /// The disk is full.
    pub(super) fn folder_of(&self, peer: Peer) -> anyhow::Result<PathBuf> {
        let folder = self.folder.path().join(peer.name().replace(' ', "-"));
        std::fs::create_dir_all(&folder)?;
        make_readable(&folder)?;
        put(&self.folder.path().join("list"), &folder)?;
        Ok(folder)
    }
}

/// Whether zone files are needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ZoneFiles {
    /// For the servers that know names only.
    Written,
    /// None of them is measured.
    LeftOut,
}

/// Puts the files of one folder in the place of those in another, each in one step, as whoever serves a list does.
///
/// # Errors
/// A file cannot be linked.
pub(super) fn put(from: &Path, folder: &Path) -> anyhow::Result<()> {
    for name in [SINGLES, RANGES, IPV6, ZONE_FILE] {
        let (file, new) = (from.join(name), folder.join(format!("{name}.new")));
        if file.exists() {
            std::fs::hard_link(file, &new)?;
            std::fs::rename(&new, folder.join(name))?;
            // Where it was that file already, renaming does nothing.
            drop(std::fs::remove_file(new));
        }
    }
    Ok(())
}

/// rbldnsd reads its files as a user of its own.
fn make_readable(folder: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755))?;
    Ok(())
}
