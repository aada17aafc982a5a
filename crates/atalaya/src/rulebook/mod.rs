//! The file of rules: shown, put into the place of the old one, and put in force. A judge that runs goes by them from his next observations on;
//! rules that cannot be used are told, and leave those in force that were. Other servers on the store take up what one of them saved (`follow`).

mod follow;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail, ensure};
use atalaya_decide::rules::{Forwarders, STANDARD, digest};
use atalaya_decide::{Rules, RulesInForce};
use atalaya_model::{Act, Timestamp};
use atalaya_store::small_file::put_in_place;
use atalaya_store::{DeedId, Rulebook, Store};
use atalaya_web::{MAX_RULES, RulesShown};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::{Mutex, MutexGuard};

use crate::access;
use crate::config::Config;

pub(crate) use self::follow::{TAKEN, begin, start};

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
    /// Put others in their place and in force, if they are still those of this digest; the answer is [`RulesShown`].
    Save {
        /// The new text.
        text: String,
        /// The digest of the text that it replaces.
        instead_of: String,
        /// The save that it takes back, whose former text this must be.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        undoes: Option<DeedId>,
    },
    /// The text that a save replaced, as long as that save can be taken back; the answer is the text.
    Replaced {
        /// The number of the save in the audit trail.
        deed: DeedId,
    },
}

/// Answers about the rules.
///
/// # Errors
/// What was refused or failed, as a sentence for the operator.
pub(crate) async fn answer(
    config: &Config,
    (store, now): (&Store, Timestamp),
    in_force: &RulesInForce,
    asked: RulesRequest,
) -> anyhow::Result<Value> {
    if let RulesRequest::Replaced { deed } = asked {
        return Ok(Value::String(replaced(store, deed).await?));
    }
    if let RulesRequest::Save {
        text,
        instead_of,
        undoes,
    } = asked
    {
        let saving = SAVING.lock().await;
        // What another server saved meanwhile stands in the file then, and is not saved over unseen.
        follow::catch_up(config, store, in_force).await?;
        if let Some(deed) = undoes {
            ensure!(
                replaced(store, deed).await? == text,
                "these are not the rules that deed {deed} of the audit trail replaced"
            );
        }
        let new = New::check(config, store, &text, &instead_of).await?;
        let (store, in_force) = (store.clone(), in_force.clone());
        // Goes on to its end, and keeps others waiting until then, though nobody waits for it any more.
        tokio::spawn(async move { new.take((&store, now), &in_force, saving).await }).await??;
    }
    Ok(serde_json::to_value(shown(config, store, in_force).await?)?)
}

/// The rules of the file, or those in the program, and whether they are in force.
async fn shown(config: &Config, store: &Store, in_force: &RulesInForce) -> anyhow::Result<RulesShown> {
    let file = config.decide.rules.as_deref();
    let text = text_of(file)?;
    let (digest, present) = (digest(&text), in_force.current());
    let (version, trouble) = match Rules::parse(&text) {
        Ok(rules) => (Some(rules.version), None),
        Err(mistakes) => (None, Some(mistakes.to_string())),
    };
    let last = store.last_saved_rules().await?.map(|(_, version)| version);
    Ok(RulesShown {
        saved_last: last.filter(|last| *last != present.version),
        file: file.map(|path| path.display().to_string()),
        digest: digest.to_string(),
        version,
        text,
        in_force: present.version.clone(),
        is_in_force: present.digest == digest,
        trouble,
    })
}

/// The text of a file of rules, or of those in the program.
fn text_of(file: Option<&Path>) -> anyhow::Result<String> {
    let Some(path) = file else {
        return Ok(STANDARD.to_owned());
    };
    std::fs::read_to_string(path).with_context(|| format!("cannot read the rules in {}", path.display()))
}

/// The text that a save replaced, as the audit trail keeps it.
///
/// # Errors
/// The deed saved no rules, was taken back, or says nothing of what stood there before.
async fn replaced(store: &Store, id: DeedId) -> anyhow::Result<String> {
    let kept = store.deed(id).await?;
    let kept = kept.filter(|kept| kept.deed.act == Act::SaveRules);
    let kept = kept.with_context(|| format!("no rules were saved by deed {id} of the audit trail"))?;
    access::replaced(&kept)
}

/// The file of rules and its text, as a save writes down what it replaces. What cannot be read, or is longer than the form of the console takes, cannot come
/// back.
pub(crate) fn standing(config: &Config) -> (String, Option<String>) {
    let file = config.decide.rules.as_deref();
    let text = text_of(file).ok();
    let name = file.map_or_else(String::new, |path| path.display().to_string());
    (name, text.filter(|text| text.len() <= MAX_RULES))
}

/// Rules that may take the place of those in the file.
struct New {
    rules: Rules,
    path: PathBuf,
    /// The text that stands in the file.
    present: String,
    /// The file with the number of the last save that this server knows.
    taken: PathBuf,
}

impl New {
    /// Whether a text may take the place of what it replaces.
    async fn check(config: &Config, store: &Store, text: &str, instead_of: &str) -> anyhow::Result<Self> {
        let Some(path) = &config.decide.rules else {
            bail!(
                "the rules are those in the program, and there is no file to save others to: `atalaya rules show > FILE`, name that file in \
                 decide.rules, and start again"
            );
        };
        let rules = Rules::parse(text)
            .map_err(|mistakes| anyhow::anyhow!("these rules cannot be used:\n{mistakes}"))?;
        let forwarders = Forwarders::parse(&config.decide.forwarders).map_err(anyhow::Error::msg)?;
        let present = text_of(Some(path))?;
        ensure!(
            digest(&present).to_string() == instead_of,
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
        Ok(Self {
            rules: rules.with_forwarders(forwarders),
            path: path.clone(),
            present,
            taken: config.in_data(TAKEN),
        })
    }

    /// Writes them, keeps them in the store, says so to the other servers on it, and only then lets the judge go by them.
    async fn take(
        self,
        (store, now): (&Store, Timestamp),
        in_force: &RulesInForce,
        _saving: MutexGuard<'static, ()>,
    ) -> anyhow::Result<()> {
        let Self {
            rules,
            path,
            present,
            taken,
        } = self;
        let text = rules.text.clone();
        tokio::task::spawn_blocking(move || replace(&path, &present, &text)).await??;
        let announced = async {
            adopt(&rules, store, now).await?;
            anyhow::Ok(store.announce_rules(&rules.version).await?)
        };
        let number = announced.await.with_context(|| {
            let version = in_force.current().version.clone();
            format!("the rules are saved but not in force: the judge goes on by version \"{version}\"; save them again")
        })?;
        if let Err(error) = follow::note(&taken, number) {
            // They are taken up once more then, which changes nothing.
            tracing::warn!(%error, "which rules this server knows cannot be noted");
        }
        tracing::info!(version = rules.version, "these rules are in force");
        in_force.put(Arc::new(rules));
        Ok(())
    }
}

/// Keeps the old text beside the file, and puts the new one in its place. A file that somebody edited where it stands is left as it is.
fn replace(path: &Path, old: &str, new: &str) -> anyhow::Result<()> {
    if old == new {
        return Ok(());
    }
    if !old.is_empty() {
        let beside = path.with_added_extension(BEFORE);
        put_in_place(&beside, old)
            .with_context(|| format!("cannot keep the old rules in {}", beside.display()))?;
    }
    put_in_place(path, new).with_context(|| format!("cannot write the rules to {}", path.display()))
}

/// Keeps the rules in the store under their version.
///
/// # Errors
/// The store failed, or it knows other rules of that version: what earlier decisions name would change its meaning.
pub(crate) async fn adopt(rules: &Rules, store: &Store, now: Timestamp) -> anyhow::Result<()> {
    let book = Rulebook {
        version: rules.version.clone(),
        digest: rules.digest.to_string(),
        text: rules.text.clone(),
        since: now,
    };
    let kept = store.keep_rulebook(&book).await?;
    if kept.digest != book.digest {
        bail!(
            "the rules have changed since {} but not their version, which earlier decisions name: \
             give `version` in the file of rules another value than \"{}\"",
            kept.since,
            kept.version
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests;
