//! A flood of broken packets at the DNS server: the right questions between them are answered right, and the server stays as it is.

// The mutations of the fuzz targets; the file knows nothing but itself.
#[path = "../../fuzz/src/mutate.rs"]
#[expect(
    unreachable_pub,
    reason = "a module of its own there, a part of this program here"
)]
mod mutate;

use std::net::{SocketAddr, UdpSocket};
use std::path::Path;
use std::time::{Duration, Instant};

use domain::base::iana::Rcode;
use domain::base::{Message, MessageBuilder, Name, Rtype};
use domain::rdata::{A, Txt};
use mutate::{Numbers, mutate};

use crate::harness::{PATIENCE, Server, ZONE, files_in};

/// Packets in all.
const PACKETS: u64 = 200_000;
/// Packets from one right question to the next: fewer than wait in the smallest receive queue, so that no question is lost there.
const BETWEEN: u64 = 50;
/// Packets until the server has taken what memory it needs.
const WARM: u64 = PACKETS / 10;
/// What it may take after that, in bytes.
const GROWTH: u64 = 4 << 20;
/// The longest packet, a little below what UDP carries.
const LONGEST: usize = 60_000;

#[test]
fn between_broken_packets_every_right_question_is_answered_right() {
    let server = Server::start("");
    server.command(&["list", "add", "198.51.100.0/24", "--class", "spam"]);
    let hostile = UdpSocket::bind("127.0.0.1:0").unwrap();
    hostile.connect(server.dns).unwrap();
    let honest = Honest::new(server.dns);
    let seeds = seeds();
    let mut resident = 0;
    for number in 0..PACKETS {
        // A packet that the server's queue has no room for is lost, as in life.
        drop(hostile.send(&packet(&seeds, number)));
        if number.is_multiple_of(BETWEEN) {
            honest.asks(number / BETWEEN);
        }
        if number == WARM {
            resident = resident_bytes(server.id());
        }
    }
    let grown = resident_bytes(server.id()).saturating_sub(resident);
    assert!(grown <= GROWTH, "the server has grown by {grown} bytes");
    assert_eq!(server.end(), Some(0));
}

/// The inputs of the fuzz target, and right questions.
fn seeds() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/dns");
    let files = files_in(&folder);
    assert!(!files.is_empty(), "no seeds in {}", folder.display());
    let questions = (0..3).map(|number| Question::of(number).packet);
    files
        .iter()
        .map(|file| std::fs::read(file).unwrap())
        .chain(questions)
        .collect()
}

/// The packet of this number: of four, one is noise, and three were good before they were damaged.
fn packet(seeds: &[Vec<u8>], number: u64) -> Vec<u8> {
    let mut numbers = Numbers::new(number);
    if number.is_multiple_of(4) {
        let length = numbers.below(600);
        return std::iter::repeat_with(|| numbers.next().to_le_bytes()[0])
            .take(length)
            .collect();
    }
    let mut packet = mutate(&seeds[numbers.below(seeds.len())], seeds, number);
    packet.truncate(LONGEST);
    packet
}

/// A right question, and the answer that it must get.
struct Question {
    id: u16,
    packet: Vec<u8>,
    answer: Answer,
}

/// What must come.
enum Answer {
    /// The code of the class.
    Code,
    /// A text that ends with the page of this address.
    Text(String),
    /// It is not listed.
    Nothing,
}

impl Question {
    /// The question of this number: whether an address is listed, why, and one about an address that is not.
    fn of(number: u64) -> Self {
        let id = u16::try_from(number % 65_536).unwrap();
        let last = number % 256;
        let (network, rtype, answer) = match number % 3 {
            0 => ("100.51.198", Rtype::A, Answer::Code),
            1 => {
                let page = format!("/ip/198.51.100.{last}");
                ("100.51.198", Rtype::TXT, Answer::Text(page))
            }
            _ => ("113.0.203", Rtype::A, Answer::Nothing),
        };
        let name = Name::vec_from_str(&format!("{last}.{network}.{ZONE}")).unwrap();
        let mut builder = MessageBuilder::new_vec();
        builder.header_mut().set_id(id);
        let mut question = builder.question();
        question.push((name, rtype)).unwrap();
        Self {
            id,
            packet: question.finish(),
            answer,
        }
    }

    /// Whether this is the right answer.
    fn is_answered_by(&self, message: &Message<&[u8]>) -> bool {
        let records = message.answer().unwrap();
        let code = || {
            records
                .limit_to::<A>()
                .map(|record| record.unwrap().data().clone())
        };
        let texts = || records.limit_to::<Txt<_>>();
        match &self.answer {
            Answer::Code => code().eq([A::from_octets(127, 0, 0, 3)]),
            Answer::Text(page) => texts().any(|text| {
                let text: Vec<u8> = text.unwrap().data().text();
                text.ends_with(page.as_bytes())
            }),
            Answer::Nothing => message.header().rcode() == Rcode::NXDOMAIN,
        }
    }
}

/// A client that asks right questions.
struct Honest(UdpSocket);

impl Honest {
    fn new(server: SocketAddr) -> Self {
        // Not the address of the flood: who floods may be answered less.
        let socket = UdpSocket::bind("127.0.77.1:0").unwrap();
        socket.connect(server).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
        Self(socket)
    }

    /// Asks the question of this number, again while nothing comes, and sees that the answer is right.
    fn asks(&self, number: u64) {
        let question = Question::of(number);
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            self.0.send(&question.packet).unwrap();
            if self.is_answered(&question) {
                return;
            }
        }
        panic!("question {number} was not answered");
    }

    /// Whether the answer comes in time; it must be right. What was asked twice is answered twice, so older ones may come before it.
    fn is_answered(&self, question: &Question) -> bool {
        let mut buffer = [0; 4_096];
        while let Ok(length) = self.0.recv(&mut buffer) {
            let message = Message::from_octets(&buffer[..length]).unwrap();
            if message.header().id() == question.id {
                assert!(question.is_answered_by(&message), "{message:?}");
                return true;
            }
        }
        false
    }
}

/// The memory that a process holds.
fn resident_bytes(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    let kibibytes: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kibibytes * 1024
}
