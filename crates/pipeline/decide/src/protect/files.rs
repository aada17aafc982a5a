//! Files of protected ranges.

use std::io::Read;
use std::path::{Path, PathBuf};

use atalaya_formats::lists::{ListForm, ListReader};
use atalaya_model::Prefix;

/// Longest file, in bytes: half a million ranges.
const MAX_FILE: u64 = 16 << 20;

/// A file of ranges cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BadRanges {
    /// It cannot be read.
    #[error("cannot read the protected ranges in {0}")]
    Unreadable(PathBuf, #[source] std::io::Error),
    /// It is too long.
    #[error("the file of protected ranges {0} is longer than 16 MiB")]
    TooLong(PathBuf),
    /// A line names no range. The file is refused whole: what it was to protect could be listed.
    #[error("{path}, line {line}: {why}")]
    BadLine {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        why: String,
    },
}

/// Reads a file of ranges.
pub(super) fn read(path: &Path) -> Result<Vec<Prefix>, BadRanges> {
    let unreadable = |error| BadRanges::Unreadable(path.to_owned(), error);
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let mut text = Vec::new();
    file.take(MAX_FILE.saturating_add(1))
        .read_to_end(&mut text)
        .map_err(unreadable)?;
    if text.len() as u64 > MAX_FILE {
        return Err(BadRanges::TooLong(path.to_owned()));
    }
    let mut reader = ListReader::new(Some(ListForm::Plain), None);
    let mut ranges = Vec::new();
    for (line, number) in text.split(|byte| *byte == b'\n').zip(1..) {
        let named = reader.read(line).map_err(|why| BadRanges::BadLine {
            path: path.to_owned(),
            line: number,
            why: why.to_string(),
        })?;
        ranges.extend(named);
    }
    Ok(ranges)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_whole_or_refused_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ranges.txt");
        std::fs::write(&path, "# ours\n192.0.2.0/24\n\n2001:db8::/32 # theirs\n").unwrap();
        let ranges = read(&path).unwrap();
        assert_eq!(ranges.len(), 2, "{ranges:?}");
        std::fs::write(&path, "192.0.2.0/24\nmail.example\n").unwrap();
        let told = read(&path).unwrap_err().to_string();
        assert!(told.contains("line 2"), "{told}");
        assert!(matches!(
            read(&folder.path().join("none")),
            Err(BadRanges::Unreadable(..))
        ));
    }
}
