//! Readers beside a writer: every answer is the whole of one version that existed.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use atalaya_model::{Class, Decided, Decision, Prefix, Rule, Serial, Timestamp, Verdict};
use atalaya_publish::{PublishConfig, Set, Zone};

/// Batches of the writer.
const BATCHES: u32 = if cfg!(miri) { 24 } else { 2_000 };
/// Most decisions of a batch about entries that have nothing to do with one another.
const MOST_OTHERS: u32 = 6;
/// Most decisions of a batch: the pair and the others.
const MOST_IN_BATCH: u32 = MOST_OTHERS + 2;
/// What the zone says of the pair, at each serial that a batch ends with.
type Versions = [OnceLock<bool>];

/// Numbers at random, the same in each run (xorshift of 64 bits).
struct Random(u64);

impl Random {
    /// A number below `end`.
    fn below(&mut self, end: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        u32::try_from((self.0 >> 32) % u64::from(end)).unwrap()
    }

    fn byte(&mut self, end: u8) -> u8 {
        u8::try_from(self.below(end.into())).unwrap()
    }
}

/// Listed and withdrawn together, in one batch, always; they stand in different parts of the set.
fn pair() -> [Prefix; 2] {
    ["192.0.2.9", "2001:db8::/64"].map(|prefix| prefix.parse().unwrap())
}

/// Something else: a range, a network, a neighbour of the pair, or any of many addresses.
fn other(random: &mut Random) -> Prefix {
    let last = random.byte(40);
    match random.below(4) {
        0 => Prefix::new(IpAddr::from([198, 51, 100, last]), 20 + random.byte(12)),
        1 => Prefix::new(
            Ipv6Addr::new(0x2001, 0xdb9, 0, last.into(), 0, 0, 0, 0).into(),
            64,
        ),
        2 => IpAddr::from([192, 0, 3 + random.byte(3), last]).into(),
        _ => IpAddr::from(Ipv4Addr::from_bits(0xc633_0000 | random.below(1 << 20))).into(),
    }
}

fn decided(serial: u64, prefix: Prefix, verdict: Verdict) -> Decided {
    Decided {
        serial: Serial(serial),
        at: Timestamp::EPOCH,
        decision: Decision {
            prefix,
            verdict,
            rule: Rule::new("trap-spam", 1),
            score: 1.0,
            reason: "a test".to_owned(),
        },
    }
}

/// A change at random, of a class and an end of many.
fn any_verdict(random: &mut Random) -> Verdict {
    let class = Class::ALL[usize::from(random.byte(6))];
    let until = Some(Timestamp::from_seconds(i64::from(
        3_600 * (1 + random.below(2_000)),
    )));
    match random.below(4) {
        0 => Verdict::Withdraw { class },
        1 => Verdict::Extend { class, until },
        _ => Verdict::List { class, until },
    }
}

/// Applies batches; each lists the pair or withdraws it. Notes what a version says before readers can see it.
fn write(zone: &Zone, versions: &Versions) {
    let mut random = Random(7);
    let mut serial = 0;
    for _batch in 0..BATCHES {
        let is_listed = random.below(2) == 0;
        let class = Class::Spam;
        let verdict = if is_listed {
            Verdict::List { class, until: None }
        } else {
            Verdict::Withdraw { class }
        };
        let [first, second] = pair();
        let mut batch = vec![(first, verdict)];
        for _other in 0..random.below(MOST_OTHERS) {
            batch.push((other(&mut random), any_verdict(&mut random)));
        }
        batch.push((second, verdict));
        let batch: Vec<Decided> = batch
            .into_iter()
            .map(|(prefix, verdict)| {
                serial += 1;
                decided(serial, prefix, verdict)
            })
            .collect();
        versions[usize::try_from(serial).unwrap()].set(is_listed).unwrap();
        zone.apply(&batch).unwrap();
    }
}

/// Looks the pair up until the writer is done; gives the serials that it saw.
fn read(zone: &Zone, versions: &Versions, is_done: &AtomicBool) -> BTreeSet<Serial> {
    let addresses = pair().map(|prefix| prefix.network());
    let mut seen = BTreeSet::new();
    let mut last = Serial(0);
    loop {
        let is_last = is_done.load(Ordering::Acquire);
        let answers = addresses.map(|address| zone.lookup(address, Timestamp::EPOCH));
        for answer in &answers {
            let known = versions[usize::try_from(answer.serial.0).unwrap()].get();
            let known = known.expect("only the end of a batch is a version");
            assert_eq!(answer.is_listed(), *known, "{answer:?}");
            assert!(answer.serial >= last, "no answer goes back");
            last = answer.serial;
            seen.insert(last);
        }
        let [first, second] = answers;
        if first.serial == second.serial {
            assert_eq!(
                first.is_listed(),
                second.is_listed(),
                "the pair is never seen apart"
            );
        }
        if is_last {
            return seen;
        }
    }
}

#[test]
fn what_is_decided_together_is_never_seen_apart_by_readers_beside_the_writer() {
    let zone = Zone::new(&PublishConfig::default(), "http://127.0.0.1:8080").unwrap();
    drop(zone.load(Set::default(), Serial(0)));
    let versions: Vec<OnceLock<bool>> = (0..=BATCHES * MOST_IN_BATCH).map(|_| OnceLock::new()).collect();
    versions[0].set(false).unwrap();
    let is_done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let readers = [(), ()].map(|()| scope.spawn(|| read(&zone, &versions, &is_done)));
        let writer = scope.spawn(|| write(&zone, &versions));
        let written = writer.join();
        is_done.store(true, Ordering::Release);
        written.unwrap();
        for reader in readers {
            let seen = reader.join().unwrap();
            assert_eq!(
                seen.last(),
                Some(&zone.serial()),
                "the last version is seen by all"
            );
        }
    });
}
