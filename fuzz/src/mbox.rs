//! Target `mbox`: a file of many mails.
//!
//! Input: one byte for the longest mail that is taken and for how the file arrives, then the file.

use std::io::{BufReader, Cursor};

use atalaya_formats::mbox::{Entry, Mbox, is_mbox};

use crate::text::choice;

/// Cuts a file into mails.
pub fn mbox(data: &[u8]) {
    let (choices, file) = choice(data);
    let longest = usize::from(choices) * 8;
    let entries = cut(file, longest, file.len().max(1));
    assert_eq!(
        entries,
        cut(file, longest, usize::from(choices % 16) + 1),
        "the pieces matter"
    );
    let consumed: u64 = entries.iter().map(|entry| entry.consumed).sum();
    assert_eq!(
        usize::try_from(consumed),
        Ok(file.len()),
        "bytes were lost or read twice"
    );
    assert_eq!(entries.is_empty(), file.is_empty());
    assert!(!is_mbox(file) || !entries.is_empty());
    let mut behind = file;
    for (place, entry) in (1_u64..).zip(&entries) {
        assert_eq!(entry.number, place);
        let (own, rest) = behind.split_at(usize::try_from(entry.consumed).unwrap());
        behind = rest;
        if let Some(mail) = &entry.mail {
            assert!(mail.len() <= longest, "{} bytes, more than {longest}", mail.len());
            assert!(
                mail.is_empty() || own.windows(mail.len()).any(|window| window == *mail),
                "not from its place"
            );
        }
    }
}

/// The entries of a file that arrives in pieces of this size.
fn cut(file: &[u8], longest: usize, piece: usize) -> Vec<Entry> {
    Mbox::new(BufReader::with_capacity(piece, Cursor::new(file)), longest)
        .collect::<Result<_, _>>()
        .unwrap()
}
