//! The servers inside: a resolver, a web server with policies, a mail server with STARTTLS, and one without.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use domain::base::iana::{Class, Rcode};
use domain::base::{Message, MessageBuilder, Name, Rtype, ToName};
use domain::rdata::{A, AllRecordData, Mx, Txt};
use tokio::net::UdpSocket;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::super::many::{Habit, Seen, server_at};
use super::super::tls::{Came, converse_with_tls};
use super::*;
use crate::outbox::Delivery;
use crate::outbox::direct::Direct;

const WEB: &str = "20.20.0.43";
const MAIL: &str = "20.20.0.25";
const MAIL_WITHOUT_TLS: &str = "20.20.0.26";

/// What a web server says when it is asked for the policy.
#[derive(Debug, Clone)]
pub(super) enum Page {
    /// This text, as this type.
    Text(String, &'static str),
    Missing,
    /// Sends on to this address.
    Redirect(&'static str),
    /// Goes on without end.
    Endless,
    /// Begins a body, and does not go on.
    Slow,
}

/// The servers. Each domain under `example` has a web server and a mail server, with TLS unless it is told otherwise.
pub(super) struct World {
    told: Arc<Mutex<Told>>,
    came: tokio::sync::mpsc::UnboundedReceiver<Came>,
    pub(super) without_tls: Arc<Seen>,
    house: House,
}

/// What the servers are told to say, and what they were asked.
#[derive(Default)]
struct Told {
    ids: BTreeMap<String, String>,
    pages: BTreeMap<String, Page>,
    asked: BTreeMap<String, u32>,
    without_tls: Vec<String>,
}

impl World {
    /// None outside of the namespaces.
    #[expect(
        clippy::disallowed_methods,
        reason = "a child of a test has no other way to learn its task"
    )]
    pub(super) async fn inside() -> Option<Self> {
        let folder = PathBuf::from(std::env::var(CHILD).ok()?);
        let told = Arc::new(Mutex::new(Told::default()));
        tokio::spawn(resolve(
            UdpSocket::bind("127.0.0.1:53").await.unwrap(),
            Arc::clone(&told),
        ));
        let web = TcpListener::bind((WEB, 443)).await.unwrap();
        tokio::spawn(serve_pages(web, acceptor(&folder, "web"), Arc::clone(&told)));
        let mail = TcpListener::bind((MAIL, 25)).await.unwrap();
        let (tell, came) = tokio::sync::mpsc::unbounded_channel();
        let with_tls = acceptor(&folder, "mail");
        tokio::spawn(async move {
            while let Ok((stream, _peer)) = mail.accept().await {
                let acceptor = Some(with_tls.clone());
                tokio::spawn(converse_with_tls(
                    stream,
                    acceptor,
                    b"220 go on\r\n",
                    tell.clone(),
                ));
            }
        });
        let (_address, without_tls) = server_at(&format!("{MAIL_WITHOUT_TLS}:25"), Habit::Plain).await;
        Some(Self {
            told,
            came,
            without_tls,
            house: House::new().await,
        })
    }

    /// Announces a policy under this id, and what is there in its place.
    pub(super) fn announce(&self, domain: &str, id: &str, page: Page) {
        let mut told = self.told.lock().unwrap();
        told.ids.insert(domain.to_owned(), id.to_owned());
        told.pages.insert(domain.to_owned(), page);
    }

    /// Announces nothing any more, and has no policy either.
    pub(super) fn forget(&self, domain: &str) {
        let mut told = self.told.lock().unwrap();
        told.ids.remove(domain);
        told.pages.remove(domain);
    }

    /// Lets the mail server of a domain be one that knows no TLS.
    pub(super) fn without_tls(&self, domain: &str) {
        self.told.lock().unwrap().without_tls.push(domain.to_owned());
    }

    /// How often the policy of a domain was asked for.
    pub(super) fn asked(&self, domain: &str) -> u32 {
        self.told.lock().unwrap().asked.get(domain).copied().unwrap_or(0)
    }

    pub(super) fn wait(&self, time: Duration) {
        self.house.time.advance(time);
    }

    pub(super) fn direct(&self) -> Direct {
        let config = NoticeConfig {
            delivery: Some(Delivery::Direct),
            resolvers: vec![SocketAddr::from(([127, 0, 0, 1], 53))],
            timeout: Period::seconds(10),
            ..config(None)
        };
        Direct::new(&config, &self.house.time.clock()).unwrap()
    }

    /// Hands a mail to the domain; gives the reason where it is not taken.
    pub(super) async fn send(&self, direct: &Direct, domain: &str) -> Result<(), String> {
        let mail = OutgoingMail {
            id: Uuid::new_v4(),
            sender: "abuse@list.example".to_owned(),
            recipient: format!("abuse@{domain}.example").parse().unwrap(),
            message: MESSAGE.to_vec(),
            attempts: 0,
            unanswered: 0,
            created_at: self.house.time.now(),
            leased_until: self.house.time.now(),
        };
        let handed = direct
            .hand_over(&parcel(&mail), &format!("{domain}.example"))
            .await;
        match handed.outcome {
            Ok(()) => Ok(()),
            Err(Refusal::ForNow(why)) => Err(why),
            Err(other) => panic!("{other:?}"),
        }
    }

    /// The next mail that the server with TLS took.
    pub(super) async fn came(&mut self) -> Came {
        let next = tokio::time::timeout(MAX_WAIT, self.came.recv()).await;
        next.unwrap().unwrap()
    }

    /// Whether that server took no mail.
    pub(super) fn is_untouched(&mut self) -> bool {
        self.came.try_recv().is_err()
    }
}

fn acceptor(folder: &Path, of: &str) -> TlsAcceptor {
    let certificate = CertificateDer::from_pem_file(folder.join(format!("{of}.pem"))).unwrap();
    let key = PrivateKeyDer::from_pem_file(folder.join(format!("{of}.key"))).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

async fn resolve(socket: UdpSocket, told: Arc<Mutex<Told>>) {
    let mut asked = [0; 512];
    while let Ok((size, from)) = socket.recv_from(&mut asked).await {
        let answer = answer(&asked[..size], &told.lock().unwrap());
        socket.send_to(&answer, from).await.unwrap();
    }
}

fn answer(asked: &[u8], told: &Told) -> Vec<u8> {
    let asked = Message::from_octets(asked).unwrap();
    let question = asked.first_question().unwrap();
    let owner: Name<Vec<u8>> = question.qname().to_name();
    let name = owner.to_string().to_ascii_lowercase();
    let whole = name.strip_suffix(".example").unwrap_or(&name);
    let (host, domain) = whole.split_once('.').unwrap_or(("", whole));
    let is_without = told.without_tls.iter().any(|without| without == domain);
    let data: Option<AllRecordData<Vec<u8>, Name<Vec<u8>>>> = match (question.qtype(), host) {
        (Rtype::MX, "") => {
            let server = Name::vec_from_str(&format!("mx.{name}")).unwrap();
            Some(Mx::new(10, server).into())
        }
        (Rtype::A, "mta-sts") => Some(A::new(WEB.parse().unwrap()).into()),
        (Rtype::A, "mx") if is_without => Some(A::new(MAIL_WITHOUT_TLS.parse().unwrap()).into()),
        (Rtype::A, "mx") => Some(A::new(MAIL.parse().unwrap()).into()),
        (Rtype::TXT, "_mta-sts") => told.ids.get(domain).map(|id| {
            let text = format!("v=STSv1; id={id};");
            Txt::<Vec<u8>>::build_from_slice(text.as_bytes()).unwrap().into()
        }),
        _ => None,
    };
    let builder = MessageBuilder::new_vec();
    let mut builder = builder.start_answer(&asked, Rcode::NOERROR).unwrap();
    if let Some(data) = data {
        builder.push((owner, Class::IN, 60_u32, data)).unwrap();
    }
    builder.finish()
}

async fn serve_pages(listener: TcpListener, acceptor: TlsAcceptor, told: Arc<Mutex<Told>>) {
    while let Ok((stream, _peer)) = listener.accept().await {
        tokio::spawn(serve_page(stream, acceptor.clone(), Arc::clone(&told)));
    }
}

async fn serve_page(stream: TcpStream, acceptor: TlsAcceptor, told: Arc<Mutex<Told>>) -> Option<()> {
    let mut stream = BufReader::new(acceptor.accept(stream).await.ok()?);
    let (mut domain, mut line, mut path) = (String::new(), String::new(), String::new());
    while line != "\r\n" {
        line.clear();
        stream.read_line(&mut line).await.ok()?;
        let small = line.trim_end().to_ascii_lowercase();
        if let Some(host) = small.strip_prefix("host: mta-sts.") {
            domain = host.strip_suffix(".example")?.to_owned();
        }
        path = line.strip_prefix("GET ").map_or(path, str::to_owned);
    }
    assert_eq!(path, "/.well-known/mta-sts.txt HTTP/1.1\r\n");
    let page = {
        let mut told = told.lock().unwrap();
        let count = told.asked.entry(domain.clone()).or_default();
        *count += 1;
        told.pages.get(&domain).cloned().unwrap_or(Page::Missing)
    };
    say(&mut stream, page).await;
    stream.shutdown().await.ok()
}

async fn say(stream: &mut (impl AsyncWrite + Unpin), page: Page) -> Option<()> {
    let head = match &page {
        Page::Text(text, kind) => {
            format!(
                "200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n{text}",
                text.len()
            )
        }
        Page::Missing => "404 Not Found\r\nContent-Length: 0\r\n\r\n".to_owned(),
        Page::Redirect(to) => format!("301 Moved Permanently\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n"),
        Page::Endless | Page::Slow => {
            "200 OK\r\nContent-Type: text/plain\r\n\r\nversion: STSv1\r\n".to_owned()
        }
    };
    stream
        .write_all(format!("HTTP/1.1 {head}").as_bytes())
        .await
        .ok()?;
    stream.flush().await.ok()?;
    match page {
        Page::Endless => loop {
            stream.write_all(&[b'\n'; 8_192]).await.ok()?;
        },
        Page::Slow => std::future::pending().await,
        _ => Some(()),
    }
}
