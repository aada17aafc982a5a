//! Bringing a database to the tables of this program, step by step, each in its own transaction.

use atalaya_model::Clock;

use crate::StoreError;
use crate::allow_list::place_older;
use crate::schema::{FACT_STEPS, MIGRATIONS, PARTED, STEPS, Step, TAKEN_ALONG, spell, spelled};
use crate::sql::{Connection, Dialect, Pools, Value, values};
use crate::transaction::FOLLOWERS;
use crate::writer::{Counter, count, lock};

/// Names the lock that keeps two processes from migrating one PostgreSQL database at once. Any number that nobody else uses.
const LOCK: i64 = 0x0061_7461_6c61_7961;

/// Which of the two files of SQLite. On PostgreSQL all is in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum File {
    List,
    Facts,
}

impl File {
    async fn writer(self, pools: &Pools) -> Result<Connection, StoreError> {
        match self {
            Self::List => pools.write().await,
            Self::Facts => pools.write_facts().await,
        }
    }
}

/// Takes the steps that are missing. Refuses a database that has more steps than are known here.
pub(crate) async fn migrate(pools: &Pools, clock: &Clock) -> Result<(), StoreError> {
    take_both(pools, clock, STEPS).await?;
    if pools.are_two_files() {
        match_positions(pools).await?;
    }
    place_older(pools).await
}

/// Takes those of `steps` of the list that are missing, and all of the facts, which must be able to take theirs.
async fn take_both(pools: &Pools, clock: &Clock, steps: &[Step]) -> Result<(), StoreError> {
    if pools.are_two_files() {
        take_steps(pools, clock, (File::Facts, FACT_STEPS)).await?;
    }
    take_steps(pools, clock, (File::List, steps)).await
}

/// Takes those of `steps` that are missing.
async fn take_steps(pools: &Pools, clock: &Clock, (file, steps): (File, &[Step])) -> Result<(), StoreError> {
    let known = number(steps.len());
    loop {
        let mut connection = file.writer(pools).await?;
        connection.begin().await?;
        let found = last_step(&mut connection).await?;
        if found > known {
            return Err(StoreError::Newer { found, known });
        }
        let next = steps.iter().zip(1_i64..).find(|(_, at)| *at > found);
        let Some((step, at)) = next else {
            return connection.commit().await;
        };
        if step.name == PARTED
            && let Some(list) = pools.list_for_reading()
        {
            take_along(pools, list).await?;
        }
        take(&mut connection, step).await?;
        connection
            .execute(
                "INSERT INTO migrations (step, name, applied_at) VALUES ($1, $2, $3)",
                values![at, step.name, clock.now()],
            )
            .await?;
        connection.commit().await?;
        tracing::debug!(step = at, name = step.name, "the store was migrated by a step");
    }
}

/// Carries what was observed over into its own file, while the caller keeps everybody else from the list. It is durable there before it leaves the other
/// file; whoever is interrupted between begins anew.
async fn take_along(pools: &Pools, list: String) -> Result<(), StoreError> {
    let mut facts = pools.write_facts().await?;
    facts.execute("ATTACH $1 AS beside", values![list]).await?;
    facts.begin().await?;
    for statement in TAKEN_ALONG {
        facts.execute(*statement, Vec::new()).await?;
    }
    facts.commit().await?;
    facts.execute("DETACH beside", Vec::new()).await.map(|_none| ())
}

/// Where the file of the facts is lost, or an older copy than the list: what comes next must not take positions that readers have passed.
async fn match_positions(pools: &Pools) -> Result<(), StoreError> {
    let mut connection = pools.read().await?;
    let mut read: u64 = 0;
    let asked = "SELECT position FROM readers WHERE name IN ($1, $2, $3, $4)";
    for mut row in connection
        .rows(asked, FOLLOWERS.map(Value::from).to_vec())
        .await?
    {
        read = read.max(row.take_count()?);
    }
    let last = Counter::OBSERVATIONS.value(&mut connection).await?;
    if last >= read {
        return Ok(());
    }
    tracing::warn!(
        last,
        read,
        "observations that were judged are missing: the file of what was observed is older than the list"
    );
    let mut facts = pools.write_facts().await?;
    facts.begin().await?;
    let last = lock(&mut facts, Counter::OBSERVATIONS).await?;
    count(&mut facts, Counter::OBSERVATIONS, last.max(read)).await?;
    facts.commit().await
}

/// Waits for other processes that migrate, then reads how far the database is.
async fn last_step(connection: &mut Connection) -> Result<i64, StoreError> {
    if connection.dialect() == Dialect::Pg {
        connection
            .rows("SELECT pg_advisory_xact_lock($1)", values![LOCK])
            .await?;
    }
    connection
        .execute(spell(MIGRATIONS, connection.dialect()), Vec::new())
        .await?;
    let row = connection
        .row("SELECT COALESCE(MAX(step), 0) FROM migrations", Vec::new())
        .await?;
    row.map_or(Ok(0), |mut row| row.take())
}

async fn take(connection: &mut Connection, step: &Step) -> Result<(), StoreError> {
    for statement in spelled(step, connection.dialect()) {
        connection.execute(statement, Vec::new()).await?;
    }
    Ok(())
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod older;

#[cfg(test)]
mod tests {
    use atalaya_model::{Decision, Rule, Timestamp, Verdict};

    use super::*;
    use crate::{Store, StoreUrl, Tally};

    fn allow() -> Decision {
        Decision {
            prefix: "192.0.2.0/24".parse().unwrap(),
            verdict: Verdict::Allow { until: None },
            rule: Rule::new("by-hand", 1),
            score: 0.0,
            reason: "x".to_owned(),
        }
    }

    /// For every number of steps that an older program may have known: what it kept is there, and what is new works.
    async fn migrate_from_every_step(urls: impl Iterator<Item = StoreUrl>) {
        for (url, older) in urls.zip(2..=STEPS.len()) {
            let pools = Pools::open(&url).await.unwrap();
            let clock = Clock::system();
            take_both(&pools, &clock, &STEPS[..older]).await.unwrap();
            let mut connection = pools.write().await.unwrap();
            let kept =
                "INSERT INTO allowed (prefix, reason, since, serial) VALUES ('198.51.100.0/24', 'x', 0, 0)";
            connection.execute(kept, Vec::new()).await.unwrap();
            drop(connection);
            pools.close().await;

            let store = Store::open(&url, clock).await.unwrap();
            assert_eq!(store.allowed().await.unwrap().len(), 1, "after step {older}");
            let around = "198.51.100.7".parse().unwrap();
            let placed = store.allowed_page(None, None, 9).await.unwrap();
            assert_eq!(placed, store.allowed_page(Some(&around), None, 9).await.unwrap());
            assert_eq!(placed.len(), 1, "after step {older}");
            let mut transaction = store.begin_deciding().await.unwrap();
            transaction.decide(&allow(), Timestamp::EPOCH).await.unwrap();
            let tally = Tally::new(allow().prefix);
            transaction.put_tallies(&[tally]).await.unwrap();
            transaction.commit().await.unwrap();
            store.secret("x").await.unwrap();
            store.close().await;
        }
    }

    #[tokio::test]
    async fn a_file_of_an_older_program_is_brought_up_to_date() {
        let folder = tempfile::tempdir().unwrap();
        let url = |number| StoreUrl::Sqlite(folder.path().join(format!("{number}.db")));
        migrate_from_every_step((0..).map(url)).await;
    }

    #[tokio::test]
    async fn a_database_of_an_older_program_is_brought_up_to_date() {
        let Some(server) = atalaya_testkit::postgres() else {
            atalaya_testkit::skip("PostgreSQL is not installed");
            return;
        };
        let urls = std::iter::repeat_with(|| server.database().parse().unwrap());
        migrate_from_every_step(urls).await;
    }
}
