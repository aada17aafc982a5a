//! The small text files of the data folder that commands change and a running server follows: read bounded, written whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

/// What tells one state of a file from another; none where there is no file.
pub type Stamp = Option<(u64, u64, i64, i64)>;

/// What a file is now.
#[must_use]
pub fn stamp(path: &Path) -> Stamp {
    let found = fs::metadata(path).ok()?;
    Some((found.ino(), found.len(), found.mtime(), found.mtime_nsec()))
}

/// Reads a file of at most so many bytes, or one byte more of a longer one; none if there is none.
///
/// # Errors
/// It cannot be read, or is no text.
pub fn read(path: &Path, most: u64) -> io::Result<Option<String>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut text = String::new();
    file.take(most.saturating_add(1)).read_to_string(&mut text)?;
    Ok(Some(text))
}

/// Puts a text, or bytes, in the place of a file, whole and for its owner only. Whoever does so at the same time must be kept away by the caller.
///
/// # Errors
/// It cannot be written; the old one is still there then.
pub fn put_in_place(path: &Path, content: &(impl AsRef<[u8]> + ?Sized)) -> io::Result<()> {
    // Nothing is cut from the name: two files that differ in their endings only must not meet.
    let beside = path.with_added_extension("new");
    let mut file = OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(&beside)?;
    file.write_all(content.as_ref())?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    // The new name must outlive a power cut too.
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn files_that_differ_in_their_endings_only_do_not_meet() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("list.new")).unwrap();
        for ending in ["set", "json"] {
            let path = folder.path().join("list").with_extension(ending);
            put_in_place(&path, ending).unwrap();
            assert_eq!(read(&path, 9).unwrap().as_deref(), Some(ending));
        }
    }

    #[test]
    fn a_file_is_put_in_place_whole_and_for_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        assert_eq!((read(&path, 9).unwrap(), stamp(&path)), (None, None));
        put_in_place(&path, "one").unwrap();
        let before = stamp(&path);
        put_in_place(&path, "other").unwrap();
        assert_eq!(read(&path, 9).unwrap().as_deref(), Some("other"));
        assert_eq!(read(&path, 2).unwrap().as_deref(), Some("oth"));
        assert_ne!(stamp(&path), before);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        fs::write(&path, [0xff, 0xfe]).unwrap();
        assert!(read(&path, 9).is_err());
    }
}
