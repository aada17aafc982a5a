//! Paths: nothing in the project may name a folder of one machine.
//!
//! In: every text file of the workspace. Out: a sentence for each line with an absolute path into a folder that only some machine
//! has.

use anyhow::Result;

use crate::workspace::Workspace;

/// The first folders of such paths.
const MACHINE_FOLDERS: &[&str] = &["work", "farm", "root", "home"];

/// Lists the lines that name a machine's folder.
pub(super) fn check(workspace: &Workspace) -> Result<Vec<String>> {
    let mut faults = Vec::new();
    for file in workspace.files() {
        let bytes = std::fs::read(workspace.root().join(file))?;
        // What is not text has no paths that anybody reads.
        let Ok(text) = String::from_utf8(bytes) else {
            continue;
        };
        for (number, line) in text.lines().enumerate().filter(|(_, line)| names_a_machine(line)) {
            faults.push(format!(
                "{}:{} names a folder of one machine: {}",
                file.display(),
                number + 1,
                line.trim()
            ));
        }
    }
    Ok(faults)
}

/// Whether a line holds such a path; the end of a longer path or of an address is none.
fn names_a_machine(line: &str) -> bool {
    MACHINE_FOLDERS.iter().any(|folder| {
        let path = format!("/{folder}/");
        line.match_indices(&path).any(|(start, _)| {
            let before = line.get(..start).and_then(|head| head.chars().next_back());
            !before.is_some_and(|letter| letter.is_ascii_alphanumeric() || "_-.:".contains(letter))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absolute_path_is_seen() {
        for folder in MACHINE_FOLDERS {
            assert!(names_a_machine(&format!("/{folder}/x")));
            assert!(names_a_machine(&format!("cd \"/{folder}/x\"")));
        }
    }

    #[test]
    fn part_of_another_path_is_not() {
        for line in [
            "src/work/mod.rs",
            "https://example.org/root/x",
            "/homework/x",
            "../work/x",
            "/work",
        ] {
            assert!(!names_a_machine(line), "{line}");
        }
    }
}
