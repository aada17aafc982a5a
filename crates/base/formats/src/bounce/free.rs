//! Reports in the words of each server: qmail, Exim, Exchange, Postfix, Sendmail, and the large providers.
//!
//! They differ in everything but this: first stands what happened, with the mailbox at or near the beginning of a line, then, behind a line that
//! says so, the mail that came back. Nothing is known here of a single server.

use crate::message::Head;

/// Most mailboxes that are taken from a text.
const MAX_MENTIONS: usize = 20;
/// Most characters of what is said of one mailbox.
const MAX_SAID: usize = 4_096;

/// How lines begin behind which the mail stands, without the signs around them, in lower case.
const COPY_BEGINS: &[&str] = &[
    "below this line is a copy",
    "this is a copy of",
    "enclosed is a copy",
    "included is a copy",
    "below is a copy of the original",
    "original message follows",
    "original message headers",
    "unsent message follows",
    "message headers follow",
    "the header of the original message",
    "the following message was returned",
];
/// Whole lines of that kind.
const COPY_LINES: &[&str] = &["original message", "message headers", "returned message"];
/// Fields with which a mail begins that nothing announces.
const COPY_FIELDS: &[&str] = &["received:", "return-path:"];
/// How lines begin that name somebody else than the recipient.
const OTHERS: &[&str] = &[
    "from:",
    "to:",
    "cc:",
    "mail from",
    "reply-to:",
    "return-path:",
    "message-id:",
    "subject:",
    "http",
];

/// What a report in free words says.
#[derive(Debug)]
pub(super) struct Free<'a> {
    /// What happened.
    pub(super) said: &'a str,
    /// The mail that came back, or its head.
    pub(super) copy: &'a str,
}

/// A mailbox, with what is said of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mention {
    /// The mailbox.
    pub(super) address: String,
    /// The lines from there on up to the next one.
    pub(super) said: String,
}

impl<'a> Free<'a> {
    /// Cuts a text where the mail begins.
    pub(super) fn cut(text: &'a str) -> Self {
        let mut at = 0_usize;
        for line in text.split_inclusive('\n') {
            let behind = at.saturating_add(line.len());
            let copy = match mark(line) {
                Mark::Before => Some(behind),
                Mark::First => Some(at),
                Mark::None => None,
            };
            if let Some((said, copy)) = copy.and_then(|from| text.split_at_checked(from)) {
                let copy = copy.trim_start_matches(['\r', '\n', ' ', '-', '=']);
                return Self { said, copy };
            }
            at = behind;
        }
        Self { said: text, copy: "" }
    }

    /// The mailboxes that are named, but for those that are `ours`, in lower case.
    pub(super) fn mentions(&self, ours: &[String]) -> Vec<Mention> {
        let mut found: Vec<Mention> = Vec::new();
        for line in self.said.lines() {
            let new = named(line).filter(|address| {
                let address = address.to_ascii_lowercase();
                !ours.contains(&address)
                    && !found
                        .iter()
                        .any(|mention| mention.address.eq_ignore_ascii_case(&address))
            });
            if let Some(address) = new
                && found.len() < MAX_MENTIONS
            {
                found.push(Mention {
                    address,
                    said: String::new(),
                });
            }
            if let Some(mention) = found.last_mut()
                && mention.said.len() < MAX_SAID
            {
                mention.said.extend(line.chars().take(MAX_SAID));
                mention.said.push('\n');
            }
        }
        found
    }

    /// The fields of the mail that came back.
    pub(super) fn returned(&self) -> Head<'a> {
        Head::read(self.copy.as_bytes())
    }
}

/// Whether the mail begins at a line, or behind it.
enum Mark {
    None,
    First,
    Before,
}

fn mark(line: &str) -> Mark {
    let lower = line.to_ascii_lowercase();
    if COPY_FIELDS.iter().any(|field| lower.starts_with(field)) {
        return Mark::First;
    }
    let bare = lower.trim_matches(|c: char| c.is_whitespace() || "-=*_.:".contains(c));
    let is_mark = COPY_BEGINS.iter().any(|begin| bare.starts_with(begin)) || COPY_LINES.contains(&bare);
    if is_mark { Mark::Before } else { Mark::None }
}

/// The mailbox that a line is about.
fn named(line: &str) -> Option<String> {
    let start = line.trim_start_matches(|c: char| c.is_whitespace() || "<>*-\"'".contains(c));
    let lower = start
        .get(..start.floor_char_boundary(16))
        .unwrap_or(start)
        .to_ascii_lowercase();
    if OTHERS.iter().any(|other| lower.starts_with(other)) {
        return None;
    }
    addresses_in(line).next()
}

/// The mail addresses in a line, as they stand there.
pub(super) fn addresses_in(line: &str) -> impl Iterator<Item = String> {
    line.match_indices('@').filter_map(|(at, _)| {
        let (before, after) = line.split_at_checked(at)?;
        let is_local = |c: char| c.is_ascii_alphanumeric() || "!#$%&+-./=?^_{}~'*".contains(c);
        let begin = before
            .char_indices()
            .rev()
            .take_while(|(_, c)| is_local(*c))
            .last()
            .map_or(at, |(begin, _)| begin);
        let local = before
            .get(begin..)?
            .trim_start_matches(['\'', '*', '/', '-', '=', '.', '!']);
        let domain = after.strip_prefix('@')?;
        let end = domain.find(|c: char| !(c.is_ascii_alphanumeric() || "-.".contains(c)));
        let domain = domain
            .get(..end.unwrap_or(domain.len()))?
            .trim_end_matches(['.', '-']);
        let is_one = (1..=64).contains(&local.len()) && domain.len() <= 253 && domain.contains('.');
        is_one.then(|| format!("{local}@{domain}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mail_is_cut_off_and_each_mailbox_has_its_words() {
        let free = Free::cut(
            "Hi from me@list.example.\n\n<A@b.example>:\n550 no such user\n \"c@d.example\": full\n<a@B.example> again\n\
             >>> MAIL FROM:<x@y.example>\n--- Below this line is a copy of the message.\n\nMessage-ID: <1@x.example>\nTo: z@z.example\n",
        );
        let mentions = free.mentions(&["me@list.example".to_owned()]);
        let [one, other] = &mentions[..] else {
            panic!("{mentions:?}")
        };
        assert_eq!(
            (one.address.as_str(), one.said.as_str()),
            ("A@b.example", "<A@b.example>:\n550 no such user\n")
        );
        assert_eq!(other.address, "c@d.example");
        assert!(
            other
                .said
                .starts_with(" \"c@d.example\": full\n<a@B.example> again")
        );
        assert!(free.returned().first("Message-ID").is_some());
    }

    #[test]
    fn addresses_are_cut_out_of_what_stands_around_them() {
        let found: Vec<String> =
            addresses_in("rejected <a+b@c.example>... 'd@e.example'; @x.example; f@local; Größe@g.example.")
                .collect();
        assert_eq!(found, ["a+b@c.example", "d@e.example", "e@g.example"]);
        assert_eq!(addresses_in(&"@".repeat(10_000)).count(), 0);
    }

    #[test]
    fn hostile_texts_are_bounded() {
        let many: String = (0..10_000).map(|n| format!("a{n}@b.example\n")).collect();
        assert_eq!(Free::cut(&many).mentions(&[]).len(), MAX_MENTIONS);
        let long = "a".repeat(60_000);
        assert_eq!(addresses_in(&format!("{long}@b.example")).count(), 0);
    }
}
