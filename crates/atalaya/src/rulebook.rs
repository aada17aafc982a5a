//! The file of rules: shown, and put into the place of the old one. The running server goes on judging by the rules that it was started with.

use std::path::Path;

use anyhow::{Context, bail, ensure};
use atalaya_decide::Rules;
use atalaya_store::Store;
use atalaya_store::small_file::put_in_place;
use atalaya_web::RulesShown;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::Mutex;

use crate::config::{Config, rules_of};

/// The ending of the file in which the rules before are kept.
const BEFORE: &str = "before";
/// Held by the one who saves: of two who began with the same text, the second finds another one.
static SAVING: Mutex<()> = Mutex::const_new(());

/// What is asked about the rules.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "rules", rename_all = "kebab-case")]
pub(crate) enum RulesRequest {
    /// Their text and where they stand; the answer is [`RulesShown`].
    Show,
    /// Put others in their place, if they are still those of this digest; the answer is [`RulesShown`].
    Save {
        /// The new text.
        text: String,
        /// The digest of the text that it replaces.
        instead_of: String,
    },
}

/// Answers about the rules.
///
/// # Errors
/// What was refused or failed, as a sentence for the operator.
pub(crate) async fn answer(
    config: &Config,
    store: &Store,
    in_force: &Rules,
    asked: RulesRequest,
) -> anyhow::Result<Value> {
    if let RulesRequest::Save { text, instead_of } = asked {
        save(config, store, &text, &instead_of).await?;
    }
    let rules = rules_of(config)?;
    let shown = RulesShown {
        file: config
            .decide
            .rules
            .as_ref()
            .map(|path| path.display().to_string()),
        digest: rules.digest.to_string(),
        version: rules.version,
        text: rules.text,
        in_force: in_force.version.clone(),
    };
    Ok(serde_json::to_value(shown)?)
}

/// Puts a text in the place of the rules. What stood there is kept beside it.
async fn save(config: &Config, store: &Store, text: &str, instead_of: &str) -> anyhow::Result<()> {
    let Some(path) = &config.decide.rules else {
        bail!(
            "the rules are those in the program: name a file in decide.rules, which `atalaya rules show` can fill, and start again"
        );
    };
    let rules =
        Rules::parse(text).map_err(|mistakes| anyhow::anyhow!("these rules cannot be used:\n{mistakes}"))?;
    let saving = SAVING.lock().await;
    let present = rules_of(config)?;
    ensure!(
        present.digest.to_string() == instead_of,
        "the rules in {} were changed meanwhile: look at them again",
        path.display()
    );
    let known = store.rulebook(&rules.version).await?;
    if known.is_some_and(|known| known.digest != rules.digest.to_string()) {
        bail!(
            "version \"{}\" names other rules, which earlier decisions mean: give `version` another value",
            rules.version
        );
    }
    let (path, text) = (path.clone(), text.to_owned());
    // Goes on to its end, and keeps others waiting until then, though nobody waits for it any more.
    let replaced = tokio::task::spawn_blocking(move || {
        let _saving = saving;
        replace(&path, &present.text, &text)
    });
    replaced.await?
}

/// Keeps the old text beside the file, and puts the new one in its place.
fn replace(path: &Path, old: &str, new: &str) -> anyhow::Result<()> {
    let beside = path.with_added_extension(BEFORE);
    put_in_place(&beside, old)
        .with_context(|| format!("cannot keep the old rules in {}", beside.display()))?;
    put_in_place(path, new).with_context(|| format!("cannot write the rules to {}", path.display()))
}

#[cfg(test)]
mod tests {
    use atalaya_decide::rules::STANDARD;
    use atalaya_model::Clock;
    use atalaya_store::StoreUrl;

    use super::*;

    #[tokio::test]
    async fn of_two_who_save_at_once_the_second_is_told_that_the_rules_were_changed() {
        let folder = tempfile::tempdir().unwrap();
        let url = StoreUrl::Sqlite(folder.path().join("atalaya.db"));
        let store = Store::open(&url, Clock::system()).await.unwrap();
        let path = folder.path().join("rules.toml");
        std::fs::write(&path, STANDARD).unwrap();
        let mut config = Config::default();
        config.decide.rules = Some(path.clone());
        let present = rules_of(&config).unwrap();
        let before = present.digest.to_string();
        let version = format!("version = \"{}\"", present.version);
        assert!(STANDARD.contains(&version), "{version}");
        let texts = ["one", "other"].map(|by| STANDARD.replace(&version, &format!("version = \"by-{by}\"")));
        for _ in 0..20 {
            std::fs::write(&path, STANDARD).unwrap();
            let (one, other) = tokio::join!(
                save(&config, &store, &texts[0], &before),
                save(&config, &store, &texts[1], &before),
            );
            let refused = [one, other].into_iter().filter_map(Result::err);
            let refused: Vec<String> = refused.map(|error| error.to_string()).collect();
            assert_eq!(refused.len(), 1, "{refused:?}");
            assert!(refused[0].contains("changed meanwhile"));
            let kept = std::fs::read_to_string(folder.path().join("rules.toml.before")).unwrap();
            assert_eq!(kept, STANDARD);
        }
    }
}
