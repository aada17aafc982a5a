//! Bringing a database to the tables of this program, step by step, each in its own transaction.

use atalaya_model::Clock;

use crate::StoreError;
use crate::schema::{MIGRATIONS, STEPS, Step, spell};
use crate::sql::{Connection, Dialect, Pools, values};

/// Names the lock that keeps two processes from migrating one PostgreSQL database at once. Any number that nobody else uses.
const LOCK: i64 = 0x0061_7461_6c61_7961;

/// Takes the steps that are missing. Refuses a database that has more steps than are known here.
pub(crate) async fn migrate(pools: &Pools, clock: &Clock) -> Result<(), StoreError> {
    let known = number(STEPS.len());
    loop {
        let mut connection = pools.write().await?;
        connection.begin().await?;
        let found = last_step(&mut connection).await?;
        if found > known {
            return Err(StoreError::Newer { found, known });
        }
        let next = STEPS.iter().zip(1_i64..).find(|(_, at)| *at > found);
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
