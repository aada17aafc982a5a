//! The order of an SMTP conversation (RFC 5321 section 4.1.4): what was said so far, and what to answer to the next command.
//!
//! Plain functions of what was heard; nothing here waits. The session reads, writes and keeps.

use atalaya_formats::smtp::{Address, Command, MailCommand, Oddities, Oddity, Parsed, Refusal};
use atalaya_model::{Envelope, Trap};

use crate::TrapConfig;
use crate::trap::book::{Book, stronger};
use crate::trap::reply::{self, Goodbye, Reply};

/// Longest path that is kept, in bytes. RFC 5321 section 4.5.3.1.3 allows 256; what is longer is cut.
const MAX_KEPT_PATH: usize = 512;
/// Longest HELO name that is kept, in bytes (RFC 5321 section 4.5.3.1.2).
const MAX_KEPT_NAME: usize = 255;

/// What the trap has to say, made once from its configuration.
#[derive(Debug)]
pub(crate) struct Script {
    /// The limits.
    pub(crate) config: TrapConfig,
    /// The kinds of the recipients.
    pub(crate) book: Book,
    /// The answer to EHLO.
    ehlo: Reply,
    /// The answer to HELO.
    helo: Reply,
}

impl Script {
    /// Prepares what can be prepared.
    pub(crate) fn new(config: TrapConfig) -> Self {
        Self {
            book: Book::new(&config.addresses),
            ehlo: reply::ehlo(&config.hostname, config.max_message_size.0),
            helo: reply::helo(&config.hostname),
            config,
        }
    }
}

/// What is to be done after a command.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Say this and hear the next command.
    Say(Reply),
    /// Say "go ahead" and take the message behind DATA.
    TakeData,
    /// Take a chunk, then answer it.
    TakeChunk {
        /// Its size.
        size: u64,
        /// Whether it ends the message.
        last: bool,
        /// The answer, if the chunk came out of order; its bytes are thrown away.
        refusal: Option<Reply>,
    },
    /// Say goodbye and end.
    Leave(Goodbye),
}

/// A message in the making.
#[derive(Debug, Default)]
struct Transaction {
    /// The reverse path.
    mail_from: String,
    /// Whether addresses beyond ASCII were announced.
    is_utf8: bool,
    /// The forward paths.
    recipients: Vec<String>,
    /// The strongest trap among them.
    trap: Option<Trap>,
    /// Whether chunks have begun to come.
    in_chunks: bool,
}

/// A conversation.
#[derive(Debug, Default)]
pub(crate) struct Dialogue {
    helo: Option<String>,
    offered: Offered,
    transaction: Option<Transaction>,
    oddities: Oddities,
    commands: u64,
    errors: u64,
    messages: u64,
}

/// What the client was told that it may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Offered {
    /// Nothing: no EHLO was answered.
    #[default]
    Nothing,
    /// The extensions in the answer to EHLO.
    Extensions,
}

/// Whether the client spoke on before it was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Haste {
    /// It waits.
    Waits,
    /// Further bytes came together with the command.
    SpeaksOn,
}

impl Dialogue {
    /// Notes something odd that no command shows.
    pub(crate) const fn note(&mut self, oddity: Oddity) {
        self.oddities.add(oddity);
    }

    /// What was odd so far.
    pub(crate) const fn oddities(&self) -> Oddities {
        self.oddities
    }

    /// Notes that a chunk comes, and says whether it is the first of its message.
    pub(crate) fn begin_chunk(&mut self) -> bool {
        self.transaction
            .as_mut()
            .is_some_and(|open| !std::mem::replace(&mut open.in_chunks, true))
    }

    /// Whether the message in the making comes in chunks.
    pub(crate) fn is_in_chunks(&self) -> bool {
        self.transaction.as_ref().is_some_and(|open| open.in_chunks)
    }

    /// Ends the message in the making, whatever became of it, and gives its envelope and trap.
    pub(crate) fn finish(&mut self) -> (Envelope, Trap) {
        let transaction = self.transaction.take().unwrap_or_default();
        let envelope = Envelope {
            helo: self.helo.clone().unwrap_or_default(),
            mail_from: transaction.mail_from,
            recipients: transaction.recipients,
        };
        (envelope, transaction.trap.unwrap_or(Trap::Pristine))
    }

    /// Counts a message that was kept.
    pub(crate) const fn count_message(&mut self) {
        self.messages = self.messages.saturating_add(1);
    }

    /// Answers a line that was too long.
    pub(crate) fn hear_long_line(&mut self, script: &Script) -> Turn {
        self.note(Oddity::LongLine);
        self.counted(Turn::Say(reply::LINE_TOO_LONG), script)
    }

    /// Answers a command.
    pub(crate) fn hear(&mut self, parsed: Parsed, haste: Haste, script: &Script) -> Turn {
        self.oddities = self.oddities.with(parsed.oddities);
        if haste == Haste::SpeaksOn {
            self.note_haste(&parsed);
        }
        let turn = match parsed.command {
            Ok(command) => self.obey(command, script),
            Err(Refusal::BadChunk) => Turn::Leave(Goodbye::LostChunk),
            Err(refusal) => Turn::Say(reply::refused(refusal)),
        };
        self.counted(turn, script)
    }

    /// RFC 2920 section 3.1: nobody may speak on before the answer to EHLO has allowed it, nor behind DATA ever.
    fn note_haste(&mut self, parsed: &Parsed) {
        if self.offered == Offered::Nothing {
            self.note(Oddity::PipelinedEarly);
        }
        if parsed.command == Ok(Command::Data) {
            self.note(Oddity::EarlyData);
        }
    }

    /// Counts the command, and ends the conversation where there were too many.
    fn counted(&mut self, turn: Turn, script: &Script) -> Turn {
        self.commands = self.commands.saturating_add(1);
        let refusal = match &turn {
            Turn::Say(reply) => Some(reply),
            Turn::TakeChunk { refusal, .. } => refusal.as_ref(),
            Turn::TakeData | Turn::Leave(_) => None,
        };
        if refusal.is_some_and(Reply::is_error) {
            self.errors = self.errors.saturating_add(1);
        }
        if refusal.is_some_and(Reply::is_wrong_order) {
            self.note(Oddity::WrongOrder);
        }
        match turn {
            Turn::Leave(goodbye) => Turn::Leave(goodbye),
            _ if self.errors >= script.config.max_errors => Turn::Leave(Goodbye::Errors),
            _ if self.commands > script.config.max_commands => Turn::Leave(Goodbye::Commands),
            turn => turn,
        }
    }

    fn obey(&mut self, command: Command, script: &Script) -> Turn {
        match command {
            Command::Ehlo(name) => {
                self.offered = Offered::Extensions;
                self.greet(&name, &script.ehlo)
            }
            Command::Helo(name) => self.greet(&name, &script.helo),
            Command::Mail(mail) => self.mail(mail, script),
            Command::Rcpt(recipient) => Turn::Say(self.recipient(recipient, script)),
            Command::Data => self.data(),
            Command::Bdat { size, last } => Turn::TakeChunk {
                size,
                last,
                refusal: self.not_ready(),
            },
            Command::Rset => {
                self.transaction = None;
                Turn::Say(reply::OK)
            }
            Command::Noop => Turn::Say(reply::OK),
            Command::Vrfy => Turn::Say(reply::CANNOT_VERIFY),
            Command::Help => Turn::Say(reply::HELP),
            Command::Quit => Turn::Leave(Goodbye::Quit),
        }
    }

    /// EHLO and HELO begin anew (RFC 5321 section 4.1.4).
    fn greet(&mut self, name: &str, reply: &Reply) -> Turn {
        self.helo = Some(cut(name.to_owned(), MAX_KEPT_NAME));
        self.transaction = None;
        Turn::Say(reply.clone())
    }

    fn mail(&mut self, mail: MailCommand, script: &Script) -> Turn {
        if self.helo.is_none() {
            return Turn::Say(reply::HELLO_FIRST);
        }
        if let Some(transaction) = &self.transaction {
            let refusal = if transaction.in_chunks {
                reply::CHUNKS_BEGUN
            } else {
                reply::NESTED_MAIL
            };
            return Turn::Say(refusal);
        }
        if self.messages >= script.config.max_messages {
            return Turn::Leave(Goodbye::Messages);
        }
        // RFC 1870 section 6.1: what is announced as too big need not be sent.
        if mail
            .size
            .is_some_and(|size| size > script.config.max_message_size.0)
        {
            return Turn::Say(reply::TOO_BIG);
        }
        self.transaction = Some(Transaction {
            mail_from: cut(mail.from.0, MAX_KEPT_PATH),
            is_utf8: mail.is_utf8,
            ..Transaction::default()
        });
        Turn::Say(reply::SENDER_OK)
    }

    fn recipient(&mut self, recipient: Address, script: &Script) -> Reply {
        let Some(transaction) = &mut self.transaction else {
            return self.mail_first();
        };
        if transaction.in_chunks {
            return reply::CHUNKS_BEGUN;
        }
        if transaction.recipients.len() >= script.config.max_recipients {
            return reply::TOO_MANY_RECIPIENTS;
        }
        if !recipient.0.is_ascii() && !transaction.is_utf8 {
            self.oddities.add(Oddity::UnannouncedUtf8);
        }
        let kind = script.book.kind(&recipient);
        transaction.trap = Some(transaction.trap.map_or(kind, |known| stronger(known, kind)));
        transaction.recipients.push(cut(recipient.0, MAX_KEPT_PATH));
        reply::RECIPIENT_OK
    }

    fn data(&self) -> Turn {
        if self.is_in_chunks() {
            return Turn::Say(reply::CHUNKS_BEGUN);
        }
        self.not_ready().map_or(Turn::TakeData, Turn::Say)
    }

    /// Why no message may come yet.
    fn not_ready(&self) -> Option<Reply> {
        match &self.transaction {
            None => Some(self.mail_first()),
            Some(transaction) if transaction.recipients.is_empty() => Some(reply::RCPT_FIRST),
            Some(_) => None,
        }
    }

    const fn mail_first(&self) -> Reply {
        if self.helo.is_none() {
            reply::HELLO_FIRST
        } else {
            reply::MAIL_FIRST
        }
    }
}

/// Cuts a text to at most `most` bytes, between two characters.
fn cut(mut text: String, most: usize) -> String {
    text.truncate(text.floor_char_boundary(most));
    text
}

#[cfg(test)]
mod tests;
