//! Small clients with which the demo asks its own server as the world outside would: DNS over UDP, HTTP.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, bail};
use atalaya_formats::puzzle::solve;
use domain::base::iana::Rcode;
use domain::base::{Message, MessageBuilder, Name, Rtype};
use domain::rdata::{A, Txt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};

/// The longest wait for an answer on loopback.
const PATIENCE: Duration = Duration::from_secs(5);
/// Largest page that is read.
const MAX_PAGE: u64 = 1 << 20;

/// What a DNS server answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DnsAnswer {
    /// The response code.
    pub(super) code: Rcode,
    /// The records, as `dig +short` prints them.
    pub(super) records: Vec<String>,
}

/// Asks for the A or TXT records of `name`.
pub(super) async fn dns(server: SocketAddr, name: &str, record_type: Rtype) -> anyhow::Result<DnsAnswer> {
    let mut question = MessageBuilder::new_vec().question();
    question.push((name.parse::<Name<Vec<u8>>>()?, record_type))?;
    let socket = UdpSocket::bind("127.0.0.1:0").await?;
    socket.connect(server).await?;
    socket.send(question.as_slice()).await?;
    let mut bytes = vec![0; 4_096];
    let length = tokio::time::timeout(PATIENCE, socket.recv(&mut bytes))
        .await
        .context("no DNS answer")??;
    bytes.truncate(length);
    let message = Message::from_octets(bytes).context("the DNS answer is cut short")?;
    let mut records = Vec::new();
    for record in message.answer()?.limit_to::<A>() {
        records.push(record?.data().addr().to_string());
    }
    for record in message.answer()?.limit_to::<Txt<_>>() {
        let record = record?;
        let text: Vec<u8> = record.data().iter().flatten().copied().collect();
        records.push(format!("\"{}\"", String::from_utf8_lossy(&text)));
    }
    Ok(DnsAnswer {
        code: message.header().rcode(),
        records,
    })
}

/// The name to ask for about an address (RFC 5782 section 2).
pub(super) fn query_name(address: IpAddr, zone: &str) -> String {
    let labels: Vec<String> = match address {
        IpAddr::V4(v4) => v4.octets().iter().rev().map(ToString::to_string).collect(),
        IpAddr::V6(v6) => v6
            .octets()
            .iter()
            .rev()
            .flat_map(|byte| [byte & 15, byte >> 4])
            .map(|n| format!("{n:x}"))
            .collect(),
    };
    format!("{}.{zone}", labels.join("."))
}

/// Sends an HTTP request without a body and gives the status code and the page.
pub(super) async fn http(server: SocketAddr, method: &str, path: &str) -> anyhow::Result<(u16, String)> {
    let mut stream = TcpStream::connect(server).await?;
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {server}\r\nAccept-Language: en\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    let mut limited = stream.take(MAX_PAGE);
    let read = limited.read_to_end(&mut answer);
    tokio::time::timeout(PATIENCE, read)
        .await
        .context("no HTTP answer")??;
    let answer = String::from_utf8_lossy(&answer);
    let status = answer.split(' ').nth(1).and_then(|code| code.parse().ok());
    let Some(status) = status else {
        bail!("no HTTP answer")
    };
    Ok((
        status,
        answer
            .split_once("\r\n\r\n")
            .map(|(_, body)| body.to_owned())
            .unwrap_or_default(),
    ))
}

/// Asks that an address leaves, and solves the puzzle that stands before it as a browser does. Gives the last status.
pub(super) async fn leave(server: SocketAddr, address: IpAddr) -> anyhow::Result<u16> {
    let removal = format!("/api/v1/ip/{address}/removal");
    let (status, asked) = http(server, "POST", &removal).await?;
    if status != 428 {
        return Ok(status);
    }
    let asked: Puzzle =
        serde_json::from_str(&asked).context("the removal asked for nothing that can be read")?;
    let word = asked.puzzle.clone();
    let number = tokio::task::spawn_blocking(move || solve(&asked.puzzle, asked.bits)).await?;
    let (status, _) = http(
        server,
        "POST",
        &format!("{removal}?puzzle={word}&solution={number}"),
    )
    .await?;
    Ok(status)
}

/// What is asked for before a removal.
#[derive(serde::Deserialize)]
struct Puzzle {
    puzzle: String,
    bits: u8,
}
