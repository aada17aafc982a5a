//! What somebody wrote anew: without what is quoted, the header that programs put over it, and the signature.

use crate::folded::folded;

/// Most lines that are looked at.
const MAX_LINES: usize = 500;
/// Longest line that is looked at for a mark, in characters.
const MAX_MARK: usize = 300;
/// Lines over which the words above a quotation may run.
const ATTRIBUTION_LINES: usize = 3;
/// How the words above a quotation begin and end, folded.
const ATTRIBUTIONS: &[(&str, &str)] = &[
    ("on ", "wrote:"),
    ("el ", "escribio:"),
    ("am ", "schrieb:"),
    ("le ", "a ecrit :"),
    ("le ", "a ecrit:"),
    ("em ", "escreveu:"),
    ("il ", "ha scritto:"),
];
/// Lines behind which the older mail stands, folded, without the signs around them.
const RULES: &[&str] = &[
    "original message",
    "forwarded message",
    "begin forwarded message",
    "mensaje original",
    "mensaje reenviado",
    "urspruengliche nachricht",
    "message d'origine",
    "message original",
    "mensagem original",
];
/// The first field of the header that Outlook puts over a quotation, folded, and those of which one follows.
const HEADER: (&[&str], &[&str]) = (
    &["from:", "de:", "von:"],
    &[
        "sent:",
        "date:",
        "to:",
        "enviado:",
        "fecha:",
        "para:",
        "gesendet:",
        "datum:",
        "an:",
        "envoye :",
        "envoye:",
        "data:",
    ],
);
/// What programs write under a mail, folded.
const FOOTERS: &[&str] = &[
    "sent from my",
    "enviado desde mi",
    "von meinem",
    "envoye de mon",
    "enviado do meu",
    "get outlook for",
];

/// The new text.
pub(super) fn new_text(text: &str) -> String {
    let lines: Vec<&str> = text.lines().take(MAX_LINES).collect();
    let mut new = String::new();
    for (at, line) in lines.iter().enumerate() {
        let behind = lines.get(at..).unwrap_or_default();
        if ends(line, behind) {
            break;
        }
        if !line.trim_start().starts_with('>') {
            new.push_str(line);
            new.push('\n');
        }
    }
    new.trim().to_owned()
}

/// Whether nothing new stands from a line on; `behind` are it and those that follow.
fn ends(line: &str, behind: &[&str]) -> bool {
    if line.trim_end() == "--" || line == "-- " {
        return true;
    }
    let bare = line.trim();
    if bare.len() >= 10 && bare.bytes().all(|byte| byte == b'_') {
        return true;
    }
    let plain = folded(bare, MAX_MARK);
    let inside = plain.trim_matches(|c: char| "-=*_ :>".contains(c));
    RULES.contains(&inside)
        || FOOTERS.iter().any(|footer| plain.starts_with(footer))
        || is_attribution(&plain, behind)
        || is_header(&plain, behind)
}

fn is_attribution(plain: &str, behind: &[&str]) -> bool {
    let begins = ATTRIBUTIONS.iter().filter(|(begin, _)| plain.starts_with(begin));
    let mut ends = begins.map(|(_, end)| *end).peekable();
    if ends.peek().is_none() {
        return false;
    }
    let joined: Vec<&str> = behind.iter().take(ATTRIBUTION_LINES).copied().collect();
    let joined: Vec<String> = (1..=joined.len())
        .map(|count| folded(&joined.get(..count).unwrap_or_default().join(" "), MAX_MARK))
        .collect();
    ends.any(|end| joined.iter().any(|line| line.ends_with(end)))
}

fn is_header(plain: &str, behind: &[&str]) -> bool {
    let (first, next) = HEADER;
    let is_field = |line: &&str| {
        let line = folded(line.trim(), MAX_MARK);
        next.iter().any(|name| line.starts_with(name))
    };
    let bare = plain.trim_start_matches('*');
    first.iter().any(|name| bare.starts_with(name)) && behind.iter().skip(1).take(3).any(is_field)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotations_and_signatures_are_cut_off() {
        for text in [
            "Fixed.\n\nOn Fri, 27 Nov 2026 at 10:00, Atalaya <abuse@list.example>\nwrote:\n> stop\nmore",
            "Fixed.\n\nEl vie, 27 nov 2026, Atalaya escribió:\n\n> x",
            "Fixed.\n-- \nJohn\nstop",
            "Fixed.\n\n-----Original Message-----\nFrom: x\n\nstop",
            "Fixed.\n________________________________\nFrom: Atalaya\nstop",
            "Fixed.\n\nFrom: Atalaya <a@b.example>\nSent: Friday\nTo: x\n\nstop",
            "Fixed.\n\nVon: Atalaya\nGesendet: Freitag\n\nstop",
            "> we list you\nFixed.\n> stop\n",
            "Fixed.\nSent from my phone\nstop",
        ] {
            assert_eq!(new_text(text), "Fixed.", "{text}");
        }
    }

    #[test]
    fn what_looks_a_little_like_a_quotation_stays() {
        for text in [
            "On Monday we fixed it.\nBest",
            "From: the desk\nwe fixed it",
            "- fixed\n- closed",
        ] {
            assert_eq!(new_text(text), text);
        }
        assert!(new_text(&"x\n".repeat(100_000)).lines().count() <= MAX_LINES);
    }
}
