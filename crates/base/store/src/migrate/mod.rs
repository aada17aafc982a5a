//! Bringing a database to the tables of this program, step by step, each in its own transaction.

use atalaya_model::Clock;

use crate::StoreError;
use crate::allow_list::place_older;
use crate::schema::{MIGRATIONS, STEPS, Step, spell};
use crate::sql::{Connection, Dialect, Pools, values};

/// Names the lock that keeps two processes from migrating one PostgreSQL database at once. Any number that nobody else uses.
const LOCK: i64 = 0x0061_7461_6c61_7961;

/// Takes the steps that are missing. Refuses a database that has more steps than are known here.
pub(crate) async fn migrate(pools: &Pools, clock: &Clock) -> Result<(), StoreError> {
    take_steps(pools, clock, STEPS).await?;
    place_older(pools).await
}

/// Takes those of `steps` that are missing.
async fn take_steps(pools: &Pools, clock: &Clock, steps: &[Step]) -> Result<(), StoreError> {
    let known = number(steps.len());
    loop {
        let mut connection = pools.write().await?;
        connection.begin().await?;
        let found = last_step(&mut connection).await?;
        if found > known {
            return Err(StoreError::Newer { found, known });
        }
        let next = steps.iter().zip(1_i64..).find(|(_, at)| *at > found);
        let Some((step, at)) = next else {
            return connection.commit().await;
        };
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
    for statement in step.statements {
        connection
            .execute(spell(statement, connection.dialect()), Vec::new())
            .await?;
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
            take_steps(&pools, &clock, &STEPS[..older]).await.unwrap();
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
