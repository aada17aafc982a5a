//! What the feedback loop tells because of a signature: events of domains, and reports to `CFBL-Address`.
//!
//! A signature is verified when DNS gives its key, which may be later than that of the next message. So these events are numbered when they are
//! made: the number is a cursor that nothing is put behind, also where observations overtake one another.

use atalaya_model::{MailAddress, Prefix};
use uuid::Uuid;

use crate::contacts::caseless;
use crate::sql::values;
use crate::transaction::Transaction;
use crate::{FeedbackEvent, StoreError, Topic};

/// The counter of these events.
const COUNTER: &str = "feedback-signed";

/// How many reports may go out on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReportLimits {
    /// To one address.
    pub per_address: u32,
    /// To all of them together.
    pub in_all: u32,
}

impl Transaction {
    /// Adds an event for each of these enrolments; none where one was made of the observation before. `event` says what was seen; its
    /// enrolment and its position do not matter.
    ///
    /// # Errors
    /// The store failed.
    pub async fn add_signed_events(
        &mut self,
        event: &FeedbackEvent,
        enrolments: &[Uuid],
    ) -> Result<u64, StoreError> {
        let mut added = 0_u64;
        for enrolment in enrolments {
            // The counter is taken first: whoever holds it is alone until he commits.
            let sql = "UPDATE counters SET value = value + 1 WHERE name = $1 AND NOT EXISTS (\
                       SELECT 1 FROM feedback_events WHERE enrolment = $2 AND observation = $3) RETURNING value";
            let asked = values![COUNTER, *enrolment, event.observation];
            let Some(mut row) = self.connection.row(sql, asked).await? else {
                continue;
            };
            let position: u64 = row.take_count()?;
            let row = values![
                *enrolment,
                position,
                event.observation,
                Prefix::unit(event.address),
                event.address.to_string(),
                event.seen_at,
                event.traps,
            ];
            let head = "INSERT INTO feedback_events (enrolment, position, observation, unit, address, seen_at, traps) VALUES";
            self.connection.insert(head, vec![row], "").await?;
            let sql =
                "UPDATE deliveries SET latest = $2 WHERE enrolment = $1 AND way <> 'summary' AND latest < $2";
            self.connection
                .execute(sql, values![*enrolment, position])
                .await?;
            added = added.saturating_add(1);
        }
        self.touch(Topic::Feedback);
        Ok(added)
    }

    /// Where the events of domains stand now.
    pub(crate) async fn last_signed(&mut self) -> Result<u64, StoreError> {
        let sql = "SELECT value FROM counters WHERE name = $1";
        let row = self.connection.row(sql, values![COUNTER]).await?;
        row.map_or(Ok(0), |mut row| row.take_count())
    }

    /// Counts a report to an address on a day (in days since 1970), if it may go out; says whether it may.
    ///
    /// # Errors
    /// The store failed.
    pub async fn count_report(
        &mut self,
        address: &MailAddress,
        day: u64,
        limits: ReportLimits,
    ) -> Result<bool, StoreError> {
        // Nobody else counts until this is committed.
        let sql = "UPDATE counters SET value = value WHERE name = $1";
        self.connection.execute(sql, values![COUNTER]).await?;
        let sql = "DELETE FROM cfbl_reports WHERE day < $1";
        self.connection.execute(sql, values![day]).await?;
        let (address, all) = (caseless(address), String::new());
        let counts = [(all, limits.in_all), (address, limits.per_address)];
        for (key, most) in &counts {
            let sql = "SELECT told FROM cfbl_reports WHERE address = $1 AND day = $2";
            let row = self.connection.row(sql, values![key.as_str(), day]).await?;
            let told: u64 = row.map_or(Ok(0), |mut row| row.take_count())?;
            if told >= u64::from(*most) {
                return Ok(false);
            }
        }
        for (key, _) in &counts {
            let head = "INSERT INTO cfbl_reports (address, day, told) VALUES";
            let tail = "ON CONFLICT (address, day) DO UPDATE SET told = cfbl_reports.told + 1";
            let row = values![key.as_str(), day, 1_u32];
            self.connection.insert(head, vec![row], tail).await?;
        }
        Ok(true)
    }
}
