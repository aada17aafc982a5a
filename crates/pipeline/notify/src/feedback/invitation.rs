//! The mails with the link to the page of a mailbox: to whoever seems to have asked for it, and to whoever may vouch for him.
//!
//! In: a mailbox or a request. Out: a mail in both languages. What strangers typed stands on the page and not in it, so that nobody writes mails of
//! ours. A mail has one name for one request, or for one day, and the outbox keeps a name once: pressed again, it is not sent again.

use atalaya_model::MailAddress;
use atalaya_store::{EnrolmentRequest, NewMail};

use super::{Feedback, FeedbackError};

/// Subject, and what is said in English and in Spanish.
type Said<'a> = (&'a str, &'a str, &'a str);

impl Feedback {
    /// That somebody asked for an enrolment of this mailbox; one mail a request.
    pub(super) async fn asked_mail(&self, request: &EnrolmentRequest) -> Result<NewMail, FeedbackError> {
        let said = (
            "Feedback: confirm your enrolment",
            "somebody, perhaps you, asked to be told of the spam that comes from a network, and gave this mailbox. \
             Nothing is sent unless you confirm it on this page:",
            "alguien, quizá usted, pidió que se le avise del spam que sale de una red, y dio este buzón. No se \
             enviará nada si no lo confirma en la página del enlace.",
        );
        let name: [&[u8]; 2] = [b"asked", request.id.as_bytes()];
        self.invitation(&request.mailbox, &name, said).await
    }

    /// The link to the page, as it was asked for; one mail a day.
    pub(super) async fn page_mail(&self, mailbox: &MailAddress) -> Result<NewMail, FeedbackError> {
        let said = (
            "Feedback: the link to your enrolments",
            "somebody, perhaps you, asked for the link to your enrolments in our feedback loop. There you see them, \
             make new keys, and end them:",
            "alguien, quizá usted, pidió el enlace a sus inscripciones en nuestro circuito de avisos. Ahí las ve, \
             cambia las claves y las termina.",
        );
        let (day, name) = (self.clock.now().date(), mailbox.as_str().to_ascii_lowercase());
        let name: [&[u8]; 4] = [b"page mail", name.as_bytes(), b" ", day.as_bytes()];
        self.invitation(mailbox, &name, said).await
    }

    /// Whether somebody may be told of the network that this mailbox answers for; one mail a request.
    pub(super) async fn vouch_mail(
        &self,
        contact: &MailAddress,
        request: &EnrolmentRequest,
    ) -> Result<NewMail, FeedbackError> {
        let said = (
            "Feedback: may somebody be told of your network?",
            "somebody wants to be told of the spam that comes from a network for which the registries name this \
             mailbox. See on this page who, and say yes or no; without your yes nothing is told:",
            "alguien quiere que se le avise del spam que sale de una red para la que los registros dan este buzón. \
             Vea quién en la página del enlace, y diga sí o no; sin su sí no se avisa de nada.",
        );
        let created = request.created_at.micros().to_be_bytes();
        let name: [&[u8]; 3] = [b"vouch", request.id.as_bytes(), &created];
        self.invitation(contact, &name, said).await
    }

    /// That what a request waited for has come: somebody's yes.
    pub(super) async fn go_on_mail(&self, request: &EnrolmentRequest) -> Result<NewMail, FeedbackError> {
        let scope = &request.scope;
        let said = (
            &*format!("Feedback: go on with your enrolment for {scope}"),
            &*format!("your enrolment for {scope} was approved. Finish it on this page:"),
            &*format!("su inscripción para {scope} ha sido aprobada. Complétela en la página del enlace."),
        );
        let whose: &[u8] = if request.approved_at.is_some() {
            b"approved"
        } else {
            b"vouched"
        };
        self.invitation(&request.mailbox, &[whose, request.id.as_bytes()], said)
            .await
    }

    /// A mail with the link, in both languages: nobody knows who reads.
    async fn invitation(
        &self,
        mailbox: &MailAddress,
        name: &[&[u8]],
        (subject, english, spanish): Said<'_>,
    ) -> Result<NewMail, FeedbackError> {
        let link = self.page_link(mailbox).await?;
        let text = format!(
            "Hello,\r\n\r\n{english}\r\n\r\n{link}\r\n\r\nThe link works for 7 days and shows all that concerns this \
             mailbox. Whoever has it can do what you can. If it does not concern you, there is nothing to do.\r\n\r\n\
             --------\r\n\r\nHola:\r\n\r\n{spanish}\r\n\r\nEl enlace, que es el de arriba, funciona 7 días y muestra \
             todo lo que toca a este buzón. Quien lo tiene puede hacer lo que usted. Si no va con usted, no hay nada \
             que hacer.\r\n\r\n-- \r\n{}\r\n",
            self.organisation
        );
        let id = self.id(name).await?;
        Ok(self.mail_on_demand(mailbox, id, (subject.to_owned(), text)))
    }
}
