//! Name servers that others wrote: how each is configured, started, asked and commanded.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use atalaya_publish::DnsSockets;
use domain::base::Rtype;
use tokio::process::{Child, Command};

use super::transfers::SECRET;
use super::{LIMIT, Reply, query};

/// How long to wait between two looks at a server that is not ours.
pub(crate) const PAUSE: Duration = Duration::from_millis(100);

/// A name server that others wrote, until this is dropped.
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    pub(crate) address: SocketAddr,
    folder: tempfile::TempDir,
    _child: Child,
}

/// How a name server is started.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    package: &'static str,
    pub(crate) algorithm: &'static str,
    arguments: &'static [&'static str],
    pub(crate) config: fn(&Path, u16, u16) -> String,
    /// What makes it sign the copy, and what that stands in front of.
    pub(crate) signing: Option<(&'static str, &'static str)>,
    /// The program that commands it, how that finds it in its folder, and the command to fetch the whole zone.
    retransfer: [&'static str; 4],
}

pub(crate) const KINDS: [Kind; 3] = [
    Kind {
        name: "named",
        package: "bind9",
        algorithm: "hmac-sha256",
        arguments: &["-g", "-c"],
        config: named,
        signing: Some(("dnssec-policy default; inline-signing yes; ", "primaries")),
        retransfer: ["rndc", "-c", "rndc.conf", "retransfer"],
    },
    Kind {
        name: "nsd",
        package: "nsd",
        algorithm: "hmac-sha512",
        arguments: &["-d", "-c"],
        config: nsd,
        signing: None,
        retransfer: ["nsd-control", "-c", "config", "force_transfer"],
    },
    Kind {
        name: "knotd",
        package: "knot",
        algorithm: "hmac-sha384",
        arguments: &["-c"],
        config: knot,
        signing: Some(("    dnssec-signing: on\n", "    master: primary")),
        retransfer: ["knotc", "-s", "knot.sock", "zone-retransfer"],
    },
];

fn named(folder: &Path, port: u16, primary: u16) -> String {
    let control = free_port();
    let rndc = format!(
        r#"key rndc {{ algorithm hmac-sha256; secret "{SECRET}"; }};
           options {{ default-server 127.0.0.1; default-port {control}; default-key rndc; }};"#
    );
    std::fs::write(folder.join("rndc.conf"), rndc).unwrap();
    let folder = folder.display();
    format!(
        r#"options {{ directory "{folder}"; pid-file none; listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }};
             recursion no; session-keyfile none; dnssec-validation no; minimal-responses yes; }};
           key rndc {{ algorithm hmac-sha256; secret "{SECRET}"; }};
           controls {{ inet 127.0.0.1 port {control} allow {{ 127.0.0.1; }} keys {{ rndc; }}; }};
           key named {{ algorithm hmac-sha256; secret "{SECRET}"; }};
           zone "bl.atalaya.test" {{ type secondary; file "bl.db"; masterfile-format text;
             primaries {{ 127.0.0.1 port {primary} key named; }}; allow-notify {{ key named; }}; }};"#
    )
}

fn nsd(folder: &Path, port: u16, primary: u16) -> String {
    let folder = folder.display();
    format!(
        r#"
server:
  ip-address: 127.0.0.1@{port}
  database: ""
  username: ""
  chroot: ""
  zonesdir: "{folder}"
  pidfile: ""
  xfrdfile: "{folder}/xfrd.state"
  xfrdir: "{folder}"
  zonelistfile: "{folder}/zone.list"
  server-count: 1
remote-control:
  control-enable: yes
  control-interface: "{folder}/nsd.sock"
key:
  name: nsd
  algorithm: hmac-sha512
  secret: "{SECRET}"
zone:
  name: bl.atalaya.test
  zonefile: bl.zone
  request-xfr: 127.0.0.1@{primary} nsd
  allow-notify: 127.0.0.1 nsd
"#
    )
}

fn knot(folder: &Path, port: u16, primary: u16) -> String {
    let folder = folder.display();
    format!(
        r#"
server:
  rundir: "{folder}"
  listen: 127.0.0.1@{port}
database:
  storage: "{folder}"
log:
  - target: "{folder}/log"
    any: info
key:
  - id: knotd
    algorithm: hmac-sha384
    secret: {SECRET}
remote:
  - id: primary
    address: 127.0.0.1@{primary}
    key: knotd
acl:
  - id: told
    address: 127.0.0.1
    key: knotd
    action: notify
zone:
  - domain: bl.atalaya.test
    storage: "{folder}"
    master: primary
    acl: told
"#
    )
}

/// A port that is free for both transports.
pub(crate) fn free_port() -> u16 {
    let sockets = DnsSockets::bind(SocketAddr::new([127, 0, 0, 1].into(), 0)).unwrap();
    sockets.address().port()
}

/// The path of a name server; reports a skip where it is not there.
pub(crate) fn program(kind: &Kind) -> Option<String> {
    let found = path_of(kind.name);
    if found.is_none() {
        atalaya_testkit::skip(&format!("{} is not installed ({})", kind.name, kind.package));
    }
    found
}

/// Where a program stands.
fn path_of(name: &str) -> Option<String> {
    let folders = ["/usr/sbin", "/usr/local/sbin", "/usr/bin"];
    let mut paths = folders.iter().map(|folder| format!("{folder}/{name}"));
    paths.find(|path| Path::new(path).exists())
}

/// Starts a name server with a configuration in a folder of its own.
pub(crate) fn start_peer(kind: &Kind, program: &str, port: u16, text: impl Fn(&Path) -> String) -> Peer {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config");
    std::fs::write(&config, text(folder.path())).unwrap();
    let output = std::fs::File::create(folder.path().join("output")).unwrap();
    let child = Command::new(program)
        .args(kind.arguments)
        .arg(&config)
        .stdout(Stdio::from(output.try_clone().unwrap()))
        .stderr(output)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    Peer {
        name: kind.name,
        address: SocketAddr::new([127, 0, 0, 1].into(), port),
        folder,
        _child: child,
    }
}

impl Peer {
    /// Has its own program tell it to fetch the whole zone, as the guide says.
    pub(crate) async fn retransfer(&self, kind: &Kind) {
        let [program, option, file, command] = kind.retransfer;
        let output = Command::new(path_of(program).unwrap())
            .arg(option)
            .arg(self.folder.path().join(file))
            .args([command, "bl.atalaya.test"])
            .output()
            .await
            .unwrap();
        assert!(output.status.success(), "{program}: {output:?} {}", self.told());
    }

    /// What it says of itself.
    pub(crate) fn told(&self) -> String {
        let read = |name: &str| std::fs::read_to_string(self.folder.path().join(name)).unwrap_or_default();
        read("output") + &read("log")
    }

    /// Waits until it stands at a serial.
    pub(crate) async fn reaches(&self, serial: u32) {
        let wanted = format!(" {serial} 300 60 604800 120");
        self.says("bl.atalaya.test", Rtype::SOA, &wanted).await;
    }

    /// Waits until it answers with a record that ends so.
    pub(crate) async fn says(&self, name: &str, rtype: Rtype, wanted: &str) {
        let says = |reply: Reply| reply.answer.iter().any(|record| record.ends_with(wanted));
        let wait = async {
            while !try_ask(self.address, &query(name, rtype)).await.is_some_and(says) {
                tokio::time::sleep(PAUSE).await;
            }
        };
        let waited = tokio::time::timeout(LIMIT.saturating_mul(2), wait).await;
        assert!(
            waited.is_ok(),
            "{} does not say {wanted}: {}",
            self.name,
            self.told()
        );
    }
}

/// An answer, if one comes soon.
async fn try_ask(address: SocketAddr, query: &[u8]) -> Option<Reply> {
    let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    socket.connect(address).await.unwrap();
    socket.send(query).await.ok()?;
    let mut buffer = vec![0; 65_535];
    let received = tokio::time::timeout(Duration::from_secs(1), socket.recv(&mut buffer)).await;
    buffer.truncate(received.ok()?.ok()?);
    Some(Reply::read(buffer))
}
