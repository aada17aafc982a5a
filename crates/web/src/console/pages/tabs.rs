//! Pages that stand under one word of the navigation, as links on each of them.

use crate::console::NavLink;
use crate::console::access::Visitor;

/// A page under a word of the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tab {
    /// What leaves.
    Outbox,
    /// Whom nothing is sent.
    Suppressed,
    /// What came back.
    Replies,
    /// Addresses that nobody writes to who means well.
    Traps,
    /// Who reports.
    Reporters,
    /// Who asks by a key.
    Keys,
    /// Lists of others.
    Feeds,
    /// The search for a contact.
    Search,
    /// Contacts that a person set.
    SetContacts,
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
    let tabs = [
        (Tab::Outbox, "/console/outbox", t.outbox),
        (Tab::Replies, "/console/replies", t.replies),
        (Tab::Suppressed, "/console/suppressed", t.suppressed),
    ];
    links(visitor, &tabs, here)
}

/// The pages about what tells us, and who asks.
pub(super) fn source_tabs(visitor: &Visitor, here: Tab) -> Vec<NavLink> {
    let c = &visitor.reader.texts().console;
    let t = &c.sources;
    let tabs = [
        (Tab::Traps, "/console/traps", t.traps),
        (Tab::Reporters, "/console/reporters", t.reporters),
        (Tab::Keys, "/console/keys", c.keys.title),
        (Tab::Feeds, "/console/feeds", t.feeds),
    ];
    links(visitor, &tabs, here)
}

/// The pages about whom to tell.
pub(super) fn contact_tabs(visitor: &Visitor, here: Tab) -> Vec<NavLink> {
    let c = &visitor.reader.texts().console;
    let tabs = [
        (Tab::Search, "/console/contacts", c.set_contacts.search),
        (
            Tab::SetContacts,
            "/console/contacts/by-hand",
            c.set_contacts.title,
        ),
    ];
    links(visitor, &tabs, here)
}

fn links(visitor: &Visitor, tabs: &[(Tab, &str, &'static str)], here: Tab) -> Vec<NavLink> {
    let link = |(tab, path, label): &(Tab, &str, &'static str)| NavLink {
        href: visitor.link(path),
        label,
        is_here: *tab == here,
    };
    tabs.iter().map(link).collect()
}
