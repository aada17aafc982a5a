//! The routes of the pages, read out of the sources, so that a test of all of them forgets none.

use std::io;
use std::path::Path;

/// What the sources say of one route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Its path, with the places that a reader fills in: `/ip/{address}`.
    pub path: String,
    /// Who answers, as the source has it: `get(pages::address)`.
    pub answered_by: String,
}

/// The routes in the sources of a folder, and of those in it, in the order of their paths.
///
/// # Errors
/// The folder cannot be read.
pub fn routes(folder: &Path) -> io::Result<Vec<Route>> {
    let mut found = Vec::new();
    read(folder, &mut found)?;
    found.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(found)
}

fn read(folder: &Path, found: &mut Vec<Route>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            read(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let source = std::fs::read_to_string(&path)?;
            found.extend(source.split(".route(").skip(1).filter_map(route));
        }
    }
    Ok(())
}

/// The route whose arguments a text begins with.
fn route(text: &str) -> Option<Route> {
    let (path, rest) = text.trim_start().strip_prefix('"')?.split_once('"')?;
    let mut open = 0_usize;
    // Up to the parenthesis that closes the call.
    let end = rest.find(|c| {
        match c {
            '(' => open += 1,
            ')' if open == 0 => return true,
            ')' => open -= 1,
            _ => {}
        }
        false
    })?;
    path.starts_with('/').then(|| Route {
        path: path.to_owned(),
        answered_by: rest
            .get(..end)
            .unwrap_or_default()
            .trim_matches([',', ' ', '\n'])
            .to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_is_read_with_whoever_answers() {
        let told = "\"/ip/{address}/remove\",\n post(pages::remove).get(pages::back),\n )\n.merge(x())";
        let read = route(told).unwrap();
        assert_eq!(read.path, "/ip/{address}/remove");
        assert_eq!(read.answered_by, "post(pages::remove).get(pages::back)");
        assert_eq!(route("path, get(x))"), None);
    }
}
