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

/// A page of what is never listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AllowTab {
    /// The allow list.
    List,
    /// What networks ask for.
    Exceptions,
}

/// The pages about what is never listed: the list of it, and what networks ask for.
pub(super) fn allow_tabs(visitor: &Visitor, here: AllowTab) -> Vec<NavLink> {
    let c = &visitor.reader.texts().console;
    [
        (AllowTab::List, "/console/allowed", c.list.allowed),
        (AllowTab::Exceptions, "/console/exceptions", c.exceptions.title),
    ]
    .into_iter()
    .map(|(tab, path, label)| NavLink {
        href: visitor.link(path),
        label,
        is_here: tab == here,
    })
    .collect()
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
