//! One mail over one connection, from MAIL to the answer behind the dot.
//!
//! In: a connection on which nothing is under way. Out: whether the server took the mail, and whether the connection can carry another one.
//! Every answer is looked at for the code that belongs there: of a server that says more than it is asked, a `250` would else be taken for
//! that of a mail that it never saw.

use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::{Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::Response;

use super::parcel::Parcel;
use super::refusal::Refusal;

/// The server closes the connection (RFC 5321 section 4.2.1).
const CLOSING: u16 = 421;
/// The server waits for the mail.
const GO_ON: u16 = 354;

/// What became of a mail.
#[derive(Debug)]
pub(super) enum Transferred {
    /// The server took it.
    Taken,
    /// The server refused it, and may be given another one.
    Refused(Refusal),
    /// The connection ended before the server had heard of more than the sender: on another one all may go well.
    Ended(Refusal),
    /// The connection is of no use any more. The server may have taken the mail, where its answer to the dot is missing.
    Broken(Refusal),
}

/// Hands a mail over.
pub(super) async fn transfer(connection: &mut AsyncSmtpConnection, parcel: &Parcel) -> Transferred {
    let options = match options(connection, parcel) {
        Ok(options) => options,
        Err(refusal) => return Transferred::Refused(refusal),
    };
    let sender = Mail::new(parcel.envelope.from().cloned(), options);
    match connection.command(sender).await {
        Ok(answer) => {
            if let Err(broken) = expect(&answer, |code| code / 100 == 2) {
                return broken;
            }
        }
        Err(error) if is_end(&error) => return Transferred::Ended(Refusal::of_mail(&error)),
        Err(error) => return refused(connection, &error).await,
    }
    match give(connection, parcel).await {
        Ok(()) => Transferred::Taken,
        Err(Stopped::Broken(broken)) => broken,
        Err(Stopped::By(error)) if is_end(&error) => Transferred::Broken(Refusal::of_mail(&error)),
        Err(Stopped::By(error)) => refused(connection, &error).await,
    }
}

/// What stopped a mail behind its sender.
enum Stopped {
    By(SmtpError),
    Broken(Transferred),
}

impl From<SmtpError> for Stopped {
    fn from(error: SmtpError) -> Self {
        Self::By(error)
    }
}

impl From<Transferred> for Stopped {
    fn from(broken: Transferred) -> Self {
        Self::Broken(broken)
    }
}

/// Recipients, and the mail itself.
async fn give(connection: &mut AsyncSmtpConnection, parcel: &Parcel) -> Result<(), Stopped> {
    for recipient in parcel.envelope.to() {
        let answer = connection
            .command(Rcpt::new(recipient.clone(), Vec::new()))
            .await?;
        expect(&answer, |code| code / 100 == 2)?;
    }
    let answer = connection.command(Data).await?;
    expect(&answer, |code| code == GO_ON)?;
    let answer = connection.message(&parcel.message).await?;
    Ok(expect(&answer, |code| code / 100 == 2)?)
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
    Err(Refusal::OfUs(why.to_owned()))
}

/// Whether an error ends the connection: it has no code, or the one of a server that closes.
fn is_end(error: &SmtpError) -> bool {
    error.status().is_none_or(|code| u16::from(code) == CLOSING)
}

/// The server said no. A connection that cannot forget the mail is of no use.
async fn refused(connection: &mut AsyncSmtpConnection, error: &SmtpError) -> Transferred {
    let refusal = Refusal::of_mail(error);
    match connection.command(Rset).await {
        Ok(_forgotten) => Transferred::Refused(refusal),
        Err(_ended) => Transferred::Broken(refusal),
    }
}

/// An answer out of place means that the server and we do not speak of the same command any more.
fn expect(answer: &Response, is_in_place: impl Fn(u16) -> bool) -> Result<(), Transferred> {
    let code = u16::from(answer.code());
    if is_in_place(code) {
        return Ok(());
    }
    let why = format!("the server answers {code} where that has no meaning");
    Err(Transferred::Broken(Refusal::ForNow(why)))
}
