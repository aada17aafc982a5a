//! The policy service: a Postfix asks about each recipient, and is answered from the set in memory.
//!
//! In: requests of mail servers that the configuration names, over TCP or a unix socket. Out: one answer each, and an observation where the question
//! proves something about its client. Never waits for the store; whatever goes wrong, the answer is DUNNO.

mod config;
mod seen;
#[cfg(test)]
mod tests;

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use atalaya_formats::policy::{Answer, Reader, Request};
use atalaya_model::{Clock, Sensor, TrapWeight};
use atalaya_net::{Gate, Pass, turn_away};
use atalaya_store::Store;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, UnixListener};
use tokio_util::sync::CancellationToken;

pub use self::config::PolicyConfig;
use crate::advice::{Advice, Adviser};
use crate::again::Again;
use crate::behind::Behind;
use crate::wire::{Wire, take_visits};
pub(crate) use seen::OWN_NAME;

/// What is answered where nothing is known.
const DUNNO: &[u8] = b"action=DUNNO\n\n";

/// The service. It may serve several listeners; they share its limits.
#[derive(Debug)]
pub struct Policy {
    config: PolicyConfig,
    adviser: Arc<Adviser>,
    clock: Clock,
    gate: Gate,
    behind: Behind,
    again: Again,
    /// Whether it was told that somebody came who may not ask.
    is_told: AtomicBool,
}

impl Policy {
    /// Makes a service, and the work of keeping what it sees in `store`, which ends after the service is dropped. The configuration must have
    /// passed its check.
    pub fn new(
        config: PolicyConfig,
        adviser: Arc<Adviser>,
        store: Store,
        clock: Clock,
    ) -> (Self, impl Future<Output = ()> + Send + 'static) {
        let (behind, keeping) = Behind::new(Sensor::Policy, config.queue, store);
        let policy = Self {
            // All come from a few mail servers.
            gate: Gate::new(config.max_connections, config.max_connections),
            config,
            adviser,
            clock,
            behind,
            again: Again::default(),
            is_told: AtomicBool::new(false),
        };
        (policy, keeping)
    }

    /// Answers at a TCP port until `stop`.
    pub async fn serve(self: Arc<Self>, listener: TcpListener, stop: CancellationToken) {
        let visit = |stream, peer| {
            let (stream, pass) = self.admit(stream, peer)?;
            Some(Arc::clone(&self).visit(stream, pass))
        };
        take_visits(listener, visit, stop).await;
    }

    /// Answers at a unix socket until `stop`.
    pub async fn serve_socket(self: Arc<Self>, listener: UnixListener, stop: CancellationToken) {
        // Who finds no place is closed at once: Postfix tries again, then does what it does by default.
        let visit = |stream, _peer| {
            let pass = self.gate.enter(Ipv4Addr::LOCALHOST.into());
            Some(Arc::clone(&self).visit(stream, counted(pass.ok(), "crowded")?))
        };
        take_visits(listener, visit, stop).await;
    }

    /// Converses until the client goes. A peer that is gone, or that is too slow, is nobody's trouble but its own.
    async fn visit(self: Arc<Self>, stream: impl AsyncRead + AsyncWrite + Unpin, _pass: Pass) {
        drop(self.converse(stream).await);
    }

    /// Lets a connection in, if its peer may ask and there is a place.
    fn admit(&self, stream: TcpStream, peer: SocketAddr) -> Option<(TcpStream, Pass)> {
        let peer = peer.ip().to_canonical();
        counted(self.may_ask(peer).then_some(()), "not a client")?;
        match counted(self.gate.enter(peer).ok(), "crowded") {
            Some(pass) => {
                // Answers are written whole. A socket that is gone already will say so later.
                drop(stream.set_nodelay(true));
                Some((stream, pass))
            }
            None => {
                turn_away(&stream, DUNNO);
                None
            }
        }
    }

    /// Whether one may ask over TCP. Tells of the first who may not: it may be a mail server that nobody named.
    fn may_ask(&self, peer: IpAddr) -> bool {
        let is_client = self.config.clients.iter().any(|known| known.contains(peer));
        if !is_client && !self.is_told.swap(true, Ordering::Relaxed) {
            tracing::warn!(%peer, "a connection to the policy service is closed: if it is a mail server of yours, name it in policy.clients");
        }
        is_client
    }

    /// Answers one request after the other until the client goes.
    async fn converse(&self, stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<()> {
        let whole = self.config.request_timeout.duration();
        let mut wire: Wire<_, Reader> = Wire::new(stream, self.config.idle_timeout.duration(), whole);
        let mut last = Mail::default();
        loop {
            let answer = match wire.next().await {
                Ok(Some(request)) => self.answer(&request, &mut last).to_string(),
                Ok(None) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                    tracing::debug!(%error, "a client of the policy service sent no request");
                    metrics::counter!("atalaya_observe_policy_bad_requests_total").increment(1);
                    return wire.say(DUNNO).await;
                }
                Err(error) => return Err(error),
            };
            wire.say(answer.as_bytes()).await?;
        }
    }

    /// What Postfix is to do; notes what the request proves.
    fn answer(&self, request: &Request, last: &mut Mail) -> Answer {
        last.follow(request);
        let advice = match request.client_address {
            Some(address) if request.is_access_policy && request.sasl_username.is_empty() => {
                self.note(request, last);
                self.advice(address, &request.recipient)
            }
            _ => Advice::Pass,
        };
        let (word, answer) = match advice {
            // Postfix would add the header once for each recipient.
            Advice::Mark { name, value } if !std::mem::replace(&mut last.is_marked, true) => {
                ("prepend", Answer::Prepend(format!("{name}: {value}")))
            }
            Advice::Pass | Advice::Mark { .. } => ("dunno", Answer::Dunno),
            Advice::Defer(text) => ("defer-if-permit", Answer::DeferIfPermit(text)),
            Advice::Reject(text) => ("reject", Answer::Reject(text)),
        };
        metrics::counter!("atalaya_observe_policy_answers_total", "action" => word).increment(1);
        answer
    }

    /// What the list says to do about a client at a recipient. Who asks why must be heard.
    fn advice(&self, address: IpAddr, recipient: &str) -> Advice {
        match self.adviser.advice(address) {
            Advice::Reject(_) | Advice::Defer(_) if self.adviser.is_open(recipient) => Advice::Pass,
            advice => advice,
        }
    }

    /// Notes what a request proves, once for each mail, and again where it is stronger than what was noted of it.
    fn note(&self, request: &Request, last: &mut Mail) {
        let now = self.clock.now();
        let seen = seen::observation(&self.config.name, request, &self.adviser, &self.again, now);
        let Some(seen) = seen else {
            return;
        };
        let strength = Some(seen::strength(&seen));
        if strength > last.noted {
            last.noted = strength;
            self.behind.push(seen);
        }
    }
}

/// Counts a connection that is not let in.
fn counted<T>(admitted: Option<T>, reason: &'static str) -> Option<T> {
    if admitted.is_none() {
        metrics::counter!("atalaya_observe_policy_refused_total", "reason" => reason).increment(1);
    }
    admitted
}

/// The mail that the last request of a connection was about.
#[derive(Debug, Default)]
struct Mail {
    instance: String,
    /// How strong what was noted of it is.
    noted: Option<(u8, (u8, TrapWeight))>,
    is_marked: bool,
}

impl Mail {
    /// Forgets the last one where this is another.
    fn follow(&mut self, request: &Request) {
        if self.instance.is_empty() || self.instance != request.instance {
            *self = Self {
                instance: request.instance.clone(),
                ..Self::default()
            };
        }
    }
}
