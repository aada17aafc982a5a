//! Pages that stand under one word of the navigation, as links on each of them.

use crate::console::NavLink;
use crate::console::access::Visitor;

/// A page of mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tab {
    /// What leaves.
    Outbox,
    /// Whom nothing is sent.
    Suppressed,
}

/// The pages about mail.
pub(super) fn mail_tabs(visitor: &Visitor, here: Tab) -> Vec<NavLink> {
    let t = &visitor.reader.texts().console.mail;
    [
        (Tab::Outbox, "/console/outbox", t.outbox),
        (Tab::Suppressed, "/console/suppressed", t.suppressed),
    ]
    .into_iter()
    .map(|(tab, path, label)| NavLink {
        href: visitor.link(path),
        label,
        is_here: tab == here,
    })
    .collect()
}
