//! The clauses of a Received field: `from`, `by`, `with` and the date (RFC 5321 section 4.4).
//!
//! A clause that comes twice makes the field unreadable: the second one may be text of the client.

use super::tokens::{Token, tokens};

/// Words that open a clause behind `by`.
const OPENERS: &[&str] = &["with", "via", "id", "for", "from"];
/// Most words that make up the name of a protocol: `Microsoft SMTP Server`.
const MAX_PROTOCOL_WORDS: usize = 4;

/// The parts of one field.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Clauses<'a> {
    /// Whether there is a from clause.
    pub(super) has_from: bool,
    /// The words between `from` and `by`.
    pub(super) from_words: Vec<&'a str>,
    /// The comments between `from` and `by`; those in front of everything, where there is no `from`.
    pub(super) from_comments: Vec<&'a str>,
    /// The host that wrote the field.
    pub(super) by: Option<&'a str>,
    /// The words behind `with`.
    pub(super) protocol: Vec<&'a str>,
    /// The comments behind `by`: the software names itself here.
    pub(super) marks: Vec<&'a str>,
    /// What stands behind the semicolon.
    pub(super) date: Option<&'a str>,
    /// Whether some part could not be read, or came twice.
    pub(super) is_broken: bool,
}

impl Clauses<'_> {
    /// Whether the protocol begins with this word, in exactly this case.
    pub(super) fn speaks(&self, protocol: &str) -> bool {
        self.protocol.first() == Some(&protocol)
    }
}

/// Where the reading stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    /// Before the first word.
    Start,
    /// Right behind `from`: the next word belongs to it, whatever it is.
    FromWord,
    /// Behind that word.
    From,
    /// Right behind `by`.
    ByWord,
    /// Behind `with`.
    With,
    /// Somewhere behind these.
    Other,
}

/// Cuts a field, on one line, into its clauses.
pub(super) fn clauses(line: &str) -> Clauses<'_> {
    let mut clauses = Clauses::default();
    let mut at = At::Start;
    for token in tokens(line) {
        match token {
            Token::Word(word) => at = clauses.take_word(word, at),
            Token::Comment(comment) if matches!(at, At::Start | At::FromWord | At::From) => {
                clauses.from_comments.push(comment);
            }
            Token::Comment(comment) => clauses.marks.push(comment),
            Token::Date(date) => {
                // The date is the last thing: with more semicolons, the first one may be text of the client.
                clauses.is_broken |= date.contains(';');
                clauses.date = Some(date);
            }
            Token::Broken => clauses.is_broken = true,
        }
    }
    clauses
}

impl<'a> Clauses<'a> {
    /// Takes one word and says where the reading stands behind it.
    fn take_word(&mut self, word: &'a str, at: At) -> At {
        let is = |keyword: &&str| word.eq_ignore_ascii_case(keyword);
        match at {
            At::Start if is(&"from") => {
                self.has_from = true;
                At::FromWord
            }
            At::Start | At::From if is(&"by") => At::ByWord,
            At::Start => At::Other,
            At::FromWord | At::From => {
                self.from_words.push(word);
                At::From
            }
            At::ByWord => {
                // No server is called that: a client's text ended with `by`, and this one is the server's.
                self.is_broken |= is(&"by");
                self.by = Some(word);
                At::Other
            }
            At::With | At::Other if is(&"by") => {
                self.is_broken = true;
                At::Other
            }
            At::With | At::Other if is(&"with") && self.protocol.is_empty() => At::With,
            At::With if !OPENERS.iter().any(is) => {
                if self.protocol.len() < MAX_PROTOCOL_WORDS {
                    self.protocol.push(word);
                }
                At::With
            }
            At::With | At::Other => At::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_clause_is_found() {
        let read =
            clauses("from a (b [192.0.2.1]) by c (D) with ESMTP (E) id f for <g@h.example>; 1 Jan 2026");
        assert_eq!(read.from_words, ["a"]);
        assert_eq!(read.from_comments, ["b [192.0.2.1]"]);
        assert_eq!(read.by, Some("c"));
        assert_eq!(read.protocol, ["ESMTP"]);
        assert_eq!(read.marks, ["D", "E"]);
        assert_eq!(read.date, Some(" 1 Jan 2026"));
        assert!(read.has_from && !read.is_broken);
    }

    #[test]
    fn the_word_behind_from_is_never_a_keyword() {
        let read = clauses("from by (b [192.0.2.1]) by c with SMTP");
        assert_eq!(read.from_words, ["by"]);
        assert_eq!(read.by, Some("c"));
        assert!(!read.is_broken);
    }

    #[test]
    fn a_second_by_makes_it_unreadable() {
        assert!(clauses("from a by b (c [192.0.2.1]) by d with SMTP").is_broken);
        assert!(clauses("from a (b [192.0.2.66]) by (c [192.0.2.1]) by d with SMTP").is_broken);
    }

    #[test]
    fn what_hides_the_rest_makes_it_unreadable() {
        assert!(clauses("from a( (b [192.0.2.1]) by c").is_broken);
        assert!(clauses("from a ([192.0.2.66]) by ( (b [192.0.2.1]) by c").is_broken);
        assert!(clauses("from a ([192.0.2.66]) by x; (b [192.0.2.1]) by c; 1 Jan 2026").is_broken);
    }
}
