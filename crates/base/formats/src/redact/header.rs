//! The header section of a message, hidden field by field.
//!
//! The names of fields stay: they say what the rest means, and a sender that writes to `received@` must not change them. A field in
//! which something could still be read is left out, so that one odd field does not cost the evidence.

use mail_parser::{HeaderValue, Message, MessageParser};

use super::Redactor;

/// Most bytes of a header that are kept.
pub(super) const MAX_HEADER: usize = 64 * 1024;

/// A field with its continuation lines, or a line that is none.
pub(super) struct Field<'a> {
    /// What stands before the colon; nothing where the line is no field.
    pub(super) name: &'a [u8],
    /// The rest, the colon and the end of the line included.
    pub(super) value: &'a [u8],
}

impl Redactor {
    /// Hides in a header section.
    pub(super) fn hide_header(&self, header: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(header.len());
        for Field { name, value } in fields(header) {
            let shown = self.hide_bytes(value);
            if !self.finds_name_in(name) && !self.finds_in(&shown) && !self.is_shown_by_parser(name, &shown) {
                out.extend_from_slice(name);
                out.extend_from_slice(&shown);
            }
        }
        out
    }

    /// Whether anything shows in the values of fields, as a reader of mail decodes them.
    pub(super) fn finds_in_values(&self, message: &Message<'_>) -> bool {
        let values = message
            .parts
            .iter()
            .flat_map(|part| &part.headers)
            .map(|header| &header.value);
        values.into_iter().any(|value| match value {
            HeaderValue::Text(text) => self.finds_in(text.as_bytes()),
            HeaderValue::ContentType(kind) => kind.attributes().is_some_and(|attributes| {
                attributes
                    .iter()
                    .any(|attribute| self.finds_in(attribute.value.as_bytes()))
            }),
            _ => false,
        })
    }

    fn is_shown_by_parser(&self, name: &[u8], value: &[u8]) -> bool {
        let field = [name, value, b"\r\n"].concat();
        MessageParser::default()
            .parse_headers(&field)
            .is_some_and(|message| self.finds_in_values(&message))
    }
}

/// The header section without the empty line that ends it.
pub(super) fn section(raw: &[u8]) -> &[u8] {
    let end = [&b"\r\n\r\n"[..], b"\n\n"]
        .into_iter()
        .filter_map(|gap| memchr::memmem::find(raw, gap).map(|at| at.saturating_add(gap.len() / 2)))
        .min();
    end.and_then(|end| raw.get(..end)).unwrap_or(raw)
}

/// The first fields of a header section, as much as is kept.
pub(super) fn beginning(header: &[u8]) -> &[u8] {
    let Some(cut) = header.get(..MAX_HEADER) else {
        return header;
    };
    let line_end = memchr::memrchr(b'\n', cut).map_or(cut.len(), |at| at.saturating_add(1));
    cut.get(..line_end).unwrap_or(cut)
}

/// The fields of a header section, one behind the other, without a gap.
pub(super) fn fields(mut header: &[u8]) -> impl Iterator<Item = Field<'_>> {
    std::iter::from_fn(move || {
        let mut end = 0;
        while let Some(rest) = header.get(end..).filter(|rest| !rest.is_empty()) {
            let line = memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at.saturating_add(1));
            end = end.saturating_add(line);
            if !matches!(header.get(end), Some(b' ' | b'\t')) {
                break;
            }
        }
        let (field, rest) = header.split_at_checked(end).filter(|_| end > 0)?;
        header = rest;
        let is_name = |byte: &u8| byte.is_ascii_graphic() && *byte != b':';
        let name = field.iter().take_while(|byte| is_name(byte)).count();
        let name = if field.get(name) == Some(&b':') { name } else { 0 };
        let (name, value) = field.split_at_checked(name)?;
        Some(Field { name, value })
    })
}
