//! From spam to the answer: mails from senders that nobody knows, and DNS asked about each until it says that it is listed.

use std::net::{Ipv4Addr, UdpSocket};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::bail;

use super::{Subject, inside, mails};
use crate::dns::{question, says_listed};
use crate::spread::Spread;

/// Mails of one run.
const RUN: u32 = 1_000;
/// Mails of both runs; each from an address that was never heard of.
pub(super) const PROBES: u32 = 2 * RUN;
/// Between two questions.
const PAUSE: Duration = Duration::from_micros(200);
/// When an answer that does not come counts as lost.
const LOST_AFTER: Duration = Duration::from_millis(100);
/// The longest wait for a listing.
const LIMIT: Duration = Duration::from_secs(60);

/// The address of loopback that a probe comes from.
pub(super) fn peer(number: u32) -> Ipv4Addr {
    inside(Ipv4Addr::new(127, 1, 0, 0), number)
}

/// The address that it stands for.
pub(super) fn meant(number: u32) -> Ipv4Addr {
    inside(Ipv4Addr::new(11, 1, 0, 0), number)
}

/// Sends the mails one after the other, and tells how long each step took.
pub(super) fn measure(subject: &Subject) -> anyhow::Result<()> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let (mut durable, mut listed) = (Spread::default(), Spread::default());
    for _ in 0..RUN {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let sent = mails::send(subject.at.smtp, peer(number), number)?;
        let answered = until_listed(subject, meant(number))?;
        durable.add(sent.accepted.duration_since(sent.ended));
        listed.add(answered.duration_since(sent.accepted));
    }
    println!("  from the last byte of the mail to the 250: {durable}");
    println!("  from the 250 to the answer that it is listed: {listed}");
    Ok(())
}

/// Asks until the answer is that it is listed; gives when it came.
fn until_listed(subject: &Subject, address: Ipv4Addr) -> anyhow::Result<Instant> {
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    socket.connect(subject.at.dns)?;
    socket.set_read_timeout(Some(LOST_AFTER))?;
    let [a, b, c, d] = address.octets();
    let question = question(&format!("{d}.{c}.{b}.{a}"));
    let begin = Instant::now();
    while begin.elapsed() < LIMIT {
        socket.send(&question)?;
        let mut answer = [0; 1500];
        if socket.recv(&mut answer).is_ok() && says_listed(&answer) {
            return Ok(Instant::now());
        }
        std::thread::sleep(PAUSE);
    }
    bail!("{address} was not listed within {LIMIT:?}")
}
