//! What does what the console asks for, in the tests: the same functions that the binary calls, on the store of the test.

use std::sync::{Arc, Mutex};

use atalaya_decide::simulate::{Trial, simulate};
use atalaya_decide::{Rules, by_hand};
use atalaya_formats::signatures::Matcher;
use atalaya_formats::view::{Hiding, Material, Shown, View};
use atalaya_model::{Clock, ObservationId};
use atalaya_notify::ShownMail;
use atalaya_store::{Asked, ExceptionAnswer, Store, Suppressed};
use atalaya_web::{
    Answering, EvidenceOrder, ExceptionsOrder, Operations, Order, OutboxOrder, RulesOrder, RulesShown,
    SuppressOrder,
};
use serde_json::Value;

/// A message that wants to be a page.
pub(crate) const MESSAGE: &str = "From: \"><script>alert(1)</script>\" <spammer@cheap.example>\r\nSubject: <img src=x onerror=alert(2)>\r\n\
     Content-Type: text/html\r\n\r\n<p>Buy <b>now</b></p><img src=\"http://track.example/pixel.png\"><script>alert(3)</script>";

/// Works on the store alone.
#[derive(Debug)]
pub(crate) struct TestDesk {
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) rules: Mutex<String>,
}

impl Operations for TestDesk {
    fn answer(&self, order: Order) -> Answering<'_> {
        Box::pin(async move {
            match order {
                Order::Evidence(EvidenceOrder::One { id, view }) => self.evidence(id, view).await,
                Order::Rules(asked) => self.about_rules(asked),
                Order::Outbox(asked) => self.about_mails(asked).await,
                Order::Exceptions(asked) => self.about_exceptions(asked).await,
                Order::Suppress(asked) => self.about_suppressed(asked).await,
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

    fn about_rules(&self, asked: RulesOrder) -> Result<Value, String> {
        let mut text = self.rules.lock().unwrap();
        let digest = |text: &str| Rules::parse(text).unwrap().digest.to_string();
        if let RulesOrder::Save {
            text: new,
            instead_of,
        } = asked
        {
            if digest(&text) != instead_of {
                return Err("changed meanwhile".to_owned());
            }
            *text = new;
        }
        written(RulesShown {
            file: Some("/etc/atalaya/rules.toml".to_owned()),
            digest: digest(&text),
            version: Rules::parse(&text).unwrap().version,
            text: text.clone(),
            in_force: "3".to_owned(),
        })
    }
}
