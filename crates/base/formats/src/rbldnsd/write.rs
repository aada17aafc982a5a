//! Writes zone files: the specials first, then values and entries as they come.

use std::io::{self, Write};
use std::net::Ipv4Addr;

use atalaya_model::Prefix;

/// What stands at the head of a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Header {
    /// What follows `$SOA`: `TTL PRIMARY CONTACT SERIAL REFRESH RETRY EXPIRE MINIMUM`.
    pub soa: Option<String>,
    /// The names of the name servers.
    pub name_servers: Vec<String>,
    /// How long records may be kept.
    pub ttl_seconds: u32,
}

/// Writes one file: `ip4set`, `ip4trie`, `ip6trie`, or several of them as `combined`.
///
/// The same lines make all of these kinds; a family in a dataset of the other is for the caller to avoid.
#[derive(Debug)]
pub struct Writer<W> {
    out: W,
}

impl<W: Write> Writer<W> {
    /// Writes the head.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn new(mut out: W, header: &Header) -> io::Result<Self> {
        if let Some(soa) = &header.soa {
            writeln!(out, "$SOA {}", line(soa))?;
        }
        if !header.name_servers.is_empty() {
            writeln!(
                out,
                "$NS {} {}",
                header.ttl_seconds,
                line(&header.name_servers.join(" "))
            )?;
        }
        writeln!(out, "$TTL {}", header.ttl_seconds)?;
        Ok(Self { out })
    }

    /// Begins a dataset of a combined file, for these sub-zones; `@` is the zone itself.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn dataset(&mut self, kind: &str, origins: &[&str]) -> io::Result<()> {
        writeln!(self.out, "$DATASET {kind} {}", origins.join(" "))
    }

    /// Sets what the entries that follow say: a code and a text, in which `$` stands for the address. Write `$$` for a dollar sign.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn value(&mut self, code: Ipv4Addr, text: &str) -> io::Result<()> {
        writeln!(self.out, ":{code}:{}", line(text))
    }

    /// Writes what is listed.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn entry(&mut self, prefix: &Prefix) -> io::Result<()> {
        writeln!(self.out, "{}", plain(prefix))
    }

    /// Writes what is listed, with a code and a text of its own.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn entry_with(&mut self, prefix: &Prefix, code: Ipv4Addr, text: &str) -> io::Result<()> {
        writeln!(self.out, "{} :{code}:{}", plain(prefix), line(text))
    }

    /// Writes what is not listed, though something around it is.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn exclude(&mut self, prefix: &Prefix) -> io::Result<()> {
        writeln!(self.out, "!{}", plain(prefix))
    }

    /// Ends the file.
    ///
    /// # Errors
    /// What waited cannot be written.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }
}

/// A prefix as rbldnsd reads it: it knows no IPv4 address inside an IPv6 one.
fn plain(prefix: &Prefix) -> impl std::fmt::Display {
    match (prefix.network(), prefix.is_single()) {
        (std::net::IpAddr::V6(network), is_single) => {
            let words: Vec<String> = network
                .segments()
                .iter()
                .map(|word| format!("{word:x}"))
                .collect();
            let length = if is_single {
                String::new()
            } else {
                format!("/{}", prefix.length())
            };
            format!("{}{length}", words.join(":"))
        }
        (std::net::IpAddr::V4(_), _) => prefix.to_string(),
    }
}

/// A text that stays on its line.
fn line(text: &str) -> String {
    text.chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect()
}
