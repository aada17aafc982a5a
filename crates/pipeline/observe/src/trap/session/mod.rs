//! One connection: hears, answers and keeps, within its limits of time and memory.
//!
//! What is to be answered is decided in [`Dialogue`]; what belongs to a command and what to a message in [`Reader`]; waiting is
//! done in [`Wire`]. A message is kept before its 250 is said.

mod complaint;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use atalaya_formats::smtp::{Body, Command, Event, Oddities, Oddity, Parsed, Reader, oddities_of_chunks};
use atalaya_model::{Clock, Observation, Period};
use atalaya_net::{Budget, Gate, Share};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;

use crate::TrapConfig;
use crate::complaints::ComplaintsConfig;
use crate::trap::dialogue::{Dialogue, Haste, Script, Turn};
use crate::trap::evidence::{self, Delivery, Peer};
use crate::trap::keep::{Keeper, Record};
use crate::trap::reply::{self, Reply};

pub(crate) use self::wire::Stops;
use self::wire::{End, Expected, Heard, WIDE, Wire};

/// How much sooner the silent have to leave when more than half of the places are taken.
const HURRY: u32 = 5;
/// The part of `trap.max_memory` that one address may have: four have to work together to take it all. It is never less than what the
/// largest message takes.
const ADDRESS_PART: usize = 4;

/// What all connections of a trap share.
#[derive(Debug)]
pub(crate) struct Shared<R> {
    /// What to say, and the limits.
    pub(crate) script: Script,
    /// Where complaints are read, and whose.
    pub(crate) complaints: ComplaintsConfig,
    /// Where messages are kept.
    pub(crate) keeper: Keeper<R>,
    /// The places for connections.
    pub(crate) gate: Gate,
    /// The memory for messages being received.
    pub(crate) memory: Budget,
    /// The time.
    pub(crate) clock: Clock,
}

impl<R: Record> Shared<R> {
    /// What the connections of a trap with this configuration share.
    pub(crate) fn new(config: TrapConfig, store: R, clock: Clock) -> Self {
        let memory = config.max_memory.bytes();
        let largest = config.max_message_size.bytes().saturating_add(WIDE);
        Self {
            keeper: Keeper::new(store, config.store_timeout.duration()),
            gate: Gate::new(config.max_connections, config.max_connections_per_address),
            memory: Budget::new(memory, memory.div_euclid(ADDRESS_PART).max(largest)),
            script: Script::new(config),
            complaints: ComplaintsConfig::default(),
            clock,
        }
    }
}

/// A chunk that is coming.
#[derive(Debug)]
struct Chunk {
    size: u64,
    last: bool,
    refusal: Option<Reply>,
}

/// One connection.
#[derive(Debug)]
pub(crate) struct Session<S, R> {
    shared: Arc<Shared<R>>,
    wire: Wire<S>,
    peer: Peer,
    dialogue: Dialogue,
    reader: Reader,
    /// The message that is coming.
    body: Body,
    /// The memory that it takes.
    memory: Share,
    /// The chunk of it that is coming.
    chunk: Option<Chunk>,
    /// When it must have come, while one is coming.
    message_ends_at: Option<Instant>,
    /// When the command that is waited for must have come.
    command_ends_at: Option<Instant>,
}

impl<S: AsyncRead + AsyncWrite + Unpin, R: Record> Session<S, R> {
    /// Begins to speak with `peer` over `stream`.
    pub(crate) fn new(shared: Arc<Shared<R>>, stream: S, peer: Peer, stops: Stops) -> Self {
        let config = &shared.script.config;
        Self {
            wire: Wire::new(stream, stops, shared.memory.share(peer.address), config),
            dialogue: Dialogue::default(),
            reader: Reader::new(config.max_line_length.bytes()),
            body: Body::default(),
            memory: shared.memory.share(peer.address),
            chunk: None,
            message_ends_at: None,
            command_ends_at: None,
            shared,
            peer,
        }
    }

    /// Notes that the client spoke before it was spoken to.
    pub(crate) const fn note_early_talker(&mut self) {
        self.dialogue.note(Oddity::EarlyTalker);
    }

    /// Speaks with the client until one of the two ends it. Returns the word for why.
    pub(crate) async fn run(mut self) -> &'static str {
        let end = match self.greet().await {
            Ok(()) => self.converse().await,
            Err(end) => end,
        };
        match end {
            End::Gone => "gone",
            End::Goodbye(goodbye) => {
                self.wire.say(&goodbye.reply(&self.shared.script.config.hostname));
                self.wire.close().await;
                goodbye.word()
            }
        }
    }

    /// Listens for a while, then gives the banner (RFC 5321 section 4.3.1).
    async fn greet(&mut self) -> Result<(), End> {
        let delay = self.shared.script.config.banner_delay.duration();
        if self.wire.listen(delay).await? == Heard::Words {
            self.note_early_talker();
        }
        let banner = reply::banner(&self.shared.script.config.hostname);
        self.wire.say(&banner);
        Ok(())
    }

    async fn converse(&mut self) -> End {
        loop {
            if let Err(end) = self.step().await {
                return end;
            }
        }
    }

    /// Reads one thing and acts on it.
    async fn step(&mut self) -> Result<(), End> {
        self.make_room();
        let step = self.reader.step(self.wire.input(), &mut self.body);
        if matches!(step.event, Event::Line { .. } | Event::LongLine) {
            self.command_ends_at = None;
        }
        if let Event::Line { length, oddities } = step.event {
            let mut parsed = Command::parse(self.wire.input().get(..length).unwrap_or_default());
            parsed.oddities = parsed.oddities.with(oddities);
            self.wire.advance(step.consumed);
            return self.obey(parsed).await;
        }
        self.wire.advance(step.consumed);
        match step.event {
            Event::More => {
                self.wire.flush().await?;
                self.wait().await?;
            }
            Event::DataEnd { oddities } => self.end_message(oddities).await,
            Event::ChunkEnd => self.end_chunk().await,
            Event::LongLine | Event::Line { .. } => {
                let turn = self.dialogue.hear_long_line(&self.shared.script);
                self.act(turn).await?;
            }
        }
        Ok(())
    }

    /// Waits for more of what is expected: for a whole command with one limit, however its bytes drip, for a message from piece to piece.
    async fn wait(&mut self) -> Result<(), End> {
        let config = &self.shared.script.config;
        let now = Instant::now();
        let (expected, until) = if !self.reader.is_in_message() {
            let ends_at = now + self.patience(config.command_timeout);
            (Expected::Command, *self.command_ends_at.get_or_insert(ends_at))
        } else if self.body.is_whole() {
            (Expected::Message, now + self.patience(config.data_timeout))
        } else {
            (Expected::Rest, now + self.patience(config.data_timeout))
        };
        let until = self.message_ends_at.map_or(until, |ends_at| until.min(ends_at));
        self.wire.fill(expected, until).await
    }

    /// How long a client may be silent, as full as it is now.
    fn patience(&self, most: Period) -> Duration {
        let most = most.duration();
        if self.shared.gate.is_crowded() {
            most.checked_div(HURRY).unwrap_or(most)
        } else {
            most
        }
    }

    async fn obey(&mut self, parsed: Parsed) -> Result<(), End> {
        let haste = if self.wire.input().is_empty() {
            Haste::Waits
        } else {
            Haste::SpeaksOn
        };
        let turn = self.dialogue.hear(parsed, haste, &self.shared.script);
        if !self.dialogue.is_in_chunks() {
            // The command may have been RSET: nothing of the message is needed any more.
            self.forget_message();
        }
        self.act(turn).await
    }

    async fn act(&mut self, turn: Turn) -> Result<(), End> {
        match turn {
            Turn::Say(reply) => self.wire.say(&reply),
            Turn::TakeData => {
                self.begin_message();
                self.reader.begin_data();
                self.wire.say(&reply::GO_AHEAD);
            }
            Turn::TakeChunk { size, last, refusal } => {
                if refusal.is_some() {
                    self.body.give_up();
                } else if self.dialogue.begin_chunk() {
                    self.begin_message();
                }
                self.chunk = Some(Chunk { size, last, refusal });
                self.reader.begin_chunk(size);
            }
            Turn::Leave(goodbye) => return Err(End::Goodbye(goodbye)),
        }
        self.wire.flush_some().await
    }

    fn begin_message(&mut self) {
        let config = &self.shared.script.config;
        self.body = Body::new(config.max_message_size.bytes());
        self.message_ends_at = Some(Instant::now() + config.message_timeout.duration());
    }

    /// Lets the bytes of a message go, with their memory and their deadline.
    fn forget_message(&mut self) {
        self.body = Body::default();
        self.memory.give_back();
        self.message_ends_at = None;
    }

    /// Makes room for the message bytes that were read, or gives the message up where there is no memory.
    fn make_room(&mut self) {
        if !self.body.is_whole() {
            self.memory.give_back();
        }
        let growth = self.body.wanted_growth(self.wire.input().len());
        if !self.reader.is_in_message() || growth == 0 {
            return;
        }
        if self.memory.take(growth) {
            self.body.grow(growth);
        } else {
            self.body.give_up();
            self.memory.give_back();
        }
    }

    /// Answers a chunk (RFC 3030 section 2).
    async fn end_chunk(&mut self) {
        match self.chunk.take() {
            Some(Chunk {
                refusal: Some(refusal),
                ..
            }) => self.wire.say(&refusal),
            Some(Chunk {
                size, last: false, ..
            }) if self.body.is_whole() => self.wire.say(&reply::chunk_taken(size)),
            _ => {
                let oddities = oddities_of_chunks(self.body.bytes());
                self.end_message(oddities).await;
            }
        }
    }

    /// Keeps the message that is complete, or says why not.
    async fn end_message(&mut self, oddities: Oddities) {
        let reply = if self.body.is_whole() {
            self.keep(oddities).await
        } else {
            self.dialogue.finish();
            let (reply, reason) = if self.body.is_too_big() {
                (reply::TOO_BIG, "too-big")
            } else {
                (reply::NO_MEMORY, "no-memory")
            };
            count_refused(reason);
            reply
        };
        self.forget_message();
        self.wire.say(&reply);
    }

    async fn keep(&mut self, oddities: Oddities) -> Reply {
        let (envelope, trap) = self.dialogue.finish();
        if self.shared.complaints.takes(&envelope.recipients) {
            return self.keep_complaint().await;
        }
        let delivery = Delivery {
            peer: self.peer,
            at: self.shared.clock.now(),
            envelope,
            trap,
            oddities: oddities.with(self.dialogue.oddities()),
        };
        let message = self.body.take();
        let observation = evidence::observation(delivery, &message);
        self.record(observation, message).await
    }

    /// Says 250 once the observation and its message are durable.
    async fn record(&mut self, observation: Observation, message: Vec<u8>) -> Reply {
        let (id, kind) = (observation.id, observation.kind);
        tracing::debug!(observation.id = %id, size = message.len(), %kind, "a message came in");
        match self.shared.keeper.keep(observation, message).await {
            Ok(()) => {
                self.dialogue.count_message();
                metrics::counter!("atalaya_observe_messages_total", "kind" => kind.name()).increment(1);
                reply::kept(id)
            }
            Err(why) if why.is_full() => {
                count_refused("store-full");
                reply::STORE_FULL
            }
            Err(_) => {
                count_refused("store-trouble");
                reply::STORE_TROUBLE
            }
        }
    }
}

fn count_refused(reason: &'static str) {
    metrics::counter!("atalaya_observe_messages_refused_total", "reason" => reason).increment(1);
}

#[cfg(test)]
mod tests;
