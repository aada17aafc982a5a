//! Texts of dialects and of header shapes, by their names: kept once, for as long as they are met.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use atalaya_model::{Habit, Timestamp};

use crate::sql::{Connection, Value, values};
use crate::{Store, StoreError};

/// A text is noted as seen again after so long: one that every mail has is not written with each.
const REFRESH: Duration = Duration::from_secs(86_400);

impl Store {
    /// The canonical text of a dialect or of a shape that was seen.
    ///
    /// # Errors
    /// The store failed.
    pub async fn text_of<H: Habit>(&self, id: H) -> Result<Option<String>, StoreError> {
        self.texts_of([id]).await.map(|mut texts| texts.remove(&id))
    }

    /// The canonical texts of dialects, or of shapes, as far as they are kept.
    ///
    /// # Errors
    /// The store failed.
    pub async fn texts_of<H: Habit>(
        &self,
        ids: impl IntoIterator<Item = H>,
    ) -> Result<HashMap<H, String>, StoreError> {
        let sql = "SELECT id, text FROM habits WHERE id IN {keys}";
        let ids = ids.into_iter().map(|id| id.to_string());
        let rows = self.read().await?.rows_in(sql, ids).await?;
        let mut texts = HashMap::with_capacity(rows.len());
        for mut row in rows {
            let id: String = row.take()?;
            texts.insert(id.parse().map_err(StoreError::corrupt)?, row.take()?);
        }
        Ok(texts)
    }

    /// Keeps, durably, texts of dialects and header shapes that another machine has met, by their names.
    ///
    /// # Errors
    /// The store failed.
    pub async fn add_texts<'a>(
        &self,
        texts: impl IntoIterator<Item = (&'a str, &'a str)>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let texts = texts.into_iter().map(|(id, text)| (id.to_owned(), text));
        let rows = rows_of(texts, at);
        keep_texts(&mut self.write_facts().await?, rows).await
    }
}

/// The rows of texts by their names, seen at a moment; of two of one name the first.
///
/// Each once and in their order: PostgreSQL refuses to write a row twice, and two that write the same rows must not wait for each other.
pub(crate) fn rows_of<'a>(texts: impl Iterator<Item = (String, &'a str)>, at: Timestamp) -> Vec<Vec<Value>> {
    let mut once = BTreeMap::new();
    for (id, text) in texts {
        once.entry(id).or_insert(text);
    }
    let rows = once.into_iter().map(|(id, text)| values![id, text, at]);
    rows.collect()
}

/// Keeps what [`rows_of`] makes.
pub(crate) async fn keep_texts(connection: &mut Connection, rows: Vec<Vec<Value>>) -> Result<(), StoreError> {
    let head = "INSERT INTO habits (id, text, last_seen_at) VALUES";
    let tail = format!(
        "ON CONFLICT (id) DO UPDATE SET last_seen_at = excluded.last_seen_at \
         WHERE habits.last_seen_at < excluded.last_seen_at - {}",
        REFRESH.as_micros()
    );
    connection.insert(head, rows, &tail).await
}
