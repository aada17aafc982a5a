//! Retention: deleting what is older than the operator wants to keep it, a batch at a time.

use atalaya_model::Timestamp;

use crate::sql::{Connection, Value, values};
use crate::{EvidenceKind, Store, StoreError};

/// Rows deleted by one statement: few enough that nobody waits for them.
const BATCH: u32 = 500;

impl Store {
    /// Deletes some evidence of a kind that last arrived before a moment; tells whether there may be more. The observations that name it
    /// stay. The space is used again.
    ///
    /// # Errors
    /// The store failed.
    pub async fn delete_evidence(&self, kind: EvidenceKind, before: Timestamp) -> Result<bool, StoreError> {
        let old = "SELECT number FROM evidence WHERE kind = $1 AND kept_at < $2 ORDER BY kept_at LIMIT $3";
        // The age once more: what arrives again at this moment is young when its row is free.
        let delete = format!("DELETE FROM evidence WHERE number IN ({old}) AND kept_at < $2");
        self.delete_facts("evidence", (old, delete), values![kind.name(), before, BATCH])
            .await
    }

    /// Deletes some observations that were seen before a moment, of those up to the position `done` that all who follow them have reached; tells whether there may be more.
    /// What was concluded from them stays.
    ///
    /// They are looked for from the oldest on. One whose clock was ahead delays those recorded after it until it is over itself.
    ///
    /// # Errors
    /// The store failed.
    pub async fn delete_observations(&self, before: Timestamp, done: u64) -> Result<bool, StoreError> {
        let old = "SELECT position FROM (SELECT position, seen_at FROM observations WHERE position <= $1 \
                   ORDER BY position LIMIT $3) AS oldest WHERE seen_at < $2";
        let delete = format!("DELETE FROM observations WHERE position IN ({old})");
        self.delete_facts("observations", (old, delete), values![done, before, BATCH])
            .await
    }

    /// Deletes some texts of dialects and header shapes that were last met before a moment; tells whether there may be more.
    ///
    /// # Errors
    /// The store failed.
    pub async fn delete_habits(&self, before: Timestamp) -> Result<bool, StoreError> {
        let old = "SELECT id FROM habits WHERE last_seen_at < $1 ORDER BY last_seen_at LIMIT $2";
        // The age once more, as with evidence.
        let delete = format!("DELETE FROM habits WHERE id IN ({old}) AND last_seen_at < $1");
        self.delete_facts("habits", (old, delete), values![before, BATCH])
            .await
    }

    /// Deletes some of what was heard of notices before a moment, but for what waits for a person; tells whether there may be more. What
    /// followed from it stays. What settles something goes after that.
    ///
    /// # Errors
    /// The store failed.
    pub async fn delete_heard(&self, before: Timestamp) -> Result<bool, StoreError> {
        let old = "SELECT id FROM heard WHERE heard_at < $1 \
                   AND (action <> 'person' OR EXISTS (SELECT 1 FROM heard AS settling WHERE settling.settles = heard.id)) \
                   AND NOT EXISTS (SELECT 1 FROM heard AS settled WHERE settled.id = heard.settles) \
                   ORDER BY heard_at LIMIT $2";
        let delete = format!("DELETE FROM heard WHERE id IN ({old})");
        let values = values![before, BATCH];
        if self.is_idle(old, values.clone()).await? {
            return Ok(false);
        }
        delete_old(self.write().await?, "heard", (delete, values)).await
    }

    /// Deletes the facts that `old` finds in a table; tells whether there may be more. Looks before it takes the writer's turn.
    async fn delete_facts(
        &self,
        table: &'static str,
        (old, delete): (&'static str, String),
        values: Vec<Value>,
    ) -> Result<bool, StoreError> {
        if self.is_idle(old, values.clone()).await? {
            return Ok(false);
        }
        delete_old(self.write_facts().await?, table, (delete, values)).await
    }
}

async fn delete_old(
    mut connection: Connection,
    table: &'static str,
    (delete, values): (String, Vec<Value>),
) -> Result<bool, StoreError> {
    let deleted = connection.execute(delete, values).await?;
    metrics::counter!("atalaya_store_deleted_total", "table" => table).increment(deleted);
    Ok(deleted > 0)
}
