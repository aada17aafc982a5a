//! More clients than usual, and more than there are file descriptors for.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::client::{Client, LIMIT};
use crate::process::{TrapProcess, most_open_files};

const CROWD: usize = 10_000;
/// Clients that connect at once: fewer than wait in the backlog of any system.
const BATCH: usize = 100;
const TEXT: &[u8] = b"From: a@b.example\r\n\r\nx\r\n.\r\n";

/// A client that has heard the banner.
async fn greeted(address: SocketAddr) -> Client {
    let mut client = Client::connect(address).await;
    client.expect("220").await;
    client
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_connections_are_served_at_once() {
    let needed = CROWD + 200;
    if most_open_files() < needed {
        atalaya_testkit::skip("ten thousand connections need a higher limit of open files (ulimit -n)");
        return;
    }
    let trap = TrapProcess::start(u32::try_from(needed).unwrap());
    let mut crowd = Vec::with_capacity(CROWD);
    while crowd.len() < CROWD {
        let batch: JoinSet<Client> = (0..BATCH).map(|_| greeted(trap.address)).collect();
        crowd.extend(batch.join_all().await);
    }
    for client in crowd.iter_mut().step_by(1_000) {
        assert!(client.deliver("trap@d.example", TEXT).await.starts_with("250"));
    }
    let mut one_more = greeted(trap.address).await;
    drop(crowd);
    assert!(one_more.deliver("trap@d.example", TEXT).await.starts_with("250"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_file_descriptors_clients_wait_and_none_is_lost() {
    const FILES: u32 = 64;
    let trap = TrapProcess::start(FILES);
    let leave = Arc::new(Semaphore::new(0));
    let mut clients = JoinSet::new();
    for _ in 0..BATCH {
        let (address, leave) = (trap.address, Arc::clone(&leave));
        clients.spawn(async move {
            let mut client = greeted(address).await;
            drop(leave.acquire().await.unwrap());
            client.ask("QUIT", "221").await;
        });
    }
    // Nobody leaves before the trap has no file descriptor left.
    let exhausted = async {
        while trap.open_files() < FILES as usize {
            tokio::task::yield_now().await;
        }
    };
    timeout(LIMIT, exhausted).await.unwrap();
    leave.add_permits(BATCH);
    assert_eq!(clients.join_all().await.len(), BATCH);
    let mut last = greeted(trap.address).await;
    assert!(last.deliver("trap@d.example", TEXT).await.starts_with("250"));
}
