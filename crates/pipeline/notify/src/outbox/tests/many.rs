//! Many mails: what one connection carries, and relays that make trouble in the middle.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use atalaya_formats::verp::ReturnPath;

use super::*;

/// What the scripted relay does with each connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Habit {
    /// Takes all mails.
    Plain,
    /// Closes without a word behind each mail that it took.
    ClosesBehindEach,
    /// Says 421 to the third mail, and closes.
    ClosesWith421,
    /// Takes the mail, and ends the connection instead of saying so: the first time only.
    LosesTheAnswer,
    /// The same every time.
    LosesEveryAnswer,
    /// Says more than it is asked.
    SaysTooMuch,
    /// Answers with a line that never ends.
    NeverEndsALine,
    /// Answers with what is no SMTP.
    TalksRubbish,
    /// Takes mail of others only.
    RelaysForOthers,
    /// Refuses every other recipient for now.
    Greylists,
}

/// What the relay saw.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) connections: AtomicU32,
    commands: AtomicU32,
    /// How often each recipient's mail was taken, and the sender that it came from.
    taken: Mutex<BTreeMap<String, Vec<String>>>,
}

impl Seen {
    pub(super) fn counts(&self) -> Vec<usize> {
        self.taken.lock().unwrap().values().map(Vec::len).collect()
    }
}

async fn relay_with(habit: Habit) -> (String, Arc<Seen>) {
    let (address, seen) = server_at("127.0.0.1:0", habit).await;
    (address.to_string(), seen)
}

/// A server at an address.
pub(super) async fn server_at(address: &str, habit: Habit) -> (SocketAddr, Arc<Seen>) {
    let listener = TcpListener::bind(address).await.unwrap();
    let address = listener.local_addr().unwrap();
    let seen = Arc::new(Seen::default());
    let all = Arc::clone(&seen);
    tokio::spawn(async move {
        while let Ok((stream, _peer)) = listener.accept().await {
            all.connections.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(talk(stream, habit, Arc::clone(&all)));
        }
    });
    (address, seen)
}

async fn talk(stream: TcpStream, habit: Habit, seen: Arc<Seen>) -> Option<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 relay\r\n").await.ok()?;
    let (mut line, mut sender, mut recipient) = (String::new(), String::new(), String::new());
    let mut mails = 0;
    loop {
        line.clear();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let number = seen.commands.fetch_add(1, Ordering::SeqCst);
        match line.get(..4).unwrap_or_default() {
            "MAIL" => misbehave(&mut stream, habit, mails).await?,
            "RCPT" if habit == Habit::Greylists && number.is_multiple_of(2) => {
                stream.write_all(b"450 4.2.0 greylisted\r\n").await.ok()?;
                continue;
            }
            "RCPT" if habit == Habit::RelaysForOthers => {
                stream
                    .write_all(b"554 5.7.1 relay access denied\r\n")
                    .await
                    .ok()?;
                continue;
            }
            "DATA" => {
                stream.write_all(b"354 go on\r\n").await.ok()?;
                data(&mut stream).await?;
                mails += 1;
                let is_first = {
                    let mut taken = seen.taken.lock().unwrap();
                    taken.entry(recipient.clone()).or_default().push(sender.clone());
                    taken.values().map(Vec::len).sum::<usize>() == 1
                };
                if habit == Habit::LosesEveryAnswer || habit == Habit::LosesTheAnswer && is_first {
                    return None;
                }
            }
            _ => {}
        }
        match line.get(..4).unwrap_or_default() {
            "MAIL" => sender = argument(&line),
            "RCPT" => recipient = argument(&line),
            "QUIT" => return stream.write_all(b"221 bye\r\n").await.ok(),
            _ => {}
        }
        stream.write_all(b"250 fine\r\n").await.ok()?;
        if habit == Habit::ClosesBehindEach && line.starts_with("DATA") {
            return stream.shutdown().await.ok();
        }
    }
}

/// What goes wrong where a mail begins; none where the connection ends.
async fn misbehave(stream: &mut BufReader<TcpStream>, habit: Habit, mails: u32) -> Option<()> {
    match habit {
        Habit::ClosesWith421 if mails == 2 => {
            stream.write_all(b"421 4.3.2 closing\r\n").await.ok()?;
            None
        }
        Habit::SaysTooMuch => stream.write_all(b"250 more\r\n").await.ok(),
        Habit::TalksRubbish => stream.write_all(b"\xff\x00 what?\r\n").await.ok(),
        Habit::NeverEndsALine => loop {
            stream.write_all(&[b'2'; 8_192]).await.ok()?;
        },
        _ => Some(()),
    }
}

/// The address in a command.
fn argument(line: &str) -> String {
    line.split(['<', '>']).nth(1).unwrap_or_default().to_owned()
}

/// Puts so many mails into the outbox, each to another recipient.
async fn add_many(house: &House, count: u128) {
    let mut transaction = house.store.begin().await.unwrap();
    for number in 0..count {
        let mail = NewMail {
            id: Uuid::from_u128((number + 10) << 80),
            sender: "abuse@list.example".to_owned(),
            recipient: format!("abuse@n{number:03}.example").parse().unwrap(),
            message: MESSAGE.to_vec(),
        };
        transaction.add_mail(&mail).await.unwrap();
    }
    transaction.commit().await.unwrap();
}

/// A house with nothing in its outbox.
pub(super) async fn empty() -> House {
    let house = House::new().await;
    let id = house.store.take_mail(Duration::ZERO).await.unwrap().unwrap().id;
    house.store.mail_sent(id).await.unwrap();
    house
}

/// How many mails are in a state.
async fn count(house: &House, state: &str) -> usize {
    house.store.mails(Some(state), None, 10_000).await.unwrap().len()
}

/// Runs a sender until so many mails have come into a state.
async fn run_until(house: &House, config: NoticeConfig, state: &str, wanted: usize) {
    let stop = CancellationToken::new();
    let running = tokio::spawn(house.sender_as(config).run(stop.clone()));
    let reached = async {
        while count(house, state).await < wanted {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(MAX_WAIT, reached).await.unwrap();
    stop.cancel();
    tokio::time::timeout(MAX_WAIT, running).await.unwrap().unwrap();
}

fn patient(name: String, connections: u32) -> NoticeConfig {
    NoticeConfig {
        connections,
        timeout: Period::seconds(30),
        ..config(Some(name))
    }
}

#[tokio::test]
async fn a_few_connections_carry_many_mails_each_once() {
    let house = empty().await;
    add_many(&house, 150).await;
    let (name, seen) = relay_with(Habit::Plain).await;
    run_until(&house, patient(name, 3), "sent", 151).await;
    assert_eq!(seen.counts(), vec![1; 150]);
    // Three at once, and each is followed by another one after its hundredth mail.
    let connections = seen.connections.load(Ordering::SeqCst);
    assert!((1..=4).contains(&connections), "{connections}");
}

#[tokio::test]
async fn relays_that_close_between_mails_get_all_of_them_once() {
    for habit in [Habit::ClosesBehindEach, Habit::ClosesWith421] {
        let house = empty().await;
        add_many(&house, 20).await;
        let (name, seen) = relay_with(habit).await;
        run_until(&house, patient(name, 2), "sent", 21).await;
        assert_eq!(seen.counts(), vec![1; 20], "{habit:?}");
        let kept = house.store.mails(None, None, 99).await.unwrap();
        assert!(kept.iter().all(|mail| mail.attempts == 1), "{habit:?}");
    }
}

#[tokio::test]
async fn a_mail_whose_answer_was_lost_goes_again_and_no_other_does() {
    let house = empty().await;
    add_many(&house, 20).await;
    let (name, seen) = relay_with(Habit::LosesTheAnswer).await;
    run_until(&house, patient(name.clone(), 2), "sent", 20).await;
    house.time.advance(Duration::from_secs(5 * 3_600 + 1));
    run_until(&house, patient(name, 2), "sent", 21).await;
    let mut counts = seen.counts();
    counts.sort_unstable();
    assert_eq!(counts, [vec![1; 19], vec![2]].concat());
}

#[tokio::test]
async fn a_mail_whose_answer_is_lost_every_time_goes_three_times_hours_apart() {
    let house = empty().await;
    add_many(&house, 1).await;
    let (name, seen) = relay_with(Habit::LosesEveryAnswer).await;
    let sender = house.sender_as(patient(name, 1));
    for times in 1..=3 {
        assert!(sender.send_next().await.unwrap());
        assert_eq!(seen.counts(), [times]);
        house.time.advance(Duration::from_secs(2 * 3_600));
        assert!(!sender.send_next().await.unwrap(), "hours apart");
        house.time.advance(Duration::from_secs(3 * 3_600 + 1));
    }
    assert!(!sender.send_next().await.unwrap());
    let failed = house.store.mails(Some("failed"), None, 9).await.unwrap();
    let why = failed[0].last_error.clone().unwrap();
    assert!(why.starts_with("it may have arrived: 3 of 3"), "{why}");
}

#[tokio::test]
async fn a_greylisted_mail_waits_and_does_not_hold_up_the_others() {
    let house = empty().await;
    add_many(&house, 30).await;
    let (name, seen) = relay_with(Habit::Greylists).await;
    while count(&house, "sent").await < 31 {
        let sender = house.sender_as(patient(name.clone(), 2));
        while sender.send_next().await.unwrap() {}
        house.time.advance(Duration::from_secs(5 * 3_600));
    }
    assert_eq!(seen.counts(), vec![1; 30]);
}

#[tokio::test]
async fn a_relay_that_says_what_it_was_not_asked_is_not_believed() {
    for (habit, told) in [
        (Habit::SaysTooMuch, "no meaning"),
        (Habit::NeverEndsALine, "without end"),
        (Habit::TalksRubbish, ""),
    ] {
        let house = empty().await;
        add_many(&house, 1).await;
        let (name, seen) = relay_with(habit).await;
        assert!(house.sender_as(patient(name, 1)).send_next().await.unwrap());
        let waiting = house.store.mails(Some("waiting"), None, 9).await.unwrap();
        let why = waiting[0].last_error.clone().unwrap();
        assert!(why.contains(told), "{habit:?}: {why}");
        assert!(seen.counts().is_empty(), "{habit:?}");
    }
}

#[tokio::test]
async fn a_connection_carries_its_next_mail_when_the_last_one_is_noted() {
    let house = empty().await;
    add_many(&house, 25).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let name = listener.local_addr().unwrap().to_string();
    let store = house.store.clone();
    let relay = tokio::spawn(async move { what_is_noted(listener, &store).await });
    run_until(&house, patient(name, 1), "sent", 26).await;
    let noted = tokio::time::timeout(MAX_WAIT, relay).await.unwrap().unwrap();
    assert_eq!(noted, (1..=25).collect::<Vec<usize>>());
}

#[tokio::test]
async fn nothing_more_goes_to_a_mailbox_that_is_not_there() {
    let house = House::new().await;
    house.add(2).await;
    let (name, _taken) = relay(Relay::RefusesForGood).await;
    let sender = house.sender(Some(name));
    assert!(sender.send_next().await.unwrap() && sender.send_next().await.unwrap());
    let failed = house.store.mails(Some("failed"), None, 9).await.unwrap();
    assert_eq!(failed.len(), 2);
    let suppressed = house.store.suppressed("", 9).await.unwrap();
    assert_eq!(suppressed[0].address.as_str(), "abuse@cheap.example");
    assert!(suppressed[0].why.contains("5.1.1"));
    house.time.advance(Duration::from_secs(91 * 86_400));
    let recipient = &suppressed[0].address;
    assert!(
        house.store.unwanted(&[recipient]).await.unwrap().is_empty(),
        "for a while only"
    );
}

#[tokio::test]
async fn the_return_path_names_the_mail() {
    let house = empty().await;
    add_many(&house, 3).await;
    let (name, seen) = relay_with(Habit::Plain).await;
    let base = "bounces@list.example".parse().unwrap();
    let config = NoticeConfig {
        return_path: Some(base),
        ..patient(name, 1)
    };
    run_until(&house, config.clone(), "sent", 4).await;
    let key = house.store.secret("return-path").await.unwrap();
    let base = config.return_path.unwrap();
    let taken = seen.taken.lock().unwrap();
    for (number, senders) in (10..).zip(taken.values()) {
        let id = ReturnPath::open(&senders[0], &base, &key);
        assert_eq!(id, Some(Uuid::from_u128(number << 80)), "{senders:?}");
    }
    assert_eq!(taken.len(), 3);
}

/// Takes mails on one connection, and says of each how many were noted as sent when it began.
async fn what_is_noted(listener: TcpListener, store: &Store) -> Vec<usize> {
    let (stream, _peer) = listener.accept().await.unwrap();
    let (mut stream, mut line, mut noted) = (BufReader::new(stream), String::new(), Vec::new());
    stream.write_all(b"220 relay\r\n").await.unwrap();
    while stream.read_line(&mut line).await.unwrap_or(0) > 0 {
        if line.starts_with("MAIL") {
            noted.push(store.mails(Some("sent"), None, 99).await.unwrap().len());
        }
        if line.starts_with("DATA") {
            stream.write_all(b"354 go on\r\n").await.unwrap();
            data(&mut stream).await.unwrap();
        }
        stream.write_all(b"250 fine\r\n").await.unwrap();
        line.clear();
    }
    noted
}
