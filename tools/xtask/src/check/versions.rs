//! Versions: the version of a dependency stands in the root manifest and nowhere else.
//!
//! In: the manifests of all packages. Out: a sentence for each dependency that does not take its version from the workspace.

use anyhow::{Context, Result};
use toml::{Table, Value};

use crate::workspace::Workspace;

/// The tables of a manifest that hold dependencies, also below `[target.….]`.
const KINDS: &[&str] = &["dependencies", "dev-dependencies", "build-dependencies"];

/// Lists the dependencies that bring their own version.
pub(super) fn check(workspace: &Workspace) -> Result<Vec<String>> {
    let mut faults = Vec::new();
    for package in workspace.packages() {
        let file = workspace.folder(package).join("Cargo.toml");
        let manifest = workspace.text(&file)?;
        let manifest: Table = manifest
            .parse()
            .with_context(|| format!("{} is not TOML", file.display()))?;
        for name in own_versions(&manifest) {
            faults.push(format!(
                "{}: `{name}` must say `workspace = true`",
                file.display()
            ));
        }
    }
    Ok(faults)
}

/// The dependencies of a manifest that do not come from the workspace.
fn own_versions(manifest: &Table) -> Vec<String> {
    let targets = manifest
        .get("target")
        .and_then(Value::as_table)
        .into_iter()
        .flatten();
    let places = std::iter::once(manifest).chain(targets.filter_map(|(_, target)| target.as_table()));
    let tables = places.flat_map(|place| KINDS.iter().filter_map(|kind| place.get(*kind)?.as_table()));
    let dependencies = tables.flatten();
    let strange =
        dependencies.filter(|(_, entry)| entry.get("workspace").and_then(Value::as_bool) != Some(true));
    strange.map(|(name, _)| name.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_outside_the_root_is_found() {
        let manifest = "
            [dependencies]
            tokio.workspace = true
            serde = '1'
            [dev-dependencies]
            tempfile = { version = '3', features = [] }
            [target.'cfg(unix)'.build-dependencies]
            cc = { path = '../cc' }
            sha2 = { workspace = true, optional = true }
        ";
        assert_eq!(
            own_versions(&manifest.parse().unwrap()),
            ["serde", "tempfile", "cc"]
        );
    }
}
