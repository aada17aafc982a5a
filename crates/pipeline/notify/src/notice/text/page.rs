//! Setting plain text: paragraphs, rows and quotes in lines of at most 72 characters.

/// Widest line: quoted in two replies it still has less than 78 characters (RFC 3676 section 4.2), and quoted-printable need not break it.
const WIDTH: usize = 72;
/// Where the values of rows begin.
const VALUE_COLUMN: usize = 20;
/// Most fields of a header that are quoted.
const MAX_QUOTED: usize = 16;
/// Longest value of a row or a quoted field, in characters.
const MAX_VALUE: usize = 240;
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
    pub(super) fn broken(&mut self, text: &str) -> &mut Self {
        self.wrapped(text, "", "")
    }

    /// A label and its value, which may come from a stranger.
    pub(super) fn row(&mut self, label: &str, value: &str) -> &mut Self {
        self.hanging(
            &format!("  {label:<width$}", width = VALUE_COLUMN - 2),
            &cut(value),
        )
    }

    /// A value that goes on below where it began, behind its label.
    pub(super) fn hanging(&mut self, label: &str, value: &str) -> &mut Self {
        let column = label.chars().count().min(WIDTH / 2);
        self.wrapped(value, label, &" ".repeat(column))
    }

    /// Lines that are set already.
    pub(super) fn block(&mut self, lines: &str) -> &mut Self {
        lines.lines().fold(self, |page, line| page.line(line))
    }

    /// An empty line, unless there is one above, or nothing.
    pub(super) fn gap(&mut self) -> &mut Self {
        if self.0.is_empty() || self.0.ends_with("\r\n\r\n") {
            return self;
        }
        self.line("")
    }

    /// The most telling fields of a header, quoted.
    pub(super) fn quoted_header(&mut self, header: &[u8]) -> &mut Self {
        let text = String::from_utf8_lossy(header);
        for field in telling_fields(&text).into_iter().take(MAX_QUOTED) {
            self.wrapped(&cut(&field), "  | ", "  |     ");
        }
        self
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

    /// Breaks a text into lines: at spaces, and inside words that are longer than a line.
    fn wrapped(&mut self, text: &str, first: &str, others: &str) -> &mut Self {
        let mut line = first.to_owned();
        let mut is_empty = true;
        let room = WIDTH.saturating_sub(others.chars().count()).max(1);
        for piece in clean(text).split_whitespace().flat_map(|word| pieces(word, room)) {
            let length = line.chars().count() + piece.chars().count() + usize::from(!is_empty);
            if length > WIDTH && !is_empty {
                self.line(&line);
                others.clone_into(&mut line);
                is_empty = true;
            }
            if !is_empty {
                line.push(' ');
            }
            line.push_str(&piece);
            is_empty = false;
        }
        self.line(&line)
    }
}

/// A word in pieces of at most `room` characters.
fn pieces(word: &str, room: usize) -> Vec<String> {
    let letters: Vec<char> = word.chars().collect();
    letters.chunks(room).map(|piece| piece.iter().collect()).collect()
}

/// The fields worth quoting, each on one line.
fn telling_fields(header: &str) -> Vec<String> {
    let mut fields: Vec<String> = Vec::new();
    let mut is_telling = false;
    for line in header.lines().take_while(|line| !line.trim().is_empty()) {
        if !line.starts_with([' ', '\t']) {
            let name = line.split(':').next().unwrap_or_default().trim();
            is_telling = QUOTED_FIELDS.iter().any(|field| name.eq_ignore_ascii_case(field));
            fields.extend(is_telling.then(String::new));
        }
        if let Some(field) = fields.last_mut().filter(|_| is_telling) {
            field.push_str(line);
        }
    }
    fields
}

/// A value without anything that is no visible character.
pub(super) fn clean(value: &str) -> String {
    value
        .chars()
        .map(|c| if c.is_control() || is_invisible(c) { ' ' } else { c })
        .collect()
}

/// Marks that turn the direction of writing around, or show nothing: with them a line can be made to look like another.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// A value that is not longer than it can be useful.
pub(super) fn cut(value: &str) -> String {
    if value.chars().count() <= MAX_VALUE {
        return value.to_owned();
    }
    let kept: String = value.chars().take(MAX_VALUE - 1).collect();
    format!("{kept}…")
}
