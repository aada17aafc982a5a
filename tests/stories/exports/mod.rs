//! A list of others is taken in, and what is given out says the same in every format.

mod named;
mod replace;

use std::path::Path;
use std::process::Command;

use crate::harness::{Server, have, run};

/// A list with two wrong lines, one reserved address and one that is allowed.
const LIST: &str = "# a list\n192.0.2.0/28 ; SBL1\nexample.org\n198.51.100.7\n10.0.0.1\n0.0.0.0/0\n192.0.2.3/28\n\
                    203.0.113.9\n2001:db8:7::/64\n";

fn import(server: &Server, list: &Path) -> serde_json::Value {
    let list = list.display().to_string();
    let arguments = [
        "import",
        &list,
        "--class",
        "bot",
        "--reason",
        "On a list.",
        "--until",
        "7d",
        "--json",
    ];
    serde_json::from_str(&server.command(&arguments)).unwrap()
}

fn exported(server: &Server, format: &str) -> Vec<String> {
    let text = server.command(&["export", format]);
    let says = |line: &&str| !line.starts_with(['#', ';', '$', '@']);
    text.lines().filter(says).map(str::to_owned).collect()
}

#[test]
fn a_list_is_taken_in_and_given_out_the_same_in_every_format() {
    let server = Server::start("");
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("list.txt");
    std::fs::write(&list, LIST).unwrap();
    server.command(&["allow", "add", "203.0.113.0/24"]);

    let told = import(&server, &list);
    let counts =
        ["listed", "allowed", "reserved", "too_wide", "wrong"].map(|what| told[what].as_u64().unwrap());
    assert_eq!(counts, [3, 1, 1, 1, 2], "{told}");
    assert_eq!(told["wrong_lines"][0]["line"], 3);
    assert_eq!(server.dig("192.0.2.3", "A"), "127.0.0.4");
    let again = import(&server, &list);
    assert_eq!(
        (&again["listed"], &again["unchanged"]),
        (&0.into(), &3.into()),
        "{again}"
    );

    server.command(&["allow", "add", "192.0.2.0/30"]);
    let expected = ["192.0.2.4/30", "192.0.2.8/29", "198.51.100.7", "2001:db8:7::/64"];
    assert_eq!(exported(&server, "cidr"), expected);
    let (status, over_http) = server.http("GET", "/api/v1/export/cidr");
    assert_eq!(status, 200);
    assert_eq!(over_http.trim(), server.command(&["export", "cidr"]).trim());

    let written = |format: &str| {
        let path = folder.path().join(format);
        server.command(&["export", format, "--output", &path.display().to_string()]);
        path
    };
    // What we write we read: nothing of it is new.
    for format in ["plain", "cidr", "jsonl"] {
        let again = import(&server, &written(format));
        assert_eq!(
            (&again["wrong"], &again["too_wide"]),
            (&0.into(), &0.into()),
            "{format}: {again}"
        );
    }
    for format in ["rbldnsd", "bind", "bind-codes", "rpz", "rpz-ip"] {
        assert!(!exported(&server, format).is_empty(), "{format}");
    }
    ask_postfix(&written("postfix"), folder.path());
    load_into_nftables(&written("nftables"));
}

/// Asks Postfix itself what it would do.
fn ask_postfix(table: &Path, folder: &Path) {
    if !have(&["postmap"]) {
        return;
    }
    std::fs::write(folder.join("main.cf"), "").unwrap();
    let (configuration, table) = (folder.display().to_string(), format!("cidr:{}", table.display()));
    let ask = |address: &str| {
        let output = Command::new("postmap")
            .args(["-c", &configuration, "-q", address, &table])
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(ask("192.0.2.9").starts_with("REJECT listed by "));
    assert!(ask("2001:db8:7::25").starts_with("REJECT "));
    assert_eq!(ask("192.0.2.3"), "", "it is allowed");
}

/// Checks the file and loads the sets twice, in a network namespace that ends with the command.
fn load_into_nftables(file: &Path) {
    if !have(&["nft", "unshare"]) {
        return;
    }
    let script = format!(
        "nft -c -f {0} && nft -f {0} && nft -f {0} && nft get element inet atalaya listed4 '{{ 192.0.2.9 }}' && nft list table inet atalaya && ! nft get element inet atalaya listed4 '{{ 192.0.2.3 }}' 2>&1",
        file.display()
    );
    let told = run("unshare", &["-r", "-n", "sh", "-c", &script]);
    // Listed for 7 days, by the hour: the kernel counts them down.
    let parts = [
        "192.0.2.4-192.0.2.15 timeout 7d",
        "2001:db8:7::/64 timeout 7d",
        " expires ",
        "No such file",
    ];
    let is_right = parts.iter().all(|part| told.contains(part));
    assert!(is_right, "{told}");
}
