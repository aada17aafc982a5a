//! The SMTP dialect of a client: how it spells, orders and times what it says, apart from what it says.
//!
//! In: a [`Conversation`], and whom we spoke with as whom. Out: one line of text, and the short name that stands for it. Two programs that were
//! written apart seldom share a dialect, and one program has the same whatever its mail, its names and its network. So nothing that belongs
//! to the mail is in it: no address, no name, no word of a message, not the number of recipients, and neither the parameters BODY and
//! SMTPUTF8, which depend on the text.
//!
//! ```text
//! smtp/1 talks=after lines=crlf hello=EHLO_name order=EHLO,MAIL+RCPT+DATA mail=MAIL_FROM:<@>_SIZE=# rcpt=RCPT_TO:<@> text=crlf
//! pace=quick refused=- next=- end=-
//! ```
//!
//! | field | tells |
//! |---|---|
//! | `talks` | `early` if it spoke before the banner was out, `after` if not, `-` if it never spoke |
//! | `lines` | how its command lines end: `crlf`, `lf` or `mixed` |
//! | `hello` | its first HELO or EHLO as it is spelled, with the class of the name (below) |
//! | `order` | its commands up to the end of its first message, each verb as it is spelled; `,` before one that waited for its turn, `+` before one that did not; the same verb again counts once; `DATA+text` if the text came before it was called for; `?` is a command that SMTP does not know |
//! | `mail`, `rcpt` | its first MAIL and RCPT as they are spelled: `@` is the address, `_` a space, `#` a number, `*` another value, `?` what is not SMTP |
//! | `text` | the line ends of its message: `crlf`, or `bare` if a CR or LF stood alone |
//! | `pace` | `quick` if the middle one of its waits was at most a second, as a program's on any network; else `regular` if they are all alike, as a program's that waits on purpose; else `slow`, as a person's |
//! | `refused` | the first command that was refused, with the first digit of the answer, and what it waited to say next |
//! | `next` | what it said between its first two messages, `none` if nothing |
//! | `end` | `quit`, `drop` if it left without a word, `server` if we ended it |
//!
//! A field is `-` while nothing is known of it. When a message is kept the conversation goes on, so that `next` and `end` are known to the
//! observation of a whole connection alone. The class of a name is `name` (with a dot), `word` (without), `localhost`, `server` (ours, or the domain
//! of a recipient), or for an address `own`, `private` or `other`, in brackets where it stands in brackets.

mod known;
mod name;
mod spelling;
mod turns;

use std::fmt;
use std::net::IpAddr;

use atalaya_model::DialectId;

pub use self::known::programs;
pub use self::name::hello_class;
use self::turns::{Heard, Refused};
use crate::conversation::{Conversation, Ends};
use crate::habit;

/// Commands that `order` tells; what comes behind is `...`.
const MOST_COMMANDS: usize = 24;
/// The longest wait of a program that does not wait on purpose, in milliseconds: the round trip of a slow network is in it.
const QUICK: u32 = 1_000;
/// Waits of a program that waits on purpose differ by a fifth at most, and there must be so many of them to tell.
const REGULAR: (u32, usize) = (5, 3);

/// Who spoke with whom.
#[derive(Debug, Clone, Copy)]
pub struct Parties<'a> {
    /// The address of the client.
    pub client: IpAddr,
    /// The name that we gave in our banner.
    pub server: &'a str,
}

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The client said QUIT.
    Quit,
    /// The client left without a word.
    Drop,
    /// We ended it.
    Server,
}

/// A dialect.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Dialect {
    talks: &'static str,
    lines: &'static str,
    hello: String,
    order: String,
    mail: String,
    rcpt: String,
    text: &'static str,
    pace: &'static str,
    refused: Option<Refused>,
    next: Option<String>,
    end: &'static str,
}

impl Dialect {
    /// The dialect that is spoken in a conversation, from its beginning up to the end of its first message.
    #[must_use]
    pub fn of(conversation: &Conversation, parties: Parties<'_>) -> Self {
        let heard = Heard::of(conversation);
        let first = |verb: &str| heard.turns.iter().find(|turn| turn.is(verb));
        let hello = heard.turns.iter().find(|turn| turn.is("EHLO") || turn.is("HELO"));
        let domains: Vec<&str> = heard.recipient_domains().collect();
        Self {
            talks: match heard.turns.first() {
                Some(turn) if turn.waited.is_none() => "early",
                Some(_) => "after",
                None => "",
            },
            lines: lines(&heard),
            hello: hello.map_or_else(String::new, |turn| {
                let class = |name: &str| name::class(name, parties, &domains);
                spelling::hello(&turn.line, class)
            }),
            order: order(&heard),
            mail: first("MAIL").map_or_else(String::new, |turn| spelling::envelope(&turn.line)),
            rcpt: first("RCPT").map_or_else(String::new, |turn| spelling::envelope(&turn.line)),
            text: match heard.text {
                None => "",
                Some(Ends::Clean) => "crlf",
                Some(Ends::Bare) => "bare",
            },
            pace: pace(&heard),
            refused: heard.refused,
            next: heard.next,
            end: "",
        }
    }

    /// Adds what was said between the first two messages, if that is known from a later part of the same connection.
    pub fn learn(&mut self, later: &Self) {
        if self.next.is_none() {
            self.next.clone_from(&later.next);
        }
    }

    /// Adds how the connection ended.
    pub const fn end(&mut self, ending: Ending) {
        self.end = match ending {
            Ending::Quit => "quit",
            Ending::Drop => "drop",
            Ending::Server => "server",
        };
    }

    /// The short name of the dialect: of its text as it stands.
    #[must_use]
    pub fn id(text: &str) -> DialectId {
        DialectId(habit::name(text))
    }
}

/// The canonical text.
impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let refused = self
            .refused
            .as_ref()
            .map_or_else(String::new, ToString::to_string);
        f.write_str("smtp/1")?;
        for (field, value) in [
            ("talks", self.talks),
            ("lines", self.lines),
            ("hello", &self.hello),
            ("order", &self.order),
            ("mail", &self.mail),
            ("rcpt", &self.rcpt),
            ("text", self.text),
            ("pace", self.pace),
            ("refused", &refused),
            ("next", self.next.as_deref().unwrap_or_default()),
            ("end", self.end),
        ] {
            write!(f, " {field}={}", if value.is_empty() { "-" } else { value })?;
        }
        Ok(())
    }
}

fn lines(heard: &Heard) -> &'static str {
    let bare = heard.turns.iter().filter(|turn| turn.is_bare).count();
    match heard.turns.len() {
        0 => "",
        all if bare == all => "lf",
        _ if bare > 0 => "mixed",
        _ => "crlf",
    }
}

/// The commands in their order.
fn order(heard: &Heard) -> String {
    let mut order = String::new();
    let (mut last, mut count) = ("", 0_usize);
    for turn in &heard.turns {
        if turn.verb == last {
            continue;
        }
        if count == MOST_COMMANDS {
            order.push_str(",...");
            break;
        }
        if count > 0 {
            order.push(if turn.waited.is_some() { ',' } else { '+' });
        }
        order.push_str(&turn.verb);
        last = &turn.verb;
        count = count.saturating_add(1);
    }
    if heard.is_text_early {
        order.push_str("+text");
    }
    order
}

/// The class of the waits before commands.
fn pace(heard: &Heard) -> &'static str {
    let mut waits: Vec<u32> = heard.turns.iter().filter_map(|turn| turn.waited).collect();
    waits.sort_unstable();
    let (Some(least), Some(most)) = (waits.first(), waits.last()) else {
        return if heard.turns.is_empty() { "" } else { "quick" };
    };
    let middle = waits.get(waits.len().div_euclid(2)).copied().unwrap_or(*most);
    let (part, enough) = REGULAR;
    if middle <= QUICK {
        "quick"
    } else if waits.len() >= enough && most.saturating_sub(*least) <= middle.div_euclid(part) {
        "regular"
    } else {
        "slow"
    }
}

#[cfg(test)]
mod tests;
