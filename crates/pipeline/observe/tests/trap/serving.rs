//! Letting clients in, turning them away, and ending.

use atalaya_observe::TrapConfig;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::client::{Client, Fixture, LIMIT};

#[tokio::test]
async fn too_many_from_one_address_are_turned_away_until_one_leaves() {
    let config = TrapConfig {
        max_connections_per_address: 2,
        ..TrapConfig::default()
    };
    let fixture = Fixture::start(config).await;
    let first = fixture.connect().await;
    let mut second = fixture.connect().await;
    Client::connect(fixture.address)
        .await
        .expect("421 4.7.0 mx.atalaya.test")
        .await;
    let mut other = Client::connect_from("127.0.0.2".parse().unwrap(), fixture.address).await;
    other.expect("220").await;
    drop(first);
    second.ask("NOOP", "250").await;
    // The place is free once the trap has seen that the first one left.
    let free = async {
        while !Client::connect(fixture.address)
            .await
            .reply()
            .await
            .starts_with("220")
        {
            tokio::task::yield_now().await;
        }
    };
    timeout(LIMIT, free).await.unwrap();
}

#[tokio::test]
async fn too_many_in_all_are_turned_away() {
    let config = TrapConfig {
        max_connections: 1,
        ..TrapConfig::default()
    };
    let fixture = Fixture::start(config).await;
    let _first = fixture.connect().await;
    Client::connect(fixture.address)
        .await
        .expect("421 4.3.2 mx.atalaya.test")
        .await;
}

#[tokio::test]
async fn at_the_end_clients_are_told_and_the_port_is_free() {
    let fixture = Fixture::start(TrapConfig::default()).await;
    let mut idle = fixture.connect().await;
    let mut busy = fixture.connect().await;
    busy.ask("HELO x", "250").await;
    busy.ask("MAIL FROM:<a@b.example>", "250").await;
    busy.ask("RCPT TO:<c@d.example>", "250").await;
    busy.ask("DATA", "354").await;
    busy.send(b"From: a\r\n\r\nx").await;
    fixture.stop.cancel();
    idle.expect("421 4.3.2").await;
    assert_eq!(idle.reply().await, "", "the connection is closed");
    busy.send(b"\r\n.\r\n").await;
    busy.expect("250 2.0.0 Ok").await;
    busy.expect("421 4.3.2").await;
    timeout(LIMIT, fixture.served).await.unwrap().unwrap();
    assert!(TcpStream::connect(fixture.address).await.is_err());
    assert_eq!(fixture.store.observations_after(0, 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn who_does_not_finish_is_not_waited_for() {
    let config = TrapConfig {
        shutdown_grace: atalaya_model::Period::millis(1),
        ..TrapConfig::default()
    };
    let fixture = Fixture::start(config).await;
    let mut busy = fixture.connect().await;
    busy.ask("HELO x", "250").await;
    busy.ask("MAIL FROM:<a@b.example>", "250").await;
    busy.ask("RCPT TO:<c@d.example>", "250").await;
    busy.ask("DATA", "354").await;
    fixture.stop.cancel();
    busy.expect("421 4.3.2").await;
    timeout(LIMIT, fixture.served).await.unwrap().unwrap();
}
