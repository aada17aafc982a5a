//! A message as words: the head that people read, and its text. HTML is turned into words, what is no text is left out, and nothing is ever loaded.

use mail_parser::{Address, DateTime, MessageParser};

/// Longest text that is given, in characters.
const MAX_TEXT: usize = 100_000;
/// Longest field of the head, in characters.
const MAX_FIELD: usize = 2_000;

/// The words of a message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    /// The fields of the head that people read, by their names; those that are missing are left out.
    pub head: Vec<(&'static str, String)>,
    /// The text of its first part that has one.
    pub text: Option<String>,
}

impl Words {
    /// Reads the source of a message; what is none has no words.
    #[must_use]
    pub fn of(source: &str) -> Self {
        let Some(message) = MessageParser::default().parse(source.as_bytes()) else {
            return Self::default();
        };
        let head = [
            ("From", message.from().map(addresses)),
            ("To", message.to().map(addresses)),
            ("Reply-To", message.reply_to().map(addresses)),
            ("Subject", message.subject().map(str::to_owned)),
            ("Date", message.date().map(DateTime::to_rfc3339)),
            ("Message-ID", message.message_id().map(str::to_owned)),
        ];
        let cut = |text: &str, most: usize| text.chars().take(most).collect::<String>();
        Self {
            head: head
                .into_iter()
                .filter_map(|(name, value)| Some((name, cut(&value?, MAX_FIELD))))
                .collect(),
            text: message.body_text(0).map(|text| cut(&text, MAX_TEXT)),
        }
    }
}

/// Names and addresses, with commas between.
fn addresses(list: &Address<'_>) -> String {
    let each = list.iter().map(|one| match (one.name(), one.address()) {
        (Some(name), Some(address)) => format!("{name} <{address}>"),
        (name, address) => address.or(name).unwrap_or_default().to_owned(),
    });
    each.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_becomes_words_and_loads_nothing() {
        let source = "From: Offers <offers@cheap.example>\r\nSubject: =?utf-8?q?Un_a=C3=B1o?=\r\nContent-Type: text/html\r\n\r\n\
                      <p>Buy <b>now</b></p><img src=\"http://track.example/x.png\"><script>alert(1)</script>";
        let words = Words::of(source);
        assert_eq!(
            words.head[0],
            ("From", "Offers <offers@cheap.example>".to_owned())
        );
        assert_eq!(words.head[1], ("Subject", "Un año".to_owned()));
        let text = words.text.unwrap();
        assert!(text.contains("Buy now"), "{text}");
        assert!(!text.contains("track.example") && !text.contains('<'), "{text}");
    }

    #[test]
    fn whatever_comes_has_bounded_words() {
        for source in [
            "",
            "\r\n\r\n",
            "Subject:\r\n\r\n",
            "\u{0}\u{0}: x",
            &"a".repeat(300_000),
        ] {
            let words = Words::of(source);
            assert!(words.text.is_none_or(|text| text.chars().count() <= MAX_TEXT));
        }
        let long = format!("Subject: {}\r\n\r\n{}", "s".repeat(10_000), "t".repeat(200_000));
        let words = Words::of(&long);
        assert_eq!(words.head[0].1.chars().count(), MAX_FIELD);
        assert_eq!(words.text.map(|text| text.len()), Some(MAX_TEXT));
    }
}
