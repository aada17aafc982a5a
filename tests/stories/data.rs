//! Where addresses are: files fetched from a server that behaves and misbehaves, and what the program then says.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use atalaya_testkit::peers::{HttpPeer, HttpReply};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::harness::{atalaya, files_in, text};

/// Statistics of a registry of one day.
fn statistics(day: &str, country: &str) -> Vec<u8> {
    let mut text = format!("2|ripencc|1|5|19830705|{day}|+0100\nripencc|*|ipv4|*|4|summary\n");
    for row in 0..4 {
        text += &format!("ripencc|{country}|ipv4|192.0.{row}.0|256|20100712|allocated|x\n");
    }
    text += "ripencc|ES|asn|12479|1|20100712|allocated|x\n";
    text.into_bytes()
}

const NETWORKS: &str = "192.0.2.0\t192.0.2.255\t64500\tES\t<b>EXAMPLE</b>\n";

/// A registry, a list of networks, and a folder whose configuration names both.
struct Stage {
    folder: TempDir,
    reply: Arc<Mutex<HttpReply>>,
    /// How often a file was asked for that is known already.
    asked_again: Arc<AtomicUsize>,
    peer: HttpPeer,
    _runtime: Runtime,
}

impl Stage {
    fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        let reply = Arc::new(Mutex::new(good("20261120", "ES")));
        let asked_again = Arc::new(AtomicUsize::new(0));
        let (answers, again) = (Arc::clone(&reply), Arc::clone(&asked_again));
        let script = move |path: &str, headers: &[String]| {
            let knows = headers
                .iter()
                .any(|line| line.eq_ignore_ascii_case("if-none-match: \"20261120\""));
            match path {
                "/networks.tsv" => HttpReply::Full(200, Vec::new(), NETWORKS.into()),
                _ if knows => {
                    again.fetch_add(1, Ordering::SeqCst);
                    answers.lock().unwrap().clone()
                }
                _ => answers.lock().unwrap().clone(),
            }
        };
        let peer = runtime.block_on(HttpPeer::start_with_headers(script)).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let config = format!(
            "[places]\nsources = [\"{}\", \"{}\"]\nmax_size = \"64KiB\"\ntimeout = \"2s\"\n",
            peer.url("/ripe"),
            peer.url("/networks.tsv")
        );
        fs::write(folder.path().join("atalaya.toml"), config).unwrap();
        Self {
            folder,
            reply,
            asked_again,
            peer,
            _runtime: runtime,
        }
    }

    fn answer(&self, reply: HttpReply) {
        *self.reply.lock().unwrap() = reply;
    }

    /// Exit code and everything that was said.
    fn run(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let output = atalaya(arguments, self.folder.path());
        (output.status.code(), text(&output.stdout) + &text(&output.stderr))
    }

    fn fetch(&self) -> (Option<i32>, String) {
        self.run(&["data", "fetch"])
    }

    fn country(&self) -> serde_json::Value {
        let (_, said) = self.run(&["data", "show", "192.0.2.7", "--json"]);
        let found: serde_json::Value = serde_json::from_str(said.lines().next().unwrap()).unwrap();
        found["country"].clone()
    }
}

fn good(day: &str, country: &str) -> HttpReply {
    let headers = vec![format!("ETag: \"{day}\"")];
    HttpReply::Full(200, headers, statistics(day, country))
}

fn fetched(folder: &Path) -> usize {
    files_in(&folder.join("places")).len()
}

#[test]
fn files_are_fetched_shown_and_not_sent_twice() {
    let stage = Stage::new();
    let (code, said) = stage.run(&["data", "show"]);
    assert_eq!(code, Some(0));
    assert!(
        said.contains("built in (old)") && said.contains("nro.net") && said.contains("networks   none"),
        "{said}"
    );
    assert_eq!(stage.country(), serde_json::Value::Null);

    let (code, said) = stage.fetch();
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("taken, 4 rows of 2026-11-20 for countries"),
        "{said}"
    );
    assert!(said.contains("taken, 1 rows for networks"), "{said}");
    let (code, said) = stage.run(&["data", "show"]);
    assert_eq!(code, Some(0));
    assert!(
        said.contains("2026-11-20") && said.contains("iptoasn.com"),
        "{said}"
    );
    // Four of the five registries are missing.
    assert!(said.contains("built in"), "{said}");
    let (_, said) = stage.run(&["data", "show", "192.0.2.7"]);
    assert_eq!(
        said,
        "192.0.2.7 is registered in: ES Spain; routed by: AS64500 <b>EXAMPLE</b>"
    );

    stage.answer(HttpReply::status(304));
    let (code, said) = stage.fetch();
    assert_eq!(
        (code, stage.asked_again.load(Ordering::SeqCst)),
        (Some(0), 1),
        "{said}"
    );
    assert!(said.contains("/ripe: unchanged"), "{said}");
    stage.answer(good("20261125", "PT"));
    assert_eq!(stage.fetch().0, Some(0));
    assert_eq!(stage.country(), "PT");
}

#[test]
fn what_is_cut_wrong_or_too_large_leaves_the_older_file() {
    let stage = Stage::new();
    assert_eq!(stage.fetch().0, Some(0));
    let files = fetched(stage.folder.path());
    let whole = statistics("20261125", "PT");
    let short = whole
        .split_inclusive(|byte| *byte == b'\n')
        .take(3)
        .collect::<Vec<_>>()
        .concat();
    let honest = "ripencc|PT|ipv4|192.0.2.0|256|20100712|allocated|x\n";
    let full = |bytes: Vec<u8>| HttpReply::Full(200, Vec::new(), bytes);
    for (reply, why) in [
        (HttpReply::status(404), "status 404"),
        (HttpReply::Half(whole), "no whole answer"),
        (full(short), "1 of the 5 records"),
        (full(honest.into()), "it has 1 rows and the older one had 4"),
        (full(b"<html>\nGone\n</html>\n".to_vec()), "line 1"),
        (full(Vec::new()), "no rows"),
        (full(vec![b'1'; 70_000]), "larger than 65536 bytes"),
        (HttpReply::Endless(vec![b'1'; 9_000]), "larger than 65536 bytes"),
        (HttpReply::redirect("http://127.0.0.1:1/"), "not asked"),
        (HttpReply::Raw(b"SMTP\r\n".to_vec()), "the exchange failed"),
    ] {
        stage.answer(reply);
        let (code, said) = stage.fetch();
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains("not taken") && said.contains(why), "{why}: {said}");
        assert!(said.contains("1 of 2 sources"), "{said}");
        assert_eq!(
            (stage.country(), fetched(stage.folder.path())),
            ("ES".into(), files),
            "{why}"
        );
    }
    assert!(stage.peer.asked().len() > 20);
}

#[test]
fn a_spoiled_or_forgotten_file_is_told() {
    let stage = Stage::new();
    assert_eq!(stage.fetch().0, Some(0));
    let countries = stage.folder.path().join("places/countries");
    fs::write(
        countries.join("forgotten.csv"),
        "198.51.100.0,198.51.100.255,FR\n",
    )
    .unwrap();
    let (code, said) = stage.fetch();
    assert_eq!(code, Some(0));
    assert!(said.contains("forgotten.csv is of no source"), "{said}");
    fs::write(countries.join("forgotten.csv"), "spoiled\n").unwrap();
    let (code, said) = stage.run(&["data", "show", "192.0.2.7"]);
    assert_eq!(code, Some(1));
    assert!(
        said.contains("ES Spain") && said.contains("forgotten.csv is not used"),
        "{said}"
    );
}
