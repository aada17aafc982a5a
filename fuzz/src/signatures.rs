//! Target `signatures`: files of signatures, as operators bring them.
//!
//! Input: the file.

use atalaya_formats::signatures::{MOST_SIGNATURES, Signatures};
use atalaya_formats::syn::Syn;

use crate::text::assert_presentable;

/// SYNs that are held against what was read.
const SYNS: [&str; 4] = [
    "4:57:0:60+0:1460:64240,7:mss,sok,ts,nop,ws:df,id+",
    "4:128:0:44+0:536:24000,0:mss:",
    "6:64:0:60+0:0:0,0::flow",
    "4:3:4:44+90:0:1024,0::id-,seq-",
];

/// Reads a file.
pub fn signatures(data: &[u8]) {
    let lines = data.split(|byte| *byte == b'\n').count();
    match Signatures::read(data) {
        Ok(signatures) => {
            assert!(signatures.len() <= MOST_SIGNATURES.min(lines));
            for syn in SYNS {
                let syn: Syn = syn.parse().unwrap();
                if let Some(found) = signatures.best(&syn, "fuzz") {
                    assert_presentable(&found.to_string(), 5000);
                    assert!((1..=lines).contains(&found.line));
                }
            }
        }
        Err(wrong) => {
            assert!(wrong.count() >= wrong.told().len() && !wrong.told().is_empty());
            assert!(wrong.told().iter().all(|line| (1..=lines).contains(&line.line)));
            assert_presentable(&wrong.to_string(), 10_000);
        }
    }
}
