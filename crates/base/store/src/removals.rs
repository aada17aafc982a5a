//! Removals: who asked to leave the list, and when.

use atalaya_model::{Class, Prefix, Timestamp};

use crate::sql::{Value, values};
use crate::{StoreError, Transaction};

/// One removal from one class.
#[derive(Debug, Clone, Copy)]
pub struct Removal<'a> {
    /// What left.
    pub prefix: Prefix,
    /// The class that it left.
    pub class: Class,
    /// Who asked.
    pub client: &'a str,
    /// The network of who asked.
    pub network: &'a str,
    /// When.
    pub at: Timestamp,
}

/// Whose removals are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asker<'a> {
    /// Those of one client.
    Client(&'a str),
    /// Those of a whole network.
    Network(&'a str),
    /// Those of everybody.
    Anyone,
}

impl Transaction {
    /// When `prefix` was removed at somebody's wish since a moment, newest first.
    ///
    /// # Errors
    /// The store failed.
    pub async fn removals_of(
        &mut self,
        prefix: &Prefix,
        since: Timestamp,
    ) -> Result<Vec<Timestamp>, StoreError> {
        let sql =
            "SELECT removed_at FROM removals WHERE prefix = $1 AND removed_at >= $2 ORDER BY removed_at DESC";
        let rows = self.connection.rows(sql, values![prefix, since]).await?;
        rows.into_iter().map(|mut row| row.take_time()).collect()
    }

    /// How many removals were asked for after `since` and up to `now`. Those of one prefix at one moment are one, from several classes.
    ///
    /// # Errors
    /// The store failed.
    pub async fn count_removals(
        &mut self,
        asker: Asker<'_>,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let (whose, name) = match asker {
            Asker::Client(name) => ("client = $3", Some(name)),
            Asker::Network(name) => ("network = $3", Some(name)),
            Asker::Anyone => ("TRUE", None),
        };
        let sql = format!(
            "SELECT COUNT(*) FROM (SELECT DISTINCT prefix, removed_at FROM removals \
             WHERE removed_at > $1 AND removed_at <= $2 AND {whose}) AS removed"
        );
        let mut values = values![since, now];
        values.extend(name.map(Value::from));
        let row = self.connection.row(sql, values).await?;
        row.map_or(Ok(0), |mut row| row.take_count())
    }

    /// Remembers a removal.
    ///
    /// # Errors
    /// The store failed.
    pub async fn add_removal(&mut self, removal: &Removal<'_>) -> Result<(), StoreError> {
        let Removal {
            prefix,
            class,
            client,
            network,
            at,
        } = *removal;
        let sql =
            "INSERT INTO removals (prefix, class, client, network, removed_at) VALUES ($1, $2, $3, $4, $5)";
        self.connection
            .execute(sql, values![prefix, class.name(), client, network, at])
            .await
            .map(|_count| ())
    }
}
