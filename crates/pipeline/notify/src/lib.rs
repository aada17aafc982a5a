#![doc = include_str!("../README.md")]

mod contact;
mod notice;
mod outbox;

pub use contact::{ContactConfig, ContactError, ContactFinder, Explanation, Found, Step};
pub use notice::{
    BadQuietHours, FindContact, Language, ListNames, NoticeConfig, NoticeError, NoticeWriter, Preview,
    Previewed, QuietHours, TemplateError, Templates, Tls, is_due, preview,
};
pub use outbox::{RelayError, Sender};
