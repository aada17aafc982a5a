//! Decisions: the gap-free history of the list. Writing one changes the listings in the same transaction.

use std::collections::HashSet;

use atalaya_model::{Class, Decided, Decision, Prefix, Rule, Serial, Timestamp, Verdict};

use crate::sql::{Connection, Row, Value, values};
use crate::writer::{Counter, count, lock};
use crate::{Store, StoreError, Topic, Transaction};

/// The columns of a decision, as they are written and read back.
pub(crate) const COLUMNS: &str = "serial, decided_at, prefix, verdict, class, ends_at, rule, score, reason";

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

    /// The withdrawals after `after` and up to `up_to`, oldest first.
    ///
    /// # Errors
    /// The store failed.
    pub async fn withdrawals(
        &self,
        (after, up_to): (Serial, Serial),
        limit: u32,
    ) -> Result<Vec<Decided>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM decisions WHERE serial > $1 AND serial <= $2 AND verdict = 'withdraw' \
             ORDER BY serial LIMIT $3"
        );
        let rows = self.read().await?.rows(sql, values![after, up_to, limit]).await?;
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
        let rows = self.read().await?.rows_in(&sql, prefixes).await?;
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
        decision(&mut self.read().await?, serial).await
    }
}

/// The counter of the decisions while a transaction holds it: whoever has the turn decides alone.
pub(crate) struct Turn {
    /// The serial that the counter shows.
    counted: Serial,
    /// The serial of the last decision, this transaction's included. Written back once, at the commit.
    last: Serial,
}

impl Turn {
    /// The serial of the last decision, where none was made in this turn.
    pub(crate) fn undecided(&self) -> Option<Serial> {
        (self.last == self.counted).then_some(self.last)
    }
}

impl Transaction {
    /// Writes a decision with the next serial, and changes the listings or the allow list as it says.
    ///
    /// # Errors
    /// [`StoreError::NothingListed`] where it changes or ends what does not stand: then nothing was written, and the transaction can
    /// go on. Otherwise the store failed.
    pub async fn decide(&mut self, decision: &Decision, at: Timestamp) -> Result<Decided, StoreError> {
        let decided = self.decide_all(std::slice::from_ref(decision), at).await?;
        decided.into_iter().next().ok_or_else(|| nothing_listed(decision))
    }

    /// Writes many decisions, with few statements where neighbours say the same. What changes or ends something that does not stand is
    /// left out; the others are returned in their order.
    ///
    /// # Errors
    /// The store failed.
    pub async fn decide_all(
        &mut self,
        decisions: &[Decision],
        at: Timestamp,
    ) -> Result<Vec<Decided>, StoreError> {
        let mut last = self.take_turn().await?;
        let mut all = Vec::with_capacity(decisions.len());
        for run in runs(decisions) {
            let decided = apply(&mut self.connection, run, last, at).await?;
            last = decided.last().map_or(last, |decided| decided.serial);
            all.extend(decided);
        }
        if !all.is_empty() {
            append(&mut self.connection, &all).await?;
            self.touch(Topic::Decisions);
        }
        if let Some(turn) = &mut self.turn {
            turn.last = last;
        }
        Ok(all)
    }

    /// Takes the counter, which keeps everybody else from deciding until this transaction ends; gives the serial of the last decision.
    pub(crate) async fn take_turn(&mut self) -> Result<Serial, StoreError> {
        if let Some(turn) = &self.turn {
            return Ok(turn.last);
        }
        let counted = Serial(lock(&mut self.connection, Counter::DECISIONS).await?);
        self.turn = Some(Turn {
            counted,
            last: counted,
        });
        Ok(counted)
    }

    /// Writes the counter back where it moved. Once a transaction: on PostgreSQL each writing leaves a dead row that the next has to
    /// pass.
    pub(crate) async fn end_turn(&mut self) -> Result<(), StoreError> {
        match self.turn.take() {
            Some(Turn { counted, last }) if last > counted => {
                count(&mut self.connection, Counter::DECISIONS, last.0).await
            }
            _ => Ok(()),
        }
    }
}

/// The decision with this serial.
pub(crate) async fn decision(
    connection: &mut Connection,
    serial: Serial,
) -> Result<Option<Decided>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM decisions WHERE serial = $1");
    let row = connection.row(sql, values![serial]).await?;
    row.map(decided).transpose()
}

/// The serial of the last decision, as this connection sees it.
pub(crate) async fn serial(connection: &mut Connection) -> Result<Serial, StoreError> {
    Counter::DECISIONS.value(connection).await.map(Serial)
}

/// A serial before which nothing was decided at that moment or later. Decisions stand in the order of their time, but for clocks that were set back.
pub(crate) async fn serial_before(
    connection: &mut Connection,
    moment: Timestamp,
) -> Result<Serial, StoreError> {
    let (mut low, mut high) = (0, serial(connection).await?.0);
    while low < high {
        let middle = low.midpoint(high);
        let sql = "SELECT decided_at FROM decisions WHERE serial > $1 ORDER BY serial LIMIT 1";
        let row = connection.row(sql, values![middle]).await?;
        let at = row.map(|mut row| row.take_time()).transpose()?;
        if at.is_some_and(|at| at < moment) {
            low = middle.saturating_add(1);
        } else {
            high = middle;
        }
    }
    Ok(Serial(low))
}

/// Cuts decisions where the next one says something else, or speaks again of the same prefix.
fn runs(decisions: &[Decision]) -> impl Iterator<Item = &[Decision]> {
    let mut rest = decisions;
    std::iter::from_fn(move || {
        let word = |one: &Decision| (one.verdict.name(), one.verdict.class());
        let first = word(rest.first()?);
        let mut prefixes = HashSet::new();
        let alike = |one: &&Decision| word(one) == first && prefixes.insert(one.prefix);
        let (run, left) = rest.split_at(rest.iter().take_while(alike).count());
        rest = left;
        Some(run)
    })
}

/// Changes the listings or the allow list as a run of decisions says; gives those that found something to change, numbered after `last`.
async fn apply(
    connection: &mut Connection,
    run: &[Decision],
    last: Serial,
    at: Timestamp,
) -> Result<Vec<Decided>, StoreError> {
    let number = |decisions: Vec<&Decision>| -> Vec<Decided> {
        let serials = last.0.saturating_add(1)..;
        let numbered = serials.zip(decisions).map(|(serial, decision)| Decided {
            serial: Serial(serial),
            at,
            decision: decision.clone(),
        });
        numbered.collect()
    };
    match run.first().map(|first| first.verdict) {
        Some(Verdict::List { .. }) => {
            let decided = number(run.iter().collect());
            let rows = decided.iter().map(listing_row).collect();
            connection.insert(LIST.0, rows, LIST.1).await?;
            Ok(decided)
        }
        Some(Verdict::Withdraw { class }) => {
            let stood = withdraw(connection, class, run).await?;
            let found = run.iter().filter(|one| stood.contains(&one.prefix));
            Ok(number(found.collect()))
        }
        Some(Verdict::Extend { class, .. }) => {
            let standing = standing(connection, class, run).await?;
            let decided = number(run.iter().filter(|one| standing.contains(&one.prefix)).collect());
            let rows = decided.iter().map(listing_row).collect();
            connection.insert(LIST.0, rows, EXTEND).await?;
            Ok(decided)
        }
        _ => {
            let mut found: Vec<&Decision> = Vec::new();
            for decision in run {
                let serial = Serial(last.0.saturating_add(found.len() as u64 + 1));
                if change(connection, decision, serial, at).await? {
                    found.push(decision);
                }
            }
            Ok(number(found))
        }
    }
}

/// Takes prefixes out of a class; gives those that stood in it.
async fn withdraw(
    connection: &mut Connection,
    class: Class,
    run: &[Decision],
) -> Result<HashSet<Prefix>, StoreError> {
    let sql = "DELETE FROM listings WHERE class = {with} AND prefix IN {keys} RETURNING prefix";
    let prefixes = run.iter().map(|decision| decision.prefix);
    let rows = connection
        .rows_in_with(sql, Some(class.name().into()), prefixes)
        .await?;
    rows.into_iter().map(|mut row| row.take_prefix()).collect()
}

/// Those of the prefixes that stand in a class.
async fn standing(
    connection: &mut Connection,
    class: Class,
    run: &[Decision],
) -> Result<HashSet<Prefix>, StoreError> {
    let sql = "SELECT prefix FROM listings WHERE class = {with} AND prefix IN {keys}";
    let prefixes = run.iter().map(|decision| decision.prefix);
    let rows = connection
        .rows_in_with(sql, Some(class.name().into()), prefixes)
        .await?;
    rows.into_iter().map(|mut row| row.take_prefix()).collect()
}

/// Changes the allow list; tells whether there was something to change.
async fn change(
    connection: &mut Connection,
    decision: &Decision,
    serial: Serial,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let (prefix, verdict) = (&decision.prefix, &decision.verdict);
    let (sql, values) = match verdict {
        Verdict::Disallow => ("DELETE FROM allowed WHERE prefix = $1", values![prefix]),
        _ => (
            ALLOW,
            values![
                prefix,
                prefix.network(),
                prefix.last(),
                decision.reason.as_str(),
                at,
                verdict.until(),
                serial
            ],
        ),
    };
    Ok(connection.execute(sql, values).await? > 0)
}

/// Says what a decision did not find.
fn nothing_listed(decision: &Decision) -> StoreError {
    let prefix = decision.prefix;
    StoreError::NothingListed(match decision.verdict.class() {
        Some(class) => format!("the listing of {prefix} as {class}"),
        None => format!("the entry of the allow list for {prefix}"),
    })
}

/// Enters listings, in place of older ones: what stands before and after the rows.
const LIST: (&str, &str) = (
    "INSERT INTO listings (prefix, class, first_address, last_address, reason, rule, since, ends_at, serial) VALUES",
    "ON CONFLICT (prefix, class) DO UPDATE SET reason = excluded.reason, rule = excluded.rule, \
     since = excluded.since, ends_at = excluded.ends_at, serial = excluded.serial",
);

/// What stands after the rows instead where listings stand already and only their ends move.
const EXTEND: &str =
    "ON CONFLICT (prefix, class) DO UPDATE SET ends_at = excluded.ends_at, serial = excluded.serial";

/// The row of a listing, in the order of [`LIST`].
fn listing_row(decided: &Decided) -> Vec<Value> {
    let Decision {
        prefix,
        verdict,
        rule,
        reason,
        ..
    } = &decided.decision;
    values![
        prefix,
        verdict.class().map(Class::name),
        prefix.network(),
        prefix.last(),
        reason.as_str(),
        rule.0.as_str(),
        decided.at,
        verdict.until(),
        decided.serial,
    ]
}

/// Enters an allowed prefix, in place of an older entry.
const ALLOW: &str = "INSERT INTO allowed (prefix, first_address, last_address, reason, since, ends_at, serial) \
    VALUES ($1, $2, $3, $4, $5, $6, $7) \
    ON CONFLICT (prefix) DO UPDATE SET reason = excluded.reason, since = excluded.since, \
    ends_at = excluded.ends_at, serial = excluded.serial";

/// Appends decisions to the history.
async fn append(connection: &mut Connection, decided: &[Decided]) -> Result<(), StoreError> {
    let rows = decided.iter().map(row).collect();
    let head = format!("INSERT INTO decisions ({COLUMNS}) VALUES");
    connection.insert(&head, rows, "").await
}

/// The row of a decision, in the order of [`COLUMNS`].
fn row(decided: &Decided) -> Vec<Value> {
    let Decision {
        prefix,
        verdict,
        rule,
        score,
        reason,
    } = &decided.decision;
    values![
        decided.serial,
        decided.at,
        prefix,
        verdict.name(),
        verdict.class().map(Class::name),
        verdict.until(),
        rule.0.as_str(),
        *score,
        reason.as_str(),
    ]
}

/// Reads a row of [`COLUMNS`]; the columns are taken in their order.
pub(crate) fn decided(mut row: Row) -> Result<Decided, StoreError> {
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
