//! The steps from a request to an enrolment: the mailbox confirms, the scope is proven, the operator approves where he wants to be asked.
//!
//! In: whose page it is, and which of his is meant. Out: what it is now, or what it still waits for. Each step may be pressed twice. What belongs to
//! another mailbox is as unknown as what is not there.

use std::time::Duration;

use atalaya_model::{FeedbackScope, MailAddress, Timestamp};
use atalaya_store::{Enrolment, EnrolmentRequest, EnrolmentState, NewMail, Proof, RequestStep};
use tracing::info;
use uuid::Uuid;

use super::config::Enrolling;
use super::proofs::{Checked, is_same};
use super::{Feedback, FeedbackError, Secrets};

/// How long a request is kept whose mailbox has confirmed: records in DNS, and people, take their time.
const CONFIRMED_KEPT: Duration = Duration::from_secs(14 * 86_400);

/// Most requests that one contact is asked about before it answers, and so most mails that strangers can have sent to it in that time.
const MOST_OF_CONTACT: u64 = 3;

/// What came of a step.
#[derive(Debug)]
pub enum Stepped {
    /// It is enrolled; the secrets are shown once.
    Enrolled(Box<Enrolment>, Secrets),
    /// It is proven again.
    ProvenAgain(Box<Enrolment>),
    /// It waits.
    Waits(Need),
}

/// What a request, or an enrolment that is to be proven again, waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Need {
    /// A record in DNS, first of all under this name; or a name of this address.
    Record(String),
    /// The word of this mailbox, which got a mail.
    Contact(MailAddress),
    /// No registry names a mailbox for all of it: another proof, or the operator.
    NoContact,
    /// Another proof, or the operator: the contact said no.
    Refused,
    /// Somebody who could not be asked now.
    Later,
    /// The operator.
    Operator,
    /// A place: there are too many enrolments.
    Room,
}

impl Feedback {
    /// Goes on with a request of a mailbox: confirms it, looks at its proof, and enrols where nothing is missing.
    ///
    /// # Errors
    /// There is no such request of it, or the store failed.
    pub async fn go_on(&self, mailbox: &MailAddress, id: Uuid) -> Result<Stepped, FeedbackError> {
        let mut request = self.request_of(mailbox, id).await?;
        let now = self.clock.now();
        if request.confirmed_at.is_none() {
            let until = now.plus(CONFIRMED_KEPT);
            self.take_step(id, RequestStep::Confirmed, until, None).await?;
        }
        if request.proven_at.is_none()
            && request.approved_at.is_none()
            && let Some(need) = self.look_at_proof(&mut request).await?
        {
            return Ok(Stepped::Waits(need));
        }
        if request.approved_at.is_none() && self.needs_approval(&request.scope) {
            return Ok(Stepped::Waits(Need::Operator));
        }
        self.enrol(request).await
    }

    /// Whether the operator is asked before a scope is enrolled by the page. Of domains he always is: whoever signs mail himself finds his trap
    /// recipients by what he is told, so that it has to be somebody who should know.
    #[must_use]
    pub fn needs_approval(&self, scope: &FeedbackScope) -> bool {
        self.config.enrol != Enrolling::Open || matches!(scope, FeedbackScope::Domain(_))
    }

    /// Looks whether the scope of a request is proven, and asks whoever may prove it.
    async fn look_at_proof(&self, request: &mut EnrolmentRequest) -> Result<Option<Need>, FeedbackError> {
        let whose = (&request.scope, &request.mailbox);
        let checked = self.check_proof(whose, request.proof).await?;
        match checked {
            Checked::Proven => {
                let now = self.clock.now();
                self.take_step(request.id, RequestStep::Proven, now, None).await?;
                request.proven_at = Some(now);
                Ok(None)
            }
            Checked::Ask(contact) => self.ask_contact(request, contact).await.map(Some),
            other => Ok(Some(need(other))),
        }
    }

    /// Asks a contact about a request, once, unless it has enough to answer already or has said no.
    ///
    /// Nobody learns who is not written to, as our own mailboxes are not: some of them are traps.
    async fn ask_contact(
        &self,
        request: &EnrolmentRequest,
        contact: MailAddress,
    ) -> Result<Need, FeedbackError> {
        if let Some(asked) = &request.contact {
            return Ok(Need::Contact(asked.clone()));
        }
        let is_mute = self.is_our_own(&contact) || self.store.is_left_alone(&contact).await?;
        let mail = self.vouch_mail(&contact, request).await?;
        let mut transaction = self.store.begin().await?;
        transaction.hold_requests().await?;
        let (unanswered, has_refused) = transaction.asked_of_contact(&contact, &request.scope).await?;
        if has_refused || unanswered >= MOST_OF_CONTACT {
            transaction.rollback().await?;
            return Ok(if has_refused { Need::Refused } else { Need::Later });
        }
        // What an enrolment asks for is written down when it first asks.
        if request.client.is_empty() {
            transaction.add_enrolment_request(request).await?;
        }
        // It is kept from now on: else many could be asked about at the end of their time, and forgotten the next day.
        let (step, until) = (
            RequestStep::Asked(&contact),
            self.clock.now().plus(CONFIRMED_KEPT),
        );
        if transaction.note_request(request.id, step, until).await? && !is_mute {
            transaction.add_mail(&mail).await?;
        }
        transaction.commit().await?;
        Ok(Need::Contact(contact))
    }

    /// Makes an enrolment of a request that waits for nothing, if it is still there: of two that press at once one does.
    async fn enrol(&self, request: EnrolmentRequest) -> Result<Stepped, FeedbackError> {
        let (id, now) = (request.id, self.clock.now());
        let proof = request.proven_at.map_or(Proof::Operator, |_| request.proof);
        let is_approved = request.approved_at.is_some();
        let enrolment = Enrolment {
            id,
            scope: request.scope,
            name: request.name,
            mailbox: request.mailbox,
            state: EnrolmentState::Active,
            proof: Some(proof),
            ways: request.ways,
            pull_key: None,
            generation: 0,
            created_at: now,
            ends_at: self.proven_until(now),
            warned_at: None,
            client: Some(request.client).filter(|_| !is_approved),
        };
        let enrolment = self.with_key(enrolment).await?;
        let mut transaction = self.store.begin().await?;
        transaction.hold_requests().await?;
        if !self.has_room_for(&mut transaction, &enrolment.0).await? {
            transaction.rollback().await?;
            return Ok(Stepped::Waits(Need::Room));
        }
        if !transaction.take_enrolment_request(id).await? {
            transaction.rollback().await?;
            return Err(FeedbackError::Unknown(id));
        }
        transaction.put_enrolment(&enrolment.0).await?;
        transaction.commit().await?;
        let (enrolment, secrets) = self.with_secrets(enrolment).await?;
        info!(enrolment = %enrolment.id, scope = %enrolment.scope, %proof, "somebody has enrolled");
        Ok(Stepped::Enrolled(Box::new(enrolment), secrets))
    }

    /// A contact says that whoever asks may be told of its scope.
    ///
    /// # Errors
    /// It is not asked about that, or the store failed.
    pub async fn vouch(&self, contact: &MailAddress, id: Uuid) -> Result<(), FeedbackError> {
        let mut request = self.asked_of(contact, id).await?;
        info!(request = %request.id, scope = %request.scope, "a contact vouches for whoever enrols");
        if let Some(enrolment) = self.store.enrolment(id).await? {
            self.prove_again(&enrolment, Proof::Mail).await?;
            return Ok(());
        }
        let now = self.clock.now();
        request.proven_at = Some(now);
        let mail = self.go_on_mail(&request).await?;
        self.take_step(id, RequestStep::Proven, now, Some(&mail)).await
    }

    /// Drops a request: whoever asked does not want it any more, never asked, or the contact says no. It is kept until its time is over.
    ///
    /// # Errors
    /// It is none of its, or the store failed.
    pub async fn drop_request(
        &self,
        mailbox: &MailAddress,
        id: Uuid,
    ) -> Result<EnrolmentRequest, FeedbackError> {
        let now = self.clock.now();
        if let Ok(request) = self.request_of(mailbox, id).await {
            self.take_step(id, RequestStep::Dropped, now, None).await?;
            return Ok(request);
        }
        let request = self.asked_of(mailbox, id).await?;
        let until = now.plus(CONFIRMED_KEPT);
        self.take_step(id, RequestStep::Refused, until, None).await?;
        Ok(request)
    }

    /// Proves an enrolment of a mailbox again, by what proved it before.
    ///
    /// # Errors
    /// It is none of its, or the store failed.
    pub async fn renew_proof(&self, mailbox: &MailAddress, id: Uuid) -> Result<Stepped, FeedbackError> {
        let enrolment = self.enrolment_of(mailbox, id).await?;
        let proof = enrolment.proof.unwrap_or(Proof::Operator);
        let checked = self
            .check_proof((&enrolment.scope, &enrolment.mailbox), proof)
            .await?;
        match checked {
            Checked::Proven => {
                let proven = self.prove_again(&enrolment, proof).await?;
                Ok(Stepped::ProvenAgain(Box::new(proven)))
            }
            Checked::Ask(contact) => self.ask_again(enrolment, contact).await,
            other => Ok(Stepped::Waits(need(other))),
        }
    }

    /// Asks a contact about an enrolment once more. What it said last holds for as long as that is kept.
    async fn ask_again(&self, enrolment: Enrolment, contact: MailAddress) -> Result<Stepped, FeedbackError> {
        let now = self.clock.now();
        let asked = self.store.enrolment_request(enrolment.id).await?;
        match asked.filter(|one| one.ends_at > now) {
            Some(asked) if !asked.is_open(now) => Ok(Stepped::Waits(Need::Refused)),
            Some(asked) if asked.proven_at.is_some() => {
                let proven = self.prove_again(&enrolment, Proof::Mail).await?;
                Ok(Stepped::ProvenAgain(Box::new(proven)))
            }
            Some(asked) => Ok(Stepped::Waits(self.ask_contact(&asked, contact).await?)),
            None => {
                let request = self.again(enrolment);
                Ok(Stepped::Waits(self.ask_contact(&request, contact).await?))
            }
        }
    }

    /// The request that lets a contact vouch for an enrolment once more.
    fn again(&self, enrolment: Enrolment) -> EnrolmentRequest {
        let now = self.clock.now();
        EnrolmentRequest {
            id: enrolment.id,
            scope: enrolment.scope,
            name: enrolment.name,
            mailbox: enrolment.mailbox,
            ways: enrolment.ways,
            proof: Proof::Mail,
            client: String::new(),
            confirmed_at: Some(now),
            contact: None,
            proven_at: None,
            approved_at: None,
            dropped_at: None,
            refused_at: None,
            created_at: now,
            ends_at: now.plus(CONFIRMED_KEPT),
        }
    }

    /// Makes the secrets of an enrolment of a mailbox anew.
    ///
    /// # Errors
    /// It is none of its, or the store failed.
    pub async fn rotate_own(
        &self,
        mailbox: &MailAddress,
        id: Uuid,
    ) -> Result<(Enrolment, Secrets), FeedbackError> {
        self.enrolment_of(mailbox, id).await?;
        self.rotate(id).await
    }

    /// Ends an enrolment of a mailbox.
    ///
    /// # Errors
    /// It is none of its, or the store failed.
    pub async fn remove_own(&self, mailbox: &MailAddress, id: Uuid) -> Result<Enrolment, FeedbackError> {
        self.enrolment_of(mailbox, id).await?;
        self.remove(id).await
    }

    /// A page of all requests, after the last of the page before.
    ///
    /// # Errors
    /// The store failed.
    pub async fn requests(
        &self,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<EnrolmentRequest>, FeedbackError> {
        Ok(self.store.enrolment_requests(after, limit).await?)
    }

    /// The operator approves of a request: his word is proof. Whoever asked gets a mail and goes on.
    ///
    /// # Errors
    /// There is no such request, or the store failed.
    pub async fn approve(&self, id: Uuid) -> Result<EnrolmentRequest, FeedbackError> {
        let request = self.request(id).await?;
        if self.store.enrolment(id).await?.is_some() {
            self.prove(id).await?;
            return Ok(request);
        }
        let now = self.clock.now();
        if !request.is_open(now) {
            let why = "it was dropped, or its contact said no; who wants it has to ask again";
            return Err(FeedbackError::Refused(why.to_owned()));
        }
        let approved = EnrolmentRequest {
            approved_at: Some(now),
            ends_at: now.plus(CONFIRMED_KEPT),
            ..request
        };
        let mail = self.go_on_mail(&approved).await?;
        self.take_step(id, RequestStep::Approved, approved.ends_at, Some(&mail))
            .await?;
        Ok(approved)
    }

    /// Forgets a request, and that it was asked for: its contact may be asked again.
    ///
    /// # Errors
    /// There is none, or the store failed.
    pub async fn remove_request(&self, id: Uuid) -> Result<EnrolmentRequest, FeedbackError> {
        let request = self.request(id).await?;
        let mut transaction = self.store.begin().await?;
        transaction.remove_enrolment_request(id).await?;
        transaction.commit().await?;
        Ok(request)
    }

    /// The request of that name.
    ///
    /// # Errors
    /// There is none, or the store failed.
    pub async fn request(&self, id: Uuid) -> Result<EnrolmentRequest, FeedbackError> {
        let found = self.store.enrolment_request(id).await?;
        found.ok_or(FeedbackError::Unknown(id))
    }

    /// The request of a mailbox of that name.
    async fn request_of(&self, mailbox: &MailAddress, id: Uuid) -> Result<EnrolmentRequest, FeedbackError> {
        let now = self.clock.now();
        let found = self.store.enrolment_request(id).await?;
        let is_his = |one: &EnrolmentRequest| is_same(&one.mailbox, mailbox) && one.is_open(now);
        // The same id twice is an enrolment that somebody else proves again.
        match found.filter(is_his) {
            Some(request) if self.store.enrolment(id).await?.is_none() => Ok(request),
            _ => Err(FeedbackError::Unknown(id)),
        }
    }

    /// The request of that name that a contact is asked about.
    async fn asked_of(&self, contact: &MailAddress, id: Uuid) -> Result<EnrolmentRequest, FeedbackError> {
        let now = self.clock.now();
        let found = self.store.enrolment_request(id).await?;
        let is_asked = |one: &EnrolmentRequest| {
            one.is_open(now)
                && one.proven_at.is_none()
                && one.contact.as_ref().is_some_and(|asked| is_same(asked, contact))
        };
        found.filter(is_asked).ok_or(FeedbackError::Unknown(id))
    }

    /// The enrolment of a mailbox of that name.
    async fn enrolment_of(&self, mailbox: &MailAddress, id: Uuid) -> Result<Enrolment, FeedbackError> {
        let enrolment = self.find(id).await?;
        match is_same(&enrolment.mailbox, mailbox) {
            true => Ok(enrolment),
            false => Err(FeedbackError::Unknown(id)),
        }
    }

    /// Notes a step of a request, and sends a mail with it if it was not taken before.
    async fn take_step(
        &self,
        id: Uuid,
        step: RequestStep<'_>,
        until: Timestamp,
        mail: Option<&NewMail>,
    ) -> Result<(), FeedbackError> {
        let mut transaction = self.store.begin().await?;
        let is_taken = transaction.note_request(id, step, until).await?;
        if let Some(mail) = mail.filter(|_| is_taken) {
            transaction.add_mail(mail).await?;
        }
        Ok(transaction.commit().await?)
    }
}

/// What a proof that does not stand waits for.
fn need(checked: Checked) -> Need {
    match checked {
        Checked::Missing(name) => Need::Record(name),
        Checked::Ask(contact) => Need::Contact(contact),
        Checked::Nobody => Need::NoContact,
        Checked::Unfit => Need::Operator,
        Checked::Later | Checked::Proven => Need::Later,
    }
}
