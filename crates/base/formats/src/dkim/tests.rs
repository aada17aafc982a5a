//! What is claimed and what is not, and the mails of strangers.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use atalaya_model::Timestamp;
use atalaya_testkit::{data, skip};
use data_encoding::BASE64;
use proptest::prelude::*;
use sha2::{Digest, Sha256};

use super::canonical::{Form, body_hash};
use super::*;

const NOW: Timestamp = Timestamp::from_seconds(1_000_000);
const BODY: &str = "Hello  you \r\n\r\n";

/// A mail with a signature in which these tags stand beside the usual ones, or in their place.
fn mail(tags: &[(&str, &str)]) -> Vec<u8> {
    let hash = BASE64.encode(&body_hash(BODY.as_bytes(), Form::Relaxed).0);
    let usual = [
        ("v", "1"),
        ("a", "rsa-sha256"),
        ("c", "relaxed/relaxed"),
        ("d", "news.example"),
        ("s", "s1"),
        ("h", "From:Subject"),
        ("bh", hash.as_str()),
        ("b", "AAAA"),
    ];
    let of = |name: &str| tags.iter().find(|(own, _)| *own == name).map(|(_, value)| *value);
    let mut all: Vec<String> = Vec::new();
    for (name, value) in usual {
        all.push(format!("{name}={}", of(name).unwrap_or(value)));
    }
    let more = tags
        .iter()
        .filter(|(name, _)| usual.iter().all(|(own, _)| own != name));
    all.extend(more.map(|(name, value)| format!("{name}={value}")));
    let signature = all.join("; ");
    format!("DKIM-Signature: {signature}\r\nFrom: a@news.example\r\nSubject: x\r\n\r\n{BODY}").into_bytes()
}

/// What all signatures of a mail claim.
fn all(mail: &[u8]) -> Vec<Result<Claim, Flaw>> {
    claims(mail, NOW, |_| true)
}

fn judged(tags: &[(&str, &str)]) -> Result<Claim, Flaw> {
    all(&mail(tags)).remove(0)
}

#[test]
fn a_signature_is_judged_by_each_of_its_tags() {
    assert!(judged(&[]).is_ok());
    let fine: [(&str, &str); 9] = [
        ("i", "bounce@sub.NEWS.example"),
        ("i", "@news.example"),
        ("x", "1000001"),
        ("t", "1000500"),
        ("l", "11"),
        ("d", "News.Example"),
        ("h", "From : Subject:subject: DKIM-Signature"),
        ("a", "ed25519-sha256"),
        ("q", "dns/txt"),
    ];
    for tag in fine {
        assert!(judged(&[tag]).is_ok(), "{tag:?}: {:?}", judged(&[tag]));
    }
    let wrong: [(&str, &str, Flaw); 21] = [
        ("v", "2", Flaw::Malformed),
        ("a", "rsa-sha1", Flaw::Algorithm),
        ("a", "ecdsa", Flaw::Algorithm),
        ("c", "nowsp", Flaw::Malformed),
        ("d", "com", Flaw::Malformed),
        ("d", "a..b", Flaw::Malformed),
        ("d", "a b.example", Flaw::Malformed),
        ("s", "", Flaw::Malformed),
        ("h", "To:Subject", Flaw::WithoutFrom),
        ("i", "a@example", Flaw::Identity),
        ("i", "a@evilnews.example", Flaw::Identity),
        ("i", "a", Flaw::Malformed),
        ("x", "999999", Flaw::Expired),
        ("x", "soon", Flaw::Malformed),
        ("t", "1000601", Flaw::Future),
        ("l", "10", Flaw::Partial),
        ("l", "0", Flaw::Partial),
        ("l", "12", Flaw::Partial),
        ("bh", "AAAA", Flaw::Body),
        ("bh", "!", Flaw::Malformed),
        ("c", "relaxed", Flaw::Body),
    ];
    for (name, value, flaw) in wrong {
        assert_eq!(judged(&[(name, value)]), Err(flaw), "{name}={value}");
    }
    assert_eq!(judged(&[("t", "5"), ("x", "5")]), Err(Flaw::Malformed));
}

#[test]
fn junk_above_hides_no_signature_and_odd_line_ends_hide_all() {
    let junk = |domain: &str, hash: &str| {
        format!("DKIM-Signature: v=1; a=rsa-sha256; d={domain}; s=s; h=From; bh={hash}; b=AAAA\r\n")
    };
    let own = mail(&[]);
    let hash = BASE64.encode(&body_hash(BODY.as_bytes(), Form::Relaxed).0);
    for above in [
        junk("news.example", "AAAA"),
        junk("other.example", &hash),
        "DKIM-Signature: x\r\n".to_owned(),
    ] {
        let many = [above.repeat(40).as_bytes(), &own].concat();
        let found = claims(&many, NOW, |signature| signature.domain() == "news.example");
        assert_eq!(found.iter().flatten().count(), 1, "{above}");
        assert!(found.last().unwrap().is_ok());
    }
    let odd = |from: &str, to: &str| String::from_utf8(own.clone()).unwrap().replacen(from, to, 1);
    for spoiled in [
        odd("Subject: x", "Subject: x\rX: y"),
        odd("Subject: x", "Subject: x\nX: y"),
    ] {
        assert_eq!(all(spoiled.as_bytes()), [], "{spoiled:?}");
    }
    assert_eq!(
        all(odd("", "").replace('\r', "").as_bytes()).len(),
        1,
        "a file has LF alone"
    );
}

#[test]
fn of_many_signatures_some_are_claims() {
    let one = mail(&[]);
    let many = one.repeat(1);
    let field = String::from_utf8(one.clone()).unwrap();
    let field = field.split_inclusive("\r\n").next().unwrap();
    let many = [field.repeat(50).as_bytes(), &many].concat();
    assert_eq!(all(&many).len(), MOST_SIGNATURES);
    assert!(is_signed(&one) && !is_signed(b"Subject: DKIM-Signature: v=1\r\n\r\nDKIM-Signature: v=1\r\n"));
    let wide = [b"X: y\r\n".repeat(3_000), one].concat();
    assert!(all(&wide).is_empty());
}

#[test]
fn what_another_name_hides_is_not_signed() {
    // Of a name, the lowest field is signed first; a name more than there are fields signs that there is no more.
    let mail = mail(&[("h", "Subject:From:Subject"), ("c", "simple/relaxed")]);
    let mail = [b"Subject: above\r\n".as_slice(), &mail].concat();
    let claim = all(&mail).remove(0).unwrap();
    let signed = String::from_utf8(claim.signed().to_vec()).unwrap();
    let want = "Subject: x\r\nFrom: a@news.example\r\nSubject: above\r\nDKIM-Signature: v=1;";
    assert!(signed.starts_with(want) && signed.ends_with("; b="), "{signed}");
    assert!(claim.signature().covers("subject") && !claim.signature().covers("To"));
    assert_eq!(claim.signature().key_name(), "s1._domainkey.news.example");
}

/// DER as RSA keys have it, with a modulus of so many bytes.
fn rsa(bytes: usize) -> Vec<u8> {
    let tagged = |tag: u8, value: &[u8]| {
        let length = u16::try_from(value.len()).unwrap().to_be_bytes();
        [&[tag, 0x82], length.as_slice(), value].concat()
    };
    let modulus = [&[0, 0x80], vec![1; bytes - 1].as_slice()].concat();
    tagged(
        0x30,
        &[tagged(0x02, &modulus), vec![0x02, 0x03, 1, 0, 1]].concat(),
    )
}

fn key(tags: &str, public: &[u8]) -> Result<Key, Flaw> {
    Key::read(&[format!("{tags}p={}", BASE64.encode(public))])
}

#[test]
fn a_key_is_judged_by_each_of_its_tags() {
    for fine in [
        "",
        "v=DKIM1; ",
        "k=rsa;",
        "h=sha1:sha256;",
        "s=*;",
        "s=tlsrpt:email;",
        "t=s;",
        "n=a note; ",
    ] {
        assert!(key(fine, &rsa(128)).is_ok(), "{fine}");
    }
    assert!(key("k=ed25519;", &[7; 32]).is_ok());
    for (tags, size, flaw) in [
        ("v=DKIM2;", 128, Flaw::Malformed),
        ("k=rsa; v=DKIM1;", 128, Flaw::Malformed),
        ("h=sha1;", 128, Flaw::Unfit),
        ("s=tlsrpt;", 128, Flaw::Unfit),
        ("t=s:y;", 128, Flaw::Testing),
        ("k=ecdsa;", 128, Flaw::Unfit),
        ("k=ed25519;", 128, Flaw::Size),
        ("", 127, Flaw::Size),
        ("", 64, Flaw::Size),
        ("", 513, Flaw::Size),
    ] {
        assert_eq!(key(tags, &rsa(size)), Err(flaw), "{tags} {size}");
    }
    assert_eq!(key("", b"no key"), Err(Flaw::Malformed));
    assert_eq!(key("v=DKIM1; ", b""), Err(Flaw::Revoked));
    assert_eq!(Key::read(&[]), Err(Flaw::NoKey));
    let beside = [
        "v=spf1 -all".to_owned(),
        format!("p={}", BASE64.encode(&rsa(256))),
    ];
    assert!(Key::read(&beside).is_ok(), "other records do not hide the key");
}

#[test]
fn a_key_is_used_for_its_kind_and_where_it_says_so_for_its_very_domain() {
    let rsa = key("t=s;", &rsa(128)).unwrap();
    let of = |tags: &[(&str, &str)]| judged(tags).unwrap().signature().clone();
    assert!(rsa.of(&of(&[])).is_ok());
    assert_eq!(rsa.of(&of(&[("i", "@sub.news.example")])), Err(Flaw::Unfit));
    assert_eq!(rsa.of(&of(&[("a", "ed25519-sha256")])), Err(Flaw::Unfit));
}

/// Says of the signatures of each file below a folder whether their `bh` fits: `+`, `-`, or `?` for those that are out of the question here.
const DKIMPY: &str = r"
import base64, hashlib, os, re, sys
import dkim
from dkim import canonicalization, util
for root, _, names in os.walk(sys.argv[1]):
    for name in names:
        mail = open(os.path.join(root, name), 'rb').read()
        mail = mail if b'\r\n' in mail else mail.replace(b'\n', b'\r\n')
        fields, body = dkim.rfc822_parse(mail)
        told = ''
        for _, value in [field for field in fields if field[0].lower() == b'dkim-signature'][:5]:
            tags = util.parse_tag_value(value)
            if tags[b'a'] == b'rsa-sha1' or b'l' in tags:
                told += '?'
                continue
            form = canonicalization.CanonicalizationPolicy.from_c_value(tags.get(b'c', b'simple/simple'))
            made = base64.b64encode(hashlib.sha256(form.canonicalize_body(body)).digest())
            told += '+' if made == re.sub(rb'\s', b'', tags[b'bh']) else '-'
        print(os.path.join(root, name), told, sep='\t')
";

/// What another implementation makes of the bodies, by file.
fn dkimpy(folder: &Path) -> Option<BTreeMap<PathBuf, String>> {
    let python = ["python3", "/usr/bin/python3"].into_iter();
    let mut runs = python.filter_map(|python| {
        Command::new(python)
            .args(["-c", DKIMPY])
            .arg(folder)
            .output()
            .ok()
    });
    let output = runs.find(|output| output.status.success())?;
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().filter_map(|line| line.split_once('\t'));
    Some(lines.map(|(file, told)| (file.into(), told.to_owned())).collect())
}

/// The people who gave these mails away wrote `phishing@pot` over the recipients wherever they stood, also into bodies and signatures, and not all
/// bodies came whole into files: few are the ones that were signed, also for dkimpy.
#[test]
fn signatures_of_real_mail_are_read_and_their_bodies_are_judged_as_dkimpy_does() {
    let Some(archive) = data("mails/phishing_pot-part.tar.zst") else {
        return skip("the mails are not there");
    };
    let Some(folder) = unpacked(&archive) else {
        return skip("tar or zstd is not installed");
    };
    let Some(theirs) = dkimpy(folder.path()) else {
        return skip("python3-dkim is not installed");
    };
    let (mut all, mut agreed) = (0, BTreeMap::<&str, u32>::new());
    for (file, theirs) in &theirs {
        let mail = std::fs::read(file).unwrap();
        let came = crate::message::glance(&mail).date.unwrap_or(NOW);
        for (ours, theirs) in claims(&mail, came, |_| true).into_iter().zip(theirs.chars()) {
            all += 1;
            let told = match (&ours, theirs) {
                (Ok(_), '+') => "intact",
                (Err(Flaw::Body), '-') => "changed",
                (Err(Flaw::Algorithm | Flaw::Partial), '?') => "proves nothing",
                (Err(Flaw::Expired | Flaw::Future | Flaw::Identity), _) => "time or identity",
                (Err(Flaw::Malformed), _) => "spoiled",
                other => panic!("{}: {other:?}", file.display()),
            };
            *agreed.entry(told).or_default() += 1;
        }
    }
    println!("{all} signatures: {agreed:?}");
    assert!(
        all >= 450 && agreed["intact"] >= 20 && agreed["spoiled"] <= 4,
        "{all} {agreed:?}"
    );
}

/// The files of an archive, in a folder that goes away.
fn unpacked(archive: &Path) -> Option<tempfile::TempDir> {
    let folder = tempfile::tempdir().unwrap();
    let tar = Command::new("tar")
        .arg("-xf")
        .arg(archive)
        .arg("-C")
        .arg(folder.path())
        .status();
    tar.is_ok_and(|status| status.success()).then_some(folder)
}

proptest! {
    #[test]
    fn any_bytes_can_be_signed_and_what_is_signed_is_what_is_claimed(lines in prop::collection::vec("[ -~]{0,20}[ \t]?", 0..12)) {
        let body = lines.join("\r\n");
        let mail = format!("From: a@b.example\r\nSubject: {}\r\n\r\n{body}", lines.first().cloned().unwrap_or_default());
        let signer = Signer { algorithm: Algorithm::Ed25519Sha256, selector: "s", domain: "b.example" };
        let unsigned = Unsigned::new(mail.as_bytes(), signer, NOW);
        let signed = unsigned.signed().to_vec();
        let whole = [unsigned.with(&Sha256::digest(&signed)).as_bytes(), mail.as_bytes()].concat();
        let found = all(&whole).remove(0);
        prop_assert_eq!(found.as_ref().map(Claim::signed), Ok(signed.as_slice()));
    }

    #[test]
    fn nothing_is_too_odd_to_be_read(mail: Vec<u8>, record: String) {
        prop_assert!(all(&mail).iter().flatten().count() <= MOST_SIGNATURES);
        prop_assert!(Key::read(&[record]).is_err());
        let signer = Signer { algorithm: Algorithm::RsaSha256, selector: "s", domain: "b.example" };
        prop_assert!(!Unsigned::new(&mail, signer, NOW).signed().is_empty());
    }
}
