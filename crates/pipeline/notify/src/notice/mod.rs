//! Notices: telling the network that one of its addresses was listed, with evidence, once, and not too often (RFC 6650).
//!
//! In: jobs of kind `notice`, one for each listing that was decided on evidence. Out: a mail in the outbox, or a reason why there is none.
//!
//! ```text
//! job "notice" ── listed? evidence? contact? ──► incident counted and gathered ── due on the curve? ──► job "letter"
//! job "letter" ── window over? caps? quiet hours? ──► one mail with all that is gathered for the contact
//! ```
//!
//! A job may run twice: notice, mail and the end of the job are one transaction, and their names follow from decision and contact.
//!
//! There is no notice where the listing has ended meanwhile, where no evidence is kept, where the registries name nobody, where the
//! contact asked to be left alone, and where it would come back to ourselves.

mod config;
mod error;
mod evidence;
mod find;
mod fresh_link;
mod gather;
mod language;
mod letter;
mod limits;
mod mail;
mod preview;
mod quiet_hours;
mod rate;
mod reachable;
mod sparing;
mod sweep;
mod table;
mod text;
mod thread;
mod writer;

#[cfg(test)]
mod tests;

pub use config::{NoticeConfig, Tls};
pub use error::NoticeError;
pub use find::FindContact;
pub use language::Language;
pub use preview::{Preview, Previewed, preview};
pub use quiet_hours::{BadQuietHours, QuietHours};
pub use rate::is_due;
pub use text::{TemplateError, Templates};
pub use writer::{ListNames, NoticeWriter};

pub(crate) use config::host_and_port;
