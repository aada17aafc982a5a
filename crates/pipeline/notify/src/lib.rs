#![doc = include_str!("../README.md")]

mod contact;
mod notice;
mod outbox;

pub use contact::{ContactConfig, ContactError, ContactFinder, Explanation, Found, Step};
pub use notice::{
    BadQuietHours, FindContact, Language, ListNames, NoticeConfig, NoticeError, NoticeWriter, QuietHours,
    Tls, is_due,
};
pub use outbox::{RelayError, Sender};
