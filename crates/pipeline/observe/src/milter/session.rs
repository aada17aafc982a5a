//! One connection of a mail server: what it says about its clients and their messages, and what it is answered. No waiting and no sockets.
//!
//! A message is refused at its recipients, because only then it is known whom it is for and whether the client logged in. What nobody wants to see
//! any more is accepted at DATA, so that its bytes never come here.

use std::net::IpAddr;
use std::sync::Arc;

use atalaya_formats::milter::{
    Client, Command, Header, Macros, NoCommand, Options, Reply, Stage, actions, steps,
};
use atalaya_model::Trap;

use super::Shared;
use super::message::Message;
use super::seen::{MOST_RECIPIENTS, Mail, Stranger, cut};
use crate::advice::Advice;
use crate::behind::Waiting;
use crate::trap::Hit;

/// The macros that are needed, where the server lets us name them.
const MACROS: &[(Stage, &str)] = &[
    (Stage::Connect, "{client_addr}"),
    (Stage::Mail, "{auth_authen} {auth_type}"),
];
/// What is asked of every server.
const STEPS: u32 = steps::NO_UNKNOWN | steps::NO_ANSWER_TO_HELO | steps::SKIP | steps::LEADING_SPACE;
/// What is asked of one that tells DATA: by then everything about the header is said.
const STEPS_WITH_DATA: u32 = STEPS | steps::NO_ANSWER_TO_HEADER | steps::NO_ANSWER_TO_HEADER_END;

/// What a command came to.
#[derive(Debug)]
pub(super) enum Heard {
    /// The conversation goes on.
    Rest,
    /// The same, and something was seen.
    Saw(Box<Waiting>),
    /// It is over.
    End,
}

/// What is known of the client and of the message that it is sending.
#[derive(Debug)]
pub(super) struct Session {
    shared: Arc<Shared>,
    agreed: Options,
    /// The address that macros gave.
    named: Option<IpAddr>,
    /// The client; none of one that is never looked at.
    stranger: Option<Stranger>,
    /// Whether it logged in.
    is_known: bool,
    mail: Option<Mail>,
}

impl Session {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            agreed: Options::default(),
            named: None,
            stranger: None,
            is_known: false,
            mail: None,
        }
    }

    /// Hears a command, and writes the answer to it.
    ///
    /// # Errors
    /// Nobody can talk with this server.
    pub(super) fn hear(&mut self, command: Command, out: &mut Vec<u8>) -> Result<Heard, NoCommand> {
        match command {
            Command::Options(offer) => self.agree(offer)?.write(out),
            Command::Macros(macros) => self.learn(&macros),
            Command::Connect(client) => self.meet(&client).write(out),
            Command::Helo(name) => {
                if let Some(stranger) = &mut self.stranger {
                    stranger.helo = cut(&name);
                }
                self.say(Reply::Continue, steps::NO_ANSWER_TO_HELO, out);
            }
            Command::Mail(sender) => return Ok(self.begin(&sender, out)),
            Command::Recipient(recipient) => return Ok(self.take_recipient(&recipient, out)),
            Command::Data => self.verdict().write(out),
            Command::Header(header) => {
                self.take_header(&header);
                self.say(self.verdict(), steps::NO_ANSWER_TO_HEADER, out);
            }
            Command::HeaderEnd => {
                if let Some(message) = self.message() {
                    message.end_header();
                }
                self.say(self.verdict(), steps::NO_ANSWER_TO_HEADER_END, out);
            }
            Command::Body(piece) => self.take_body(&piece).write(out),
            Command::End(piece) => return Ok(self.end(&piece, out)),
            Command::Abort => self.mail = None,
            Command::Unknown => Reply::Continue.write(out),
            Command::Quit => return Ok(Heard::End),
            Command::NextClient => self.forget_client(),
        }
        Ok(Heard::Rest)
    }

    /// Takes back the number of an observation that is lost: the next one has it.
    pub(super) fn lose(&mut self, nth: u32) {
        if let Some(stranger) = &mut self.stranger {
            stranger.observed = stranger.observed.min(nth.saturating_sub(1));
        }
    }

    fn agree(&mut self, offer: Options) -> Result<Reply<'static>, NoCommand> {
        let wanted = if offer.has_data() { STEPS_WITH_DATA } else { STEPS };
        self.agreed = offer.take(actions::ADD_HEADERS | actions::NAME_MACROS, wanted)?;
        let macros = if self.agreed.may(actions::NAME_MACROS) {
            MACROS
        } else {
            &[]
        };
        Ok(Reply::Options(self.agreed, macros))
    }

    fn learn(&mut self, macros: &Macros) {
        if macros.get("auth_authen").is_some() || macros.get("auth_type").is_some() {
            self.is_known = true;
        }
        if let Some(address) = macros.get("client_addr") {
            self.named = address.parse().ok().map(|address: IpAddr| address.to_canonical());
        }
    }

    /// Takes up a client. Of those that nobody looks at nothing more need be told.
    fn meet(&mut self, client: &Client) -> Reply<'static> {
        let address = client.address.or(self.named);
        self.forget_client();
        let adviser = &self.shared.adviser;
        let stranger = address.filter(|address| adviser.is_stranger(*address));
        self.stranger = stranger.map(|address| Stranger {
            address,
            port: client.port,
            helo: String::new(),
            is_seen: false,
            observed: 0,
        });
        match self.stranger {
            Some(_) => Reply::Continue,
            None => Reply::Accept,
        }
    }

    fn forget_client(&mut self) {
        self.stranger = None;
        self.named = None;
        self.is_known = false;
        self.mail = None;
    }

    /// Begins a message.
    fn begin(&mut self, sender: &str, out: &mut Vec<u8>) -> Heard {
        self.mail = None;
        let Some(stranger) = self.stranger.as_mut().filter(|_| !self.is_known) else {
            Reply::Accept.write(out);
            return Heard::Rest;
        };
        let advice = self.shared.adviser.advice(stranger.address);
        count(&advice);
        self.mail = Some(Mail {
            sender: cut(sender),
            advice,
            ..Mail::default()
        });
        Reply::Continue.write(out);
        self.shared.liar(stranger, sender).map_or(Heard::Rest, Heard::Saw)
    }

    /// Takes a recipient, or refuses it. A trap is refused as any other: who is told apart from it would know it.
    fn take_recipient(&mut self, recipient: &str, out: &mut Vec<u8>) -> Heard {
        let (Some(mail), Some(stranger)) = (&mut self.mail, &mut self.stranger) else {
            Reply::Accept.write(out);
            return Heard::Rest;
        };
        let trap = self
            .shared
            .adviser
            .trap(recipient)
            .filter(|hit| hit.kind != Trap::Role);
        let refusal = match &mail.advice {
            // Who asks why must be heard.
            _ if self.shared.adviser.is_open(recipient) => None,
            Advice::Reject(text) => Some(Reply::Refuse(text)),
            Advice::Defer(text) => Some(Reply::Defer(text)),
            _ => None,
        };
        if let Some(refusal) = refusal {
            refusal.write(out);
            let seen = trap.and_then(|trap| self.shared.refused(stranger, mail, recipient, trap));
            return seen.map_or(Heard::Rest, Heard::Saw);
        }
        mail.trap = mail.trap.into_iter().chain(trap).reduce(Hit::stronger);
        if mail.recipients.len() < MOST_RECIPIENTS {
            mail.recipients.push(cut(recipient));
            if trap.is_some_and(Hit::counts) {
                mail.traps.push(cut(recipient));
            }
        }
        Reply::Continue.write(out);
        Heard::Rest
    }

    /// What becomes of the message, as far as it is known before its end.
    fn verdict(&self) -> Reply<'static> {
        match &self.mail {
            Some(mail) if mail.trap.is_some() || matches!(mail.advice, Advice::Mark { .. }) => {
                Reply::Continue
            }
            _ => Reply::Accept,
        }
    }

    /// The message, where it is one to a trap.
    fn message(&mut self) -> Option<&mut Message> {
        let mail = self.mail.as_mut().filter(|mail| mail.trap.is_some())?;
        let address = self.stranger.as_ref()?.address;
        let most = self.shared.config.max_message_size.bytes();
        let new = || Message::new(self.shared.memory.share(address), most);
        Some(mail.message.get_or_insert_with(new))
    }

    fn take_header(&mut self, header: &Header) {
        let gap: &[u8] = if self.has_spaces() { b"" } else { b" " };
        if let Some(message) = self.message() {
            message.push_header(header, gap);
        }
    }

    fn take_body(&mut self, piece: &[u8]) -> Reply<'static> {
        let wants_more = self.message().is_some_and(|message| {
            message.push_body(piece);
            !message.is_cut()
        });
        match self.verdict() {
            Reply::Continue if !wants_more && self.agreed.has(steps::SKIP) => Reply::Skip,
            verdict => verdict,
        }
    }

    /// Ends a message: marks it where that is wanted, and gives what was seen.
    fn end(&mut self, piece: &[u8], out: &mut Vec<u8>) -> Heard {
        if let Some(message) = self.message() {
            message.push_body(piece);
        }
        let Some(mail) = self.mail.take() else {
            Reply::Accept.write(out);
            return Heard::Rest;
        };
        if let Advice::Mark { name, value } = &mail.advice
            && self.agreed.may(actions::ADD_HEADERS)
        {
            let gap = if self.has_spaces() { " " } else { "" };
            let value = &format!("{gap}{value}");
            Reply::AddHeader { name, value }.write(out);
        }
        Reply::Accept.write(out);
        let stranger = self.stranger.as_mut();
        let seen = stranger.and_then(|stranger| self.shared.seen(stranger, mail));
        seen.map_or(Heard::Rest, Heard::Saw)
    }

    /// Whether the space behind a colon goes over the wire.
    const fn has_spaces(&self) -> bool {
        self.agreed.has(steps::LEADING_SPACE)
    }

    /// Answers, unless it is agreed that nobody waits for it.
    fn say(&self, reply: Reply<'_>, unless: u32, out: &mut Vec<u8>) {
        if !self.agreed.has(unless) {
            reply.write(out);
        }
    }
}

/// Counts a message by what the list says to do about it.
fn count(advice: &Advice) {
    let word = match advice {
        Advice::Pass => "pass",
        Advice::Mark { .. } => "mark",
        Advice::Defer(_) => "defer",
        Advice::Reject(_) => "reject",
    };
    metrics::counter!("atalaya_observe_milter_messages_total", "advice" => word).increment(1);
}
