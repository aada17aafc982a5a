//! Target `config`: the sections of a configuration file.
//!
//! Input: TOML. What is read and found right can be written, and reads back as the same. The same text is read as a file of rules too, whose
//! every mistake has a line.

use atalaya_decide::{DecideConfig, Rules};
use atalaya_delist::DelistConfig;
use atalaya_publish::PublishConfig;
use serde::{Deserialize, Serialize};

/// The sections whose crates stand on their own; the binary has the rest.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Sections {
    /// Scores and rules.
    decide: DecideConfig,
    /// Leaving the list.
    delist: DelistConfig,
    /// The zone.
    publish: PublishConfig,
}

impl Sections {
    /// What is wrong with them.
    fn faults(&self) -> Vec<String> {
        let checks = [self.decide.check(), self.delist.check(), self.publish.check()];
        checks.into_iter().filter_map(Result::err).collect()
    }
}

/// Reads a configuration.
pub fn config(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Err(error) = Rules::parse(&text) {
        assert!(
            error.mistakes.iter().all(|one| one.starts_with("line ")),
            "{error}"
        );
    }
    let Ok(sections) = toml::from_str::<Sections>(&text) else {
        return;
    };
    for fault in sections.faults() {
        let names_a_key = ["decide.", "delist.", "publish."]
            .iter()
            .any(|section| fault.starts_with(section));
        assert!(names_a_key, "{fault:?} does not begin with its key");
    }
    if sections.faults().is_empty() {
        let written = toml::to_string(&sections).unwrap();
        assert_eq!(
            toml::from_str::<Sections>(&written).unwrap(),
            sections,
            "{written}"
        );
    }
}
