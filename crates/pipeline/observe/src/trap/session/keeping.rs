//! What is kept of a connection: each message with what was said around it, and at the end the conversation itself.

use atalaya_formats::smtp::{Dialect, Ending, Oddities, Parties};
use atalaya_model::{DialectId, Envelope, Observation, ObservationId};
use atalaya_store::Evidence;
use tokio::io::{AsyncRead, AsyncWrite};

use super::{Session, count_refused};
use crate::trap::book::Hit;
use crate::trap::evidence::{self, Delivery};
use crate::trap::keep::Record;
use crate::trap::reply::{self, Reply};
use crate::{RecordConnections, TrapMode};

/// The dialect of a connection, as its first message was told.
#[derive(Debug)]
pub(super) struct Told {
    dialect: Dialect,
    text: String,
    id: DialectId,
}

impl Told {
    fn new(dialect: Dialect) -> Self {
        let text = dialect.to_string();
        let id = Dialect::id(&text);
        Self { dialect, text, id }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin, R: Record> Session<S, R> {
    /// Keeps the message that is complete, or says why not.
    pub(super) async fn keep(&mut self, oddities: Oddities) -> Reply {
        let traps = self.dialogue.take_traps();
        let (envelope, trap) = self.dialogue.finish();
        if self.shared.complaints.takes(&envelope.recipients) {
            return self.keep_complaint().await;
        }
        if let Some(ear) = self.ear_for(&envelope) {
            return self.keep_answer(ear.as_ref(), &envelope).await;
        }
        self.listen_to_dialect();
        let delivery = Delivery {
            traps,
            ..self.delivery(envelope, Some(trap), oddities)
        };
        let message = self.body.take();
        let (observation, shape) = evidence::of_message(delivery, &message);
        let evidence = Evidence {
            message: Some(message),
            shape: Some(shape.into_text()),
            ..self.evidence()
        };
        match (self.record(observation, evidence).await, self.door.mode) {
            (Err(refusal), _) => refusal,
            (Ok(id), mode) => {
                self.observed = self.observed.saturating_add(1);
                self.has_only_answers = Some(false);
                match mode {
                    TrapMode::RefuseMessages => reply::MESSAGE_REFUSED,
                    _ => reply::kept(id),
                }
            }
        }
    }

    /// Makes an observation durable, or gives the answer of a trap that cannot.
    pub(super) async fn record(
        &mut self,
        observation: Observation,
        evidence: Evidence,
    ) -> Result<ObservationId, Reply> {
        let (id, kind) = (observation.id, observation.kind);
        tracing::debug!(observation.id = %id, %kind, "a message came in");
        match self.shared.keeper.keep(observation, evidence).await {
            Ok(()) => {
                self.dialogue.count_message();
                self.wire.recorder().end_message();
                metrics::counter!("atalaya_observe_messages_total", "kind" => kind.name()).increment(1);
                Ok(id)
            }
            Err(why) if why.is_full() => {
                count_refused("store-full");
                Err(reply::STORE_FULL)
            }
            Err(_) => {
                count_refused("store-trouble");
                Err(reply::STORE_TROUBLE)
            }
        }
    }

    /// Keeps the conversation that is over, where that is wanted. Nobody waits for it, and nothing is lost to the client if it fails.
    pub(super) async fn keep_conversation(&mut self, ending: Ending) {
        let wanted = match self.shared.script.config.record_connections {
            RecordConnections::None => false,
            RecordConnections::WithoutMail => !self.dialogue.has_message(),
            RecordConnections::All => true,
        };
        let now = self.shared.clock.now();
        if self.has_only_answers == Some(true)
            || !wanted
            || !self.wire.recorder().has_heard()
            || !self.shared.ledger.admits(self.peer.address, now)
        {
            return;
        }
        self.listen_to_dialect();
        if let Some(mut told) = self.told.take() {
            told.dialect.end(ending);
            self.told = Some(Told::new(told.dialect));
        }
        let (envelope, trap) = self.dialogue.unfinished();
        let observation = evidence::of_connection(self.delivery(envelope, trap, Oddities::NONE));
        let evidence = self.evidence();
        if self.shared.keeper.keep(observation, evidence).await.is_ok() {
            metrics::counter!("atalaya_observe_connections_recorded_total").increment(1);
        }
    }

    /// How it came, told now.
    fn delivery(&self, envelope: Envelope, trap: Option<Hit>, oddities: Oddities) -> Delivery {
        Delivery {
            peer: self.peer.clone(),
            listener: self.door.name.clone(),
            at: self.shared.clock.now(),
            envelope,
            trap,
            traps: Vec::new(),
            nth: self.observed.saturating_add(1),
            dialect: self.told.as_ref().map(|told| told.id),
            tls: self.tls.clone(),
            oddities: oddities.with(self.dialogue.oddities()),
        }
    }

    /// What was said, and the text of the dialect.
    fn evidence(&mut self) -> Evidence {
        let recorder = self.wire.recorder();
        Evidence {
            conversation: recorder
                .is_on()
                .then(|| recorder.conversation().to_text().into_bytes()),
            dialect: self.told.as_ref().map(|told| told.text.clone()),
            ..Evidence::default()
        }
    }

    /// Makes out the dialect. That of the first message stays that of the connection, so that all its messages have one.
    fn listen_to_dialect(&mut self) {
        let recorder = self.wire.recorder();
        if !recorder.is_on() {
            return;
        }
        let parties = Parties {
            client: self.peer.address,
            server: &self.shared.script.config.hostname,
        };
        let dialect = Dialect::of(recorder.conversation(), parties);
        match &mut self.told {
            None => self.told = Some(Told::new(dialect)),
            Some(told) => told.dialect.learn(&dialect),
        }
    }
}
