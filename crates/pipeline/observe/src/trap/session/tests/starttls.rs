//! STARTTLS, and what may go wrong with it.

use atalaya_model::Kind;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};

use super::*;

/// Takes every certificate, as senders of mail do.
#[derive(Debug)]
struct Anything;

impl ServerCertVerifier for Anything {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        ring::default_provider()
            .signature_verification_algorithms
            .supported_schemes()
    }
}

/// Connects to a trap that offers STARTTLS, and says hello.
async fn offered(config: TrapConfig) -> Client {
    let folder = tempfile::tempdir().unwrap();
    let tls = TrapTls::open(&config, &folder.path().join("trap.pem")).unwrap();
    let mut client = Client::begin_with(config, tls, &TestClock::default());
    client.expect("220").await;
    client.send(b"EHLO x\r\n").await;
    assert!(client.reply().await.contains("250-STARTTLS\r\n"));
    client
}

/// The stream of a client under TLS, and its store.
async fn under_tls(client: Client) -> (TlsStream<DuplexStream>, Memory) {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anything))
        .with_no_client_auth();
    let name = ServerName::try_from("mx.trap.example").unwrap();
    let Client { stream, store, .. } = client;
    let stream = TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
        .unwrap();
    (stream, store)
}

async fn ask(stream: &mut TlsStream<DuplexStream>, words: &str, expected: &str) {
    stream.write_all(words.as_bytes()).await.unwrap();
    stream.flush().await.unwrap();
    let mut reply = vec![0; 4096];
    let length = timeout(LIMIT, stream.read(&mut reply)).await.unwrap().unwrap();
    let reply = String::from_utf8_lossy(&reply[..length]).into_owned();
    assert!(
        reply.starts_with(expected) && !reply.contains("STARTTLS"),
        "{words}: {reply}"
    );
}

#[tokio::test]
async fn a_message_comes_under_tls_and_the_session_is_kept() {
    let mut client = offered(TrapConfig::default()).await;
    client.ask("STARTTLS", "220").await;
    let (mut stream, store) = under_tls(client).await;
    ask(&mut stream, "MAIL FROM:<a@b.example>\r\n", "503").await;
    ask(&mut stream, "EHLO y\r\n", "250").await;
    ask(&mut stream, "STARTTLS\r\n", "502").await;
    ask(&mut stream, "MAIL FROM:<a@b.example>\r\n", "250").await;
    ask(&mut stream, "RCPT TO:<c@d.example>\r\n", "250").await;
    ask(&mut stream, "DATA\r\n", "354").await;
    ask(&mut stream, "From: a\r\n\r\nx\r\n.\r\n", "250").await;
    let (seen, evidence) = store.all().remove(0);
    let tls = seen.tls.unwrap();
    assert_eq!(
        (tls.version.as_str(), tls.server_name.as_deref()),
        ("TLSv1.3", Some("mx.trap.example"))
    );
    assert!(tls.cipher.starts_with("TLS13_"), "{tls}");
    assert_eq!(seen.envelope.helo, "y");
    let text = String::from_utf8(evidence.conversation.unwrap()).unwrap();
    assert!(
        text.contains(" N tls\n") && text.contains("EHLO y\\r\\n"),
        "{text}"
    );
    let dialect = evidence.dialect.unwrap();
    assert!(
        dialect.contains(" order=EHLO,STARTTLS,MAIL,EHLO,STARTTLS,MAIL,RCPT,DATA "),
        "{dialect}"
    );
}

#[tokio::test]
async fn what_was_said_without_protection_behind_starttls_is_dropped() {
    let mut client = offered(TrapConfig::default()).await;
    client
        .send(b"STARTTLS\r\nMAIL FROM:<forged@b.example>\r\nRSET\r\n")
        .await;
    client.expect("220 2.0.0 Ready").await;
    let (mut stream, store) = under_tls(client).await;
    ask(&mut stream, "EHLO y\r\n", "250").await;
    ask(&mut stream, "RCPT TO:<c@d.example>\r\n", "503").await;
    ask(&mut stream, "QUIT\r\n", "221").await;
    drop(stream);
    let recorded = async {
        while store.all().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    timeout(LIMIT, recorded).await.unwrap();
    let (seen, evidence) = store.all().remove(0);
    assert!(seen.oddities.contains(&"behind-starttls".to_owned()));
    assert_eq!(seen.envelope.mail_from, "");
    let text = String::from_utf8(evidence.conversation.unwrap()).unwrap();
    assert!(!text.contains("forged"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn who_asks_for_tls_and_does_something_else_is_let_go() {
    for words in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0x16; 70_000], &[0; 70_000]] {
        let mut client = offered(TrapConfig::default()).await;
        client.ask("STARTTLS", "220").await;
        // The trap may hang up in the middle.
        drop(client.stream.write_all(words).await);
        let store = client.store.clone();
        assert_eq!(client.end().await, "no-tls");
        let (seen, _) = store.all().remove(0);
        assert_eq!(
            (seen.kind, seen.oddities),
            (Kind::Connection, vec!["no-tls".to_owned()])
        );
    }
    let mut silent = offered(TrapConfig::default()).await;
    silent.ask("STARTTLS", "220").await;
    assert_eq!(silent.end().await, "no-tls", "it has as long as for a command");
}

#[tokio::test(start_paused = true)]
async fn the_limits_hold_under_tls() {
    let config = TrapConfig {
        max_commands: 20,
        ..TrapConfig::default()
    };
    let mut client = offered(config).await;
    client.ask("STARTTLS", "220").await;
    let (mut stream, _store) = under_tls(client).await;
    ask(
        &mut stream,
        &format!("{}\r\n", "x".repeat(70_000)),
        "500 5.5.2 Line too long",
    )
    .await;
    for _ in 0..17 {
        ask(&mut stream, "NOOP\r\n", "250").await;
    }
    ask(&mut stream, "NOOP\r\n", "421").await;

    let mut client = offered(TrapConfig::default()).await;
    client.ask("STARTTLS", "220").await;
    let (mut stream, _store) = under_tls(client).await;
    // Nothing is said: the limit of a command ends it.
    ask(&mut stream, "", "421 4.4.2").await;
}
