//! Zones made of the files that rbldnsd takes, beside the list or instead of it.
//!
//! [`FileZone`] says which files make which zone. [`FileZones`] loads them, answers from memory, and looks now and then whether they changed:
//! what changed takes the place of the old while that answers, so that no query waits. IPv4 addresses, which may be millions, come in steps:
//! meanwhile each address is as the old files or as the new ones have it, and no second list stands in memory. All else is loaded aside
//! and comes in one step. What cannot be used is told once, and the old goes on answering.
//!
//! - `source`: the files of a dataset, loaded once however many zones use it; `reload`: read again in steps.
//! - `dataset`: its entries, with `addresses` and `networks` (sorted rows), `names` (one row of bytes) and `values` (each once).
//! - `served`: the zones with their sub-zones; `say`: what a name gets.

mod addresses;
mod dataset;
mod names;
mod networks;
mod place;
mod reload;
mod say;
mod served;
mod source;
mod spec;
mod values;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::{ArcSwap, Guard};
use atalaya_formats::rbldnsd::Options;
use atalaya_model::Clock;
use tokio_util::sync::CancellationToken;

use crate::apex::OwnName;

pub(crate) use self::say::{Found, Outcome, say};
pub(crate) use self::served::{Served, ServedZone, wire};
pub use self::source::BadFile;
use self::source::{Look, Progress, Source};
pub use self::spec::{BadFileZone, FileZone};

/// The zones made of files.
#[derive(Debug)]
pub struct FileZones {
    zones: Vec<(FileZone, usize)>,
    options: Options,
    clock: Clock,
    /// What answers now.
    current: ArcSwap<Served>,
    /// What the next version is made from; whoever holds it is the only one who loads.
    sources: Mutex<Vec<Source>>,
}

impl FileZones {
    /// Zones that are still to be loaded: until [`FileZones::refresh`] every question about them fails.
    #[must_use]
    pub fn new(zones: Vec<FileZone>, options: Options, clock: Clock) -> Self {
        let mut sources: Vec<Source> = Vec::new();
        let placed: Vec<(FileZone, usize)> = zones
            .into_iter()
            .map(|zone| {
                let known = sources
                    .iter()
                    .position(|source| source.kind == zone.kind && source.files == zone.files);
                let at = known.unwrap_or_else(|| {
                    sources.push(Source::new(zone.kind, zone.files.clone()));
                    sources.len().saturating_sub(1)
                });
                (zone, at)
            })
            .collect();
        Self {
            current: ArcSwap::from_pointee(Served::new(&placed, &sources)),
            zones: placed,
            options,
            clock,
            sources: Mutex::new(sources),
        }
    }

    /// Loads what changed, and gives what could not be used; that answers as before. It reads files: not for a task that must not wait.
    pub fn refresh(&self) -> Vec<BadFile> {
        let mut sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut bad, mut has_changed) = (Vec::new(), false);
        for at in 0..sources.len() {
            match self.refresh_source(&mut sources, at) {
                Ok(changed) => has_changed |= changed,
                Err(error) => bad.push(error),
            }
        }
        if has_changed {
            self.publish(&sources);
        }
        bad
    }

    /// Loads one source if it changed, and tells whether it did.
    fn refresh_source(&self, sources: &mut [Source], at: usize) -> Result<bool, BadFile> {
        let now = self.clock.now();
        let look = sources.get_mut(at).map(|source| source.look(self.options, now));
        let mut reloading = match look.transpose()? {
            None | Some(Look::Same) => return Ok(false),
            Some(Look::Loaded) => return Ok(true),
            Some(Look::Reloading(reloading)) => reloading,
        };
        while let Some(source) = sources.get_mut(at)
            && source.proceed(&mut reloading, (self.options, now))? == Progress::More
        {
            self.publish(sources);
        }
        Ok(true)
    }

    fn publish(&self, sources: &[Source]) {
        self.current.store(Arc::new(Served::new(&self.zones, sources)));
    }

    /// Looks for changes every `period` and whenever `asked` says so, until `stop`. A period of zero looks only when asked.
    pub async fn follow(
        self: Arc<Self>,
        period: Duration,
        mut asked: tokio::sync::mpsc::Receiver<()>,
        stop: CancellationToken,
    ) {
        let mut is_open = true;
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                () = tokio::time::sleep(period), if !period.is_zero() => {}
                more = asked.recv(), if is_open => {
                    is_open = more.is_some();
                    if !is_open {
                        continue;
                    }
                }
            }
            let zones = Arc::clone(&self);
            match tokio::task::spawn_blocking(move || zones.refresh()).await {
                Ok(bad) => bad.iter().for_each(tell),
                Err(error) => tracing::error!(%error, "the files of zones could not be looked at"),
            }
        }
    }

    /// Whether one of the zones has this name or lies below it.
    pub(crate) fn has_any_in(&self, name: &OwnName) -> bool {
        let mut names = self.zones.iter().filter_map(|(zone, _)| wire(&zone.zone));
        names.any(|zone| zone.ends_with(name))
    }

    /// What answers now.
    pub(crate) fn served(&self) -> Guard<Arc<Served>> {
        self.current.load()
    }
}

/// Tells that files cannot be used.
fn tell(bad: &BadFile) {
    let cause = std::error::Error::source(bad).map(ToString::to_string);
    tracing::error!(error = %bad, cause, "the files of a zone cannot be used; it answers as before");
}
