//! Real programs that send mail, and the dialects that they speak: the table of the guide is checked against them.

use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use atalaya_observe::TrapConfig;
use tempfile::TempDir;
use tokio::time::timeout;

use crate::client::{Fixture, LIMIT};

/// The page with the table.
const GUIDE: &str = include_str!("../../../../../docs/guide/dialects.md");
/// Where `cargo xtask needs` unpacks Exim, which cannot be installed beside Postfix.
const EXIM: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/unpacked/exim4-daemon-light");
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
    let text = fixture.store.dialect(id).await.unwrap().unwrap();
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
        .dialect(seen[0].observation.dialect.unwrap())
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
    check("msmtp", |to| {
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
    })
    .await;
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

/// The files of a mail server, which its own user may read.
fn open_folder() -> TempDir {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    let is_root = Path::new("/proc/self").metadata().unwrap().uid() == 0;
    if !is_root {
        atalaya_testkit::skip("a mail server of its own needs root");
    }
    is_root
}

/// A Postfix that sends everything to a trap; ended when dropped.
struct Postfix {
    folder: TempDir,
    child: std::process::Child,
}

impl Postfix {
    fn start(to: SocketAddr) -> Self {
        let folder = open_folder();
        let path = folder.path();
        for name in ["etc", "queue", "data"] {
            std::fs::create_dir(path.join(name)).unwrap();
        }
        let owned = Command::new("chown")
            .arg("postfix")
            .arg(path.join("data"))
            .status();
        assert!(owned.unwrap().success());
        let main = format!(
            "compatibility_level = 3.6\nqueue_directory = {0}/queue\ndata_directory = {0}/data\nmyhostname = pc.example.org\n\
             mydestination =\ninet_interfaces = loopback-only\ninet_protocols = ipv4\nrelayhost = [127.0.0.1]:{1}\n\
             smtp_host_lookup = native\nmaillog_file = {0}/data/maillog\nmaillog_file_prefixes = {0}\nalias_maps =\n\
             alias_database =\n",
            path.display(),
            to.port()
        );
        let master = "pickup unix n - n 60 1 pickup\ncleanup unix n - n - 0 cleanup\nqmgr unix n - n 300 1 qmgr\n\
                      rewrite unix - - n - - trivial-rewrite\nbounce unix - - n - 0 bounce\ndefer unix - - n - 0 bounce\n\
                      trace unix - - n - 0 bounce\nproxymap unix - - n - - proxymap\nsmtp unix - - n - - smtp\n\
                      error unix - - n - - error\nretry unix - - n - - error\nscache unix - - n - 1 scache\n\
                      postlog unix-dgram n - n - 1 postlogd\n";
        std::fs::write(path.join("etc/main.cf"), main).unwrap();
        std::fs::write(path.join("etc/master.cf"), master).unwrap();
        let child = Command::new("postfix")
            .arg("-c")
            .arg(path.join("etc"))
            .arg("start-fg")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { folder, child }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        // The child is the script that waits for Postfix's own first process.
        if let Ok(master) = std::fs::read_to_string(self.path("queue/pid/master.pid")) {
            drop(Command::new("kill").arg(master.trim()).status());
        }
        drop(self.child.wait());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postfix() {
    if !have("postfix") || !is_root() {
        return;
    }
    let (keep, kept) = std::sync::mpsc::channel();
    check("Postfix smtp", move |to| {
        let postfix = Postfix::start(to);
        let mut command = Command::new("sendmail");
        command
            .arg("-C")
            .arg(postfix.path("etc"))
            .args(["-f", "a@b.example", "c@d.example"]);
        // Until the queue has its folders, the program has nowhere to put the mail, and says so.
        while !postfix.path("queue/maildrop").exists() || !postfix.path("queue/pid/master.pid").exists() {
            std::thread::yield_now();
        }
        let said = told(&feed(command, MAIL));
        keep.send(postfix).unwrap();
        said
    })
    .await;
    drop(kept.recv());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exim() {
    if !Path::new(EXIM).join("usr/sbin/exim4").exists() {
        return atalaya_testkit::skip("exim4 is not unpacked; `cargo xtask needs` does it");
    }
    if !is_root() {
        return;
    }
    let folder = open_folder();
    let path = folder.path().to_owned();
    check("Exim smtp", move |to| {
        let libraries: Vec<String> = std::fs::read_dir(format!("{EXIM}/usr/lib"))
            .unwrap()
            .map(|folder| folder.unwrap().path().display().to_string())
            .collect();
        let config = format!(
            "exim_path = {EXIM}/usr/sbin/exim4\nprimary_hostname = pc.example.org\nspool_directory = {0}/spool\n\
             log_file_path = {0}/log/%slog\nexim_user = Debian-exim\nexim_group = Debian-exim\nnever_users =\n\
             keep_environment = LD_LIBRARY_PATH\n\
             domainlist local_domains =\nbegin routers\nall:\n  driver = manualroute\n  route_list = * 127.0.0.1\n  self = send\n  \
             transport = out\nbegin transports\nout:\n  driver = smtp\n  port = {1}\n  allow_localhost\n",
            path.display(),
            to.port()
        );
        for (name, text) in [
            ("passwd", "root:x:0:0::/root:/bin/sh\nDebian-exim:x:65533:65533::/:/bin/false\n"),
            ("group", "root:x:0:\nDebian-exim:x:65533:\n"),
            ("exim.conf", &config),
        ] {
            std::fs::write(path.join(name), text).unwrap();
        }
        for name in ["spool", "log"] {
            std::fs::create_dir(path.join(name)).unwrap();
            let owned = Command::new("chown").arg("65533:65533").arg(path.join(name)).status();
            assert!(owned.unwrap().success());
        }
        // It looks its user up at its start: users of its own have it, the machine's need not.
        let with_users = "for f in passwd group; do mount --bind $0/$f /etc/$f; done && exec \"$@\"";
        let mut command = Command::new("unshare");
        command
            .args(["--mount", "sh", "-c", with_users])
            .arg(&path)
            .arg(format!("{EXIM}/usr/sbin/exim4"))
            .arg("-C")
            .arg(path.join("exim.conf"))
            .args(["-odi", "-f", "a@b.example", "c@d.example"])
            .env("LD_LIBRARY_PATH", libraries.join(":"));
        let said = told(&feed(command, MAIL));
        said + &std::fs::read_to_string(path.join("log/mainlog")).unwrap_or_default()
    })
    .await;
}
