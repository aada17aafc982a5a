//! What does what the console asks for, in the tests: the same functions that the binary calls, on the store of the test.

use std::sync::{Arc, Mutex};

use atalaya_decide::simulate::{Trial, simulate};
use atalaya_decide::{Rules, by_hand};
use atalaya_formats::signatures::Matcher;
use atalaya_formats::view::{Hiding, Material, Shown, View};
use atalaya_model::{Clock, ObservationId};
use atalaya_notify::{Feedback, FeedbackConfig, Hearer, HearingConfig, ListNames, NoticeConfig, ShownMail};
use atalaya_observe::feeds::{FeedState, FeedStatus, Trouble, TroubleKind};
use atalaya_observe::{TrapAddress, TrapFile};
use atalaya_publish::{Key, KeyFile, KeyTerms};
use atalaya_store::{Asked, ExceptionAnswer, SetContact, Store, Suppressed};
use atalaya_web::{
    Answering, ContactShown, ContactsOrder, EvidenceOrder, ExceptionsOrder, FeedbackOrder, JobsOrder,
    KeyShown, KeysOrder, NewReporter, Operations, Order, OthersShown, OutboxOrder, Quota, RepliesOrder,
    ReporterFile, ReporterShown, ReportersOrder, RulesOrder, RulesShown, SealedEvidence, SetContactsOrder,
    StepShown, SuppressOrder, TrapShown, TrapsOrder,
};
use data_encoding::BASE64;
use serde_json::Value;

/// A message that wants to be a page.
pub(crate) const MESSAGE: &str = "From: \"><script>alert(1)</script>\" <spammer@cheap.example>\r\nSubject: <img src=x onerror=alert(2)>\r\n\
     Content-Type: text/html\r\n\r\n<p>Buy <b>now</b></p><img src=\"http://track.example/pixel.png\"><script>alert(3)</script>";

/// A feed that is not believed, with words that want to be a page.
fn doubted_feed() -> FeedStatus {
    let trouble = Trouble {
        what: TroubleKind::Quarantined,
        why: "it grew <b>tenfold</b>".to_owned(),
        since: atalaya_model::Timestamp::EPOCH,
    };
    FeedStatus {
        name: "drop".to_owned(),
        state: FeedState {
            entries: 1_234,
            trouble: Some(trouble),
            ..FeedState::default()
        },
    }
}

/// Works on the store alone.
#[derive(Debug)]
pub(crate) struct TestDesk {
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) rules: Mutex<String>,
    /// The version that another server saved, where this one has no file of rules.
    pub(crate) saved_elsewhere: Mutex<Option<String>>,
    pub(crate) traps: Mutex<TrapFile>,
    pub(crate) reporters: Mutex<ReporterFile>,
    pub(crate) keys: Mutex<KeyFile>,
}

impl Operations for TestDesk {
    fn answer(&self, order: Order) -> Answering<'_> {
        Box::pin(async move {
            match order {
                Order::Evidence(EvidenceOrder::One { id, view }) => self.evidence(id, view).await,
                Order::Evidence(EvidenceOrder::Sealed { id, .. }) => self.sealed(id).await,
                Order::Rules(asked) => self.about_rules(asked),
                Order::Outbox(asked) => self.about_mails(asked).await,
                Order::Exceptions(asked) => self.about_exceptions(asked).await,
                Order::Suppress(asked) => self.about_suppressed(asked).await,
                Order::Feedback(asked) => self.about_feedback(asked).await,
                Order::Contacts(ContactsOrder::One { address }) => written(ContactShown {
                    contact: None,
                    steps: vec![StepShown {
                        source: "whois".to_owned(),
                        asked: "whois.example".to_owned(),
                        outcome: format!("<b>nobody</b> for {address}"),
                    }],
                    trouble: Some("the <i>registry</i> hung up".to_owned()),
                }),
                Order::SetContacts(asked) => self.about_set_contacts(asked).await,
                Order::Traps(asked) => self.about_traps(asked),
                Order::Reporters(asked) => self.about_reporters(asked),
                Order::Keys(asked) => self.about_keys(asked),
                Order::Feeds => written(OthersShown {
                    feeds: vec![doubted_feed()],
                    upstream: Vec::new(),
                }),
                Order::ReleaseFeed { name } if name == "drop" => Ok(Value::Null),
                Order::ReleaseFeed { name } => Err(format!("there is no feed named {name}")),
                Order::Jobs(JobsOrder::Retry { id }) => written(self.store.retry_jobs(id).await.unwrap()),
                Order::Replies(RepliesOrder::Settle {
                    id,
                    settlement,
                    prefixes,
                }) => {
                    let shared = (self.store.clone(), self.clock.clone());
                    let hearer = Hearer::new(HearingConfig::default(), None, None, shared);
                    let settled = hearer.settle(id, settlement, &prefixes).await;
                    settled.map(|()| Value::Null).map_err(|error| error.to_string())
                }
                order => self.change(order).await,
            }
        })
    }
}

/// An answer as it travels.
fn written<T: serde::Serialize>(answer: T) -> Result<Value, String> {
    serde_json::to_value(answer).map_err(|error| error.to_string())
}

impl TestDesk {
    async fn change(&self, order: Order) -> Result<Value, String> {
        let (store, now) = (&self.store, self.clock.now());
        let told = |error: atalaya_decide::DecideError| error.to_string();
        match order {
            Order::List {
                prefix,
                class,
                reason,
                until,
            } => written(
                by_hand::list(store, (prefix, class), &reason, until, now)
                    .await
                    .map_err(told)?,
            ),
            Order::Unlist {
                prefix,
                class,
                reason,
            } => written(
                by_hand::unlist(store, prefix, class, &reason, now)
                    .await
                    .map_err(told)?,
            ),
            Order::Allow {
                prefix,
                reason,
                until,
            } => written(
                by_hand::allow(store, prefix, &reason, until, now)
                    .await
                    .map_err(told)?,
            ),
            Order::Disallow { prefix, reason } => written(
                by_hand::disallow(store, prefix, &reason, now)
                    .await
                    .map_err(told)?,
            ),
            Order::Simulate { rules, since } => {
                let trial = Trial {
                    present: Arc::new(Rules::standard().unwrap()),
                    tried: Arc::new(Rules::parse(&rules).map_err(|error| error.to_string())?),
                    protected: Arc::default(),
                    since,
                };
                written(simulate(store, &trial).await.map_err(|error| error.to_string())?)
            }
            other => Err(format!("{other:?} is not done here")),
        }
    }

    async fn evidence(&self, id: ObservationId, view: View) -> Result<Value, String> {
        let seen = self.store.observation(id).await.unwrap().unwrap();
        let material = Material {
            seen: &seen,
            message: Some(MESSAGE.as_bytes()),
            reached: &[],
            conversation: None,
            dialect: Some("<b>dialect</b>"),
            shape: None,
        };
        let hiding = Hiding {
            key: b"key",
            traps: &Arc::default(),
        };
        written(Shown::of(&material, view, hiding, &Arc::<Matcher>::default(), 1 << 20).unwrap())
    }

    /// One that was deleted for its age where the message is empty; the binary writes `sealed.log` before.
    async fn sealed(&self, id: ObservationId) -> Result<Value, String> {
        let observation = self.store.observation(id).await.unwrap().unwrap();
        if observation.subject.contains("refused") {
            return Err("cannot write sealed.log, and without it nothing leaves untouched".to_owned());
        }
        written(SealedEvidence {
            at: self.clock.now(),
            observation,
            dialect: Some("<b>dialect</b>".to_owned()),
            shape: None,
            message: Some(BASE64.encode(MESSAGE.as_bytes())),
            conversation: None,
        })
    }

    /// As the binary does it.
    async fn about_exceptions(&self, asked: ExceptionsOrder) -> Result<Value, String> {
        let (store, now) = (&self.store, self.clock.now());
        let (id, granted, until, words) = match asked {
            ExceptionsOrder::Grant { id, until, words } => (id, true, until, words),
            ExceptionsOrder::Refuse { id, words } => (id, false, None, words),
        };
        let asked = store.exception(id).await.unwrap().unwrap();
        if granted {
            by_hand::allow(store, asked.prefix, &asked.reason, until, now)
                .await
                .map_err(|error| error.to_string())?;
        }
        let at = now;
        written(
            store
                .settle_exception(
                    id,
                    &ExceptionAnswer {
                        at,
                        granted,
                        until,
                        words,
                    },
                )
                .await
                .unwrap(),
        )
    }

    async fn about_mails(&self, asked: OutboxOrder) -> Result<Value, String> {
        let store = &self.store;
        match asked {
            OutboxOrder::Read { id } => {
                let (mail, message) = store.kept_mail(id).await.unwrap().unwrap();
                written(ShownMail::of(mail, &message))
            }
            OutboxOrder::Retry { id } => written(store.retry_mails(id).await.unwrap()),
            OutboxOrder::Drop { id } => written(store.drop_mail(id).await.unwrap()),
        }
    }

    async fn about_suppressed(&self, asked: SuppressOrder) -> Result<Value, String> {
        match asked {
            SuppressOrder::Add { address, why, until } => {
                let since = self.clock.now();
                let one = Suppressed {
                    address,
                    why,
                    since,
                    until,
                };
                self.store.suppress_by_hand(&one).await.unwrap();
                Ok(Value::Null)
            }
            SuppressOrder::Remove {
                address,
                even_if_asked,
            } => {
                let asked = if even_if_asked {
                    Asked::Forgotten
                } else {
                    Asked::Kept
                };
                written(self.store.allow_mail_to(&address, asked).await.unwrap())
            }
        }
    }

    async fn about_set_contacts(&self, asked: SetContactsOrder) -> Result<Value, String> {
        match asked {
            SetContactsOrder::Show { after } => written(self.store.set_contacts(&after, 50).await.unwrap()),
            SetContactsOrder::Set {
                subject,
                mailboxes,
                reason,
                until,
            } => {
                let since = self.clock.now();
                let set = SetContact {
                    subject,
                    mailboxes,
                    reason,
                    since,
                    until,
                };
                self.store.set_contact(&set).await.unwrap();
                Ok(Value::Null)
            }
            SetContactsOrder::Unset { subject } => written(self.store.unset_contact(&subject).await.unwrap()),
        }
    }

    /// As the binary does it, but for requests: those are tested elsewhere.
    async fn about_feedback(&self, asked: FeedbackOrder) -> Result<Value, String> {
        let (config, notice) = (FeedbackConfig::default(), NoticeConfig::default());
        let names = ListNames {
            zone: "bl.list.example".to_owned(),
            public_url: "https://list.example".to_owned(),
        };
        let shared = (self.store.clone(), self.clock.clone());
        let feedback = Feedback::new(config, &notice, names, shared, Default::default()).unwrap();
        let done = match asked {
            FeedbackOrder::Add(new) => feedback.add(new).await,
            FeedbackOrder::Rotate { id } => feedback.rotate(id).await,
            FeedbackOrder::Remove { id } => {
                let removed = feedback.remove(id).await;
                return removed
                    .map(|_gone| Value::Null)
                    .map_err(|error| error.to_string());
            }
            _ => return Err("it is no request any more".to_owned()),
        };
        let (enrolment, secrets) = done.map_err(|error| error.to_string())?;
        written(serde_json::json!({ "enrolment": enrolment, "secrets": secrets }))
    }

    fn about_traps(&self, asked: TrapsOrder) -> Result<Value, String> {
        let mut file = self.traps.lock().unwrap();
        match asked {
            TrapsOrder::List => {
                let shown = file.traps().map(|(trap, note)| TrapShown {
                    address: trap.address.clone(),
                    kind: trap.kind,
                    since: trap.since,
                    weight: trap.weight,
                    note: Some(note.to_owned()),
                });
                return written(shown.collect::<Vec<_>>());
            }
            TrapsOrder::Add {
                address,
                kind,
                since,
                weight,
                note,
            } => {
                let trap = TrapAddress {
                    address,
                    kind,
                    since,
                    weight,
                };
                file.add(trap, &note).map_err(|error| error.to_string())?;
            }
            TrapsOrder::Remove { address } => file.remove(&address).map_err(|error| error.to_string())?,
        }
        Ok(Value::Null)
    }

    fn about_reporters(&self, asked: ReportersOrder) -> Result<Value, String> {
        let mut file = self.reporters.lock().unwrap();
        let key = Key::random();
        let done = match asked {
            ReportersOrder::List => {
                let shown = file.reporters().map(|one| ReporterShown {
                    name: one.name.clone(),
                    per_day: one.quota.0,
                    today: 7,
                    scopes: one.scopes.to_string(),
                });
                return written(shown.collect::<Vec<_>>());
            }
            ReportersOrder::Add {
                name,
                per_day,
                scopes,
            } => {
                let new = NewReporter {
                    name: name.parse().map_err(|_bad| "no name".to_owned())?,
                    quota: Quota(per_day),
                    scopes: scopes.parse().unwrap(),
                };
                file.add(new, &key)
            }
            ReportersOrder::Rotate { name } => file.rotate(&name.parse().unwrap(), &key),
            ReportersOrder::Remove { name } => file.remove(&name.parse().unwrap()),
        };
        done.map_err(|error| error.to_string())?;
        Ok(Value::String(key.to_string()))
    }

    fn about_keys(&self, asked: KeysOrder) -> Result<Value, String> {
        let mut file = self.keys.lock().unwrap();
        let (key, now) = (Key::random(), self.clock.now());
        let is_secret = matches!(asked, KeysOrder::Add { .. } | KeysOrder::Renew { .. });
        let done = match asked {
            KeysOrder::List => {
                let shown = file.keys().iter().map(|kept| KeyShown {
                    kept: kept.clone(),
                    today: Some(7),
                });
                return written(shown.collect::<Vec<_>>());
            }
            KeysOrder::Add { name, per_day, until } => {
                let since = Some(now);
                let terms = KeyTerms {
                    per_day,
                    since,
                    until,
                };
                file.add(name, &key, terms)
            }
            KeysOrder::Renew { name, until } => file.renew(&name, &key, (now, until)),
            KeysOrder::Remove { name } => file.remove(&name),
            KeysOrder::PutBack(kept) => file.put_back(kept),
            KeysOrder::GoBack(former) => file.go_back(former, now),
        };
        done.map_err(|error| error.to_string())?;
        written(is_secret.then(|| key.to_string()))
    }

    fn about_rules(&self, asked: RulesOrder) -> Result<Value, String> {
        let mut text = self.rules.lock().unwrap();
        let digest = |text: &str| Rules::parse(text).unwrap().digest.to_string();
        if let RulesOrder::Save {
            text: new,
            instead_of,
            ..
        } = asked
        {
            if digest(&text) != instead_of {
                return Err("changed meanwhile".to_owned());
            }
            *text = new;
        }
        let elsewhere = self.saved_elsewhere.lock().unwrap().clone();
        written(RulesShown {
            file: elsewhere.is_none().then(|| "/etc/atalaya/rules.toml".to_owned()),
            digest: digest(&text),
            version: Some(Rules::parse(&text).unwrap().version),
            in_force: Rules::parse(&text).unwrap().version,
            is_in_force: true,
            trouble: None,
            saved_last: elsewhere,
            text: text.clone(),
        })
    }
}
