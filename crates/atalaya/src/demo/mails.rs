//! The demo's senders and their mails, all of our own writing.

use std::net::{IpAddr, Ipv4Addr};

use anyhow::{Context, bail};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpSocket;

/// One sender: a loopback address that stands for a documentation address (RFC 5737).
#[derive(Debug)]
pub(super) struct Sender {
    /// The address that connects.
    pub(super) local: IpAddr,
    /// The address that it stands for.
    pub(super) stands_for: IpAddr,
    /// What it says after EHLO.
    pub(super) helo: &'static str,
    /// The envelope sender; empty for a bounce.
    pub(super) mail_from: &'static str,
    /// The trap that it writes to.
    pub(super) recipient: &'static str,
    /// The Subject.
    pub(super) subject: &'static str,
    /// The text.
    pub(super) text: &'static str,
}

const fn loopback(last: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(127, 0, 0, last))
}

/// Everybody who writes in the demo.
pub(super) const SENDERS: [Sender; 4] = [
    Sender {
        local: loopback(11),
        stands_for: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 11)),
        helo: "dsl-11.access.example",
        mail_from: "offers@watches.example",
        recipient: "ana.1997@trap.example",
        subject: "Your new watch is one click away",
        text: "Genuine looking watches, shipped in a plain box.\r\nOnly today: two for the price of three.",
    },
    Sender {
        local: loopback(12),
        stands_for: IpAddr::V4(Ipv4Addr::new(198, 51, 100, 12)),
        helo: "mail.newsletter.example",
        mail_from: "bounce-4711@newsletter.example",
        recipient: "webmaster@old-name.example",
        subject: "=?utf-8?Q?La_loter=C3=ADa_le_espera?=",
        text: "Le hemos reservado un premio. Env=C3=ADenos solo sus datos bancarios.",
    },
    Sender {
        local: loopback(13),
        stands_for: IpAddr::V4(Ipv4Addr::new(203, 0, 113, 13)),
        helo: "[203.0.113.13]",
        mail_from: "accounts@invoices.example",
        recipient: "ana.1997@trap.example",
        subject: "Overdue invoice 2287, second reminder",
        text: "Open the attached program to see what you owe us.",
    },
    Sender {
        local: loopback(14),
        stands_for: IpAddr::V4(Ipv4Addr::new(203, 0, 113, 14)),
        helo: "mx.victim.example",
        mail_from: "",
        recipient: "ana.1997@trap.example",
        subject: "Undelivered mail returned to sender",
        text: "A message that you never wrote could not be delivered.",
    },
];

/// Sends one mail over SMTP to the trap, and gives the trap's last reply to it.
///
/// # Errors
/// The trap cannot be reached from the sender's address, or answers with a refusal.
pub(super) async fn send(sender: &Sender, trap: std::net::SocketAddr) -> anyhow::Result<String> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((sender.local, 0).into()).with_context(|| {
        format!(
            "cannot send from {}: is all of 127.0.0.0/8 on this machine's loopback?",
            sender.local
        )
    })?;
    let mut stream = BufReader::new(socket.connect(trap).await.context("cannot reach the trap")?);
    let Sender {
        helo,
        mail_from,
        recipient,
        ..
    } = sender;
    expect_reply(&mut stream, None).await?;
    for command in [
        format!("EHLO {helo}"),
        format!("MAIL FROM:<{mail_from}>"),
        format!("RCPT TO:<{recipient}>"),
    ] {
        expect_reply(&mut stream, Some(&command)).await?;
    }
    expect_reply(&mut stream, Some("DATA")).await?;
    let kept = expect_reply(&mut stream, Some(&format!("{}\r\n.", message(sender)))).await?;
    expect_reply(&mut stream, Some("QUIT")).await?;
    Ok(kept)
}

/// The mail as it goes over the wire.
fn message(sender: &Sender) -> String {
    let Sender {
        mail_from,
        recipient,
        subject,
        text,
        ..
    } = sender;
    let from = if mail_from.is_empty() {
        "MAILER-DAEMON@victim.example"
    } else {
        mail_from
    };
    let encoding = if text.contains("=C3") {
        "quoted-printable"
    } else {
        "7bit"
    };
    format!(
        "From: <{from}>\r\nTo: <{recipient}>\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{text}"
    )
}

/// Sends a command, if there is one, and reads its reply; a refusal is an error.
async fn expect_reply(
    stream: &mut BufReader<tokio::net::TcpStream>,
    command: Option<&str>,
) -> anyhow::Result<String> {
    if let Some(command) = command {
        stream.write_all(format!("{command}\r\n").as_bytes()).await?;
    }
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            bail!("the trap hung up");
        }
        if line.as_bytes().get(3) == Some(&b'-') {
            continue;
        }
        let line = line.trim_end().to_owned();
        return if line.starts_with(['2', '3']) {
            Ok(line)
        } else {
            bail!("the trap refused: {line}")
        };
    }
}
