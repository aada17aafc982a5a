//! Observations and the messages kept with them: facts, appended once, never edited.

use atalaya_model::{Digest, Observation, ObservationId, Prefix, Sensor, Timestamp};

use crate::sql::{Connection, Row, values};
use crate::writer::{COLUMNS, Columns, Counter, Details, Evidence, PackedEvidence, Recorded, key, unpack};
use crate::{Store, StoreError};

/// Most observations that are counted for one answer: who sends more sends too much whatever the number, and a page must stay cheap.
pub const MOST_COUNTED: u64 = 10_000;

/// An observation with its place in the order in which observations became durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Its place, from 1 without gaps.
    pub position: u64,
    /// What was observed.
    pub observation: Observation,
}

impl Store {
    /// Records an observation with its evidence. Returns once both are durable; the same id twice is kept once. Whoever drops the future
    /// before does not know whether they were kept.
    ///
    /// `observation.message` and `observation.conversation` become the digests of the evidence, whatever they were. NUL characters in texts become U+FFFD.
    ///
    /// # Errors
    /// The store failed, and nothing was kept; after [`StoreError::Unreachable`] it may have been kept.
    pub async fn record(
        &self,
        mut observation: Observation,
        evidence: impl Into<Evidence>,
    ) -> Result<Recorded, StoreError> {
        let evidence = PackedEvidence::pack(evidence.into()).await?;
        observation.message = evidence.message.as_ref().map(|kept| kept.digest);
        observation.conversation = evidence.conversation.as_ref().map(|kept| kept.digest);
        self.writer().record(observation, evidence).await
    }

    /// The observation of that name; none where there is none (any more).
    ///
    /// # Errors
    /// The store failed.
    pub async fn observation(&self, id: ObservationId) -> Result<Option<Observation>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM observations WHERE id = $1");
        let row = self.read().await?.row(sql, values![id.0]).await?;
        row.map(|row| Ok(seen(row)?.observation)).transpose()
    }

    /// The observations after `position`, oldest first.
    ///
    /// # Errors
    /// The store failed.
    pub async fn observations_after(&self, position: u64, limit: u32) -> Result<Vec<Seen>, StoreError> {
        let sql =
            format!("SELECT {COLUMNS} FROM observations WHERE position > $1 ORDER BY position LIMIT $2");
        let rows = self.read().await?.rows(sql, values![position, limit]).await?;
        rows.into_iter().map(seen).collect()
    }

    /// The position of the last observation; 0 where there is none.
    ///
    /// # Errors
    /// The store failed.
    pub async fn last_position(&self) -> Result<u64, StoreError> {
        Counter::OBSERVATIONS.value(&mut self.read().await?).await
    }

    /// The same for the one who follows them. What this process wrote last is handed out from memory, once; these may be fewer than
    /// there are. Whoever asks again for the same gets it from the database.
    ///
    /// # Errors
    /// The store failed.
    pub async fn next_observations(&self, position: u64, limit: u32) -> Result<Vec<Seen>, StoreError> {
        let recent = self.writer().take_recent(position, limit);
        if recent.is_empty() {
            return self.observations_after(position, limit).await;
        }
        Ok(recent)
    }

    /// The observations against `unit` ([`Prefix::unit`] of an address), newest first.
    ///
    /// # Errors
    /// The store failed.
    pub async fn observations_of(&self, unit: &Prefix, limit: u32) -> Result<Vec<Observation>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM observations WHERE unit = $1 ORDER BY seen_at DESC, position DESC LIMIT $2"
        );
        let rows = self.read().await?.rows(sql, values![unit, limit]).await?;
        rows.into_iter().map(|row| Ok(seen(row)?.observation)).collect()
    }

    /// What a reporter said of a unit, the newest first. His sensor is [`Sensor::Report`] or [`Sensor::Complaint`]; of others there is nothing.
    ///
    /// # Errors
    /// The store failed.
    pub async fn observations_by(
        &self,
        unit: &Prefix,
        source: (Sensor, &str),
        limit: u32,
    ) -> Result<Vec<Observation>, StoreError> {
        let said = observations_by(
            &mut self.read().await?,
            unit,
            source,
            (i64::MAX.unsigned_abs(), limit),
        )
        .await?;
        Ok(said.into_iter().map(|seen| seen.observation).collect())
    }

    /// How many observations are kept against `unit` ([`Prefix::unit`] of an address), counted up to [`MOST_COUNTED`].
    ///
    /// # Errors
    /// The store failed.
    pub async fn count_observations(&self, unit: &Prefix) -> Result<u64, StoreError> {
        counted(&mut self.read().await?, unit).await
    }

    /// The recipients of the newest `limit` observations of the same message, each list as it was given; none once the message is deleted.
    ///
    /// # Errors
    /// The store failed.
    pub async fn recipients_of(&self, message: &Digest, limit: u32) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT details FROM observations WHERE evidence = (SELECT number FROM evidence \
                   WHERE substr(digest, 1, 8) = $1 AND digest = $2) ORDER BY position DESC LIMIT $3";
        let named = values![key(message), message.0.to_vec(), limit];
        let mut recipients = Vec::new();
        for mut row in self.read().await?.rows(sql, named).await? {
            let details: String = row.take()?;
            recipients.extend(Details::from_json(&details)?.into_recipients());
        }
        Ok(recipients)
    }

    /// A kept message or conversation, as it was received; none once it is deleted.
    ///
    /// # Errors
    /// The store failed, or what it kept is no longer that message ([`StoreError::Corrupt`]).
    pub async fn message(&self, digest: &Digest) -> Result<Option<Vec<u8>>, StoreError> {
        let sql = "SELECT size, packed FROM evidence WHERE substr(digest, 1, 8) = $1 AND digest = $2";
        let named = values![key(digest), digest.0.to_vec()];
        let row = self.read().await?.row(sql, named).await?;
        let Some(mut row) = row else { return Ok(None) };
        let (size, packed) = (row.take_count()?, row.take::<Vec<u8>>()?);
        unpack(digest, size, &packed).map(Some)
    }
}

/// What a reporter said of a unit up to a position, the newest first.
pub(crate) async fn observations_by(
    connection: &mut Connection,
    unit: &Prefix,
    (sensor, source): (Sensor, &str),
    (up_to, limit): (u64, u32),
) -> Result<Vec<Seen>, StoreError> {
    let row = values![unit, sensor.name(), source, up_to, limit];
    connection
        .rows(said_by(), row)
        .await?
        .into_iter()
        .map(seen)
        .collect()
}

/// The question for it. The sensors stand in it as in the index `observations_of_reporter`, which is not used otherwise.
fn said_by() -> String {
    format!(
        "SELECT {COLUMNS} FROM observations WHERE unit = $1 AND sensor = $2 AND source = $3 \
         AND sensor IN ('report', 'complaint') AND position <= $4 ORDER BY seen_at DESC, position DESC LIMIT $5"
    )
}

/// How many observations are kept against a unit, counted up to [`MOST_COUNTED`].
pub(crate) async fn counted(connection: &mut Connection, unit: &Prefix) -> Result<u64, StoreError> {
    let sql = "SELECT COUNT(*) FROM (SELECT 1 FROM observations WHERE unit = $1 LIMIT $2) AS kept";
    let row = connection.row(sql, values![unit, MOST_COUNTED]).await?;
    row.map_or(Ok(0), |mut row| row.take_count())
}

/// When the oldest observation that is kept against a unit was seen.
pub(crate) async fn first_seen(
    connection: &mut Connection,
    unit: &Prefix,
) -> Result<Option<Timestamp>, StoreError> {
    let sql = "SELECT seen_at FROM observations WHERE unit = $1 ORDER BY seen_at LIMIT 1";
    let row = connection.row(sql, values![unit]).await?;
    row.map(|mut row| row.take_time()).transpose()
}

/// Reads a row of [`COLUMNS`]; the columns are taken in their order.
pub(crate) fn seen(mut row: Row) -> Result<Seen, StoreError> {
    let position = row.take_count()?;
    let columns = Columns {
        id: ObservationId(row.take_id()?),
        seen_at: row.take_time()?,
        sensor: row.take_word()?,
        source: row.take()?,
        message: row.take_some_digest()?,
        conversation: row.take_some_digest()?,
    };
    let details: String = row.take()?;
    Ok(Seen {
        position,
        observation: Details::from_json(&details)?.with(columns),
    })
}

#[cfg(test)]
mod tests {
    use atalaya_model::Clock;

    use super::*;
    use crate::StoreUrl;
    use crate::plan::plan;

    #[tokio::test]
    async fn what_a_reporter_said_is_found_by_its_index_in_its_order() {
        let folder = tempfile::tempdir().unwrap();
        let url = StoreUrl::Sqlite(folder.path().join("store.db"));
        let store = Store::open(&url, Clock::system()).await.unwrap();
        let asked = values!["192.0.2.1", "report", "mx", i64::MAX.unsigned_abs(), 1_000_u32];
        let steps = plan(&mut store.read().await.unwrap(), &said_by(), asked).await;
        assert!(
            steps[0].contains("observations_of_reporter (unit=? AND source=?)"),
            "{steps:?}"
        );
        let is_whole_sort = |step: &String| step == "USE TEMP B-TREE FOR ORDER BY";
        assert!(!steps.iter().any(is_whole_sort), "{steps:?}");
    }
}
