//! The tables, as a list of numbered steps that is only ever added to.
//!
//! Each step is written once. A few words in braces become what the back end calls them: `{int}`, `{real}`, `{bytes}` are column types,
//! `{key}` is a number that the database gives out, `{strict}` makes SQLite check types as PostgreSQL does, `{object}` and
//! `{json}` name functions; a statement that begins with `{lite}` or `{pg}` is for that back end alone. Times are microseconds
//! since 1970, prefixes and words are text, lists are JSON in text.
//!
//! On SQLite what was observed stands in a file of its own, whose steps are [`FACT_STEPS`].

mod access;
mod allowed;
mod contacts;
mod exceptions;
mod facts;
mod feedback;
mod looking;
mod public_log;
mod queues;
mod rules;
mod words;

use access::ACCESS;
use allowed::ALLOWED_BY_ADDRESS;
use contacts::SET_CONTACTS;
use exceptions::EXCEPTIONS;
use facts::{EVIDENCE_TABLE, OBSERVATIONS_TABLE, OF_REPORTER, PARTING};
pub(crate) use facts::{FACT_STEPS, PARTED, TAKEN_ALONG};
use feedback::{ENROLMENT_BOUNDS, ENROLMENT_REQUESTS, FEEDBACK, SIGNED};
use looking::LOOKING;
use public_log::PUBLIC_LOG;
use queues::{QUEUES, UNANSWERED};
use rules::SAVED_RULES;
pub(crate) use words::{spell, spelled};

/// One step. Its number is its place in [`STEPS`], from 1.
pub(crate) struct Step {
    /// What it does, for whoever reads the table `migrations`.
    pub(crate) name: &'static str,
    /// Its statements, all run in one transaction.
    pub(crate) statements: &'static [&'static str],
}

/// All steps. Never change one that was released: add another.
pub(crate) const STEPS: &[Step] = &[
    Step {
        name: "observations and messages",
        statements: FACTS,
    },
    Step {
        name: "decisions, listings and allow list",
        statements: LIST,
    },
    Step {
        name: "tallies and readers",
        statements: JUDGE,
    },
    Step {
        name: "contacts and notices",
        statements: TELLING,
    },
    Step {
        name: "jobs and outbox",
        statements: WORK,
    },
    Step {
        name: "removals",
        statements: REMOVALS,
    },
    Step {
        name: "secrets",
        statements: SECRETS,
    },
    Step {
        name: "what each sensor tells",
        statements: SENSORS,
    },
    Step {
        name: "evidence in the order of its arrival",
        statements: EVIDENCE,
    },
    Step {
        name: "evidence by class, sources, rules and protected ranges",
        statements: JUDGING,
    },
    Step {
        name: "what reporters took back",
        statements: TAKEN_BACK,
    },
    Step {
        name: "statistics",
        statements: STATISTICS,
    },
    Step {
        name: "texts of dialects and shapes",
        statements: HABITS,
    },
    Step {
        name: "what reporters said",
        statements: REPORTED,
    },
    Step {
        name: "texts of dialects and shapes by age",
        statements: HABITS_BY_AGE,
    },
    Step {
        name: "candidates for contacts, and servers that want to be left alone",
        statements: CANDIDATES,
    },
    Step {
        name: "letters that tell many notices",
        statements: LETTERS,
    },
    Step {
        name: "leases of mails, and whom no mail goes to",
        statements: SENDING,
    },
    Step {
        name: "what is heard of notices",
        statements: HEARING,
    },
    Step {
        name: "notices in the order of their decisions",
        statements: NETWORK_PAGE,
    },
    Step {
        name: "contacts in the order in which they are kept",
        statements: CONTACTS_BY_TIME,
    },
    Step {
        name: "feedback loop",
        statements: FEEDBACK,
    },
    Step {
        name: "mails that a server may have taken",
        statements: UNANSWERED,
    },
    Step {
        name: "enrolments that are asked for",
        statements: ENROLMENT_REQUESTS,
    },
    Step {
        name: "feedback by signature",
        statements: SIGNED,
    },
    Step {
        name: "bounds of enrolling",
        statements: ENROLMENT_BOUNDS,
    },
    Step {
        name: "who may operate, and what was done",
        statements: ACCESS,
    },
    Step {
        name: "public log",
        statements: PUBLIC_LOG,
    },
    Step {
        name: "outbox and jobs as the console lists them",
        statements: QUEUES,
    },
    Step {
        name: "lasting exceptions",
        statements: EXCEPTIONS,
    },
    Step {
        name: "contacts that were set by hand",
        statements: SET_CONTACTS,
    },
    Step {
        name: "listings and deeds as the console looks for them",
        statements: LOOKING,
    },
    Step {
        name: "rules that were saved",
        statements: SAVED_RULES,
    },
    Step {
        name: PARTED,
        statements: PARTING,
    },
    Step {
        name: "allow list in the order of its addresses",
        statements: ALLOWED_BY_ADDRESS,
    },
];

/// The table of the steps that were taken.
pub(crate) const MIGRATIONS: &str = "CREATE TABLE IF NOT EXISTS migrations (step {int} PRIMARY KEY, name TEXT NOT NULL, applied_at {int} NOT NULL) {strict}";

/// `counters` gives out positions and serials. A sequence of the database would leave gaps when a transaction fails, and would order by
/// the begin of a transaction, not by its end; whoever follows the facts would miss some. The row of the counter is locked until commit.
const FACTS: &[&str] = &[
    "CREATE TABLE counters (name TEXT PRIMARY KEY, value {int} NOT NULL) {strict}",
    "INSERT INTO counters (name, value) VALUES ('observations', 0), ('decisions', 0)",
    "CREATE TABLE observations (
        position {int} PRIMARY KEY,
        id {bytes} NOT NULL UNIQUE,
        unit TEXT NOT NULL,
        address TEXT NOT NULL,
        seen_at {int} NOT NULL,
        sensor TEXT NOT NULL,
        kind TEXT NOT NULL,
        handshake TEXT NOT NULL,
        trap TEXT NOT NULL,
        helo TEXT NOT NULL,
        mail_from TEXT NOT NULL,
        recipients TEXT NOT NULL,
        subject TEXT NOT NULL,
        source_port {int},
        message {bytes},
        message_size {int} NOT NULL,
        oddities TEXT NOT NULL
    ) {strict}",
    "CREATE INDEX observations_of_unit ON observations (unit, seen_at)",
    "CREATE INDEX observations_of_message ON observations (message, position) WHERE message IS NOT NULL",
    // No reference from observations to messages: a message can be deleted, and the observation stays and is counted. Nothing deletes
    // them yet.
    "CREATE TABLE messages (
        digest {bytes} PRIMARY KEY,
        size {int} NOT NULL,
        packed {bytes} NOT NULL,
        kept_at {int} NOT NULL
    ) {strict}",
];

/// Addresses stand beside the prefix as 16 bytes that sort, so that what lies inside a prefix is one range of an index.
const LIST: &[&str] = &[
    "CREATE TABLE decisions (
        serial {int} PRIMARY KEY,
        decided_at {int} NOT NULL,
        prefix TEXT NOT NULL,
        verdict TEXT NOT NULL,
        class TEXT,
        ends_at {int},
        rule TEXT NOT NULL,
        score {real} NOT NULL,
        reason TEXT NOT NULL
    ) {strict}",
    "CREATE INDEX decisions_of_prefix ON decisions (prefix, serial)",
    "CREATE TABLE listings (
        prefix TEXT NOT NULL,
        class TEXT NOT NULL,
        first_address {bytes} NOT NULL,
        last_address {bytes} NOT NULL,
        reason TEXT NOT NULL,
        rule TEXT NOT NULL,
        since {int} NOT NULL,
        ends_at {int},
        serial {int} NOT NULL,
        PRIMARY KEY (prefix, class)
    ) {strict}",
    "CREATE INDEX listings_by_address ON listings (first_address)",
    "CREATE INDEX listings_by_end ON listings (ends_at) WHERE ends_at IS NOT NULL",
    "CREATE TABLE allowed (
        prefix TEXT PRIMARY KEY,
        reason TEXT NOT NULL,
        since {int} NOT NULL,
        ends_at {int},
        serial {int} NOT NULL
    ) {strict}",
    "CREATE INDEX allowed_by_end ON allowed (ends_at) WHERE ends_at IS NOT NULL",
];

const JUDGE: &[&str] = &[
    "CREATE TABLE tallies (
        unit TEXT PRIMARY KEY,
        score {real} NOT NULL,
        scored_at {int} NOT NULL,
        observations {int} NOT NULL,
        witnesses TEXT NOT NULL,
        strong_at {int},
        listed_times {int} NOT NULL,
        last_withdrawn_at {int},
        wiped_at {int}
    ) {strict}",
    "CREATE TABLE readers (name TEXT PRIMARY KEY, position {int} NOT NULL) {strict}",
];

const TELLING: &[&str] = &[
    "CREATE TABLE contacts (
        prefix TEXT PRIMARY KEY,
        addresses TEXT NOT NULL,
        network TEXT NOT NULL,
        source TEXT NOT NULL,
        found_at {int} NOT NULL,
        fresh_until {int} NOT NULL
    ) {strict}",
    "CREATE TABLE left_alone (address TEXT PRIMARY KEY, since {int} NOT NULL) {strict}",
    "CREATE TABLE notices (
        id {bytes} PRIMARY KEY,
        serial {int} NOT NULL,
        prefix TEXT NOT NULL,
        contact TEXT NOT NULL,
        token TEXT NOT NULL UNIQUE,
        written_at {int} NOT NULL,
        told_at {int}
    ) {strict}",
    "CREATE INDEX notices_of_prefix ON notices (prefix, written_at)",
    "CREATE INDEX notices_to_contact ON notices (lower(contact), written_at)",
];

/// A lease is nothing but a later `due_at`: when it runs out, the work is due again by itself.
const WORK: &[&str] = &[
    "CREATE TABLE jobs (
        id {key},
        kind TEXT NOT NULL,
        key TEXT NOT NULL,
        payload TEXT NOT NULL,
        state TEXT NOT NULL,
        due_at {int} NOT NULL,
        attempts {int} NOT NULL,
        last_error TEXT,
        UNIQUE (kind, key)
    ) {strict}",
    "CREATE INDEX jobs_due ON jobs (kind, due_at, id) WHERE state = 'waiting'",
    "CREATE TABLE outbox (
        id {bytes} PRIMARY KEY,
        sender TEXT NOT NULL,
        recipient TEXT NOT NULL,
        message {bytes} NOT NULL,
        state TEXT NOT NULL,
        created_at {int} NOT NULL,
        due_at {int} NOT NULL,
        attempts {int} NOT NULL,
        last_error TEXT
    ) {strict}",
    "CREATE INDEX outbox_due ON outbox (due_at, id) WHERE state = 'waiting'",
    "CREATE INDEX jobs_finished ON jobs (due_at) WHERE state <> 'waiting'",
    "CREATE INDEX outbox_finished ON outbox (due_at) WHERE state <> 'waiting'",
];

const REMOVALS: &[&str] = &[
    "CREATE TABLE removals (
        id {key},
        prefix TEXT NOT NULL,
        class TEXT NOT NULL,
        client TEXT NOT NULL,
        network TEXT NOT NULL,
        removed_at {int} NOT NULL
    ) {strict}",
    "CREATE INDEX removals_of_prefix ON removals (prefix, removed_at)",
    "CREATE INDEX removals_by_client ON removals (client, removed_at)",
    "CREATE INDEX removals_by_network ON removals (network, removed_at)",
    "CREATE INDEX removals_by_time ON removals (removed_at)",
];

const SECRETS: &[&str] = &["CREATE TABLE secrets (name TEXT PRIMARY KEY, value {bytes} NOT NULL) {strict}"];

/// An observation of which no trap tells has an empty `trap`. A dialect is kept once with its text; observations name it.
const SENSORS: &[&str] = &[
    "ALTER TABLE observations ADD COLUMN source TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE observations ADD COLUMN fingerprint TEXT",
    "ALTER TABLE observations ADD COLUMN dialect TEXT",
    "ALTER TABLE observations ADD COLUMN tls TEXT",
    "ALTER TABLE observations ADD COLUMN conversation {bytes}",
    "CREATE TABLE dialects (id TEXT PRIMARY KEY, text TEXT NOT NULL, first_seen_at {int} NOT NULL) {strict}",
];

/// What is written for every observation, made small. Evidence has numbers in the order of its arrival, so that its rows and the index of
/// the observations of a message grow at their end, and what is deleted for its age leaves whole pages. The digest, which falls
/// anywhere, is indexed by its beginning only; whoever looks compares all of it. What nobody asks for by itself is JSON in `details`.
const EVIDENCE: &[&str] = &[
    EVIDENCE_TABLE,
    "INSERT INTO evidence (number, digest, kind, size, kept_at, packed)
        SELECT row_number() OVER (ORDER BY kept_at, digest), digest,
            CASE WHEN digest IN (SELECT conversation FROM observations WHERE conversation IS NOT NULL)
                THEN 'conversation' ELSE 'message' END,
            size, kept_at, packed FROM messages",
    "DROP TABLE messages",
    "CREATE INDEX evidence_by_digest ON evidence (substr(digest, 1, 8))",
    "CREATE INDEX evidence_by_age ON evidence (kind, kept_at)",
    "INSERT INTO counters (name, value) SELECT 'evidence', COALESCE(MAX(number), 0) FROM evidence",
    "ALTER TABLE observations RENAME TO observations_before",
    OBSERVATIONS_TABLE,
    "INSERT INTO observations (position, id, unit, seen_at, sensor, source, message, conversation, evidence, details)
        SELECT position, id, unit, seen_at, sensor, source, message, conversation,
            (SELECT MIN(number) FROM evidence
                WHERE substr(digest, 1, 8) = substr(message, 1, 8) AND digest = message),
            CAST({object}('address', address, 'kind', kind, 'handshake', handshake, 'trap', NULLIF(trap, ''),
                'helo', helo, 'mail_from', mail_from, 'recipients', {json}(recipients), 'subject', subject,
                'source_port', source_port, 'message_size', message_size, 'oddities', {json}(oddities),
                'fingerprint', fingerprint, 'dialect', dialect, 'tls', tls) AS TEXT)
        FROM observations_before",
    "DROP TABLE observations_before",
    "CREATE INDEX observations_of_unit ON observations (unit, seen_at)",
    "CREATE INDEX observations_of_evidence ON observations (evidence, position) WHERE evidence IS NOT NULL",
];

/// What speaks against a unit is kept by class; what was weighed before begins anew, and how often it was listed stays.
const JUDGING: &[&str] = &[
    "ALTER TABLE tallies ADD COLUMN cases TEXT NOT NULL DEFAULT 'null'",
    "ALTER TABLE tallies DROP COLUMN score",
    "ALTER TABLE tallies DROP COLUMN scored_at",
    "ALTER TABLE tallies DROP COLUMN observations",
    "ALTER TABLE tallies DROP COLUMN witnesses",
    "ALTER TABLE tallies DROP COLUMN strong_at",
    "CREATE TABLE sources (
        sensor TEXT NOT NULL,
        source TEXT NOT NULL,
        stood {real} NOT NULL,
        fell {real} NOT NULL,
        as_of {int} NOT NULL,
        PRIMARY KEY (sensor, source)
    ) {strict}",
    "CREATE TABLE rulebooks (
        version TEXT PRIMARY KEY,
        digest TEXT NOT NULL,
        text TEXT NOT NULL,
        since {int} NOT NULL
    ) {strict}",
    "CREATE TABLE protected (domain TEXT PRIMARY KEY, ranges TEXT NOT NULL, found_at {int} NOT NULL) {strict}",
    "CREATE TABLE holders (prefix TEXT PRIMARY KEY, holder TEXT NOT NULL, changed_at {int}) {strict}",
    "CREATE INDEX holders_changed ON holders (changed_at) WHERE changed_at IS NOT NULL",
    "CREATE TABLE purges (
        id {key},
        sensor TEXT,
        source TEXT,
        begins_at {int} NOT NULL,
        ends_at {int} NOT NULL,
        purged_at {int} NOT NULL
    ) {strict}",
];

/// Few units have any, and a simulation asks for all of them.
const TAKEN_BACK: &[&str] = &[
    "ALTER TABLE tallies ADD COLUMN taken_back TEXT",
    "CREATE INDEX tallies_taken_back ON tallies (unit) WHERE taken_back IS NOT NULL",
];

/// A day is a number of days since 1970. Segments add up; one that another machine counted carries its name.
const STATISTICS: &[&str] = &[
    "CREATE TABLE segments (
        id {key},
        day {int} NOT NULL,
        origin TEXT NOT NULL,
        cells {int} NOT NULL,
        packed {bytes} NOT NULL
    ) {strict}",
    "CREATE INDEX segments_of_day ON segments (day, origin)",
    "CREATE TABLE pictures (day {int} PRIMARY KEY, picture TEXT NOT NULL) {strict}",
    "CREATE INDEX notices_told ON notices (told_at) WHERE told_at IS NOT NULL",
];

/// Shapes stand with dialects: either is a text under its digest.
const HABITS: &[&str] = &["ALTER TABLE dialects RENAME TO habits"];

/// Of a unit that many speak of, what one of them said is found without looking at all.
const REPORTED: &[&str] = &[OF_REPORTER];

/// Nobody asks when a text was first seen. Those that are there count as seen with the last observation.
const HABITS_BY_AGE: &[&str] = &[
    "ALTER TABLE habits RENAME COLUMN first_seen_at TO last_seen_at",
    "UPDATE habits SET last_seen_at = COALESCE(
        (SELECT seen_at FROM observations ORDER BY position DESC LIMIT 1), last_seen_at)",
    "CREATE INDEX habits_by_age ON habits (last_seen_at)",
];

/// Contacts of before were all named by a registry. `candidates` holds all that a whole search gave, as one list.
const CANDIDATES: &[&str] = &[
    "ALTER TABLE contacts ADD COLUMN confidence {int} NOT NULL DEFAULT 90",
    "CREATE TABLE candidates (prefix TEXT PRIMARY KEY, found TEXT NOT NULL, fresh_until {int} NOT NULL) {strict}",
    "CREATE TABLE closed_servers (server TEXT PRIMARY KEY, until {int} NOT NULL) {strict}",
];

/// A notice that was counted before has nothing gathered, and no later letter tells it.
const LETTERS: &[&str] = &[
    "CREATE TABLE letters (
        mail {bytes} PRIMARY KEY,
        contact TEXT NOT NULL,
        network TEXT NOT NULL,
        written_at {int} NOT NULL
    ) {strict}",
    "CREATE INDEX letters_to_contact ON letters (contact, written_at)",
    "CREATE INDEX letters_about_network ON letters (network, written_at)",
    "CREATE INDEX letters_by_time ON letters (written_at)",
    "CREATE TABLE incident_counts (contact TEXT PRIMARY KEY, span {int} NOT NULL, incidents {int} NOT NULL) {strict}",
    "ALTER TABLE notices ADD COLUMN mail {bytes}",
    "ALTER TABLE notices ADD COLUMN gathered TEXT",
    "CREATE INDEX notices_gathered ON notices (lower(contact), serial) WHERE mail IS NULL AND gathered IS NOT NULL",
    "CREATE INDEX notices_of_mail ON notices (mail, serial) WHERE mail IS NOT NULL",
];

/// That a mail waits does not tell whether somebody is just sending it; its lease does.
const SENDING: &[&str] = &[
    "ALTER TABLE outbox ADD COLUMN leased_until {int}",
    "CREATE TABLE suppressed (
        address TEXT PRIMARY KEY,
        why TEXT NOT NULL,
        since {int} NOT NULL,
        until {int}
    ) {strict}",
];

/// What is heard is appended, never changed: what a person settles is a row of its own, which names the one that it settles. How mailboxes do is
/// derived from it.
const HEARING: &[&str] = &[
    "CREATE TABLE heard (
        id {bytes} PRIMARY KEY,
        heard_at {int} NOT NULL,
        notice {bytes},
        contact TEXT NOT NULL,
        sender TEXT NOT NULL,
        kind TEXT NOT NULL,
        confidence {int} NOT NULL,
        because TEXT NOT NULL,
        action TEXT NOT NULL,
        details TEXT NOT NULL,
        message {bytes},
        settles {bytes}
    ) {strict}",
    "CREATE INDEX heard_by_time ON heard (heard_at)",
    "CREATE INDEX heard_of_notice ON heard (notice, heard_at) WHERE notice IS NOT NULL",
    "CREATE INDEX heard_for_people ON heard (heard_at) WHERE action = 'person'",
    "CREATE INDEX heard_settled ON heard (settles) WHERE settles IS NOT NULL",
    "CREATE TABLE mailboxes (
        address TEXT PRIMARY KEY,
        hard {int} NOT NULL,
        first_hard_at {int},
        last_hard_at {int},
        last_alive_at {int},
        last_reply_at {int},
        dead_since {int},
        dead_until {int},
        why TEXT NOT NULL
    ) {strict}",
    "CREATE TABLE refused (
        prefix TEXT NOT NULL,
        mailbox TEXT NOT NULL,
        refused_at {int} NOT NULL,
        PRIMARY KEY (prefix, mailbox)
    ) {strict}",
];

/// The page of a network asks for the addresses of one contact, the newest first.
const NETWORK_PAGE: &[&str] = &["CREATE INDEX notices_by_contact ON notices (lower(contact), serial)"];

/// Those of before have no time, and stand first.
const CONTACTS_BY_TIME: &[&str] = &[
    "ALTER TABLE contacts ADD COLUMN kept_at {int} NOT NULL DEFAULT 0",
    "CREATE INDEX contacts_by_time ON contacts (kept_at, prefix)",
];
