//! The tables of the feedback loop.

/// An enrolment has one event for each observation that it is told of, and a delivery for each way in which it is told. A delivery waits where
/// its position is behind the latest event; a lease is a later `due_at`, as with jobs. The counter is the version of all enrolments together.
pub(super) const FEEDBACK: &[&str] = &[
    "INSERT INTO counters (name, value) VALUES ('feedback', 0)",
    "CREATE TABLE enrolments (
        id {bytes} PRIMARY KEY,
        scope TEXT NOT NULL,
        name TEXT NOT NULL,
        mailbox TEXT NOT NULL,
        state TEXT NOT NULL,
        proof TEXT,
        ways TEXT NOT NULL,
        pull_key {bytes},
        generation {int} NOT NULL,
        created_at {int} NOT NULL,
        ends_at {int} NOT NULL,
        warned_at {int}
    ) {strict}",
    "CREATE UNIQUE INDEX enrolments_by_key ON enrolments (pull_key) WHERE pull_key IS NOT NULL",
    "CREATE INDEX enrolments_by_end ON enrolments (ends_at)",
    "CREATE INDEX enrolments_of_mailbox ON enrolments (lower(mailbox))",
    "CREATE TABLE feedback_events (
        enrolment {bytes} NOT NULL,
        position {int} NOT NULL,
        unit TEXT NOT NULL,
        address TEXT NOT NULL,
        seen_at {int} NOT NULL,
        traps {int} NOT NULL,
        PRIMARY KEY (enrolment, position)
    ) {strict}",
    "CREATE INDEX feedback_events_by_time ON feedback_events (enrolment, seen_at)",
    "CREATE INDEX feedback_events_by_age ON feedback_events (seen_at)",
    "CREATE TABLE deliveries (
        enrolment {bytes} NOT NULL,
        way TEXT NOT NULL,
        position {int} NOT NULL,
        latest {int} NOT NULL,
        due_at {int} NOT NULL,
        attempts {int} NOT NULL,
        failing_since {int},
        last_error TEXT,
        day {int} NOT NULL,
        told {int} NOT NULL,
        PRIMARY KEY (enrolment, way)
    ) {strict}",
    "CREATE INDEX deliveries_due ON deliveries (way, due_at) WHERE position < latest",
];

/// What strangers ask for stands apart from who enrolled; both have the same id where a proof is given again.
pub(super) const ENROLMENT_REQUESTS: &[&str] = &[
    "CREATE TABLE enrolment_requests (
        id {bytes} PRIMARY KEY,
        scope TEXT NOT NULL,
        name TEXT NOT NULL,
        mailbox TEXT NOT NULL,
        ways TEXT NOT NULL,
        proof TEXT NOT NULL,
        client TEXT NOT NULL,
        confirmed_at {int},
        contact TEXT,
        proven_at {int},
        approved_at {int},
        created_at {int} NOT NULL,
        ends_at {int} NOT NULL
    ) {strict}",
    "CREATE INDEX enrolment_requests_of_mailbox ON enrolment_requests (lower(mailbox))",
    "CREATE INDEX enrolment_requests_of_contact ON enrolment_requests (lower(contact))",
];

/// What is dropped or refused is kept until its time is over, so that nobody makes us write to the same people again and again. Who enrolled by
/// himself has the client that asked. Days of which some event was not told by mail are told by a summary.
pub(super) const ENROLMENT_BOUNDS: &[&str] = &[
    "INSERT INTO counters (name, value) VALUES ('feedback-requests', 0)",
    "ALTER TABLE enrolment_requests ADD COLUMN dropped_at {int}",
    "ALTER TABLE enrolment_requests ADD COLUMN refused_at {int}",
    "ALTER TABLE enrolments ADD COLUMN client TEXT",
    "CREATE TABLE feedback_unmailed (
        enrolment {bytes} NOT NULL,
        day {int} NOT NULL,
        PRIMARY KEY (enrolment, day)
    ) {strict}",
];

/// Events of who enrolled by domain come in the order in which their signatures were verified: their positions are counted by themselves, and the
/// observation stands beside. Reports to `CFBL-Address` are counted by address and day, all of them together under the empty address.
pub(super) const SIGNED: &[&str] = &[
    "INSERT INTO counters (name, value) VALUES ('feedback-signed', 0)",
    "ALTER TABLE feedback_events ADD COLUMN observation {int}",
    "CREATE UNIQUE INDEX feedback_events_by_observation ON feedback_events (enrolment, observation) \
     WHERE observation IS NOT NULL",
    "CREATE TABLE cfbl_reports (
        address TEXT NOT NULL,
        day {int} NOT NULL,
        told {int} NOT NULL,
        PRIMARY KEY (address, day)
    ) {strict}",
];
