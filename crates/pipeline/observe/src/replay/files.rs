//! Which files there are to replay: found before the first one is read, so that the work is known.
//!
//! A folder is searched with all folders in it, in the order of their names. In a Maildir (a folder with `cur` and `new`), `tmp` is left
//! out: what stands there is still being written. Symbolic links inside a folder and whatever is no regular file are told, not opened.

use std::fs::{self, DirEntry, FileType};
use std::path::{Path, PathBuf};

use super::{NoSuchPath, Skip};

/// Folders inside folders that are followed. Maildirs of real users have a handful.
const MAX_DEPTH: usize = 64;

/// A file, or a place that is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// Where.
    pub(super) path: PathBuf,
    /// Its size in bytes, or why it is not opened.
    pub(super) size: Result<u64, Skip>,
}

/// Finds the files under each path. A path may be a symbolic link itself: whoever names it means it.
pub(super) fn find(paths: &[PathBuf]) -> Result<Vec<Found>, NoSuchPath> {
    let mut found = Vec::new();
    for path in paths {
        let metadata = fs::metadata(path).map_err(|source| NoSuchPath {
            path: path.clone(),
            source,
        })?;
        if metadata.is_dir() {
            walk(path, &mut found);
        } else {
            let size = if metadata.is_file() {
                Ok(metadata.len())
            } else {
                Err(Skip::Special)
            };
            found.push(Found {
                path: path.clone(),
                size,
            });
        }
    }
    Ok(found)
}

/// Searches one folder, without calling itself: the depth of a folder is not ours to choose.
fn walk(top: &Path, found: &mut Vec<Found>) {
    let mut waiting = vec![(top.to_owned(), 0_usize)];
    while let Some((folder, depth)) = waiting.pop() {
        let skipped = |path: PathBuf, why: Skip| Found { path, size: Err(why) };
        if depth > MAX_DEPTH {
            found.push(skipped(folder, Skip::TooDeep));
            continue;
        }
        let entries = match entries(&folder) {
            Ok(entries) => entries,
            Err(error) => {
                found.push(skipped(folder, error.into()));
                continue;
            }
        };
        let has = |name: &str| {
            entries
                .iter()
                .any(|(path, kind)| kind.is_dir() && path.ends_with(name))
        };
        let is_maildir = has("cur") && has("new");
        let mut folders = Vec::new();
        for (path, kind) in &entries {
            if !kind.is_dir() {
                found.push(file(path, *kind));
            } else if !(is_maildir && path.ends_with("tmp")) {
                folders.push((path.clone(), depth.saturating_add(1)));
            }
        }
        // The last one in is the first one out.
        waiting.extend(folders.into_iter().rev());
    }
}

/// What stands in a folder, by name.
fn entries(folder: &Path) -> std::io::Result<Vec<(PathBuf, FileType)>> {
    let kind = |entry: std::io::Result<DirEntry>| {
        let entry = entry?;
        Ok((entry.path(), entry.file_type()?))
    };
    let mut entries: Vec<_> = fs::read_dir(folder)?.map(kind).collect::<std::io::Result<_>>()?;
    entries.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(entries)
}

/// One entry that is no folder.
fn file(path: &Path, kind: FileType) -> Found {
    let size = if kind.is_symlink() {
        Err(Skip::SymbolicLink)
    } else if kind.is_file() {
        fs::symlink_metadata(path)
            .map(|metadata| metadata.len())
            .map_err(Skip::from)
    } else {
        Err(Skip::Special)
    };
    Found {
        path: path.to_owned(),
        size,
    }
}
