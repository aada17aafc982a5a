//! Forms in which others than registries name abuse contacts: the operator's own file, texts of DNS, and `security.txt`.
//!
//! In: text, whatever it holds. Out: mailboxes that are safe to write to. Whether they are written to is not decided here.

mod listed;
mod security_txt;
mod texts;

pub use listed::{BadContactLine, ListedContacts};
pub use security_txt::SecurityTxt;
pub use texts::mailboxes_of_text;
