//! Decisions: the gap-free history of the list. Writing one changes the listings in the same transaction.

use atalaya_model::{Class, Decided, Decision, Prefix, Rule, Serial, Timestamp, Verdict};

use crate::sql::{Connection, Row, Value, values};
use crate::writer::{count, lock};
use crate::{Store, StoreError, Topic, Transaction};

/// The columns of a decision, as they are written and read back.
const COLUMNS: &str = "serial, decided_at, prefix, verdict, class, ends_at, rule, score, reason";

impl Store {
    /// The serial of the last decision.
    ///
    /// # Errors
    /// The store failed.
    pub async fn serial(&self) -> Result<Serial, StoreError> {
        serial(&mut self.read().await?).await
    }

    /// The decisions after `serial`, oldest first.
    ///
    /// # Errors
    /// The store failed.
    pub async fn decisions_after(&self, serial: Serial, limit: u32) -> Result<Vec<Decided>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM decisions WHERE serial > $1 ORDER BY serial LIMIT $2");
        let rows = self.read().await?.rows(sql, values![serial, limit]).await?;
        rows.into_iter().map(decided).collect()
    }

    /// The decisions about exactly these prefixes, newest first.
    ///
    /// # Errors
    /// The store failed.
    pub async fn decisions_of(&self, prefixes: &[Prefix], limit: u32) -> Result<Vec<Decided>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM decisions WHERE prefix IN {{keys}} ORDER BY serial DESC LIMIT {limit}"
        );
        let keys = prefixes.iter().map(Value::from).collect();
        let rows = self.read().await?.rows_in(&sql, keys).await?;
        let mut decisions: Vec<Decided> = rows.into_iter().map(decided).collect::<Result<_, _>>()?;
        // Long lists are asked in parts, each with its own newest.
        decisions.sort_by_key(|decided| std::cmp::Reverse(decided.serial));
        decisions.truncate(limit as usize);
        Ok(decisions)
    }

    /// The decision with this serial.
    ///
    /// # Errors
    /// The store failed.
    pub async fn decision(&self, serial: Serial) -> Result<Option<Decided>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM decisions WHERE serial = $1");
        let row = self.read().await?.row(sql, values![serial]).await?;
        row.map(decided).transpose()
    }
}

impl Transaction {
    /// Writes a decision with the next serial, and changes the listings or the allow list as it says.
    ///
    /// # Errors
    /// [`StoreError::NothingListed`] where it changes or ends what does not stand: then nothing was written, and the transaction can
    /// go on. Otherwise the store failed.
    pub async fn decide(&mut self, decision: &Decision, at: Timestamp) -> Result<Decided, StoreError> {
        // The counter comes first: it keeps other processes from deciding until this transaction ends.
        let serial = Serial(lock(&mut self.connection, "decisions").await?.saturating_add(1));
        let decided = Decided {
            serial,
            at,
            decision: decision.clone(),
        };
        apply(&mut self.connection, &decided).await?;
        append(&mut self.connection, &decided).await?;
        count(&mut self.connection, "decisions", serial.0).await?;
        self.touch(Topic::Decisions);
        Ok(decided)
    }
}

/// The serial of the last decision, as this connection sees it.
pub(crate) async fn serial(connection: &mut Connection) -> Result<Serial, StoreError> {
    let sql = "SELECT value FROM counters WHERE name = 'decisions'";
    connection
        .row(sql, Vec::new())
        .await?
        .map_or(Ok(Serial(0)), |mut row| row.take_serial())
}

/// Changes the listings or the allow list as a decision says.
async fn apply(connection: &mut Connection, decided: &Decided) -> Result<(), StoreError> {
    let Decision {
        prefix,
        verdict,
        rule,
        reason,
        ..
    } = &decided.decision;
    let class = verdict.class().map_or("", |class| class.name());
    let (ends_at, serial) = (verdict.until(), decided.serial);
    let (sql, values) = match verdict {
        Verdict::List { .. } => {
            let row = values![
                prefix,
                class,
                prefix.network(),
                prefix.last(),
                reason.as_str(),
                rule.0.as_str(),
                decided.at,
                ends_at,
                serial
            ];
            (LIST, row)
        }
        Verdict::Extend { .. } => {
            let sql = "UPDATE listings SET ends_at = $3, serial = $4 WHERE prefix = $1 AND class = $2";
            (sql, values![prefix, class, ends_at, serial])
        }
        Verdict::Withdraw { .. } => (
            "DELETE FROM listings WHERE prefix = $1 AND class = $2",
            values![prefix, class],
        ),
        Verdict::Allow { .. } => (
            ALLOW,
            values![prefix, reason.as_str(), decided.at, ends_at, serial],
        ),
        Verdict::Disallow => ("DELETE FROM allowed WHERE prefix = $1", values![prefix]),
    };
    match connection.execute(sql, values).await? {
        0 => Err(StoreError::NothingListed(match verdict.class() {
            Some(class) => format!("the listing of {prefix} as {class}"),
            None => format!("the entry of the allow list for {prefix}"),
        })),
        _ => Ok(()),
    }
}

/// Enters a listing, in place of an older one.
const LIST: &str = "INSERT INTO listings \
    (prefix, class, first_address, last_address, reason, rule, since, ends_at, serial) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
    ON CONFLICT (prefix, class) DO UPDATE SET reason = excluded.reason, rule = excluded.rule, \
    since = excluded.since, ends_at = excluded.ends_at, serial = excluded.serial";

/// Enters an allowed prefix, in place of an older entry.
const ALLOW: &str = "INSERT INTO allowed (prefix, reason, since, ends_at, serial) VALUES ($1, $2, $3, $4, $5) \
    ON CONFLICT (prefix) DO UPDATE SET reason = excluded.reason, since = excluded.since, \
    ends_at = excluded.ends_at, serial = excluded.serial";

/// Appends a decision to the history.
async fn append(connection: &mut Connection, decided: &Decided) -> Result<(), StoreError> {
    let Decision {
        prefix,
        verdict,
        rule,
        score,
        reason,
    } = &decided.decision;
    let row = values![
        decided.serial,
        decided.at,
        prefix,
        verdict.name(),
        verdict.class().map(Class::name),
        verdict.until(),
        rule.0.as_str(),
        *score,
        reason.as_str(),
    ];
    connection
        .insert(
            &format!("INSERT INTO decisions ({COLUMNS}) VALUES"),
            vec![row],
            "",
        )
        .await
}

/// Reads a row of [`COLUMNS`]; the columns are taken in their order.
fn decided(mut row: Row) -> Result<Decided, StoreError> {
    let (serial, at, prefix) = (row.take_serial()?, row.take_time()?, row.take_prefix()?);
    let (name, class) = (row.take::<String>()?, row.take::<Option<String>>()?);
    let until = row.take_some_time()?;
    let verdict = Verdict::from_parts(&name, class.as_deref(), until).map_err(StoreError::corrupt)?;
    let decision = Decision {
        prefix,
        verdict,
        rule: Rule(row.take()?),
        score: row.take()?,
        reason: row.take()?,
    };
    Ok(Decided { serial, at, decision })
}
