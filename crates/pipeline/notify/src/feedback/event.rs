//! One event as it is told: what was seen, the message with everybody hidden whom this enroller must not see, and X-ARF about it.

use atalaya_formats::redact::{Extent, HiddenMessage};
use atalaya_formats::view::{HiddenEnvelope, Hiding, Material, SECRET_NAME, View, network_key};
use atalaya_formats::why::Why;
use atalaya_formats::xarf::{self, Evidence, Incident, ListedIn};
use atalaya_model::{Digest, Listing, MailAddress, Observation, Prefix};
use atalaya_store::{Enrolment, FeedbackEvent, StoreError};
use uuid::Uuid;

use super::{Feedback, FeedbackError, is_told};

/// Most observations of the same message whose recipients are hidden in it, the newest first.
const SAME_MESSAGE: u32 = 500;
/// What is said where no listing gives the reason.
const REASON: &str = "It sent a message to a mailbox that never asked for mail.";

/// An event, ready to be told.
#[derive(Debug)]
pub(super) struct Told {
    /// Names it for good.
    pub(super) id: Uuid,
    /// What was seen. Not all of it may be told.
    pub(super) seen: Observation,
    /// Its envelope, recipients hidden.
    pub(super) envelope: HiddenEnvelope,
    /// Its message, recipients hidden.
    pub(super) message: HiddenMessage,
    /// The listing of the address, if there is one now.
    pub(super) listing: Option<Listing>,
}

impl Feedback {
    /// Makes an event ready for whoever enrolled; none where what was seen is kept no more, or cannot be made safe to show.
    pub(super) async fn told(
        &self,
        enrolment: &Enrolment,
        event: &FeedbackEvent,
    ) -> Result<Option<Told>, FeedbackError> {
        self.shown_to(event.observation, &enrolment.mailbox, enrolment.id.as_bytes())
            .await
    }

    /// The observation at a position with its message, where it is told of and still kept.
    pub(super) async fn evidence(
        &self,
        position: u64,
    ) -> Result<Option<(Observation, Digest, Vec<u8>)>, StoreError> {
        let before = position.saturating_sub(1);
        let seen = self.store.observations_after(before, 1).await?.pop();
        let seen = seen.filter(|seen| seen.position == position && is_told(&seen.observation));
        let Some((seen, digest)) = seen.and_then(|seen| {
            let digest = seen.observation.message?;
            Some((seen.observation, digest))
        }) else {
            return Ok(None);
        };
        let raw = self.store.message(&digest).await?;
        Ok(raw.map(|raw| (seen, digest, raw)))
    }

    /// An observation made ready for a mailbox, as an event; `whose` tells its events apart from those of others.
    pub(super) async fn shown_to(
        &self,
        position: u64,
        mailbox: &MailAddress,
        whose: &[u8],
    ) -> Result<Option<Told>, FeedbackError> {
        let Some((seen, digest, raw)) = self.evidence(position).await? else {
            return Ok(None);
        };
        let reached = self.store.recipients_of(&digest, SAME_MESSAGE).await?;
        let unit = seen.unit();
        let key = self.pseudonyms(mailbox, &unit).await?;
        let (traps, most, shown) = (self.traps.get(), self.max_evidence, seen.clone());
        // A message may be of some MiB, and is read in many ways.
        let hide = move || {
            let material = Material {
                seen: &shown,
                message: Some(&raw),
                reached: &reached,
                conversation: None,
                dialect: None,
                shape: None,
            };
            let hiding = Hiding {
                key: &key,
                traps: &traps,
            };
            let redactor = material.redactor(View::Network, hiding);
            let message = redactor.hide_message(&raw, most)?;
            Some((HiddenEnvelope::of(&shown, View::Network, &redactor), message))
        };
        let Some((envelope, message)) = tokio::task::spawn_blocking(hide).await? else {
            return Ok(None);
        };
        let now = self.clock.now();
        let listings = self.store.listings(&unit).await?;
        Ok(Some(Told {
            id: self.event_id(whose, &seen).await?,
            seen,
            envelope,
            message,
            listing: listings.into_iter().find(|listing| !listing.is_over(now)),
        }))
    }

    /// Names an event: the same observation told to the same enrolment is the same event.
    async fn event_id(&self, whose: &[u8], seen: &Observation) -> Result<Uuid, FeedbackError> {
        let pieces: [&[u8]; 3] = [b"event", whose, seen.id.0.as_bytes()];
        Ok(self.id(&pieces).await?)
    }

    /// The key of the pseudonyms that this enroller sees: the same as in notices to his mailbox.
    async fn pseudonyms(&self, mailbox: &MailAddress, unit: &Prefix) -> Result<Vec<u8>, FeedbackError> {
        let secret = self.store.secret(SECRET_NAME).await?;
        Ok(network_key(&secret, Some(mailbox), unit))
    }

    /// The event as X-ARF.
    pub(super) fn xarf(&self, told: &Told) -> String {
        let (content_type, description) = match told.message.extent {
            Extent::Message { .. } => ("message/rfc822", "The message, recipients hidden"),
            Extent::Header => (
                "text/rfc822-headers",
                "The header of the message, recipients hidden",
            ),
        };
        let first = told.envelope.recipients.first();
        let incident = Incident {
            report_id: told.id,
            at: told.seen.seen_at,
            reporter: (self.organisation.clone(), self.sender.clone()),
            source: told.seen.address.to_canonical(),
            source_port: told.seen.source_port,
            mail_from: told.envelope.mail_from.parse().ok(),
            recipient: first.and_then(|address| address.parse().ok()),
            subject: told.envelope.subject.clone(),
            description: told.reason().to_owned(),
            evidence: Evidence::new(content_type, description, &told.message.bytes),
        };
        let page = self.page_of(told);
        let listed = told
            .listing
            .as_ref()
            .map(|listing| ListedIn::new(listing, &self.names.zone, &page));
        xarf::feedback(&incident, listed.as_ref())
    }

    /// The page about the address of an event.
    pub(super) fn page_of(&self, told: &Told) -> String {
        format!(
            "{}/ip/{}",
            self.names.public_url,
            told.seen.address.to_canonical()
        )
    }
}

impl Told {
    /// What happened, in a sentence.
    pub(super) fn reason(&self) -> &str {
        self.listing
            .as_ref()
            .map_or(REASON, |listing| listing.reason.as_str())
    }

    /// The same in Spanish; none where no listing gives the reason, or an operator typed it.
    pub(super) fn spanish_reason(&self) -> Option<String> {
        let listing = self.listing.as_ref()?;
        Why::of(&listing.rule, &listing.reason).map(|why| why.spanish())
    }
}
