//! Who said what in turn: the command lines of a client, and whether each waited for the answer to what came before.

use std::fmt;

use super::spelling;
use crate::conversation::{Conversation, Ends, Segment, Side, What};

/// A command line.
#[derive(Debug)]
pub(super) struct Turn {
    /// Without its end.
    pub(super) line: String,
    /// Its verb as it is spelled, `?` if SMTP does not know it.
    pub(super) verb: String,
    /// How long it waited after it was its turn, in milliseconds; none if it did not wait for its turn.
    pub(super) waited: Option<u32>,
    /// Whether it ended with a bare line feed.
    pub(super) is_bare: bool,
}

impl Turn {
    /// Whether it is this command, in any case of letters.
    pub(super) fn is(&self, verb: &str) -> bool {
        self.verb.eq_ignore_ascii_case(verb)
    }
}

/// A refusal and what the client made of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    verb: String,
    digit: char,
    then: Option<String>,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { verb, digit, then } = self;
        write!(f, "{verb}:{digit}>{}", then.as_deref().unwrap_or("-"))
    }
}

/// What was heard of a client up to the end of its first message, and a little beyond.
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// Its commands.
    pub(super) turns: Vec<Turn>,
    /// The line ends of its message, if one came.
    pub(super) text: Option<Ends>,
    /// Whether the message came before it was called for.
    pub(super) is_text_early: bool,
    /// The first refusal.
    pub(super) refused: Option<Refused>,
    /// What it said between its first two messages.
    pub(super) next: Option<String>,
}

impl Heard {
    /// Reads a conversation.
    pub(super) fn of(conversation: &Conversation) -> Self {
        let mut listener = Listener::default();
        for segment in conversation.segments() {
            listener.hear(&segment);
        }
        listener.heard
    }

    /// The domains of the recipients.
    pub(super) fn recipient_domains(&self) -> impl Iterator<Item = &str> {
        self.turns
            .iter()
            .filter(|turn| turn.is("RCPT"))
            .filter_map(|turn| Some(turn.line.split_once('@')?.1))
            .map(|rest| rest.split(['>', ' ', '\t']).next().unwrap_or(rest))
    }
}

/// Where a conversation stands.
#[derive(Debug, PartialEq, Eq, Default, Clone, Copy)]
enum Stage {
    /// Up to the end of the first message.
    #[default]
    First,
    /// Between the first two messages.
    Between,
    /// Behind.
    Over,
}

/// Follows a conversation.
#[derive(Debug)]
struct Listener {
    heard: Heard,
    stage: Stage,
    /// What was said between the first two messages.
    between: String,
    /// The line that is not whole yet, and when it began.
    line: Vec<u8>,
    began: u32,
    /// The answer that is not whole yet.
    reply: Vec<u8>,
    /// The answers that we owe: one for the banner, one for each command.
    owed: u64,
    /// Commands whose answers are owed, oldest first; only those of [`Heard::turns`].
    asked: std::collections::VecDeque<usize>,
    /// When we said our last word.
    answered: u32,
}

impl Default for Listener {
    fn default() -> Self {
        Self {
            heard: Heard::default(),
            stage: Stage::First,
            between: String::new(),
            line: Vec::new(),
            began: 0,
            reply: Vec::new(),
            owed: 1,
            asked: std::collections::VecDeque::new(),
            answered: 0,
        }
    }
}

impl Listener {
    fn hear(&mut self, segment: &Segment<'_>) {
        match segment.what {
            What::Said(Side::Server, said) => {
                self.answered = segment.at;
                said.split_inclusive(|byte| *byte == b'\n')
                    .for_each(|piece| self.hear_server(piece));
            }
            What::Said(Side::Client, said) => said
                .split_inclusive(|byte| *byte == b'\n')
                .for_each(|piece| self.hear_client(segment.at, piece)),
            What::Message(_, ends) => self.hear_message(ends),
            What::Tls => self.line.clear(),
            What::Earlier => self.end_first(),
        }
    }

    /// Hears a line of ours, or a piece of one.
    fn hear_server(&mut self, piece: &[u8]) {
        self.reply.extend_from_slice(piece);
        if piece.ends_with(b"\n") {
            self.end_reply();
        }
    }

    /// Hears a line of the client, or a piece of one.
    fn hear_client(&mut self, at: u32, piece: &[u8]) {
        if self.line.is_empty() {
            self.began = at;
        }
        self.line.extend_from_slice(piece);
        if piece.ends_with(b"\n") {
            self.end_line();
        }
    }

    /// A line of ours is whole: the last of its reply has no hyphen behind its code (RFC 5321 section 4.2.1).
    fn end_reply(&mut self) {
        let reply = std::mem::take(&mut self.reply);
        if reply.get(3) == Some(&b'-') {
            return;
        }
        self.owed = self.owed.saturating_sub(1);
        let asked = if self.stage == Stage::First {
            self.asked.pop_front()
        } else {
            None
        };
        let digit = reply.first().copied().map_or(' ', char::from);
        if let (Some(turn), '4' | '5', None) = (
            asked.and_then(|at| self.heard.turns.get(at)),
            digit,
            &self.heard.refused,
        ) {
            let verb = turn.verb.clone();
            self.heard.refused = Some(Refused {
                verb,
                digit,
                then: None,
            });
        }
    }

    fn end_line(&mut self) {
        let mut line = std::mem::take(&mut self.line);
        line.pop();
        let is_bare = line.last() != Some(&b'\r');
        if !is_bare {
            line.pop();
        }
        // What came before our last word went out did not wait for it, even if it was understood later.
        let waited =
            (self.owed == 0 && self.began >= self.answered).then(|| self.began.saturating_sub(self.answered));
        self.owed = self.owed.saturating_add(1);
        let line = String::from_utf8_lossy(&line).into_owned();
        let verb = spelling::verb(&line);
        if let Some(Refused {
            verb: refused,
            then: then @ None,
            ..
        }) = &mut self.heard.refused
            && waited.is_some()
            && !refused.eq_ignore_ascii_case(&verb)
        {
            *then = Some(verb.clone());
        }
        match self.stage {
            Stage::First => {
                self.asked.push_back(self.heard.turns.len());
                self.heard.turns.push(Turn {
                    line,
                    verb,
                    waited,
                    is_bare,
                });
            }
            Stage::Between if verb.eq_ignore_ascii_case("MAIL") => {
                self.stage = Stage::Over;
                let between = std::mem::take(&mut self.between);
                self.heard.next = Some(if between.is_empty() {
                    "none".to_owned()
                } else {
                    between
                });
            }
            Stage::Between => self.add_between(&verb),
            Stage::Over => {}
        }
    }

    fn add_between(&mut self, verb: &str) {
        if self.between.len() < spelling::MOST {
            let comma = if self.between.is_empty() { "" } else { "," };
            self.between.push_str(comma);
            self.between.push_str(verb);
        }
    }

    fn hear_message(&mut self, ends: Ends) {
        let last = self.heard.turns.last();
        let in_chunks = last.is_some_and(|turn| turn.is("BDAT"));
        if self.stage == Stage::First {
            let text = self.heard.text.get_or_insert(ends);
            if ends == Ends::Bare {
                *text = ends;
            }
            self.heard.is_text_early = !in_chunks && self.owed > 0;
            if !in_chunks || last.is_some_and(|turn| spelling::is_last_chunk(&turn.line)) {
                self.end_first();
            }
        }
        if !in_chunks {
            self.owed = self.owed.saturating_add(1);
        }
    }

    fn end_first(&mut self) {
        if self.stage == Stage::First {
            self.stage = Stage::Between;
        }
    }
}
