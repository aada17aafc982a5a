//! What is acknowledged is in the store, and what cannot be stored is not acknowledged.

use atalaya_model::{Digest, Handshake, Kind, Prefix, Trap as Kinds};
use atalaya_observe::{TrapAddress, TrapConfig};
use atalaya_store::StoreUrl;
use atalaya_testkit::SmallDisk;

use crate::client::{Client, Fixture, now};

const TEXT: &[u8] =
    b"From: a@b.example\r\nDate: Mon, 23 Nov 2026 12:00:00 +0000\r\nSubject: Buy\r\n\r\nnow\n.\n!\r\n.\r\n";

#[tokio::test]
async fn an_acknowledged_message_is_in_the_store() {
    let fixture = Fixture::start(TrapConfig::default()).await;
    let mut client = fixture.connect().await;
    let reply = client.deliver("trap@d.example", TEXT).await;
    assert!(reply.starts_with("250 2.0.0 Ok: queued as "), "{reply}");
    let seen = fixture.store.observations_after(0, 10).await.unwrap();
    assert_eq!(seen.len(), 1);
    let observation = &seen[0].observation;
    assert!(reply.contains(&observation.id.0.simple().to_string()));
    assert_eq!(observation.address.to_string(), "127.0.0.1");
    assert_eq!(
        (observation.kind, observation.handshake),
        (Kind::Spam, Handshake::Completed)
    );
    assert_eq!(
        (observation.subject.as_str(), observation.seen_at),
        ("Buy", now())
    );
    assert_eq!(observation.oddities, ["bare-lf", "false-end"]);
    assert!(observation.source_port.is_some());
    let digest: Digest = observation.message.unwrap();
    let message = fixture.store.message(&digest).await.unwrap().unwrap();
    assert_eq!(
        message,
        &TEXT[..TEXT.len() - 3],
        "every byte, the false end included"
    );
}

#[tokio::test]
async fn a_peer_on_loopback_stands_for_another_address() {
    let mut config = TrapConfig::default();
    config
        .stand_for
        .insert("127.0.0.11".parse().unwrap(), "192.0.2.11".parse().unwrap());
    let fixture = Fixture::start(config).await;
    let mut client = Client::connect_from("127.0.0.11".parse().unwrap(), fixture.address).await;
    client.expect("220").await;
    assert!(client.deliver("trap@d.example", TEXT).await.starts_with("250"));
    let unit: Prefix = "192.0.2.11".parse().unwrap();
    assert_eq!(fixture.store.count_observations(&unit).await.unwrap(), 1);
}

#[tokio::test]
async fn the_strongest_trap_hit_is_recorded() {
    let entry = TrapAddress::new;
    let config = TrapConfig {
        addresses: vec![
            entry("@old.example", Kinds::Recycled),
            entry("@gmial.example", Kinds::Typo),
        ],
        ..TrapConfig::default()
    };
    let fixture = Fixture::start(config).await;
    let mut client = fixture.connect().await;
    client.deliver("x@gmial.example", TEXT).await;
    client.ask("MAIL FROM:<a@b.example>", "250").await;
    client.ask("RCPT TO:<x@gmial.example>", "250").await;
    client.ask("RCPT TO:<x@old.example>", "250").await;
    client.ask("DATA", "354").await;
    client.send(TEXT).await;
    client.expect("250").await;
    let seen = fixture.store.observations_after(0, 10).await.unwrap();
    let traps: Vec<_> = seen.iter().map(|seen| seen.observation.trap).collect();
    assert_eq!(traps, [Some(Kinds::Typo), Some(Kinds::Recycled)]);
}

/// Text that packs badly, so that the disk fills; each time another.
fn noise(seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut text: Vec<u8> = (0..200_000)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            b'!' + state.to_le_bytes()[3] % 94
        })
        .collect();
    text.splice(0..0, *b"x");
    text.extend_from_slice(b"\r\n.\r\n");
    text
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_is_answered_452_and_the_trap_goes_on_once_there_is_space() {
    // The store closes a connection that failed, and SQLite then moves its log into the file: the space that comes free must hold both.
    let Some(disk) = SmallDisk::mount(12) else { return };
    let ballast = disk.path().join("ballast");
    std::fs::write(&ballast, vec![0; 8 << 20]).unwrap();
    let url = StoreUrl::Sqlite(disk.path().join("store.db"));
    let clock = atalaya_testkit::TestClock::default().clock();
    let folder = tempfile::tempdir().unwrap();
    let fixture = Fixture::start_with(TrapConfig::default(), &url, clock, folder).await;
    let mut client = fixture.connect().await;
    let mut acknowledged = 0;
    let refusal = loop {
        let reply = client.deliver("trap@d.example", &noise(acknowledged)).await;
        if !reply.starts_with("250") {
            break reply;
        }
        acknowledged += 1;
    };
    assert!(refusal.starts_with("452 4.3.1"), "{refusal}");
    client.ask("NOOP", "250").await;
    std::fs::remove_file(&ballast).unwrap();
    let reply = client.deliver("trap@d.example", &noise(acknowledged)).await;
    assert!(reply.starts_with("250"), "{reply}");
    let seen = fixture.store.observations_after(0, 1_000).await.unwrap();
    assert_eq!(seen.len() as u64, acknowledged + 1);
    fixture.store.close().await;
}

#[tokio::test]
async fn a_closed_store_is_answered_451() {
    let fixture = Fixture::start(TrapConfig::default()).await;
    let mut client = fixture.connect().await;
    fixture.store.close().await;
    let reply = client.deliver("trap@d.example", TEXT).await;
    assert!(reply.starts_with("451 4.3.0"), "{reply}");
}
