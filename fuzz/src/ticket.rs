//! Target `ticket`: words in the links to a network's page.

use atalaya_formats::{Ticket, TicketError};
use atalaya_model::Timestamp;

/// The key that the seeds are sealed with.
const KEY: &[u8] = b"fuzz";

/// Opens the text as a ticket: what opens is the same when it is sealed again, and at its end it opens no more. A text that is a mail address is
/// sealed and opened too.
pub fn ticket(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Ok(open) = Ticket::open(text, KEY, Timestamp::EPOCH) {
        assert_eq!(open.seal(KEY), text);
        assert_eq!(Ticket::open(text, KEY, open.until), Err(TicketError::Expired));
        assert_eq!(
            Ticket::open(text, b"another", Timestamp::EPOCH),
            Err(TicketError::Forged)
        );
    }
    if let Ok(contact) = text.parse() {
        let until = Timestamp::from_seconds(1);
        let ticket = Ticket { contact, until };
        assert_eq!(Ticket::open(&ticket.seal(KEY), KEY, Timestamp::EPOCH), Ok(ticket));
    }
}
