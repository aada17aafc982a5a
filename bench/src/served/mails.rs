//! Mails into the trap: one in a session of its own, from any address of loopback, and a flood of them.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{anyhow, ensure};
use socket2::{Domain, Socket, Type};

use super::inside;

/// Sessions of the flood at the same time.
const SESSIONS: u32 = 32;
/// About the size of a mail, in lines of text.
const LINES: u32 = 50;
/// The longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// When a mail was handed over.
pub(super) struct Sent {
    /// Its last byte was sent.
    pub(super) ended: Instant,
    /// The `250` came.
    pub(super) accepted: Instant,
}

/// Sends one mail from this address.
///
/// # Errors
/// The trap is not there, or does not take it.
pub(super) fn send(trap: SocketAddr, from: Ipv4Addr, number: u32) -> anyhow::Result<Sent> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SocketAddr::from((from, 0)).into())?;
    socket.connect(&trap.into())?;
    socket.set_tcp_nodelay(true)?;
    let mut stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut answers = BufReader::new(stream.try_clone()?);
    expect(&mut answers, "220")?;
    for (command, code) in [
        (format!("HELO host-{number}.sender.example\r\n"), "250"),
        (format!("MAIL FROM:<bounce-{number}@sender.example>\r\n"), "250"),
        (
            format!("RCPT TO:<trap{}@trap.example>\r\n", number % 1_000),
            "250",
        ),
        ("DATA\r\n".to_owned(), "354"),
    ] {
        stream.write_all(command.as_bytes())?;
        expect(&mut answers, code)?;
    }
    stream.write_all(text(number).as_bytes())?;
    let ended = Instant::now();
    expect(&mut answers, "250")?;
    let accepted = Instant::now();
    stream.write_all(b"QUIT\r\n")?;
    Ok(Sent { ended, accepted })
}

/// Reads an answer to its last line.
fn expect(answers: &mut impl BufRead, code: &str) -> anyhow::Result<()> {
    loop {
        let mut line = String::new();
        answers.read_line(&mut line)?;
        ensure!(line.starts_with(code), "the trap said {line:?} instead of {code}");
        if line.as_bytes().get(3) != Some(&b'-') {
            return Ok(());
        }
    }
}

fn text(number: u32) -> String {
    let lines: String = (0..LINES)
        .map(|line| {
            format!(
                "Your account {} was limited, look at offer {line} now and click.\r\n",
                number ^ line
            )
        })
        .collect();
    format!("Message-ID: <{number}@sender.example>\r\nSubject: offer {number}\r\n\r\n{lines}.\r\n")
}

/// The address of loopback that a sender of the flood comes from.
pub(super) fn peer(number: u32) -> Ipv4Addr {
    inside(Ipv4Addr::new(127, 8, 0, 0), number)
}

/// The address that it stands for.
pub(super) fn meant(number: u32) -> Ipv4Addr {
    inside(Ipv4Addr::new(12, 8, 0, 0), number)
}

/// Mail from many senders, as fast as the trap takes it.
pub(super) struct Flood {
    sessions: Vec<JoinHandle<anyhow::Result<()>>>,
    sent: Arc<AtomicU32>,
    stop: Arc<AtomicBool>,
}

impl Flood {
    /// Begins it.
    pub(super) fn start(trap: SocketAddr, senders: u32) -> Self {
        let (sent, stop) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicBool::new(false)));
        let session = |_| {
            let (sent, stop) = (Arc::clone(&sent), Arc::clone(&stop));
            std::thread::spawn(move || go_on(trap, senders, &sent, &stop))
        };
        Self {
            sessions: (0..SESSIONS).map(session).collect(),
            sent: Arc::clone(&sent),
            stop,
        }
    }

    /// Mails up to now.
    pub(super) fn sent(&self) -> u32 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Ends it.
    ///
    /// # Errors
    /// A mail was not taken.
    pub(super) fn end(self) -> anyhow::Result<()> {
        self.stop.store(true, Ordering::Relaxed);
        for session in self.sessions {
            session.join().map_err(|_panic| anyhow!("a sender broke"))??;
        }
        Ok(())
    }
}

/// Sends one mail after the other until it is told to stop.
fn go_on(trap: SocketAddr, senders: u32, sent: &AtomicU32, stop: &AtomicBool) -> anyhow::Result<()> {
    while !stop.load(Ordering::Relaxed) {
        let number = sent.fetch_add(1, Ordering::Relaxed);
        send(trap, peer(number % senders), number)?;
    }
    Ok(())
}
