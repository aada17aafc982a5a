//! Target `reply`: what people answer, or what looks like it.
//!
//! Input: a mail. Its text is also quoted under an answer of our own, which it must not change.

use atalaya_formats::reply::{Intent, MAX_SAID, SURE, read};

use crate::text::assert_presentable;

/// Reads an answer, and tries to make it mean something else.
pub fn reply(data: &[u8]) {
    let answer = read(data);
    assert_presentable(&answer.said, MAX_SAID);
    assert_eq!(answer.intent == Intent::Unsure, answer.confidence < SURE);
    what_is_quoted_means_nothing(data);
}

fn what_is_quoted_means_nothing(data: &[u8]) {
    let quoted: String = String::from_utf8_lossy(data)
        .lines()
        .map(|line| format!("> {line}\n"))
        .collect();
    for mark in ["", "-----Original Message-----\n"] {
        let mail = format!("Subject: Re: x\n\nThis has been resolved.\n\n{mark}{quoted}");
        let answer = read(mail.as_bytes());
        assert_eq!(answer.intent, Intent::Fixed, "{answer:?}");
        assert_eq!(answer.said, "This has been resolved.");
    }
}
