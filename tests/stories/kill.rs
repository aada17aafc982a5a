//! SIGKILL at any moment loses nothing that was acknowledged.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crate::harness::{PATIENCE, Server, have};

/// How often the server is killed; `ATALAYA_KILLS` asks for more.
const KILLS: u64 = 10;
/// Senders at work at the same time.
const SENDERS: usize = 8;

#[test]
fn sigkill_in_a_loop_under_load_loses_no_acknowledged_mail() {
    if !have(&["dig"]) {
        return;
    }
    let kills = std::env::var("ATALAYA_KILLS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(KILLS);
    let config =
        "[trap]\nmax_connections_per_address = 100\n[trap.stand_for]\n\"127.0.0.1\" = \"192.0.2.66\"\n";
    let mut server = Server::start(config);
    let stop = Arc::new(AtomicBool::new(false));
    let acknowledged = Arc::new(AtomicU64::new(0));
    let senders: Vec<_> = (0..SENDERS)
        .map(|_| {
            let (stop, acknowledged, trap) = (Arc::clone(&stop), Arc::clone(&acknowledged), server.smtp);
            std::thread::spawn(move || send_until(&stop, trap, &acknowledged))
        })
        .collect();
    for _ in 0..kills {
        // At least some mail between two kills, so that every kill hits a server at work.
        let before = acknowledged.load(Ordering::SeqCst);
        crate::harness::until("mail goes on after a kill", || {
            (acknowledged.load(Ordering::SeqCst) > before + 50).then_some(())
        });
        server.kill_and_restart(config);
    }
    stop.store(true, Ordering::SeqCst);
    let sent: u64 = senders.into_iter().map(|sender| sender.join().unwrap()).sum();
    let acknowledged = acknowledged.load(Ordering::SeqCst);
    let kept = server.lookup("192.0.2.66")["evidence_count"].as_u64().unwrap();
    eprintln!("{kills} kills, {sent} mails handed over, {acknowledged} acknowledged, {kept} kept");
    assert!(
        kept >= acknowledged,
        "{acknowledged} mails were acknowledged, but only {kept} are kept"
    );
    assert_eq!(
        server.dig("192.0.2.66", "A"),
        "127.0.0.3",
        "the pipeline lost its way"
    );
    // What was being handed over when the server died may or may not be kept, but nothing is kept twice.
    assert!(kept <= sent, "{sent} mails were handed over, but {kept} are kept");
}

/// Sends mail after mail, over connections that break whenever the server is killed; gives how many were handed over whole.
fn send_until(stop: &AtomicBool, trap: SocketAddr, acknowledged: &AtomicU64) -> u64 {
    let mut sent = 0;
    while !stop.load(Ordering::SeqCst) {
        // A broken or refused connection is what this story is about: try again.
        drop(converse(stop, trap, acknowledged, &mut sent));
    }
    sent
}

/// One connection with as many mails as it lasts.
fn converse(
    stop: &AtomicBool,
    trap: SocketAddr,
    acknowledged: &AtomicU64,
    sent: &mut u64,
) -> std::io::Result<()> {
    let Ok(stream) = TcpStream::connect(trap) else {
        std::thread::sleep(Duration::from_millis(5));
        return Ok(());
    };
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut write = stream.try_clone()?;
    let mut read = BufReader::new(stream);
    reply(&mut read)?;
    write.write_all(b"EHLO kill.example\r\n")?;
    reply(&mut read)?;
    while !stop.load(Ordering::SeqCst) {
        write.write_all(b"MAIL FROM:<a@b.example>\r\nRCPT TO:<trap@c.example>\r\nDATA\r\n")?;
        for _ in 0..3 {
            reply(&mut read)?;
        }
        *sent += 1;
        write.write_all(b"Subject: kill\r\n\r\nunder load\r\n.\r\n")?;
        if reply(&mut read)?.starts_with("250") {
            acknowledged.fetch_add(1, Ordering::SeqCst);
        }
    }
    Ok(())
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
