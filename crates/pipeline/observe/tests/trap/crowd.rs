//! More clients than usual, and more than there are file descriptors for.

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
        let mut batch = JoinSet::new();
        for _ in 0..BATCH {
            let address = trap.address;
            batch.spawn(async move {
                let mut client = Client::connect(address).await;
                client.expect("220").await;
                client
            });
        }
        crowd.extend(batch.join_all().await);
    }
    for client in crowd.iter_mut().step_by(1_000) {
        assert!(client.deliver("trap@d.example", TEXT).await.starts_with("250"));
    }
    let mut one_more = Client::connect(trap.address).await;
    one_more.expect("220").await;
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
            let mut client = Client::connect(address).await;
            client.expect("220").await;
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
    let mut last = Client::connect(trap.address).await;
    last.expect("220").await;
    assert!(last.deliver("trap@d.example", TEXT).await.starts_with("250"));
}
