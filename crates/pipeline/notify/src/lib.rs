#![doc = include_str!("../README.md")]

mod contact;
mod feedback;
mod notice;
mod outbox;

pub use contact::{ContactConfig, ContactError, ContactFinder, Explanation, Found, Step};
pub use feedback::{
    Colour, Feedback, FeedbackConfig, FeedbackError, FeedbackFollower, MOST_PULLED, Networks, NewEnrolment,
    PullError, Secrets,
};
pub use notice::{FindContact, Language, ListNames, NoticeConfig, NoticeError, NoticeWriter, Tls, is_due};
pub use outbox::{RelayError, Sender};
