//! Finding the rest of a log that was put aside: renamed, copied and emptied, or packed, once or several times.

use std::cmp::Reverse;
use std::collections::VecDeque;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::file::{Number, Position, number};

/// Most files of a folder that are looked at.
const MOST_ENTRIES: usize = 10_000;
/// Most files that were put aside and may hold something unread.
const MOST_ASIDE: usize = 64;
/// How files end that are packed in a way that is not read here.
const UNREADABLE: [&str; 4] = [".xz", ".bz2", ".zst", ".Z"];

/// A file that is to be read. The next rotation may give its name to another one, so that it is known by its number.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unread {
    pub(super) path: PathBuf,
    pub(super) number: Number,
    /// Where to begin.
    pub(super) offset: u64,
}

/// The files to read, oldest first. The last one is the log itself, if it is there. What was changed last before `since` holds nothing of
/// interest.
pub(super) fn files_after(
    path: &Path,
    position: &Position,
    since: SystemTime,
) -> io::Result<VecDeque<Unread>> {
    let mut files = VecDeque::new();
    // The numbers are taken first: where a rotation comes between, they do not fit any more when the file is opened.
    let found = fs::metadata(path).and_then(|metadata| Ok((number(&metadata), position.is_in(path)?)));
    match found {
        Ok((number, is_it)) => {
            files.push_front(Unread {
                path: path.to_owned(),
                number,
                offset: if is_it { position.offset } else { 0 },
            });
            if is_it {
                return Ok(files);
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    if position.offset == 0 {
        return Ok(files);
    }
    for aside in put_aside(path, since)? {
        // One that cannot be read now is tried again when its turn comes, and told then.
        let is_it = position.is_in(&aside.path).unwrap_or(false);
        files.push_front(Unread {
            offset: if is_it { position.offset } else { 0 },
            ..aside
        });
        if is_it {
            break;
        }
    }
    Ok(files)
}

/// The files beside a log that were once it, youngest first: its name, a dot or hyphen, and a number or date.
fn put_aside(path: &Path, since: SystemTime) -> io::Result<Vec<Unread>> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name().and_then(|name| name.to_str())) else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)?.take(MOST_ENTRIES) {
        let entry = entry?;
        let is_aside = entry.file_name().to_str().is_some_and(|other| {
            let rest = other.strip_prefix(name).unwrap_or_default();
            let rest = rest.strip_prefix(['.', '-']).unwrap_or_default();
            rest.starts_with(|first: char| first.is_ascii_digit())
                && !UNREADABLE.iter().any(|end| rest.ends_with(end))
        });
        if !is_aside {
            continue;
        }
        let aside = || {
            // Of a link, the file that it leads to: that is the one which is opened.
            let metadata = fs::metadata(entry.path())?;
            let unread = Unread {
                path: entry.path(),
                number: number(&metadata),
                offset: 0,
            };
            io::Result::Ok((metadata.modified()?, unread))
        };
        // It may be gone by now.
        found.extend(aside().ok());
    }
    let names: Vec<PathBuf> = found.iter().map(|(_changed, aside)| aside.path.clone()).collect();
    // While a file is being packed, both are there, and the packed one is not whole.
    let is_being_packed = |path: &Path| {
        path.extension().is_some_and(|end| end == "gz") && names.contains(&path.with_extension(""))
    };
    found.retain(|(changed, aside)| *changed >= since && !is_being_packed(&aside.path));
    found.sort_by_key(|(changed, aside)| (Reverse(*changed), aside.number));
    // One that has two names is read once.
    found.dedup_by_key(|(_changed, aside)| aside.number);
    found.truncate(MOST_ASIDE);
    Ok(found.into_iter().map(|(_changed, aside)| aside).collect())
}
