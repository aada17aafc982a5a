//! Whoever asks for figures asks here: reads what was counted, and makes pictures of it.

use std::collections::HashMap;
use std::sync::Arc;

use atalaya_formats::signatures::Matcher;
use atalaya_model::Clock;
use atalaya_places::Places;
use atalaya_store::{KeptSegment, Store};
use tokio::sync::Mutex;

use crate::catalogue::Catalogue;
use crate::config::StatsConfig;
use crate::day::{Day, Days};
use crate::error::StatsError;
use crate::figures::{Around, Crowd, Names, Origin, Picture, Tally, picture};
use crate::segment::Segment;

/// Most days of one picture.
pub const MOST_DAYS: u32 = 400;
/// Pictures that are kept ready.
const MOST_READY: usize = 32;

/// Makes pictures of what was counted.
#[derive(Debug)]
pub struct Statistics {
    store: Store,
    clock: Clock,
    config: StatsConfig,
    catalogue: Arc<Catalogue>,
    matcher: Arc<Matcher>,
    places: Arc<Places>,
    /// Pictures that were made, while nothing that is in them has changed. Held while one is made: those who ask for the same wait for it.
    ready: Mutex<Vec<Ready>>,
}

/// A picture, and what it was made of.
#[derive(Debug)]
struct Ready {
    days: Days,
    state: Vec<(i32, u64)>,
    picture: Arc<Picture>,
}

impl Statistics {
    /// Reads from `store`, and names what it finds there.
    #[must_use]
    pub fn new(
        (store, clock): (Store, Clock),
        config: StatsConfig,
        catalogue: Arc<Catalogue>,
        matcher: Arc<Matcher>,
        places: Arc<Places>,
    ) -> Self {
        Self {
            store,
            clock,
            config,
            catalogue,
            matcher,
            places,
            ready: Mutex::new(Vec::new()),
        }
    }

    /// What is configured.
    #[must_use]
    pub const fn config(&self) -> &StatsConfig {
        &self.config
    }

    /// The day that it is now.
    #[must_use]
    pub fn today(&self) -> Day {
        Day::of(self.clock.now())
    }

    /// The days of which something is known, the first one first.
    ///
    /// # Errors
    /// The store failed.
    pub async fn days(&self) -> Result<Vec<Day>, StatsError> {
        let kept = self.store.kept_days(i32::MIN, i32::MAX).await?;
        let mut days: Vec<i32> = self.store.days_of_pictures().await?;
        days.extend(kept.into_iter().map(|kept| kept.day));
        days.sort_unstable();
        days.dedup();
        Ok(days.into_iter().map(Day::from_number).collect())
    }

    /// The picture of some days.
    ///
    /// # Errors
    /// There are too many days, or the store failed.
    pub async fn picture(&self, days: Days) -> Result<Arc<Picture>, StatsError> {
        if !(1..=MOST_DAYS).contains(&days.count()) {
            return Err(StatsError::Refused(format!(
                "a picture has 1 to {MOST_DAYS} days, the first one first; {days} is something else"
            )));
        }
        let mut ready = self.ready.lock().await;
        let state = self.state(days).await?;
        if let Some(known) = ready.iter().find(|known| known.days == days && known.state == state) {
            return Ok(Arc::clone(&known.picture));
        }
        let picture = Arc::new(self.make(days).await?);
        ready.retain(|known| known.days != days);
        if ready.len() >= MOST_READY {
            ready.remove(0);
        }
        ready.push(Ready {
            days,
            state,
            picture: Arc::clone(&picture),
        });
        Ok(picture)
    }

    /// What a picture of these days would be made of: it changes when that does, and with each minute of a day that is not over.
    async fn state(&self, days: Days) -> Result<Vec<(i32, u64)>, StatsError> {
        let first = self.first_looked_at(days);
        let kept = self.store.kept_days(first.number(), days.last.number()).await?;
        let mut state: Vec<(i32, u64)> = kept.into_iter().map(|kept| (kept.day, kept.last)).collect();
        let now = self.clock.now();
        if now < days.last.plus(1).end() {
            state.push((i32::MAX, u64::try_from(now.seconds() / 60).unwrap_or(0)));
        }
        Ok(state)
    }

    /// The first of the days before that are looked at.
    fn first_looked_at(&self, days: Days) -> Day {
        let back = |days: u32| i32::try_from(days).unwrap_or(0);
        let before = days.first.plus(back(self.config.new_days).saturating_neg());
        let pairs = days.last.plus(1_i32.saturating_sub(back(self.config.pair_days)));
        before.min(pairs)
    }

    async fn make(&self, days: Days) -> Result<Picture, StatsError> {
        if days.first == days.last
            && let Some(kept) = self.store.picture(days.first.number()).await?
        {
            return serde_json::from_str(&kept)
                .map_err(|error| StatsError::Refused(format!("the kept picture of {days} cannot be read: {error}")));
        }
        let names = Names {
            catalogue: Arc::clone(&self.catalogue),
            matcher: Arc::clone(&self.matcher),
            dialects: HashMap::new(),
            shapes: HashMap::new(),
        };
        let mut tally = Tally::new(names, Arc::clone(&self.places));
        let (mut before, mut before_days) = (Crowd::default(), 0_u32);
        let (first_new, first_pair) = (
            days.first.plus(i32::try_from(self.config.new_days).unwrap_or(0).saturating_neg()),
            days.last.plus(1_i32.saturating_sub(i32::try_from(self.config.pair_days).unwrap_or(1))),
        );
        let mut missing = Vec::new();
        let all = Days {
            first: first_new.min(first_pair),
            last: days.last,
        };
        for day in all.each() {
            let segment = self.segment(day).await?;
            if segment.cells().is_empty() {
                if day >= days.first {
                    missing.push(day.to_string());
                }
                continue;
            }
            self.learn_texts(&mut tally, &segment).await?;
            let is_asked = day >= days.first;
            let use_for = (is_asked, !is_asked && day >= first_new, day >= first_pair || is_asked);
            (tally, before) = tokio::task::spawn_blocking(move || add(tally, before, (day, &segment), use_for)).await?;
            before_days = before_days.saturating_add(u32::from(use_for.1));
        }
        let around = Around {
            days,
            now: self.clock.now(),
            listed: self.store.listed_between(days.first.start(), days.last.end()).await?,
            notified: self.store.told_between(days.first.start(), days.last.end()).await?,
            before,
            before_days,
            missing,
            config: self.config.clone(),
        };
        let mut made = tokio::task::spawn_blocking(move || picture(&tally, &around)).await?;
        made.origins = self.origins();
        Ok(made)
    }

    /// What was counted of a day, on all machines.
    pub(crate) async fn segment(&self, day: Day) -> Result<Segment, StatsError> {
        let kept = self.store.segments(day.number()).await?;
        Ok(tokio::task::spawn_blocking(move || unpack(&kept)).await??)
    }

    /// Learns the texts of the dialects and header shapes that a day names.
    async fn learn_texts(&self, tally: &mut Tally, segment: &Segment) -> Result<(), StatsError> {
        let names = tally.names_mut();
        for profile in segment.profiles() {
            if let Some(id) = profile.dialect.filter(|id| !names.dialects.contains_key(id)) {
                let text = self.store.dialect(id).await?;
                names.dialects.insert(id, text.unwrap_or_default());
            }
            if let Some(id) = profile.headers.filter(|id| !names.shapes.contains_key(id)) {
                let text = self.store.shape(id).await?;
                names.shapes.insert(id, text.unwrap_or_default());
            }
        }
        Ok(())
    }

    fn origins(&self) -> Vec<Origin> {
        let now = self.clock.now();
        let mut origins = vec![Origin {
            what: "catalogue".to_owned(),
            from: self.config.catalogue.as_ref().map_or_else(|| "built in".to_owned(), |path| path.display().to_string()),
            date: self.catalogue.version().to_owned(),
            is_old: false,
            attribution: String::new(),
        }];
        origins.extend(self.places.sources().iter().map(|source| Origin {
            what: source.part.to_string(),
            from: source.from.clone(),
            date: source.date.date(),
            is_old: source.is_old(now),
            attribution: source.attribution.clone(),
        }));
        origins
    }
}

/// All segments of a day as one.
fn unpack(kept: &[KeptSegment]) -> Result<Segment, StatsError> {
    let segments: Result<Vec<Segment>, _> = kept.iter().map(|kept| Segment::unpack(&kept.packed)).collect();
    Ok(Segment::merged(segments?))
}

/// Adds a day where it belongs.
fn add(
    mut tally: Tally,
    mut before: Crowd,
    (day, segment): (Day, &Segment),
    (is_asked, is_before, is_for_pairs): (bool, bool, bool),
) -> (Tally, Crowd) {
    if is_asked {
        tally.add(day, segment);
    }
    if is_before {
        before.add(&segment.cells().iter().map(|cell| cell.sender).collect());
    }
    if is_for_pairs {
        tally.add_stacks(segment);
    }
    (tally, before)
}
