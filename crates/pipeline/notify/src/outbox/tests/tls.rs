//! Relays with TLS as mail servers have it from the first day: a certificate that they made themselves, for another name.

use std::sync::Arc;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::*;

/// What came of the connections to a relay that offers STARTTLS.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Came {
    InTls(Vec<u8>),
    InTheOpen(Vec<u8>),
}

/// The TLS side of a server with a new certificate; none where the program that makes it is missing.
fn acceptor() -> Option<TlsAcceptor> {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-nodes", "-days", "2", "-newkey", "ec"])
        .args(["-pkeyopt", "ec_paramgen_curve:prime256v1"])
        .args([
            "-subj",
            "/CN=other.example",
            "-addext",
            "subjectAltName=DNS:other.example",
        ])
        .args([
            "-keyout".as_ref(),
            key.as_os_str(),
            "-out".as_ref(),
            certificate.as_os_str(),
        ])
        .output();
    if !made.is_ok_and(|made| made.status.success()) {
        skip("the program openssl is not installed, or cannot make a certificate");
        return None;
    }
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![CertificateDer::from_pem_file(&certificate).unwrap()],
            PrivateKeyDer::from_pem_file(&key).unwrap(),
        )
        .unwrap();
    Some(TlsAcceptor::from(Arc::new(config)))
}

/// A relay that offers STARTTLS; without an acceptor it breaks the handshake.
async fn relay_with_tls(
    acceptor: Option<TlsAcceptor>,
) -> (String, tokio::sync::mpsc::UnboundedReceiver<Came>) {
    relay_that_goes_on(acceptor, b"220 go on\r\n").await
}

/// The same, with what it says to STARTTLS.
async fn relay_that_goes_on(
    acceptor: Option<TlsAcceptor>,
    answer: &'static [u8],
) -> (String, tokio::sync::mpsc::UnboundedReceiver<Came>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let name = listener.local_addr().unwrap().to_string();
    let (came, receiver) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _peer)) = listener.accept().await {
            tokio::spawn(converse_with_tls(stream, acceptor.clone(), answer, came.clone()));
        }
    });
    (name, receiver)
}

pub(super) async fn converse_with_tls(
    stream: TcpStream,
    acceptor: Option<TlsAcceptor>,
    answer: &[u8],
    came: tokio::sync::mpsc::UnboundedSender<Came>,
) -> Option<()> {
    let (taken, mut messages) = tokio::sync::mpsc::unbounded_channel();
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 relay\r\n").await.ok()?;
    let mut line = String::new();
    stream.read_line(&mut line).await.ok()?;
    stream
        .write_all(b"250-relay\r\n250-STARTTLS\r\n250 8BITMIME\r\n")
        .await
        .ok()?;
    line.clear();
    stream.read_line(&mut line).await.ok()?;
    if line != "STARTTLS\r\n" {
        stream.write_all(b"250 fine\r\n").await.ok()?;
        serve(&mut stream, Relay::Accepts, &taken).await;
        return came.send(Came::InTheOpen(messages.recv().await?)).ok();
    }
    stream.write_all(answer).await.ok()?;
    let Some(acceptor) = acceptor else {
        return stream.write_all(b"this is no TLS\r\n").await.ok();
    };
    let mut stream = BufReader::new(acceptor.accept(stream.into_inner()).await.ok()?);
    serve(&mut stream, Relay::Accepts, &taken).await;
    came.send(Came::InTls(messages.recv().await?)).ok()
}

fn sender(house: &House, name: String, tls: Tls) -> Sender {
    house.sender_as(NoticeConfig {
        tls,
        timeout: Period::seconds(30),
        ..config(Some(name))
    })
}

#[tokio::test]
async fn opportunistic_tls_takes_a_certificate_that_the_relay_made_itself() {
    let Some(acceptor) = acceptor() else { return };
    let house = House::new().await;
    let (name, mut came) = relay_with_tls(Some(acceptor)).await;
    assert!(
        sender(&house, name, Tls::Opportunistic)
            .send_next()
            .await
            .unwrap()
    );
    assert_eq!(came.recv().await.unwrap(), Came::InTls(MESSAGE.to_vec()));
    house.time.advance(Duration::from_secs(86_400));
    assert!(!house.is_due().await);
}

#[tokio::test]
async fn where_opportunistic_tls_fails_the_mail_goes_in_the_open() {
    let house = House::new().await;
    let (name, mut came) = relay_with_tls(None).await;
    assert!(
        sender(&house, name, Tls::Opportunistic)
            .send_next()
            .await
            .unwrap()
    );
    assert_eq!(came.recv().await.unwrap(), Came::InTheOpen(MESSAGE.to_vec()));
}

#[tokio::test]
async fn where_tls_is_required_a_certificate_that_the_relay_made_itself_is_refused() {
    let Some(acceptor) = acceptor() else { return };
    for acceptor in [Some(acceptor), None] {
        let house = House::new().await;
        let (name, mut came) = relay_with_tls(acceptor).await;
        assert!(sender(&house, name, Tls::Required).send_next().await.unwrap());
        assert!(came.try_recv().is_err());
        house.time.advance(Duration::from_secs(3_600));
        assert!(house.is_due().await, "the operator can mend that in time");
    }
}

#[tokio::test]
async fn what_was_said_in_the_clear_is_no_answer_in_tls() {
    let Some(acceptor) = acceptor() else { return };
    let house = House::new().await;
    let injected = b"220 go on\r\n250-injected\r\n250 8BITMIME\r\n";
    let (name, mut came) = relay_that_goes_on(Some(acceptor), injected).await;
    assert!(
        sender(&house, name, Tls::Opportunistic)
            .send_next()
            .await
            .unwrap()
    );
    // TLS fails, and this relay may be spoken with in the open; where TLS is required, nothing would leave.
    assert_eq!(came.recv().await.unwrap(), Came::InTheOpen(MESSAGE.to_vec()));
}
