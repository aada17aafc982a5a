//! Setting plain text: paragraphs, rows and quotes in lines of at most 76 characters.

/// Widest line (RFC 3676 section 4.2 recommends 78 at most; quoting a reply adds two).
const WIDTH: usize = 76;
/// Where the values of rows begin.
const VALUE_COLUMN: usize = 20;
/// Most lines of a quoted header.
const MAX_QUOTED: usize = 40;
/// Most lines that one header field may take there.
const MAX_FIELD_LINES: usize = 4;
/// The header fields worth quoting in the text. The whole header is in the part with the message.
const QUOTED_FIELDS: [&str; 9] = [
    "received",
    "from",
    "sender",
    "reply-to",
    "to",
    "subject",
    "date",
    "message-id",
    "return-path",
];

/// A text that grows.
#[derive(Debug, Default)]
pub(super) struct Page(String);

impl Page {
    /// A paragraph, broken at spaces.
    pub(super) fn paragraph(&mut self, text: &str) -> &mut Self {
        self.wrapped(text, "", "").blank()
    }

    /// A heading.
    pub(super) fn heading(&mut self, text: &str) -> &mut Self {
        self.line(text)
    }

    /// A label and its value, which may come from a stranger.
    pub(super) fn row(&mut self, label: &str, value: &str) -> &mut Self {
        let first = format!("  {label:<width$}", width = VALUE_COLUMN - 2);
        self.wrapped(value, &first, &" ".repeat(VALUE_COLUMN))
    }

    /// A link on a line of its own: it is never broken.
    pub(super) fn link(&mut self, url: &str) -> &mut Self {
        self.line(&format!("  {url}")).blank()
    }

    /// The most telling fields of a header, quoted.
    pub(super) fn quoted_header(&mut self, header: &[u8]) -> &mut Self {
        let text = String::from_utf8_lossy(header);
        for line in telling_lines(&text).take(MAX_QUOTED) {
            let indent = if line.starts_with([' ', '\t']) { "    " } else { "" };
            self.line(&cut(&format!("  | {indent}{}", clean(line.trim()))));
        }
        self.blank()
    }

    /// An empty line.
    pub(super) fn blank(&mut self) -> &mut Self {
        self.line("")
    }

    /// One line as it is.
    pub(super) fn line(&mut self, text: &str) -> &mut Self {
        self.0.push_str(text.trim_end());
        self.0.push_str("\r\n");
        self
    }

    /// The text.
    pub(super) fn finish(&mut self) -> String {
        std::mem::take(&mut self.0)
    }

    fn wrapped(&mut self, text: &str, first: &str, others: &str) -> &mut Self {
        let mut line = first.to_owned();
        let mut is_empty = true;
        for word in clean(text).split_whitespace() {
            let length = line.chars().count() + word.chars().count() + usize::from(!is_empty);
            if length > WIDTH && !is_empty {
                self.line(&cut(&line));
                others.clone_into(&mut line);
                is_empty = true;
            }
            if !is_empty {
                line.push(' ');
            }
            line.push_str(word);
            is_empty = false;
        }
        self.line(&cut(&line))
    }
}

/// The lines of the fields worth quoting, of each the first few.
fn telling_lines(header: &str) -> impl Iterator<Item = &str> {
    let mut left = 0;
    let lines = header.lines().take_while(|line| !line.trim().is_empty());
    lines.filter(move |line| {
        if !line.starts_with([' ', '\t']) {
            let name = line.split(':').next().unwrap_or_default().trim();
            let is_telling = QUOTED_FIELDS.iter().any(|field| name.eq_ignore_ascii_case(field));
            left = if is_telling { MAX_FIELD_LINES } else { 0 };
        }
        let is_wanted = left > 0;
        left = left.saturating_sub(1);
        is_wanted
    })
}

/// A value without anything that is no visible character.
fn clean(value: &str) -> String {
    value
        .chars()
        .map(|c| if c.is_control() || is_invisible(c) { ' ' } else { c })
        .collect()
}

/// Marks that turn the direction of writing around, or show nothing: with them a line can be made to look like another.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn cut(line: &str) -> String {
    if line.chars().count() <= WIDTH {
        return line.to_owned();
    }
    let kept: String = line.chars().take(WIDTH - 1).collect();
    format!("{kept}…")
}
