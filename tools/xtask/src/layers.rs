//! Layers: who may know whom (STYLE.md, "Where things stand").
//!
//! In: the packages of the workspace with what each depends on. Out: a drawing of the rings, and a sentence for every edge that
//! goes up or sideways. Crates of one ring meet through facts in the store, never through an import.

use std::collections::BTreeSet;
use std::process::ExitCode;

use anyhow::Result;
use cargo_metadata::{DependencyKind, Package};

use crate::workspace::Workspace;

/// The rings from the ground up. A crate may know the rings below its own; a new crate is one more word here.
const RINGS: &[&[&str]] = &[
    &["atalaya-model"],
    &["atalaya-formats", "atalaya-net", "atalaya-store"],
    &["atalaya-places"],
    &[
        "atalaya-observe",
        "atalaya-decide",
        "atalaya-publish",
        "atalaya-notify",
        "atalaya-delist",
        "atalaya-desk",
        "atalaya-checksums",
        "atalaya-hygiene",
        "atalaya-stats",
    ],
    &["atalaya-web"],
    &["atalaya"],
];

/// What stands beside the rings: may know any crate, and is known by none.
const TOOLS: &[&str] = &["xtask", "atalaya-testkit", "atalaya-fuzz", "atalaya-bench"];

/// The one tool that a crate may know, and only in its tests.
const TESTKIT: &str = "atalaya-testkit";

/// What an edge is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Purpose {
    /// The crate itself needs it.
    Use,
    /// Only its tests need it.
    Test,
}

/// One crate knowing another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Edge {
    /// Who knows.
    from: String,
    /// Who is known.
    to: String,
    /// What for.
    purpose: Purpose,
}

/// Where a package stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In the ring of this number, counted from the ground.
    Ring(usize),
    /// Beside the rings.
    Tool,
    /// Nowhere yet.
    Unknown,
}

/// Draws the rings and says which edges break the rule.
pub(crate) fn run(workspace: &Workspace) -> Result<ExitCode> {
    let (names, edges) = graph(workspace.packages());
    print!("{}", drawing(&names, &edges));
    let faults = faults(&names, &edges);
    for fault in &faults {
        println!("{fault}");
    }
    if faults.is_empty() {
        println!("\nno edge goes up or sideways");
        return Ok(ExitCode::SUCCESS);
    }
    Ok(ExitCode::FAILURE)
}

/// The step of `cargo xtask check`.
pub(crate) fn check(workspace: &Workspace) -> Result<Vec<String>> {
    let (names, edges) = graph(workspace.packages());
    Ok(faults(&names, &edges))
}

/// The packages of the workspace, and the edges between them.
fn graph(packages: &[Package]) -> (BTreeSet<String>, BTreeSet<Edge>) {
    let names: BTreeSet<String> = packages.iter().map(|package| package.name.to_string()).collect();
    let mut edges = BTreeSet::new();
    for package in packages {
        for dependency in package
            .dependencies
            .iter()
            .filter(|dependency| names.contains(&dependency.name))
        {
            let test = dependency.kind == DependencyKind::Development;
            edges.insert(Edge {
                from: package.name.to_string(),
                to: dependency.name.clone(),
                purpose: if test { Purpose::Test } else { Purpose::Use },
            });
        }
    }
    (names, edges)
}

/// A sentence for each thing that breaks the rule.
fn faults(names: &BTreeSet<String>, edges: &BTreeSet<Edge>) -> Vec<String> {
    let homeless = names.iter().filter(|name| place(name) == Place::Unknown);
    let homeless = homeless
        .map(|name| format!("{name} stands in no ring: give it its place in tools/xtask/src/layers.rs"));
    homeless.chain(edges.iter().filter_map(fault)).collect()
}

/// What is wrong with one edge, if anything is.
fn fault(edge: &Edge) -> Option<String> {
    let Edge { from, to, purpose } = edge;
    match (place(from), place(to)) {
        (Place::Ring(above), Place::Ring(below)) if below < above => None,
        (Place::Ring(one), Place::Ring(other)) if one == other => Some(format!(
            "sideways: {from} knows {to}, which stands in the same ring; let them meet through facts in the store"
        )),
        (Place::Ring(_), Place::Ring(_)) => Some(format!(
            "upward: {from} knows {to}, which stands above it; pass in what is needed instead"
        )),
        (Place::Ring(_), Place::Tool) if to != TESTKIT => Some(format!(
            "upward: {from} knows {to}, which is a tool; a tool may know the crates, never the other way"
        )),
        (Place::Ring(_), Place::Tool) if *purpose == Purpose::Use => Some(format!(
            "upward: {from} knows {to} outside its tests; make it a dev-dependency"
        )),
        _ => None,
    }
}

/// Where a package stands.
fn place(name: &str) -> Place {
    if TOOLS.contains(&name) {
        return Place::Tool;
    }
    let ring = RINGS.iter().position(|ring| ring.contains(&name));
    ring.map_or(Place::Unknown, Place::Ring)
}

/// The rings from the top down, one crate a line, with what each knows.
fn drawing(names: &BTreeSet<String>, edges: &BTreeSet<Edge>) -> String {
    let mut text = String::new();
    for ring in RINGS.iter().rev() {
        for name in ring.iter().filter(|name| names.contains(**name)) {
            text += &line(name, edges);
        }
        text += "   |\n";
    }
    text.truncate(text.len().saturating_sub("   |\n".len()));
    text += "\nbeside the rings\n";
    for name in TOOLS.iter().filter(|name| names.contains(**name)) {
        text += &line(name, edges);
    }
    text
}

/// One crate and what it knows; what only its tests know stands in brackets.
fn line(name: &str, edges: &BTreeSet<Edge>) -> String {
    let known = |purpose| {
        let chosen = edges
            .iter()
            .filter(move |edge| edge.from == name && edge.purpose == purpose);
        chosen.map(|edge| short(&edge.to)).collect::<Vec<_>>().join(" ")
    };
    let (used, tested) = (known(Purpose::Use), known(Purpose::Test));
    let tested = if tested.is_empty() {
        tested
    } else {
        format!("  (tests: {tested})")
    };
    format!(
        "   {:<10} {}{tested}",
        short(name),
        if used.is_empty() {
            "knows nobody"
        } else {
            used.as_str()
        }
    ) + "\n"
}

/// The name without the family name.
fn short(name: &str) -> &str {
    name.strip_prefix("atalaya-").unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edge(from: &str, to: &str, purpose: Purpose) -> Edge {
        Edge {
            from: from.to_owned(),
            to: to.to_owned(),
            purpose,
        }
    }

    /// A workspace as cargo describes it, with one package that has one dependency.
    fn metadata(from: &str, to: &str, kind: &str) -> Vec<Package> {
        let package = |name: &str, dependencies: serde_json::Value| {
            serde_json::json!({
                "name": name, "version": "0.1.0", "id": name, "dependencies": dependencies, "targets": [],
                "features": {}, "manifest_path": format!("/made/up/{name}/Cargo.toml"),
            })
        };
        let kind = if kind == "normal" {
            serde_json::Value::Null
        } else {
            kind.into()
        };
        let dependency = serde_json::json!([{
            "name": to, "source": null, "req": "*", "kind": kind, "optional": false,
            "uses_default_features": true, "features": [], "target": null, "rename": null, "registry": null,
        }]);
        let packages = serde_json::json!([package(from, dependency), package(to, serde_json::json!([]))]);
        serde_json::from_value(packages).unwrap()
    }

    fn faults_of(from: &str, to: &str, kind: &str) -> Vec<String> {
        let (names, edges) = graph(&metadata(from, to, kind));
        faults(&names, &edges)
    }

    #[test]
    fn a_downward_edge_is_allowed() {
        assert!(faults_of("atalaya-publish", "atalaya-store", "normal").is_empty());
        assert!(faults_of("atalaya", "atalaya-model", "normal").is_empty());
        assert!(faults_of("atalaya-web", "atalaya-decide", "dev").is_empty());
    }

    #[test]
    fn an_upward_edge_is_caught() {
        let faults = faults_of("atalaya-store", "atalaya-decide", "normal");
        assert_eq!(faults.len(), 1);
        assert!(
            faults[0].starts_with("upward: atalaya-store knows atalaya-decide"),
            "{faults:?}"
        );
    }

    #[test]
    fn a_sideways_edge_is_caught_even_in_tests() {
        for kind in ["normal", "dev"] {
            let faults = faults_of("atalaya-notify", "atalaya-publish", kind);
            assert_eq!(faults.len(), 1);
            assert!(
                faults[0].starts_with("sideways: atalaya-notify knows atalaya-publish"),
                "{faults:?}"
            );
        }
    }

    #[test]
    fn the_testkit_is_for_tests_only() {
        assert!(faults_of("atalaya-store", TESTKIT, "dev").is_empty());
        assert!(faults_of("atalaya-store", TESTKIT, "normal")[0].contains("outside its tests"));
        assert!(faults_of("atalaya-store", "xtask", "dev")[0].contains("which is a tool"));
    }

    #[test]
    fn a_tool_may_know_any_crate() {
        assert!(faults_of("atalaya-fuzz", "atalaya-publish", "normal").is_empty());
        assert!(faults_of("atalaya-fuzz", TESTKIT, "normal").is_empty());
    }

    #[test]
    fn a_crate_without_a_ring_is_named() {
        let faults = faults_of("atalaya-common", "atalaya-model", "normal");
        assert!(
            faults[0].starts_with("atalaya-common stands in no ring"),
            "{faults:?}"
        );
    }

    #[test]
    fn the_drawing_tells_use_from_test() {
        let names = ["atalaya-store", "atalaya-model", TESTKIT]
            .map(str::to_owned)
            .into();
        let edges = [
            edge("atalaya-store", "atalaya-model", Purpose::Use),
            edge("atalaya-store", TESTKIT, Purpose::Test),
        ]
        .into();
        let drawn = drawing(&names, &edges);
        assert!(drawn.contains("store      model  (tests: testkit)"), "{drawn}");
        assert!(
            drawn.find("store").unwrap() < drawn.find("knows nobody").unwrap(),
            "{drawn}"
        );
    }
}
