//! Telling the secondaries that the zone has changed (NOTIFY, RFC 1996), so that they need not wait for the next refresh.
//!
//! Each is told by a task of its own, so that one that does not answer holds up no other. Who answers to nothing learns of the change by
//! its refresh all the same.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use atalaya_model::{Clock, Serial};
use domain::base::iana::{Class as DnsClass, Opcode, Rcode, Rtype};
use domain::base::{Message, MessageBuilder};
use domain::tsig::ClientTransaction;
use metrics::counter;
use tokio::net::UdpSocket;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::records;
use super::secondaries::SharedKey;
use super::signature::time48;
use crate::zone::Zone;

/// How often one that does not answer is told (RFC 1996 section 3.6).
const TRIES: u32 = 5;
/// How long to wait for the first answer, and twice as long for each further one: half a minute in all.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// The longest answer that is read: a header, a question and a signature.
const MOST_ANSWER_BYTES: usize = 1024;

/// Who tells one secondary of one zone.
#[derive(Debug)]
pub(crate) struct Teller {
    pub(crate) zone: Arc<Zone>,
    /// The number of the zone among those that are published.
    pub(crate) number: usize,
    pub(crate) clock: Clock,
    pub(crate) to: SocketAddr,
    pub(crate) key: Option<SharedKey>,
    pub(crate) wait: Duration,
}

/// What came of telling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// It knows.
    Taken,
    /// It does not want to know.
    Refused(Rcode),
    /// It does not answer.
    Unanswered,
}

/// Tells one secondary of each change until `stop`, those that come close together at once.
pub(crate) async fn tell(teller: Teller, stop: CancellationToken) {
    let mut news = teller.zone.news();
    // What was loaded before this task began is news too.
    news.mark_changed();
    let follow = async {
        let mut last = Outcome::Taken;
        while news.changed().await.is_ok() {
            sleep(teller.wait).await;
            news.mark_unchanged();
            if teller.zone.is_loaded() {
                let outcome = teller.tell_of(teller.zone.serial()).await;
                teller.report(outcome, last);
                last = outcome;
            }
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = follow => {}
    }
}

impl Teller {
    /// Tells until there is an answer.
    async fn tell_of(&self, serial: Serial) -> Outcome {
        let mut wait = FIRST_WAIT;
        for number in 0..TRIES {
            match timeout(wait, self.try_once(serial, number)).await {
                Ok(Ok(Rcode::NOERROR)) => return Outcome::Taken,
                Ok(Ok(rcode)) => return Outcome::Refused(rcode),
                // Nobody listens there at the moment: the same wait as for one that keeps silent.
                Ok(Err(_unreachable)) => sleep(wait).await,
                Err(_elapsed) => {}
            }
            wait = wait.saturating_mul(2);
        }
        Outcome::Unanswered
    }

    /// Counts what came of it, and tells of trouble once.
    fn report(&self, outcome: Outcome, last: Outcome) {
        let name = match outcome {
            Outcome::Taken => "taken",
            Outcome::Refused(_) => "refused",
            Outcome::Unanswered => "unanswered",
        };
        counter!("atalaya_publish_notifies_total", "outcome" => name).increment(1);
        if outcome == last {
            return;
        }
        let Some(zone) = self.zone.published().get(self.number) else {
            return;
        };
        let (to, zone) = (self.to, &zone.apex.zone);
        if outcome == Outcome::Taken {
            tracing::info!(secondary = %to, %zone, "a secondary takes NOTIFY from us again");
        } else {
            tracing::warn!(secondary = %to, %zone, ?outcome, "a secondary does not take NOTIFY from us; it learns of changes by its refresh");
        }
    }

    /// Sends one message and waits for its answer.
    async fn try_once(&self, serial: Serial, number: u32) -> io::Result<Rcode> {
        let any: SocketAddr = match self.to {
            SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
            SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
        };
        // A port of its own for each try: nobody who does not see the message can guess it.
        let socket = UdpSocket::bind(any).await?;
        socket.connect(self.to).await?;
        let id = message_id(serial, number);
        let (message, transaction) = self.message(serial, id).ok_or(io::ErrorKind::InvalidData)?;
        socket.send(&message).await?;
        let mut buffer = [0; MOST_ANSWER_BYTES];
        loop {
            let length = socket.recv(&mut buffer).await?;
            let bytes = buffer.get(..length).unwrap_or_default();
            if let Some(rcode) = self.read(bytes, id, transaction.as_ref()) {
                return Ok(rcode);
            }
        }
    }

    /// The message, and what its answer's signature follows from.
    fn message(&self, serial: Serial, id: u16) -> Option<(Vec<u8>, Option<ClientTransaction<SharedKey>>)> {
        let apex = &self.zone.published().get(self.number)?.apex;
        let mut builder = MessageBuilder::new_vec();
        let header = builder.header_mut();
        header.set_id(id);
        header.set_opcode(Opcode::NOTIFY);
        header.set_aa(true);
        let mut question = builder.question();
        question.push((&apex.zone, Rtype::SOA, DnsClass::IN)).ok()?;
        let mut answer = question.answer();
        // The new serial, as a hint (RFC 1996 section 3.7).
        answer.push(records::soa(apex, serial)).ok()?;
        let mut additional = answer.additional();
        let transaction = match &self.key {
            None => None,
            Some(key) => {
                let now = time48(self.clock.now());
                Some(ClientTransaction::request(Arc::clone(key), &mut additional, now).ok()?)
            }
        };
        Some((additional.finish(), transaction))
    }

    /// What an answer says; nothing if it is none to this message.
    fn read(
        &self,
        bytes: &[u8],
        id: u16,
        transaction: Option<&ClientTransaction<SharedKey>>,
    ) -> Option<Rcode> {
        let mut message = Message::from_octets(bytes.to_vec()).ok()?;
        let header = message.header();
        if !header.qr() || header.id() != id || header.opcode() != Opcode::NOTIFY {
            return None;
        }
        // A refusal may have no signature (RFC 8945 section 5.3.2); believing it costs no more than one message.
        if let Some(transaction) = transaction
            && header.rcode() == Rcode::NOERROR
        {
            transaction.answer(&mut message, time48(self.clock.now())).ok()?;
        }
        Some(header.rcode())
    }
}

/// The id of a message. It need not be hard to guess: a forged answer only keeps us from telling again.
fn message_id(serial: Serial, number: u32) -> u16 {
    let [_, _, high, low] = serial
        .soa()
        .wrapping_mul(TRIES)
        .wrapping_add(number)
        .to_be_bytes();
    u16::from_be_bytes([high, low])
}
