//! Links: a relative link in a Markdown file leads to a file that exists.
//!
//! In: the Markdown files of the workspace. Out: a sentence for each link that leads nowhere. Links to other hosts are not followed,
//! and links to items of code (`Type::method`) are rustdoc's to judge.

use std::path::Path;

use anyhow::Result;

use crate::workspace::Workspace;

/// Lists the links that lead nowhere.
pub(super) fn check(workspace: &Workspace) -> Result<Vec<String>> {
    let mut faults = Vec::new();
    for (file, text) in workspace.texts("md")? {
        let folder = file.parent().unwrap_or(Path::new(""));
        for (line, target) in targets(&text) {
            if !workspace.has(&folder.join(&target)) {
                faults.push(format!(
                    "{}:{line} links to `{target}`, which is not there",
                    file.display()
                ));
            }
        }
    }
    Ok(faults)
}

/// The relative targets of a text, each with the number of its line.
fn targets(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut fence = None;
    for (number, line) in text.lines().enumerate() {
        let marker = ["```", "~~~"]
            .into_iter()
            .find(|marker| line.trim_start().starts_with(marker));
        match (fence, marker) {
            (None, Some(opened)) => fence = Some(opened),
            (Some(open), Some(closed)) if open == closed => fence = None,
            (None, None) => found.extend(of_line(line).into_iter().map(|target| (number + 1, target))),
            _ => {}
        }
    }
    found
}

/// The relative targets of one line: `[text](target)` and `[name]: target`.
fn of_line(line: &str) -> Vec<String> {
    let line = without_code(line);
    let inline = line.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let definition = line
        .trim_start()
        .strip_prefix('[')
        .and_then(|rest| rest.split_once("]: "));
    inline
        .chain(definition.map(|(_, target)| target))
        .filter_map(relative)
        .collect()
}

/// The line without its `code`.
fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect::<Vec<_>>().join("`")
}

/// The path of a target that leads to a file of ours.
fn relative(target: &str) -> Option<String> {
    let path = target.split_whitespace().next()?.trim_matches(['<', '>']);
    let path = path.split('#').next()?;
    let elsewhere =
        path.is_empty() || path.contains("::") || path.contains("://") || path.starts_with("mailto:");
    (!elsewhere).then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        targets(text).into_iter().map(|(_, target)| target).collect()
    }

    #[test]
    fn inline_links_and_definitions_are_found() {
        let text = "See [a](docs/a.md) and [b](../b.md#part \"title\").\n\n[c]: c.md\n[d]: <d.md>";
        assert_eq!(found(text), ["docs/a.md", "../b.md", "c.md", "d.md"]);
        assert_eq!(targets("\n\n[x](y.md)"), [(3, "y.md".to_owned())]);
    }

    #[test]
    fn an_image_is_a_link_too() {
        assert_eq!(found("![plan](plan.svg)"), ["plan.svg"]);
        assert_eq!(found("[![plan](plan.svg)](plan.md)"), ["plan.svg", "plan.md"]);
    }

    #[test]
    fn what_is_not_ours_is_left_alone() {
        let text = "[a](https://example.org/x) [b](mailto:a@example.org) [c](#part) [d](atalaya_model::Prefix) [`e`]";
        assert!(found(text).is_empty());
    }

    #[test]
    fn code_holds_no_links() {
        assert!(found("`[a](b.md)` and\n```text\n[c](d.md)\n~~~\n[e](f.md)\n```").is_empty());
        assert_eq!(found("~~~\n[a](b.md)\n~~~\n[c](d.md)"), ["d.md"]);
    }
}
