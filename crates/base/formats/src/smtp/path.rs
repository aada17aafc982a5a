//! The path behind `MAIL FROM:` and `RCPT TO:` (RFC 5321 section 4.1.2), taken as sloppily as spam programs write it.
//!
//! A mailbox has many spellings: with a route before it, with quotes around what needs none, and with a dot behind its domain. They are made one here,
//! for whoever reads a path: the trap, a milter, the policy service and the logs.

use super::{Oddities, Oddity};

/// A mailbox as the sender wrote it, but without brackets, route, a dot at the end, and quotes that it does not need. Empty for the null sender.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Address(pub String);

impl Address {
    /// Whether this is the null sender.
    #[must_use]
    pub const fn is_null(&self) -> bool {
        self.0.is_empty()
    }
}

/// Reads the path at the start of `text` and says what stands behind it; none where there is no path. The null sender is `<>` and nothing
/// else: what is empty after tidying up was meant to be something.
pub(crate) fn read<'a>(text: &'a str, oddities: &mut Oddities) -> Option<(Address, &'a str)> {
    let (inner, rest) = match text.strip_prefix('<') {
        Some(inner) => bracketed(inner, oddities),
        None => bare(text, oddities)?,
    };
    let trimmed = inner.trim_matches([' ', '\t']);
    if trimmed.len() != inner.len() {
        oddities.add(Oddity::OddSpacing);
    }
    let mailbox = without_route(trimmed, oddities);
    let is_null = text.strip_prefix("<>").is_some_and(|rest| !rest.starts_with('>'));
    if mailbox.chars().any(char::is_control) || (mailbox.is_empty() && !is_null) {
        return None;
    }
    if !is_null && !mailbox.contains('@') {
        oddities.add(Oddity::NoDomain);
    }
    Some((Address(plain(mailbox)), rest))
}

/// The mailbox that a path names which a mail server passed on, with its brackets or without. What is no path stays as it is.
pub(crate) fn mailbox(path: &str) -> String {
    let path = path.strip_prefix('<').unwrap_or(path);
    let path = path.strip_suffix('>').unwrap_or(path);
    let mut ignored = Oddities::NONE;
    plain(without_route(path, &mut ignored))
}

/// The same mailbox without quotes and backslashes where its local part needs none (RFC 5321 section 4.1.2: both forms are equivalent), and without
/// the dot behind its domain that says in DNS that nothing follows.
fn plain(mailbox: &str) -> String {
    let at = mailbox.rfind('@').unwrap_or(mailbox.len());
    let (local, domain) = mailbox.split_at_checked(at).unwrap_or((mailbox, ""));
    let domain = domain.strip_suffix('.').unwrap_or(domain);
    let unquoted = unquoted(local).filter(|local| is_dot_string(local));
    format!("{}{domain}", unquoted.as_deref().unwrap_or(local))
}

/// What stands in quotes; none where nothing does.
fn unquoted(local: &str) -> Option<String> {
    let quoted = local.strip_prefix('"')?.strip_suffix('"')?;
    let (mut text, mut signs) = (String::with_capacity(quoted.len()), quoted.chars());
    while let Some(sign) = signs.next() {
        match sign {
            '"' => return None,
            '\\' => text.push(signs.next()?),
            sign => text.push(sign),
        }
    }
    Some(text)
}

/// Whether a local part needs no quotes: atoms with dots between (RFC 5322 section 3.2.3, RFC 6531 section 3.3).
fn is_dot_string(local: &str) -> bool {
    let is_atom =
        |sign: char| sign.is_ascii_alphanumeric() || !sign.is_ascii() || "!#$%&'*+-/=?^_`{|}~".contains(sign);
    local
        .split('.')
        .all(|atom| !atom.is_empty() && atom.chars().all(is_atom))
}

/// Cuts at the closing bracket, which may stand in quotes (RFC 5321 `Quoted-string`); without one, at the first space.
fn bracketed<'a>(inner: &'a str, oddities: &mut Oddities) -> (&'a str, &'a str) {
    let without = inner.trim_start_matches('<');
    if without.len() != inner.len() {
        oddities.add(Oddity::OddBrackets);
    }
    let Some((path, rest)) = closing(without).and_then(|at| without.split_at_checked(at)) else {
        oddities.add(Oddity::Unclosed);
        return at_space(without);
    };
    let behind = rest.trim_start_matches('>');
    if rest.len().saturating_sub(behind.len()) > 1 {
        oddities.add(Oddity::OddBrackets);
    }
    (path, behind)
}

/// The first `>` outside quotes; if the quotes never end, the first of all.
fn closing(text: &str) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => quoted = !quoted,
            b'>' if !quoted => return Some(at),
            _ => {}
        }
    }
    text.find('>')
}

/// A path without an opening bracket: up to the first space, a closing bracket dropped.
fn bare<'a>(text: &'a str, oddities: &mut Oddities) -> Option<(&'a str, &'a str)> {
    let (path, rest) = at_space(text);
    if path.is_empty() {
        return None;
    }
    oddities.add(Oddity::NoBrackets);
    Some((path.trim_end_matches('>'), rest))
}

fn at_space(text: &str) -> (&str, &str) {
    let end = text.find([' ', '\t']).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// Drops `@a,@b:` in front of the mailbox: servers should ignore it (RFC 5321 appendix C).
fn without_route<'a>(path: &'a str, oddities: &mut Oddities) -> &'a str {
    match path.split_once(':') {
        Some((route, mailbox)) if route.starts_with('@') => {
            oddities.add(Oddity::SourceRoute);
            mailbox
        }
        _ => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Option<(String, String, Vec<&'static str>)> {
        let mut oddities = Oddities::NONE;
        let (address, rest) = read(text, &mut oddities)?;
        Some((address.0, rest.to_owned(), oddities.words().collect()))
    }

    #[test]
    fn correct_paths_are_taken_as_they_are() {
        for (text, expected) in [
            ("<a@b.example>", "a@b.example"),
            ("<>", ""),
            ("<\"a > b\"@c.example>", "\"a > b\"@c.example"),
            ("<\"a\\\"> b\"@c.example>", "\"a\\\"> b\"@c.example"),
            ("<a@[192.0.2.1]>", "a@[192.0.2.1]"),
            ("<a@[IPv6:2001:db8::1]>", "a@[IPv6:2001:db8::1]"),
        ] {
            assert_eq!(
                path(text),
                Some((expected.into(), String::new(), vec![])),
                "{text}"
            );
        }
    }

    #[test]
    fn sloppy_paths_are_taken_and_noted() {
        for (text, expected, odd) in [
            ("a@b.example", "a@b.example", "no-brackets"),
            ("a@b.example>", "a@b.example", "no-brackets"),
            ("<a@b.example", "a@b.example", "unclosed"),
            ("<<a@b.example>>", "a@b.example", "odd-brackets"),
            ("< a@b.example >", "a@b.example", "odd-spacing"),
            (
                "<@x.example,@y.example:a@b.example>",
                "a@b.example",
                "source-route",
            ),
            ("<root>", "root", "no-domain"),
            ("<\"a@b.example>", "\"a@b.example", ""),
        ] {
            let (address, rest, words) = path(text).unwrap();
            assert_eq!((address.as_str(), rest.as_str()), (expected, ""), "{text}");
            assert_eq!(words.join(","), odd, "{text}");
        }
    }

    #[test]
    fn a_mailbox_has_one_spelling() {
        for path in [
            "<trap@example.org>",
            "<\"trap\"@example.org>",
            "<\"tr\\ap\"@example.org>",
            "<@relay.example:trap@example.org>",
            "<trap@example.org.>",
            "<\"trap\"@example.org.>",
            "<@a.example,@b.example:\"trap\"@example.org>",
        ] {
            let mut ignored = Oddities::NONE;
            let read = read(path, &mut ignored).unwrap().0.0;
            assert_eq!(
                (read, mailbox(path)),
                ("trap@example.org".to_owned(), "trap@example.org".to_owned())
            );
        }
        for other in [
            "\"a b\"@c.example",
            "\"\"@c.example",
            "\".a\"@c.example",
            "\"a\"b\"@c.example",
            "\"a\\\"@c.example",
            "\"@c.example",
            "",
            "@c.example",
            "postmaster.",
        ] {
            assert_eq!(mailbox(other), other);
        }
        assert_eq!(mailbox("\"postmaster\""), "postmaster");
        assert_eq!(mailbox("a@b.example.."), "a@b.example.", "that is no domain");
    }

    #[test]
    fn parameters_stay_behind_the_path() {
        assert_eq!(path("<a@b.example> SIZE=1").unwrap().1, " SIZE=1");
        assert_eq!(path("a@b.example SIZE=1").unwrap().1, " SIZE=1");
        assert_eq!(path("<a@b.example SIZE=1").unwrap().1, " SIZE=1");
    }

    #[test]
    fn nothing_and_control_characters_are_no_path() {
        for text in [
            "",
            " ",
            "<",
            "<<>>",
            "<>>",
            "< >",
            "<@a:>",
            "<@a.example,@b.example:>",
            ">",
            "<\t",
            "<a\0@b.example>",
            "<a\r@b.example>",
        ] {
            assert_eq!(path(text), None, "{text:?}");
        }
    }
}
