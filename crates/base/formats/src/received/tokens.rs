//! A Received field cut into words and comments (RFC 5322 section 3.2), as far as it can be cut without doubt.
//!
//! Servers copy text of the client into these fields. Whoever sends a lone bracket or quote hopes to hide what the server wrote behind
//! it, so an unbalanced one ends the reading with [`Token::Broken`] instead of being repaired.

/// Deepest nesting of comments that is followed.
const MAX_DEPTH: usize = 8;

/// One piece of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// A run of characters without white space, quoted strings in it left as they are.
    Word(&'a str),
    /// What stands between two brackets, without them.
    Comment(&'a str),
    /// The semicolon, with everything behind it: the date.
    Date(&'a str),
    /// From here on nothing can be said.
    Broken,
}

/// Cuts one line into tokens. The last one is a date or the sign that the rest is broken, if there is either.
pub(super) fn tokens(line: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = line.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, behind) = match first {
            '(' => match comment(rest) {
                Some((inner, behind)) => (Token::Comment(inner), behind),
                None => (Token::Broken, ""),
            },
            ';' => (Token::Date(rest.trim_start_matches(';')), ""),
            _ => match word(rest) {
                Some((word, behind)) => (Token::Word(word), behind),
                None => (Token::Broken, ""),
            },
        };
        tokens.push(token);
        rest = behind.trim_start();
    }
    tokens
}

/// The inside of the comment that `text` begins with, and what stands behind it.
fn comment(text: &str) -> Option<(&str, &str)> {
    let mut depth: usize = 0;
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'(' => depth = depth.checked_add(1).filter(|depth| *depth <= MAX_DEPTH)?,
            b')' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some((text.get(1..at)?, text.get(at..)?.get(1..)?));
                }
            }
            _ => {}
        }
    }
    None
}

/// The word that `text` begins with, and what stands behind it; none if it holds a lone quote or a lone closing bracket.
fn word(text: &str) -> Option<(&str, &str)> {
    let mut quoted = false;
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b' ' | b'(' | b';' if !quoted => return text.split_at_checked(at),
            b')' if !quoted => return None,
            _ => {}
        }
    }
    (!quoted).then_some((text, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_comments_and_the_date_are_told_apart() {
        assert_eq!(
            tokens("from a (b (c) [192.0.2.1])by d; 1 Jan (x"),
            [
                Token::Word("from"),
                Token::Word("a"),
                Token::Comment("b (c) [192.0.2.1]"),
                Token::Word("by"),
                Token::Word("d"),
                Token::Date(" 1 Jan (x"),
            ]
        );
    }

    #[test]
    fn quotes_and_escapes_hide_brackets() {
        assert_eq!(
            tokens("\"a (b\" (c\\)d)"),
            [Token::Word("\"a (b\""), Token::Comment("c\\)d")]
        );
    }

    #[test]
    fn what_is_out_of_balance_ends_the_reading() {
        for text in ["from a (b", "from a) (b)", "from \"a (b)", &"(".repeat(50)] {
            assert_eq!(tokens(text).last(), Some(&Token::Broken), "{text}");
        }
    }
}
