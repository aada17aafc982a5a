//! A whole list behind the pages: a store in a scratch folder, the zone that follows it, a clock that is set by hand.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use atalaya_decide::rules::STANDARD;
use atalaya_model::{
    Act, Class, Confidence, Contact, ContactSource, Decision, Digest, Envelope, Handshake, Kind, MailAddress,
    Observation, ObservationId, Period, Prefix, Role, Rule, Secret, Sensor, Serial, Timestamp, Trap, Verdict,
};
use atalaya_notify::{Feedback, FeedbackConfig, ListNames, NoticeConfig};
use atalaya_places::PlacesConfig;
use atalaya_publish::{Follower, LogKeeper, LogSettings, PublicLog, PublishConfig, Zone};
use atalaya_stats::{Catalogue, Statistics, StatsConfig, Whereabouts};
use atalaya_store::{Credentials, Deed, DeedWay, Invitation, Notice, Session, Store, StoreUrl};
use atalaya_testkit::TestClock;
use atalaya_web::accounts::FactorKey;
use atalaya_web::{App, AppConfig, Reporters, SecondFactor, router};
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, StatusCode};
use data_encoding::BASE64URL_NOPAD;
use metrics_exporter_prometheus::PrometheusBuilder;
use sha2::{Digest as _, Sha256};
use tokio_util::sync::CancellationToken;

use tower::ServiceExt;
use uuid::Uuid;

use crate::contract;
use crate::desk::TestDesk;

pub(crate) const DAY: Duration = Duration::from_secs(86_400);
pub(crate) const TRAP: &str = "marta.trampa@trap.example";
/// Where requests come from that say nothing else.
pub(crate) const STRANGER: &str = "203.0.113.50";
/// The longest wait for something that takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct House {
    pub(crate) clock: TestClock,
    pub(crate) store: Store,
    pub(crate) zone: Arc<Zone>,
    pub(crate) config: AppConfig,
    pub(crate) stats: StatsConfig,
    /// Files of countries and networks.
    pub(crate) places: PlacesConfig,
    pub(crate) feedback_config: FeedbackConfig,
    pub(crate) reporters: Arc<Reporters>,
    /// The public log, once it is opened.
    pub(crate) log: Option<Arc<PublicLog>>,
    /// Seals the second factors.
    pub(crate) factors: FactorKey,
    stop: CancellationToken,
    folder: tempfile::TempDir,
    /// Does what the console asks for.
    pub(crate) desk: Arc<TestDesk>,
}

/// An answer, read whole.
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Page {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.text).unwrap()
    }

    #[track_caller]
    pub(crate) fn says(&self, words: &str) -> &Self {
        assert!(self.text.contains(words), "{words:?} is not in:\n{}", self.text);
        self
    }

    #[track_caller]
    pub(crate) fn keeps(&self, words: &str) -> &Self {
        assert!(
            !self.text.to_lowercase().contains(&words.to_lowercase()),
            "{words:?} is in:\n{}",
            self.text
        );
        self
    }
}

impl House {
    /// A list that is published.
    pub(crate) async fn open() -> Self {
        let house = Self::unpublished().await;
        let follower = Follower::new(house.store.clone(), Arc::clone(&house.zone));
        tokio::spawn(follower.run(house.stop.clone()));
        house.until(|| house.zone.is_loaded()).await;
        house
    }

    /// A list that nobody has loaded into the zone yet.
    pub(crate) async fn unpublished() -> Self {
        let clock = TestClock::at("2026-11-23T22:10:42Z".parse().unwrap());
        let folder = tempfile::tempdir().unwrap();
        let url = StoreUrl::Sqlite(folder.path().join("atalaya.db"));
        let store = Store::open(&url, clock.clock()).await.unwrap();
        let publish = PublishConfig {
            zone: "bl.list.example".to_owned(),
            ..PublishConfig::default()
        };
        let zone = Arc::new(Zone::new(&publish, "http://127.0.0.1:8080").unwrap());
        let mut config = AppConfig {
            publish,
            public_url: "https://list.example".to_owned(),
            exports: folder.path().join("exports"),
            ..AppConfig::default()
        };
        config.web.postmaster = "postmaster@list.example".parse().unwrap();
        config.web.organisation = "Atalaya del Sur".to_owned();
        // The tests of `gate` are about puzzles; the others press the button and see what comes of it.
        config.web.puzzle_bits = 0;
        let desk = TestDesk {
            store: store.clone(),
            clock: clock.clock(),
            rules: STANDARD.to_owned().into(),
            traps: Default::default(),
            saved_elsewhere: Default::default(),
            reporters: Default::default(),
            keys: Default::default(),
        };
        Self {
            desk: Arc::new(desk),
            clock,
            store,
            zone,
            config,
            stats: StatsConfig::default(),
            places: PlacesConfig::default(),
            feedback_config: FeedbackConfig::default(),
            reporters: Arc::new(Reporters::open(folder.path()).unwrap()),
            log: None,
            factors: FactorKey::new(&[7; 32]).unwrap(),
            stop: CancellationToken::new(),
            folder,
        }
    }

    pub(crate) fn app(&self) -> App {
        App {
            store: self.store.clone(),
            zone: Arc::clone(&self.zone),
            clock: self.clock.clock(),
            reporters: Arc::clone(&self.reporters),
            statistics: Arc::new(self.statistics()),
            feedback: Arc::new(self.feedback()),
            log: self.log.clone(),
            operations: Arc::clone(&self.desk) as Arc<dyn atalaya_web::Operations>,
            factors: self.factors.clone(),
            metrics: PrometheusBuilder::new().build_recorder().handle(),
            config: self.config.clone(),
        }
    }

    /// Keeps the public log at what was decided.
    pub(crate) async fn keep_log(&mut self) -> Arc<PublicLog> {
        let settings = LogSettings {
            origin: "list.example/log".to_owned(),
            head_file: self.folder.path().join("log.head"),
            keep_salts: Period::days(365),
        };
        let opened = PublicLog::open(self.store.clone(), self.clock.clock(), settings).await;
        let log = Arc::new(opened.unwrap());
        let mut keeper = LogKeeper::new(Arc::clone(&log));
        while keeper.step().await.unwrap() > 0 {}
        self.log = Some(Arc::clone(&log));
        log
    }

    /// The feedback loop.
    pub(crate) fn feedback(&self) -> Feedback {
        let names = ListNames {
            zone: self.config.publish.zone.clone(),
            public_url: self.config.public_url.clone(),
        };
        let shared = (self.store.clone(), self.clock.clock());
        let traps = self.config.traps.clone();
        Feedback::new(
            self.feedback_config.clone(),
            &NoticeConfig::default(),
            names,
            shared,
            traps,
        )
        .unwrap()
    }

    /// Whoever answers for statistics.
    fn statistics(&self) -> Statistics {
        let places = self.places.clone();
        let whereabouts = Whereabouts::new(move || places.clone(), self.clock.clock());
        Statistics::new(
            (self.store.clone(), self.clock.clock()),
            self.stats.clone(),
            Arc::new(Catalogue::default()),
            Arc::clone(&self.config.signatures),
            whereabouts,
        )
    }

    /// The data folder; it goes when the house goes.
    /// Makes the list answer nobody who has no key.
    pub(crate) fn close_to_strangers(&mut self) {
        self.config.publish.clients.clear();
        self.zone = Arc::new(Zone::new(&self.config.publish, "http://127.0.0.1:8080").unwrap());
    }

    pub(crate) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Waits until something holds.
    pub(crate) async fn until(&self, holds: impl Fn() -> bool) {
        let watch = async {
            while !holds() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, watch)
            .await
            .expect("the zone did not follow");
    }

    /// Decides, and waits for the zone.
    pub(crate) async fn decide(&self, prefix: &str, verdict: Verdict, rule: &str, reason: &str) -> Serial {
        // Only what was seen has a score.
        let score = if rule == "trap-spam" { 2.5 } else { 0.0 };
        let decision = Decision {
            prefix: prefix.parse().unwrap(),
            verdict,
            rule: Rule::new(rule, 1),
            score,
            reason: reason.to_owned(),
        };
        let mut transaction = self.store.begin().await.unwrap();
        let decided = transaction.decide(&decision, self.now()).await.unwrap();
        transaction.commit().await.unwrap();
        self.until(|| !self.zone.is_loaded() || self.zone.serial() >= decided.serial)
            .await;
        decided.serial
    }

    /// Lists for 60 days.
    pub(crate) async fn list(&self, prefix: &str, class: Class) -> Serial {
        let until = Some(self.now().plus(DAY * 60));
        let rule = if class == Class::Spam {
            "trap-spam"
        } else {
            "by-hand"
        };
        self.decide(
            prefix,
            Verdict::List { class, until },
            rule,
            "Spam reached our traps: 2 messages.",
        )
        .await
    }

    /// Records a spam of our own writing.
    pub(crate) async fn observe(&self, address: &str, subject: &str, helo: &str) {
        self.store
            .record(observation(address, self.now(), subject, helo), None)
            .await
            .unwrap();
    }

    /// Remembers a notice to the abuse contact of a prefix, written but not yet taken by a relay, and the contact itself.
    pub(crate) async fn tell(&self, prefix: &str, contact: &str, serial: Serial) -> String {
        let contact: MailAddress = contact.parse().unwrap();
        let prefix: Prefix = prefix.parse().unwrap();
        let token = Uuid::new_v4().simple().to_string();
        let mut transaction = self.store.begin().await.unwrap();
        let id = Uuid::new_v4();
        let notice = Notice {
            id,
            serial,
            prefix,
            contact: contact.clone(),
            token: token.clone(),
            at: self.now(),
            told_at: None,
        };
        transaction.add_notice(&notice).await.unwrap();
        transaction.commit().await.unwrap();
        let known = Contact {
            prefix,
            addresses: vec![contact],
            network: "NET-EXAMPLE".to_owned(),
            source: ContactSource::Whois {
                server: "whois.example".to_owned(),
            },
            confidence: Confidence::percent(90),
            found_at: self.now(),
        };
        self.store
            .keep_contact(&known, self.now().plus(DAY))
            .await
            .unwrap();
        token
    }

    /// The relay took the notice with this token.
    pub(crate) async fn relay_took(&self, token: &str) {
        let notice = self.store.notice_by_token(token).await.unwrap().unwrap();
        self.store.mail_sent(notice.id).await.unwrap();
    }

    pub(crate) async fn get(&self, path: &str) -> Page {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    /// Asks with one header more.
    pub(crate) async fn get_with(&self, path: &str, name: &str, value: &str) -> Page {
        let request = Request::get(path).header(name, value);
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// Asks as a program does: without any header of a browser.
    pub(crate) async fn post_plainly(&self, path: &str) -> Page {
        self.send(Request::post(path).body(Body::empty()).unwrap()).await
    }

    /// Whether DNS says that an address is listed: it answers from the same zone.
    pub(crate) fn is_listed(&self, address: &str) -> bool {
        self.zone.lookup(address.parse().unwrap(), self.now()).is_listed()
    }

    /// Presses a button on our own page, as browsers without TLS do: with an origin and without `Sec-Fetch-Site`.
    pub(crate) async fn post(&self, path: &str) -> Page {
        let request = Request::post(path)
            .header("host", "list.example")
            .header("origin", "http://list.example");
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// Sends a request from 203.0.113.50, with pages made just for it.
    pub(crate) async fn send(&self, request: Request<Body>) -> Page {
        send(&router(self.app()), STRANGER, request).await
    }

    /// Somebody with this role is signed in at the console, from this machine; gives his cookie and what his forms carry.
    pub(crate) async fn signed_in(&mut self, name: &str, role: Role) -> SignedIn {
        self.config.console.second_factor = SecondFactor::Nobody;
        let invitation = Invitation {
            token: Digest([0; 32]),
            name: Some(name.parse().unwrap()),
            role,
            account: None,
            invited_by: "tests".to_owned(),
            created_at: self.now(),
            ends_at: self.now().plus(DAY),
        };
        let credentials = Credentials {
            password: Secret::new("$argon2id$none"),
            factor: None,
            recovery: Vec::new(),
        };
        let deed = Deed {
            at: self.now(),
            who: name.to_owned(),
            way: DeedWay::Invitation,
            client: None,
            act: Act::MakeAccount,
            target: name.to_owned(),
            details: serde_json::Value::Null,
            undoes: None,
        };
        self.store.invite(&invitation, None).await.unwrap();
        let name = name.parse().unwrap();
        let accepted = self.store.accept(&invitation, &name, &credentials, &deed);
        let account = accepted.await.unwrap().unwrap();
        let token: [u8; 32] = [Uuid::new_v4().into_bytes(), Uuid::new_v4().into_bytes()]
            .concat()
            .try_into()
            .unwrap();
        let session = Session {
            id: Uuid::new_v4(),
            client: "127.0.0.1".parse().unwrap(),
            agent: "tests".to_owned(),
            created_at: self.now(),
            seen_at: self.now(),
            ends_at: self.now().plus(DAY),
            ended_at: None,
        };
        let digest = Digest(Sha256::digest(token).into());
        self.store
            .open_session(account, &session, digest, self.now())
            .await
            .unwrap();
        SignedIn {
            cookie: format!("__Host-atalaya={}", BASE64URL_NOPAD.encode(&token)),
            csrf: BASE64URL_NOPAD.encode(
                &Sha256::new()
                    .chain_update(b"atalaya form\0")
                    .chain_update(token)
                    .finalize(),
            ),
        }
    }

    /// Asks for a page of the console.
    pub(crate) async fn console(&self, who: &SignedIn, path: &str) -> Page {
        let request = Request::get(path)
            .header("host", "list.example")
            .header("cookie", &who.cookie);
        send(
            &router(self.app()),
            "127.0.0.1",
            request.body(Body::empty()).unwrap(),
        )
        .await
    }

    /// Sends a form of the console, with its mark.
    pub(crate) async fn console_post(&self, who: &SignedIn, path: &str, fields: &[(&str, &str)]) -> Page {
        let csrf = ("csrf", who.csrf.as_str());
        let fields = fields.iter().chain(std::iter::once(&csrf));
        let body: Vec<String> = fields
            .map(|(name, value)| format!("{name}={}", encoded(value)))
            .collect();
        let request = Request::post(path)
            .header("host", "list.example")
            .header("origin", "https://list.example")
            .header("cookie", &who.cookie)
            .header("content-type", "application/x-www-form-urlencoded");
        send(
            &router(self.app()),
            "127.0.0.1",
            request.body(Body::from(body.join("&"))).unwrap(),
        )
        .await
    }

    /// Closes the store under the pages.
    pub(crate) async fn lose_store(&self) {
        self.store.close().await;
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Somebody who is signed in at the console.
pub(crate) struct SignedIn {
    pub(crate) cookie: String,
    pub(crate) csrf: String,
}

/// A value as forms send it.
pub(crate) fn encoded(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    let bytes = value.bytes();
    bytes
        .map(|byte| {
            if plain(byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

/// Sends a request from a peer, and holds the answer against the document of the API.
pub(crate) async fn send(pages: &Router, peer: &str, mut request: Request<Body>) -> Page {
    let peer = SocketAddr::new(peer.parse().unwrap(), 40_000);
    request.extensions_mut().insert(ConnectInfo(peer));
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let response = pages.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let page = Page {
        status: parts.status,
        headers: parts.headers,
        // Pictures are no text.
        text: String::from_utf8_lossy(&bytes).into_owned(),
    };
    contract::hold(pages, (&method, &path), &page).await;
    page
}

/// A spam that reached [`TRAP`].
pub(crate) fn observation(address: &str, at: Timestamp, subject: &str, helo: &str) -> Observation {
    let address: IpAddr = address.parse().unwrap();
    Observation {
        kind: Kind::Spam,
        handshake: Handshake::Completed,
        trap: Some(Trap::Pristine),
        envelope: Envelope {
            helo: helo.to_owned(),
            mail_from: "ofertas@barato.example".to_owned(),
            recipients: vec![TRAP.to_owned()],
        },
        subject: subject.to_owned(),
        source_port: Some(51_234),
        message_size: 4_301,
        ..Observation::new(ObservationId(Uuid::new_v4()), address, at, Sensor::Trap)
    }
}
