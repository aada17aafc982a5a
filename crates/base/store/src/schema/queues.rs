//! What was added to the outbox and the jobs after they were there.

/// A mail that a server may have taken is not tried as often as another one.
pub(super) const UNANSWERED: &[&str] = &["ALTER TABLE outbox ADD COLUMN unanswered {int} NOT NULL DEFAULT 0"];

/// Whoever looks through them sees the newest first.
pub(super) const QUEUES: &[&str] = &[
    "CREATE INDEX outbox_written ON outbox (created_at, id)",
    "CREATE INDEX outbox_of_state ON outbox (state, created_at, id)",
    "CREATE INDEX jobs_troubled ON jobs (id) WHERE state <> 'done' AND last_error IS NOT NULL",
];
