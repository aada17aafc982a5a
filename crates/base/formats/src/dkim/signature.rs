//! What one field `DKIM-Signature` says (RFC 6376 section 3.5).

use atalaya_model::Timestamp;

use super::canonical::Form;
use super::tags::{Tags, decoded, is_name};
use super::{Algorithm, Flaw};

/// The longest field that is read: an RSA signature of 4,096 bits and a hundred names of fields take 3 kB.
pub(super) const MAX_FIELD: usize = 16 << 10;
/// Most names of fields that are signed.
const MOST_NAMES: usize = 200;
/// How far the clock of whoever signed may be ahead of ours.
const MAX_AHEAD_SECONDS: u64 = 600;

/// What a signature says of itself; nothing of it is proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    pub(super) algorithm: Algorithm,
    pub(super) domain: String,
    pub(super) selector: String,
    /// Whether the identity is of a domain below the one that signs.
    pub(super) is_below: bool,
    pub(super) names: Vec<String>,
    pub(super) header: Form,
    pub(super) body: Form,
    pub(super) length: Option<u64>,
    pub(super) body_hash: Vec<u8>,
    pub(super) bytes: Vec<u8>,
}

impl Signature {
    /// Reads the value of a field, judged at a moment: that at which the mail came.
    pub(crate) fn read(value: &[u8], at: Timestamp) -> Result<Self, Flaw> {
        let text = std::str::from_utf8(value).map_err(|_other_bytes| Flaw::Malformed)?;
        let tags = Some(text)
            .filter(|text| text.len() <= MAX_FIELD)
            .and_then(Tags::read);
        let tags = tags.ok_or(Flaw::Malformed)?;
        let needed = |name| tags.get(name).ok_or(Flaw::Malformed);
        if needed("v")? != "1" {
            return Err(Flaw::Malformed);
        }
        let algorithm = algorithm(needed("a")?)?;
        let domain = name(needed("d")?, 2)?;
        let (header, body) = forms(tags.get("c"))?;
        check_times(&tags, at)?;
        Ok(Self {
            algorithm,
            selector: name(needed("s")?, 1)?,
            is_below: is_below(tags.get("i"), &domain)?,
            domain,
            names: names(&tags)?,
            header,
            body,
            length: tags.number("l")?,
            body_hash: decoded(needed("bh")?).ok_or(Flaw::Malformed)?,
            bytes: decoded(needed("b")?).ok_or(Flaw::Malformed)?,
        })
    }

    /// The domain that signs, in small letters.
    #[must_use]
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// The name that the key stands at in DNS.
    #[must_use]
    pub fn key_name(&self) -> String {
        format!("{}._domainkey.{}", self.selector, self.domain)
    }

    /// Whether fields of a name are signed.
    #[must_use]
    pub fn covers(&self, name: &str) -> bool {
        self.names.iter().any(|own| own.eq_ignore_ascii_case(name))
    }
}

fn algorithm(text: &str) -> Result<Algorithm, Flaw> {
    let mut all = [Algorithm::RsaSha256, Algorithm::Ed25519Sha256].into_iter();
    all.find(|algorithm| algorithm.name().eq_ignore_ascii_case(text))
        .ok_or(Flaw::Algorithm)
}

fn name(text: &str, labels: usize) -> Result<String, Flaw> {
    match is_name(text, labels) {
        true => Ok(text.to_ascii_lowercase()),
        false => Err(Flaw::Malformed),
    }
}

/// The forms of header and body; where the second is missing, it is simple.
fn forms(text: Option<&str>) -> Result<(Form, Form), Flaw> {
    let form = |name: &str| match name {
        "simple" => Ok(Form::Simple),
        "relaxed" => Ok(Form::Relaxed),
        _ => Err(Flaw::Malformed),
    };
    let text = text.unwrap_or("simple").to_ascii_lowercase();
    let (header, body) = text.split_once('/').unwrap_or((&text, "simple"));
    Ok((form(header)?, form(body)?))
}

/// The names of the signed fields, `From` among them.
fn names(tags: &Tags<'_>) -> Result<Vec<String>, Flaw> {
    let names = tags.list("h").ok_or(Flaw::Malformed)?;
    let names: Vec<String> = names
        .take(MOST_NAMES.saturating_add(1))
        .map(str::to_owned)
        .collect();
    if names.len() > MOST_NAMES {
        return Err(Flaw::Malformed);
    }
    match names.iter().any(|name| name.eq_ignore_ascii_case("From")) {
        true => Ok(names),
        false => Err(Flaw::WithoutFrom),
    }
}

/// Whether the identity is of a domain below; it must be of the domain or below.
fn is_below(identity: Option<&str>, domain: &str) -> Result<bool, Flaw> {
    let Some(identity) = identity else {
        return Ok(false);
    };
    let (_local, own) = identity.rsplit_once('@').ok_or(Flaw::Malformed)?;
    let own = own.to_ascii_lowercase();
    let rest = own.strip_suffix(domain).ok_or(Flaw::Identity)?;
    match (rest.is_empty(), rest.ends_with('.')) {
        (true, _) => Ok(false),
        (false, true) => Ok(true),
        (false, false) => Err(Flaw::Identity),
    }
}

fn check_times(tags: &Tags<'_>, at: Timestamp) -> Result<(), Flaw> {
    let (signed, expires) = (tags.number("t")?, tags.number("x")?);
    let now = u64::try_from(at.seconds()).unwrap_or_default();
    if signed.is_some_and(|signed| signed > now.saturating_add(MAX_AHEAD_SECONDS)) {
        return Err(Flaw::Future);
    }
    match expires {
        Some(expires) if signed.is_some_and(|signed| expires <= signed) => Err(Flaw::Malformed),
        Some(expires) if expires < now => Err(Flaw::Expired),
        _ => Ok(()),
    }
}
