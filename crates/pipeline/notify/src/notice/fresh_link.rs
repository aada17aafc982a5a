//! A fresh link to the page of a network, for a contact whose link has expired.
//!
//! In: a job that the pages left ([`LINK_JOB`]), which names a mailbox. Out: a mail with the link, to that mailbox and nowhere else. Whoever asks
//! learns nothing: a mailbox that was never written to, or wants no mail, gets none. There is one job a mailbox and day.

use atalaya_formats::view::SECRET_NAME;
use atalaya_formats::{TICKET_SECRET, Ticket};
use atalaya_model::{MailAddress, Timestamp};
use atalaya_store::{Job, LinkAsked, NewMail};
use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address;
use mail_builder::headers::raw::Raw;
use tracing::info;

use super::error::NoticeError;
use super::find::FindContact;
use super::gather::keyed_id;
use super::writer::{NoticeWriter, Outcome};

impl<F: FindContact> NoticeWriter<F> {
    /// Writes the mail that a job asks for, and ends the job: both or nothing.
    pub(super) async fn write_link(&self, job: &Job, now: Timestamp) -> Result<Outcome, NoticeError> {
        let Ok(LinkAsked { contact }) = serde_json::from_str(&job.payload) else {
            return self
                .abandon(job, Outcome::Unreadable, "its payload cannot be read")
                .await;
        };
        if self.store.is_left_alone(&contact).await? {
            return self.finish(job, Outcome::LeftAlone).await;
        }
        if !self.store.is_written_to(&contact).await? || self.is_our_own(&contact, &self.config.sender()?) {
            return self.finish(job, Outcome::NoContact).await;
        }
        let link_key = self.store.secret(TICKET_SECRET).await?;
        let key = self.store.secret(SECRET_NAME).await?;
        let ticket = Ticket {
            contact: contact.clone(),
            until: now.plus(self.config.link_lifetime.duration()),
        };
        let link = format!("{}/network/{}", self.names.public_url, ticket.seal(&link_key));
        let id = keyed_id(&key, &[b"link", job.key.as_bytes()]);
        let mail = self.link_mail(&contact, &link, (&format!("{id}"), ticket.until, now))?;
        let mut transaction = self.store.begin().await?;
        transaction.add_mail(&NewMail { id, ..mail }).await?;
        transaction.finish_job(job.id).await?;
        transaction.commit().await?;
        info!(mail.id = %id, "a fresh link is written");
        Ok(Outcome::Written)
    }

    /// The mail, still without its name.
    fn link_mail(
        &self,
        contact: &MailAddress,
        link: &str,
        (id, until, now): (&str, Timestamp, Timestamp),
    ) -> Result<NewMail, NoticeError> {
        let sender = self.config.sender()?;
        let organisation = self.config.organisation.as_str();
        let message = MessageBuilder::new()
            .from(Address::new_address(Some(organisation), sender.as_str()))
            .to(contact.as_str())
            .subject("A new link to the page of your network")
            .date(now.seconds())
            .message_id(format!("{id}@{}", sender.domain()))
            // RFC 3834 section 5: no vacation message is to answer this.
            .header("Auto-Submitted", Raw::new("auto-replied"))
            .text_body(text(organisation, link, &until.date()));
        let mut bytes = Vec::new();
        message.serialize(&mut bytes);
        Ok(NewMail {
            id: uuid::Uuid::nil(),
            sender: sender.to_string(),
            recipient: contact.clone(),
            message: bytes,
        })
    }
}

/// The text, in both languages: nobody knows who reads.
fn text(organisation: &str, link: &str, until: &str) -> String {
    format!(
        "Hello,\r\n\r\n\
         somebody asked {organisation} for a new link to the page of your\r\n\
         network. It shows which of your addresses are listed and why, and\r\n\
         takes them off the list. It opens until {until}:\r\n\r\n\
         {link}\r\n\r\n\
         Whoever has the link sees what you see. If you did not ask, there is\r\n\
         nothing to do: it was sent to nobody else.\r\n\r\n\
         --------\r\n\r\n\
         Hola:\r\n\r\n\
         alguien pidió a {organisation} un enlace nuevo a la página de su red.\r\n\
         Muestra qué direcciones suyas están en la lista y por qué, y las saca\r\n\
         de ella. Funciona hasta el {until}: es el de arriba.\r\n\r\n\
         Quien tiene el enlace ve lo que ve usted. Si no lo pidió, no hay nada\r\n\
         que hacer: no se envió a nadie más.\r\n"
    )
}
