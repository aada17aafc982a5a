//! Hearing: what comes back to notices, and what follows from it.
//!
//! In: a mail with the address that it came to. Out: a row in the store with the mail as evidence, and in the same transaction how the contact
//! does, that it is left alone, or that a prefix is not its own. Whatever is not plain waits for a person.
//!
//! - A mail names its notice by the return path that it came to, or by the Message-ID of the notice. Neither can be guessed. Only the first is
//!   enough for what takes a contact away at once.
//! - **Nothing is ever answered by mail**, so that there are no loops; and what is heard makes no observation, no notice, and neither lists nor
//!   delists. Whoever wants an address off the list clicks the link in the notice.
//! - The same mail heard twice is kept once. What is about no notice of ours is kept too, so many a day; a person gets to see it only where we
//!   wrote to somebody at that domain.

mod conclude;
mod config;
mod error;
mod settlement;

use atalaya_formats::bounce::{self, Kind};
use atalaya_formats::message::glance;
use atalaya_formats::redact::keyed_hash;
use atalaya_formats::reply;
use atalaya_formats::verp::ReturnPath;
use atalaya_model::{Clock, MailAddress, Prefix, Timestamp};
use atalaya_store::{Effect, Heard, NewHeard, Notice, Recorded, Store, StoreError};
use metrics::{counter, gauge};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::{Builder, Uuid};

use conclude::{About, Conclusion, Done, Named, Origin, Read, conclude, is_freemail};

pub use config::HearingConfig;
pub use error::HearingError;
pub use settlement::Settlement;

/// The name of the secret that return paths are sealed with.
pub const RETURN_PATH_SECRET: &str = "return-path";
/// Largest mail that is heard. Those that bring a notice back are some 2.4 times as large as its evidence, and that is at most 5 MiB.
pub const MAX_MAIL: usize = 16 << 20;
/// Most Message-IDs that are looked up for a mail.
const MAX_LOOKED_UP: usize = 10;
/// Most mails that are kept about one notice: whoever has one could send as many as he likes.
const MOST_OF_NOTICE: u64 = 100;
/// Most prefixes of a letter that are looked at. What tells of more is for a person anyway.
const MOST_PREFIXES: u32 = 1_000;
/// Most mails a day that are about no notice and say to come from the same domain, so that one sender leaves room for the others.
const STRANGE_OF_DOMAIN: u64 = 25;
/// A day, in seconds.
const DAY: std::time::Duration = std::time::Duration::from_secs(86_400);

/// Hears what comes back.
#[derive(Debug, Clone)]
pub struct Hearer {
    config: HearingConfig,
    /// The mailbox that notices come from.
    sender: Option<MailAddress>,
    /// The addresses that answers come to, the return path and the sender among them.
    addresses: Vec<MailAddress>,
    store: Store,
    clock: Clock,
}

/// What became of a mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeardMail {
    /// The name under which it is kept.
    pub id: Uuid,
    /// What it is.
    pub kind: String,
    /// How sure that is.
    pub confidence: u8,
    /// What speaks for it.
    pub because: String,
    /// What was done.
    pub action: String,
    /// The notice that it is about.
    pub notice: Option<Uuid>,
    /// Whether it was heard before, and nothing was done now.
    pub known: bool,
}

impl Hearer {
    /// Hears what comes to the addresses of the configuration, to `sender` and to `more`.
    #[must_use]
    pub fn new(
        config: HearingConfig,
        sender: Option<MailAddress>,
        more: impl IntoIterator<Item = MailAddress>,
        (store, clock): (Store, Clock),
    ) -> Self {
        let addresses = config.addresses.iter().cloned().chain(sender.clone()).chain(more);
        Self {
            addresses: addresses.collect(),
            config,
            sender,
            store,
            clock,
        }
    }

    /// Whether mail to all these recipients of the trap is an answer to us, and there is one.
    #[must_use]
    pub fn takes(&self, recipients: &[String]) -> bool {
        let is_ours = |to: &String| self.config.addresses.iter().any(|own| comes_to(to, own));
        !recipients.is_empty() && recipients.iter().all(is_ours)
    }

    /// Hears a mail that came to `recipient`. Returns once it is durable.
    ///
    /// # Errors
    /// It is not kept, and is to come again or is too long.
    pub async fn hear(&self, mail: Vec<u8>, recipient: &str) -> Result<HeardMail, HearingError> {
        if mail.len() > MAX_MAIL {
            return Err(HearingError::TooLong(MAX_MAIL));
        }
        let now = self.clock.now();
        let reading = bounce::read(&mail);
        let about = self.about(recipient, &reading.about).await?;
        let notice = about.as_ref().map(|about| &about.notice);
        let from = glance(&mail).from.unwrap_or_default();
        self.check_room(notice, &from, now).await?;
        let read = Read {
            answer: &answer(&mail, reading.kind),
            reading: &reading,
            from: &from,
            origin: self.origin(&from).await?,
        };
        let concluded = conclude(&read, about.as_ref(), self.config.rules());
        let heard = heard(&mail, &from, &concluded, notice, now);
        let recorded = self.store.hear(&heard, Some(mail), &concluded.effects).await?;
        self.count(&heard, recorded).await?;
        Ok(HeardMail {
            id: heard.id,
            kind: heard.kind,
            confidence: heard.confidence,
            because: heard.because,
            action: heard.action,
            notice: heard.notice,
            known: recorded == Recorded::Known,
        })
    }

    /// Does what a person decided about a mail that was left to him. `prefixes` says which of the prefixes that were told are not the
    /// contact's; where one was told, it need not.
    ///
    /// # Errors
    /// There is no such mail, it waits for nobody, it tells of other prefixes, or the store failed.
    pub async fn settle(
        &self,
        id: Uuid,
        settlement: Settlement,
        prefixes: &[Prefix],
    ) -> Result<(), HearingError> {
        let waiting = self.store.heard(id).await?.ok_or(HearingError::Unheard(id))?.told;
        if waiting.action != Done::Person.name() || self.store.is_settled(id).await? {
            return Err(HearingError::Settled(id));
        }
        let notice = match waiting.notice {
            Some(notice) => self.store.notice(notice).await?,
            None => None,
        };
        let effects = match (settlement, notice) {
            (Settlement::Ignore, _) => Vec::new(),
            (_, None) => return Err(HearingError::AboutNothing(id)),
            (Settlement::Fixed, Some(_)) => vec![Effect::Wrote],
            (Settlement::Stop, Some(_)) => vec![Effect::Wrote, Effect::LeaveAlone],
            (Settlement::NotOurs, Some(notice)) => {
                let told = self.prefixes(&notice).await?;
                let refused = chosen(told, prefixes)?.into_iter().map(Effect::Refuse);
                std::iter::once(Effect::Wrote).chain(refused).collect()
            }
        };
        let settling = NewHeard {
            id: named(&[b"settled", id.as_bytes()]),
            at: self.clock.now(),
            kind: settlement.to_string(),
            confidence: 99,
            because: "a person read it".to_owned(),
            action: Done::Settled.name().to_owned(),
            details: json!({}),
            settles: Some(id),
            ..waiting
        };
        let recorded = self.store.hear(&settling, None, &effects).await?;
        self.count(&settling, recorded).await?;
        match recorded {
            Recorded::New => Ok(()),
            Recorded::Known => Err(HearingError::Settled(id)),
        }
    }

    /// What waits for a person, or all that was heard, up to so many.
    ///
    /// # Errors
    /// The store failed.
    pub async fn replies(&self, which: Which, limit: u32) -> Result<Vec<Heard>, StoreError> {
        match which {
            Which::Waiting => self.store.unsettled(limit).await,
            Which::All => self.store.all_heard(limit).await,
        }
    }

    /// The notice that a mail is about.
    async fn about(&self, recipient: &str, about: &[String]) -> Result<Option<About>, StoreError> {
        let key = self.store.secret(RETURN_PATH_SECRET).await?;
        let mut opened = self
            .addresses
            .iter()
            .filter_map(|own| ReturnPath::open(recipient, own, &key));
        let named = opened.next().map(|id| (id, Named::Sealed)).into_iter();
        let referred = about
            .iter()
            .filter_map(|id| self.notice_id(id))
            .map(|id| (id, Named::Referred))
            .take(MAX_LOOKED_UP);
        for (id, named) in named.chain(referred) {
            if let Some(notice) = self.store.notice(id).await? {
                let prefixes = self.prefixes(&notice).await?;
                return Ok(Some(About {
                    notice,
                    prefixes,
                    named,
                }));
            }
        }
        Ok(None)
    }

    /// What the letter tells of that bears the name of a notice.
    async fn prefixes(&self, notice: &Notice) -> Result<Vec<Prefix>, StoreError> {
        let told = self.store.prefixes_told_in(notice.id, MOST_PREFIXES).await?;
        Ok(if told.is_empty() {
            vec![notice.prefix]
        } else {
            told
        })
    }

    /// Where a mail comes from, as it says.
    async fn origin(&self, from: &str) -> Result<Origin, StoreError> {
        let is_own = |own: &MailAddress| own.as_str().eq_ignore_ascii_case(from);
        if self.sender.as_ref().is_some_and(is_own) {
            return Ok(Origin::Ourselves);
        }
        let domain = at_domain(from);
        let whom = match is_freemail(domain.trim_start_matches('@')) {
            true => from,
            false => domain,
        };
        Ok(match self.store.has_letter_to(whom).await? {
            true => Origin::Others,
            false => Origin::Strangers,
        })
    }

    /// The id of a notice in its Message-ID.
    fn notice_id(&self, message_id: &str) -> Option<Uuid> {
        let (id, domain) = message_id.rsplit_once('@')?;
        let mut own = self.addresses.iter();
        let is_ours = own.any(|own| own.domain().eq_ignore_ascii_case(domain));
        id.parse().ok().filter(|_| is_ours)
    }

    /// Refuses what is about nothing of ours where enough of that came today, and what is about a notice of which enough was heard.
    async fn check_room(
        &self,
        notice: Option<&Notice>,
        from: &str,
        now: Timestamp,
    ) -> Result<(), HearingError> {
        let (store, since) = (&self.store, now.minus(DAY));
        let has_room = match notice {
            Some(notice) => store.count_heard_of(notice.id).await? < MOST_OF_NOTICE,
            None => {
                store.strange_since(since).await? < u64::from(self.config.strange_per_day)
                    && store.strange_from(at_domain(from), since).await? < STRANGE_OF_DOMAIN
            }
        };
        match has_room {
            true => Ok(()),
            false => Err(HearingError::Enough),
        }
    }

    async fn count(&self, heard: &NewHeard, recorded: Recorded) -> Result<(), StoreError> {
        if recorded == Recorded::Known {
            return Ok(());
        }
        let (kind, action) = (heard.kind.clone(), heard.action.clone());
        tracing::info!(heard.id = %heard.id, kind, action, "an answer was heard");
        counter!("atalaya_notify_heard_total", "kind" => kind, "action" => action).increment(1);
        let waiting = self.store.count_unsettled().await?;
        gauge!("atalaya_notify_replies_waiting").set(u32::try_from(waiting).unwrap_or(u32::MAX));
        Ok(())
    }
}

/// Which of what was heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Which {
    /// What waits for a person.
    Waiting,
    /// All of it.
    All,
}

/// Which of the told prefixes are meant.
fn chosen(told: Vec<Prefix>, named: &[Prefix]) -> Result<Vec<Prefix>, HearingError> {
    if let Some(other) = named.iter().find(|prefix| !told.contains(prefix)) {
        return Err(HearingError::NotTold(*other));
    }
    match (named.is_empty(), told.len()) {
        (false, _) => Ok(named.to_vec()),
        (true, 1) => Ok(told),
        (true, _) => Err(HearingError::WhichPrefix(told)),
    }
}

/// What somebody meant. Programs mean nothing.
fn answer(mail: &[u8], kind: Kind) -> reply::Answer {
    match kind {
        Kind::Bounce | Kind::Delayed | Kind::Delivered => reply::of_text(""),
        _ => reply::read(mail),
    }
}

/// The domain of an address with the @ in front; all of it where it has none.
fn at_domain(address: &str) -> &str {
    let at = address.rfind('@').unwrap_or_default();
    address.get(at..).unwrap_or_default()
}

/// Whether a recipient is an address, or one with something behind a `+`.
fn comes_to(recipient: &str, own: &MailAddress) -> bool {
    let (Some((to, to_domain)), Some((name, domain))) =
        (recipient.rsplit_once('@'), own.as_str().rsplit_once('@'))
    else {
        return false;
    };
    let cut = to
        .get(..name.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(name));
    let rest = to.get(name.len()..).unwrap_or_default();
    cut && (rest.is_empty() || rest.starts_with('+')) && to_domain.eq_ignore_ascii_case(domain)
}

/// The row of a mail.
fn heard(
    mail: &[u8],
    from: &str,
    concluded: &Conclusion,
    notice: Option<&Notice>,
    at: Timestamp,
) -> NewHeard {
    NewHeard {
        id: named(&[b"heard", mail]),
        at,
        notice: notice.map(|notice| notice.id),
        contact: notice.map(|notice| notice.contact.clone()),
        sender: from.to_owned(),
        kind: concluded.kind.to_owned(),
        confidence: concluded.confidence,
        because: concluded.because.clone(),
        action: concluded.done.name().to_owned(),
        details: concluded.details.clone(),
        settles: None,
    }
}

/// An id that follows from bytes (RFC 9562 section 5.8).
fn named(parts: &[&[u8]]) -> Uuid {
    let hash = keyed_hash(b"atalaya heard 1", parts);
    let mut id = [0; 16];
    for (slot, byte) in id.iter_mut().zip(hash) {
        *slot = byte;
    }
    Builder::from_custom_bytes(id).into_uuid()
}

#[cfg(test)]
mod tests;
