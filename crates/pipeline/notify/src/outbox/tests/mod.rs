//! The sender against relays that behave, refuse, hang and hang up, and against a folder.

mod direct;
mod dkim;
mod kill;
mod many;
mod mta_sts;
mod tls;

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use atalaya_model::Period;
use atalaya_store::{NewMail, OutgoingMail, Store, StoreError, StoreUrl};
use atalaya_testkit::{TestClock, skip};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::Sender;
use super::parcel::{Parcel, Wrapping};
use super::refusal::Refusal;
use crate::notice::{NoticeConfig, Tls};

/// The longest wait for something that must come.
const MAX_WAIT: Duration = Duration::from_secs(60);
const MESSAGE: &[u8] = b"From: a@list.example\r\nSubject: x\r\n\r\nSource-IP: 192.0.2.7\r\n.leading dot\r\n";

/// What the scripted relay does.
#[derive(Debug, Clone, Copy)]
enum Relay {
    Accepts,
    RefusesForNow,
    RefusesForGood,
    RefusesTheSender,
    WantsALogin,
    RelaysForOthers,
    HasNoExtensions,
    RefusesAtTheGreeting,
    HangsUp,
    Hangs,
    HangsAfterTaking,
    /// Gives no answer to this command; `.` is the end of a mail.
    HangsAt(&'static str),
    /// Takes this time for each answer.
    IsSlow(Duration),
}

struct House {
    store: Store,
    time: TestClock,
    folder: TempDir,
}

impl House {
    /// With one mail waiting.
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let time = TestClock::default();
        let url = StoreUrl::Sqlite(folder.path().join("store.db"));
        let store = Store::open(&url, time.clock()).await.unwrap();
        let house = Self { store, time, folder };
        house.add(1).await;
        house
    }

    async fn add(&self, id: u128) {
        let mut transaction = self.store.begin().await.unwrap();
        let mail = NewMail {
            id: Uuid::from_u128(id << 96),
            sender: "abuse@list.example".to_owned(),
            recipient: "abuse@cheap.example".parse().unwrap(),
            message: MESSAGE.to_vec(),
        };
        transaction.add_mail(&mail).await.unwrap();
        transaction.commit().await.unwrap();
    }

    fn sender(&self, relay: Option<String>) -> Sender {
        self.sender_as(config(relay))
    }

    fn sender_as(&self, config: NoticeConfig) -> Sender {
        Sender::new(config, self.store.clone(), self.time.clock(), self.notices()).unwrap()
    }

    /// Takes the mail that waits, and gives what the relay of that name says against it.
    async fn refusal(&self, name: String) -> Refusal {
        let mail = self.store.take_mail(Duration::ZERO).await.unwrap().unwrap();
        let relay = self.relay(&name);
        let handed = relay.hand_over(&parcel(&mail)).await;
        handed.outcome.unwrap_err()
    }

    fn relay(&self, name: &str) -> super::relay::Relay {
        super::relay::Relay::new(name, &config(None), &self.time.clock()).unwrap()
    }

    fn notices(&self) -> PathBuf {
        self.folder.path().join("notices")
    }

    /// Whether a mail is due now; taking it shows.
    async fn is_due(&self) -> bool {
        self.store.take_mail(Duration::ZERO).await.unwrap().is_some()
    }
}

fn config(relay: Option<String>) -> NoticeConfig {
    NoticeConfig {
        sender: Some("abuse@list.example".parse().unwrap()),
        relay,
        tls: Tls::None,
        timeout: Period::millis(400),
        ..NoticeConfig::default()
    }
}

fn parcel(mail: &OutgoingMail) -> Parcel {
    let wrapping = Wrapping {
        signers: Vec::new(),
        return_path: None,
    };
    wrapping.pack(mail, b"key", mail.created_at).unwrap()
}

impl Sender {
    /// Carries one mail away. Says whether there was one.
    async fn send_next(&self) -> Result<bool, StoreError> {
        let batch = self.work.take(1).await?;
        for mail in batch.mails {
            let work = std::sync::Arc::clone(&self.work);
            work.carry(mail, CancellationToken::new()).await;
        }
        Ok(batch.is_full)
    }
}

/// A relay on a port of its own that treats every connection alike. Gives what it took.
async fn relay(does: Relay) -> (String, tokio::sync::mpsc::UnboundedReceiver<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let name = listener.local_addr().unwrap().to_string();
    let (taken, receiver) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _peer)) = listener.accept().await {
            tokio::spawn(converse(stream, does, taken.clone()));
        }
    });
    (name, receiver)
}

async fn converse(
    stream: TcpStream,
    does: Relay,
    taken: tokio::sync::mpsc::UnboundedSender<Vec<u8>>,
) -> Option<()> {
    let mut stream = BufReader::new(stream);
    match does {
        Relay::Hangs => return std::future::pending().await,
        Relay::RefusesAtTheGreeting => stream.write_all(b"554 no service\r\n").await.ok()?,
        _ => stream.write_all(b"220 relay\r\n").await.ok()?,
    }
    serve(&mut stream, does, &taken).await
}

/// Answers commands, from the one behind the greeting to the goodbye.
async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut BufReader<S>,
    does: Relay,
    taken: &tokio::sync::mpsc::UnboundedSender<Vec<u8>>,
) -> Option<()> {
    let mut line = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let verb = line.get(..4).unwrap_or_default();
        match does {
            Relay::HangsAt(at) if at == verb => return std::future::pending().await,
            Relay::IsSlow(time) if verb != "EHLO" => tokio::time::sleep(time).await,
            _ => {}
        }
        let answer = match (verb, does) {
            ("EHLO", Relay::HasNoExtensions) => "250 relay\r\n",
            ("EHLO", _) => "250-relay\r\n250 8BITMIME\r\n",
            ("RCPT", Relay::RefusesForNow) => "451 4.7.1 come back\r\n",
            ("RCPT", Relay::RefusesForGood) => "550 5.1.1 User unknown in relay recipient table\r\n",
            ("MAIL", Relay::RefusesTheSender) => "550 5.1.1 no such sender\r\n",
            ("MAIL", Relay::WantsALogin) => "530 5.7.0 Must issue a STARTTLS command first\r\n",
            ("RCPT", Relay::RelaysForOthers) => "554 5.7.1 <abuse@cheap.example>: Relay access denied\r\n",
            ("RCPT", Relay::HangsUp) => return None,
            ("QUIT", Relay::HangsAfterTaking) => return std::future::pending().await,
            ("QUIT", _) => return stream.write_all(b"221 bye\r\n").await.ok(),
            ("DATA", _) => {
                stream.write_all(b"354 go on\r\n").await.ok()?;
                taken.send(data(stream).await?).ok()?;
                match does {
                    Relay::HangsAt(".") => return std::future::pending().await,
                    Relay::IsSlow(time) => tokio::time::sleep(time).await,
                    _ => {}
                }
                "250 taken\r\n"
            }
            _ => "250 fine\r\n",
        };
        stream.write_all(answer.as_bytes()).await.ok()?;
    }
}

async fn data<S: AsyncRead + Unpin>(stream: &mut BufReader<S>) -> Option<Vec<u8>> {
    let mut message = Vec::new();
    loop {
        let mut line = Vec::new();
        if stream.read_until(b'\n', &mut line).await.ok()? == 0 {
            return None;
        }
        if line == b".\r\n" {
            return Some(message);
        }
        message.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
    }
}

#[tokio::test]
async fn the_relay_gets_the_mail_byte_by_byte_and_once() {
    for does in [Relay::Accepts, Relay::HangsAfterTaking] {
        let house = House::new().await;
        let (name, mut taken) = relay(does).await;
        let sender = house.sender(Some(name));
        assert!(sender.send_next().await.unwrap());
        assert_eq!(taken.recv().await.unwrap(), MESSAGE, "{does:?}");
        assert!(!sender.send_next().await.unwrap(), "{does:?}");
        house.time.advance(Duration::from_secs(86_400));
        assert!(!house.is_due().await, "{does:?}");
    }
}

#[tokio::test]
async fn trouble_that_may_pass_is_tried_again_with_growing_waits() {
    for does in [
        Relay::RefusesForNow,
        Relay::RefusesAtTheGreeting,
        Relay::HangsUp,
        Relay::Hangs,
        Relay::WantsALogin,
        Relay::RelaysForOthers,
    ] {
        let house = House::new().await;
        let (name, _taken) = relay(does).await;
        let sender = house.sender(Some(name));
        assert!(sender.send_next().await.unwrap());
        assert!(!house.is_due().await, "{does:?}: not at once");
        house.time.advance(Duration::from_secs(5 * 60 * 5 / 4 + 1));
        assert!(
            sender.send_next().await.unwrap(),
            "{does:?}: after the first wait"
        );
        house.time.advance(Duration::from_secs(5 * 60 + 1));
        assert!(!house.is_due().await, "{does:?}: the second wait is longer");
        house.time.advance(Duration::from_secs(10 * 60));
        assert!(house.is_due().await, "{does:?}");
    }
}

#[tokio::test]
async fn a_relay_that_is_down_is_trouble_that_may_pass() {
    let house = House::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let name = listener.local_addr().unwrap().to_string();
    drop(listener);
    assert!(house.sender(Some(name)).send_next().await.unwrap());
    house.time.advance(Duration::from_secs(5 * 60 * 5 / 4 + 1));
    assert!(house.is_due().await);
}

#[tokio::test]
async fn a_refusal_for_good_or_five_days_of_trouble_end_the_mail() {
    let house = House::new().await;
    let (name, _taken) = relay(Relay::RefusesForGood).await;
    assert!(house.sender(Some(name)).send_next().await.unwrap());
    house.time.advance(Duration::from_secs(86_400));
    assert!(!house.is_due().await, "550 is final");

    let house = House::new().await;
    let (name, _taken) = relay(Relay::RefusesForNow).await;
    let sender = house.sender(Some(name));
    let mut tries = 0;
    while sender.send_next().await.unwrap() {
        tries += 1;
        house.time.advance(Duration::from_secs(5 * 3_600));
    }
    assert_eq!(tries, 25, "every five hours for five days");
}

#[tokio::test]
async fn who_asks_to_be_left_alone_gets_no_mail_that_was_already_waiting() {
    let house = House::new().await;
    let (name, mut taken) = relay(Relay::Accepts).await;
    let now = house.time.now();
    let asked = "ABUSE@cheap.example".parse().unwrap();
    house.store.leave_alone(&asked, now).await.unwrap();
    assert!(house.sender(Some(name)).send_next().await.unwrap());
    assert!(taken.try_recv().is_err());
    house.time.advance(Duration::from_secs(86_400));
    assert!(!house.is_due().await, "and it is not tried again");
}

#[tokio::test]
async fn the_reason_of_a_refusal_is_kept_in_the_words_of_the_relay() {
    let house = House::new().await;
    let (name, _taken) = relay(Relay::RefusesForGood).await;
    let Refusal::NoMailbox(why) = house.refusal(name).await else {
        panic!()
    };
    assert!(why.contains("550") && why.contains("User unknown"), "{why}");
}

#[tokio::test]
async fn only_a_relay_that_hangs_behind_the_dot_may_have_taken_the_mail() {
    for at in ["MAIL", "RCPT", "DATA", "."] {
        let house = House::new().await;
        let (name, _taken) = relay(Relay::HangsAt(at)).await;
        let refusal = house.refusal(name).await;
        let is_open = matches!(refusal, Refusal::Unanswered(_));
        assert_eq!(is_open, at == ".", "{refusal:?}");
    }
}

#[tokio::test]
async fn each_answer_has_its_own_time() {
    let house = House::new().await;
    let (name, mut taken) = relay(Relay::IsSlow(Duration::from_millis(800))).await;
    // All answers together take longer.
    let sender = house.sender_as(NoticeConfig {
        timeout: Period::seconds(3),
        ..config(Some(name))
    });
    assert!(sender.send_next().await.unwrap());
    assert_eq!(taken.recv().await.unwrap(), MESSAGE);
    assert_eq!(house.store.mails(Some("sent"), None, 9).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_status_that_is_not_of_the_recipient_is_none_of_his_mailbox() {
    let house = House::new().await;
    let (name, _taken) = relay(Relay::RefusesTheSender).await;
    let refusal = house.refusal(name).await;
    assert!(
        matches!(&refusal, Refusal::ForGood(why) if why.contains("5.1.1")),
        "{refusal:?}"
    );
}

#[tokio::test]
async fn a_relay_that_refuses_us_is_told_apart_from_one_that_refuses_the_mail() {
    for does in [
        Relay::WantsALogin,
        Relay::RelaysForOthers,
        Relay::RefusesAtTheGreeting,
    ] {
        let house = House::new().await;
        let (name, _taken) = relay(does).await;
        let refusal = house.refusal(name).await;
        assert!(matches!(refusal, Refusal::OfUs(_)), "{refusal:?}");
    }
}

#[tokio::test]
async fn a_relay_without_8bitmime_gets_mails_in_ascii_only() {
    let house = House::new().await;
    let (name, mut taken) = relay(Relay::HasNoExtensions).await;
    let relay = house.relay(&name);
    let mut mail = house.store.take_mail(Duration::ZERO).await.unwrap().unwrap();
    assert_eq!(relay.hand_over(&parcel(&mail)).await.outcome, Ok(()));
    assert_eq!(taken.recv().await.unwrap(), MESSAGE);
    mail.message.extend_from_slice("olé\r\n".as_bytes());
    let refusal = relay.hand_over(&parcel(&mail)).await.outcome.unwrap_err();
    assert!(
        matches!(&refusal, Refusal::ForGood(why) if why.contains("8BITMIME")),
        "{refusal:?}"
    );
}

#[tokio::test]
async fn where_tls_is_required_nothing_leaves_without_it() {
    let house = House::new().await;
    let (name, mut taken) = relay(Relay::Accepts).await;
    let sender = house.sender_as(NoticeConfig {
        tls: Tls::Required,
        ..config(Some(name))
    });
    assert!(sender.send_next().await.unwrap());
    assert!(taken.try_recv().is_err());
    house.time.advance(Duration::from_secs(3_600));
    assert!(house.is_due().await, "the operator can mend that in time");
}

/// The .eml files below a folder, complete ones only.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flat_map(|day| std::fs::read_dir(day.unwrap().path()).unwrap())
        .map(|file| file.unwrap().path())
        .collect();
    found.sort();
    found
}

#[tokio::test]
async fn without_a_relay_mails_stand_in_a_folder_of_the_day() {
    let house = House::new().await;
    house.add(2).await;
    let sender = house.sender(None);
    assert!(sender.send_next().await.unwrap() && sender.send_next().await.unwrap());
    assert!(!sender.send_next().await.unwrap());
    let files = files(&house.notices());
    let names: Vec<_> = files
        .iter()
        .map(|path| path.strip_prefix(house.notices()).unwrap().to_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "2026-11-23/120000Z_192.0.2.7_00000001.eml",
            "2026-11-23/120000Z_192.0.2.7_00000002.eml"
        ]
    );
    assert_eq!(std::fs::read(&files[0]).unwrap(), MESSAGE);
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_tried_again() {
    let house = House::new().await;
    std::fs::write(house.notices(), "a file where the folder should be").unwrap();
    let sender = house.sender(None);
    assert!(sender.send_next().await.unwrap());
    std::fs::remove_file(house.notices()).unwrap();
    house.time.advance(Duration::from_secs(3_600));
    assert!(sender.send_next().await.unwrap());
    assert_eq!(files(&house.notices()).len(), 1);
}

#[tokio::test]
async fn the_running_sender_wakes_for_a_new_mail_and_ends_when_told() {
    let house = House::new().await;
    let (name, mut taken) = relay(Relay::Accepts).await;
    let stop = CancellationToken::new();
    let running = tokio::spawn(house.sender(Some(name)).run(stop.clone()));
    tokio::time::timeout(MAX_WAIT, taken.recv())
        .await
        .unwrap()
        .unwrap();
    house.add(2).await;
    tokio::time::timeout(MAX_WAIT, taken.recv())
        .await
        .unwrap()
        .unwrap();
    stop.cancel();
    tokio::time::timeout(MAX_WAIT, running).await.unwrap().unwrap();
}

/// Postfix's smtp-sink, ended with the test.
struct Sink(Child);

impl Drop for Sink {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

#[tokio::test]
async fn postfix_smtp_sink_takes_the_mail() {
    let program = ["/usr/sbin/smtp-sink", "/usr/local/sbin/smtp-sink"]
        .into_iter()
        .find(|path| Path::new(path).exists());
    let Some(program) = program else {
        return skip("smtp-sink is not installed (package postfix)");
    };
    let house = House::new().await;
    let port = {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        free.local_addr().unwrap().port()
    };
    let name = format!("127.0.0.1:{port}");
    // Run by root, it wants to be told so.
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0);
    let user: &[&str] = if is_root { &["-u", "root"] } else { &[] };
    // -d: one file for each mail, in the working directory.
    let child = Command::new(program)
        .args(user)
        .args(["-d", "mail.", &name, "10"])
        .current_dir(house.folder.path())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let _sink = Sink(child);
    let is_up = async {
        while TcpStream::connect(&name).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(MAX_WAIT, is_up).await.unwrap();
    let sender = house.sender_as(NoticeConfig {
        timeout: Period::seconds(30),
        ..config(Some(name.clone()))
    });
    assert!(sender.send_next().await.unwrap());
    assert!(!sender.send_next().await.unwrap());
    house.time.advance(Duration::from_secs(86_400));
    assert!(!house.is_due().await, "it was noted as sent");
    let kept = std::fs::read_dir(house.folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("mail."))
        .map(|path| String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned())
        .find(|text| text.contains("Source-IP: 192.0.2.7"))
        .unwrap();
    assert!(
        kept.contains("X-Rcpt-Args: <abuse@cheap.example>") && kept.contains("\n.leading dot"),
        "{kept}"
    );
}
