//! The SMTP trap: takes mail for anybody, records it, and has no way to send any.
//!
//! In: connections. Out: one observation for each message that was taken, in the store before the client hears 250, and one for each
//! conversation in which none came. The trap never relays, never bounces and never opens a connection.

mod book;
mod dialogue;
mod ear;
mod evidence;
mod keep;
mod ledger;
mod newcomers;
mod registry;
mod reply;
mod session;
mod tls;

use std::net::SocketAddr;
use std::sync::Arc;

use atalaya_formats::smtp::Address;
use atalaya_formats::syn::Syn;
use atalaya_model::Clock;
use atalaya_net::{Acceptor, Crowded, Pass, has_spoken, save_syns, saved_syn, turn_away};
use atalaya_store::Store;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub(crate) use self::book::Book;
pub use self::book::Hit;
pub use self::ear::{Ear, Hearing, Taken, Unheard};
pub(crate) use self::evidence::{Delivery, Peer, of_connection, of_message};
use self::keep::Record;
pub(crate) use self::ledger::Ledger;
pub use self::registry::{TrapFile, TrapFileError, TrapFollower};
use self::reply::Goodbye;
use self::session::{Door, Session, Shared, Stops};
pub use self::tls::{TrapTls, TrapTlsError};
use crate::complaints::ComplaintsConfig;
use crate::{FIRST_LISTENER, TrapAddress, TrapConfig, TrapListener};

/// The trap. It may serve several listeners; they share its limits.
#[derive(Debug)]
pub struct Trap {
    hall: Hall<Store>,
}

impl Trap {
    /// Makes a trap that records in `store`, and offers STARTTLS if it has what that needs. Both configurations must have passed their
    /// checks.
    #[must_use]
    pub fn new(
        config: TrapConfig,
        complaints: ComplaintsConfig,
        store: Store,
        clock: Clock,
        tls: Option<TrapTls>,
    ) -> Self {
        let mut shared = Shared::new(config, store, clock, tls);
        shared.complaints = complaints;
        Self {
            hall: Hall::new(shared),
        }
    }

    /// The same with somebody who hears answers to our own mail. Before the trap serves.
    #[must_use]
    pub fn with_ear(mut self, ear: Arc<dyn Ear>) -> Self {
        if let Some(shared) = Arc::get_mut(&mut self.hall.shared) {
            shared.ear = Some(ear);
        }
        self
    }

    /// Takes mail from `listener` until `stop` is cancelled; then ends the conversations, those with a message on its way last.
    pub async fn serve(&self, listener: TcpListener, stop: CancellationToken) {
        let door = Door {
            name: FIRST_LISTENER.to_owned(),
            mode: self.hall.shared.script.config.mode,
        };
        self.hall.serve(listener, door, stop).await;
    }

    /// The same for a further listener, with its name and mode.
    pub async fn serve_further(
        &self,
        further: &TrapListener,
        listener: TcpListener,
        stop: CancellationToken,
    ) {
        let door = Door {
            name: further.name.clone(),
            mode: further.mode,
        };
        self.hall.serve(listener, door, stop).await;
    }

    /// The trap that a recipient was named to be, itself or by its domain; none where nobody named it.
    #[must_use]
    pub fn named_trap(&self, recipient: &str) -> Option<Hit> {
        self.hall.shared.script.book.named(&Address(recipient.to_owned()))
    }

    /// From now on these are traps beside those of the configuration.
    fn set_traps(&self, traps: &[TrapAddress]) {
        self.hall.shared.script.book.replace(traps);
    }
}

/// Where connections come in. Apart from [`Trap`] so that tests can put another store behind it.
#[derive(Debug)]
struct Hall<R> {
    shared: Arc<Shared<R>>,
}

impl<R: Record> Hall<R> {
    fn new(shared: Shared<R>) -> Self {
        Self {
            shared: Arc::new(shared),
        }
    }

    async fn serve(&self, listener: TcpListener, door: Door, stop: CancellationToken) {
        if let Err(error) = save_syns(&listener) {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "connections will have no fingerprint"
            );
        }
        let door = Arc::new(door);
        let grace = self.shared.script.config.shutdown_grace.duration();
        let stops = Stops {
            soon: stop,
            now: CancellationToken::new(),
        };
        let sessions = TaskTracker::new();
        let mut acceptor = Acceptor::new(listener);
        loop {
            tokio::select! {
                biased;
                () = stops.soon.cancelled() => break,
                (stream, peer) = acceptor.next() => self.admit(stream, peer, &door, (&stops, &sessions)),
            }
        }
        // The port is free from here on: clients go to the next server instead of waiting.
        drop(acceptor);
        sessions.close();
        if tokio::time::timeout(grace, sessions.wait()).await.is_err() {
            stops.now.cancel();
            sessions.wait().await;
        }
    }

    /// Lets a connection in, or turns it away with a word why.
    fn admit(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
        door: &Arc<Door>,
        (stops, sessions): (&Stops, &TaskTracker),
    ) {
        let peer = Peer {
            address: self.shared.script.config.address_of(peer.ip()),
            port: peer.port(),
            // The kernel gives it out once.
            fingerprint: Some(Syn::fingerprint(saved_syn(&stream).as_ref().map(AsRef::as_ref))),
        };
        match self.shared.gate.enter(peer.address) {
            Ok(pass) => {
                let session = self.session(stream, peer, Arc::clone(door), stops);
                let visit = Visit::new(pass);
                sessions.spawn(async move { visit.end(session.run().await) });
            }
            Err(crowded) => self.refuse(&stream, crowded),
        }
    }

    fn session(
        &self,
        stream: TcpStream,
        peer: Peer,
        door: Arc<Door>,
        stops: &Stops,
    ) -> Box<Session<TcpStream, R>> {
        let spoke = has_spoken(&stream);
        // Answers are written whole; waiting for more to send would only delay them. A socket that is gone already will say so later.
        drop(stream.set_nodelay(true));
        let mut session = Box::new(Session::new(
            Arc::clone(&self.shared),
            stream,
            peer,
            door,
            stops.clone(),
        ));
        if spoke {
            session.note_early_talker();
        }
        session
    }

    fn refuse(&self, stream: &TcpStream, crowded: Crowded) {
        let goodbye = match crowded {
            Crowded::Everywhere => Goodbye::Crowded,
            Crowded::FromAddress => Goodbye::CrowdedAddress,
        };
        let mut words = Vec::new();
        goodbye
            .reply(&self.shared.script.config.hostname)
            .write(&mut words);
        turn_away(stream, &words);
        metrics::counter!("atalaya_observe_connections_refused_total", "reason" => goodbye.word())
            .increment(1);
    }
}

/// A connection as the metrics and the limits see it.
#[derive(Debug)]
struct Visit {
    _pass: Pass,
}

impl Visit {
    fn new(pass: Pass) -> Self {
        metrics::counter!("atalaya_observe_connections_total").increment(1);
        metrics::gauge!("atalaya_observe_connections_open").increment(1.0);
        Self { _pass: pass }
    }

    fn end(self, why: &'static str) {
        metrics::counter!("atalaya_observe_connections_ended_total", "reason" => why).increment(1);
    }
}

/// The count must go down even if the task is dropped half way.
impl Drop for Visit {
    fn drop(&mut self) {
        metrics::gauge!("atalaya_observe_connections_open").decrement(1.0);
    }
}
