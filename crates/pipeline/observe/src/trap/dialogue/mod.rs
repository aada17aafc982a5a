//! The order of an SMTP conversation (RFC 5321 section 4.1.4): what was said so far, and what to answer to the next command.
//!
//! Plain functions of what was heard; nothing here waits. The session reads, writes and keeps.

use atalaya_formats::smtp::{Address, Command, MailCommand, Oddities, Oddity, Parsed, Refusal};
use atalaya_model::{Clock, Envelope, Trap};

use crate::TrapConfig;
use crate::trap::book::{Hit, SharedBook};
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
    pub(crate) book: SharedBook,
    /// Whether TLS can be had.
    starttls: StartTls,
    /// The answer to EHLO.
    ehlo: Reply,
    /// The same where TLS can be had.
    ehlo_with_starttls: Reply,
    /// The answer to HELO.
    helo: Reply,
}

impl Script {
    /// Prepares what can be prepared.
    pub(crate) fn new(config: TrapConfig, clock: Clock, starttls: StartTls) -> Self {
        let ehlo = |starttls| reply::ehlo(&config.hostname, config.max_message_size.0, starttls);
        Self {
            book: SharedBook::new(&config.addresses, clock),
            starttls,
            ehlo: ehlo(StartTls::Absent),
            ehlo_with_starttls: ehlo(StartTls::Offered),
            helo: reply::helo(&config.hostname),
            config,
        }
    }
}

/// Whether TLS can be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StartTls {
    /// It can.
    Offered,
    /// It cannot.
    Absent,
}

/// What becomes of recipients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Recipients {
    /// They are taken.
    #[default]
    Taken,
    /// They are refused for good.
    Refused,
    /// They are refused for now.
    Deferred,
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
    /// Say "go ahead" and begin TLS.
    StartTls,
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
    trap: Option<Hit>,
    /// Those among them that are traps and count.
    traps: Vec<String>,
    /// Whether chunks have begun to come.
    in_chunks: bool,
}

impl Transaction {
    /// Adds a recipient.
    fn name(&mut self, recipient: Address, trap: Hit) {
        self.trap = Some(self.trap.map_or(trap, |known| known.stronger(trap)));
        let path = cut(recipient.0, MAX_KEPT_PATH);
        if trap.counts() {
            self.traps.push(path.clone());
        }
        self.recipients.push(path);
    }
}

/// A conversation.
#[derive(Debug, Default)]
pub(crate) struct Dialogue {
    helo: Option<String>,
    offered: Offered,
    transaction: Option<Transaction>,
    /// What becomes of recipients here.
    recipients: Recipients,
    /// The envelope of which recipients were turned away, and the strongest trap among them.
    turned_away: Transaction,
    is_secured: bool,
    has_message: bool,
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
    /// A conversation in which this becomes of recipients.
    pub(crate) fn new(recipients: Recipients) -> Self {
        Self {
            recipients,
            ..Self::default()
        }
    }

    /// Begins anew under TLS (RFC 3207 section 4.2).
    pub(crate) fn begin_tls(&mut self) {
        self.is_secured = true;
        self.helo = None;
        self.offered = Offered::Nothing;
        self.transaction = None;
    }

    /// Whether a message came, whatever became of it.
    pub(crate) const fn has_message(&self) -> bool {
        self.has_message
    }

    /// What is known of an envelope when a conversation ends in which no message came: that of which recipients were turned away, else
    /// the one that was begun.
    pub(crate) fn unfinished(&mut self) -> (Envelope, Option<Hit>) {
        if !self.turned_away.recipients.is_empty() {
            self.transaction = Some(std::mem::take(&mut self.turned_away));
        }
        let trap = self.transaction.as_ref().and_then(|open| open.trap);
        (self.finish().0, trap)
    }

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

    /// The recipients of the message in the making that are traps and count.
    pub(crate) fn take_traps(&mut self) -> Vec<String> {
        let open = self.transaction.as_mut();
        open.map(|open| std::mem::take(&mut open.traps))
            .unwrap_or_default()
    }

    /// Ends the message in the making, whatever became of it, and gives its envelope and trap.
    pub(crate) fn finish(&mut self) -> (Envelope, Hit) {
        self.has_message = true;
        let transaction = self.transaction.take().unwrap_or_default();
        let envelope = Envelope {
            helo: self.helo.clone().unwrap_or_default(),
            mail_from: transaction.mail_from,
            recipients: transaction.recipients,
        };
        (envelope, transaction.trap.unwrap_or(Hit::of(Trap::Pristine)))
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
            Turn::TakeData | Turn::StartTls | Turn::Leave(_) => None,
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
                let reply = if self.has_starttls(script) {
                    &script.ehlo_with_starttls
                } else {
                    &script.ehlo
                };
                self.greet(&name, reply)
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
            Command::StartTls if self.has_starttls(script) => Turn::StartTls,
            Command::StartTls => Turn::Say(reply::refused(Refusal::NotOffered)),
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

    /// Whether TLS can be had now: it begins once.
    fn has_starttls(&self, script: &Script) -> bool {
        script.starttls == StartTls::Offered && !self.is_secured
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
        let trap = script.book.hit(&recipient);
        let refusal = match self.recipients {
            Recipients::Taken => {
                transaction.name(recipient, trap);
                return reply::RECIPIENT_OK;
            }
            Recipients::Refused => reply::NO_SUCH_RECIPIENT,
            Recipients::Deferred => reply::COME_AGAIN,
        };
        if self.turned_away.recipients.is_empty() {
            self.turned_away.mail_from.clone_from(&transaction.mail_from);
        }
        if self.turned_away.recipients.len() < script.config.max_recipients {
            self.turned_away.name(recipient, trap);
        }
        refusal
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
            // Who sends all in one go (RFC 2920) could not know that the recipients were turned away.
            Some(transaction) if transaction.recipients.is_empty() => {
                let were_named = !self.turned_away.recipients.is_empty();
                Some(if were_named {
                    reply::NO_RECIPIENTS
                } else {
                    reply::RCPT_FIRST
                })
            }
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
