//! How sure an answer is, by who gave it and why it may be the one. The guide shows these numbers (docs/guide/contacts.md).

use atalaya_formats::Basis;
use atalaya_model::Confidence;

/// From here on nobody else is asked: the contact of a registry, whatever it stands on.
pub(crate) const SURE: Confidence = Confidence::percent(50);

/// What the registry's own service says now.
pub(super) const fn of_rdap(basis: Basis) -> Confidence {
    Confidence::percent(match basis {
        Basis::Named => 95,
        Basis::Marked => 85,
        Basis::LocalPart => 70,
        Basis::Remark => 60,
    })
}

/// What the registry says in text that is made for people, or said when its file was made.
pub(super) const fn of_text(basis: Basis) -> Confidence {
    Confidence::percent(match basis {
        Basis::Named => 90,
        Basis::Marked => 80,
        Basis::LocalPart => 65,
        Basis::Remark => 55,
    })
}

/// A contact zone: others' work on the registries' data.
pub(super) const ZONE: Confidence = Confidence::percent(75);
/// A domain that somebody has registered at abuse.net: perhaps the sender himself.
pub(super) const ABUSE_NET: Confidence = Confidence::percent(45);
/// What abuse.net makes up for a domain that it does not know.
pub(super) const ABUSE_NET_DEFAULT: Confidence = Confidence::percent(30);
/// Whoever runs the reverse zone: the network's own people, but those for names.
pub(super) const SOA: Confidence = Confidence::percent(35);
/// The usual mailbox of the domain of the reverse name: meant for this, but perhaps the sender's own.
pub(super) const REVERSE_NAME: Confidence = Confidence::percent(30);
/// Meant for holes in what that domain runs, and perhaps the sender's own.
pub(super) const SECURITY_TXT: Confidence = Confidence::percent(20);
