//! What a store holds that was written before evidence had numbers is there afterwards.

use std::path::Path;

use atalaya_model::{
    Clock, DialectId, Digest, Handshake, Kind, Observation, ObservationId, Prefix, Sensor, Timestamp, Trap,
};
use uuid::Uuid;

use super::{File, take_steps};
use crate::schema::STEPS;
use crate::sql::{Pools, values};
use crate::writer::PackedEvidence;
use crate::{Evidence, Store, StoreUrl};

/// A dialect, and its text.
const DIALECT: (&str, &str) = ("0123456789abcdef", "sd1;lone");
/// The step before which the rows of this test are written.
const STEP: &str = "evidence in the order of its arrival";

/// An observation as the rows tell it.
fn observation(position: u128, message: Option<Digest>, conversation: Option<Digest>) -> Observation {
    let mut observation = Observation {
        kind: Kind::Spam,
        handshake: Handshake::Completed,
        trap: Some(Trap::Typo).filter(|_| message.is_some()),
        subject: "Zürich \"quoted\" \\".to_owned(),
        source_port: Some(40_000).filter(|_| message.is_some()),
        message,
        conversation,
        message_size: 17,
        oddities: vec!["bare-lf".to_owned()],
        source: "trap".to_owned(),
        tls: Some("TLSv1.3 TLS13_AES_256_GCM_SHA384 mx.example.net".parse().unwrap()),
        ..Observation::new(
            ObservationId(Uuid::from_u128(position)),
            "192.0.2.1".parse().unwrap(),
            Timestamp::from_seconds(9),
            Sensor::Trap,
        )
    };
    observation.envelope.helo = "mail.example".to_owned();
    observation.envelope.recipients = vec!["a@trap.example".to_owned(), "ü\"@trap.example".to_owned()];
    observation
}

async fn write_as_before(pools: &Pools, kept: &PackedEvidence, observations: &[Observation]) {
    let mut connection = pools.write().await.unwrap();
    for packed in kept.packed() {
        let row = values![
            packed.digest.0.to_vec(),
            packed.size,
            packed.packed.clone(),
            7_i64
        ];
        let sql = "INSERT INTO messages (digest, size, packed, kept_at) VALUES ($1, $2, $3, $4)";
        connection.execute(sql, row).await.unwrap();
    }
    for (position, seen) in (1_u64..).zip(observations) {
        let digest = |digest: Option<Digest>| digest.map(|digest| digest.0.to_vec());
        let row = values![
            position,
            seen.id.0,
            &seen.unit(),
            seen.address.to_string(),
            seen.seen_at,
            seen.trap.map_or("", Trap::name),
            seen.envelope.helo.as_str(),
            serde_json::to_string(&seen.envelope.recipients).unwrap(),
            seen.subject.as_str(),
            seen.source_port.map(u64::from),
            digest(seen.message),
            seen.message_size,
            serde_json::to_string(&seen.oddities).unwrap(),
            seen.source.as_str(),
            seen.tls.as_ref().map(ToString::to_string),
            digest(seen.conversation),
        ];
        let sql = "INSERT INTO observations (position, id, unit, address, seen_at, sensor, kind, handshake, trap, helo, \
                   mail_from, recipients, subject, source_port, message, message_size, oddities, source, tls, \
                   conversation) VALUES ($1, $2, $3, $4, $5, 'trap', 'spam', 'completed', $6, $7, '', $8, $9, $10, \
                   $11, $12, $13, $14, $15, $16)";
        connection.execute(sql, row).await.unwrap();
    }
    let sql = "INSERT INTO dialects (id, text, first_seen_at) VALUES ($1, $2, 7)";
    connection
        .execute(sql, values![DIALECT.0, DIALECT.1])
        .await
        .unwrap();
    let sql = "UPDATE counters SET value = $1 WHERE name = 'observations'";
    connection
        .execute(sql, values![observations.len() as u64])
        .await
        .unwrap();
}

async fn keep_what_was_kept(url: &StoreUrl) {
    let pools = Pools::open(url).await.unwrap();
    let before = STEPS.iter().position(|step| step.name == STEP).unwrap();
    let clock = Clock::system();
    take_steps(&pools, &clock, (File::List, &STEPS[..before]))
        .await
        .unwrap();
    let evidence = Evidence {
        message: Some(b"Subject: x\r\n\r\n".to_vec()),
        conversation: Some(b"S: 220".to_vec()),
        ..Evidence::default()
    };
    let kept = PackedEvidence::pack(evidence.clone()).await.unwrap();
    let [message, conversation] =
        [&kept.message, &kept.conversation].map(|kept| kept.as_ref().map(|kept| kept.digest));
    let observations = [
        observation(1, message, conversation),
        observation(2, message, None),
        observation(3, None, None),
    ];
    write_as_before(&pools, &kept, &observations).await;
    pools.close().await;
    if let StoreUrl::Sqlite(path) = url {
        carry_over_and_stop(path, &clock).await;
    }

    let store = Store::open(url, clock).await.unwrap();
    check(&store, &evidence, &observations).await;

    // The same message once more: it is known, and the next position is taken.
    let again = observation(4, None, None);
    store.record(again, evidence.message).await.unwrap();
    assert_eq!(store.observations_after(3, 10).await.unwrap()[0].position, 4);
    let recipients = store.recipients_of(&message.unwrap(), 9).await.unwrap();
    assert_eq!(recipients.len(), 6);
    store.close().await;
}

/// What was observed is in its own file already, and the other one still has it: as after a power cut between the two.
async fn carry_over_and_stop(path: &Path, clock: &Clock) {
    let before = path.with_extension("before");
    std::fs::copy(path, &before).unwrap();
    let url = StoreUrl::Sqlite(path.to_owned());
    Store::open(&url, clock.clone()).await.unwrap().close().await;
    std::fs::rename(before, path).unwrap();
}

/// Everything is there.
async fn check(store: &Store, evidence: &Evidence, observations: &[Observation]) {
    let seen = store.observations_after(0, 10).await.unwrap();
    let read: Vec<&Observation> = seen.iter().map(|seen| &seen.observation).collect();
    assert_eq!(read, observations.iter().collect::<Vec<_>>());
    let message = observations[0].message.unwrap();
    let conversation = observations[0].conversation.unwrap();
    assert_eq!(store.message(&message).await.unwrap(), evidence.message);
    assert_eq!(store.message(&conversation).await.unwrap(), evidence.conversation);
    assert_eq!(store.recipients_of(&message, 9).await.unwrap().len(), 4);
    let unit = Prefix::unit("192.0.2.1".parse().unwrap());
    assert_eq!(store.count_observations(&unit).await.unwrap(), 3);
    let dialect: DialectId = DIALECT.0.parse().unwrap();
    let text = store.text_of(dialect).await.unwrap();
    assert_eq!(text.as_deref(), Some(DIALECT.1));
}

#[tokio::test]
async fn a_file_keeps_its_observations_and_messages() {
    let folder = tempfile::tempdir().unwrap();
    keep_what_was_kept(&StoreUrl::Sqlite(folder.path().join("store.db"))).await;
}

#[tokio::test]
async fn a_database_keeps_its_observations_and_messages() {
    let Some(server) = atalaya_testkit::postgres() else {
        atalaya_testkit::skip("PostgreSQL is not installed");
        return;
    };
    keep_what_was_kept(&server.database().parse().unwrap()).await;
}
