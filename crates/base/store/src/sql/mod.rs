//! The one layer that knows the drivers: the same SQL text runs on SQLite and on PostgreSQL.
//!
//! In: SQL with `$1` placeholders and [`Value`]s. Out: [`Row`]s, or a [`StoreError`]. All query code above it is written once. Where
//! the two dialects differ, [`Dialect`] has a word for it.

mod batch;
mod copy;
mod fault;
mod links;
mod mover;
mod pool;
mod row;
mod value;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Write as _;

use sqlx::pool::PoolConnection;
use sqlx::{AssertSqlSafe, PgConnection, Postgres, SqliteConnection};

pub(crate) use batch::Question;
pub use copy::{CopyError, StoreFiles};
pub(crate) use fault::is_about_one;
pub(crate) use pool::Pools;
pub(crate) use row::Row;
pub(crate) use value::{Value, values};

use crate::StoreError;
use fault::explain;
use links::Taken;
use mover::Bell;

/// Most rows in one statement: with 20 columns well below the limit of placeholders (SQLite 32,766, PostgreSQL 65,535).
const MAX_ROWS: usize = 256;
/// Most keys in one statement: a batch of the judge looks for some 20,000, and each statement is a journey to PostgreSQL.
const MAX_KEYS: usize = 1_024;

/// What the two back ends call differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// SQLite.
    Lite,
    /// PostgreSQL.
    Pg,
}

impl Dialect {
    /// Holds the selected row until the transaction ends. On SQLite the transaction holds everything anyway.
    pub(crate) const fn for_update(self) -> &'static str {
        match self {
            Self::Lite => "",
            Self::Pg => "FOR UPDATE",
        }
    }

    /// The same, and passes over rows that another worker is just taking.
    pub(crate) const fn skip_locked(self) -> &'static str {
        match self {
            Self::Lite => "",
            Self::Pg => "FOR UPDATE SKIP LOCKED",
        }
    }

    /// Behind the name of a table: the one index that it is to be read by. PostgreSQL keeps statistics and chooses by them; SQLite keeps none, and
    /// refuses the query where the index does not fit.
    pub(crate) fn by_index(self, index: &str) -> String {
        match self {
            Self::Lite => format!("INDEXED BY {index}"),
            Self::Pg => String::new(),
        }
    }

    /// The bytes of a text as hexadecimal digits.
    pub(crate) fn hex(self, column: &str) -> String {
        match self {
            Self::Lite => format!("hex({column})"),
            Self::Pg => format!("encode(convert_to({column}, 'UTF8'), 'hex')"),
        }
    }

    /// The bytes of a column of all rows as one text of hexadecimal digits: one row costs the way through the driver once.
    pub(crate) fn hex_of_all(self, column: &str, order: &str) -> String {
        match self {
            Self::Lite => format!("group_concat(hex({column}), '' ORDER BY {order})"),
            Self::Pg => format!("string_agg(encode({column}, 'hex'), '' ORDER BY {order})"),
        }
    }

    /// Begins a transaction that writes. `IMMEDIATE` takes the lock at once: to take it later can fail without waiting.
    ///
    /// The level is said aloud, because a server can be set to another one: whoever has waited for a lock must then see what the holder
    /// wrote.
    const fn begin(self) -> &'static str {
        match self {
            Self::Lite => "BEGIN IMMEDIATE",
            Self::Pg => "BEGIN ISOLATION LEVEL READ COMMITTED",
        }
    }

    /// Begins a transaction in which every query sees the same moment.
    const fn begin_snapshot(self) -> &'static str {
        match self {
            Self::Lite => "BEGIN",
            Self::Pg => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        }
    }
}

/// What becomes of the plan of a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plan {
    /// It is kept for the next time, for other values too.
    Kept,
    /// It is made for these values.
    Once,
}

/// A connection taken from a pool, with or without a transaction.
///
/// Transactions are ours, not the driver's: SQLite ends one by itself when the disk is full, which the driver does not notice. A
/// connection given back inside a transaction is closed, whatever its state is, and that rolls back. Opening another one takes time,
/// so whoever refuses in an orderly way rolls back himself.
pub(crate) struct Connection {
    link: Link,
    state: State,
    /// Rung at each commit, where somebody moves SQLite's log into the file meanwhile.
    bell: Option<Bell>,
}

/// The connection of the driver.
enum Link {
    Lite(Taken),
    Pg(PoolConnection<Postgres>),
}

/// The same, ready to be asked.
enum Driver<'a> {
    Lite(&'a mut SqliteConnection),
    Pg(&'a mut PgConnection),
}

impl Link {
    fn ask(&mut self) -> Result<Driver<'_>, StoreError> {
        Ok(match self {
            Self::Lite(link) => Driver::Lite(link.ask()?),
            Self::Pg(link) => Driver::Pg(link),
        })
    }

    /// The answer has come to its end.
    fn answered<T>(&mut self, answer: Result<T, sqlx::Error>) -> Result<T, StoreError> {
        if let Self::Lite(link) = self {
            link.answered(&answer);
        }
        answer.map_err(explain)
    }
}

/// Whether a transaction may be open.
enum State {
    Idle,
    InTransaction,
}

impl Connection {
    /// Which dialect it speaks.
    pub(crate) const fn dialect(&self) -> Dialect {
        match self.link {
            Link::Lite(_) => Dialect::Lite,
            Link::Pg(_) => Dialect::Pg,
        }
    }

    /// Begins a transaction that writes.
    pub(crate) async fn begin(&mut self) -> Result<(), StoreError> {
        self.state = State::InTransaction;
        self.execute(self.dialect().begin(), Vec::new())
            .await
            .map(|_none| ())
    }

    /// Begins a transaction in which every query sees the same moment.
    pub(crate) async fn begin_snapshot(&mut self) -> Result<(), StoreError> {
        self.state = State::InTransaction;
        self.execute(self.dialect().begin_snapshot(), Vec::new())
            .await
            .map(|_none| ())
    }

    /// Makes everything since the begin durable.
    pub(crate) async fn commit(&mut self) -> Result<(), StoreError> {
        self.execute("COMMIT", Vec::new()).await?;
        self.state = State::Idle;
        if let Some(bell) = &self.bell {
            bell.ring();
        }
        Ok(())
    }

    /// Undoes everything since the begin, and keeps the connection.
    pub(crate) async fn rollback(&mut self) -> Result<(), StoreError> {
        self.execute("ROLLBACK", Vec::new()).await?;
        self.state = State::Idle;
        Ok(())
    }

    /// Runs a statement; returns the number of rows that it touched.
    pub(crate) async fn execute(
        &mut self,
        sql: impl Into<Cow<'static, str>>,
        values: Vec<Value>,
    ) -> Result<u64, StoreError> {
        let sql = AssertSqlSafe(sql.into());
        let done = match self.link.ask()? {
            Driver::Lite(link) => {
                let query = sqlx::query_with(sql, value::lite(values)?);
                query.execute(link).await.map(|done| done.rows_affected())
            }
            Driver::Pg(link) => {
                let query = sqlx::query_with(sql, value::pg(values)?);
                query.execute(link).await.map(|done| done.rows_affected())
            }
        };
        self.link.answered(done)
    }

    /// Runs a query to its end; returns all rows.
    pub(crate) async fn rows(
        &mut self,
        sql: impl Into<Cow<'static, str>>,
        values: Vec<Value>,
    ) -> Result<Vec<Row>, StoreError> {
        self.rows_by(sql.into(), values, Plan::Kept).await
    }

    /// The same, planned for just these values: where much or little may be found by one text, a plan that PostgreSQL keeps for any values takes
    /// the way that is best for much. SQLite's plans do not depend on values, and are kept.
    pub(crate) async fn rows_planned(
        &mut self,
        sql: impl Into<Cow<'static, str>>,
        values: Vec<Value>,
    ) -> Result<Vec<Row>, StoreError> {
        self.rows_by(sql.into(), values, Plan::Once).await
    }

    /// The same; returns the first row.
    pub(crate) async fn row_planned(
        &mut self,
        sql: impl Into<Cow<'static, str>>,
        values: Vec<Value>,
    ) -> Result<Option<Row>, StoreError> {
        Ok(self.rows_planned(sql, values).await?.into_iter().next())
    }

    async fn rows_by(
        &mut self,
        sql: Cow<'static, str>,
        values: Vec<Value>,
        plan: Plan,
    ) -> Result<Vec<Row>, StoreError> {
        let sql = AssertSqlSafe(sql);
        let rows = match self.link.ask()? {
            Driver::Lite(link) => {
                let query = sqlx::query_with(sql, value::lite(values)?);
                let rows = query.fetch_all(link).await;
                rows.map(|rows| rows.into_iter().map(Row::from).collect())
            }
            Driver::Pg(link) => {
                let query = sqlx::query_with(sql, value::pg(values)?).persistent(plan == Plan::Kept);
                let rows = query.fetch_all(link).await;
                rows.map(|rows| rows.into_iter().map(Row::from).collect())
            }
        };
        self.link.answered(rows)
    }

    /// Runs a query to its end; returns its first row.
    ///
    /// To its end, because SQLite commits a lone statement only then, and an error of that commit must be seen.
    pub(crate) async fn row(
        &mut self,
        sql: impl Into<Cow<'static, str>>,
        values: Vec<Value>,
    ) -> Result<Option<Row>, StoreError> {
        Ok(self.rows(sql, values).await?.into_iter().next())
    }

    /// Inserts many rows with few statements: `head` begins with `INSERT INTO` and ends with `VALUES`, `tail` says what to do about conflicts.
    ///
    /// A transaction in which it failed must not be committed: some rows may be in. SQLite would have to copy each page that it touches to undo the one
    /// statement, while whoever fails here undoes everything.
    pub(crate) async fn insert(
        &mut self,
        head: &str,
        rows: Vec<Vec<Value>>,
        tail: &str,
    ) -> Result<(), StoreError> {
        let head = match self.dialect() {
            Dialect::Lite => Cow::Owned(head.replacen("INSERT INTO", "INSERT OR FAIL INTO", 1)),
            Dialect::Pg => Cow::Borrowed(head),
        };
        let mut rows = rows.into_iter();
        while let Some(count) = chunk(rows.len(), MAX_ROWS) {
            let part: Vec<Vec<Value>> = rows.by_ref().take(count).collect();
            let columns = part.first().map_or(0, Vec::len);
            let sql = format!("{head} {} {tail}", self.tuples(0, count, columns));
            self.execute(sql, part.into_iter().flatten().collect()).await?;
        }
        Ok(())
    }

    /// Runs a query for many keys with few statements: `{keys}` in `sql` becomes the list of keys.
    ///
    /// A key that is given twice counts once: in two statements it would find its rows twice.
    pub(crate) async fn rows_in<K>(
        &mut self,
        sql: &str,
        keys: impl IntoIterator<Item = K>,
    ) -> Result<Vec<Row>, StoreError>
    where
        K: Ord,
        Value: From<K>,
    {
        self.rows_in_with(sql, None, keys).await
    }

    /// The same with one more value, which `{with}` in `sql` stands for, before the keys.
    pub(crate) async fn rows_in_with<K>(
        &mut self,
        sql: &str,
        with: Option<Value>,
        keys: impl IntoIterator<Item = K>,
    ) -> Result<Vec<Row>, StoreError>
    where
        K: Ord,
        Value: From<K>,
    {
        let place = match self.dialect() {
            Dialect::Lite => "?",
            Dialect::Pg => "$1",
        };
        let sql = sql.replace("{with}", place);
        let mut keys = keys.into_iter().collect::<BTreeSet<K>>().into_iter();
        let mut found = Vec::new();
        while let Some(count) = chunk(keys.len(), MAX_KEYS) {
            let tuple = self.tuples(usize::from(with.is_some()), 1, count);
            let part = keys.by_ref().take(count).map(Value::from);
            let values = with.iter().cloned().chain(part).collect();
            found.extend(self.rows(sql.replace("{keys}", &tuple), values).await?);
        }
        Ok(found)
    }

    /// Placeholders for so many rows after those `before` them: `($1, $2), ($3, $4)`.
    ///
    /// SQLite looks a numbered placeholder up by name, one after the other; without numbers a long list costs nothing.
    fn tuples(&self, before: usize, rows: usize, columns: usize) -> String {
        let mut text = String::with_capacity(rows * columns * 6);
        for at in 0..rows * columns {
            text.push_str(match at.checked_rem(columns) {
                Some(0) if at == 0 => "(",
                Some(0) => "), (",
                _ => ", ",
            });
            let written = match self.dialect() {
                Dialect::Lite => text.write_char('?'),
                Dialect::Pg => write!(text, "${}", before + at + 1),
            };
            debug_assert!(written.is_ok(), "a String takes everything");
        }
        text.push(')');
        text
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if matches!(self.state, State::InTransaction) {
            match &mut self.link {
                Link::Lite(link) => link.close_on_drop(),
                Link::Pg(link) => link.close_on_drop(),
            }
        }
    }
}

/// How many of `left` rows go into the next statement: powers of two, so that a handful of prepared statements serves every number.
fn chunk(left: usize, most: usize) -> Option<usize> {
    let largest = left.min(most).checked_ilog2()?;
    Some(1 << largest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_number_of_rows_is_cut_into_powers_of_two() {
        let mut left = 203;
        let mut parts = Vec::new();
        while let Some(part) = chunk(left, 64) {
            parts.push(part);
            left -= part;
        }
        assert_eq!(parts, [64, 64, 64, 8, 2, 1]);
    }
}
