//! The pages that axe-core looks at, held against the routes that there are: a new page that nobody has looked at fails here.

use std::collections::BTreeSet;
use std::path::Path;

use atalaya_testkit::Route;

/// The pages for everybody, and for whoever has a link. What stands in braces is filled in by `shown`.
pub(crate) const PUBLIC: [&str; 21] = [
    "/",
    "/?lang=es",
    "/ip/192.0.2.7",
    "/ip/192.0.2.8",
    "/ip/10.0.0.1",
    "/ip/192.0.2.0/24",
    "/policy",
    "/use",
    "/data",
    "/log",
    "/ip/192.0.2.7/proof",
    "/api",
    "/stats",
    "/feedback",
    "/network",
    "/network/{ticket}",
    "/network/{ticket}/ip/192.0.2.11",
    "/notices/stop/{token}",
    "/console/sign-in",
    "/console/welcome/{first}",
    "/nothing",
];
/// The pages of the console, and that of whoever is invited to it.
pub(crate) const CONSOLE: [&str; 31] = [
    "/console",
    "/console/listings",
    "/console/listings?network=AS64500",
    "/console/allowed",
    "/console/exceptions",
    "/console/by-hand",
    "/console/by-hand?prefix=192.0.2.0%2F24",
    "/console/about?prefix=192.0.2.7",
    "/console/outbox",
    "/console/outbox?state=failed",
    "/console/outbox/{mail}",
    "/console/suppressed",
    "/console/replies",
    "/console/replies?show=all",
    "/console/replies/{reply}",
    "/console/jobs",
    "/console/traps",
    "/console/reporters",
    "/console/keys",
    "/console/feeds",
    "/console/feedback",
    "/console/contacts",
    "/console/contacts/by-hand",
    "/console/rules",
    "/console/audit",
    "/console/accounts",
    "/console/me",
    "/console/me/factor",
    "/console/evidence/{seen}",
    "/console/evidence/{seen}/sealed",
    "/console/welcome/{invited}",
];

/// Pages that are not in the tables above, and why.
const NOT_LOOKED_AT: [(&str, &str); 4] = [
    (
        "/feedback/mine/{ticket}",
        "needs the link of a mail; looked at by `enrolling_by_hand`",
    ),
    (
        "/name/{name}",
        "asks DNS; made of the parts of /ip/ADDRESS/LENGTH",
    ),
    ("/stats/{first}", "the template of /stats"),
    ("/stats/{first}/{second}", "the template of /stats"),
];
/// What is no page: where its path begins.
const FILES: [&str; 14] = [
    "/api/",
    "/data/",
    "/style.css",
    "/removal.js",
    "/console.css",
    "/console.js",
    "/mark.svg",
    "/healthz",
    "/readyz",
    "/metrics",
    "/log/",
    "/network/{ticket}/addresses.csv",
    "/stats/{first}/{second}/{file}",
    "/console/live",
];

/// Whether a reader who opens the route sees a page of its own: others are files, or lead on to another page.
fn is_page(route: &Route) -> bool {
    let Some((_, handler)) = route.answered_by.split_once("get(") else {
        return false;
    };
    let name = handler
        .split(')')
        .next()
        .unwrap_or_default()
        .rsplit("::")
        .next()
        .unwrap_or_default();
    let leads_on = name.starts_with("back_to") || name.starts_with("to_") || route.path == "/ip";
    !leads_on && !FILES.iter().any(|begin| route.path.starts_with(begin))
}

/// How many parts of a route a path has word for word; none where it is no path of that route.
fn likeness(route: &str, path: &str) -> Option<usize> {
    let bare = path.split('?').next().unwrap_or_default();
    if route.matches('/').count() != bare.matches('/').count() {
        return None;
    }
    let mut alike = 0;
    for (wanted, part) in route.split('/').zip(bare.split('/')) {
        match wanted.starts_with('{') {
            true => {}
            false if wanted == part => alike += 1,
            false => return None,
        }
    }
    Some(alike)
}

#[test]
fn every_page_that_there_is_is_looked_at() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../web/src");
    let routes = atalaya_testkit::routes(&sources).unwrap();
    let pages: BTreeSet<&str> = routes
        .iter()
        .filter(|route| is_page(route))
        .map(|route| route.path.as_str())
        .collect();
    assert!(pages.len() > 35, "{pages:?}");
    let of_path = |path: &&str| {
        let alike = pages
            .iter()
            .filter_map(|route| Some((likeness(route, path)?, *route)));
        alike.max().map(|(_, route)| route)
    };
    let asked = PUBLIC.iter().chain(&CONSOLE);
    let named = NOT_LOOKED_AT.iter().map(|(route, _)| *route);
    let known: BTreeSet<&str> = asked.filter_map(of_path).chain(named).collect();
    let forgotten: Vec<_> = pages.difference(&known).collect();
    assert!(
        forgotten.is_empty(),
        "put these into the tables above: {forgotten:?}"
    );
    let gone: Vec<_> = known.difference(&pages).collect();
    assert!(gone.is_empty(), "no such pages any more: {gone:?}");
}
