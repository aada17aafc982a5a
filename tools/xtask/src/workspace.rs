//! What the chores look at: the packages as cargo sees them, and the files as git sees them.
//!
//! Files that git ignores do not exist here; files not yet committed do, so that a check speaks before the commit.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use cargo_metadata::{Metadata, MetadataCommand, Package};

use crate::run;

/// The workspace at the moment of the check.
#[derive(Debug)]
pub(crate) struct Workspace {
    /// Where it stands.
    root: PathBuf,
    /// Our own packages, with the dependencies they declare.
    metadata: Metadata,
    /// Every file of ours, relative to the root, in order.
    files: Vec<PathBuf>,
}

impl Workspace {
    /// Reads it from cargo and git; needs no network.
    pub(crate) fn read() -> Result<Self> {
        let root = run::root();
        let metadata = MetadataCommand::new()
            .current_dir(&root)
            .no_deps()
            .exec()
            .context("cargo metadata does not describe the workspace")?;
        let files = files_of(&root)?;
        Ok(Self {
            root,
            metadata,
            files,
        })
    }

    /// Where it stands.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Where cargo builds.
    pub(crate) fn target(&self) -> &Path {
        self.metadata.target_directory.as_std_path()
    }

    /// Our own packages.
    pub(crate) fn packages(&self) -> &[Package] {
        &self.metadata.packages
    }

    /// The folder of a package, relative to the root.
    pub(crate) fn folder(&self, package: &Package) -> PathBuf {
        let manifest = package.manifest_path.as_std_path();
        let manifest = manifest.strip_prefix(&self.root).unwrap_or(manifest);
        manifest.parent().map(Path::to_path_buf).unwrap_or_default()
    }

    /// Every file of ours, relative to the root.
    pub(crate) fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// The files with this ending, each with its text.
    pub(crate) fn texts(&self, ending: &str) -> Result<Vec<(&Path, String)>> {
        let chosen = self
            .files
            .iter()
            .filter(|file| file.extension().is_some_and(|found| found == ending));
        chosen
            .map(|file| Ok((file.as_path(), self.text(file)?)))
            .collect()
    }

    /// The text of one file; its path is relative to the root.
    pub(crate) fn text(&self, file: &Path) -> Result<String> {
        let path = self.root.join(file);
        std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", file.display()))
    }

    /// Whether a file or folder stands at a path relative to the root.
    pub(crate) fn has(&self, path: &Path) -> bool {
        self.root.join(path).exists()
    }
}

/// Asks git for the files that are committed or would be.
fn files_of(root: &Path) -> Result<Vec<PathBuf>> {
    let mut command = run::program(
        "git",
        &["ls-files", "-z", "--cached", "--others", "--exclude-standard"],
    );
    let listed = run::output(&mut command)?;
    let names: BTreeSet<&str> = listed.split('\0').filter(|name| !name.is_empty()).collect();
    Ok(names
        .into_iter()
        .map(PathBuf::from)
        .filter(|file| root.join(file).is_file())
        .collect())
}
