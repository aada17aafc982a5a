//! What a profile is called: which botnet it tells, which system, which program. Made once for each profile, not for each connection.

use std::collections::HashMap;
use std::sync::Arc;

use atalaya_formats::signatures::{Family, Matcher, Named};
use atalaya_formats::smtp::programs;
use atalaya_formats::syn::Syn;
use atalaya_model::{DialectId, Fingerprint, Kind, ShapeId};
use sha2::{Digest as _, Sha256};

use super::census::Census;
use crate::catalogue::{Catalogue, Texts};
use crate::profile::Profile;

/// Who a sender is, as far as its looks tell.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Identity {
    /// A botnet of the catalogue, by its name.
    Botnet(String),
    /// A network stack that no signature knows and that many share, by its signature.
    Stack(String),
    /// A dialect that no program that we know speaks and that many share.
    Dialect(DialectId),
    /// A program that we know by its dialect.
    Program(&'static str),
    /// It was fooled by a forged sender itself.
    Backscatter,
    /// Nothing tells.
    Unknown,
}

/// What kind of stack it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stack {
    /// That of an operating system.
    Ordinary,
    /// None that we know, or one that only bots have; and many share it.
    Strange,
    /// There is nothing to tell by, or nobody shares it.
    Unseen,
}

/// The stack of a profile.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    pub(crate) stack: Stack,
    /// The first packet; none where there is none.
    kept: Option<Fingerprint>,
    /// The signature of the stack; empty where there is none.
    pub(crate) signature: String,
    /// Its name, with what weakens it.
    pub(crate) system: String,
}

impl Shown {
    /// What signatures say of the stack of a profile.
    pub(crate) fn of(profile: &Profile, matcher: &Matcher, census: &Census) -> Self {
        let kept: Option<Fingerprint> = profile.stack.parse().ok();
        let named = kept.as_ref().map(|kept| matcher.name(kept));
        let signature = kept
            .as_ref()
            .and_then(Syn::of)
            .map_or_else(String::new, |syn| syn.signature());
        let is_common = census.has_common_stack(profile);
        let stack = match &named {
            None | Some(Named::Unavailable) => Stack::Unseen,
            Some(Named::Known(found)) if is_ordinary(&found.label.family) => Stack::Ordinary,
            Some(_) if is_common => Stack::Strange,
            Some(_) => Stack::Unseen,
        };
        let system = match &named {
            None => "not seen".to_owned(),
            Some(Named::Unknown) if is_common => format!("unknown {signature}"),
            Some(named) => named.to_string(),
        };
        Self {
            stack,
            kept,
            signature,
            system,
        }
    }
}

/// Whether it is an operating system, and neither a bot nor a tool.
fn is_ordinary(family: &Family) -> bool {
    match family {
        Family::System(class) => !class.eq_ignore_ascii_case("bot"),
        Family::Unstated => true,
        Family::Tool => false,
    }
}

/// What names are made with.
#[derive(Debug)]
pub(crate) struct Names {
    pub(crate) catalogue: Arc<Catalogue>,
    pub(crate) matcher: Arc<Matcher>,
    /// The texts of the dialects and shapes that were met.
    pub(crate) dialects: HashMap<DialectId, String>,
    pub(crate) shapes: HashMap<ShapeId, String>,
}

impl Names {
    /// Who a sender is that looked like this.
    pub(crate) fn identity(&self, profile: &Profile, shown: &Shown, census: &Census) -> Identity {
        if profile.kind == Kind::Backscatter {
            return Identity::Backscatter;
        }
        let texts = Texts {
            dialect: profile
                .dialect
                .and_then(|id| self.dialects.get(&id))
                .map(String::as_str),
            headers: profile
                .headers
                .and_then(|id| self.shapes.get(&id))
                .map(String::as_str),
        };
        if let Some(botnet) = self.catalogue.botnet_of(profile, shown.kept.as_ref(), texts) {
            return Identity::Botnet(botnet.name.clone());
        }
        match (shown.stack, profile.dialect, profile.dialect.and_then(programs)) {
            // Routers make strange stacks of ordinary ones; a program that is known is what it is behind them too.
            (_, _, Some(program)) => Identity::Program(program),
            (Stack::Strange, _, None) => Identity::Stack(shown.signature.clone()),
            (_, Some(dialect), None) if census.has_common_dialect(profile) => Identity::Dialect(dialect),
            _ => Identity::Unknown,
        }
    }
}

impl Identity {
    /// What it is called on pages.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Botnet(name) => name.clone(),
            Self::Stack(signature) => format!("stack #{}", short(signature)),
            Self::Dialect(id) => format!(
                "dialect #{}",
                id.to_string().chars().take(SHORT).collect::<String>()
            ),
            Self::Program(program) => (*program).to_owned(),
            Self::Backscatter => "backscatter".to_owned(),
            Self::Unknown => "unknown".to_owned(),
        }
    }

    /// Whether it is one that nobody has named.
    pub(crate) const fn is_nameless(&self) -> bool {
        matches!(self, Self::Stack(_) | Self::Dialect(_))
    }

    /// Whether it makes sense to ask how many machines there are of it.
    pub(crate) const fn is_crowd(&self) -> bool {
        matches!(self, Self::Botnet(_) | Self::Stack(_) | Self::Dialect(_))
    }
}

/// Digits of the number of a stack or dialect: the same on every machine and on every day.
const SHORT: usize = 6;

/// The number of a signature: the beginning of its SHA-256.
pub(crate) fn short(signature: &str) -> String {
    let digest: [u8; 32] = Sha256::digest(signature.as_bytes()).into();
    let digits: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.chars().take(SHORT).collect()
}
