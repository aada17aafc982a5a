//! Statistics in English.

use atalaya_places::Language;

use super::{ChartWords, ColumnWords, HeadWords, MethodWords, NoteWords, PartWords, Words};

/// Statistics in English.
pub(super) static ENGLISH: Words = Words {
    language: Language::English,
    tag: "en",
    decimal: '.',
    thousands: ',',
    months: [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    date: |day, month, year| format!("{day} {month} {year}"),
    days: |first, last| format!("{first} to {last}"),
    head: HEAD,
    measures: ["Addresses", "Connections", "Envelopes", "Recipients", "Bytes"],
    parts: PARTS,
    columns: COLUMNS,
    kinds: [
        "Botnet",
        "Network stack without a name",
        "Dialect without a name",
        "Program",
        "Backscatter",
        "Everything else",
    ],
    confidences: ["unconfirmed", "likely", "confirmed"],
    methods: METHODS,
    charts: CHARTS,
    keys: &[],
    notes: NOTES,
};

const HEAD: HeadWords = HeadWords {
    of: |days| format!("Statistics of {days}"),
    addresses: "Addresses that sent",
    new: |days| {
        if days == "1" {
            "New: not seen on the day before".to_owned()
        } else {
            format!("New: not seen in the {days} days before")
        }
    },
    listed: "Listed",
    notified: "Network notified",
    made: |moment| format!("Made on {moment}. Days are days in UTC."),
    unfinished: |moment| format!("The last day is not over: this is what was seen until {moment}."),
    missing: |days| format!("Nothing is kept of these days: {days}."),
    closed: |days| format!("Only pictures are kept of these days, so that they are not in this one: {days}."),
    nothing: "Nothing was seen. Either nobody sent anything to the traps, or nothing was counted.",
    numbers: "The numbers",
};

const PARTS: PartWords = PartWords {
    botnets: [
        "Botnets",
        "Who sent: botnets of the catalogue, and network stacks and dialects that nobody has named but many addresses share. The line at a bar \
         is the interval in which the size of the botnet lies.",
    ],
    botnet_hours: [
        "Botnets by hour",
        "Connections by hour of the day, in UTC. Each curve has a scale of its own.",
    ],
    botnet_countries: [
        "Botnets by country",
        "Addresses of each botnet in the countries that have most of them. An empty field is a country that is not among the first ten of \
         that botnet.",
    ],
    pairs: [
        "Stacks that bots may have brought along",
        "A bot with a network stack of its own shows two: its own, and that of the system it runs on. These strange stacks were seen on \
         addresses that show an ordinary system too. Many machines behind one address look the same, so only a high share is a sign.",
    ],
    days: [
        "Day by day",
        "Addresses on each day, of everything and of the largest botnets.",
    ],
    rankings: [
        [
            "Systems",
            "The operating system, told by the first packet of the connection.",
        ],
        [
            "Dialects",
            "How the sender spoke SMTP: order and spelling of its commands, its pace, its line ends.",
        ],
        ["HELO", "What kind of name the sender gave for itself."],
        [
            "Header shapes",
            "Which fields the message had, in which order, and how they were written.",
        ],
        [
            "Countries",
            "Where whoever holds the addresses is registered. A machine may stand elsewhere.",
        ],
        [
            "Networks",
            "Which network announces the addresses (autonomous system).",
        ],
        [
            "Prefixes",
            "The /24 of an IPv4 address, or the /48 of an IPv6 address.",
        ],
        ["Traps", "The kind of trap that was hit."],
        ["Sensors", "Which sensor saw it."],
        ["Hours", "By hour of the day, in UTC."],
    ],
};

const COLUMNS: ColumnWords = ColumnWords {
    botnet: "Botnet",
    kind: "What it is",
    aliases: "Other names",
    confidence: "How sure",
    told_by: "Told by",
    size: "Estimated size",
    a_day: "Recipients a day",
    world: "Recipients a day, worldwide",
    share: "Share",
    new: "New",
    listed: "Listed",
    notified: "Network notified",
    paired: "With an ordinary system too",
    first_seen: "First seen",
    last_seen: "Last seen",
    stack: "Stack",
    signature: "Signature",
    both: "With an ordinary system too",
    systems: "Ordinary systems",
    suspected: "Suspected",
    yes: "yes",
    no: "no",
    day: "Day",
    rankings: [
        "System",
        "Dialect",
        "HELO",
        "Header shape",
        "Country",
        "Network",
        "Prefix",
        "Trap",
        "Sensor",
        "Hour",
    ],
};

const METHODS: MethodWords = MethodWords {
    seen: "addresses seen",
    chao: |low, high| format!("Chao 1987, 95\u{a0}%: {low} to {high}"),
    chao_none: "all seen more than once: no more expected",
    recipients: "recipients counted",
    recipients_hours: |over, all| format!("recipients counted, over {over} of {all} hours"),
    recipients_days: |over, all| format!("recipients counted, over {over} of {all} days"),
    world: "the same, by the share of the world’s mail that the operator gave",
};

const CHARTS: ChartWords = ChartWords {
    nothing: "Nothing to show",
    no_connections: "No connections: this was told by logs or by mail servers",
    others: "all others",
    unknown: "unknown",
    unknown_botnet: "unidentified",
    backscatter: "backscatter",
    stack: "stack",
    dialect: "dialect",
    none: "none",
    peak: |number, hour| format!("peak {number} at {hour}"),
    all: "all",
    interval: "estimated size (95\u{a0}%)",
    both: "with an ordinary system too",
    hours_utc: "hours in UTC",
    and_more: |count| format!("and {count} more"),
    no_place: |what, count| format!("{what} not on the map: {count}"),
    more_botnets: |count| {
        format!(
            "Without a row of their own, because few addresses share them: {count} stacks and dialects without a name."
        )
    },
};

const NOTES: NoteWords = NoteWords {
    method_title: "How it is counted",
    method: &[
        "Counted is what our own sensors heard: traps, and mail servers that ask us. What others report is not counted here. Every count is \
         exact, and an address counts once in it, however often it came. An IPv6 address counts with its /64.",
        "An address belongs to every botnet whose looks it showed, so that the addresses of all botnets may be more than those of the day.",
        "The size is an estimate for one day, of several days the mean. From how many addresses came once and how many came twice it \
         follows how many are likely to exist that did not come to us at all (Chao 1987). It is too low where some bots send far more than \
         others, and too high where addresses change within a day.",
        "Recipients are counted and not messages, because a message with a hundred recipients is a hundred messages for those who get them.",
        "These figures say what our traps saw. They do not say what the world saw.",
    ],
    share_of_mail: "Worldwide figures rest on the share of the world’s mail that the operator of this list believes its traps to see.",
    origins_title: "What it was made with",
    what: "What",
    from: "From",
    date: "Date or version",
    thanks: "Thanks to",
    old: "old",
    old_warning: |what| format!("Old data: {what}. Some of what follows from it will be wrong."),
    countries: "Countries",
    networks: "Networks",
    catalogue: "Catalogue of botnets",
    built_in: "comes with the program",
    map: "Map: Natural Earth (public domain), Equal Earth projection. It is a drawing, and no word on any border.",
    by: |organisation| format!("Published by {organisation}, made by Atalaya."),
};
