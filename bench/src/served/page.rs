//! The page about an address, asked for at a fixed rate over connections that are kept.
//!
//! The time counts from the moment at which a request was due, so that a server that is late cannot hide it by letting the next ones wait.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, ensure};

use super::Subject;
use crate::filling::listed_address;
use crate::spread::Spread;

/// Requests a second.
const RATE: u32 = 500;
/// Connections, each asking in turn.
const CLIENTS: u32 = 50;
/// How long they ask.
const DURATION: Duration = Duration::from_secs(20);
/// The longest wait for a page.
const PATIENCE: Duration = Duration::from_secs(60);

/// Asks, and tells how long the pages took.
pub(super) fn measure(subject: &Subject) -> anyhow::Result<()> {
    let before = subject.server.processor_seconds()?;
    let begin = Instant::now();
    let mut all = Spread::default();
    std::thread::scope(|scope| {
        let clients = (0..CLIENTS).map(|client| scope.spawn(move || ask(subject, client, begin)));
        let clients: Vec<_> = clients.collect();
        for client in clients {
            all.extend(client.join().map_err(|_panic| anyhow!("a client broke"))??);
        }
        anyhow::Ok(())
    })?;
    let processor = (subject.server.processor_seconds()? - before) * 1e6 / f64::from(all.count());
    println!("  {RATE} pages a second, every other one about a listed address: {all}");
    println!("  processor time of the server: {processor:.0} µs a page, all else that it did included");
    Ok(())
}

/// One client: gives how long each of its pages took.
fn ask(subject: &Subject, client: u32, begin: Instant) -> anyhow::Result<Spread> {
    let mut connection = Connection::open(subject.at.http)?;
    let mut spread = Spread::default();
    for turn in 0.. {
        let number = turn * CLIENTS + client;
        let due = begin + Duration::from_secs(1) * number / RATE;
        if due.duration_since(begin) > DURATION {
            break;
        }
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        connection.get(address(number, subject.listed))?;
        spread.add(due.elapsed());
    }
    Ok(spread)
}

/// A listed address for even numbers, its neighbour for odd ones; scattered over the list.
fn address(number: u32, listed: u32) -> Ipv4Addr {
    let at = number
        .wrapping_mul(2_654_435_761)
        .checked_rem(listed)
        .unwrap_or_default();
    Ipv4Addr::from_bits(listed_address(at).to_bits().wrapping_add(number % 2))
}

/// A connection that is kept.
struct Connection {
    stream: TcpStream,
    answers: BufReader<TcpStream>,
}

impl Connection {
    fn open(server: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(server)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let answers = BufReader::new(stream.try_clone()?);
        Ok(Self { stream, answers })
    }

    /// Fetches the page to its last byte.
    fn get(&mut self, address: Ipv4Addr) -> anyhow::Result<()> {
        let request = format!("GET /ip/{address} HTTP/1.1\r\nHost: list.example\r\n\r\n");
        self.stream.write_all(request.as_bytes())?;
        let (mut line, mut length) = (String::new(), None);
        self.answers.read_line(&mut line)?;
        ensure!(
            line.starts_with("HTTP/1.1 200"),
            "the page of {address} is {line:?}"
        );
        while line != "\r\n" {
            line.clear();
            ensure!(
                self.answers.read_line(&mut line)? > 0,
                "the page of {address} was cut off"
            );
            let field = line
                .split_once(':')
                .filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
            length = length.or(field.and_then(|(_, value)| value.trim().parse::<usize>().ok()));
        }
        let mut body = vec![0; length.context("a page without its length")?];
        self.answers.read_exact(&mut body)?;
        Ok(())
    }
}
