//! The public log of decisions: a leaf and a salt for each, the hashes above, and the head that was signed last.

use atalaya_model::{Decided, Digest, Serial, Timestamp};

use crate::decisions::{COLUMNS, decided};
use crate::sql::{Row, Value, values};
use crate::writer::{Counter, lock};
use crate::{Store, StoreError, Transaction};

/// The name of the one head: a store has one log.
const NAME: &str = "decisions";
/// Bytes of a salt. A seal has 32.
const SALT: usize = 16;

/// The head of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogHead {
    /// The name of the log.
    pub origin: String,
    /// How many entries it has.
    pub size: u64,
    /// The root of its tree.
    pub root: Digest,
    /// The signed note that says so.
    pub note: String,
    /// When it was signed.
    pub signed_at: Timestamp,
}

/// What opens the seal of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opens {
    /// The salt.
    Salt([u8; SALT]),
    /// Nothing any more: the seal alone is kept.
    Forgotten(Digest),
}

/// An entry to be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogLeaf {
    /// The serial of its decision.
    pub serial: Serial,
    /// Its salt.
    pub salt: [u8; SALT],
    /// The hash of the entry.
    pub leaf: Digest,
}

/// A hash above a full tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogNode {
    /// Its level, from 1.
    pub level: u8,
    /// Its place in the level.
    pub number: u64,
    /// The hash.
    pub hash: Digest,
}

/// A decision that stands in the log.
#[derive(Debug, Clone, PartialEq)]
pub struct LoggedDecision {
    /// The decision.
    pub decided: Decided,
    /// What opens its seal.
    pub opens: Opens,
    /// The hash of its entry.
    pub leaf: Digest,
}

impl Store {
    /// The head of the log; none before the first.
    ///
    /// # Errors
    /// The store failed.
    pub async fn log_head(&self) -> Result<Option<LogHead>, StoreError> {
        let sql = "SELECT origin, size, root, note, signed_at FROM log_heads WHERE name = $1";
        let row = self.read().await?.row(sql, values![NAME]).await?;
        row.map(head).transpose()
    }

    /// At most `count` hashes of a level of tiles, from the one at `first` on. Those of level 0 are the leaves.
    ///
    /// # Errors
    /// The store failed.
    pub async fn log_hashes(&self, level: u8, first: u64, count: u32) -> Result<Vec<Digest>, StoreError> {
        let end = first.saturating_add(u64::from(count));
        let mut connection = self.read().await?;
        let dialect = connection.dialect();
        let (sql, asked) = match level {
            0 => {
                let leaves = dialect.hex_of_all("leaf", "serial");
                let sql = format!("SELECT {leaves} FROM log_entries WHERE serial > $1 AND serial <= $2");
                (sql, values![first, end])
            }
            level => {
                let hashes = dialect.hex_of_all("hash", "number");
                let sql = format!(
                    "SELECT {hashes} FROM log_nodes WHERE level = $1 AND number >= $2 AND number < $3"
                );
                (sql, values![u32::from(level), first, end])
            }
        };
        let row = connection.row(sql, asked).await?;
        let digits = row.map_or(Ok(None), |mut row| row.take::<Option<String>>())?;
        digests(digits.as_deref().unwrap_or_default())
    }

    /// The decisions after `serial` that stand in the log, with what opens them.
    ///
    /// # Errors
    /// The store failed.
    pub async fn logged(&self, after: Serial, count: u32) -> Result<Vec<LoggedDecision>, StoreError> {
        let sql = format!(
            "SELECT opens, leaf, {COLUMNS} FROM decisions JOIN log_entries USING (serial) \
             WHERE serial > $1 AND serial <= $2 ORDER BY serial"
        );
        let end = after.0.saturating_add(u64::from(count));
        let rows = self.read().await?.rows(sql, values![after, end]).await?;
        rows.into_iter().map(logged).collect()
    }

    /// Those of the `count` logged decisions after `after` that were made before `before`, whose salt is kept, and by which nothing stands on the list.
    ///
    /// # Errors
    /// The store failed.
    pub async fn forgettable(
        &self,
        after: Serial,
        before: Timestamp,
        count: u32,
    ) -> Result<Vec<LoggedDecision>, StoreError> {
        let sql = format!(
            "SELECT opens, leaf, {COLUMNS} FROM decisions JOIN log_entries USING (serial) \
             WHERE serial > $1 AND serial <= $2 AND decided_at < $3 AND length(opens) = {SALT} \
             AND NOT EXISTS (SELECT 1 FROM listings WHERE listings.prefix = decisions.prefix AND listings.serial = decisions.serial) \
             AND NOT EXISTS (SELECT 1 FROM allowed WHERE allowed.prefix = decisions.prefix AND allowed.serial = decisions.serial) \
             ORDER BY serial"
        );
        let end = after.0.saturating_add(u64::from(count));
        let rows = self.read().await?.rows(sql, values![after, end, before]).await?;
        rows.into_iter().map(logged).collect()
    }

    /// Deletes the salts of entries and keeps their seals in their place; gives how many had one.
    ///
    /// # Errors
    /// The store failed.
    pub async fn forget_salts(&self, seals: &[(Serial, Digest)]) -> Result<u64, StoreError> {
        let sql = format!("UPDATE log_entries SET opens = $2 WHERE serial = $1 AND length(opens) = {SALT}");
        let mut transaction = self.begin().await?;
        let mut forgotten = 0_u64;
        for (serial, seal) in seals {
            let bound = values![*serial, seal.0.to_vec()];
            let changed = transaction.connection.execute(sql.clone(), bound).await?;
            forgotten = forgotten.saturating_add(changed);
        }
        transaction.commit().await?;
        Ok(forgotten)
    }
}

impl Transaction {
    /// Takes the turn of the log, which keeps everybody else from adding to it until this transaction ends; gives its head.
    ///
    /// # Errors
    /// The store failed.
    pub async fn take_log(&mut self) -> Result<Option<LogHead>, StoreError> {
        lock(&mut self.connection, Counter::LOG).await?;
        let sql = "SELECT origin, size, root, note, signed_at FROM log_heads WHERE name = $1";
        let row = self.connection.row(sql, values![NAME]).await?;
        row.map(head).transpose()
    }

    /// Adds entries and the hashes above them, and puts the new head in the place of the old one. The caller has the turn.
    ///
    /// # Errors
    /// The store failed.
    pub async fn add_to_log(
        &mut self,
        leaves: &[LogLeaf],
        nodes: &[LogNode],
        head: &LogHead,
    ) -> Result<(), StoreError> {
        let rows = leaves
            .iter()
            .map(|one| values![one.serial, one.salt.to_vec(), one.leaf.0.to_vec()]);
        let rows: Vec<Vec<Value>> = rows.collect();
        self.connection
            .insert("INSERT INTO log_entries (serial, opens, leaf) VALUES", rows, "")
            .await?;
        let rows = nodes
            .iter()
            .map(|one| values![u32::from(one.level), one.number, one.hash.0.to_vec()]);
        let rows: Vec<Vec<Value>> = rows.collect();
        self.connection
            .insert("INSERT INTO log_nodes (level, number, hash) VALUES", rows, "")
            .await?;
        let sql = "INSERT INTO log_heads (name, origin, size, root, note, signed_at) VALUES ($1, $2, $3, $4, $5, $6) \
                   ON CONFLICT (name) DO UPDATE SET origin = excluded.origin, size = excluded.size, root = excluded.root, \
                   note = excluded.note, signed_at = excluded.signed_at";
        let bound = values![
            NAME,
            head.origin.as_str(),
            head.size,
            head.root.0.to_vec(),
            head.note.as_str(),
            head.signed_at,
        ];
        self.connection.execute(sql, bound).await.map(|_one| ())
    }

    /// Deletes the log, so that another one can begin. The caller has the turn.
    ///
    /// # Errors
    /// The store failed.
    pub async fn delete_log(&mut self) -> Result<(), StoreError> {
        for sql in [
            "DELETE FROM log_entries",
            "DELETE FROM log_nodes",
            "DELETE FROM log_heads",
        ] {
            self.connection.execute(sql, Vec::new()).await?;
        }
        Ok(())
    }
}

fn head(mut row: Row) -> Result<LogHead, StoreError> {
    Ok(LogHead {
        origin: row.take()?,
        size: row.take_count()?,
        root: digest(row.take()?)?,
        note: row.take()?,
        signed_at: row.take_time()?,
    })
}

fn logged(mut row: Row) -> Result<LoggedDecision, StoreError> {
    let opens = row.take::<Vec<u8>>()?;
    let opens = match <[u8; SALT]>::try_from(opens) {
        Ok(salt) => Opens::Salt(salt),
        Err(other) => Opens::Forgotten(digest(other)?),
    };
    let leaf = digest(row.take()?)?;
    Ok(LoggedDecision {
        decided: decided(row)?,
        opens,
        leaf,
    })
}

/// Reads hashes that stand one after the other in hexadecimal digits.
fn digests(digits: &str) -> Result<Vec<Digest>, StoreError> {
    let each = digits.as_bytes().chunks(2 * size_of::<Digest>());
    let read = |digits| {
        let digits = std::str::from_utf8(digits).map_err(StoreError::corrupt)?;
        digits.parse().map_err(StoreError::corrupt)
    };
    each.map(read).collect()
}

fn digest(bytes: Vec<u8>) -> Result<Digest, StoreError> {
    let digest = bytes.try_into().map(Digest);
    digest.map_err(|_length| StoreError::corrupt("a hash of the wrong length"))
}
