//! Writes the conversation down while it is held: what came with the time at which it came, what was said with the time at which it went.
//!
//! What was read is written down only when it is known whether it was a command or belongs to a message, because of messages the size
//! alone is kept.

use std::collections::VecDeque;

use atalaya_formats::conversation::{Conversation, Ends, Place, Side};
use atalaya_net::Share;
use tokio::time::Instant;

/// What a conversation may take without asking, in bytes: most need less.
const FREE: usize = 2 * 1024;
/// Reads whose time is told apart while they wait to be understood. A line that drips in more pieces has the time of the last for the rest.
const MOST_WAITING: usize = 64;

/// What bytes of the client were.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Commands, or what was meant to be some.
    Command,
    /// A piece of a message.
    Message,
}

/// A conversation that is being written down.
#[derive(Debug)]
pub(super) struct Recorder {
    conversation: Conversation,
    limit: usize,
    began: Instant,
    /// What was read and is not understood yet: how many bytes, and when they came.
    waiting: VecDeque<(usize, u32)>,
    /// Where the first message began.
    opening: Option<Place>,
    /// The memory beyond what is free.
    memory: Share,
    has_heard: bool,
}

impl Recorder {
    /// Begins now. Takes at most `limit` bytes, those beyond [`FREE`] from `memory` if there are any.
    pub(super) fn new(limit: usize, memory: Share) -> Self {
        Self {
            conversation: Conversation::new(limit.min(FREE)),
            limit,
            began: Instant::now(),
            waiting: VecDeque::new(),
            opening: None,
            memory,
            has_heard: false,
        }
    }

    /// Whether anything is to be written down at all.
    pub(super) const fn is_on(&self) -> bool {
        self.limit > 0
    }

    /// Whether the client has said anything.
    pub(super) const fn has_heard(&self) -> bool {
        self.has_heard
    }

    /// What was written down.
    pub(super) const fn conversation(&self) -> &Conversation {
        &self.conversation
    }

    /// So many bytes came in.
    pub(super) fn arrived(&mut self, length: usize) {
        self.has_heard = true;
        if !self.is_on() {
            return;
        }
        let at = self.now();
        let is_full = self.waiting.len() >= MOST_WAITING;
        match self.waiting.back_mut() {
            Some((waiting, last)) if is_full || *last == at => {
                *waiting += length;
                *last = at;
            }
            _ => self.waiting.push_back((length, at)),
        }
    }

    /// The next bytes that came in are understood.
    pub(super) fn understood(&mut self, mut bytes: &[u8], part: Part) {
        if part == Part::Command {
            self.make_room(bytes.len());
        }
        while let Some((waiting, at)) = self.waiting.front_mut() {
            let Some((piece, rest)) = bytes.split_at_checked((*waiting).min(bytes.len())) else {
                return;
            };
            match part {
                Part::Command => self.conversation.say(*at, Side::Client, piece),
                Part::Message if piece.is_empty() => {}
                Part::Message => self.conversation.send(*at, piece.len() as u64, Ends::Clean),
            }
            *waiting -= piece.len();
            if *waiting > 0 {
                return;
            }
            self.waiting.pop_front();
            bytes = rest;
        }
    }

    /// What came in and is not understood is dropped.
    pub(super) fn drop_waiting(&mut self) {
        self.waiting.clear();
    }

    /// The message that came has line ends that are none.
    pub(super) fn note_bare_ends(&mut self) {
        let at = self.now();
        self.conversation.send(at, 0, Ends::Bare);
    }

    /// We said something.
    pub(super) fn said(&mut self, words: &[u8]) {
        self.make_room(words.len());
        let at = self.now();
        self.conversation.say(at, Side::Server, words);
    }

    /// TLS began.
    pub(super) fn began_tls(&mut self) {
        let at = self.now();
        self.conversation.begin_tls(at);
    }

    /// A message begins with what is understood next.
    pub(super) fn begin_message(&mut self) {
        self.opening.get_or_insert_with(|| self.conversation.place());
    }

    /// A message was kept, with what was said before it: that is left out of what is kept with the next one.
    pub(super) fn end_message(&mut self) {
        if let Some(opening) = self.opening {
            let at = self.now();
            self.conversation.leave_out_since(at, opening);
        }
    }

    /// Takes the memory for a long conversation once it gets long; without it the rest is left out.
    fn make_room(&mut self, coming: usize) {
        if self.limit > FREE
            && self.memory.taken() == 0
            && !self.conversation.has_room(coming)
            && self.memory.take(self.limit - FREE)
        {
            self.conversation.raise_limit(self.limit);
        }
    }

    /// Milliseconds since the beginning.
    fn now(&self) -> u32 {
        u32::try_from(self.began.elapsed().as_millis()).unwrap_or(u32::MAX)
    }
}
