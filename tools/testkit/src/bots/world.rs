//! What happens in the world on a day: who sends how much, and which part of it the trap sees.
//!
//! Each connection is seen with the same chance ([`COVERAGE`]), whoever makes it.

use std::collections::HashSet;
use std::net::Ipv4Addr;

use super::chance::Chance;
use super::kinds::{COVERAGE, KINDS};
use super::look::{Hello, Kind, Rate};

/// Seconds of an hour.
const HOUR: u32 = 3_600;
/// Days that addresses are laid out for.
const MOST_DAYS: u32 = 8;
/// Routers between a bot and the trap: at least, and up to so many more.
const DISTANCE: (u8, u32) = (5, 20);

/// A message that the trap saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// The place of its kind among those of the world.
    pub kind: usize,
    /// Where it came from.
    pub address: Ipv4Addr,
    /// The second of the day.
    pub second: u32,
    /// Its place in its connection, from 1.
    pub nth: u32,
    /// Routers between; none where the first packet was not kept.
    pub distance: Option<u8>,
    /// Recipients.
    pub recipients: u32,
    /// Its size.
    pub bytes: u32,
}

/// What is true of a kind on a day.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Truth {
    /// Bots in the world.
    pub bots: u32,
    /// Addresses that these have in the course of the day.
    pub addresses: u32,
    /// Recipients of their messages, in the whole world.
    pub world: f64,
    /// Addresses that the trap saw.
    pub seen: HashSet<Ipv4Addr>,
    /// Connections that it saw.
    pub connections: u64,
    /// Messages in them.
    pub envelopes: u64,
    /// Recipients of these.
    pub recipients: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// A day.
#[derive(Debug, Clone)]
pub struct Day {
    /// What the trap saw, in the order of time.
    pub sent: Vec<Sent>,
    /// What is true, of each kind.
    pub truth: Vec<Truth>,
}

/// Some kinds, in some number.
#[derive(Debug, Clone)]
pub struct World {
    /// What all of it follows from.
    seed: u64,
    /// The kinds.
    pub kinds: Vec<&'static Kind>,
    /// One of so many bots is there.
    one_of: u32,
    /// The part of the connections whose first packet is not kept.
    blurred: f64,
}

impl World {
    /// A world of all kinds, with one of so many bots.
    #[must_use]
    pub fn new(seed: u64, one_of: u32) -> Self {
        Self {
            seed,
            kinds: KINDS.iter().collect(),
            one_of,
            blurred: 0.0,
        }
    }

    /// The same where the first packet of this part of the connections is not kept, as under a flood.
    #[must_use]
    pub const fn blurred(mut self, part: f64) -> Self {
        self.blurred = part;
        self
    }

    /// The same with the kinds of these names alone.
    #[must_use]
    pub fn with(mut self, names: &[&str]) -> Self {
        self.kinds.retain(|kind| names.contains(&kind.name));
        self
    }

    /// What happens on the day of that number, from 0 to 6.
    #[must_use]
    pub fn day(&self, number: u32) -> Day {
        let mut day = Day {
            sent: Vec::new(),
            truth: vec![Truth::default(); self.kinds.len()],
        };
        for place in 0..self.kinds.len() {
            self.add_kind(place, number, &mut day);
        }
        day.sent.sort_by_key(|sent| (sent.second, sent.address, sent.nth));
        for sent in &day.sent {
            if let Some(truth) = day.truth.get_mut(sent.kind) {
                truth.add(sent);
            }
        }
        day
    }

    /// Whether the first packets of some connections are not kept.
    #[must_use]
    pub fn is_blurred(&self) -> bool {
        self.blurred > 0.0
    }

    /// What one says behind HELO.
    #[must_use]
    pub fn helo(&self, sent: &Sent) -> String {
        let [a, b, c, d] = sent.address.octets();
        match self.kinds[sent.kind].helo {
            Hello::Word => format!("pc-{c}{d}"),
            Hello::Capitals => {
                let mut chance = Chance::of([self.seed, u64::from(sent.address.to_bits()), 7, 0]);
                let letter = |_| char::from(b'A' + u8::try_from(chance.below(26)).unwrap_or(0));
                (0..8).map(letter).collect()
            }
            Hello::Line => format!("{d}.{c}.{b}.{a}.dyn.example.net"),
            Hello::Server => format!("mx{d}.n{a}-{b}-{c}.example.org"),
            Hello::Literal => format!("[{}]", sent.address),
            Hello::Always(name) => name.to_owned(),
        }
    }

    fn add_kind(&self, place: usize, number: u32, day: &mut Day) {
        let kind = self.kinds[place];
        let bots = kind.bots / self.one_of;
        let gone = bots * kind.churn / 100 * number;
        let truth = &mut day.truth[place];
        truth.bots += bots;
        truth.addresses += bots * kind.addresses;
        let hosts = self
            .kinds
            .iter()
            .position(|other| other.bots == 0 && kind.hosts > 0.0);
        for bot in gone..gone + bots {
            let bot = Bot {
                place,
                home: place,
                number: bot,
                day: number,
            };
            // What a bot is like is the same every day.
            let mut always = self.chance(bot, u64::MAX);
            let mut today = self.chance(bot, number.into());
            let mean = mean(kind.rate, &mut always);
            self.add_bot(bot, mean, &mut today, day);
            if let Some(hosts) = hosts.filter(|_| always.part() < kind.hosts) {
                day.truth[hosts].bots += 1;
                day.truth[hosts].addresses += 1;
                let mean = self.kinds[hosts].rate.mean();
                self.add_bot(Bot { place: hosts, ..bot }, mean, &mut today, day);
            }
        }
    }

    fn chance(&self, bot: Bot, more: u64) -> Chance {
        Chance::of([self.seed, bot.place as u64, bot.number.into(), more])
    }

    /// Adds what one bot sends: what is seen connection by connection, the rest by its number.
    fn add_bot(&self, bot: Bot, mean: f64, chance: &mut Chance, day: &mut Day) {
        let kind = self.kinds[bot.place];
        let seen = chance.poisson(mean * COVERAGE);
        let messages = 1.0 + kind.second;
        let unseen = (mean * (1.0 - COVERAGE) + mean.sqrt() * chance.normal()).max(0.0);
        let mut recipients = 0;
        let distance = DISTANCE.0 + u8::try_from(chance.below(DISTANCE.1)).unwrap_or(0);
        for _connection in 0..seen {
            let second = second(kind.peak, chance);
            let address = address(self.kinds[bot.home], bot, second);
            let count = 1 + u32::from(chance.part() < kind.second);
            let distance = (chance.part() >= self.blurred).then_some(distance);
            for nth in 1..=count {
                let sent = Sent {
                    kind: bot.place,
                    address,
                    second,
                    nth,
                    distance,
                    recipients: 1 + chance.poisson(kind.recipients - 1.0),
                    bytes: kind.bytes / 2 + chance.below(kind.bytes),
                };
                recipients += sent.recipients;
                day.sent.push(sent);
            }
        }
        day.truth[bot.place].world += f64::from(recipients) + unseen * messages * kind.recipients;
    }
}

/// One of a kind, on a day.
#[derive(Debug, Clone, Copy)]
struct Bot {
    /// The place of its kind.
    place: usize,
    /// The place of the kind whose addresses it has.
    home: usize,
    number: u32,
    day: u32,
}

impl Truth {
    fn add(&mut self, sent: &Sent) {
        self.seen.insert(sent.address);
        self.connections += u64::from(sent.nth == 1);
        self.envelopes += 1;
        self.recipients += u64::from(sent.recipients);
        self.bytes += u64::from(sent.bytes);
    }
}

/// How much one bot sends.
fn mean(rate: Rate, chance: &mut Chance) -> f64 {
    match rate {
        Rate::Even(mean) => mean,
        // The mean of a logarithmic normal distribution is moved up by half its variance.
        Rate::Uneven(mean, deviation) => {
            mean * (deviation * chance.normal() - deviation * deviation / 2.0).exp()
        }
    }
}

/// When somebody sends who sends most at `peak.0`.
fn second(peak: (f64, f64), chance: &mut Chance) -> u32 {
    loop {
        let hour = chance.below(24);
        let turn = (f64::from(hour) - peak.0) / 24.0 * std::f64::consts::TAU;
        if chance.part() * (1.0 + peak.1) < 1.0 + peak.1 * turn.cos() {
            return hour * HOUR + chance.below(HOUR);
        }
    }
}

/// The address of a bot: no two bots have the same, nor two kinds.
fn address(kind: &Kind, bot: Bot, second: u32) -> Ipv4Addr {
    let slot = second / (24 * HOUR / kind.addresses.max(1)).max(1);
    let number = if kind.addresses > 1 {
        (bot.number * MOST_DAYS + bot.day) * kind.addresses + slot.min(kind.addresses - 1)
    } else {
        bot.number
    };
    let all: u32 = kind.places.iter().map(|place| place.weight).sum();
    let (round, mut rest) = (number / all, number % all);
    for place in kind.places {
        if rest < place.weight {
            // An odd factor leads to each address once.
            let at = (round * place.weight + rest).wrapping_mul(0x9e37_79b1);
            return Ipv4Addr::from_bits(place.network.to_bits() | (at & (u32::MAX >> place.length)));
        }
        rest -= place.weight;
    }
    Ipv4Addr::UNSPECIFIED
}

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn a_day_is_the_same_each_time_and_the_trap_sees_its_part_of_it() {
        let (day, again) = (World::new(7, 200).day(3), World::new(7, 200).day(3));
        assert_eq!((&day.sent, &day.truth), (&again.sent, &again.truth));
        for truth in &day.truth {
            assert!(truth.connections > 0 && truth.envelopes >= truth.connections);
            // The whole of the world by what was seen of it, as many as were seen give.
            let (seen, meant) = (truth.recipients as f64, truth.world * COVERAGE);
            assert!((seen - meant).abs() < 12.0 * meant.sqrt(), "{seen} of {meant}");
        }
    }

    #[test]
    fn each_kind_has_addresses_of_its_own_but_for_the_systems_of_bots() {
        let world = World::new(7, 200);
        let day = world.day(0);
        let bots = &day.truth[..day.truth.len() - 1];
        let all: HashSet<Ipv4Addr> = bots.iter().flat_map(|truth| &truth.seen).copied().collect();
        assert_eq!(
            all.len(),
            bots.iter().map(|truth| truth.seen.len()).sum::<usize>()
        );
        let inside = |sent: &Sent| {
            let places = world.kinds[sent.kind].places;
            places.is_empty()
                || places.iter().any(|place| {
                    let apart = place.network.to_bits() ^ sent.address.to_bits();
                    apart >> (32 - place.length) == 0
                })
        };
        assert!(day.sent.iter().all(inside));
    }

    #[test]
    fn some_bots_of_a_day_are_new_on_the_next() {
        let world = World::new(1, 300).with(&["Avocet"]);
        let [one, two] = [0, 1].map(|day| world.day(day).truth.remove(0).seen);
        assert!(!one.is_disjoint(&two));
        assert!(two.difference(&one).count() > 0);
    }
}
