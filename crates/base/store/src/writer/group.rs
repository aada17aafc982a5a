//! Writing one group: numbers from the counters, evidence once each, all in one transaction.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use atalaya_model::{Digest, Observation, Timestamp};

use super::details::Details;
use super::evidence::Packed;
use super::{Entry, Recorded};
use crate::StoreError;
use crate::habits::{keep_texts, rows_of};
use crate::sql::{Connection, Pools, Value, values};

/// The columns of an observation that are read back.
pub(crate) const COLUMNS: &str = "position, id, seen_at, sensor, source, message, conversation, details";
/// The columns of an observation as they are written: [`row`] makes the first ones.
const WRITTEN: &str = "id, unit, seen_at, sensor, source, message, conversation, details, position, evidence";
/// Evidence that arrives again is as young as new, but its row is written anew only after so long.
const REFRESH: Duration = Duration::from_secs(86_400);

/// What became of a group.
pub(super) struct Written {
    /// What became of each.
    pub(super) recorded: Vec<Recorded>,
    /// The position of the first that is new; the others follow it without gaps.
    pub(super) first: u64,
}

/// Writes a group durably. What is known already is passed over, and takes no position.
pub(super) async fn write(pools: &Pools, group: &[Entry], now: Timestamp) -> Result<Written, StoreError> {
    let mut connection = pools.write_facts().await?;
    connection.begin().await?;
    // The counter comes first: on PostgreSQL it keeps other writers out until the commit, so that positions follow the commits.
    let last = lock(&mut connection, Counter::OBSERVATIONS).await?;
    let mut known = known(&mut connection, group).await?;
    let recorded: Vec<Recorded> = group
        .iter()
        .map(|entry| {
            if known.insert(entry.id) {
                Recorded::New
            } else {
                Recorded::Known
            }
        })
        .collect();
    let told = group.iter().zip(&recorded);
    let fresh: Vec<&Entry> = told
        .filter_map(|(entry, recorded)| (*recorded == Recorded::New).then_some(entry))
        .collect();
    let first = last.saturating_add(1);
    if fresh.is_empty() {
        connection.commit().await?;
        return Ok(Written { recorded, first });
    }
    let numbers = keep_evidence(&mut connection, &fresh, now).await?;
    keep_habits(&mut connection, &fresh, now).await?;
    let rows = fresh.iter().zip(first..);
    let rows = rows.map(|(entry, position)| {
        let message = entry.evidence.message.as_ref();
        let number = message.and_then(|kept| numbers.get(&kept.digest)).copied();
        let mut row = entry.row.clone();
        row.extend(values![position, number]);
        row
    });
    let head = format!("INSERT INTO observations ({WRITTEN}) VALUES");
    connection.insert(&head, rows.collect(), "").await?;
    let end = last.saturating_add(fresh.len() as u64);
    count(&mut connection, Counter::OBSERVATIONS, end).await?;
    connection.commit().await?;
    Ok(Written { recorded, first })
}

/// What gives out numbers, one after the other.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counter {
    /// Where it is kept: beside what it counts.
    table: &'static str,
    name: &'static str,
}

impl Counter {
    /// Positions of observations.
    pub(crate) const OBSERVATIONS: Self = Self::of_facts("observations");
    /// Numbers of evidence.
    const EVIDENCE: Self = Self::of_facts("evidence");
    /// Serials of decisions.
    pub(crate) const DECISIONS: Self = Self::of_list("decisions");
    /// Entries of the public log.
    pub(crate) const LOG: Self = Self::of_list("log");

    const fn of_facts(name: &'static str) -> Self {
        Self {
            table: "fact_counters",
            name,
        }
    }

    const fn of_list(name: &'static str) -> Self {
        Self {
            table: "counters",
            name,
        }
    }

    /// The last number that it gave out.
    pub(crate) async fn value(self, connection: &mut Connection) -> Result<u64, StoreError> {
        self.read(connection, "").await
    }

    async fn read(self, connection: &mut Connection, end: &str) -> Result<u64, StoreError> {
        let sql = format!("SELECT value FROM {} WHERE name = $1 {end}", self.table);
        let row = connection.row(sql, values![self.name]).await?;
        row.ok_or_else(|| StoreError::corrupt(format!("the counter of {} is missing", self.name)))?
            .take_count()
    }
}

/// Reads a counter and keeps it until the transaction ends.
pub(crate) async fn lock(connection: &mut Connection, counter: Counter) -> Result<u64, StoreError> {
    counter.read(connection, connection.dialect().for_update()).await
}

/// Sets a counter.
pub(crate) async fn count(
    connection: &mut Connection,
    counter: Counter,
    value: u64,
) -> Result<(), StoreError> {
    let sql = format!("UPDATE {} SET value = $2 WHERE name = $1", counter.table);
    connection
        .execute(sql, values![counter.name, value])
        .await
        .map(|_one| ())
}

/// The ids of the group that are in the store already.
async fn known(connection: &mut Connection, group: &[Entry]) -> Result<HashSet<[u8; 16]>, StoreError> {
    let ids = group.iter().map(|entry| entry.id.to_vec());
    let rows = connection
        .rows_in("SELECT id FROM observations WHERE id IN {keys}", ids)
        .await?;
    rows.into_iter()
        .map(|mut row| Ok(row.take_id()?.into_bytes()))
        .collect()
}

/// Keeps the evidence that is not kept yet: the same message sent to many traps is kept once. Gives the number of each.
async fn keep_evidence(
    connection: &mut Connection,
    fresh: &[&Entry],
    now: Timestamp,
) -> Result<HashMap<Digest, u64>, StoreError> {
    let all: Vec<&Packed> = fresh.iter().flat_map(|entry| entry.evidence.packed()).collect();
    keep_packed(connection, &all, now).await
}

/// The same for what is packed.
pub(crate) async fn keep_packed(
    connection: &mut Connection,
    all: &[&Packed],
    now: Timestamp,
) -> Result<HashMap<Digest, u64>, StoreError> {
    if all.is_empty() {
        return Ok(HashMap::new());
    }
    let last = lock(connection, Counter::EVIDENCE).await?;
    let mut numbers = kept_before(connection, all.iter().copied(), now).await?;
    let mut next = last;
    let mut rows = Vec::new();
    for kept in all {
        numbers.entry(kept.digest).or_insert_with(|| {
            next = next.saturating_add(1);
            rows.push(evidence_row(next, kept, now));
            next
        });
    }
    let head = "INSERT INTO evidence (number, digest, kind, size, kept_at, packed) VALUES";
    connection.insert(head, rows, "").await?;
    if next > last {
        count(connection, Counter::EVIDENCE, next).await?;
    }
    Ok(numbers)
}

fn evidence_row(number: u64, kept: &Packed, now: Timestamp) -> Vec<Value> {
    values![
        number,
        kept.digest.0.to_vec(),
        kept.kind.name(),
        kept.size,
        now,
        kept.packed.clone()
    ]
}

/// The numbers of what is kept already, which is young again.
async fn kept_before(
    connection: &mut Connection,
    all: impl Iterator<Item = &Packed>,
    now: Timestamp,
) -> Result<HashMap<Digest, u64>, StoreError> {
    let sql = "SELECT number, digest, kept_at FROM evidence WHERE substr(digest, 1, 8) IN {keys}";
    let rows = connection.rows_in(sql, all.map(Packed::key)).await?;
    let mut numbers = HashMap::new();
    let mut stale = BTreeMap::new();
    for mut row in rows {
        let number: u64 = row.take_count()?;
        let Some(digest) = row.take_some_digest()? else {
            continue;
        };
        if now.since(row.take_time()?) > REFRESH {
            stale.insert(number, digest);
        } else {
            numbers.insert(digest, number);
        }
    }
    // Where the row is just being deleted for its age, it is not found any more, and the evidence is kept anew.
    let sql = "UPDATE evidence SET kept_at = {with} WHERE number IN {keys} RETURNING number";
    let stale_numbers = stale.keys().copied();
    for mut row in connection
        .rows_in_with(sql, Some(now.into()), stale_numbers)
        .await?
    {
        let number = row.take_count()?;
        numbers.extend(stale.get(&number).map(|digest| (*digest, number)));
    }
    Ok(numbers)
}

/// Keeps the texts of the dialects and shapes that were met.
async fn keep_habits(
    connection: &mut Connection,
    fresh: &[&Entry],
    now: Timestamp,
) -> Result<(), StoreError> {
    let met = fresh.iter().flat_map(|entry| {
        let (of, kept) = (&entry.observation, &entry.evidence);
        let dialect = of.dialect.map(|id| id.to_string()).zip(kept.dialect.as_deref());
        let shape = of.headers.map(|id| id.to_string()).zip(kept.shape.as_deref());
        dialect.into_iter().chain(shape)
    });
    keep_texts(connection, rows_of(met, now)).await
}

/// The row of an observation, in the order of [`WRITTEN`], without what the transaction gives it. Made where the observation comes from,
/// so that the one writer has little to do.
pub(super) fn row(observation: &Observation) -> Result<Vec<Value>, StoreError> {
    let digest = |kept: Option<Digest>| kept.map(|digest| digest.0.to_vec());
    Ok(values![
        observation.id.0,
        &observation.unit(),
        observation.seen_at,
        observation.sensor.name(),
        observation.source.as_str(),
        digest(observation.message),
        digest(observation.conversation),
        Details::from(observation).to_json()?,
    ])
}
