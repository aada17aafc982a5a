//! Our signatures, verified by another implementation: Debian's dkimpy, with a key of each kind.

use std::io::Write as _;

use super::*;
use crate::outbox::dkim::{DkimSigner, sign};
use crate::outbox::{DkimKey, new_ed25519_key};

/// Verifies each signature of the mail on standard input, with the records in the arguments.
const VERIFIER: &str = r#"
import re, sys, dkim
mail = sys.stdin.buffer.read()
records = {}
for line in sys.argv[1:]:
    name, text = line.split(" IN TXT ")
    records[name.encode()] = "".join(re.findall('"([^"]*)"', text)).encode()
def txt(name, timeout=5):
    return records.get(name if name.endswith(b".") else name + b".")
count = mail.count(b"DKIM-Signature:")
def verified(index):
    try:
        return dkim.DKIM(mail).verify(idx=index, dnsfunc=txt)
    except dkim.ValidationError:
        return False
print(" ".join(str(verified(index)) for index in range(count)))
"#;

/// A Python that has dkimpy and, for Ed25519, `PyNaCl`.
fn python() -> Option<&'static str> {
    let has_both = |python: &&str| {
        let asked = Command::new(python).args(["-c", "import dkim, nacl"]).output();
        asked.is_ok_and(|output| output.status.success())
    };
    ["python3", "/usr/bin/python3"].into_iter().find(has_both)
}

fn verify(python: &str, mail: &[u8], records: &[String]) -> String {
    let mut child = Command::new(python)
        .args(["-c", VERIFIER])
        .args(records)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(mail).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn key(folder: &Path, selector: &str) -> DkimKey {
    DkimKey {
        selector: selector.to_owned(),
        domain: "list.example".to_owned(),
        key: folder.join(format!("{selector}.pem")),
    }
}

#[test]
fn another_implementation_verifies_both_signatures_and_sees_every_change() {
    let Some(python) = python() else {
        return skip("python3-dkim and python3-nacl are not installed");
    };
    let folder = tempfile::tempdir().unwrap();
    let keys = [key(folder.path(), "rsa"), key(folder.path(), "ed25519")];
    let made = Command::new("openssl")
        .args([
            "genpkey",
            "-algorithm",
            "RSA",
            "-pkeyopt",
            "rsa_keygen_bits:2048",
            "-out",
        ])
        .arg(&keys[0].key)
        .output();
    if !made.is_ok_and(|made| made.status.success()) {
        return skip("the program openssl is not installed, or cannot make a key");
    }
    std::fs::write(&keys[1].key, new_ed25519_key().unwrap()).unwrap();
    let signers = keys.map(|key| DkimSigner::load(&key).unwrap());
    let records: Vec<_> = signers.iter().map(DkimSigner::record).collect();
    let mails: [&[u8]; 4] = [
        b"From: A <a@list.example>\r\nTo: b@x.example\r\nSubject: one\r\n  two\r\n\r\nbody \t here\r\n\r\n\r\n",
        b"From: a@list.example\r\nSubject: =?utf-8?q?x?=\r\nList-Unsubscribe: <https://x.example/>\r\n\r\n",
        b"from:a@list.example\r\nReferences: <a@x>\r\n <b@x>\r\nDate:  Fri, 27 Nov 2026 00:00:00 +0000 \r\n\r\n.dot\r\nol\xc3\xa9",
        MESSAGE,
    ];
    for mail in mails {
        let at = atalaya_model::Timestamp::from_seconds(1_795_435_200);
        let signed = sign(&signers, mail, at).unwrap();
        let told = verify(python, &signed, &records);
        assert_eq!(told, "True True", "{}", String::from_utf8_lossy(&signed));
        let changed = [signed.as_slice(), b"\r\nmore\r\n"].concat();
        assert_eq!(verify(python, &changed, &records), "False False");
        let added = [b"Subject: another\r\n", signed.as_slice()].concat();
        assert_eq!(verify(python, &added, &records), "False False");
    }
}

#[test]
fn a_file_that_is_no_key_is_refused_with_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let missing = key(folder.path(), "missing");
    assert!(
        DkimSigner::load(&missing)
            .unwrap_err()
            .to_string()
            .contains("missing.pem")
    );
    let text = key(folder.path(), "text");
    std::fs::write(&text.key, "no key").unwrap();
    assert!(DkimSigner::load(&text).is_err());
    let pem = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    std::fs::write(&text.key, pem).unwrap();
    assert!(
        DkimSigner::load(&text)
            .unwrap_err()
            .to_string()
            .contains("RSA of 2048")
    );
}

#[tokio::test]
async fn what_is_sent_is_signed_and_otherwise_the_same() {
    let house = House::new().await;
    let key = key(house.folder.path(), "a1");
    std::fs::write(&key.key, new_ed25519_key().unwrap()).unwrap();
    let (name, mut taken) = relay(Relay::Accepts).await;
    let sender = house.sender_as(NoticeConfig {
        dkim: vec![key],
        ..config(Some(name))
    });
    assert!(sender.send_next().await.unwrap());
    let came = taken.recv().await.unwrap();
    assert!(came.starts_with(b"DKIM-Signature: v=1; a=ed25519-sha256;") && came.ends_with(MESSAGE));
}
