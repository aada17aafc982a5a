//! The message that a report is about, as the last part of its mail: whole where it may be shown and can travel, else its header alone.

use atalaya_formats::redact::{Extent, HiddenMessage};
use mail_builder::mime::MimePart;

/// Longest line that a mail may have (RFC 5322 section 2.1.1), without its end.
const MAX_LINE: usize = 998;
/// How parts travel that are not encoded (RFC 2045 section 6.1).
pub(crate) const SEVEN_BIT: &str = "7bit";
pub(crate) const EIGHT_BIT: &str = "8bit";

/// The part; its header alone where the rest cannot be shown, or cannot travel.
pub(crate) fn message_part(message: &HiddenMessage) -> MimePart<'static> {
    let bytes = with_crlf(&message.bytes);
    if travels_whole(message) {
        let encoding = if bytes.is_ascii() { SEVEN_BIT } else { EIGHT_BIT };
        MimePart::new("message/rfc822", bytes).transfer_encoding(encoding)
    } else {
        let header = String::from_utf8_lossy(header_of(&bytes)).replace('\0', "");
        MimePart::new("text/rfc822-headers", header)
    }
}

/// Whether the message goes along as one: it is shown whole, and it can go through SMTP unencoded, because `message/rfc822` may not be
/// encoded (RFC 2046 section 5.2.1).
pub(crate) fn travels_whole(message: &HiddenMessage) -> bool {
    let bytes = &message.bytes;
    let is_whole = matches!(message.extent, Extent::Message { .. });
    let mut lines = bytes.split(|byte| matches!(byte, b'\n' | b'\r'));
    is_whole && !bytes.contains(&0) && lines.all(|line| line.len() <= MAX_LINE)
}

/// Every line end as CRLF, whatever it was.
fn with_crlf(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((byte, behind)) = rest.split_first() {
        rest = match (byte, behind) {
            (b'\r', [b'\n', behind @ ..]) => {
                out.extend_from_slice(b"\r\n");
                behind
            }
            (b'\r' | b'\n', _) => {
                out.extend_from_slice(b"\r\n");
                behind
            }
            _ => {
                out.push(*byte);
                behind
            }
        };
    }
    out
}

fn header_of(bytes: &[u8]) -> &[u8] {
    let end = bytes
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .map_or(bytes.len(), |at| at + 2);
    bytes.get(..end).unwrap_or(bytes)
}
