//! Our reading and naming of SYNs beside p0f 3.09b of Debian: on real captures, and on packets that are made to be odd.
#![expect(
    clippy::unwrap_used,
    reason = "tests may stop at the first thing that does not hold"
)]

mod captures;
mod crafted;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use atalaya_formats::capture::{Capture, Frame};
use atalaya_formats::signatures::{Family, Fit, Signatures};
use atalaya_formats::syn::{Syn, ends};

/// Where Debian puts the program, which is not on everybody's path, and its signatures.
const PROGRAM: &str = "/usr/sbin/p0f";
const SIGNATURES: &str = "/etc/p0f/p0f.fp";

/// What is told of one SYN.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Told {
    /// Source and destination, as `address/port`.
    ends: (String, String),
    raw: String,
    /// `os`, or `app` for a tool, with the name; `os=???` if there is none.
    name: String,
    is_generic: bool,
    is_fuzzy: bool,
    distance: String,
}

/// Whether p0f is here; says that the test is skipped if not.
fn is_here() -> bool {
    let is_here = Path::new(PROGRAM).is_file() && Path::new(SIGNATURES).is_file();
    if !is_here {
        atalaya_testkit::skip("p0f is not installed");
    }
    is_here
}

/// What p0f tells of the SYNs of a capture.
fn p0f(capture: &Path, scratch: &Path) -> Vec<Told> {
    let log: PathBuf = scratch.join("log");
    drop(std::fs::remove_file(&log));
    let status = Command::new(PROGRAM)
        .args(["-f", SIGNATURES, "-r"])
        .arg(capture)
        .arg("-o")
        .arg(&log)
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success(), "p0f cannot read {}", capture.display());
    let log = std::fs::read_to_string(&log).unwrap();
    log.lines()
        .filter(|line| line.contains("mod=syn|"))
        .map(told)
        .collect()
}

/// Reads a line of p0f's log.
fn told(line: &str) -> Told {
    let field = |name: &str| {
        let mut fields = line.split('|').filter_map(|field| field.split_once('='));
        fields
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value.to_owned())
    };
    let params = field("params").unwrap();
    Told {
        ends: (field("cli").unwrap(), field("srv").unwrap()),
        raw: field("raw_sig").unwrap(),
        name: field("app").map_or_else(
            || format!("os={}", field("os").unwrap()),
            |app| format!("app={app}"),
        ),
        is_generic: params.contains("generic"),
        is_fuzzy: params.contains("fuzzy"),
        distance: field("dist").unwrap(),
    }
}

/// What we tell of the SYNs of a capture, with p0f's signatures, and of each whether its frame has the tag of a VLAN.
fn ours(capture: &[u8], signatures: &Signatures) -> Vec<(Told, bool)> {
    let packets = Capture::new(capture).unwrap().map_while(Result::ok);
    packets
        .filter_map(|packet| {
            let ip = packet.ip()?;
            let told = our_told(ip, &Syn::read(ip).ok()?, signatures);
            let is_tagged = packet.frame == Frame::Ethernet && packet.bytes.get(12..14) == Some(&[0x81, 0]);
            Some((told, is_tagged))
        })
        .collect()
}

fn our_told(packet: &[u8], syn: &Syn, signatures: &Signatures) -> Told {
    let (source, destination) = ends(packet).unwrap();
    let found = signatures.best(syn, SIGNATURES);
    Told {
        ends: (end(source), end(destination)),
        raw: syn.v3(),
        name: found.map_or_else(
            || "os=???".to_owned(),
            |found| {
                let kind = if found.label.family == Family::Tool {
                    "app"
                } else {
                    "os"
                };
                format!("{kind}={}", found.label)
            },
        ),
        is_generic: found.is_some_and(|found| found.label.is_generic),
        is_fuzzy: found.is_some_and(|found| found.fit == Fit::Fuzzy),
        distance: found.and_then(|found| found.distance).map_or_else(
            || syn.likely_distance().to_string(),
            |distance| distance.to_string(),
        ),
    }
}

/// Address and port as p0f writes them, with every group of an IPv6 address.
fn end(at: std::net::SocketAddr) -> String {
    let address = match at.ip() {
        std::net::IpAddr::V4(address) => address.to_string(),
        std::net::IpAddr::V6(address) => {
            let groups: Vec<String> = address
                .segments()
                .iter()
                .map(|group| format!("{group:x}"))
                .collect();
            groups.join(":")
        }
    };
    format!("{address}/{}", at.port())
}

/// The signatures of Debian.
fn signatures() -> Signatures {
    Signatures::read(&std::fs::read(SIGNATURES).unwrap()).unwrap()
}
