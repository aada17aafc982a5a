//! The policy service: a Postfix asks about each recipient, and is answered from the set in memory.
//!
//! In: requests of mail servers that the configuration names, over TCP or a unix socket. Out: one answer each, and an observation where a client named
//! a trap as recipient. Never waits for the store, and never makes up a listing: with no list loaded, and whatever goes wrong, the answer is DUNNO.

mod config;
mod seen;
#[cfg(test)]
mod tests;
mod wire;

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use atalaya_formats::policy::{Answer, Request};
use atalaya_model::{Class, Clock, Trap};
use atalaya_net::{Acceptor, Gate, Pass, turn_away};
use atalaya_store::Store;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use self::config::{BadAction, PolicyAction, PolicyActions, PolicyConfig};
use self::seen::Queue;
use self::wire::Wire;

/// What who finds no place is told.
const NO_PLACE: &[u8] = b"action=DUNNO\n\n";

/// What the service asks of the rest of the program; both answer from memory.
pub struct PolicyKnowledge {
    /// The classes in which an address is listed; none while no list is loaded.
    pub classes: Box<dyn Fn(IpAddr) -> Option<Vec<Class>> + Send + Sync>,
    /// The kind of trap that a recipient was named to be, by itself or by its domain.
    pub trap: Box<dyn Fn(&str) -> Option<Trap> + Send + Sync>,
    /// Where the pages are, without a slash at the end.
    pub public_url: String,
}

impl fmt::Debug for PolicyKnowledge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PolicyKnowledge")
            .field("public_url", &self.public_url)
            .finish_non_exhaustive()
    }
}

/// The service. It may serve several listeners; they share its limits.
#[derive(Debug)]
pub struct Policy {
    config: PolicyConfig,
    knowledge: PolicyKnowledge,
    clock: Clock,
    gate: Gate,
    queue: Queue,
}

impl Policy {
    /// Makes a service, and the work of keeping what it sees in `store`, which ends after the service is dropped. The configuration must have
    /// passed its check.
    #[must_use]
    pub fn new(
        config: PolicyConfig,
        knowledge: PolicyKnowledge,
        store: Store,
        clock: Clock,
    ) -> (Self, impl Future<Output = ()> + Send + 'static) {
        let (sender, receiver) = mpsc::channel(config.queue);
        let policy = Self {
            // All come from a few mail servers.
            gate: Gate::new(config.max_connections, config.max_connections),
            config,
            knowledge,
            clock,
            queue: Queue(sender),
        };
        (policy, seen::keep(store, receiver))
    }

    /// Answers at a TCP port until `stop`.
    pub async fn serve(self: Arc<Self>, listener: TcpListener, stop: CancellationToken) {
        let tasks = TaskTracker::new();
        let mut acceptor = Acceptor::new(listener);
        loop {
            let (stream, peer) = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                accepted = acceptor.next() => accepted,
            };
            let peer = peer.ip().to_canonical();
            if !self.config.clients.iter().any(|known| known.contains(peer)) {
                tracing::debug!(%peer, "policy.clients does not name who asked");
                continue;
            }
            match self.gate.enter(peer) {
                Ok(pass) => {
                    drop(stream.set_nodelay(true));
                    self.begin(stream, pass, (&tasks, &stop));
                }
                Err(_crowded) => turn_away(&stream, NO_PLACE),
            }
        }
        drop(acceptor);
        tasks.close();
        tasks.wait().await;
    }

    /// Answers at a unix socket until `stop`.
    pub async fn serve_socket(self: Arc<Self>, listener: UnixListener, stop: CancellationToken) {
        let tasks = TaskTracker::new();
        loop {
            let accepted = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, _)) => {
                    // Who finds no place is closed at once: Postfix tries again, then does its default.
                    if let Ok(pass) = self.gate.enter(Ipv4Addr::LOCALHOST.into()) {
                        self.begin(stream, pass, (&tasks, &stop));
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "the policy socket failed to accept a connection");
                    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                }
            }
        }
        drop(listener);
        tasks.close();
        tasks.wait().await;
    }

    /// Converses on a task of its own.
    fn begin<S>(self: &Arc<Self>, stream: S, pass: Pass, (tasks, stop): (&TaskTracker, &CancellationToken))
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (policy, stop) = (Arc::clone(self), stop.clone());
        tasks.spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                // A peer that is gone, or that is too slow, is nobody's trouble but its own.
                _ended = policy.converse(stream) => {}
            }
            drop(pass);
        });
    }

    /// Answers one request after the other until the client goes.
    async fn converse(&self, stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<()> {
        let whole = self.config.request_timeout.duration();
        let mut wire = Wire::new(stream, self.config.idle_timeout.duration(), whole);
        let mut last = Mail::default();
        loop {
            let answer = match wire.next().await {
                Ok(Some(request)) => self.answer(&request, &mut last).to_string(),
                Ok(None) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                    tracing::warn!(%error, "a client of the policy service sent no request");
                    return timeout(whole, wire.stream.write_all(NO_PLACE)).await?;
                }
                Err(error) => return Err(error),
            };
            timeout(whole, wire.stream.write_all(answer.as_bytes())).await??;
        }
    }

    /// What Postfix is to do; notes what the request proves.
    fn answer(&self, request: &Request, last: &mut Mail) -> Answer {
        last.follow(request);
        if let Some(seen) = self.seen(request).filter(|_| !last.is_seen) {
            last.is_seen = true;
            self.queue.push(seen);
        }
        let answer = self.action(request).unwrap_or_default();
        let answer = match answer {
            // Postfix would add the header once for each recipient.
            Answer::Prepend(_) if std::mem::replace(&mut last.is_marked, true) => Answer::Dunno,
            other => other,
        };
        let word = match &answer {
            Answer::Dunno => "dunno",
            Answer::Prepend(_) => "prepend",
            Answer::DeferIfPermit(_) => "defer-if-permit",
            Answer::Reject(_) => "reject",
        };
        metrics::counter!("atalaya_observe_policy_answers_total", "action" => word).increment(1);
        answer
    }

    fn seen(&self, request: &Request) -> Option<atalaya_model::Observation> {
        if !request.is_access_policy {
            return None;
        }
        let trap = (self.knowledge.trap)(&request.recipient);
        seen::observation(&self.config, request, trap, self.clock.now())
    }

    /// The action for the client, where it is a stranger that is listed.
    fn action(&self, request: &Request) -> Option<Answer> {
        let address = request.client_address.filter(|_| request.is_access_policy)?;
        let is_own = self.config.own.iter().any(|own| own.contains(address));
        if is_own || !request.sasl_username.is_empty() {
            return None;
        }
        let url = format!("{}/ip/{address}", self.knowledge.public_url);
        let classes = (self.knowledge.classes)(address)?;
        let answers = classes.into_iter().map(|class| {
            let gaps = [
                ("{address}", &*address.to_string()),
                ("{class}", class.name()),
                ("{url}", &url),
            ];
            self.config.actions.of(class).fill(&gaps)
        });
        answers.max_by_key(Answer::strength)
    }
}

/// The mail that the last request of a connection was about.
#[derive(Debug, Default)]
struct Mail {
    instance: String,
    is_seen: bool,
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
