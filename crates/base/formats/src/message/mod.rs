//! A mail seen from outside: the fields at its top, and the few facts that are told about a spam.
//!
//! In: the bytes of a mail, as an attacker wrote them. Out: its [`Head`], and a [`Glance`] of it: subject, sender, date, id, and whether it
//! reports on another mail. Only the top is read, up to named limits, so that the work is the same small amount for a mail of
//! 25 MB. Bodies and their parts are never opened: how deep they nest does not matter here.

mod forwarded;
mod glance;
mod head;
mod oddity;
mod report;
mod shape;

pub use forwarded::{FORWARDED, is_passed_on, is_rewritten};
pub use glance::{Glance, MAX_SUBJECT_CHARS, glance};
pub(crate) use glance::{moment, presentable};
pub use head::{Field, Head, MAX_FIELDS, MAX_HEAD_BYTES};
pub use oddity::{Oddities, Oddity};
pub use shape::{Setting, Shape};
