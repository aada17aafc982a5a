//! One mail over one connection, from MAIL to the answer behind the dot.
//!
//! In: a connection on which nothing is under way. Out: whether the server took the mail, and whether the connection can carry another one.
//! Every answer is looked at for the code that belongs there: of a server that says more than it is asked, a `250` would else be taken for
//! that of a mail that it never saw.

use std::time::Duration;

use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::{Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::Response;

use super::limits::Limits;
use super::parcel::Parcel;
use super::refusal::{Refusal, told};

/// The server closes the connection (RFC 5321 section 4.2.1).
const CLOSING: u16 = 421;
/// The server waits for the mail.
const GO_ON: u16 = 354;

/// How long a server may take to forget a mail that it refused.
const RESET: Duration = Duration::from_secs(10);

/// What became of a mail.
#[derive(Debug)]
pub(super) enum Transferred {
    /// The server took it.
    Taken,
    /// The server refused it, and may be given another one.
    Refused(Refusal),
    /// The connection ended before the server had heard of more than the sender: on another one all may go well.
    Ended(Refusal),
    /// The connection is of no use any more.
    Broken(Refusal),
    /// The server does not answer in time.
    Hung(Refusal),
}

/// What the server was just given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Sender,
    Recipient,
    Data,
    Dot,
}

/// What stopped a mail.
enum Stopped {
    /// A refusal, or the end of the connection.
    By(Step, SmtpError),
    /// An answer out of place: the server and we do not speak of the same command any more.
    OutOfPlace(Step, u16),
    /// No answer in this time.
    Late(Step, Duration),
}

impl Step {
    const fn limit(self, limits: &Limits) -> Duration {
        match self {
            Self::Sender | Self::Recipient => limits.command,
            Self::Data => limits.data,
            Self::Dot => limits.dot,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Sender => "MAIL",
            Self::Recipient => "RCPT",
            Self::Data => "DATA",
            Self::Dot => "the end of the mail",
        }
    }
}

/// Hands a mail over.
pub(super) async fn transfer(
    connection: &mut AsyncSmtpConnection,
    parcel: &Parcel,
    limits: &Limits,
) -> Transferred {
    let options = match options(connection, parcel) {
        Ok(options) => options,
        Err(refusal) => return Transferred::Refused(refusal),
    };
    match give(connection, parcel, options, limits).await {
        Ok(()) => Transferred::Taken,
        Err(Stopped::Late(step, limit)) => {
            let why = format!("no answer to {} within {} s", step.name(), limit.as_secs());
            Transferred::Hung(unsaid(step, why))
        }
        Err(Stopped::OutOfPlace(step, code)) => {
            let why = format!("the server answers {code} where that has no meaning");
            Transferred::Broken(unsaid(step, why))
        }
        Err(Stopped::By(Step::Sender, error)) if is_end(&error) => {
            Transferred::Ended(Refusal::of_mail(&error))
        }
        // One with a code is an answer, also where the server closes.
        Err(Stopped::By(step, error)) if error.status().is_none() => {
            Transferred::Broken(unsaid(step, told(&error)))
        }
        Err(Stopped::By(_step, error)) if is_end(&error) => Transferred::Broken(Refusal::of_mail(&error)),
        Err(Stopped::By(step, error)) => {
            let refusal = match step {
                Step::Recipient => Refusal::of_recipient(&error),
                Step::Sender | Step::Data | Step::Dot => Refusal::of_mail(&error),
            };
            refused(connection, refusal).await
        }
    }
}

/// There was no answer to a step. Behind the dot the server may have taken the mail, and behind any other it has not.
fn unsaid(step: Step, why: String) -> Refusal {
    match step {
        Step::Dot => Refusal::Unanswered(why),
        Step::Sender | Step::Recipient | Step::Data => Refusal::ForNow(why),
    }
}

/// Sender, recipients, and the mail itself.
async fn give(
    connection: &mut AsyncSmtpConnection,
    parcel: &Parcel,
    options: Vec<MailParameter>,
    limits: &Limits,
) -> Result<(), Stopped> {
    let sender = Mail::new(parcel.envelope.from().cloned(), options);
    answer(Step::Sender, limits, connection.command(sender)).await?;
    for recipient in parcel.envelope.to() {
        let recipient = Rcpt::new(recipient.clone(), Vec::new());
        answer(Step::Recipient, limits, connection.command(recipient)).await?;
    }
    answer(Step::Data, limits, connection.command(Data)).await?;
    answer(Step::Dot, limits, connection.message(&parcel.message)).await
}

/// Waits for the answer to a step, and looks whether it belongs there.
async fn answer(
    step: Step,
    limits: &Limits,
    coming: impl Future<Output = Result<Response, SmtpError>>,
) -> Result<(), Stopped> {
    let limit = step.limit(limits);
    let Ok(answer) = tokio::time::timeout(limit, coming).await else {
        return Err(Stopped::Late(step, limit));
    };
    let answer = answer.map_err(|error| Stopped::By(step, error))?;
    let code = u16::from(answer.code());
    let is_in_place = match step {
        Step::Data => code == GO_ON,
        Step::Sender | Step::Recipient | Step::Dot => code / 100 == 2,
    };
    match is_in_place {
        true => Ok(()),
        false => Err(Stopped::OutOfPlace(step, code)),
    }
}

/// What the server must be told about the mail, if it can take such a one.
fn options(connection: &AsyncSmtpConnection, parcel: &Parcel) -> Result<Vec<MailParameter>, Refusal> {
    if parcel.message.is_ascii() {
        return Ok(Vec::new());
    }
    if connection.server_info().supports_feature(Extension::EightBitMime) {
        return Ok(vec![MailParameter::Body(MailBodyParameter::EightBitMime)]);
    }
    let why = "the mail is not all ASCII, and the server does not offer 8BITMIME (RFC 6152)";
    // Neither it nor the mail will change.
    Err(Refusal::ForGood(why.to_owned()))
}

/// Whether an error ends the connection: it has no code, or the one of a server that closes.
fn is_end(error: &SmtpError) -> bool {
    error.status().is_none_or(|code| u16::from(code) == CLOSING)
}

/// The server said no. A connection that cannot forget the mail is of no use.
async fn refused(connection: &mut AsyncSmtpConnection, refusal: Refusal) -> Transferred {
    match tokio::time::timeout(RESET, connection.command(Rset)).await {
        Ok(Ok(_forgotten)) => Transferred::Refused(refusal),
        Ok(Err(_)) | Err(_) => Transferred::Broken(refusal),
    }
}
