#![doc = include_str!("../README.md")]

mod contact;
mod notice;
mod outbox;

pub use contact::{ContactConfig, ContactError, ContactFinder, Explanation, Found, Step};
pub use notice::{FindContact, Language, ListNames, NoticeConfig, NoticeError, NoticeWriter, Tls, is_due};
pub use outbox::{Delivery, DkimError, DkimKey, DkimSigner, Sender, SenderError, new_ed25519_key};
