//! The table of all calls of the API: the document for programs and the page for people are both made from it.
//!
//! It says what a call takes and answers and nothing of how. A test reads the routes out of the sources and compares, so that no call is without
//! its row, and none has a row for nothing.

mod console;
mod feedback;
mod own;
mod parameters;
mod reports;

use atalaya_model::AccessScope;

use parameters::Kind;
pub(crate) use parameters::Parameter;

/// What a call is for, in English and in Spanish.
pub(crate) type Said = (&'static str, &'static str);

/// A media type, and the schema of what comes in it, where that is described.
pub(crate) type Medium = (&'static str, Option<&'static str>);

/// A call.
pub(crate) struct Call {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) summary: Said,
    pub(crate) parameters: &'static [Parameter],
    /// As what its body may come; nothing where it takes none.
    pub(crate) body: &'static [Medium],
    /// As what it answers where it did what it was asked for.
    pub(crate) gives: &'static [Medium],
    /// The statuses that it answers with, in their order.
    pub(crate) answers: &'static [u16],
    pub(crate) errors: Errors,
    /// The scope that its token needs; none where any token will do, or no token is asked for.
    pub(crate) scope: Option<AccessScope>,
}

/// Which shape refusals have, and which key or token is needed with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Errors {
    /// Our own calls: RFC 9457, no key.
    Problem,
    /// The same, with the key of an enrolment.
    Enrolled,
    /// The calls of AbuseIPDB, with a key.
    Listed,
    /// The form of blocklist.de: text, with the key in the body.
    Text,
    /// The calls of the console: RFC 9457, with the token of a program.
    Console,
}

impl Errors {
    /// All of them, in the order of the page.
    pub(crate) const ALL: [Self; 5] = [
        Self::Problem,
        Self::Enrolled,
        Self::Listed,
        Self::Text,
        Self::Console,
    ];

    /// The tag of such calls in the document.
    pub(crate) const fn tag(self) -> &'static str {
        match self {
            Self::Problem => "list",
            Self::Enrolled => "feedback-loop",
            Self::Listed => "abuseipdb",
            Self::Text => "blocklist.de",
            Self::Console => "console",
        }
    }
}

/// JSON that follows a schema.
const fn json(schema: &'static str) -> Medium {
    ("application/json", Some(schema))
}

/// A row of the table.
const fn call(
    (method, path): (&'static str, &'static str),
    summary: Said,
    parameters: &'static [Parameter],
    answers: &'static [u16],
    errors: Errors,
) -> Call {
    Call {
        method,
        path,
        summary,
        parameters,
        body: &[],
        gives: &[],
        answers,
        errors,
        scope: None,
    }
}

/// Every call.
pub(crate) fn all() -> impl Iterator<Item = &'static Call> {
    let parts = [own::CALLS, feedback::CALLS, reports::CALLS, console::CALLS];
    parts.into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Where routes stand that are calls, or may be.
    const SOURCES: [&str; 4] = [
        include_str!("../../app.rs"),
        include_str!("../../reports/mod.rs"),
        include_str!("../../console/calls.rs"),
        include_str!("../../console/access/program.rs"),
    ];

    /// The path of a route and the methods that it takes, from what stands behind `.route(`.
    fn route(rest: &str) -> (&str, Vec<&str>) {
        let mut depth = 1_usize;
        let end = rest.find(|c: char| {
            match c {
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => {}
            }
            depth == 0
        });
        let route = &rest[..end.unwrap()];
        let path = route.split('"').nth(1).unwrap();
        let words = route.split('(').map(|before| {
            let word = before.rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            word.into_iter().next().unwrap()
        });
        let methods = words.filter(|word| ["get", "post", "put", "patch", "delete"].contains(word));
        (path, methods.collect())
    }

    #[test]
    fn every_call_of_the_sources_has_its_row_and_every_row_its_call() {
        let routes = SOURCES.iter().flat_map(|source| source.split(".route(").skip(1));
        let is_call = |path: &str| {
            path.starts_with("/api/") || path.starts_with("/data/") || path.contains("httpreports")
        };
        let calls: BTreeSet<(&str, &str)> = routes
            .map(route)
            .filter(|(path, _)| is_call(path))
            .flat_map(|(path, methods)| methods.into_iter().map(move |method| (path, method)))
            .collect();
        let described: BTreeSet<_> = all().map(|call| (call.path, call.method)).collect();
        assert_eq!(described, calls);
        assert_eq!(described.len(), all().count(), "a row is there twice");
    }

    #[test]
    fn routes_are_read_with_all_their_methods() {
        let source = "\n            \"/api/v1/thing\",\n            get(pages::thing).post(pages::made),\n        )\n        .route(\"/x\", put(y))";
        assert_eq!(route(source), ("/api/v1/thing", vec!["get", "post"]));
    }
}
