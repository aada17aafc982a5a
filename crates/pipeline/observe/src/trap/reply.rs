//! What the trap says: reply codes of RFC 5321 section 4.2 with the enhanced status codes of RFC 3463.

use std::borrow::Cow;
use std::fmt::Display;

use atalaya_formats::smtp::Refusal;
use atalaya_model::ObservationId;

use crate::trap::dialogue::StartTls;

/// One reply: its lines without the CRLF of the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply(Cow<'static, str>);

impl Reply {
    /// A reply whose text is known beforehand.
    pub(crate) const fn new(text: &'static str) -> Self {
        Self(Cow::Borrowed(text))
    }

    /// A reply put together.
    pub(crate) const fn made(text: String) -> Self {
        Self(Cow::Owned(text))
    }

    /// Whether it says that the client did something wrong. Refusals for the time being, and those that we make on purpose, are no fault of the client.
    pub(crate) fn is_error(&self) -> bool {
        let is_on_purpose = self.0.starts_with("550") || self.0.starts_with("554");
        self.0.starts_with('5') && !is_on_purpose
    }

    /// Whether it says that a command came out of order.
    pub(crate) fn is_wrong_order(&self) -> bool {
        self.0.starts_with("503")
    }

    /// The text as it goes out.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.0.as_bytes());
        out.extend_from_slice(b"\r\n");
    }

    #[cfg(test)]
    pub(crate) fn text(&self) -> &str {
        &self.0
    }
}

/// Understood and done.
pub(crate) const OK: Reply = Reply::new("250 2.0.0 Ok");
/// The sender is taken.
pub(crate) const SENDER_OK: Reply = Reply::new("250 2.1.0 Ok");
/// The recipient is taken.
pub(crate) const RECIPIENT_OK: Reply = Reply::new("250 2.1.5 Ok");
/// The message may come.
pub(crate) const GO_AHEAD: Reply = Reply::new("354 End data with <CR><LF>.<CR><LF>");
/// Nobody is told who exists (RFC 5321 section 7.3).
pub(crate) const CANNOT_VERIFY: Reply = Reply::new("252 2.0.0 Cannot verify, but will take mail");
/// What HELP says.
pub(crate) const HELP: Reply = Reply::new("214 2.0.0 This is SMTP, see RFC 5321");

/// TLS may begin (RFC 3207 section 4).
pub(crate) const BEGIN_TLS: Reply = Reply::new("220 2.0.0 Ready to start TLS");

/// What a listener says that refuses recipients.
pub(crate) const NO_SUCH_RECIPIENT: Reply = Reply::new("550 5.1.1 User unknown");
/// What a listener says that takes mail the second time.
pub(crate) const COME_AGAIN: Reply = Reply::new("451 4.7.1 Try again in a few minutes");
/// DATA or BDAT after that.
pub(crate) const NO_RECIPIENTS: Reply = Reply::new("554 5.5.1 No valid recipients");
/// What a listener says that refuses messages.
pub(crate) const MESSAGE_REFUSED: Reply = Reply::new("550 5.7.1 Message refused");

/// Commands out of order.
pub(crate) const HELLO_FIRST: Reply = Reply::new("503 5.5.1 Send EHLO first");
/// A second MAIL.
pub(crate) const NESTED_MAIL: Reply = Reply::new("503 5.5.1 Sender already given");
/// RCPT, DATA or BDAT without MAIL.
pub(crate) const MAIL_FIRST: Reply = Reply::new("503 5.5.1 Send MAIL first");
/// DATA or BDAT without RCPT.
pub(crate) const RCPT_FIRST: Reply = Reply::new("503 5.5.1 Send RCPT first");
/// RCPT, DATA or MAIL among chunks (RFC 3030 section 2).
pub(crate) const CHUNKS_BEGUN: Reply = Reply::new("503 5.5.1 Send BDAT or RSET, the message has begun");

/// A line that was thrown away.
pub(crate) const LINE_TOO_LONG: Reply = Reply::new("500 5.5.2 Line too long");
/// Too many recipients: the client sends the rest in another message (RFC 5321 section 4.5.3.1.10).
pub(crate) const TOO_MANY_RECIPIENTS: Reply = Reply::new("452 4.5.3 Too many recipients");
/// The message is larger than announced with SIZE.
pub(crate) const TOO_BIG: Reply = Reply::new("552 5.3.4 Message too big");
/// No memory for the message now.
pub(crate) const NO_MEMORY: Reply = Reply::new("452 4.3.1 Too many messages at once, try again later");
/// The store is full.
pub(crate) const STORE_FULL: Reply = Reply::new("452 4.3.1 No space to keep the message, try again later");
/// The store cannot keep the message now.
pub(crate) const STORE_TROUBLE: Reply = Reply::new("451 4.3.0 Cannot keep the message now, try again later");

/// Enough answers of strangers came today.
pub(crate) const ENOUGH_ANSWERS: Reply =
    Reply::new("450 4.7.1 Enough mail of this kind came today, try again tomorrow");

/// An answer was heard.
pub(crate) fn heard(name: &str) -> Reply {
    Reply::made(format!("250 2.0.0 Ok: heard as {}", plain(&name)))
}

/// Why the trap ends a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Goodbye {
    /// The client said QUIT.
    Quit,
    /// The program ends.
    Shutdown,
    /// Nothing came for too long, or too little.
    Slow,
    /// The connection lasts too long.
    Long,
    /// Too many commands.
    Commands,
    /// Too many commands failed.
    Errors,
    /// Too many messages.
    Messages,
    /// The size of a chunk was unreadable, so that no command can be found behind it.
    LostChunk,
    /// Too many connections in all.
    Crowded,
    /// Too many connections from this address.
    CrowdedAddress,
}

impl Goodbye {
    /// The word for metrics.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Quit => "quit",
            Self::Shutdown => "shutdown",
            Self::Slow => "slow",
            Self::Long => "session-timeout",
            Self::Commands => "max-commands",
            Self::Errors => "max-errors",
            Self::Messages => "max-messages",
            Self::LostChunk => "lost-chunk",
            Self::Crowded => "max-connections",
            Self::CrowdedAddress => "max-connections-per-address",
        }
    }

    /// The last reply. RFC 5321 wants the name of the server behind 221 and 421; RFC 3463 the status before it.
    pub(crate) fn reply(self, hostname: &str) -> Reply {
        let (status, text) = match self {
            Self::Quit => ("221 2.0.0", "Bye"),
            Self::Shutdown => ("421 4.3.2", "Service shutting down"),
            Self::Slow => ("421 4.4.2", "Waited too long"),
            Self::Long => ("421 4.4.2", "Connection open too long"),
            Self::Commands => ("421 4.7.0", "Too many commands"),
            Self::Errors => ("421 4.7.0", "Too many errors"),
            Self::Messages => ("421 4.7.0", "Too many messages in one connection"),
            Self::LostChunk => ("421 5.5.4", "Syntax: BDAT size [LAST]"),
            Self::Crowded => ("421 4.3.2", "Too many connections"),
            Self::CrowdedAddress => ("421 4.7.0", "Too many connections from your address"),
        };
        Reply::made(format!("{status} {hostname} {text}"))
    }
}

/// Longest reason in an answer: a line may have 512 bytes (RFC 5321 section 4.5.3.1.5).
const MAX_REASON: usize = 400;

/// The complaint cannot be read.
pub(crate) fn unread_complaint(why: &dyn Display) -> Reply {
    Reply::made(format!("550 5.6.0 Not read: {}", plain(why)))
}

/// The complaint was read, and there is nothing to record.
pub(crate) fn useless_complaint(why: &dyn Display) -> Reply {
    Reply::made(format!("250 2.0.0 Read, and nothing recorded: {}", plain(why)))
}

/// A reason as it can stand in an answer: it may repeat words of the client.
fn plain(why: &dyn Display) -> String {
    let fits = |c: char| if c.is_ascii_graphic() || c == ' ' { c } else { '?' };
    why.to_string().chars().take(MAX_REASON).map(fits).collect()
}

/// The banner.
pub(crate) fn banner(hostname: &str) -> Reply {
    Reply::made(format!("220 {hostname} ESMTP"))
}

/// The answer to HELO.
pub(crate) fn helo(hostname: &str) -> Reply {
    Reply::made(format!("250 {hostname}"))
}

/// The answer to EHLO, with what is offered.
pub(crate) fn ehlo(hostname: &str, max_message_size: u64, starttls: StartTls) -> Reply {
    let starttls = match starttls {
        StartTls::Offered => "250-STARTTLS\r\n",
        StartTls::Absent => "",
    };
    Reply::made(format!(
        "250-{hostname}\r\n250-PIPELINING\r\n250-SIZE {max_message_size}\r\n250-VRFY\r\n{starttls}250-8BITMIME\r\n250-SMTPUTF8\r\n\
         250-ENHANCEDSTATUSCODES\r\n250-CHUNKING\r\n250 HELP"
    ))
}

/// The answer to a chunk that is not the last.
pub(crate) fn chunk_taken(size: u64) -> Reply {
    Reply::made(format!("250 2.0.0 {size} octets received"))
}

/// The answer to a message that is kept.
///
/// It names the observation, in the words of an ordinary mail server: who tests a list of addresses should not learn more than that.
pub(crate) fn kept(id: ObservationId) -> Reply {
    Reply::made(format!("250 2.0.0 Ok: queued as {}", id.0.simple()))
}

/// The answer to a line that is no command to obey.
pub(crate) fn refused(refusal: Refusal) -> Reply {
    match refusal {
        Refusal::Unknown => Reply::new("500 5.5.2 Unknown command"),
        Refusal::NotOffered => Reply::new("502 5.5.1 Not offered here"),
        Refusal::Syntax(form) => Reply::made(format!("501 5.5.4 Syntax: {form}")),
        Refusal::BadSender => Reply::new("501 5.1.7 Syntax: MAIL FROM:<address>"),
        Refusal::BadRecipient => Reply::new("501 5.1.3 Syntax: RCPT TO:<address>"),
        Refusal::BadChunk => Reply::new("501 5.5.4 Syntax: BDAT size [LAST]"),
    }
}
