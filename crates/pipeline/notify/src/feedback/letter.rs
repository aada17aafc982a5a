//! The mails of the feedback loop: the report of an event (ARF, RFC 5965), the summary of a day, and what the enroller must know.
//!
//! In: facts, already hidden. Out: whole mails for the outbox, the same ones for the same facts. All of them come from where notices come from, and say that a
//! program wrote them.

use atalaya_formats::arf::FeedbackReport;
use atalaya_formats::cfbl::{ReportForm, ReportWish};
use atalaya_model::{MailAddress, Timestamp};
use atalaya_store::{Delivery, Enrolment, FeedbackLine, NewMail};
use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address;
use mail_builder::headers::content_type::ContentType;
use mail_builder::headers::raw::Raw;
use mail_builder::mime::MimePart;
use uuid::Uuid;

use super::event::Told;
use super::{Feedback, FeedbackError, summary};
use crate::message_part::{EIGHT_BIT, SEVEN_BIT, message_part, travels_whole};

/// The program, as reports name it.
const PROGRAM: &str = concat!("Atalaya/", env!("CARGO_PKG_VERSION"));

impl Feedback {
    /// The report of an event.
    pub(super) fn report_mail(&self, enrolment: &Enrolment, told: &Told) -> NewMail {
        let (subject, body) = self.report(told, &self.foot(enrolment));
        self.mail(enrolment, told.id, subject, body)
    }

    /// The report of a message to whom it names itself (RFC 9477 section 3.5), in the form that it asks for.
    pub(super) fn cfbl_mail(&self, wish: &ReportWish, told: &Told) -> NewMail {
        let foot = format!(
            "\r\n-- \r\n{}\r\nYou get this because the message asks for reports at this address (CFBL-Address, RFC 9477).\r\n\
             Recibe esto porque el mensaje pide informes en esta dirección (CFBL-Address, RFC 9477).\r\n",
            self.organisation
        );
        let (subject, body) = match wish.form {
            ReportForm::Arf => self.report(told, &foot),
            ReportForm::Xarf => self.xarf_report(told, &foot),
        };
        self.mail_to((&wish.address, "cfbl:atalaya"), told.id, subject, body)
    }

    /// Subject and body of a report as X-ARF.
    fn xarf_report(&self, told: &Told, foot: &str) -> (String, MimePart<'static>) {
        let kind = ContentType::new("application/json").attribute("name", "xarf.json");
        let parts = vec![
            MimePart::new("text/plain", self.words(told, foot)),
            MimePart::new(kind, self.xarf(told).into_bytes()).attachment("xarf.json"),
        ];
        (subject(told), MimePart::new("multipart/mixed", parts))
    }

    /// What a report says to people.
    fn words(&self, told: &Told, foot: &str) -> String {
        let address = told.seen.address.to_canonical();
        let spanish = told.spanish_reason().map(|reason| format!("{reason}\r\n"));
        format!(
            "A message from {address} came to a mailbox of ours that never asked for mail.\r\n{}\r\n\r\n\
             Un mensaje de {address} ha llegado a un buzón nuestro que nunca pidió correo.\r\n{}\r\n\
             {}\r\n{foot}",
            told.reason(),
            spanish.unwrap_or_default(),
            self.page_of(told),
        )
    }

    /// Subject and body of a report as ARF.
    fn report(&self, told: &Told, foot: &str) -> (String, MimePart<'static>) {
        let address = told.seen.address.to_canonical();
        let report = FeedbackReport {
            user_agent: PROGRAM.to_owned(),
            source: address,
            source_port: told.seen.source_port,
            mail_from: told.envelope.mail_from.clone(),
            recipients: told.envelope.recipients.clone(),
            arrived: told.seen.seen_at,
            reporting_mta: None,
            incidents: 1,
        };
        let parts = vec![
            MimePart::new("text/plain", self.words(told, foot)),
            MimePart::new("message/feedback-report", report.to_text().into_bytes())
                .transfer_encoding(SEVEN_BIT),
            message_part(&told.message),
        ];
        let has_8bit = !told.message.bytes.is_ascii() && travels_whole(&told.message);
        let kind = ContentType::new("multipart/report")
            .attribute("report-type", "feedback-report")
            .attribute("boundary", boundary(told));
        let body = MimePart::new(kind, parts).transfer_encoding(if has_8bit { EIGHT_BIT } else { SEVEN_BIT });
        (subject(told), body)
    }

    /// The summary of a day.
    pub(super) async fn summary_mail(
        &self,
        enrolment: &Enrolment,
        name: &[&[u8]],
        day: u64,
        lines: &[FeedbackLine],
    ) -> Result<NewMail, FeedbackError> {
        let messages = lines
            .iter()
            .fold(0_u64, |sum, line| sum.saturating_add(line.messages));
        let date = summary::start_of(day).date();
        let addresses = lines.len();
        let text = format!(
            "{date}, {}: {messages} messages from {addresses} addresses. The table is attached.\r\n\r\n\
             {date}, {}: {messages} mensajes desde {addresses} direcciones. La tabla va adjunta.\r\n{}",
            enrolment.scope,
            enrolment.scope,
            self.foot(enrolment),
        );
        let table = summary::table(lines, &self.config);
        let parts = vec![
            MimePart::new("text/plain", text),
            MimePart::new("text/csv", table).attachment(format!("summary-{date}.csv")),
        ];
        let id = self.id(name).await?;
        let subject = format!("Feedback: summary of {} for {date}", enrolment.scope);
        Ok(self.mail(enrolment, id, subject, MimePart::new("multipart/mixed", parts)))
    }

    /// That a webhook is called no more.
    pub(super) async fn dead_webhook_mail(
        &self,
        enrolment: &Enrolment,
        delivery: &Delivery,
        why: &str,
    ) -> Result<NewMail, FeedbackError> {
        let (since, position) = (delivery.failing_since.unwrap_or_default(), delivery.position);
        let text = format!(
            "The webhook of your enrolment for {} has taken no call since {since}, and is called no more. The \
             last thing that went wrong: {why}.\r\nNothing is lost: what it was not told stands in your feed \
             after the cursor {position}. Answer this mail once it works again.\r\n\r\n\
             El webhook de su inscripción para {} no acepta llamadas desde {since}, y ya no se le llama. No se ha \
             perdido nada: lo que no se le contó está en su canal tras el cursor {position}. Responda a este correo \
             cuando vuelva a funcionar.\r\n{}",
            enrolment.scope,
            enrolment.scope,
            self.foot(enrolment),
        );
        let since = since.micros().to_be_bytes();
        let id = self.id(&[b"dead", enrolment.id.as_bytes(), &since]).await?;
        let subject = format!("Feedback: the webhook for {} does not answer", enrolment.scope);
        Ok(self.mail(enrolment, id, subject, MimePart::new("text/plain", text)))
    }

    /// That an enrolment will lapse, or has.
    pub(super) async fn ending_mail(
        &self,
        enrolment: &Enrolment,
        now: Timestamp,
    ) -> Result<NewMail, FeedbackError> {
        let (scope, ends_at) = (&enrolment.scope, enrolment.ends_at);
        let is_over = ends_at <= now;
        let link = self.page_link(&enrolment.mailbox).await?;
        let text = if is_over {
            format!(
                "Your enrolment for {scope} was not proven again until {ends_at}, and nothing is told any more. \
                 If the network is still yours, prove it again on your page, or answer this mail:\r\n\r\n{link}\r\n\r\n\
                 Su inscripción para {scope} no se ha vuelto a probar antes del {ends_at}, y ya no se avisa de nada. \
                 Si la red sigue siendo suya, pruébelo otra vez en su página, o responda a este correo.\r\n{}",
                self.foot(enrolment)
            )
        } else {
            format!(
                "Your enrolment for {scope} ends at {ends_at} unless it is proven again. If the network is still \
                 yours, prove it again on your page, or answer this mail:\r\n\r\n{link}\r\n\r\n\
                 Su inscripción para {scope} termina el {ends_at} si no se vuelve a probar. Si la red sigue siendo \
                 suya, pruébelo otra vez en su página, o responda a este correo.\r\n{}",
                self.foot(enrolment)
            )
        };
        let what: &[u8] = if is_over { b"lapsed" } else { b"ending" };
        let end = ends_at.micros().to_be_bytes();
        let id = self.id(&[what, enrolment.id.as_bytes(), &end]).await?;
        let subject = match is_over {
            true => format!("Feedback: the enrolment for {scope} has ended"),
            false => format!("Feedback: the enrolment for {scope} ends soon"),
        };
        Ok(self.mail(enrolment, id, subject, MimePart::new("text/plain", text)))
    }

    /// What stands below every mail: why it comes, and how to end it (RFC 6650 section 4).
    fn foot(&self, enrolment: &Enrolment) -> String {
        format!(
            "\r\n-- \r\n{}\r\nYou get this because {} enrolled for {}. Answer to change or end it.\r\n\
             Recibe esto porque {} se inscribió para {}. Responda para cambiarlo o terminarlo.\r\n",
            self.organisation, enrolment.name, enrolment.scope, enrolment.name, enrolment.scope,
        )
    }

    fn mail(&self, enrolment: &Enrolment, id: Uuid, subject: String, body: MimePart<'_>) -> NewMail {
        let feedback_id = format!("{}:atalaya", enrolment.id.simple());
        self.mail_to((&enrolment.mailbox, &feedback_id), id, subject, body)
    }

    /// A mail to a mailbox, under a name by which its reader tells what it is about.
    fn mail_to(
        &self,
        (mailbox, feedback_id): (&MailAddress, &str),
        id: Uuid,
        subject: String,
        body: MimePart<'_>,
    ) -> NewMail {
        let mail = self
            .message_to(mailbox, id, subject)
            // RFC 3834 section 5: no vacation message is to answer this.
            .header("Auto-Submitted", Raw::new("auto-generated"))
            // RFC 9477 section 3.3: what a report is about, for the one who gets it.
            .header("Feedback-ID", Raw::new(feedback_id));
        self.packed(mailbox, id, mail.body(body))
    }

    /// A mail that somebody asked for, who may be a stranger.
    pub(super) fn mail_on_demand(
        &self,
        recipient: &MailAddress,
        id: Uuid,
        (subject, text): (String, String),
    ) -> NewMail {
        let mail = self
            .message_to(recipient, id, subject)
            .header("Auto-Submitted", Raw::new("auto-replied"));
        self.packed(recipient, id, mail.text_body(text))
    }

    fn message_to<'a>(&'a self, recipient: &'a MailAddress, id: Uuid, subject: String) -> MessageBuilder<'a> {
        let organisation = Some(self.organisation.as_str());
        MessageBuilder::new()
            .from(Address::new_address(organisation, self.sender.as_str()))
            .to(recipient.as_str())
            .subject(subject)
            .date(self.clock.now().seconds())
            .message_id(format!("{id}@{}", self.sender.domain()))
    }

    fn packed(&self, recipient: &MailAddress, id: Uuid, mail: MessageBuilder<'_>) -> NewMail {
        let mut message = Vec::new();
        mail.serialize(&mut message);
        NewMail {
            id,
            sender: self.sender.to_string(),
            recipient: recipient.clone(),
            message,
        }
    }
}

fn subject(told: &Told) -> String {
    let address = told.seen.address.to_canonical();
    format!("Feedback: a message from {address} [{}]", told.id.simple())
}

/// A boundary that stands in no part: the id of the event is a code that nobody could know who wrote the message.
fn boundary(told: &Told) -> String {
    format!("=_f{}", told.id.simple())
}
