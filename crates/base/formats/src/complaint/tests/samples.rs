//! Every sample of the shared test data, against the table in the guide: what is written there was read out of the files by hand.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use atalaya_testkit::{data, skip};

use super::super::*;

/// The folders of samples with the ending of those that are looked at.
const FOLDERS: &[(&str, &str)] = &[
    ("arf-complaints/abuseio", "eml"),
    ("arf-complaints/kumomta", "eml"),
    ("arf-complaints/mail-auth", "eml"),
    ("arf-complaints/sisimai", "eml"),
    ("xarf-iodef/xarf-v1-v3/samples", "json"),
    ("xarf-iodef/xarf-v4-spec/samples", "json"),
];

/// The guide.
fn guide() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs/guide/complaints.md");
    std::fs::read_to_string(path).unwrap()
}

/// The rows of the guide's table by the name of the file: the other cells, put together.
fn expected() -> BTreeMap<String, String> {
    let is_sample = |name: &str| name.ends_with(".eml") || name.ends_with(".json");
    guide()
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | "))
        .filter(|(name, _)| is_sample(name))
        .map(|(name, rest)| (name.to_owned(), rest.to_owned()))
        .collect()
}

/// What a reader made of a file, as the table has it.
fn row(read: &Result<Complaint, Refused>) -> String {
    let complaint = match read {
        Ok(complaint) => complaint,
        Err(why) => return format!("refused | {why} |  |  | "),
    };
    let (source, found) = match &complaint.source {
        Ok(source) if source.how == How::Derived => (source.address.to_string(), "derived".to_owned()),
        Ok(source) => (
            source.address.to_string(),
            format!("stated, {}", source.agreement.name()),
        ),
        Err(_) => (String::new(), "no address".to_owned()),
    };
    let date = complaint.arrived.map(|at| at.to_string()).unwrap_or_default();
    format!(
        "{} {} | {} | {source} | {found} | {date}",
        complaint.format.name(),
        complaint.version,
        complaint.abuse,
    )
}

fn files_of(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_of(&path, ending, found);
        } else if path.extension().is_some_and(|end| end == ending) {
            found.push(path);
        }
    }
}

#[test]
fn every_sample_gives_what_stands_in_the_guide() {
    let mut rows = expected();
    let mut wrong = Vec::new();
    for (folder, ending) in FOLDERS {
        let Some(path) = data(folder) else {
            skip("the samples of complaints are not here");
            return;
        };
        let mut files = Vec::new();
        files_of(&path, ending, &mut files);
        files.sort();
        assert!(!files.is_empty(), "{folder}");
        for file in files {
            let name = format!(
                "{}/{}",
                folder.split_once('/').unwrap().1,
                file.strip_prefix(&path).unwrap().display()
            );
            let bytes = std::fs::read(&file).unwrap();
            let read = match *ending {
                "json" => read_json(&bytes, &[]),
                _ => read(&bytes, &[]),
            };
            let (row, stands) = (row(&read), rows.remove(&name).unwrap_or_default());
            if row.trim() != stands.trim() {
                wrong.push(format!("| {name} | {row} |"));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "not as in docs/guide/complaints.md:\n{}",
        wrong.join("\n")
    );
    assert!(
        rows.is_empty(),
        "the guide names samples that are not there: {rows:?}"
    );
}

#[test]
fn what_the_samples_tell_beside_the_source_is_read() {
    let Some(path) = data("arf-complaints") else {
        skip("the samples of complaints are not here");
        return;
    };
    let of = |name: &str| read(&std::fs::read(path.join(name)).unwrap(), &[]).unwrap();
    let many = of("sisimai/arf-16.eml");
    assert_eq!(many.recipients.len(), 7);
    assert_eq!(many.domains, ["example.com", "example.org"]);
    assert_eq!(many.mail_from.as_deref(), Some("neko@example.jp"));
    assert_eq!(many.reporter.user_agent.as_deref(), Some("ReturnPathFBL/1.0"));
    assert_eq!(many.reporter_domain().as_deref(), Some("feedback.example.com"));
    let headers = of("sisimai/arf-12.eml").message.unwrap();
    assert!(!headers.is_whole && headers.bytes.starts_with(b"From: <shironeko"));
    let uris = of("mail-auth/002.eml");
    assert_eq!(
        uris.uris,
        ["http://example.net/earn_money.html", "mailto:user@example.com"]
    );
    let hidden = of("abuseio/feedback-loop/AOL_example_1.eml");
    assert!(hidden.is_redacted && hidden.reserved().is_some());
    assert_eq!(hidden.mail_from.as_deref(), Some("tecnic2@domain4.tld"));
    assert!(of("abuseio/feedback-loop/Comcast_example_1.eml").is_redacted);
    assert!(!of("abuseio/feedback-loop/Yahoo_example_1.eml").is_redacted);
    let page = of("abuseio/netcraft/Netcraft_Example_4.eml");
    assert!(page.uris[0].starts_with("http://john-doe.tld/"));
    assert_eq!(page.reporter.mailbox.as_deref(), Some("takedown@netcraft.com"));
}
