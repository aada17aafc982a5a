//! The clauses of a Received field: `from`, `by`, `with` and the date (RFC 5321 section 4.4).
//!
//! A second `by` makes the field unreadable: what stands before it may be text of the client. Behind the first of `id`, `for` and `from`
//! that follows `by`, nothing is taken for a clause or a mark of the server: `for` holds an address that the client gave, comments and all.

use super::tokens::{Token, tokens};

/// Words behind `by` from which on the client may have written.
const CLIENT_TEXT: &[&str] = &["id", "for", "from"];
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
    /// The comments behind `by` and `with`: the software names itself here.
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
    /// Behind that word.
    By,
    /// Behind `with`.
    With,
    /// Where nothing more is told: behind `id`, `for` and `from`, or in front of any clause.
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
            Token::Comment(comment) if matches!(at, At::By | At::With) => clauses.marks.push(comment),
            Token::Comment(_) => {}
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
                At::By
            }
            At::By | At::With | At::Other if is(&"by") => {
                self.is_broken = true;
                At::Other
            }
            At::Other => At::Other,
            At::By | At::With if CLIENT_TEXT.iter().any(is) => At::Other,
            At::By if is(&"with") => At::With,
            At::By => At::By,
            At::With if is(&"via") => At::By,
            At::With => {
                if self.protocol.len() < MAX_PROTOCOL_WORDS {
                    self.protocol.push(word);
                }
                At::With
            }
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
    fn behind_by_the_text_of_the_client_is_no_mark_and_no_protocol() {
        for text in [
            "from a (b [192.0.2.1]) by c for <d(fetchmail)@e> with IMAP (fetchmail)",
            "from a (b [192.0.2.1]) by c id 1 (fetchmail) with IMAP",
            "from a (b [192.0.2.1]) by c from <d(fetchmail)@e> with IMAP",
        ] {
            let read = clauses(text);
            assert!(read.marks.is_empty() && read.protocol.is_empty(), "{text}");
        }
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
