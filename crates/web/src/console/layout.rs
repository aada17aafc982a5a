//! What stands around each page of the console: where one can go by one's role, who one is, the way out.

use atalaya_model::Role;

use super::access::Visitor;
use crate::app::Inner;
use crate::assets;
use crate::texts::{ConsoleFrameTexts, ConsoleTexts, Texts};

/// The pages that stand in the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// The first page.
    Dashboard,
    /// What is listed, and all about one of it.
    Listings,
    /// What is never listed.
    Allowed,
    /// What a person lists or allows.
    ByHand,
    /// What leaves by mail, whom it may not go to, and what came back.
    Mail,
    /// What tells us: traps, reporters, lists of others.
    Sources,
    /// Who is told of every message from his addresses.
    Feedback,
    /// Whom to tell of an address.
    Contacts,
    /// The work that waits, and the work with trouble.
    Jobs,
    /// The rules of judging.
    Rules,
    /// What was done by whom.
    Audit,
    /// Accounts and tokens.
    Accounts,
    /// One's own account, which stands beside the name.
    Own,
}

impl Place {
    /// Its path, and the least role that may go there.
    const fn way(self) -> (&'static str, Role) {
        match self {
            Self::Dashboard => ("/console", Role::Viewer),
            Self::Listings => ("/console/listings", Role::Viewer),
            Self::Allowed => ("/console/allowed", Role::Viewer),
            Self::ByHand => ("/console/by-hand", Role::Operator),
            Self::Mail => ("/console/outbox", Role::Desk),
            Self::Sources => ("/console/traps", Role::Operator),
            Self::Feedback => ("/console/feedback", Role::Operator),
            Self::Contacts => ("/console/contacts", Role::Desk),
            Self::Jobs => ("/console/jobs", Role::Operator),
            Self::Rules => ("/console/rules", Role::Operator),
            Self::Audit => ("/console/audit", Role::Operator),
            Self::Accounts => ("/console/accounts", Role::Administrator),
            Self::Own => ("/console/me", Role::Viewer),
        }
    }

    /// Its name.
    const fn label(self, t: &ConsoleFrameTexts) -> &'static str {
        match self {
            Self::Dashboard => t.dashboard,
            Self::Listings => t.listings,
            Self::Allowed => t.allowed,
            Self::ByHand => t.by_hand,
            Self::Mail => t.mail,
            Self::Sources => t.sources,
            Self::Feedback => t.feedback,
            Self::Contacts => t.contacts,
            Self::Jobs => t.jobs,
            Self::Rules => t.rules,
            Self::Audit => t.audit,
            Self::Accounts => t.accounts,
            Self::Own => t.own,
        }
    }
}

/// What stands under one word of the navigation, in the order of the pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// What is seen, and how it is judged.
    Watch,
    /// What is listed, and what never is.
    List,
    /// Who is told of it, and what he answers.
    Tell,
    /// The server itself, and those who operate it.
    Run,
}

impl Part {
    /// All of them, in their order.
    const ALL: [Self; 4] = [Self::Watch, Self::List, Self::Tell, Self::Run];

    /// Its pages, in their order.
    const fn places(self) -> &'static [Place] {
        match self {
            Self::Watch => &[Place::Sources, Place::Rules],
            Self::List => &[Place::Listings, Place::Allowed, Place::ByHand],
            Self::Tell => &[Place::Mail, Place::Contacts, Place::Feedback],
            Self::Run => &[Place::Jobs, Place::Audit, Place::Accounts],
        }
    }

    /// Its name.
    const fn label(self, t: &ConsoleFrameTexts) -> &'static str {
        match self {
            Self::Watch => t.watch,
            Self::List => t.list,
            Self::Tell => t.tell,
            Self::Run => t.run,
        }
    }
}

/// A link of the navigation.
pub(crate) struct NavLink {
    pub(crate) href: String,
    pub(crate) label: &'static str,
    /// Whether this is where one is.
    pub(crate) is_here: bool,
}

/// A word of the navigation, with the pages under it where one may go; there is at least one.
pub(crate) struct NavGroup {
    pub(crate) label: &'static str,
    pub(crate) links: Vec<NavLink>,
    /// Whether one is on one of them.
    pub(crate) is_here: bool,
}

/// What stands around a page; the templates call it `frame`.
pub(crate) struct ConsoleFrame {
    /// All texts, and those of the console.
    pub(crate) t: &'static Texts,
    pub(crate) c: &'static ConsoleTexts,
    pub(crate) language: &'static str,
    pub(crate) other_language: &'static str,
    pub(crate) other_language_link: String,
    pub(crate) style: &'static str,
    pub(crate) console_style: &'static str,
    pub(crate) console_script: &'static str,
    pub(crate) organisation: String,
    pub(crate) home: String,
    /// Of the page with everything together.
    pub(crate) overview: NavLink,
    pub(crate) nav: Vec<NavGroup>,
    /// Who is signed in, and as what.
    pub(crate) who: String,
    pub(crate) role: &'static str,
    pub(crate) own: NavLink,
    /// The language that a link chose, for forms that send their fields in the query.
    pub(crate) chosen: Option<&'static str>,
    /// What every form carries.
    pub(crate) csrf: String,
    pub(crate) sign_out: String,
}

impl ConsoleFrame {
    /// The frame for a visitor at a place.
    pub(crate) fn new(shared: &Inner, visitor: &Visitor, here: Place) -> Self {
        let (language, t) = (visitor.language(), visitor.reader.texts());
        let frame = &t.console.frame;
        let link = |place: Place| NavLink {
            href: visitor.link(place.way().0),
            label: place.label(frame),
            is_here: place == here,
        };
        let group = |part: Part| {
            let places = part.places().iter().copied();
            let links = places.filter(|place| visitor.may(place.way().1)).map(link);
            let links: Vec<NavLink> = links.collect();
            NavGroup {
                label: part.label(frame),
                is_here: links.iter().any(|link| link.is_here),
                links,
            }
        };
        let nav = Part::ALL.into_iter().map(group);
        Self {
            t,
            c: &t.console,
            language: language.tag(),
            other_language: language.other().tag(),
            other_language_link: visitor.reader.link_in(language.other()),
            style: assets::style_link(),
            console_style: assets::console_style_link(),
            console_script: assets::console_script_link(),
            organisation: shared.app.config.web.organisation.clone(),
            home: visitor.link(Place::Dashboard.way().0),
            overview: link(Place::Dashboard),
            nav: nav.filter(|group| !group.links.is_empty()).collect(),
            who: visitor.name.clone(),
            role: frame.role(visitor.role),
            own: link(Place::Own),
            chosen: visitor.reader.chosen(),
            csrf: visitor.csrf.clone(),
            sign_out: visitor.link("/console/sign-out"),
        }
    }
}
