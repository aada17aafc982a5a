#![doc = include_str!("../README.md")]

mod contact;
mod hearing;
mod notice;
mod outbox;

pub use contact::{ContactConfig, ContactError, ContactFinder, Explanation, Found, Step};
pub use hearing::{
    HeardMail, Hearer, HearingConfig, HearingError, MAX_MAIL, RETURN_PATH_SECRET, Settlement, Which,
};
pub use notice::{FindContact, Language, ListNames, NoticeConfig, NoticeError, NoticeWriter, Tls, is_due};
pub use outbox::{RelayError, Sender};
