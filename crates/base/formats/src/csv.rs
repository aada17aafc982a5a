//! Texts of strangers as fields of CSV (RFC 4180): on one line, inside their cell, and nothing that a spreadsheet runs.

/// A text as a field. Control characters become spaces, and what a spreadsheet would take for a formula begins with an apostrophe.
#[must_use]
pub fn field(text: &str) -> String {
    let mut text: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if text.starts_with(['=', '+', '-', '@']) {
        text.insert(0, '\'');
    }
    if text.contains(['"', ',']) {
        return format!("\"{}\"", text.replace('"', "\"\""));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_cannot_leave_its_cell() {
        assert_eq!(field("plain"), "plain");
        assert_eq!(field("a, \"b\"\r\nc"), "\"a, \"\"b\"\"  c\"");
        assert_eq!(field("=HYPERLINK(\"x\")"), "\"'=HYPERLINK(\"\"x\"\")\"");
    }
}
