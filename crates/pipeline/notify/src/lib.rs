#![doc = include_str!("../README.md")]

mod contact;
mod feedback;
mod hearing;
mod message_part;
mod notice;
mod outbox;

pub use contact::{
    BY_HAND, ContactConfig, ContactError, ContactFinder, ContactWorker, DomainContacts, Explanation, Found,
    Plan, Queries, Registrar, Step, WantedContacts, network_of,
};
pub use feedback::{
    Colour, Enrolling, Feedback, FeedbackConfig, FeedbackError, FeedbackFollower, Holder, MOST_PULLED, Need,
    Networks, NewEnrolment, OwnPage, Provers, PullError, Record, RecordNames, Secrets, ShutPage,
    SignedFollower, Stepped, Unfit,
};
pub use hearing::{
    HeardMail, Hearer, HearingConfig, HearingError, MAX_MAIL, RETURN_PATH_SECRET, Settlement, Which,
};
pub use notice::{
    BadQuietHours, FindContact, Language, ListNames, NoticeConfig, NoticeError, NoticeWriter, Preview,
    Previewed, QuietHours, TemplateError, Templates, Tls, is_due, preview,
};
pub use outbox::{
    Delivery, DkimError, DkimKey, DkimSigner, Sender, SenderError, ShownMail, new_ed25519_key,
    text_without_secrets, words_without_secrets,
};
