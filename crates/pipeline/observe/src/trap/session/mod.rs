//! One connection: hears, answers and keeps, within its limits of time and memory.
//!
//! What is to be answered is decided in [`Dialogue`]; what belongs to a command and what to a message in [`Reader`]; waiting is
//! done in [`Wire`], which also writes down what is said. A message is kept before its 250 is said.

mod answer;
mod complaint;
mod keeping;
mod recorder;
mod shared;
mod transport;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use atalaya_formats::smtp::{
    Body, Command, Ending, Event, Oddities, Oddity, Parsed, Reader, oddities_of_chunks,
};
use atalaya_model::{Period, Tls};
use atalaya_net::Share;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

use self::keeping::Told;
use self::recorder::{Part, Recorder};
pub(crate) use self::shared::{Door, Shared};
pub(crate) use self::wire::Stops;
use self::wire::{End, Expected, Heard, Tarpit, Wire};
use crate::TrapMode;
use crate::trap::dialogue::{Dialogue, Haste, Recipients, Turn};
use crate::trap::evidence::Peer;
use crate::trap::keep::Record;
use crate::trap::reply::{self, Goodbye, Reply};

/// How much sooner the silent have to leave when more than half of the places are taken.
const HURRY: u32 = 5;
/// How long what an early talker said is waited for. It has come already, and is to be heard before the banner is said.
const EARLY_WORDS: Duration = Duration::from_secs(1);

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
    door: Arc<Door>,
    tls: Option<Tls>,
    dialogue: Dialogue,
    /// How often it was observed on this connection.
    observed: u32,
    /// The dialect that the client speaks, once that is told.
    told: Option<Told>,
    /// Whether all messages that were taken were answers about our own mail; none before the first. Then the connection is not observed.
    has_only_answers: Option<bool>,
    /// The place in the tarpit, if it has one.
    _place: Option<OwnedSemaphorePermit>,
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
    /// Begins to speak with `peer`, who came to `door`, over `stream`.
    pub(crate) fn new(shared: Arc<Shared<R>>, stream: S, peer: Peer, door: Arc<Door>, stops: Stops) -> Self {
        let config = &shared.script.config;
        let share = || shared.memory.share(peer.address);
        let recorder = Recorder::new(config.max_conversation.bytes(), share());
        let mut wire = Wire::new(stream, stops, share(), config, recorder);
        let place = match door.mode {
            TrapMode::Tarpit => Arc::clone(&shared.tarpit).try_acquire_owned().ok(),
            _ => None,
        };
        if place.is_some() {
            wire.slow_down(Tarpit {
                delay: config.tarpit.delay.duration(),
                until: Instant::now() + config.tarpit.longest.duration(),
            });
        }
        let recipients = match door.mode {
            TrapMode::RefuseRecipients => Recipients::Refused,
            TrapMode::DeferOnce if shared.newcomers.defers(peer.address, shared.clock.now()) => {
                Recipients::Deferred
            }
            _ => Recipients::Taken,
        };
        Self {
            wire,
            dialogue: Dialogue::new(recipients),
            reader: Reader::new(config.max_line_length.bytes()),
            body: Body::default(),
            memory: share(),
            chunk: None,
            message_ends_at: None,
            command_ends_at: None,
            observed: 0,
            told: None,
            has_only_answers: None,
            tls: None,
            _place: place,
            shared,
            peer,
            door,
        }
    }

    /// Notes that the client spoke before it was spoken to.
    pub(crate) const fn note_early_talker(&mut self) {
        self.dialogue.note(Oddity::EarlyTalker);
    }

    /// Speaks with the client until one of the two ends it. Returns the word for why.
    ///
    /// Boxed: an `async fn` keeps what it is given twice, and the task of a connection is moved several times until it runs.
    pub(crate) async fn run(mut self: Box<Self>) -> &'static str {
        let end = match self.greet().await {
            Ok(()) => self.converse().await,
            Err(end) => end,
        };
        let (word, ending) = match end {
            End::Gone => ("gone", Ending::Drop),
            End::NoTls => {
                self.dialogue.note(Oddity::NoTls);
                ("no-tls", Ending::Drop)
            }
            End::Goodbye(goodbye) => {
                self.wire.say(&goodbye.reply(&self.shared.script.config.hostname));
                self.wire.close().await;
                let ending = if goodbye == Goodbye::Quit {
                    Ending::Quit
                } else {
                    Ending::Server
                };
                (goodbye.word(), ending)
            }
        };
        self.keep_conversation(ending).await;
        word
    }

    /// Listens for a while, then gives the banner (RFC 5321 section 4.3.1).
    async fn greet(&mut self) -> Result<(), End> {
        let delay = self.shared.script.config.banner_delay.duration();
        let delay = if self.dialogue.oddities().has(Oddity::EarlyTalker) {
            delay.max(EARLY_WORDS)
        } else {
            delay
        };
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
        let part = if self.reader.is_in_message() {
            Part::Message
        } else {
            Part::Command
        };
        let step = self.reader.step(self.wire.input(), &mut self.body);
        if matches!(step.event, Event::Line { .. } | Event::LongLine) {
            self.command_ends_at = None;
        }
        if let Event::Line { length, oddities } = step.event {
            let mut parsed = Command::parse(self.wire.input().get(..length).unwrap_or_default());
            parsed.oddities = parsed.oddities.with(oddities);
            if matches!(parsed.command, Ok(Command::Mail(_))) {
                self.wire.recorder().begin_message();
            }
            self.wire.advance(step.consumed, part);
            return self.obey(parsed).await;
        }
        self.wire.advance(step.consumed, part);
        match step.event {
            Event::More => {
                if self.shared.gate.is_crowded() {
                    self.wire.hurry();
                }
                let known = self.wire.input().len();
                self.wire.flush().await?;
                // Who is held up may have said more meanwhile.
                if self.wire.input().len() == known {
                    self.wait().await?;
                }
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
            Turn::StartTls => self.begin_tls().await?,
            Turn::Leave(goodbye) => return Err(End::Goodbye(goodbye)),
        }
        self.wire.flush_some().await
    }

    /// Begins TLS; what was said before it counts no more (RFC 3207 section 4.2).
    async fn begin_tls(&mut self) -> Result<(), End> {
        let Some(tls) = self.shared.tls.clone() else {
            return Err(End::NoTls);
        };
        self.wire.say(&reply::BEGIN_TLS);
        let limit = self.patience(self.shared.script.config.command_timeout);
        let (agreed, dropped) = Box::pin(self.wire.begin_tls(tls.acceptor(), limit)).await?;
        if dropped == Heard::Words {
            self.dialogue.note(Oddity::BehindStartTls);
        }
        self.tls = Some(agreed);
        self.dialogue.begin_tls();
        self.forget_message();
        Ok(())
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
        if oddities.has(Oddity::BareLf) || oddities.has(Oddity::BareCr) {
            self.wire.recorder().note_bare_ends();
        }
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
}

fn count_refused(reason: &'static str) {
    metrics::counter!("atalaya_observe_messages_refused_total", "reason" => reason).increment(1);
}

#[cfg(test)]
mod tests;
