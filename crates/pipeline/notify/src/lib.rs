#![doc = include_str!("../README.md")]

mod contact;
mod hearing;
mod notice;
mod outbox;

pub use contact::{ContactConfig, ContactError, ContactFinder, Explanation, Found, Step};
pub use hearing::{
    HeardMail, Hearer, HearingConfig, HearingError, MAX_MAIL, RETURN_PATH_SECRET, Settlement, Which,
};
pub use notice::{
    BadQuietHours, FindContact, Language, ListNames, NoticeConfig, NoticeError, NoticeWriter, Preview,
    Previewed, QuietHours, TemplateError, Templates, Tls, is_due, preview,
};
pub use outbox::{RelayError, Sender};
