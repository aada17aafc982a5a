//! DNS over UDP: datagrams in, at most one answer for each, in batches.
//!
//! Each thread has a socket of its own and shares nothing with the others but the zone, which it reads without a lock, once for a batch.
//! The usual question is answered straight from the wire; all others go the ordinary way.

use std::time::Duration;

use atalaya_net::{Batch, Datagrams, Letter};

use crate::answer::Question;
use crate::rate::{Permit, RateLimiter};
use crate::service::Service;
use crate::set::Place;
use crate::tally::Tally;
use crate::zone::{Version, Zone};

/// Pause after the socket itself failed, so that a lasting failure does not take the processor.
const PAUSE: Duration = Duration::from_millis(100);

/// What a thread has for itself.
struct Thread {
    limiter: RateLimiter,
    tally: Tally,
    /// The usual questions of a batch, in their places.
    asked: Vec<Option<Question>>,
}

/// Answers datagrams until the socket is stopped.
pub(crate) fn serve(socket: &Datagrams, service: &Service, limiter: RateLimiter) {
    let mut batch = Batch::new(socket);
    let mut thread = Thread {
        limiter,
        tally: Tally::new(service),
        asked: Vec::new(),
    };
    let mut is_failing = false;
    while !socket.is_stopped() {
        if let Err(error) = batch.receive(socket) {
            if !is_failing {
                tracing::error!(%error, "no DNS query can be received over UDP");
            }
            is_failing = true;
            pause();
            continue;
        }
        is_failing = false;
        answer(&mut batch, service, &mut thread);
        // Forged or unreachable senders; the client asks again if it is a real one.
        service.meters.unsent.increment(batch.send(socket) as u64);
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a thread of its own, and nothing tells that the socket works again"
)]
fn pause() {
    std::thread::sleep(PAUSE);
}

/// Answers a batch from one version of the zone, at one moment.
fn answer(batch: &mut Batch, service: &Service, thread: &mut Thread) {
    let Thread {
        limiter,
        tally,
        asked,
    } = thread;
    let zone = service.zone_alone();
    let version = zone.map(Zone::version);
    asked.clear();
    let mut places = [None; Batch::MOST];
    if let Some(version) = &version {
        asked.extend(batch.letters().map(|letter| version.read(letter.question)));
        fetch(version, asked, &mut places);
    }
    let mut asked = asked.iter().zip(&places);
    let now = service.clock.now();
    limiter.set_time(now);
    for letter in batch.letters() {
        let Letter {
            question,
            client,
            answer,
        } = letter;
        let permit = limiter.permit(client, || service.is_proven(question, client, now));
        let is_open = permit == Permit::Answer && zone.is_some_and(|zone| zone.access().is_open_to(client));
        let usual = asked
            .next()
            .and_then(|(usual, place)| usual.as_ref().zip(place.as_ref()));
        let usual = version.as_ref().zip(usual).filter(|_usual| is_open);
        if let Some(usual) = usual.and_then(|(version, usual)| version.answer(question, usual, answer, now)) {
            tally.count(client, usual, now);
            continue;
        }
        let ordinary = match permit {
            Permit::Answer => service.answer(question, client),
            Permit::Truncate => service.truncate(question),
            Permit::Drop => None,
        };
        answer.extend_from_slice(&ordinary.unwrap_or_default());
    }
    limiter.tell(&service.meters);
    tally.tell(service);
    let took = service.clock.now().since(now);
    service.meters.latency(took, batch.len() as u64);
}

/// Finds the places of all questions, then fetches all of them, before the first is looked up: the processor waits for the memory of
/// many at once, and not for one after the other.
fn fetch<'v>(version: &'v Version<'_>, asked: &[Option<Question>], places: &mut [Option<Place<'v>>]) {
    for (place, question) in places.iter_mut().zip(asked) {
        *place = question.as_ref().map(|question| version.place(question));
    }
    let fetched: usize = places.iter().take(asked.len()).flatten().map(Place::fetch).sum();
    std::hint::black_box(fetched);
}
