//! Planning for many addresses, and working the plan off over a restart.

use std::net::IpAddr;
use std::sync::Arc;

use atalaya_store::{Store, StoreUrl};

use super::*;
use crate::contact::{ContactFinder, ContactWorker, Queries, WantedContacts};

/// An RDAP server that knows who answers for every /24 of 192.0.0.0/8.
async fn registry() -> HttpPeer {
    HttpPeer::start(|path| {
        let address = path.trim_start_matches("/rdap/ip/");
        let Some((network, _)) = address.rsplit_once('.') else {
            return HttpReply::status(404);
        };
        let (first, last) = (format!("{network}.0"), format!("{network}.255"));
        HttpReply::rdap(answer_about(&first, &last, "abuse@example.net"))
    })
    .await
    .unwrap()
}

struct Planning {
    config: ContactConfig,
    time: TestClock,
    folder: TempDir,
}

impl Planning {
    fn new(peer: &HttpPeer) -> Self {
        let folder = TempDir::new().unwrap();
        let config = ContactConfig {
            queries_per_minute: 4,
            file: Some(folder.path().join("own")),
            ..by_rdap(peer)
        };
        std::fs::write(folder.path().join("own"), "192.0.9.0/24, own@example.org\n").unwrap();
        Self {
            config,
            time: TestClock::default(),
            folder,
        }
    }

    async fn finder(&self) -> Arc<ContactFinder> {
        let url = StoreUrl::Sqlite(self.folder.path().join("test.db"));
        let store = Store::open(&url, self.time.clock()).await.unwrap();
        Arc::new(ContactFinder::new(&self.config, store, self.time.clock(), self.folder.path()).unwrap())
    }
}

fn addresses(networks: std::ops::Range<u8>) -> Vec<IpAddr> {
    networks.map(|network| [192, 0, network, 77].into()).collect()
}

#[tokio::test]
async fn a_plan_says_what_it_costs_and_asks_nobody() {
    let peer = registry().await;
    let planning = Planning::new(&peer);
    let finder = planning.finder().await;
    let now = planning.time.now();
    assert!(
        finder
            .find("192.1.3.1".parse().unwrap(), now)
            .await
            .unwrap()
            .contact
            .is_some()
    );
    let mut asked_about = addresses(4..15);
    asked_about.extend(["192.1.3.9", "10.0.0.1"].map(|address| address.parse::<IpAddr>().unwrap()));
    let plan = finder.plan(&asked_about, now).await.unwrap();
    // 192.0.9.0/24 is the operator's own, 192.1.3.0/24 was asked about before.
    assert_eq!((plan.known, plan.reserved), (2, 1));
    let queries = &plan.servers["127.0.0.1"];
    assert_eq!(
        (queries.addresses.len(), queries.per_minute),
        (10, 2),
        "half of the budget"
    );
    assert_eq!(queries.takes(), Duration::from_secs(5 * 60));
    assert_eq!(peer.asked().len(), 1);
    let mut twice = plan.clone();
    twice.add(plan);
    assert_eq!((twice.known, twice.servers["127.0.0.1"].addresses.len()), (4, 20));
}

#[tokio::test]
async fn the_queue_is_worked_within_the_budget_and_survives_a_restart() {
    let peer = registry().await;
    let planning = Planning::new(&peer);
    let finder = planning.finder().await;
    let queries = Queries {
        addresses: addresses(20..26),
        per_minute: 2,
    };
    for _twice in 0..2 {
        finder.queue(&queries, 0, planning.time.now()).await.unwrap();
    }
    let worker = ContactWorker::new(Arc::clone(&finder));
    let mut minutes = Vec::new();
    for minute in 0..4 {
        let worker = if minute < 2 {
            &worker
        } else {
            // The next process.
            &ContactWorker::new(planning.finder().await)
        };
        while worker.work_one().await.unwrap() {}
        minutes.push(peer.asked().len());
        planning.time.advance(Duration::from_secs(60));
    }
    assert_eq!(minutes, [2, 4, 6, 6]);
    let plan = planning
        .finder()
        .await
        .plan(&queries.addresses, planning.time.now())
        .await
        .unwrap();
    assert_eq!((plan.known, plan.servers.len()), (6, 0), "and is known now");
}

#[tokio::test]
async fn who_cannot_be_asked_is_asked_later() {
    let peer = rdap_peer(HttpReply::status(500)).await;
    let planning = Planning::new(&peer);
    let finder = planning.finder().await;
    let queries = Queries {
        addresses: addresses(20..21),
        per_minute: 2,
    };
    finder.queue(&queries, 0, planning.time.now()).await.unwrap();
    let worker = ContactWorker::new(finder);
    assert!(worker.work_one().await.unwrap());
    assert!(!worker.work_one().await.unwrap());
    planning.time.advance(Duration::from_secs(900));
    assert!(worker.work_one().await.unwrap());
    assert_eq!(peer.asked().len(), 2);
}

#[tokio::test]
async fn what_others_want_is_looked_up_once_a_network_and_no_more_an_hour_than_there_is_room() {
    let peer = registry().await;
    let planning = Planning::new(&peer);
    let finder = planning.finder().await;
    let (sender, receiver) = tokio::sync::mpsc::channel(8);
    let mut wanted = WantedContacts::new(Arc::clone(&finder), receiver);
    for address in ["192.1.3.1", "192.1.3.2", "192.1.4.1"] {
        sender.send(address.parse().unwrap()).await.unwrap();
    }
    let addresses = wanted.next().await.unwrap();
    assert_eq!(addresses.len(), 3);
    wanted.queue(&addresses).await.unwrap();
    wanted.queue(&addresses).await.unwrap();
    let worker = ContactWorker::new(Arc::clone(&finder));
    while worker.work_one().await.unwrap() {}
    assert_eq!(peer.asked().len(), 2, "{:?}", peer.asked());
    let many: Vec<IpAddr> = (0..1_000_u32)
        .map(|number| std::net::Ipv4Addr::from_bits(0xc002_0000 + number * 256).into())
        .collect();
    wanted.queue(&many).await.unwrap();
    let jobs = async || {
        let mut jobs = 0;
        while let Some(job) = finder
            .store
            .take_job("contact", Duration::from_secs(600))
            .await
            .unwrap()
        {
            finder.store.finish_job(job.id).await.unwrap();
            jobs += 1;
        }
        jobs
    };
    assert_eq!(jobs().await, 500 - 4);
    planning.time.advance(Duration::from_secs(3_600));
    wanted.queue(&many).await.unwrap();
    assert_eq!(jobs().await, 4, "the rest of the first 500 was queued today");
}
