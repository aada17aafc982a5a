//! BIND itself loads the zone file and answers as we do, and turns away whom the policy zones name.

use std::path::Path;
use std::process::Command;

use crate::harness::{Server, ZONE, have, run};

/// What is listed: single addresses, ranges with a hole, both families, a text to be quoted.
const LISTED: [(&str, &str, &str); 5] = [
    ("192.0.2.9", "spam", "says \"hello\" \\ twice"),
    ("198.51.100.0/24", "policy", "A range."),
    ("198.51.100.7", "bot", "One inside."),
    ("2.0.0.0/24", "hijacked", "Its digits are nibbles too."),
    ("2001:db8:7::/64", "spam", "A home."),
];

/// Clients and answers, and whether a policy zone turns them away.
const TURNED_AWAY: [(&str, bool); 6] = [
    ("192.0.2.9", true),
    ("192.0.2.10", false),
    ("198.51.100.99", true),
    ("198.51.100.5", false),
    ("2001:db8:7::25", true),
    ("2001:db8:8::25", false),
];

/// A name server of its own in a network of its own, where every address of [`TURNED_AWAY`] is one of the machine's.
const SCRIPT: &str = r#"
cd "$1"
ip link set lo up
for address in $2; do ip addr add $address dev lo nodad 2>/dev/null || ip addr add $address dev lo; done
named -g -c named.conf 2>named.log & named=$!
ask() { dig -p 5353 +tries=1 +timeout=5 "$@"; }
for name in clean.plain.test 2.0.0.127.bl.atalaya.test; do
for try in $(seq 300); do ask +short @127.0.0.1 $name A | grep -q '^[0-9]' && break; sleep 0.1; done
done
while read -r mark rest; do printf '%s %s\n' "$mark" "$(ask +noall +comments +answer $rest | sed -n 's/.*status: \([A-Z]*\).*/\1/p; s/^[^;]\S*\s*[0-9]*\sIN\s\(A\|TXT\)\s//p' | sort | tr '\n' '|')"; done <questions
kill $named; wait $named
"#;

/// Writes the configuration and the zones.
fn prepare(server: &Server, folder: &Path) {
    for (format, file) in [("bind", "list"), ("rpz", "client"), ("rpz-ip", "answer")] {
        let output = folder.join(file).display().to_string();
        server.command(&["export", format, "--output", &output]);
    }
    let mut plain = "$TTL 300\n@ SOA ns.test. root.test. 1 300 60 604800 120\n@ NS localhost.\n".to_owned();
    plain.push_str("clean A 203.0.113.1\n");
    for (number, (address, _)) in TURNED_AWAY.iter().enumerate() {
        let kind = if address.contains(':') { "AAAA" } else { "A" };
        plain.push_str(&format!("name{number} {kind} {address}\n"));
    }
    std::fs::write(folder.join("plain"), plain).unwrap();
    let config = format!(
        r#"options {{ directory "{0}"; pid-file none; session-keyfile none; listen-on port 5353 {{ any; }};
             listen-on-v6 port 5353 {{ any; }}; recursion yes; allow-recursion {{ any; }}; dnssec-validation no;
             response-policy {{ zone "client.policy"; zone "answer.policy"; }}; }};
           controls {{ }};
           zone "client.policy" {{ type primary; file "client"; allow-query {{ none; }}; }};
           zone "answer.policy" {{ type primary; file "answer"; allow-query {{ none; }}; }};
           zone "plain.test" {{ type primary; file "plain"; }};
           zone "{ZONE}" {{ type primary; file "list"; }};"#,
        folder.display()
    );
    std::fs::write(folder.join("named.conf"), config).unwrap();
}

/// Asks the name server all questions, each a mark and arguments of dig; gives a line for each, with result and records.
fn ask_named(folder: &Path, questions: &[String]) -> Vec<String> {
    std::fs::write(folder.join("questions"), questions.join("\n") + "\n").unwrap();
    let addresses = TURNED_AWAY.map(|(address, _)| address).join(" ");
    let folder_name = folder.display().to_string();
    let told = run(
        "unshare",
        &["-r", "-n", "sh", "-c", SCRIPT, "sh", &folder_name, &addresses],
    );
    let lines: Vec<String> = told.lines().map(str::to_owned).collect();
    let log = std::fs::read_to_string(folder.join("named.log")).unwrap_or_default();
    assert_eq!(lines.len(), questions.len(), "{told}\n{log}");
    lines
}

/// A server with [`LISTED`] and a hole, and a folder with what BIND needs.
fn listed() -> Option<(Server, tempfile::TempDir)> {
    if !have(&["named", "named-checkzone", "dig", "ip", "unshare"]) {
        return None;
    }
    let server = Server::start("");
    for (prefix, class, reason) in LISTED {
        server.command(&["list", "add", prefix, "--class", class, "--reason", reason]);
    }
    server.command(&["allow", "add", "198.51.100.4/31"]);
    let folder = tempfile::tempdir().unwrap();
    prepare(&server, folder.path());
    Some((server, folder))
}

#[test]
fn bind_answers_from_the_zone_file_as_we_do() {
    let Some((server, folder)) = listed() else { return };
    let file = folder.path().join("list").display().to_string();
    let checked = Command::new("named-checkzone")
        .args([ZONE, &file])
        .output()
        .unwrap();
    let told = String::from_utf8(checked.stdout).unwrap();
    assert!(checked.status.success() && !told.contains("warning"), "{told}");

    let addresses = [
        "192.0.2.9",
        "192.0.2.8",
        "198.51.100.0",
        "198.51.100.7",
        "198.51.100.4",
        "2.0.0.1",
        "127.0.0.2",
        "127.0.0.1",
    ];
    let questions: Vec<(String, String)> = addresses
        .iter()
        .flat_map(|address| ["A", "TXT"].map(|kind| ((*address).to_owned(), kind.to_owned())))
        .collect();
    let reversed = |address: &str| address.split('.').rev().collect::<Vec<_>>().join(".");
    let lines: Vec<String> = questions
        .iter()
        .map(|(address, kind)| {
            format!(
                "{address} +norecurse @127.0.0.1 {}.{ZONE} {kind}",
                reversed(address)
            )
        })
        .collect();
    for (line, (address, kind)) in ask_named(folder.path(), &lines).iter().zip(&questions) {
        let ours = server.dig(address, kind);
        let mut records: Vec<&str> = ours.lines().collect();
        records.push(if ours.is_empty() { "NXDOMAIN" } else { "NOERROR" });
        records.sort_unstable();
        let mut theirs: Vec<&str> = line
            .split_once(' ')
            .unwrap()
            .1
            .split('|')
            .filter(|part| !part.is_empty())
            .collect();
        theirs.sort_unstable();
        assert_eq!(theirs, records, "{address} {kind}");
    }
}

#[test]
fn bind_turns_away_clients_and_answers_that_the_policy_zones_name() {
    let Some((_server, folder)) = listed() else { return };
    let clients = TURNED_AWAY.iter().map(|(address, is_away)| {
        let server = if address.contains(':') {
            "@::1"
        } else {
            "@127.0.0.1"
        };
        (
            format!("client-{address} -b {address} {server} clean.plain.test A"),
            *is_away,
        )
    });
    let answers = TURNED_AWAY
        .iter()
        .enumerate()
        .map(|(number, (address, is_away))| {
            let kind = if address.contains(':') { "AAAA" } else { "A" };
            (
                format!("answer-{address} @127.0.0.1 name{number}.plain.test {kind}"),
                *is_away,
            )
        });
    let (questions, expected): (Vec<String>, Vec<bool>) = clients.chain(answers).unzip();
    for (line, is_away) in ask_named(folder.path(), &questions).iter().zip(expected) {
        let result = if is_away { "NXDOMAIN" } else { "NOERROR" };
        assert!(line.contains(result), "{line}, not {result}");
    }
}
