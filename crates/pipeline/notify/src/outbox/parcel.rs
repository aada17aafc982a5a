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
        let sealed = self.sealed(mail, key);
        let mut message = match &sealed {
            // People answer there too: what they say is then known to come from somebody who got the mail.
            Some(sealed) => [format!("Reply-To: {sealed}\r\n").as_bytes(), &mail.message].concat(),
            None => mail.message.clone(),
        };
        if !self.signers.is_empty() {
            // That the operator can mend: a key that was good when it was read.
            message = sign(&self.signers, &message, now).map_err(|error| Refusal::OfUs(error.to_string()))?;
        }
        if message.ends_with(b"\r\n") {
            message.truncate(message.len().saturating_sub(2));
        }
        Ok(Parcel {
            envelope: envelope(mail, sealed.as_ref())?,
            message,
        })
    }

    /// The return path that names a mail. One without a sender stays so: it is an answer, and no answer to it is wanted (RFC 5321 section 4.5.5).
    fn sealed(&self, mail: &OutgoingMail, key: &[u8]) -> Option<MailAddress> {
        let base = self.return_path.as_ref().filter(|_| !mail.sender.is_empty())?;
        Some(ReturnPath::seal(base, mail.id, key))
    }
}

fn envelope(mail: &OutgoingMail, sealed: Option<&MailAddress>) -> Result<Envelope, Refusal> {
    let sender = sealed.map_or(mail.sender.as_str(), MailAddress::as_str);
    let sender = match sender {
        "" => None,
        sender => Some(address(sender)?),
    };
    Envelope::new(sender, vec![address(mail.recipient.as_str())?]).map_err(|error| unusable(&error))
}

fn address(text: &str) -> Result<Address, Refusal> {
    text.parse().map_err(|error| unusable(&error))
}

fn unusable(error: &dyn std::fmt::Display) -> Refusal {
    Refusal::ForGood(format!("its envelope cannot be used: {error}"))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn people_answer_to_the_address_that_names_the_mail() {
        let base: MailAddress = "bounces@list.example".parse().unwrap();
        let packed = |sender: &str, return_path: Option<MailAddress>| {
            let wrapping = Wrapping {
                signers: Vec::new(),
                return_path,
            };
            let mail = OutgoingMail {
                id: Uuid::from_u128(7),
                sender: sender.to_owned(),
                recipient: "abuse@net.example".parse().unwrap(),
                message: b"Subject: x\r\n\r\nx\r\n".to_vec(),
                attempts: 1,
                created_at: Timestamp::EPOCH,
            };
            let parcel = wrapping.pack(&mail, b"key", Timestamp::EPOCH).unwrap();
            let sender = parcel.envelope.from().map(ToString::to_string);
            (sender, String::from_utf8(parcel.message).unwrap())
        };
        let (sender, message) = packed("abuse@list.example", Some(base.clone()));
        let sender = sender.unwrap();
        assert_eq!(ReturnPath::open(&sender, &base, b"key"), Some(Uuid::from_u128(7)));
        assert_eq!(message, format!("Reply-To: {sender}\r\nSubject: x\r\n\r\nx"));
        let bare = "Subject: x\r\n\r\nx".to_owned();
        assert_eq!(packed("", Some(base)), (None, bare.clone()));
        assert_eq!(
            packed("abuse@list.example", None),
            (Some("abuse@list.example".to_owned()), bare)
        );
    }
}
