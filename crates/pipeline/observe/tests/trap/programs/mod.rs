//! Real programs that send mail, and the dialects that they speak: the table of the guide is checked against them.

mod servers;

use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use atalaya_observe::TrapConfig;
use tokio::time::timeout;

use crate::client::{Fixture, LIMIT};

/// The page with the table.
const GUIDE: &str = include_str!("../../../../../../docs/guide/dialects.md");
/// What is sent.
const MAIL: &str = "Subject: x\n\nx\n";

/// Whether a program is there; if not, that is told.
fn have(program: &str) -> bool {
    let places = ["/usr/bin", "/usr/sbin", "/bin", "/sbin"];
    let is_there = places.iter().any(|place| Path::new(place).join(program).exists());
    if !is_there {
        atalaya_testkit::skip(&format!("{program} is not installed"));
    }
    is_there
}

/// Runs a program with this on its standard input.
fn feed(mut command: Command, input: &str) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that reads nothing may have ended before.
    drop(child.stdin.take().unwrap().write_all(input.as_bytes()));
    child.wait_with_output().unwrap()
}

/// Lets a program send one mail to a trap, and gives the dialect of it.
async fn dialect_of(send: impl FnOnce(SocketAddr) -> String + Send + 'static) -> String {
    let fixture = Fixture::start(TrapConfig::default()).await;
    let address = fixture.address;
    let told = tokio::task::spawn_blocking(move || send(address)).await.unwrap();
    let seen = async {
        loop {
            let seen = fixture.store.observations_after(0, 10).await.unwrap();
            if let Some(seen) = seen.into_iter().find(|seen| seen.observation.message.is_some()) {
                return seen.observation;
            }
            tokio::task::yield_now().await;
        }
    };
    let observation = timeout(LIMIT, seen)
        .await
        .unwrap_or_else(|_late| panic!("no mail came: {told}"));
    let conversation = observation.conversation.unwrap();
    assert!(fixture.store.message(&conversation).await.unwrap().is_some());
    let id = observation.dialect.unwrap();
    let text = fixture.store.text_of(id).await.unwrap().unwrap();
    format!("`{id}` | `{text}`")
}

/// Checks the row of a program in the guide.
async fn check(program: &str, send: impl FnOnce(SocketAddr) -> String + Send + 'static) {
    let spoken = dialect_of(send).await;
    let row = format!("| {program} | {spoken} |");
    assert!(GUIDE.contains(&row), "the guide should say:\n{row}");
}

/// What a program said to its user.
fn told(output: &Output) -> String {
    [output.stdout.as_slice(), &output.stderr]
        .map(String::from_utf8_lossy)
        .concat()
}

fn run(program: &str, arguments: &[&str]) -> String {
    let mut command = Command::new(program);
    command.args(arguments);
    told(&feed(command, MAIL))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn swaks() {
    if !have("swaks") {
        return;
    }
    check("swaks", |to| {
        let arguments = ["--server", &to.to_string(), "--helo", "pc.example.org"];
        run(
            "swaks",
            &[&arguments[..], &["--from", "a@b.example", "--to", "c@d.example"]].concat(),
        )
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn swaks_under_tls() {
    if !have("swaks") {
        return;
    }
    let config = TrapConfig::default();
    let fixture = Fixture::start_with_starttls(config).await;
    let address = fixture.address.to_string();
    let told = tokio::task::spawn_blocking(move || {
        run(
            "swaks",
            &[
                "--server",
                &address,
                "--tls",
                "--from",
                "a@b.example",
                "--to",
                "c@d.example",
            ],
        )
    });
    let told = told.await.unwrap();
    if told.contains("TLS is unavailable") || told.contains("requires Perl modules") {
        return atalaya_testkit::skip("swaks has no Net::SSLeay");
    }
    let seen = fixture.store.observations_after(0, 10).await.unwrap();
    let tls = seen[0]
        .observation
        .tls
        .clone()
        .unwrap_or_else(|| panic!("no TLS: {told}"));
    assert!(tls.version.starts_with("TLSv1."), "{tls}");
    let dialect = fixture
        .store
        .text_of(seen[0].observation.dialect.unwrap())
        .await
        .unwrap()
        .unwrap();
    assert!(
        dialect.contains(" order=EHLO,STARTTLS,EHLO,MAIL,RCPT,DATA "),
        "{dialect}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openssl_finds_our_certificate() {
    if !have("openssl") {
        return;
    }
    let fixture = Fixture::start_with_starttls(TrapConfig::default()).await;
    let address = fixture.address.to_string();
    for version in ["-tls1_2", "-tls1_3"] {
        let arguments = [
            "s_client",
            "-starttls",
            "smtp",
            version,
            "-servername",
            "mx.trap.example",
            "-connect",
        ];
        let mut command = Command::new("openssl");
        command.args(arguments).arg(&address);
        let told = tokio::task::spawn_blocking(move || told(&feed(command, "QUIT\r\n")))
            .await
            .unwrap();
        assert!(
            told.contains("BEGIN CERTIFICATE") && told.contains("Cipher is "),
            "{told}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn python_smtplib() {
    if !have("python3") {
        return;
    }
    check("Python smtplib", |to| {
        let script = "import smtplib, sys\n\
                      client = smtplib.SMTP('127.0.0.1', int(sys.argv[1]), local_hostname='pc.example.org')\n\
                      client.sendmail('a@b.example', ['c@d.example'], 'Subject: x\\n\\nx\\n')\n\
                      client.quit()\n";
        run("python3", &["-c", script, &to.port().to_string()])
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn curl() {
    if !have("curl") {
        return;
    }
    check("curl", |to| {
        let url = format!("smtp://{to}/pc.example.org");
        run(
            "curl",
            &[
                "-sS",
                &url,
                "--mail-from",
                "a@b.example",
                "--mail-rcpt",
                "c@d.example",
                "-T",
                "-",
            ],
        )
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn msmtp() {
    if !have("msmtp") {
        return;
    }
    let send = |to: SocketAddr| {
        let port = format!("--port={}", to.port());
        let options = [
            "--host=127.0.0.1",
            &port,
            "--auth=off",
            "--tls=off",
            "--domain=pc.example.org",
        ];
        run(
            "msmtp",
            &[&options[..], &["--from=a@b.example", "c@d.example"]].concat(),
        )
    };
    // It sends DATA behind RCPT in a packet of its own. Over loopback our answer may be there before that packet, as if it had waited.
    for _try in 1..20 {
        if GUIDE.contains(&format!("| msmtp | {} |", dialect_of(send).await)) {
            return;
        }
    }
    check("msmtp", send).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn perl_net_smtp() {
    if !have("perl") {
        return;
    }
    check("Perl Net::SMTP", |to| {
        let script = "use Net::SMTP; my $s = Net::SMTP->new('127.0.0.1', Port => $ARGV[0], Hello => 'pc.example.org');\n\
                      $s->mail('a@b.example'); $s->to('c@d.example'); $s->data(\"Subject: x\\n\\nx\\n\"); $s->quit;\n";
        run("perl", &["-e", script, &to.port().to_string()])
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn smtp_source() {
    if !have("smtp-source") {
        return;
    }
    check("smtp-source", |to| {
        let options = [
            "-m",
            "1",
            "-M",
            "pc.example.org",
            "-f",
            "a@b.example",
            "-t",
            "c@d.example",
        ];
        run("smtp-source", &[&options[..], &[&to.to_string()]].concat())
    })
    .await;
}
