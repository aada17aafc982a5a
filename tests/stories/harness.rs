//! A server of one's own for each story, and the programs that speak to it.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use atalaya_formats::puzzle::solve;
use tempfile::TempDir;

/// The binary under test.
pub(crate) const ATALAYA: &str = env!("CARGO_BIN_EXE_atalaya");
/// The longest that a story waits for something that takes milliseconds on a quiet machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// The zone of every story.
pub(crate) const ZONE: &str = "bl.atalaya.test";

/// A running server with its scratch folder; killed when dropped.
pub(crate) struct Server {
    child: Child,
    folder: TempDir,
    pub(crate) dns: SocketAddr,
    pub(crate) smtp: SocketAddr,
    pub(crate) http: SocketAddr,
    /// Further listeners, by the name under which `serve` prints them.
    pub(crate) rest: BTreeMap<String, SocketAddr>,
    /// The link for the first administrator, as it was printed at the first start.
    pub(crate) first_link: Option<String>,
}

impl Server {
    /// Starts a server in a new folder with this configuration.
    pub(crate) fn start(config: &str) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), config)
    }

    /// Starts a server in this folder with this configuration.
    pub(crate) fn start_in(folder: TempDir, config: &str) -> Self {
        Self::launch(folder, config, &["127.0.0.1"], &[]).0
    }

    /// Starts a server in a new folder with this configuration and these arguments more.
    pub(crate) fn start_with(config: &str, arguments: &[&str]) -> Self {
        Self::launch(tempfile::tempdir().unwrap(), config, &["127.0.0.1"], arguments).0
    }

    /// Starts a server that answers DNS on free ports of these addresses, and gives all of them.
    pub(crate) fn start_at(folder: TempDir, config: &str, dns: &[&str]) -> (Self, Vec<SocketAddr>) {
        Self::launch(folder, config, dns, &[])
    }

    fn launch(folder: TempDir, config: &str, dns: &[&str], more: &[&str]) -> (Self, Vec<SocketAddr>) {
        let dns_addresses = dns.iter().map(|ip| format!("--listen=dns={ip}:0"));
        let others = ["--listen=smtp=127.0.0.1:0", "--listen=http=127.0.0.1:0"]
            .into_iter()
            .chain(more.iter().copied());
        let arguments: Vec<String> = dns_addresses.chain(others.map(str::to_owned)).collect();
        let Launched {
            child,
            mut named,
            first_link,
        } = launch(folder.path(), config, &arguments);
        let mut rest: BTreeMap<String, SocketAddr> = named.split_off(dns.len()).into_iter().collect();
        let [smtp, http] = ["smtp", "http"].map(|name| rest.remove(name).unwrap());
        let addresses: Vec<SocketAddr> = named.into_iter().map(|(_, address)| address).collect();
        let server = Self {
            child,
            folder,
            dns: addresses[0],
            smtp,
            http,
            rest,
            first_link,
        };
        (server, addresses)
    }

    /// Kills it with SIGKILL and starts it again on the same folder and ports.
    pub(crate) fn kill_and_restart(&mut self, config: &str) {
        self.kill_and_restart_after(config, |_data| {});
    }

    /// The same, with something done to its data folder while it is down.
    pub(crate) fn kill_and_restart_after(&mut self, config: &str, meanwhile: impl FnOnce(&Path)) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        meanwhile(self.folder.path());
        let listen = [("dns", self.dns), ("smtp", self.smtp), ("http", self.http)]
            .map(|(name, at)| format!("--listen={name}={at}"));
        self.child = launch(self.folder.path(), config, &listen).child;
    }

    /// Asks it to end, and waits until it has; gives its exit code.
    pub(crate) fn end(mut self) -> Option<i32> {
        run("kill", &["-TERM", &self.child.id().to_string()]);
        let status = self.child.wait().unwrap();
        status.code()
    }

    /// The number of its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The data folder.
    pub(crate) fn data(&self) -> &Path {
        self.folder.path()
    }

    /// Runs a command on its data folder, and gives what it printed; it must succeed.
    pub(crate) fn command(&self, arguments: &[&str]) -> String {
        let output = atalaya(arguments, self.data());
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        text(&output.stdout)
    }

    /// The answer to `lookup ADDRESS --json`.
    pub(crate) fn lookup(&self, address: &str) -> serde_json::Value {
        serde_json::from_str(&self.command(&["lookup", address, "--json"])).unwrap()
    }

    /// What dig prints for the A records of an address in the zone.
    pub(crate) fn dig(&self, address: &str, record_type: &str) -> String {
        let reversed: Vec<&str> = address.split('.').rev().collect();
        let name = format!("{}.{ZONE}", reversed.join("."));
        let port = self.dns.port().to_string();
        run(
            "dig",
            &[
                "+short",
                "+tries=3",
                "-p",
                &port,
                "@127.0.0.1",
                &name,
                record_type,
            ],
        )
    }

    /// Asks that an address leaves, and solves the puzzle that stands before it; gives status and body.
    pub(crate) fn leave(&self, address: &str) -> (u16, String) {
        let removal = format!("/api/v1/ip/{address}/removal");
        let (status, body) = self.http("POST", &removal);
        if status != 428 {
            return (status, body);
        }
        let asked: serde_json::Value = serde_json::from_str(&body).unwrap();
        let word = asked["puzzle"].as_str().unwrap();
        let number = solve(word, asked["bits"].as_u64().unwrap().try_into().unwrap());
        self.http("POST", &format!("{removal}?puzzle={word}&solution={number}"))
    }

    /// An HTTP request; gives status and body.
    pub(crate) fn http(&self, method: &str, path: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(self.http).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: 0\r\nConnection: close\r\n\r\n",
            self.http
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        (
            status,
            answer
                .split_once("\r\n\r\n")
                .map(|(_, body)| body.to_owned())
                .unwrap_or_default(),
        )
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already; then there is nothing to kill.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Serves in this folder by a command that runs the binary somewhere else; gives where it listens, by name.
pub(crate) fn serve_by(
    command: Command,
    folder: &Path,
    config: &str,
) -> (Child, BTreeMap<String, SocketAddr>) {
    let listen = ["dns", "smtp", "http"].map(|name| format!("--listen={name}=127.0.0.1:0"));
    let Launched { child, named, .. } = launch_by(command, folder, config, &listen);
    (child, named.into_iter().collect())
}

/// A server that said that it is ready, and what it said before.
struct Launched {
    child: Child,
    /// Where it listens.
    named: Vec<(String, SocketAddr)>,
    first_link: Option<String>,
}

/// Launches the binary and waits for `ready`.
fn launch(folder: &Path, config: &str, arguments: &[String]) -> Launched {
    launch_by(Command::new(ATALAYA), folder, config, arguments)
}

fn launch_by(mut command: Command, folder: &Path, config: &str, arguments: &[String]) -> Launched {
    let file = folder.join("atalaya.toml");
    std::fs::write(&file, closed_off(config)).unwrap();
    command
        .args(["serve", "--config"])
        .arg(&file)
        .arg("--data")
        .arg(folder)
        .args(arguments);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut named = Vec::new();
    let mut first_link = None;
    loop {
        let line = lines
            .next()
            .expect("the server ended before it was ready")
            .unwrap();
        if line == "ready" {
            break;
        }
        let (name, address) = line.split_once('=').unwrap();
        match address.parse() {
            Ok(address) => named.push((name.to_owned(), address)),
            Err(_no_address) => first_link = Some(address.to_owned()),
        }
    }
    Launched {
        child,
        named,
        first_link,
    }
}

/// The configuration, with no registry to ask where it names none: stories send nothing beyond loopback.
fn closed_off(config: &str) -> String {
    if config.contains("[contact]") {
        return config.to_owned();
    }
    format!("{config}\n[contact]\nbootstrap_url = \"\"\nwhois_server = \"\"\n")
}

/// Runs the binary on a data folder.
pub(crate) fn atalaya(arguments: &[&str], data: &Path) -> Output {
    Command::new(ATALAYA)
        .args(arguments)
        .arg("--data")
        .arg(data)
        .output()
        .unwrap()
}

/// Runs another program and gives what it printed; it must be there.
pub(crate) fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}"));
    text(&output.stdout)
}

/// Output as text.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim_end().to_owned()
}

/// Whether every one of these programs can be run; reports a skip where one cannot.
pub(crate) fn have(programs: &[&str]) -> bool {
    let places = ["/usr/bin", "/usr/sbin", "/bin", "/sbin", "/usr/local/bin"];
    let is_there = |program: &&&str| places.iter().any(|place| Path::new(place).join(program).exists());
    match programs.iter().find(|program| !is_there(program)) {
        Some(missing) => {
            atalaya_testkit::skip(&format!("{missing} is not installed"));
            false
        }
        None => true,
    }
}

/// Sends a mail with swaks from a loopback address; gives its transcript.
pub(crate) fn swaks(server: SocketAddr, from_address: &str, more: &[&str]) -> String {
    let server = server.to_string();
    let mut arguments = vec![
        "--server",
        &server,
        "--local-interface",
        from_address,
        "--timeout",
        "30",
    ];
    arguments.extend([
        "--from",
        "seller@watches.example",
        "--to",
        "old.friend@trap.example",
        "--helo",
        "pc.example",
    ]);
    arguments.extend(more);
    run("swaks", &arguments)
}

/// Waits until `look` finds something.
pub(crate) fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A port of loopback that is free now, for programs that cannot choose one themselves.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

/// Unpacks an archive of real mails into a scratch folder; reports a skip where the data is absent.
pub(crate) fn unpack(archive: &str) -> Option<TempDir> {
    let Some(archive) = atalaya_testkit::data(archive) else {
        atalaya_testkit::skip(&format!("no test data {archive}"));
        return None;
    };
    if !have(&["zstd", "tar"]) {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let unpacked = Command::new("tar")
        .args(["--zstd", "-xf"])
        .arg(archive)
        .arg("-C")
        .arg(folder.path())
        .status()
        .unwrap();
    assert!(unpacked.success());
    Some(folder)
}

/// Every file in a folder and the folders in it.
pub(crate) fn files_in(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_in(&path));
        } else {
            found.push(path);
        }
    }
    found
}
