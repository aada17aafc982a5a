//! A disk that fills soon: a file system of a few MiB in memory.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

/// A small file system; unmounted when dropped.
#[derive(Debug)]
pub struct SmallDisk(TempDir);

impl SmallDisk {
    /// A disk of 6 MiB. None, and a counted skip, where mounting is not allowed.
    #[must_use]
    pub fn mount() -> Option<Self> {
        let disk = Self(tempfile::tempdir().ok()?);
        if run("mount", &["-t", "tmpfs", "-o", "size=6m", "tmpfs"], disk.path()) {
            return Some(disk);
        }
        crate::skip("mounting a small disk is not allowed here");
        None
    }

    /// Its root folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        run("umount", &["-l"], self.0.path());
    }
}

fn run(program: &str, arguments: &[&str], path: &Path) -> bool {
    let done = Command::new(program).args(arguments).arg(path).output();
    done.is_ok_and(|done| done.status.success())
}
