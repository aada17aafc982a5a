//! How a kind of bots looks and speaks, and where and when it sends.

use std::net::Ipv4Addr;

/// By what the statistics can tell a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// The catalogue has it, by its stack alone.
    ByStack,
    /// The catalogue has it, by its dialect on a stack that others have too.
    ByDialect,
    /// Nobody has named it, and its stack is its own.
    StackOnly,
    /// Nobody has named it, and its dialect is its own.
    DialectOnly,
    /// A known program, by this name.
    Program(&'static str),
    /// By nothing: it looks as the kind of this name does.
    LikeAnother(&'static str),
    /// Reports to senders that were forged.
    Backscatter,
}

/// How much the bots of a kind send.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rate {
    /// Each as much as the other: connections a bot and day, at random.
    Even(f64),
    /// A few most of it: connections a bot and day on average, and the deviation of the logarithm.
    Uneven(f64, f64),
}

impl Rate {
    /// Connections a bot and day, on average.
    #[must_use]
    pub const fn mean(self) -> f64 {
        match self {
            Self::Even(mean) | Self::Uneven(mean, _) => mean,
        }
    }
}

/// What a kind says behind HELO.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hello {
    /// A word of its own.
    Word,
    /// Capital letters, drawn.
    Capitals,
    /// A name with its address in it, as a line for homes has it.
    Line,
    /// A name of a server.
    Server,
    /// Its address in brackets.
    Literal,
    /// Always this.
    Always(&'static str),
}

/// A network where the bots of a kind are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The first address.
    pub network: Ipv4Addr,
    /// The length of the prefix.
    pub length: u8,
    /// The country in which it is registered.
    pub country: &'static str,
    /// The part of the bots that are there, beside those of the other places.
    pub weight: u32,
}

/// A network stack, as far as Linux can be made to show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stack {
    /// The time to live at its start.
    pub ttl: u8,
    /// The segment size.
    pub mss: u16,
    /// The window: a multiple of the segment.
    pub window: u16,
    /// The scale of the window, if it is scaled.
    pub scale: Option<u8>,
    /// Whether it sends time stamps, allows selective acknowledgements, and forbids fragments.
    pub has: [Has; 3],
}

/// Whether a stack has something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Has {
    /// It has.
    Yes,
    /// It has not.
    No,
}

impl Stack {
    /// Whether it sends time stamps.
    #[must_use]
    pub fn stamps(&self) -> bool {
        self.has[0] == Has::Yes
    }

    /// Whether it allows selective acknowledgements.
    #[must_use]
    pub fn selects(&self) -> bool {
        self.has[1] == Has::Yes
    }

    /// Whether it forbids fragments.
    #[must_use]
    pub fn stays_whole(&self) -> bool {
        self.has[2] == Has::Yes
    }

    /// The options of its first packet, in the order of Linux, and the bytes that they take.
    fn options(&self) -> (&'static str, u8) {
        match (self.stamps(), self.selects(), self.scale.is_some()) {
            (true, true, true) => ("mss,sok,ts,nop,ws", 20),
            (true, true, false) => ("mss,sok,ts", 16),
            (true, false, true) => ("mss,nop,nop,ts,nop,ws", 20),
            (true, false, false) => ("mss,nop,nop,ts", 16),
            (false, true, true) => ("mss,nop,nop,sok,nop,ws", 12),
            (false, true, false) => ("mss,nop,nop,sok", 8),
            (false, false, true) => ("mss,nop,ws", 8),
            (false, false, false) => ("mss", 4),
        }
    }

    fn oddities(&self) -> &'static str {
        if self.stays_whole() { "df,id+" } else { "" }
    }

    /// Its first packet as it is kept, from so many routers away.
    #[must_use]
    pub fn kept(&self, distance: u8) -> String {
        let (options, bytes) = self.options();
        let (ttl, all) = (self.ttl.saturating_sub(distance), bytes + 40);
        let (mss, window, scale) = (self.mss, self.window, self.scale.unwrap_or(0));
        format!(
            "4:{ttl}:0:{all}+0:{mss}:{window},{scale}:{options}:{}",
            self.oddities()
        )
    }

    /// Its signature, in the notation of p0f v3.
    #[must_use]
    pub fn signature(&self) -> String {
        let (ttl, mss, window, scale) = (self.ttl, self.mss, self.window, self.scale.unwrap_or(0));
        let (options, oddities) = (self.options().0, self.oddities());
        format!("4:{ttl}:0:{mss}:{window},{scale}:{options}:{oddities}:0")
    }
}

/// How a kind speaks: what it sends before it waits for the answers, line by line.
#[derive(Debug, Clone, Copy)]
pub struct Speech {
    /// The text that the trap makes of it.
    pub dialect: &'static str,
    /// What it says before its first message, each behind the answer to the one before.
    pub hello: &'static [&'static str],
    /// What it says for a message; what is sent in one go stands between bars.
    pub mail: &'static [&'static str],
    /// What ends its lines.
    pub line_end: &'static str,
    /// The fields of its messages, in their order.
    pub head: &'static str,
    /// Milliseconds that it waits before each command.
    pub waits: u32,
    /// Whether it speaks before the banner.
    pub is_early: bool,
    /// Whether it says QUIT.
    pub quits: bool,
}

/// A kind of bots, or of others who come to traps.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// Its name.
    pub name: &'static str,
    /// The botnet of 2008 that has its numbers, or what it is otherwise.
    pub like: &'static str,
    /// By what it can be told.
    pub named: Named,
    /// How many there are on a day.
    pub bots: u32,
    /// How much each sends.
    pub rate: Rate,
    /// Recipients of a message, on average: one, and the rest at random.
    pub recipients: f64,
    /// The part of the connections in which a second message comes.
    pub second: f64,
    /// Bytes of a message, on average.
    pub bytes: u32,
    /// Bots of a hundred that are new each day, and as many that are gone.
    pub churn: u32,
    /// Addresses that each has on a day, one after the other.
    pub addresses: u32,
    /// The part of the bots whose system sends mail by itself too.
    pub hosts: f64,
    /// The hour in UTC when it sends most, and by how much more than on average.
    pub peak: (f64, f64),
    /// What it says behind HELO.
    pub helo: Hello,
    /// How it speaks.
    pub speech: Speech,
    /// Its stack.
    pub stack: Stack,
    /// Where it is.
    pub places: &'static [Place],
}

impl Kind {
    /// The head of its messages, with the empty line behind it.
    #[must_use]
    pub fn head(&self) -> String {
        let value = |name: &str| match name {
            "Received" => {
                "from [10.1.2.3] by pc (qmail 1 invoked from network); Mon, 7 Apr 2008 09:00:00 +0000"
            }
            "Date" => "Mon, 7 Apr 2008 09:00:00 +0000",
            "From" => "<seller@watches.example>",
            "To" => "<friend@trap.example>",
            "Message-ID" => "<1234@watches.example>",
            _ => "Watches",
        };
        let fields = self.speech.head.split(',');
        let lines = fields.map(|name| format!("{name}: {}\r\n", value(name)));
        lines.chain(std::iter::once("\r\n".to_owned())).collect()
    }

    /// The sender of its messages.
    #[must_use]
    pub fn sender(&self) -> &'static str {
        if self.named == Named::Backscatter {
            ""
        } else {
            "seller@watches.example"
        }
    }
}
