//! A disk of a test's own: one that fills soon, that lets nobody write, or that fails under way.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// A small file system; unmounted when dropped.
#[derive(Debug)]
pub struct SmallDisk {
    folder: TempDir,
    /// Where the kernel is told to find a fault in it; none for a disk in memory, which has none.
    fault: Option<PathBuf>,
}

impl SmallDisk {
    /// A disk in memory of so many MiB. None, and a counted skip, where mounting is not allowed.
    #[must_use]
    pub fn mount(mebibytes: u32) -> Option<Self> {
        let size = format!("size={mebibytes}m,mode=0700");
        Self::mounted(&["-t", "tmpfs", "-o", &size, "tmpfs"])
    }

    /// A disk of 32 MiB that can [`fail`](Self::fail). None, and a counted skip, where mounting is not allowed.
    #[must_use]
    pub fn mount_failing() -> Option<Self> {
        let images = tempfile::tempdir().ok()?;
        let image = images.path().join("image");
        std::fs::File::create(&image)
            .and_then(|file| file.set_len(32 << 20))
            .ok()?;
        if !run("mkfs.ext4", &["-q"], &image) {
            crate::skip("mkfs.ext4 is not installed");
            return None;
        }
        // The mounted loop device holds the image; its name may go.
        let image = image.to_str()?;
        let mut disk = Self::mounted(&["-o", "loop,errors=remount-ro", image])?;
        let device = text_of("findmnt", &["-no", "SOURCE"], disk.path())?;
        let name = Path::new(device.trim()).file_name()?;
        disk.fault = Some(Path::new("/sys/fs/ext4").join(name).join("trigger_fs_error"));
        Some(disk)
    }

    fn mounted(arguments: &[&str]) -> Option<Self> {
        let folder = tempfile::tempdir().ok()?;
        if run("mount", arguments, folder.path()) {
            return Some(Self { folder, fault: None });
        }
        crate::skip("mounting a small disk is not allowed here");
        None
    }

    /// Its root folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Lets nobody write on it any more; only while nobody has a file of it open for writing.
    ///
    /// # Panics
    /// Somebody has.
    pub fn make_read_only(&self) {
        assert!(
            run("mount", &["-o", "remount,ro"], self.path()),
            "the small disk stays writable"
        );
    }

    /// Makes the kernel find a fault: as on any disk that fails, nothing can be written from then on, open files included.
    ///
    /// # Panics
    /// The disk was not mounted as one that can fail.
    pub fn fail(&self) {
        let told = self.fault.as_ref().map(|fault| std::fs::write(fault, "1"));
        assert!(
            matches!(told, Some(Ok(()))),
            "the small disk does not fail: {told:?}"
        );
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        run("umount", &["-l"], self.path());
    }
}

/// Runs a program on a path; says whether it succeeded.
fn run(program: &str, arguments: &[&str], path: &Path) -> bool {
    text_of(program, arguments, path).is_some()
}

/// What a program says about a path; none where it fails or is not there.
fn text_of(program: &str, arguments: &[&str], path: &Path) -> Option<String> {
    let done = Command::new(program).args(arguments).arg(path).output().ok()?;
    done.status
        .success()
        .then(|| String::from_utf8_lossy(&done.stdout).into_owned())
}
