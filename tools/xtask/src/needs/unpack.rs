//! Unpacking Debian packages that cannot be installed, because they conflict with others that the tests need.
//!
//! In: a package with its libraries. Out: their files in a folder of the build directory, and nothing changed in the system. The
//! folder appears when it is whole: a run that is killed half way leaves nothing that looks like the program.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::install::{apt, complaint};

/// Where the package of this name is unpacked; cargo calls the folder above `CARGO_TARGET_TMPDIR` when it builds a test.
pub(super) fn folder(target: &Path, package: &str) -> PathBuf {
    target.join("tmp/unpacked").join(package)
}

/// Downloads the package and the libraries, and unpacks them into the folder of the package.
pub(super) fn unpack(target: &Path, package: &str, libraries: &[&str]) -> Result<(), String> {
    let whole = folder(target, package);
    let part = whole.with_extension("part");
    let packages: Vec<&str> = std::iter::once(package)
        .chain(libraries.iter().copied())
        .collect();
    let unpacked = clear(&part)
        .and_then(|()| download(&part, &packages))
        .and_then(|()| extract(&part))
        .and_then(|()| replace(&part, &whole));
    unpacked.map_err(|why| format!("{package} was not unpacked: {why}"))
}

/// Makes the folder, empty.
fn clear(folder: &Path) -> Result<(), String> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(|error| trouble(folder, &error))?;
    }
    fs::create_dir_all(folder).map_err(|error| trouble(folder, &error))
}

/// Downloads the packages into the folder; where apt does not know where they are, after a look at what there is.
fn download(folder: &Path, packages: &[&str]) -> Result<(), String> {
    apt(folder, "download", packages).or_else(|_old_lists| {
        apt(folder, "update", &[])?;
        apt(folder, "download", packages)
    })
}

/// Extracts each package that lies in the folder, and drops it.
fn extract(folder: &Path) -> Result<(), String> {
    let entries = fs::read_dir(folder).map_err(|error| trouble(folder, &error))?;
    let packages: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    for package in packages {
        let output = Command::new("dpkg-deb")
            .arg("--extract")
            .args([&package, folder])
            .output()
            .map_err(|error| format!("dpkg-deb cannot be run: {error}"))?;
        if !output.status.success() {
            return Err(complaint(&output));
        }
        fs::remove_file(&package).map_err(|error| trouble(&package, &error))?;
    }
    Ok(())
}

/// Puts the whole folder where it belongs.
fn replace(part: &Path, whole: &Path) -> Result<(), String> {
    clear(whole)?;
    fs::rename(part, whole).map_err(|error| trouble(whole, &error))
}

/// An error, with the file that it is about.
fn trouble(path: &Path, error: &std::io::Error) -> String {
    format!("{}: {error}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Builds a package of one file, if that can be done here.
    fn build(folder: &Path, name: &str) -> bool {
        let tree = folder.join("tree");
        fs::create_dir_all(tree.join("DEBIAN")).unwrap();
        fs::create_dir_all(tree.join("usr/sbin")).unwrap();
        fs::write(tree.join("usr/sbin").join(name), "a program").unwrap();
        let control = format!(
            "Package: {name}\nVersion: 1\nArchitecture: all\nMaintainer: nobody <n@example.org>\nDescription: none\n"
        );
        fs::write(tree.join("DEBIAN/control"), control).unwrap();
        let built = Command::new("dpkg-deb")
            .args(["--build", "tree", &format!("{name}.deb")])
            .current_dir(folder)
            .output();
        fs::remove_dir_all(tree).unwrap();
        built.is_ok_and(|output| output.status.success())
    }

    #[test]
    fn packages_are_extracted_and_then_dropped() {
        let folder = tempfile::tempdir().unwrap();
        if !build(folder.path(), "one") || !build(folder.path(), "two") {
            return atalaya_testkit::skip("dpkg-deb cannot be run here");
        }
        extract(folder.path()).unwrap();
        for name in ["one", "two"] {
            assert!(folder.path().join("usr/sbin").join(name).is_file());
            assert!(!folder.path().join(format!("{name}.deb")).exists());
        }
    }

    #[test]
    fn what_is_no_package_is_told() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("torn.deb"), "torn").unwrap();
        assert!(!extract(folder.path()).unwrap_err().is_empty());
    }

    #[test]
    fn the_folder_is_whole_or_as_before() {
        let target = tempfile::tempdir().unwrap();
        let whole = folder(target.path(), "one");
        let part = whole.with_extension("part");
        clear(&part).unwrap();
        fs::write(part.join("new"), "").unwrap();
        clear(&whole).unwrap();
        fs::write(whole.join("old"), "").unwrap();
        replace(&part, &whole).unwrap();
        assert!(whole.join("new").exists() && !whole.join("old").exists() && !part.exists());
    }
}
