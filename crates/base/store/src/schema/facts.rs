//! What was observed, in a file of its own on SQLite, so that a flood is recorded and judged at the same time: that file has one writer, and so has the
//! one of the list.
//!
//! PostgreSQL has many writers, and keeps all in one database; only the counters part there too, so that both are asked by the same words.

use super::Step;

/// The step by which the facts leave the file of the list.
pub(crate) const PARTED: &str = "what was observed, apart";

/// On SQLite whoever takes this step has carried everything over before ([`TAKEN_ALONG`]).
pub(super) const PARTING: &[&str] = &[
    "{lite}DROP TABLE observations",
    "{lite}DROP TABLE evidence",
    "{lite}DROP TABLE habits",
    "{pg}CREATE TABLE fact_counters (name TEXT PRIMARY KEY, value {int} NOT NULL)",
    "{pg}INSERT INTO fact_counters (name, value)
        SELECT name, value FROM counters WHERE name IN ('observations', 'evidence')",
    "DELETE FROM counters WHERE name IN ('observations', 'evidence')",
];

/// Carries the facts over from the file of the list, which stands beside as `beside`. Where that file is an older copy, put back, what is newer here
/// stays.
pub(crate) const TAKEN_ALONG: &[&str] = &[
    "INSERT INTO evidence SELECT number, digest, kind, size, kept_at, packed FROM beside.evidence
        WHERE true ORDER BY number ON CONFLICT DO NOTHING",
    "INSERT INTO observations
        SELECT position, id, unit, seen_at, sensor, source, message, conversation, evidence, details
        FROM beside.observations WHERE true ORDER BY position ON CONFLICT DO NOTHING",
    "INSERT INTO habits SELECT id, text, last_seen_at FROM beside.habits WHERE true ON CONFLICT DO NOTHING",
    "UPDATE fact_counters SET value = max(value,
        COALESCE((SELECT value FROM beside.counters WHERE name = fact_counters.name), 0))",
];

/// As the file of the list had it before.
pub(super) const OBSERVATIONS_TABLE: &str = "CREATE TABLE observations (
    position {int} PRIMARY KEY,
    id {bytes} NOT NULL UNIQUE,
    unit TEXT NOT NULL,
    seen_at {int} NOT NULL,
    sensor TEXT NOT NULL,
    source TEXT NOT NULL,
    message {bytes},
    conversation {bytes},
    evidence {int},
    details TEXT NOT NULL
) {strict}";
/// Likewise.
pub(super) const EVIDENCE_TABLE: &str = "CREATE TABLE evidence (
    number {int} PRIMARY KEY,
    digest {bytes} NOT NULL,
    kind TEXT NOT NULL,
    size {int} NOT NULL,
    kept_at {int} NOT NULL,
    packed {bytes} NOT NULL
) {strict}";
/// Likewise.
pub(super) const OF_REPORTER: &str = "CREATE INDEX observations_of_reporter ON observations (unit, source, seen_at) \
    WHERE sensor IN ('report', 'complaint')";

/// The steps of the file of the facts. Never change one that was released: add another.
pub(crate) const FACT_STEPS: &[Step] = &[Step {
    name: "observations and their evidence",
    statements: FACTS,
}];

/// Why the tables are as they are stands with the steps by which they became so in the file of the list.
const FACTS: &[&str] = &[
    "CREATE TABLE fact_counters (name TEXT PRIMARY KEY, value {int} NOT NULL) {strict}",
    "INSERT INTO fact_counters (name, value) VALUES ('observations', 0), ('evidence', 0)",
    OBSERVATIONS_TABLE,
    "CREATE INDEX observations_of_unit ON observations (unit, seen_at)",
    "CREATE INDEX observations_of_evidence ON observations (evidence, position) WHERE evidence IS NOT NULL",
    OF_REPORTER,
    EVIDENCE_TABLE,
    "CREATE INDEX evidence_by_digest ON evidence (substr(digest, 1, 8))",
    "CREATE INDEX evidence_by_age ON evidence (kind, kept_at)",
    "CREATE TABLE habits (id TEXT PRIMARY KEY, text TEXT NOT NULL, last_seen_at {int} NOT NULL) {strict}",
    "CREATE INDEX habits_by_age ON habits (last_seen_at)",
];
