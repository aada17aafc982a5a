//! SIGKILL at any moment loses nothing that was acknowledged, and keeps nothing twice.

use std::collections::{HashMap, HashSet};
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use atalaya_model::{Clock, Kind};
use atalaya_store::{Store, StoreUrl};

use crate::harness::{PATIENCE, Server, have, until};

/// How often the server is killed; `ATALAYA_KILLS` asks for more.
const KILLS: u64 = 10;
/// Senders at work at the same time.
const SENDERS: u32 = 8;
/// Mails between two kills at least, so that every kill hits a server at work.
const MAILS_BETWEEN: u64 = 50;
/// Observations read at once.
const PAGE: u32 = 500;

#[test]
fn sigkill_in_a_loop_under_load_loses_no_acknowledged_mail() {
    if !have(&["dig"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let url = StoreUrl::Sqlite(folder.path().join("atalaya.db"));
    kill_in_a_loop(Server::start_in(folder, CONFIG), CONFIG, &url);
}

#[test]
fn sigkill_in_a_loop_on_postgresql_loses_no_acknowledged_mail() {
    if !have(&["dig"]) {
        return;
    }
    let Some(server) = atalaya_testkit::postgres() else {
        return;
    };
    let url = server.database();
    let config = format!("[store]\nurl = \"{url}\"\n{CONFIG}");
    kill_in_a_loop(Server::start(&config), &config, &url.parse().unwrap());
}

/// Room for all senders, who stand for one address.
pub(crate) const CONFIG: &str =
    "[trap]\nmax_connections_per_address = 100\n[trap.stand_for]\n\"127.0.0.1\" = \"192.0.2.66\"\n";

/// Kills the server again and again under load, and compares what was acknowledged with what is kept, mail by mail.
fn kill_in_a_loop(mut server: Server, config: &str, store: &StoreUrl) {
    let kills = std::env::var("ATALAYA_KILLS").map_or(KILLS, |text| text.parse().unwrap());
    let stop = Arc::new(AtomicBool::new(false));
    let acknowledged = Arc::new(AtomicU64::new(0));
    let senders = set_to_work(server.smtp, &stop, &acknowledged);
    for _ in 0..kills {
        let before = acknowledged.load(Ordering::SeqCst);
        until("mail goes on after a kill", || {
            (acknowledged.load(Ordering::SeqCst) > before + MAILS_BETWEEN).then_some(())
        });
        server.kill_and_restart(config);
    }
    stop.store(true, Ordering::SeqCst);
    let senders: Vec<Sender> = senders.into_iter().map(|sender| sender.join().unwrap()).collect();

    assert_eq!(
        server.dig("192.0.2.66", "A"),
        "127.0.0.3",
        "the pipeline lost its way"
    );
    let mut kept = read_kept(store);
    for sender in &senders {
        for mail in &sender.acknowledged {
            let message = kept
                .remove(mail)
                .unwrap_or_else(|| panic!("mail {mail} was acknowledged, but is not kept"));
            assert!(
                message.contains(&text_of(mail)),
                "mail {mail} is kept as {message}"
            );
        }
    }
    // What was being handed over when the server died may or may not be kept; but nothing else is.
    let handed_over: HashSet<&String> = senders.iter().flat_map(|sender| &sender.handed_over).collect();
    let strangers: Vec<_> = kept.keys().filter(|mail| !handed_over.contains(mail)).collect();
    assert!(strangers.is_empty(), "kept, but never handed over: {strangers:?}");
    eprintln!(
        "{kills} kills, {} mails handed over, {} acknowledged, all of them kept, and {} more",
        handed_over.len(),
        acknowledged.load(Ordering::SeqCst),
        kept.len()
    );
}

/// Lets all senders begin; each gives itself back once it was told to stop.
pub(crate) fn set_to_work(
    trap: SocketAddr,
    stop: &Arc<AtomicBool>,
    acknowledged: &Arc<AtomicU64>,
) -> Vec<JoinHandle<Sender>> {
    let set_one = |number| {
        let (stop, count) = (Arc::clone(stop), Arc::clone(acknowledged));
        let sender = Sender {
            number,
            trap,
            stop,
            count,
            handed_over: Vec::new(),
            acknowledged: Vec::new(),
        };
        std::thread::spawn(move || sender.send())
    };
    (0..SENDERS).map(set_one).collect()
}

/// Every kept mail of the senders, by its name; one that is kept twice ends the test.
pub(crate) fn read_kept(url: &StoreUrl) -> HashMap<String, String> {
    let read = async {
        let store = Store::open(url, Clock::system()).await.unwrap();
        let mut kept = HashMap::new();
        let mut position = 0;
        loop {
            let page = store.observations_after(position, PAGE).await.unwrap();
            let Some(last) = page.last() else { break };
            position = last.position;
            // A sender that was told to stop before its first mail leaves a conversation behind.
            let mails = page
                .into_iter()
                .filter(|seen| seen.observation.kind != Kind::Connection);
            for seen in mails {
                let mail = seen.observation.subject;
                let digest = seen.observation.message.expect("a mail without its message");
                let message = store.message(&digest).await.unwrap().expect("a message is lost");
                let message = String::from_utf8(message).unwrap();
                assert_eq!(kept.insert(mail.clone(), message), None, "{mail} is kept twice");
            }
        }
        store.close().await;
        kept
    };
    tokio::runtime::Runtime::new().unwrap().block_on(read)
}

/// The text of the mail of this name.
fn text_of(mail: &str) -> String {
    format!("This is mail {mail}, and no other.")
}

/// Sends mail after mail, over connections that break whenever the server is killed.
pub(crate) struct Sender {
    number: u32,
    trap: SocketAddr,
    stop: Arc<AtomicBool>,
    /// Mails that all senders got a 250 for.
    count: Arc<AtomicU64>,
    /// The names of the mails whose last byte was written.
    pub(crate) handed_over: Vec<String>,
    /// The names of those that got their 250.
    acknowledged: Vec<String>,
}

impl Sender {
    /// Sends until told to stop; gives itself back with what became of its mails.
    fn send(mut self) -> Self {
        while !self.stop.load(Ordering::SeqCst) {
            // A broken connection is what this story is about: try again.
            drop(self.converse());
        }
        self
    }

    /// One connection with as many mails as it lasts.
    fn converse(&mut self) -> std::io::Result<()> {
        let Ok(stream) = TcpStream::connect(self.trap) else {
            std::thread::sleep(Duration::from_millis(5));
            return Ok(());
        };
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut write = stream.try_clone()?;
        let mut read = BufReader::new(stream);
        reply(&mut read)?;
        write.write_all(b"EHLO kill.example\r\n")?;
        reply(&mut read)?;
        while !self.stop.load(Ordering::SeqCst) {
            let mail = format!("{}-{}", self.number, self.handed_over.len());
            write.write_all(b"MAIL FROM:<a@b.example>\r\nRCPT TO:<trap@c.example>\r\nDATA\r\n")?;
            for _ in 0..3 {
                reply(&mut read)?;
            }
            self.handed_over.push(mail.clone());
            write.write_all(format!("Subject: {mail}\r\n\r\n{}\r\n.\r\n", text_of(&mail)).as_bytes())?;
            if reply(&mut read)?.starts_with("250") {
                self.acknowledged.push(mail);
                self.count.fetch_add(1, Ordering::SeqCst);
            }
        }
        Ok(())
    }
}

/// The last line of a reply.
fn reply(read: &mut impl BufRead) -> std::io::Result<String> {
    loop {
        let mut line = String::new();
        if read.read_line(&mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if line.as_bytes().get(3) != Some(&b'-') {
            return Ok(line);
        }
    }
}
