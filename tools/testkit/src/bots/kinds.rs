//! The kinds of this world. Sizes and messages a day have the shape of the table that `SecureWorks` made in April 2008.

use std::net::Ipv4Addr;

use super::look::{Has, Hello, Kind, Named, Place, Rate, Speech, Stack};

/// The part of all connections that the trap sees.
pub const COVERAGE: f64 = 9e-6;

const fn place(network: [u8; 4], length: u8, country: &'static str, weight: u32) -> Place {
    let [a, b, c, d] = network;
    Place {
        network: Ipv4Addr::new(a, b, c, d),
        length,
        country,
        weight,
    }
}

/// The system that most of them run on.
const WINDOWS: Stack = Stack {
    ttl: 128,
    mss: 1460,
    window: 64_240,
    scale: None,
    has: [Has::No, Has::Yes, Has::Yes],
};

/// The system of mail servers.
const LINUX: Stack = Stack {
    ttl: 64,
    mss: 1460,
    window: 64_240,
    scale: Some(10),
    has: [Has::Yes, Has::Yes, Has::Yes],
};

/// What most of them do.
const PLAIN: Speech = Speech {
    dialect: "smtp/1 talks=after lines=crlf hello=EHLO_name order=EHLO,MAIL,RCPT,DATA mail=MAIL_FROM:<@> rcpt=RCPT_TO:<@> text=crlf pace=quick refused=- next=- end=-",
    hello: &["EHLO {helo}"],
    mail: &["MAIL FROM:<{from}>", "RCPT TO:<{rcpt}>", "DATA"],
    line_end: "\r\n",
    head: "Message-ID,Date,From,To,Subject",
    waits: 0,
    is_early: false,
    quits: true,
};

const POSTFIX: Speech = Speech {
    dialect: "smtp/1 talks=after lines=crlf hello=EHLO_name order=EHLO,MAIL+RCPT+DATA mail=MAIL_FROM:<@>_SIZE=# rcpt=RCPT_TO:<@> text=crlf pace=quick refused=- next=- end=-",
    mail: &["MAIL FROM:<{from}> SIZE=2000|RCPT TO:<{rcpt}>|DATA"],
    head: "Received,Date,From,To,Subject,Message-ID",
    ..PLAIN
};

/// Spammers that nothing is special of: what the others are written beside.
const USUAL: Kind = Kind {
    name: "",
    like: "",
    named: Named::ByDialect,
    bots: 0,
    rate: Rate::Even(0.0),
    recipients: 1.0,
    second: 0.0,
    bytes: 2_900,
    churn: 6,
    addresses: 1,
    hosts: 0.0,
    peak: (14.0, 0.5),
    helo: Hello::Word,
    speech: PLAIN,
    stack: WINDOWS,
    places: &[],
};

/// A stack of its own, and by far the most.
const AVOCET: Kind = Kind {
    name: "Avocet",
    like: "Srizbi",
    named: Named::ByStack,
    bots: 315_000,
    rate: Rate::Even(190_000.0),
    peak: (10.0, 0.7),
    helo: Hello::Line,
    speech: Speech {
        dialect: "smtp/1 talks=after lines=crlf hello=HELO_name order=HELO,MAIL,RCPT,DATA mail=MAIL_FROM:_<@> rcpt=RCPT_TO:_<@> text=crlf pace=quick refused=- next=- end=-",
        hello: &["HELO {helo}"],
        mail: &["MAIL FROM: <{from}>", "RCPT TO: <{rcpt}>", "DATA"],
        head: "Message-ID,From,To,Subject,Date",
        ..PLAIN
    },
    stack: Stack {
        ttl: 128,
        mss: 536,
        window: 24_120,
        scale: None,
        has: [Has::No, Has::No, Has::No],
    },
    places: &[
        place([78, 160, 0, 0], 11, "TR", 5),
        place([95, 0, 0, 0], 13, "TR", 1),
        place([37, 144, 0, 0], 14, "RU", 3),
        place([3, 128, 0, 0], 10, "US", 4),
        place([177, 40, 0, 0], 13, "BR", 2),
        place([83, 0, 0, 0], 11, "PL", 1),
    ],
    ..USUAL
};

/// It speaks before the banner.
const BITTERN: Kind = Kind {
    name: "Bittern",
    like: "Bobax",
    bots: 185_000,
    rate: Rate::Even(40_500.0),
    recipients: 1.2,
    peak: (2.0, 0.6),
    speech: Speech {
        dialect: "smtp/1 talks=early lines=crlf hello=HELO_word order=HELO,Mail,Rcpt,DATA mail=Mail_From:<@> rcpt=Rcpt_To:<@> text=crlf pace=quick refused=- next=- end=-",
        hello: &["HELO {helo}"],
        mail: &["Mail From:<{from}>", "Rcpt To:<{rcpt}>", "DATA"],
        is_early: true,
        ..PLAIN
    },
    places: &[
        place([1, 224, 0, 0], 11, "KR", 3),
        place([3, 192, 0, 0], 11, "US", 3),
        place([36, 224, 0, 0], 12, "TW", 1),
        place([152, 240, 0, 0], 12, "BR", 2),
    ],
    ..USUAL
};

/// It shares its stack with others.
const CURLEW: Kind = Kind {
    name: "Curlew",
    like: "Rustock",
    bots: 150_000,
    rate: Rate::Even(200_000.0),
    bytes: 1_800,
    peak: (16.0, 0.8),
    helo: Hello::Capitals,
    speech: Speech {
        dialect: "smtp/1 talks=after lines=crlf hello=EHLO_word order=EHLO,RSET,MAIL,RCPT,DATA mail=MAIL_FROM:<@> rcpt=RCPT_TO:<@> text=crlf pace=quick refused=- next=- end=-",
        hello: &["EHLO {helo}", "RSET"],
        head: "From,Subject,To,Date,Message-ID",
        quits: false,
        ..PLAIN
    },
    places: &[
        place([117, 192, 0, 0], 11, "IN", 3),
        place([3, 80, 0, 0], 12, "US", 3),
        place([79, 184, 0, 0], 13, "PL", 1),
        place([113, 160, 0, 0], 11, "VN", 2),
        place([5, 136, 0, 0], 13, "RU", 2),
    ],
    ..USUAL
};

/// The same stack, another dialect, and many recipients.
const DUNLIN: Kind = Kind {
    name: "Dunlin",
    like: "Cutwail",
    bots: 125_000,
    rate: Rate::Even(32_000.0),
    recipients: 4.0,
    second: 0.2,
    bytes: 9_000,
    peak: (7.0, 0.4),
    speech: Speech {
        dialect: "smtp/1 talks=after lines=lf hello=helo_word order=helo,mail,rcpt,data mail=mail_from:<@> rcpt=rcpt_to:<@> text=crlf pace=quick refused=- next=- end=-",
        hello: &["helo {helo}"],
        mail: &["mail from:<{from}>", "rcpt to:<{rcpt}>", "data"],
        line_end: "\n",
        head: "Received,From,To,Subject,Message-ID,Date",
        quits: false,
        ..PLAIN
    },
    places: &[
        place([14, 160, 0, 0], 11, "VN", 2),
        place([27, 56, 0, 0], 13, "IN", 3),
        place([177, 16, 0, 0], 14, "BR", 2),
        place([37, 192, 0, 0], 14, "RU", 2),
        place([181, 128, 0, 0], 11, "CO", 1),
    ],
    ..USUAL
};

/// On lines that get another address within the day.
const EGRET: Kind = Kind {
    name: "Egret",
    like: "Storm",
    bots: 85_000,
    rate: Rate::Even(29_000.0),
    recipients: 1.2,
    addresses: 2,
    helo: Hello::Literal,
    speech: Speech {
        dialect: "smtp/1 talks=after lines=crlf hello=EHLO_[own] order=EHLO,MAIL+RCPT+DATA mail=MAIL_FROM:<@> rcpt=RCPT_TO:<@> text=crlf pace=quick refused=- next=- end=-",
        mail: &["MAIL FROM:<{from}>|RCPT TO:<{rcpt}>|DATA"],
        ..PLAIN
    },
    stack: Stack {
        mss: 1452,
        window: 65_340,
        ..WINDOWS
    },
    places: &[
        place([2, 160, 0, 0], 12, "DE", 2),
        place([79, 144, 0, 0], 12, "ES", 2),
        place([2, 224, 0, 0], 12, "IT", 1),
    ],
    ..USUAL
};

/// A few of its bots send most of its mail, and some systems under it send mail too.
const FULMAR: Kind = Kind {
    name: "Fulmar",
    like: "Ozdok (Mega-D)",
    named: Named::ByStack,
    bots: 35_000,
    rate: Rate::Uneven(190_000.0, 1.3),
    recipients: 1.5,
    second: 0.3,
    hosts: 0.3,
    peak: (20.0, 0.3),
    helo: Hello::Always("localhost"),
    speech: Speech {
        dialect: "smtp/1 talks=after lines=crlf hello=HELO_localhost order=HELO,NOOP,MAIL,RCPT,DATA mail=MAIL_FROM:<@> rcpt=RCPT_TO:<@> text=crlf pace=quick refused=- next=- end=-",
        hello: &["HELO {helo}", "NOOP"],
        ..PLAIN
    },
    stack: Stack {
        ttl: 64,
        mss: 1452,
        window: 8_712,
        scale: Some(0),
        has: [Has::No, Has::No, Has::Yes],
    },
    places: &[
        place([1, 80, 0, 0], 12, "CN", 3),
        place([1, 188, 0, 0], 14, "CN", 1),
        place([41, 32, 0, 0], 12, "EG", 2),
        place([105, 128, 0, 0], 11, "MA", 1),
    ],
    ..USUAL
};

/// Nobody has named it; half of its systems show themselves.
const GODWIT: Kind = Kind {
    name: "Godwit",
    like: "Nucrypt",
    named: Named::StackOnly,
    bots: 20_000,
    rate: Rate::Even(125_000.0),
    recipients: 2.0,
    hosts: 0.5,
    helo: Hello::Always("10.0.0.5"),
    speech: Speech {
        dialect: "smtp/1 talks=after lines=crlf hello=HELO_private order=HELO,MAIL,RCPT,DATA mail=MAIL_FROM:<@> rcpt=RCPT_TO:<@> text=crlf pace=quick refused=- next=- end=-",
        hello: &["HELO {helo}"],
        quits: false,
        ..PLAIN
    },
    stack: Stack {
        ttl: 255,
        mss: 1300,
        window: 5_200,
        scale: None,
        has: [Has::Yes, Has::No, Has::No],
    },
    places: &[
        place([37, 52, 0, 0], 14, "UA", 3),
        place([5, 12, 0, 0], 14, "RO", 2),
        place([171, 96, 0, 0], 13, "TH", 1),
    ],
    ..USUAL
};

/// Nobody has named it; it takes its time, always the same.
const HERON: Kind = Kind {
    name: "Heron",
    like: "Wopla",
    named: Named::DialectOnly,
    bots: 20_000,
    rate: Rate::Even(30_000.0),
    speech: Speech {
        dialect: "smtp/1 talks=after lines=crlf hello=EHLO_word order=EHLO,MAIL,RCPT,DATA mail=MAIL_FROM:<@>_SIZE=# rcpt=RCPT_TO:<@> text=crlf pace=regular refused=- next=- end=-",
        mail: &["MAIL FROM:<{from}> SIZE=2000", "RCPT TO:<{rcpt}>", "DATA"],
        waits: 2_500,
        ..PLAIN
    },
    places: &[
        place([36, 64, 0, 0], 11, "ID", 2),
        place([148, 208, 0, 0], 13, "MX", 1),
    ],
    ..USUAL
};

/// A program for newsletters that somebody wrote with the same library: nothing tells it from Dunlin.
const DOUBLES: Kind = Kind {
    name: "doubles of Dunlin",
    like: "newsletters",
    named: Named::LikeAnother("Dunlin"),
    bots: 800,
    rate: Rate::Even(60_000.0),
    churn: 0,
    places: &[place([78, 8, 0, 0], 14, "PL", 1)],
    ..DUNLIN
};

/// Ordinary mail servers whose customers write to traps. They send no spam of bots.
const SERVERS: Kind = Kind {
    name: "mail servers",
    like: "Postfix",
    named: Named::Program("Postfix smtp"),
    bots: 20_000,
    rate: Rate::Even(220_000.0),
    second: 0.1,
    bytes: 20_000,
    churn: 0,
    peak: (11.0, 0.8),
    helo: Hello::Server,
    speech: POSTFIX,
    stack: LINUX,
    places: &[
        place([77, 160, 0, 0], 12, "NL", 1),
        place([2, 208, 0, 0], 13, "DE", 1),
        place([24, 64, 0, 0], 13, "CA", 1),
    ],
    ..USUAL
};

/// Mail servers that answer forged senders.
const BOUNCES: Kind = Kind {
    name: "backscatter",
    like: "Postfix",
    named: Named::Backscatter,
    bots: 30_000,
    rate: Rate::Even(110_000.0),
    bytes: 4_500,
    places: &[
        place([78, 64, 0, 0], 12, "SE", 1),
        place([2, 8, 0, 0], 13, "FR", 1),
        place([27, 80, 0, 0], 12, "JP", 1),
    ],
    ..SERVERS
};

/// The systems under bots that bring a stack along: they send by themselves now and then. How many there are follows from the bots.
const HOSTS: Kind = Kind {
    name: "systems of bots",
    like: "a mail program",
    named: Named::Program("Perl Net::SMTP, swaks"),
    rate: Rate::Even(80_000.0),
    helo: Hello::Line,
    ..USUAL
};

/// All kinds. The last four are no bots.
pub static KINDS: [Kind; 12] = [
    AVOCET, BITTERN, CURLEW, DUNLIN, EGRET, FULMAR, GODWIT, HERON, DOUBLES, SERVERS, BOUNCES, HOSTS,
];
