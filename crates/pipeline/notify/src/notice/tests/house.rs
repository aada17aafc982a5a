//! A store of a test's own with a writer on it, and the script by which contacts are found.

use std::net::IpAddr;
use std::sync::Mutex;
use std::time::Duration;

use atalaya_model::{Contact, Decision, Observation, Serial, Timestamp, Verdict};
use atalaya_store::{Job, LINK_JOB, OutgoingMail, Store, StoreUrl};
use atalaya_testkit::TestClock;
use mail_parser::{MessageParser, MimeHeaders};
use tempfile::TempDir;

use super::fixture::{SPAM, config, contact, decision, observation};
use crate::contact::ContactError;
use crate::notice::config::NoticeConfig;
use crate::notice::find::FindContact;
use crate::notice::gather::LETTER;
use crate::notice::writer::{ListNames, NoticeWriter};

pub(super) const LEASE: Duration = Duration::from_secs(60);

/// Answers from a script: a contact, nobody, or later.
pub(super) enum Script {
    Contact(Box<Contact>),
    Nobody,
    LaterThenContact(Mutex<Option<Timestamp>>),
    /// Knows the contact of all addresses but this one, about which no registry ever answers.
    SilentAbout(IpAddr),
    /// Several who may be it, the surest first.
    Several(Vec<Contact>),
}

impl FindContact for Script {
    async fn find_contact(&self, address: IpAddr, _now: Timestamp) -> Result<Option<Contact>, ContactError> {
        match self {
            Self::Contact(contact) => Ok(Some((**contact).clone())),
            Self::Nobody => Ok(None),
            Self::Several(all) => Ok(all.first().cloned()),
            Self::SilentAbout(silent) if *silent == address => std::future::pending().await,
            Self::SilentAbout(_) => Ok(Some(contact("abuse@cheap.example"))),
            Self::LaterThenContact(later) => match later.lock().unwrap().take() {
                Some(at) => Err(ContactError::Later {
                    at,
                    why: "the registry asked for patience".to_owned(),
                }),
                None => Ok(Some(contact("abuse@cheap.example"))),
            },
        }
    }

    async fn candidates(&self, _address: IpAddr, _now: Timestamp) -> Result<Vec<Contact>, ContactError> {
        match self {
            Self::Several(all) => Ok(all.clone()),
            _ => Ok(Vec::new()),
        }
    }
}

/// A store of the test's own.
pub(super) struct House {
    pub(super) store: Store,
    pub(super) time: TestClock,
    _folder: TempDir,
}

impl House {
    pub(super) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let time = TestClock::default();
        let url = StoreUrl::Sqlite(folder.path().join("store.db"));
        let store = Store::open(&url, time.clock()).await.unwrap();
        Self {
            store,
            time,
            _folder: folder,
        }
    }

    /// With one spam recorded and listed, and its job added.
    pub(super) async fn with_listing() -> Self {
        let house = Self::new().await;
        house.record(observation(1)).await;
        house.decide(&decision()).await;
        house
    }

    pub(super) async fn record(&self, observation: Observation) {
        self.store.record(observation, Some(SPAM.into())).await.unwrap();
    }

    /// Decides and, for a listing, adds the job, as the judge does.
    pub(super) async fn decide(&self, decision: &Decision) -> Serial {
        let mut transaction = self.store.begin().await.unwrap();
        let decided = transaction.decide(decision, self.time.now()).await.unwrap();
        let serial = decided.serial;
        if matches!(decision.verdict, Verdict::List { .. }) {
            let payload = format!("{{\"serial\":{serial}}}");
            transaction
                .add_job("notice", &serial.to_string(), &payload, self.time.now())
                .await
                .unwrap();
        }
        transaction.commit().await.unwrap();
        serial
    }

    /// Records spam from another address of the network and lists it.
    pub(super) async fn list(&self, number: u8) {
        let address: IpAddr = [192, 0, 2, number].into();
        let seen = Observation {
            address,
            ..observation(number.into())
        };
        self.record(seen).await;
        self.decide(&about(number)).await;
    }

    pub(super) fn writer(&self, script: Script) -> NoticeWriter<Script> {
        self.writer_with(config(), script)
    }

    pub(super) fn writer_with(&self, config: NoticeConfig, script: Script) -> NoticeWriter<Script> {
        let names = ListNames {
            zone: "bl.atalaya.test".to_owned(),
            public_url: "https://list.example".to_owned(),
        };
        NoticeWriter::new(config, names, self.store.clone(), script, self.time.clock())
    }

    /// Works all jobs that are due, and gives the mails that came of it.
    pub(super) async fn mails(&self, writer: &NoticeWriter<Script>) -> Vec<OutgoingMail> {
        while let Some(job) = self.job().await {
            writer.work_one(&job).await.unwrap();
        }
        self.outbox().await
    }

    /// A job that is due.
    pub(super) async fn job(&self) -> Option<Job> {
        for kind in ["notice", LETTER, LINK_JOB] {
            if let Some(job) = self.store.take_job(kind, LEASE).await.unwrap() {
                return Some(job);
            }
        }
        None
    }

    /// Sends what stands in the outbox.
    pub(super) async fn outbox(&self) -> Vec<OutgoingMail> {
        let mut mails = Vec::new();
        while let Some(mail) = self.store.take_mail(LEASE).await.unwrap() {
            self.store.mail_sent(mail.id).await.unwrap();
            mails.push(mail);
        }
        mails
    }

    pub(super) async fn is_idle(&self) -> bool {
        self.job().await.is_none()
    }
}

/// Knows the contact of every address.
pub(super) fn known() -> Script {
    Script::Contact(Box::new(contact("abuse@cheap.example")))
}

/// A mail as text.
pub(super) fn text(mail: &OutgoingMail) -> String {
    String::from_utf8(mail.message.clone()).unwrap()
}

/// The decision that lists an address of the network, without end.
pub(super) fn about(number: u8) -> Decision {
    let verdict = Verdict::List {
        class: decision().verdict.class().unwrap(),
        until: None,
    };
    Decision {
        prefix: format!("192.0.2.{number}").parse().unwrap(),
        verdict,
        ..decision()
    }
}

/// A configuration in which every incident is told alone.
pub(super) fn each_alone() -> NoticeConfig {
    NoticeConfig {
        digest_window: atalaya_model::Period::seconds(0),
        ..config()
    }
}

/// All parts of a mail, decoded, with the names of those that are attached.
pub(super) fn parts(mail: &OutgoingMail) -> String {
    let message = MessageParser::default().parse(&mail.message).unwrap();
    let read = |part: &mail_parser::MessagePart<'_>| {
        let name = part.attachment_name().unwrap_or_default();
        format!("{name}\n{}\n", String::from_utf8_lossy(part.contents()))
    };
    message.parts.iter().map(read).collect()
}

/// The value of a field in one of the parts of a mail.
pub(super) fn field(mail: &OutgoingMail, name: &str) -> String {
    let line = text(mail)
        .lines()
        .find_map(|line| line.strip_prefix(&format!("{name}: ")).map(str::to_owned));
    line.unwrap()
}
