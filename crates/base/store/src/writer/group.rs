//! Writing one group: positions from the counter, messages once each, all in one transaction.

use std::collections::HashSet;

use atalaya_model::{Observation, Timestamp, Trap};

use super::{Entry, Recorded};
use crate::StoreError;
use crate::sql::{Connection, Pools, Value, values};

/// The columns of an observation, as [`row`] fills them and as they are read back.
pub(crate) const COLUMNS: &str = "position, id, unit, address, seen_at, sensor, kind, handshake, trap, helo, mail_from, \
                                  recipients, subject, source_port, message, message_size, oddities, \
                                  source, fingerprint, dialect, tls, conversation";

/// Writes a group durably. What is known already is passed over, and takes no position. Says of each what became of it.
pub(super) async fn write(
    pools: &Pools,
    group: &[Entry],
    now: Timestamp,
) -> Result<Vec<Recorded>, StoreError> {
    let mut connection = pools.write().await?;
    connection.begin().await?;
    // The counter comes first: on PostgreSQL it keeps other writers out until the commit, so that positions follow the commits.
    let last = lock(&mut connection, "observations").await?;
    let mut known = known(&mut connection, group).await?;
    let recorded: Vec<Recorded> = group
        .iter()
        .map(|entry| {
            if known.insert(id(entry)) {
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
    if fresh.is_empty() {
        connection.commit().await?;
        return Ok(recorded);
    }
    keep_messages(&mut connection, &fresh, now).await?;
    keep_dialects(&mut connection, &fresh).await?;
    let end = last.saturating_add(fresh.len() as u64);
    let rows = fresh
        .iter()
        .zip(last.saturating_add(1)..)
        .map(|(entry, position)| row(&entry.observation, position));
    let rows = rows.collect::<Result<_, _>>()?;
    connection
        .insert(&format!("INSERT INTO observations ({COLUMNS}) VALUES"), rows, "")
        .await?;
    count(&mut connection, "observations", end).await?;
    connection.commit().await?;
    Ok(recorded)
}

/// Reads a counter and keeps it until the transaction ends.
pub(crate) async fn lock(connection: &mut Connection, counter: &str) -> Result<u64, StoreError> {
    let sql = format!(
        "SELECT value FROM counters WHERE name = $1 {}",
        connection.dialect().for_update()
    );
    let row = connection.row(sql, values![counter]).await?;
    row.ok_or_else(|| StoreError::corrupt(format!("the counter of {counter} is missing")))?
        .take_count()
}

/// Sets a counter.
pub(crate) async fn count(connection: &mut Connection, counter: &str, value: u64) -> Result<(), StoreError> {
    let sql = "UPDATE counters SET value = $2 WHERE name = $1";
    connection
        .execute(sql, values![counter, value])
        .await
        .map(|_one| ())
}

/// The ids of the group that are in the store already.
async fn known(connection: &mut Connection, group: &[Entry]) -> Result<HashSet<[u8; 16]>, StoreError> {
    let ids = group.iter().map(|entry| entry.observation.id.0);
    let rows = connection
        .rows_in("SELECT id FROM observations WHERE id IN {keys}", ids)
        .await?;
    rows.into_iter()
        .map(|mut row| Ok(row.take_id()?.into_bytes()))
        .collect()
}

fn id(entry: &Entry) -> [u8; 16] {
    entry.observation.id.0.into_bytes()
}

/// Keeps the messages that are not kept yet: the same message sent to many traps is kept once.
async fn keep_messages(
    connection: &mut Connection,
    fresh: &[&Entry],
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut seen = HashSet::new();
    let kept = fresh.iter().flat_map(|entry| entry.evidence.packed());
    let once = kept.filter(|kept| seen.insert(kept.digest));
    let rows = once
        .map(|kept| values![kept.digest.0.to_vec(), kept.size, kept.packed.clone(), now])
        .collect();
    let head = "INSERT INTO messages (digest, size, packed, kept_at) VALUES";
    connection
        .insert(head, rows, "ON CONFLICT (digest) DO NOTHING")
        .await
}

/// Keeps the texts of the dialects that are new.
async fn keep_dialects(connection: &mut Connection, fresh: &[&Entry]) -> Result<(), StoreError> {
    let mut seen = HashSet::new();
    let spoken = fresh.iter().filter_map(|entry| {
        let id = entry.observation.dialect.filter(|id| seen.insert(*id))?;
        let text = entry.evidence.dialect.as_deref()?;
        Some(values![id.to_string(), text, entry.observation.seen_at])
    });
    let rows = spoken.collect();
    let head = "INSERT INTO dialects (id, text, first_seen_at) VALUES";
    connection.insert(head, rows, "ON CONFLICT (id) DO NOTHING").await
}

/// The row of an observation, in the order of [`COLUMNS`].
fn row(observation: &Observation, position: u64) -> Result<Vec<Value>, StoreError> {
    let envelope = &observation.envelope;
    Ok(values![
        position,
        observation.id.0,
        &observation.unit(),
        observation.address.to_canonical().to_string(),
        observation.seen_at,
        observation.sensor.name(),
        observation.kind.name(),
        observation.handshake.name(),
        observation.trap.map_or("", Trap::name),
        envelope.helo.as_str(),
        envelope.mail_from.as_str(),
        json(&envelope.recipients)?,
        observation.subject.as_str(),
        observation.source_port,
        observation.message.map(|digest| digest.0.to_vec()),
        observation.message_size,
        json(&observation.oddities)?,
        observation.source.as_str(),
        text(observation.fingerprint.as_ref()),
        text(observation.dialect.as_ref()),
        text(observation.tls.as_ref()),
        observation.conversation.map(|digest| digest.0.to_vec()),
    ])
}

/// The text of what may be there.
fn text(value: Option<&impl ToString>) -> Option<String> {
    value.map(ToString::to_string)
}

/// A list as JSON, with NUL replaced as in every other text: escaped as `\u0000` it would come back.
fn json(list: &[String]) -> Result<String, StoreError> {
    let list: Vec<String> = list.iter().map(|text| text.replace('\0', "\u{FFFD}")).collect();
    serde_json::to_string(&list).map_err(StoreError::unexpected)
}
