//! Signatures that others made: Debian's dkimpy, `Mail::DKIM` and `OpenDKIM`, in every form, with keys in a name server on loopback.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use atalaya_formats::dkim::claims;
use atalaya_testkit::peers::{DnsPeer, DnsRecord, DnsReply};
use atalaya_testkit::{TestClock, skip};
use data_encoding::BASE64;

use super::*;

/// Signs the mail on standard input in all forms with both kinds of keys, and prints a line for each: the mail in base64. The arguments are a PEM
/// file and the seed of an Ed25519 key in base64.
const SIGNER: &str = r"
import base64, sys, dkim
mail = sys.stdin.buffer.read()
rsa, seed = open(sys.argv[1], 'rb').read(), sys.argv[2].encode()
for key, selector, algorithm in ((rsa, b'rsa', b'rsa-sha256'), (seed, b'ed', b'ed25519-sha256')):
    for header in (b'simple', b'relaxed'):
        for body in (b'simple', b'relaxed'):
            for length in (False, True):
                signed = dkim.sign(mail, selector, b'news.example', key, canonicalize=(header, body),
                    signature_algorithm=algorithm, length=length)
                print(base64.b64encode(signed + mail).decode())
";
/// Signs the mail on standard input in all forms with the RSA key in the file, and prints a line for each.
const PERL: &str = r#"
use Mail::DKIM::Signer;
use Mail::DKIM::PrivateKey;
use Crypt::OpenSSL::RSA;
use MIME::Base64;
binmode STDIN;
local $/;
my $mail = <STDIN>;
open my $file, '<', $ARGV[0];
my $key = Crypt::OpenSSL::RSA->new_private_key(<$file>);
for my $method (qw(simple/simple simple/relaxed relaxed/simple relaxed/relaxed)) {
    my $signer = Mail::DKIM::Signer->new(Algorithm => 'rsa-sha256', Method => $method, Domain => 'news.example',
        Selector => 'perl', Key => Mail::DKIM::PrivateKey->load(Cork => $key));
    $signer->PRINT($mail);
    $signer->CLOSE;
    print encode_base64($signer->signature->as_string . "\015\012" . $mail, ''), "\n";
}
"#;
const MAIL: &[u8] = b"From: News  <news@news.example>\r\nTo: maria@trap.example\r\nSubject: one \r\n\ttwo\r\n\
    Date: Fri, 27 Nov 2026 00:00:00 +0000\r\nMessage-ID: <1@news.example>\r\n\r\n.Hello \t you  \r\n\r\nol\xc3\xa9\r\n\r\n\r\n";
const NAME: &str = "_domainkey.news.example";

fn output(mut command: Command, input: &[u8]) -> Option<Vec<u8>> {
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().ok()?;
    child.stdin.take()?.write_all(input).ok()?;
    let output = child.wait_with_output().ok()?;
    output.status.success().then_some(output.stdout)
}

/// Makes an RSA key; gives its file and its record.
fn rsa(folder: &Path, bits: u32) -> Option<(PathBuf, String)> {
    let file = folder.join(format!("{bits}.pem"));
    let mut make = Command::new("openssl");
    make.args(["genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt"])
        .arg(format!("rsa_keygen_bits:{bits}"))
        .arg("-out")
        .arg(&file);
    output(make, b"")?;
    let mut show = Command::new("openssl");
    show.args(["pkey", "-pubout", "-outform", "DER", "-in"])
        .arg(&file);
    let public = output(show, b"")?;
    Some((file, format!("v=DKIM1; k=rsa; p={}", BASE64.encode(&public))))
}

/// The seed of an Ed25519 key of 32 equal bytes, and its record.
fn ed25519(byte: u8) -> (String, String) {
    let pair = ring::signature::Ed25519KeyPair::from_seed_unchecked(&[byte; 32]).unwrap();
    let public = ring::signature::KeyPair::public_key(&pair);
    let record = format!("v=DKIM1; k=ed25519; p={}", BASE64.encode(public.as_ref()));
    (BASE64.encode(&[byte; 32]), record)
}

/// A name server with these texts.
async fn server(texts: BTreeMap<String, String>) -> DnsPeer {
    DnsPeer::start(move |name| match texts.get(name) {
        Some(text) => DnsReply::Records(vec![DnsRecord::txt(name, text)]),
        None if name.starts_with("broken.") => DnsReply::Status(2),
        None => DnsReply::Status(3),
    })
    .await
    .unwrap()
}

fn keys(peer: &DnsPeer, time: &TestClock) -> Keys {
    Keys::new(Resolver::new(vec![peer.address()]), time.clock())
}

/// What becomes of the first signature of a mail.
async fn verdict(keys: &Keys, mail: &[u8]) -> Verdict {
    let now = Timestamp::from_seconds(4_000_000_000);
    match claims(mail, now, |_| true).remove(0) {
        Ok(claim) => keys.verdict(&claim, claim.signature().domain()).await,
        Err(flaw) => Verdict::Flawed(flaw),
    }
}

#[tokio::test]
async fn what_dkimpy_signs_is_valid_in_every_form_until_anything_is_changed() {
    let folder = tempfile::tempdir().unwrap();
    let Some((pem, record)) = rsa(folder.path(), 1_024) else {
        return skip("openssl is not installed");
    };
    let (seed, other) = ed25519(7);
    let sign = |python| {
        let mut command = Command::new(python);
        command
            .args(["-c", SIGNER])
            .arg(&pem)
            .arg(&seed)
            .stderr(Stdio::null());
        output(command, MAIL)
    };
    let Some(signed) = ["python3", "/usr/bin/python3"].into_iter().find_map(sign) else {
        return skip("python3-dkim and python3-nacl are not installed");
    };
    let texts = [("rsa", record), ("ed", other)].map(|(selector, text)| (format!("{selector}.{NAME}"), text));
    let peer = server(texts.into()).await;
    let time = TestClock::default();
    let keys = keys(&peer, &time);
    let lines: Vec<&[u8]> = signed
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .collect();
    assert_eq!(lines.len(), 16);
    for line in lines {
        let mail = BASE64.decode(line).unwrap();
        let shown = String::from_utf8_lossy(&mail).into_owned();
        assert_eq!(verdict(&keys, &mail).await, Verdict::Valid, "{shown}");
        let text = [mail.as_slice(), b"more\r\n"].concat();
        let body = verdict(&keys, &text).await;
        assert!(
            matches!(body, Verdict::Flawed(Flaw::Body | Flaw::Partial)),
            "{body:?} {shown}"
        );
        let subject = shown.replace("Subject: one", "Subject: won");
        assert_eq!(
            verdict(&keys, subject.as_bytes()).await,
            Verdict::Flawed(Flaw::Wrong),
            "{shown}"
        );
    }
    assert_eq!(peer.asked().len(), 2, "each key was asked for once");
}

#[tokio::test]
async fn what_mail_dkim_of_perl_signs_is_valid_in_every_form_with_keys_of_2048_and_4096_bits() {
    let folder = tempfile::tempdir().unwrap();
    for bits in [2_048, 4_096] {
        let Some((pem, record)) = rsa(folder.path(), bits) else {
            return skip("openssl is not installed");
        };
        let mut command = Command::new("perl");
        command.args(["-e", PERL]).arg(&pem).stderr(Stdio::null());
        let Some(signed) = output(command, MAIL) else {
            return skip("libmail-dkim-perl is not installed");
        };
        let peer = server([(format!("perl.{NAME}"), record)].into()).await;
        let time = TestClock::default();
        let lines: Vec<&[u8]> = signed
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
            .collect();
        assert_eq!(lines.len(), 4);
        for line in lines {
            let mail = BASE64.decode(line).unwrap();
            let shown = String::from_utf8_lossy(&mail);
            assert_eq!(
                verdict(&keys(&peer, &time), &mail).await,
                Verdict::Valid,
                "{shown}"
            );
        }
    }
}

#[tokio::test]
async fn what_opendkim_signs_with_sha_1_proves_nothing_and_no_key_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let Some((pem, record)) = rsa(folder.path(), 2_048) else {
        return skip("openssl is not installed");
    };
    let mut command = Command::new("opendkim-testmsg");
    command.args(["-d", "news.example", "-s", "open", "-k"]).arg(&pem);
    let Some(signed) = output(command, MAIL) else {
        return skip("opendkim-tools is not installed");
    };
    // It folds its own field with LF, between lines that end in CRLF.
    let signed: Vec<u8> = signed.into_iter().filter(|byte| *byte != b'\r').collect();
    let peer = server([(format!("open.{NAME}"), record)].into()).await;
    let time = TestClock::default();
    let refused = verdict(&keys(&peer, &time), &signed).await;
    assert_eq!(
        (refused, peer.asked().len()),
        (Verdict::Flawed(Flaw::Algorithm), 0)
    );
}

/// A mail that names a key with no fitting signature.
fn forged(selector: &str) -> Vec<u8> {
    let hash = BASE64.encode(digest(&SHA256, b"x\r\n").as_ref());
    let field = format!("v=1; a=ed25519-sha256; d=news.example; s={selector}; h=from; bh={hash}; b=AAAA");
    format!("DKIM-Signature: {field}\r\nFrom: a@news.example\r\n\r\nx\r\n").into_bytes()
}

#[tokio::test]
async fn a_key_is_kept_for_an_hour_and_a_failure_for_a_minute() {
    let (_, record) = ed25519(9);
    let peer = server([(format!("ed.{NAME}"), record)].into()).await;
    let time = TestClock::default();
    let keys = keys(&peer, &time);
    let asked = |of: &str| peer.asked().iter().filter(|name| name.starts_with(of)).count();
    for _ in 0..3 {
        assert_eq!(verdict(&keys, &forged("ed")).await, Verdict::Flawed(Flaw::Wrong));
        assert_eq!(
            verdict(&keys, &forged("none")).await,
            Verdict::Flawed(Flaw::NoKey)
        );
    }
    assert_eq!((asked("ed."), asked("none.")), (1, 1));
    time.advance(NONE_KEPT);
    verdict(&keys, &forged("ed")).await;
    verdict(&keys, &forged("none")).await;
    assert_eq!((asked("ed."), asked("none.")), (1, 2));
    time.advance(KEPT);
    verdict(&keys, &forged("ed")).await;
    assert_eq!(asked("ed."), 2);
}

#[tokio::test]
async fn a_domain_that_does_not_answer_is_asked_for_no_other_key() {
    let peer = server(BTreeMap::new()).await;
    let time = TestClock::default();
    let keys = keys(&peer, &time);
    assert_eq!(verdict(&keys, &forged("broken")).await, Verdict::Later);
    let asked = peer.asked().len();
    assert_eq!(verdict(&keys, &forged("none")).await, Verdict::Later);
    assert_eq!(peer.asked().len(), asked);
    time.advance(FAILURE_KEPT);
    assert_eq!(
        verdict(&keys, &forged("none")).await,
        Verdict::Flawed(Flaw::NoKey)
    );
}

#[tokio::test]
async fn a_domain_has_two_places_among_those_who_ask() {
    let peer = server(BTreeMap::new()).await;
    let keys = keys(&peer, &TestClock::default());
    let places = [keys.place("news.example"), keys.place("news.example")];
    assert!(places.iter().all(Option::is_some));
    assert_eq!(verdict(&keys, &forged("none")).await, Verdict::Busy);
    assert!(keys.place("other.example").is_some());
    drop(places);
    assert_eq!(
        verdict(&keys, &forged("none")).await,
        Verdict::Flawed(Flaw::NoKey)
    );
}
