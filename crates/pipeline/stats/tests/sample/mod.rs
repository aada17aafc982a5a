//! A plausible picture: the botnets of `SecureWorks` (April 2008) as a trap might have seen them, in forty countries, with a daily curve.
//! The same bytes each time; no figure in it was measured.

use atalaya_model::Timestamp;
use atalaya_stats::{
    BotnetKind, BotnetRow, Confidence, Counts, DayRow, Dimension, Estimate, Figures, Origin, Pair, Picture,
    Ranking, Row, Share,
};

/// Names, other names, bots, billions of messages a day times 100.
const BOTNETS: [(&str, &[&str], u64, u64); 12] = [
    ("Srizbi", &["Cbeplay", "Exchanger"], 315_000, 6_000),
    (
        "Bobax",
        &["Kraken", "Oderoor", "Bobic", "Cotmonger", "Hacktool.Spammer"],
        185_000,
        900,
    ),
    ("Rustock", &["RKRustok", "Costrat"], 150_000, 3_000),
    ("Cutwail", &["Pandex", "Mutant", "Pushdo"], 125_000, 1_600),
    ("Storm", &["Nuwar", "Peacomm", "Zhelatin"], 85_000, 300),
    ("Grum", &["Tedroo"], 50_000, 200),
    ("Onewordsub", &[], 40_000, 180),
    ("Ozdok", &["Mega-D"], 35_000, 1_000),
    ("Nucrypt", &["Loosky"], 20_000, 500),
    ("Wopla", &["Pokier"], 20_000, 60),
    ("Spamthru", &["Spam-DComServ", "Covesmer", "Xmiler"], 12_000, 35),
    ("stack #4fe02a", &[], 3_100, 12),
];

const COUNTRIES: [&str; 40] = [
    "BR", "TR", "IN", "RU", "CN", "US", "PL", "KR", "TH", "AR", "ES", "IT", "VN", "CO", "GB", "DE", "UA",
    "RO", "PE", "CL", "MX", "FR", "PH", "ID", "SA", "EG", "PK", "IR", "IL", "GR", "HU", "CZ", "BG", "MA",
    "ZA", "NG", "KE", "SG", "MT", "DO",
];

const NETWORKS: [(u32, &str); 16] = [
    (64_500, "TELEFAR-BR Telecomunicacoes do Sul"),
    (64_501, "ANADOLU-NET"),
    (64_502, "BHARAT-BROADBAND National Internet Backbone"),
    (64_503, "VOLGA-TELECOM"),
    (64_504, "EASTNET-BACKBONE No.31"),
    (64_505, "CABLE-WEST"),
    (64_506, "POLNET"),
    (64_507, "HANKOOK"),
    (64_508, "SIAM-ADSL"),
    (64_509, "PAMPA-CABLE"),
    (64_510, "IBERDATA"),
    (64_511, "ITALLINE"),
    (65_536, "VN-POST"),
    (65_537, "ANDES-MOVIL"),
    (65_538, "ALBION-BB"),
    (65_539, "RHEIN-DSL"),
];

/// Numbers that look random and are the same each time.
pub(crate) struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    /// A number about as large, within a quarter.
    fn about(&mut self, number: u64) -> u64 {
        number * (75 + self.next() % 50) / 100
    }
}

/// A moment of the day.
fn at(day: &str, seconds: u64) -> Option<Timestamp> {
    let start: Timestamp = day.parse().unwrap();
    Some(start.plus(std::time::Duration::from_secs(seconds)))
}

fn figures(day: &str, addresses: u64, each: u64) -> Figures {
    Figures {
        addresses,
        counts: Counts {
            connections: addresses * 3,
            envelopes: addresses * 3 * each / 4,
            recipients: addresses * 3 * each,
            bytes: addresses * 3 * each * 2_900,
        },
        first_seen: at(day, 12),
        last_seen: at(day, 86_390),
    }
}

/// Connections by hour: more by day than by night, for each botnet at another time.
fn hours(connections: u64, shift: u64, dice: &mut Dice) -> [u64; 24] {
    let mut hours = [0; 24];
    for (hour, count) in (0_u64..).zip(&mut hours) {
        let distance = (hour + shift) % 24;
        let height = 30 + 5 * distance.min(24 - distance);
        *count = dice.about(connections * height / 1_440);
    }
    hours
}

fn shares(keys: impl Iterator<Item = (String, String)>, addresses: u64, most: usize) -> Vec<Share> {
    let share = |(place, (key, name)): (usize, (String, String))| Share {
        key,
        name,
        addresses: addresses * 2 / ((place as u64 + 2) * (place as u64 + 3)),
    };
    keys.enumerate().map(share).take(most).collect()
}

fn botnet(day: &str, (place, row): (usize, &(&str, &[&str], u64, u64)), dice: &mut Dice) -> BotnetRow {
    let (name, aliases, bots, billions) = *row;
    // The trap sees one bot in twenty.
    let figures = figures(day, dice.about(bots / 20), 2 + billions * 40 / bots.max(1) * 10);
    let is_stack = name.starts_with("stack");
    let turned = COUNTRIES.iter().cycle().skip(place * 3).take(12);
    BotnetRow {
        name: name.to_owned(),
        kind: if is_stack {
            BotnetKind::Stack
        } else {
            BotnetKind::Botnet
        },
        aliases: aliases.iter().map(|alias| (*alias).to_owned()).collect(),
        confidence: (!is_stack).then_some(if place == 0 {
            Confidence::Unconfirmed
        } else {
            Confidence::Likely
        }),
        told_by: if is_stack {
            "4:64:0:1300:4000,0:mss::0"
        } else {
            "SecureWorks, April 2008"
        }
        .to_owned(),
        figures,
        new: figures.addresses * 2 / 5,
        listed: figures.addresses / 2,
        notified: figures.addresses / 3,
        paired: if place == 0 || is_stack {
            figures.addresses / 3
        } else {
            0
        },
        size: Some(Estimate {
            low: figures.addresses * 13 / 10,
            likely: figures.addresses * 15 / 10,
            high: figures.addresses * 18 / 10,
        }),
        recipients_a_day: figures.counts.recipients,
        world_a_day: None,
        hours: hours(figures.counts.connections, place as u64 * 2, dice),
        countries: shares(
            turned.map(|code| ((*code).to_owned(), (*code).to_owned())),
            figures.addresses,
            10,
        ),
        networks: shares(
            NETWORKS
                .iter()
                .map(|(asn, name)| (format!("AS{asn}"), (*name).to_owned())),
            figures.addresses,
            10,
        ),
    }
}

fn rest(day: &str) -> BotnetRow {
    let figures = figures(day, 2_700, 2);
    BotnetRow {
        name: "unknown".to_owned(),
        kind: BotnetKind::Other,
        aliases: Vec::new(),
        confidence: None,
        told_by: String::new(),
        figures,
        new: 900,
        listed: 40,
        notified: 12,
        paired: 0,
        size: Some(Estimate {
            low: 2_700,
            likely: 2_700,
            high: 2_700,
        }),
        recipients_a_day: figures.counts.recipients,
        world_a_day: None,
        hours: [300; 24],
        countries: Vec::new(),
        networks: Vec::new(),
    }
}

fn ranking(day: &str, by: Dimension, names: &[(&str, &str)], total: u64, dice: &mut Dice) -> Ranking {
    let row = |(place, (key, name)): (usize, &(&str, &str))| Row {
        key: (*key).to_owned(),
        name: (*name).to_owned(),
        figures: figures(
            day,
            dice.about(total * 2 / ((place as u64 + 2) * (place as u64 + 3))),
            3 + place as u64 % 4,
        ),
    };
    let mut rows: Vec<Row> = names.iter().enumerate().map(row).collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.figures.addresses));
    Ranking {
        by,
        all: rows.len() as u64,
        rows,
    }
}

const SYSTEMS: [(&str, &str); 7] = [
    (
        "unknown 4:128:0:536:24000,0:mss::0",
        "unknown 4:128:0:536:24000,0:mss::0",
    ),
    ("Windows XP", "Windows XP"),
    ("Windows 7 or 8", "Windows 7 or 8"),
    (
        "unknown 4:64:0:1300:4000,0:mss::0",
        "unknown 4:64:0:1300:4000,0:mss::0",
    ),
    ("Linux 2.4.x-2.6.x", "Linux 2.4.x-2.6.x"),
    ("not seen", "not seen"),
    ("FreeBSD", "FreeBSD"),
];
const DIALECTS: [(&str, &str); 4] = [
    (
        "5be1a2f09c",
        "smtp/1 talks=early lines=lf hello=HELO_word order=HELO,MAIL,RCPT,DATA mail=- rcpt=- text=- pace=quick end=-",
    ),
    (
        "0c77d3e1aa",
        "smtp/1 talks=late lines=crlf hello=EHLO_word order=EHLO,MAIL,RCPT,DATA,QUIT mail=size rcpt=- end=QUIT",
    ),
    (
        "91f0ae7c55",
        "smtp/1 talks=early lines=crlf hello=HELO_[own] order=HELO,RSET,MAIL,RCPT,DATA mail=- end=drop",
    ),
    ("-", "-"),
];
const HELOS: [(&str, &str); 6] = [
    ("WORD", "WORD"),
    ("word", "word"),
    ("name-of-address", "name-of-address"),
    ("\"ylmf-pc\"", "\"ylmf-pc\""),
    ("[own]", "[own]"),
    ("name", "name"),
];
const SHAPES: [(&str, &str); 3] = [
    (
        "aa01f3d2",
        "head/1 fields=received,from,to,subject,date,message-id order=plain mid=hex12.hex8.hex8",
    ),
    (
        "bb72c941",
        "head/1 fields=message-id,from,to,subject,mime-version,content-type,x-mailer mid=outlook",
    ),
    ("-", "-"),
];

const TRAPS: [(&str, &str); 3] = [
    ("pristine", "pristine"),
    ("recycled", "recycled"),
    ("typo", "typo"),
];
const SENSORS: [(&str, &str); 2] = [("trap", "trap"), ("milter", "milter")];
const DAYS: [&str; 7] = [
    "2026-11-20",
    "2026-11-21",
    "2026-11-22",
    "2026-11-23",
    "2026-11-24",
    "2026-11-25",
    "2026-11-26",
];

/// The picture of a week, or of its last day.
pub(crate) fn picture(days: usize) -> Picture {
    let names = &DAYS[DAYS.len() - days.clamp(1, 7)..];
    let last = names[names.len() - 1];
    let mut dice = Dice(2_008);
    let mut botnets: Vec<BotnetRow> = BOTNETS
        .iter()
        .enumerate()
        .map(|row| botnet(last, row, &mut dice))
        .collect();
    botnets.push(rest(last));
    let addresses: u64 = botnets.iter().map(|row| row.figures.addresses).sum();
    let mut total = figures(last, addresses * 97 / 100, 1);
    total.counts = Counts::default();
    botnets
        .iter()
        .for_each(|row| total.counts.add(&row.figures.counts));
    let all = total.addresses;
    let rankings = rankings(last, total, &mut dice);
    let day = |day: &&str| DayRow {
        day: (*day).to_owned(),
        figures: figures(day, dice.about(all), 4),
        botnets: botnets
            .iter()
            .map(|row| dice.about(row.figures.addresses))
            .collect(),
    };
    Picture {
        version: 1,
        first_day: names[0].to_owned(),
        last_day: last.to_owned(),
        made_at: at(last, 86_400 + 3_600).unwrap(),
        is_complete: true,
        closed_days: Vec::new(),
        more_botnets: 0,
        covered_seconds: 86_400 * names.len() as u64,
        missing_days: Vec::new(),
        origins: origins(),
        total,
        new: all * 2 / 5,
        new_days: 14,
        listed: all / 2,
        notified: all / 3,
        days: names.iter().map(day).collect(),
        botnets,
        rankings,
        pairs: pairs(),
    }
}

fn rankings(day: &str, total: Figures, dice: &mut Dice) -> Vec<Ranking> {
    let all = total.addresses;
    let same = |name: &str| (name.to_owned(), name.to_owned());
    let mut countries: Vec<(String, String)> = COUNTRIES.iter().map(|code| same(code)).collect();
    countries.push(same("unknown"));
    let network = |(asn, name): &(u32, &str)| (format!("AS{asn}"), (*name).to_owned());
    let mut networks: Vec<(String, String)> = NETWORKS.iter().map(network).collect();
    networks.push(same("unknown"));
    let prefixes: Vec<(String, String)> = (0..30)
        .map(|number| same(&format!("198.51.{number}.0/24")))
        .collect();
    let mut ranking = |by, names: &[(&str, &str)], most| ranking(day, by, names, most, dice);
    let mut rankings = vec![
        ranking(Dimension::System, &SYSTEMS, all),
        ranking(Dimension::Dialect, &DIALECTS, all),
        ranking(Dimension::Helo, &HELOS, all),
        ranking(Dimension::Headers, &SHAPES, all),
        ranking(Dimension::Country, &borrowed(&countries), all),
        ranking(Dimension::Network, &borrowed(&networks), all),
        ranking(Dimension::Prefix, &borrowed(&prefixes), all / 40),
        ranking(Dimension::Trap, &TRAPS, all),
        ranking(Dimension::Sensor, &SENSORS, all),
    ];
    let by_hour = hours(total.counts.connections, 4, dice);
    let row = |(hour, connections): (u32, u64)| Row {
        key: format!("{hour:02}"),
        name: format!("{hour:02}"),
        figures: figures(day, connections / 3, 4),
    };
    rankings.push(Ranking {
        by: Dimension::Hour,
        all: 24,
        rows: (0..24).zip(by_hour).map(row).collect(),
    });
    rankings
}

fn borrowed(names: &[(String, String)]) -> Vec<(&str, &str)> {
    names
        .iter()
        .map(|(key, name)| (key.as_str(), name.as_str()))
        .collect()
}

fn origins() -> Vec<Origin> {
    let origin = |what: &str, from: &str, date: &str, is_old, attribution: &str| Origin {
        what: what.to_owned(),
        from: from.to_owned(),
        date: date.to_owned(),
        is_old,
        attribution: attribution.to_owned(),
    };
    vec![
        origin("catalogue", "built in", "1", false, ""),
        origin(
            "countries",
            "built in",
            "2026-03-01",
            true,
            "Registration countries: statistics of the regional Internet registries, nro.net (CC BY 4.0)",
        ),
        origin(
            "networks",
            "/var/lib/atalaya/networks.tsv",
            "2026-11-20",
            false,
            "Networks: iptoasn.com (PDDL 1.0)",
        ),
    ]
}

fn pairs() -> Vec<Pair> {
    let system = |name: &str, addresses| Share {
        key: name.to_owned(),
        name: name.to_owned(),
        addresses,
    };
    vec![
        Pair {
            signature: "4:128:0:536:24000,0:mss::0".to_owned(),
            name: "stack #a01c55".to_owned(),
            addresses: 15_230,
            both: 5_120,
            is_suspected: true,
            systems: vec![system("Windows XP", 4_800), system("Windows 7 or 8", 320)],
        },
        Pair {
            signature: "4:64:0:1300:4000,0:mss::0".to_owned(),
            name: "stack #4fe02a".to_owned(),
            addresses: 2_990,
            both: 140,
            is_suspected: false,
            systems: vec![system("Linux 2.4.x-2.6.x", 140)],
        },
    ]
}

/// The picture of a day on which nothing was seen.
pub(crate) fn nothing() -> Picture {
    let day = "2026-11-26";
    Picture {
        total: Figures::default(),
        new: 0,
        new_days: 0,
        listed: 0,
        notified: 0,
        botnets: Vec::new(),
        rankings: Dimension::ALL
            .map(|by| Ranking {
                by,
                all: 0,
                rows: Vec::new(),
            })
            .to_vec(),
        pairs: Vec::new(),
        days: Vec::new(),
        covered_seconds: 0,
        closed_days: Vec::new(),
        more_botnets: 0,
        missing_days: vec![day.to_owned()],
        ..picture(1)
    }
}

/// The same with names that strangers might choose.
pub(crate) fn hostile() -> Picture {
    let evil = format!(
        "<script>alert(1)</script>\" onload='x' \u{202e}evil\u{0}\n]]> & {}",
        "A".repeat(10_000)
    );
    let mut picture = picture(7);
    for row in picture.botnets.iter_mut() {
        row.name.clone_from(&evil);
        row.told_by.clone_from(&evil);
        row.aliases = vec![evil.clone(); 50];
        row.countries
            .iter_mut()
            .chain(&mut row.networks)
            .for_each(|share| {
                share.key.clone_from(&evil);
                share.name.clone_from(&evil);
            });
    }
    for row in picture.rankings.iter_mut().flat_map(|ranking| &mut ranking.rows) {
        row.key.clone_from(&evil);
        row.name.clone_from(&evil);
    }
    for pair in &mut picture.pairs {
        pair.name.clone_from(&evil);
        pair.signature.clone_from(&evil);
        pair.systems
            .iter_mut()
            .for_each(|share| share.name.clone_from(&evil));
    }
    for origin in &mut picture.origins {
        origin.from.clone_from(&evil);
        origin.date.clone_from(&evil);
        origin.attribution.clone_from(&evil);
    }
    picture
}
