#![doc = include_str!("../README.md")]

mod class;
mod contact;
mod decision;
mod digest;
mod fingerprint;
mod habits;
mod listing;
mod mail_address;
mod observation;
mod period;
mod prefix;
mod reserved;
mod secret;
pub mod settings;
mod size;
mod text;
mod time;
mod tls;
mod trap_weight;

pub use class::{Class, UnknownClass};
pub use contact::{Confidence, Contact, ContactSource};
pub use decision::{Decided, Decision, Rule, Serial, Verdict};
pub use digest::{BadDigest, Digest};
pub use fingerprint::{BadFingerprint, Fingerprint};
pub use habits::{BadHabitId, DialectId, Habit, ShapeId};
pub use listing::{AllowEntry, Listing};
pub use mail_address::{BadMailAddress, MailAddress};
pub use observation::{Envelope, Handshake, Kind, Observation, ObservationId, Sensor, Trap, UnknownWord};
pub use period::{BadPeriod, Period};
pub use prefix::{BadPrefix, Prefix};
pub use reserved::{reserved, reserved_ranges};
pub use secret::Secret;
pub use size::{BadByteSize, ByteSize};
pub use time::{BadTimestamp, Clock, Timestamp};
pub use tls::{BadTls, Tls};
pub use trap_weight::{BadTrapWeight, TrapWeight};
