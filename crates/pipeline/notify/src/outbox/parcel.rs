//! A mail as it travels: signed, with the return path that names it.

use atalaya_formats::verp::ReturnPath;
use atalaya_model::{MailAddress, Timestamp};
use atalaya_store::OutgoingMail;
use lettre::Address;
use lettre::address::Envelope;

use super::dkim::{DkimSigner, sign};
use super::refusal::Refusal;

/// A mail as it travels.
#[derive(Debug)]
pub(super) struct Parcel {
    /// Whom it comes from and goes to.
    pub(super) envelope: Envelope,
    /// All but the line end of its last line, which the client adds.
    pub(super) message: Vec<u8>,
}

/// What a mail is packed with.
#[derive(Debug)]
pub(super) struct Wrapping {
    /// The keys that sign.
    pub(super) signers: Vec<DkimSigner>,
    /// The mailbox that takes bounces.
    pub(super) return_path: Option<MailAddress>,
}

impl Wrapping {
    /// Packs a mail. `key` is what return paths are sealed with.
    pub(super) fn pack(&self, mail: &OutgoingMail, key: &[u8], now: Timestamp) -> Result<Parcel, Refusal> {
        let mut message = mail.message.clone();
        if !self.signers.is_empty() {
            // That the operator can mend: a key that was good when it was read.
            message = sign(&self.signers, &message, now).map_err(|error| Refusal::OfUs(error.to_string()))?;
        }
        if message.ends_with(b"\r\n") {
            message.truncate(message.len().saturating_sub(2));
        }
        Ok(Parcel {
            envelope: self.envelope(mail, key)?,
            message,
        })
    }

    /// A mail without a sender stays so: it is an answer, and no answer to it is wanted (RFC 5321 section 4.5.5).
    fn envelope(&self, mail: &OutgoingMail, key: &[u8]) -> Result<Envelope, Refusal> {
        let sender = match (mail.sender.as_str(), &self.return_path) {
            ("", _) => None,
            (_, Some(base)) => Some(address(ReturnPath::seal(base, mail.id, key).as_str())?),
            (sender, None) => Some(address(sender)?),
        };
        Envelope::new(sender, vec![address(mail.recipient.as_str())?]).map_err(|error| unusable(&error))
    }
}

fn address(text: &str) -> Result<Address, Refusal> {
    text.parse().map_err(|error| unusable(&error))
}

fn unusable(error: &dyn std::fmt::Display) -> Refusal {
    Refusal::ForGood(format!("its envelope cannot be used: {error}"))
}
