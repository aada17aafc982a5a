//! Brings what was decided into the log, in its order, and shows the head once it is on disk.

use std::sync::Arc;
use std::time::Duration;

use atalaya_formats::tlog::{Checkpoint, Edge, LogEntry, Opening, Range, SALT, leaf, seal};
use atalaya_model::{Decided, Serial};
use atalaya_store::{LogHead, LogLeaf, LogNode, Subscription, Topic};
use metrics::{counter, gauge};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{LogError, PublicLog};

/// Decisions added at once.
const BATCH: u32 = 1_024;
/// The log grows at most so often while it is not behind: each step is a write, and nobody waits for it.
const PACE: Duration = Duration::from_secs(1);
/// How long to wait for news before looking anyway: other processes may decide, or add to the log.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// First pause after a failure.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// Longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// How often it is looked for salts whose time is over.
const FORGET_EVERY: Duration = Duration::from_secs(86_400);

/// Keeps the log at what was decided.
#[derive(Debug)]
pub struct LogKeeper {
    log: Arc<PublicLog>,
    /// The right edge of the tree in the store, once it was read.
    edge: Option<Edge>,
    pause: Option<Duration>,
    forgotten_at: Option<Instant>,
}

/// What a step grew.
struct Growth {
    edge: Edge,
    leaves: Vec<LogLeaf>,
    nodes: Vec<LogNode>,
}

impl LogKeeper {
    /// Makes a keeper; nothing happens before [`Self::run`].
    #[must_use]
    pub const fn new(log: Arc<PublicLog>) -> Self {
        Self {
            log,
            edge: None,
            pause: None,
            forgotten_at: None,
        }
    }

    /// Keeps the log until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        self.tell_of_name();
        let mut news = self.log.store.subscribe(Topic::Decisions);
        let keep = async {
            loop {
                self.keep(&mut news).await;
            }
        };
        // Leaving in the middle loses nothing: what was not committed is added at the next start.
        tokio::select! {
            () = stop.cancelled() => {}
            () = keep => {}
        }
    }

    /// Says so where the log goes on under another name than the configured one: nothing changes a name but a restart of the log.
    fn tell_of_name(&self) {
        let (key, configured) = (self.log.key(), self.log.configured_origin());
        if key.name() != configured {
            tracing::warn!(
                kept = key.name(),
                configured,
                "the public log keeps the name that it has in the store, not the configured one: set publish.log_origin to the kept name, \
                 or begin another log with `atalaya public-log restart` and the configured name"
            );
        }
    }

    /// Does one step and waits as long as its outcome says.
    async fn keep(&mut self, news: &mut Subscription) {
        match self.step().await {
            Ok(added) if added >= u64::from(BATCH) => {}
            Err(LogError::Moved) => {}
            Ok(added) => {
                self.recovered();
                if added > 0 {
                    tokio::time::sleep(PACE).await;
                }
                if self.forgotten_at.is_none_or(|at| at.elapsed() >= FORGET_EVERY) {
                    self.log.forget_aged().await;
                    self.forgotten_at = Some(Instant::now());
                }
                news.changed(LOOK_AGAIN).await;
            }
            Err(error) => {
                let pause = self.failed(&error);
                tokio::time::sleep(pause).await;
            }
        }
    }

    /// Adds what was decided since; gives how many decisions that were.
    ///
    /// # Errors
    /// The store failed, or what it holds is not what others were shown.
    pub async fn step(&mut self) -> Result<u64, LogError> {
        let standing = self.log.store.log_head().await?;
        let edge = match self.edge.take() {
            Some(edge) if is_at(&edge, standing.as_ref()) => edge,
            _ => self.load(standing.as_ref()).await?,
        };
        let decisions = self.log.store.decisions_after(Serial(edge.size()), BATCH).await?;
        if decisions.is_empty() && standing.is_some() {
            self.edge = Some(edge);
            return Ok(0);
        }
        let grown = grow(&edge, &decisions)?;
        let head = self.add(&edge, &grown).await?;
        gauge!("atalaya_public_log_entries").set(count(head.size));
        counter!("atalaya_public_log_added_total").increment(decisions.len() as u64);
        self.log.show(head)?;
        self.edge = Some(grown.edge);
        Ok(decisions.len() as u64)
    }

    /// Reads the edge of the tree that the store holds, and makes sure that it leads on from what others were shown.
    async fn load(&self, standing: Option<&LogHead>) -> Result<Edge, LogError> {
        let size = standing.map_or(0, |head| head.size);
        let mut levels = Vec::new();
        for (level, first, width) in Edge::shape(size) {
            let hashes = match width {
                0 => Vec::new(),
                width => self.log.store.log_hashes(level, first, width.into()).await?,
            };
            levels.push(hashes);
        }
        let edge =
            Edge::of(size, levels).ok_or_else(|| LogError::Damaged("hashes are missing".to_owned()))?;
        if standing.is_some_and(|head| head.root != edge.root()) {
            return Err(LogError::Damaged(format!(
                "its hashes do not lead to the root at {size}"
            )));
        }
        let name = standing.map(|head| head.origin.as_str());
        self.check_shown(name, size).await?;
        if let Some(head) = standing {
            gauge!("atalaya_public_log_entries").set(count(size));
            self.log.show(head.clone())?;
        }
        Ok(edge)
    }

    /// Makes sure that the log of the store goes on from the head in the file.
    async fn check_shown(&self, name: Option<&str>, size: u64) -> Result<(), LogError> {
        let Some((
            _,
            Checkpoint {
                origin,
                size: shown,
                root,
            },
        )) = self.log.file.read()?
        else {
            return Ok(());
        };
        let is_own = name == Some(origin.as_str());
        // Nothing was logged yet, and another log was shown: this one begins.
        if name.is_none() && self.log.key().name() != origin {
            return Ok(());
        }
        let whole = Range { start: 0, end: shown };
        if !is_own || shown > size || self.log.hash_of(whole).await? != root {
            return Err(LogError::PutBack { shown, size });
        }
        Ok(())
    }

    /// Writes what grew, if nobody else has written meanwhile.
    async fn add(&self, before: &Edge, grown: &Growth) -> Result<LogHead, LogError> {
        let signer = self.log.signer.load_full();
        let head = self.log.signed(&signer, &grown.edge);
        let mut transaction = self.log.store.begin().await?;
        let standing = transaction.take_log().await?;
        let is_same_log = standing
            .as_ref()
            .is_none_or(|head| head.origin == signer.key().name());
        if !is_at(before, standing.as_ref()) || !is_same_log {
            transaction.rollback().await?;
            return Err(LogError::Moved);
        }
        transaction.add_to_log(&grown.leaves, &grown.nodes, &head).await?;
        transaction.commit().await?;
        Ok(head)
    }

    /// Says that the log goes on, if it had stopped.
    fn recovered(&mut self) {
        if self.pause.take().is_some() {
            tracing::info!("the public log goes on");
        }
    }

    /// Says why the log stops, once, and gives the pause before the next try.
    fn failed(&mut self, error: &LogError) -> Duration {
        let text = super::error::chain(error);
        if self.pause.is_none() {
            tracing::error!(error = %text, "the public log stands still");
        }
        if error.is_lasting() {
            self.log.head.store(None);
        }
        self.log.trouble.store(Some(Arc::new(text)));
        let pause = self
            .pause
            .map_or(FIRST_PAUSE, |pause| pause.saturating_mul(2).min(LONGEST_PAUSE));
        self.pause = Some(pause);
        pause
    }
}

/// Whether the tree in memory is the one in the store.
fn is_at(edge: &Edge, standing: Option<&LogHead>) -> bool {
    match standing {
        Some(head) => head.size == edge.size() && head.root == edge.root(),
        None => edge.size() == 0,
    }
}

/// The tree with more decisions in it, each behind a new salt.
fn grow(edge: &Edge, decisions: &[Decided]) -> Result<Growth, LogError> {
    let mut edge = edge.clone();
    let (mut leaves, mut nodes) = (Vec::new(), Vec::new());
    for decided in decisions {
        let next = Serial(edge.size().saturating_add(1));
        if decided.serial != next {
            return Err(LogError::Gap(next));
        }
        let salt: [u8; SALT] = rand::random();
        let sealed = seal(&salt, &Opening::text(decided));
        let leaf = leaf(&LogEntry::new(decided, sealed).bytes()?);
        leaves.push(LogLeaf {
            serial: next,
            salt,
            leaf,
        });
        nodes.extend(edge.push(leaf).into_iter().map(|made| LogNode {
            level: made.level,
            number: made.number,
            hash: made.hash,
        }));
    }
    Ok(Growth { edge, leaves, nodes })
}

#[expect(clippy::cast_precision_loss, reason = "a gauge has no more digits")]
const fn count(size: u64) -> f64 {
    size as f64
}
