//! Licences: every dependency may be used under a licence that `deny.toml` allows, and none is banned there.
//!
//! In: the dependency graph as cargo resolves it for the systems that `deny.toml` names, and the allowed licences and banned crates
//! from the same file, so that cargo-deny and this step agree. Out: a sentence for each package that is not covered, or is banned.

use std::path::Path;

use anyhow::{Context, Result};
use cargo_metadata::{Metadata, MetadataCommand, Package};
use serde::Deserialize;

use super::spdx;
use crate::workspace::Workspace;

/// The file that holds the rules.
const RULES: &str = "deny.toml";

/// The parts of `deny.toml` that are read here; cargo-deny reads the rest too.
#[derive(Debug, Deserialize)]
struct Rules {
    /// Which graph is judged.
    graph: Graph,
    /// Which licences are allowed.
    licenses: Licences,
    /// Which crates are not.
    bans: Bans,
}

/// `[bans]`.
#[derive(Debug, Deserialize)]
struct Bans {
    /// Every one of them.
    deny: Vec<Ban>,
}

/// A row of `[bans] deny`.
#[derive(Debug, Deserialize)]
struct Ban {
    /// The package.
    #[serde(rename = "crate")]
    package: String,
    /// Why we do without it.
    reason: String,
}

/// `[graph]`.
#[derive(Debug, Deserialize)]
struct Graph {
    /// The systems that we build for; what is used on others only does not count.
    targets: Vec<String>,
}

/// `[licenses]`.
#[derive(Debug, Deserialize)]
struct Licences {
    /// Allowed for every package.
    allow: Vec<String>,
    /// Allowed for one package besides.
    #[serde(default)]
    exceptions: Vec<Exception>,
}

/// `[[licenses.exceptions]]`.
#[derive(Debug, Deserialize)]
struct Exception {
    /// The package.
    #[serde(rename = "crate")]
    package: String,
    /// What it may be under.
    allow: Vec<String>,
}

/// Lists the packages whose licence is not allowed, and those that are banned.
pub(super) fn check(workspace: &Workspace) -> Result<Vec<String>> {
    let rules: Rules =
        toml::from_str(&workspace.text(Path::new(RULES))?).context("deny.toml cannot be read")?;
    let metadata = resolved(workspace, &rules.graph.targets)?;
    Ok(metadata
        .packages
        .iter()
        .flat_map(|package| [fault(package, &rules.licenses), banned(package, &rules.bans)])
        .flatten()
        .collect())
}

/// Why a package must not be here, if it is banned.
fn banned(package: &Package, bans: &Bans) -> Option<String> {
    let ban = bans
        .deny
        .iter()
        .find(|ban| ban.package == package.name.as_str())?;
    Some(format!(
        "{} {} is banned by {RULES}: {}; `cargo tree --invert {}` says who wants it",
        package.name, package.version, ban.reason, package.name
    ))
}

/// The whole graph, with everything that a feature could pull in.
fn resolved(workspace: &Workspace, targets: &[String]) -> Result<Metadata> {
    let platforms = targets
        .iter()
        .flat_map(|target| ["--filter-platform".to_owned(), target.clone()]);
    let mut command = MetadataCommand::new();
    command
        .current_dir(workspace.root())
        .features(cargo_metadata::CargoOpt::AllFeatures);
    command.other_options(platforms.collect::<Vec<_>>());
    command
        .exec()
        .context("cargo metadata does not resolve the dependencies")
}

/// What is wrong with the licence of a package, if anything is.
fn fault(package: &Package, licences: &Licences) -> Option<String> {
    let name = format!("{} {}", package.name, package.version);
    let Some(expression) = package.license.as_deref() else {
        return Some(format!("{name} names no licence"));
    };
    let own = licences
        .exceptions
        .iter()
        .filter(|exception| exception.package == package.name.as_str());
    let allowed: Vec<String> = licences
        .allow
        .iter()
        .chain(own.flat_map(|exception| &exception.allow))
        .cloned()
        .collect();
    match spdx::is_allowed(expression, &allowed) {
        Ok(true) => None,
        Ok(false) => Some(format!(
            "{name} is under `{expression}`, which {RULES} does not allow"
        )),
        Err(error) => Some(format!(
            "{name} has a licence that cannot be read, `{expression}`: {error}"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, licence: Option<&str>) -> Package {
        let package = serde_json::json!({
            "name": name, "version": "1.2.3", "id": name, "license": licence, "dependencies": [], "targets": [],
            "features": {}, "manifest_path": "/made/up/Cargo.toml",
        });
        serde_json::from_value(package).unwrap()
    }

    fn licences() -> Licences {
        let exception = Exception {
            package: "odd".to_owned(),
            allow: vec!["NCSA".to_owned()],
        };
        Licences {
            allow: vec!["MIT".to_owned()],
            exceptions: vec![exception],
        }
    }

    #[test]
    fn a_package_is_covered_or_named() {
        assert_eq!(fault(&package("plain", Some("MIT")), &licences()), None);
        let named = fault(&package("stern", Some("GPL-3.0-only")), &licences()).unwrap();
        assert!(
            named.starts_with("stern 1.2.3 is under `GPL-3.0-only`"),
            "{named}"
        );
        assert!(
            fault(&package("mute", None), &licences())
                .unwrap()
                .contains("names no licence")
        );
        assert!(
            fault(&package("garbled", Some("MIT OR")), &licences())
                .unwrap()
                .contains("cannot be read")
        );
    }

    #[test]
    fn an_exception_covers_its_package_only() {
        assert_eq!(fault(&package("odd", Some("MIT AND NCSA")), &licences()), None);
        assert!(fault(&package("even", Some("MIT AND NCSA")), &licences()).is_some());
    }

    #[test]
    fn a_banned_package_is_named_with_the_reason() {
        let bans = Bans {
            deny: vec![Ban {
                package: "clockwork".to_owned(),
                reason: "we have a clock".to_owned(),
            }],
        };
        let named = banned(&package("clockwork", Some("MIT")), &bans).unwrap();
        assert!(named.contains("we have a clock"), "{named}");
        assert_eq!(banned(&package("clockwork-sys", Some("MIT")), &bans), None);
    }

    #[test]
    fn the_rules_of_the_project_are_read() {
        let text = std::fs::read_to_string(crate::run::root().join(RULES)).unwrap();
        let rules: Rules = toml::from_str(&text).unwrap();
        assert!(rules.licenses.allow.contains(&"MIT".to_owned()));
        assert!(!rules.graph.targets.is_empty());
        assert!(rules.bans.deny.iter().any(|ban| ban.package == "openssl-sys"));
    }
}
