//! Reading the signature files that the configuration, or a command, names.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use atalaya_formats::signatures::{MOST_FILE_BYTES, Matcher, Signatures};

/// What names the stacks: these files, then our own signatures.
///
/// # Errors
/// A file cannot be read, or has wrong lines.
pub(crate) fn matcher_of(paths: &[PathBuf]) -> anyhow::Result<Matcher> {
    let sets = paths.iter().map(|path| read(path));
    Ok(Matcher::new(sets.collect::<anyhow::Result<_>>()?))
}

/// Reads a signature file; it is called by its path.
fn read(path: &Path) -> anyhow::Result<(String, Signatures)> {
    let name = path.display().to_string();
    let mut bytes = Vec::new();
    let read = |bytes: &mut Vec<u8>| File::open(path)?.take(MOST_FILE_BYTES + 1).read_to_end(bytes);
    let length = read(&mut bytes).with_context(|| format!("cannot read the signatures in {name}"))?;
    if length as u64 > MOST_FILE_BYTES {
        bail!("{name} is larger than any file of signatures");
    }
    let signatures = Signatures::read(&bytes).with_context(|| format!("{name} has wrong lines"))?;
    Ok((name, signatures))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_file_is_told_with_its_name_and_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mine.fp");
        let told = |text: &str| {
            std::fs::write(&path, text).unwrap();
            let error = matcher_of(std::slice::from_ref(&path)).err()?;
            Some(format!("{error:#}"))
        };
        assert_eq!(told("24000:128:0:44:M536:.:Bot:seen since May\n"), None);
        let wrong = told("24000:128:0:44:M536:.:Bot:seen since May\n24000:x:0:44:M536:.:Bot:\n").unwrap();
        assert!(wrong.contains("mine.fp") && wrong.contains("line 2"), "{wrong}");
        let absent = matcher_of(&[folder.path().join("absent")]).unwrap_err();
        assert!(format!("{absent:#}").contains("absent"));
    }
}
