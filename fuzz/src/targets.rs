//! All targets, by name.

use crate::{
    bounce, complaint, config, contacts, conversation, dkim, dns, lists, logs, mbox, message, milter,
    mta_sts, pcap, places, policy, puzzle, rbldnsd, rdap, received, redact, reply, reports, shape,
    signatures, smtp, spf, statistics, syn, ticket, tlog, verp, whois, words,
};

/// A target: takes any bytes, and panics where a property does not hold.
pub type Target = fn(&[u8]);

/// Every target by its name, which is also that of its seeds and of its entry point.
pub const TARGETS: &[(&str, Target)] = &[
    ("bounce", bounce),
    ("complaint", complaint),
    ("config", config),
    ("contacts", contacts),
    ("conversation", conversation),
    ("dkim", dkim),
    ("dns", dns),
    ("lists", lists),
    ("logs", logs),
    ("mbox", mbox),
    ("message", message),
    ("milter", milter),
    ("mta_sts", mta_sts),
    ("pcap", pcap),
    ("places", places),
    ("policy", policy),
    ("puzzle", puzzle),
    ("rbldnsd", rbldnsd),
    ("rdap", rdap),
    ("received", received),
    ("redact", redact),
    ("reply", reply),
    ("reports", reports),
    ("shape", shape),
    ("signatures", signatures),
    ("smtp", smtp),
    ("syn", syn),
    ("spf", spf),
    ("statistics", statistics),
    ("ticket", ticket),
    ("tlog", tlog),
    ("verp", verp),
    ("whois", whois),
    ("words", words),
];
