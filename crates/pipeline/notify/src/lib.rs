#![doc = include_str!("../README.md")]

mod contact;
mod notice;
mod outbox;

pub use contact::{
    ContactConfig, ContactError, ContactFinder, ContactWorker, DomainContacts, Explanation, Found, Plan,
    Queries, Registrar, Step, WantedContacts, network_of,
};
pub use notice::{FindContact, Language, ListNames, NoticeConfig, NoticeError, NoticeWriter, Tls, is_due};
pub use outbox::{RelayError, Sender};
