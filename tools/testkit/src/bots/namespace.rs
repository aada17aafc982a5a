//! A network namespace in which bots connect from their own addresses to a trap, with the stacks and the speech of their kinds.
//!
//! It needs no privilege where users may make namespaces, and leaves nothing behind: it ends with the process that holds it. Outside of it nothing
//! is touched, and nothing in it reaches any network.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use super::look::Kind;
use super::world::{Sent, World};

/// Speaks for the bots.
const SPEAKER: &str = include_str!("speak.py");
/// Connections at the same time.
const SESSIONS: u32 = 150;

/// A namespace with the addresses of some kinds in it.
#[derive(Debug)]
pub struct Namespace {
    /// Holds it until its input ends.
    holder: Child,
    /// What leads into it.
    enter: Vec<String>,
}

impl Namespace {
    /// Makes one.
    ///
    /// # Errors
    /// Why it cannot be made here.
    pub fn make(kinds: &[&Kind]) -> Result<Self, String> {
        let ways: [(&[&str], &[&str]); 2] = [
            (&["-Urn"], &["-U", "-n", "--preserve-credentials"]),
            (&["-n"], &["-n"]),
        ];
        let works = |flags: &&(&[&str], &[&str])| {
            let mut command = Command::new("unshare");
            command.args(flags.0).args(["ip", "link", "set", "lo", "up"]);
            command.stderr(Stdio::null());
            command.status().is_ok_and(|status| status.success())
        };
        let Some((flags, enter)) = ways.iter().find(works) else {
            return Err("no network namespace can be made here (unshare, ip)".to_owned());
        };
        let mut script = "set -e; ip link set lo up".to_owned();
        for place in kinds.iter().flat_map(|kind| kind.places) {
            script += &format!("; ip route add local {}/{} dev lo", place.network, place.length);
        }
        script += "; echo ready; exec cat";
        let mut holder = Command::new("unshare")
            .args(*flags)
            .args(["sh", "-c", &script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("unshare: {error}"))?;
        let mut line = String::new();
        let output = holder.stdout.as_mut().ok_or("no output")?;
        let read = BufReader::new(output).read_line(&mut line);
        let id = holder.id().to_string();
        let enter = ["-t", &id]
            .into_iter()
            .chain(enter.iter().copied())
            .map(str::to_owned);
        let namespace = Self {
            holder,
            enter: enter.collect(),
        };
        match read {
            Ok(_) if line == "ready\n" => Ok(namespace),
            _ => Err("the addresses of the bots cannot be put on loopback".to_owned()),
        }
    }

    /// A program that will run in it. Its number is that of the command.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("nsenter");
        command.args(&self.enter).arg(program);
        command
    }

    /// Lets the bots say to a trap what they sent, one kind after the other.
    ///
    /// # Errors
    /// A bot was not answered as it should be, or there is no Python.
    pub fn speak(&self, world: &World, sent: &[Sent], trap: SocketAddr) -> Result<(), String> {
        let plan = plan(world, sent, trap).to_string();
        let mut speaker = self
            .command("python3")
            .args(["-c", SPEAKER])
            .stdin(Stdio::piped())
            .spawn()
            .map_err(|error| format!("nsenter: {error}"))?;
        let mut input = speaker.stdin.take().ok_or("no input")?;
        let written = input.write_all(plan.as_bytes());
        drop(input);
        let status = speaker.wait().map_err(|error| error.to_string())?;
        match (written, status.success()) {
            (Ok(()), true) => Ok(()),
            _ => Err(format!("the bots were not heard to the end: {status}")),
        }
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        drop(self.holder.kill());
        drop(self.holder.wait());
    }
}

/// What the bots will say, as the speaker reads it.
fn plan(world: &World, sent: &[Sent], trap: SocketAddr) -> Value {
    let mut connections: Vec<(usize, Value, Vec<Value>)> = Vec::new();
    for message in sent {
        let text = json!([message.recipients, message.bytes]);
        match connections.last_mut() {
            Some((_, _, texts)) if message.nth > 1 => texts.push(text),
            _ => {
                let ttl = world.kinds[message.kind].stack.ttl - message.distance.unwrap_or(0);
                let who = json!([message.kind, message.address, ttl, world.helo(message)]);
                connections.push((message.kind, who, vec![text]));
            }
        }
    }
    connections.sort_by_key(|(kind, ..)| *kind);
    let connections: Vec<Value> = connections
        .into_iter()
        .map(|(_, who, texts)| json!([who, texts]))
        .collect();
    let kinds: Vec<Value> = world.kinds.iter().map(|kind| look(kind)).collect();
    json!({
        "trap": [trap.ip(), trap.port()], "sessions": SESSIONS, "kinds": kinds, "connections": connections,
    })
}

fn look(kind: &Kind) -> Value {
    let (stack, speech) = (&kind.stack, &kind.speech);
    json!({
        "mss": stack.mss,
        "window": if stack.scale == Some(0) || stack.scale.is_none() { Some(stack.window) } else { None },
        "scales": stack.scale.is_some(),
        "stamps": stack.stamps(),
        "selects": stack.selects(),
        "whole": stack.stays_whole(),
        "hello": speech.hello,
        "mail": speech.mail,
        "line_end": speech.line_end,
        "head": kind.head(),
        "waits": f64::from(speech.waits) / 1_000.0,
        "early": speech.is_early,
        "quits": speech.quits,
        "from": kind.sender(),
    })
}
