//! Whoever asks for figures asks here: reads what was counted, and makes pictures of it.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use atalaya_formats::signatures::Matcher;
use atalaya_model::{Clock, Timestamp};
use atalaya_places::Places;
use atalaya_store::{KeptSegment, Store};
use tokio::sync::{Mutex, Semaphore};

use crate::catalogue::Catalogue;
use crate::config::StatsConfig;
use crate::day::{Day, Days};
use crate::error::StatsError;
use crate::figures::{Around, Census, Crowd, Names, Origin, Past, Picture, Tally, picture};
use crate::segment::Segment;
use crate::whereabouts::Whereabouts;

/// Most days of one picture.
pub const MOST_DAYS: u32 = 400;
/// Pictures that are kept ready.
const MOST_READY: usize = 32;

/// Days before that are kept in memory: some megabytes each where a million addresses are seen in a day.
const MOST_PASTS: usize = 64;
/// Those who wait for a picture that is being made; more are told to come back.
const MOST_WAITING: usize = 16;
/// Most cells of a day: about two gigabytes while they are put together.
const MOST_CELLS_OF_DAY: u64 = 16 << 20;

/// Makes pictures of what was counted.
#[derive(Debug)]
pub struct Statistics {
    store: Store,
    clock: Clock,
    config: StatsConfig,
    catalogue: Arc<Catalogue>,
    matcher: Arc<Matcher>,
    whereabouts: Whereabouts,
    /// Pictures that were made.
    ready: Mutex<Vec<Ready>>,
    /// What days before tell, with the last that was added to each.
    pasts: Mutex<BTreeMap<Day, (u64, Arc<Past>)>>,
    /// Held while one is made.
    making: Mutex<()>,
    /// For the one who makes, and those who wait.
    places: Semaphore,
}

/// A picture, and what it was made of.
#[derive(Debug)]
struct Ready {
    days: Days,
    state: Vec<State>,
    picture: Arc<Picture>,
}

/// What is kept of a day: its number, the last segment, the cells.
type State = (i32, u64, u64);

impl Statistics {
    /// Reads from `store`, and names what it finds there.
    #[must_use]
    pub fn new(
        (store, clock): (Store, Clock),
        config: StatsConfig,
        catalogue: Arc<Catalogue>,
        matcher: Arc<Matcher>,
        whereabouts: Whereabouts,
    ) -> Self {
        Self {
            store,
            clock,
            config,
            catalogue,
            matcher,
            whereabouts,
            ready: Mutex::new(Vec::new()),
            pasts: Mutex::new(BTreeMap::new()),
            making: Mutex::new(()),
            places: Semaphore::new(MOST_WAITING),
        }
    }

    /// What is configured.
    #[must_use]
    pub const fn config(&self) -> &StatsConfig {
        &self.config
    }

    /// The store that it reads.
    pub(crate) const fn store(&self) -> &Store {
        &self.store
    }

    /// The time now.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The day that it is now.
    #[must_use]
    pub fn today(&self) -> Day {
        Day::of(self.clock.now())
    }

    /// In which country and network addresses are, as the files of this moment say; none where what the program brings with it is spoiled.
    pub async fn places(&self) -> Option<Arc<Places>> {
        self.whereabouts
            .places()
            .await
            .ok()
            .map(|(places, _edition)| places)
    }

    /// The network that announces an address, its number and its name, as the files of this moment say; none without a file of networks. The
    /// name is text of strangers.
    pub async fn announcer(&self, address: IpAddr) -> Option<(u32, String)> {
        let (places, _edition) = self.whereabouts.places().await.ok()?;
        let network = places.network(address)?;
        Some((network.asn, network.name.to_owned()))
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

    /// The picture of some days, of those of them that have come.
    ///
    /// # Errors
    /// There are too many days, or none has come; too many wait; or the store failed.
    pub async fn picture(self: &Arc<Self>, days: Days) -> Result<Arc<Picture>, StatsError> {
        let days = Days {
            last: days.last.min(self.today()),
            ..days
        };
        if !(1..=MOST_DAYS).contains(&days.count()) {
            return Err(StatsError::Refused(format!(
                "a picture has 1 to {MOST_DAYS} days, the first one first, and none that has not come yet"
            )));
        }
        if let Some(known) = self.known(days).await? {
            return Ok(known);
        }
        // Once begun it is made, whoever still waits for it: the next one finds it.
        let this = Arc::clone(self);
        tokio::spawn(async move { this.make_and_keep(days).await }).await?
    }

    /// Makes a picture when its turn comes, and keeps it.
    async fn make_and_keep(&self, days: Days) -> Result<Arc<Picture>, StatsError> {
        // One at a time: a picture takes a processor and memory, and who waits may want the same.
        let _place = self.places.try_acquire().map_err(|_full| StatsError::Busy)?;
        let _turn = self.making.lock().await;
        if let Some(known) = self.known(days).await? {
            return Ok(known);
        }
        let state = self.state(days).await?;
        let picture = Arc::new(Box::pin(self.make(days)).await?);
        let mut ready = self.ready.lock().await;
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

    /// The picture of these days if it was made, and nothing that is in it has changed since.
    async fn known(&self, days: Days) -> Result<Option<Arc<Picture>>, StatsError> {
        let state = self.state(days).await?;
        let mut ready = self.ready.lock().await;
        let place = ready
            .iter()
            .position(|known| known.days == days && known.state == state);
        Ok(place.map(|place| {
            // The one that was wanted last goes last.
            let known = ready.remove(place);
            let picture = Arc::clone(&known.picture);
            ready.push(known);
            picture
        }))
    }

    /// What a picture of these days would be made of: it changes when that does, and with each minute while the last day is not over.
    async fn state(&self, days: Days) -> Result<Vec<State>, StatsError> {
        let first = self.plan(days).all().first;
        let kept = self.store.kept_days(first.number(), days.last.number()).await?;
        let mut state: Vec<State> = kept
            .into_iter()
            .map(|kept| (kept.day, kept.last, kept.cells))
            .collect();
        let now = self.clock.now();
        let minute = if now < days.last.end() {
            now.seconds() / 60
        } else {
            0
        };
        let (_places, edition) = self.whereabouts.places().await?;
        state.push((i32::MAX, edition, u64::try_from(minute).unwrap_or(0)));
        Ok(state)
    }

    /// Which days are looked at for what.
    fn plan(&self, asked: Days) -> Plan {
        let days = |days: u32| i32::try_from(days).unwrap_or(0);
        Plan {
            asked,
            first_before: asked.first.plus(days(self.config.new_days).saturating_neg()),
            first_for_pairs: asked
                .last
                .plus(1_i32.saturating_sub(days(self.config.pair_days)))
                .min(asked.first),
        }
    }

    async fn make(&self, days: Days) -> Result<Picture, StatsError> {
        if days.first == days.last
            && self.store.segments(days.first.number()).await?.is_empty()
            && let Some(kept) = self.kept_picture(days.first).await?
        {
            return Ok(kept);
        }
        let (places, _edition) = self.whereabouts.places().await?;
        let Gathered {
            tally,
            before,
            before_days,
            missing,
        } = self.gather(self.plan(days), &places).await?;
        let (since, until) = (days.first.start(), days.last.end());
        let pictures = self.store.days_of_pictures().await?;
        let is_closed = |day: &Day| pictures.contains(&day.number());
        let (closed, missing): (Vec<Day>, Vec<Day>) = missing.into_iter().partition(is_closed);
        let names = |days: Vec<Day>| days.iter().map(Day::to_string).collect();
        let around = Around {
            days,
            now: self.clock.now(),
            listed: self.store.listed_between(since, until).await?,
            notified: self.store.told_between(since, until).await?,
            before,
            before_days,
            missing: names(missing),
            closed: names(closed),
            config: self.config.clone(),
        };
        let mut made = tokio::task::spawn_blocking(move || picture(&tally, &around)).await?;
        made.origins = self.origins(&places);
        Ok(made)
    }

    /// The picture of a day whose addresses are gone.
    async fn kept_picture(&self, day: Day) -> Result<Option<Picture>, StatsError> {
        let Some(kept) = self.store.picture(day.number()).await? else {
            return Ok(None);
        };
        serde_json::from_str(&kept).map(Some).map_err(|error| {
            StatsError::Refused(format!("the kept picture of {day} cannot be read: {error}"))
        })
    }

    /// Adds up what was counted, one day after the other.
    async fn gather(&self, plan: Plan, places: &Arc<Places>) -> Result<Gathered, StatsError> {
        let names = Names {
            catalogue: Arc::clone(&self.catalogue),
            matcher: Arc::clone(&self.matcher),
            dialects: HashMap::new(),
            shapes: HashMap::new(),
        };
        let mut gathered = Gathered {
            tally: Tally::new(names, Arc::clone(places)),
            before: Crowd::default(),
            before_days: 0,
            missing: Vec::new(),
        };
        let all = plan.all();
        let kept = self
            .store
            .kept_days(all.first.number(), all.last.number())
            .await?;
        let kept: HashMap<i32, u64> = kept.into_iter().map(|kept| (kept.day, kept.last)).collect();
        for day in all.each() {
            match kept.get(&day.number()) {
                Some(last) if day < plan.asked.first => {
                    gathered.look_back(day, &*self.past(day, *last).await?, plan);
                }
                Some(_) => gathered = self.gather_day(gathered, day).await?,
                None if day >= plan.asked.first => gathered.missing.push(day),
                None => {}
            }
        }
        Ok(gathered)
    }

    /// Adds a day that was asked for.
    async fn gather_day(&self, mut gathered: Gathered, day: Day) -> Result<Gathered, StatsError> {
        let (segment, census) = self.day(day).await?;
        let names = gathered.tally.names_mut();
        let dialects = census.dialects().filter(|id| !names.dialects.contains_key(id));
        let dialects = self.store.texts_of(dialects.collect::<Vec<_>>()).await?;
        let shapes = census.shapes().filter(|id| !names.shapes.contains_key(id));
        let shapes = self.store.texts_of(shapes.collect::<Vec<_>>()).await?;
        names.dialects.extend(dialects);
        names.shapes.extend(shapes);
        Ok(tokio::task::spawn_blocking(move || gathered.with(day, &segment, &census)).await?)
    }

    /// What a day tells of those after it; kept in memory while nothing is added to the day.
    async fn past(&self, day: Day, last: u64) -> Result<Arc<Past>, StatsError> {
        let mut pasts = self.pasts.lock().await;
        if let Some((_, past)) = pasts.get(&day).filter(|(known, _)| *known == last) {
            return Ok(Arc::clone(past));
        }
        let ((segment, census), matcher) = (self.day(day).await?, Arc::clone(&self.matcher));
        let past = tokio::task::spawn_blocking(move || Past::of(&segment, &matcher, &census)).await?;
        let past = Arc::new(past);
        while pasts.len() >= MOST_PASTS {
            pasts.pop_first();
        }
        pasts.insert(day, (last, Arc::clone(&past)));
        Ok(past)
    }

    /// What was counted of a day, on all machines, and what many shared on it.
    async fn day(&self, day: Day) -> Result<(Segment, Census), StatsError> {
        let kept = self.store.segments(day.number()).await?;
        if kept.iter().map(|kept| kept.cells).sum::<u64>() > MOST_CELLS_OF_DAY {
            return Err(StatsError::Refused(format!(
                "{day} has more than {MOST_CELLS_OF_DAY} cells of sender, hour and look: too many for one machine"
            )));
        }
        let least = self.config.cluster_least;
        tokio::task::spawn_blocking(move || {
            let segment = unpack(&kept)?;
            let census = Census::of(&segment, least);
            Ok((segment, census))
        })
        .await?
    }

    fn origins(&self, places: &Places) -> Vec<Origin> {
        let now = self.clock.now();
        let mut origins = vec![Origin {
            what: "catalogue".to_owned(),
            from: named(self.config.catalogue.as_deref()),
            date: self.catalogue.version().to_owned(),
            is_old: false,
            attribution: String::new(),
        }];
        origins.extend(places.sources().iter().map(|source| Origin {
            what: source.part.to_string(),
            from: named(match &source.origin {
                atalaya_places::Origin::BuiltIn => None,
                atalaya_places::Origin::File(path) => Some(path),
            }),
            date: source.date.map_or_else(|| "unknown".to_owned(), Timestamp::date),
            is_old: source.is_old(now),
            attribution: source.attribution.text.to_owned(),
        }));
        origins
    }
}

/// A file by its name alone: where it lies here is nobody's business.
fn named(path: Option<&Path>) -> String {
    let name = path.and_then(Path::file_name);
    name.map_or_else(
        || "built in".to_owned(),
        |name| name.to_string_lossy().into_owned(),
    )
}

/// All segments of a day as one.
fn unpack(kept: &[KeptSegment]) -> Result<Segment, StatsError> {
    let segments: Result<Vec<Segment>, _> = kept.iter().map(|kept| Segment::unpack(&kept.packed)).collect();
    Ok(Segment::merged(segments?))
}

/// Which days are looked at for what.
#[derive(Debug, Clone, Copy)]
struct Plan {
    /// Those that were asked for.
    asked: Days,
    /// From here on, those before tell who returns.
    first_before: Day,
    /// From here on, two stacks of one address are a pair.
    first_for_pairs: Day,
}

impl Plan {
    fn all(self) -> Days {
        Days {
            first: self.first_before.min(self.first_for_pairs),
            last: self.asked.last,
        }
    }
}

/// What was added up so far.
struct Gathered {
    tally: Tally,
    before: Crowd,
    before_days: u32,
    missing: Vec<Day>,
}

impl Gathered {
    /// Adds a day that was asked for.
    fn with(mut self, day: Day, segment: &Segment, census: &Census) -> Self {
        self.tally.add(day, segment, census);
        let past = Past::of(segment, self.tally.matcher(), census);
        self.tally.add_stacks(&past);
        self
    }

    /// Adds what a day before tells.
    fn look_back(&mut self, day: Day, past: &Past, plan: Plan) {
        if day >= plan.first_before {
            self.before.add(&past.crowd);
            self.before_days = self.before_days.saturating_add(1);
        }
        if day >= plan.first_for_pairs {
            self.tally.add_stacks(past);
        }
    }
}
