//! What is known of our secondaries: the keys, who may copy the zone and who is told, put together once from the configuration.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use atalaya_model::Prefix;
use atalaya_net::{Crowded, Gate, Pass};
use data_encoding::BASE64;
use domain::tsig::{Algorithm, Key, KeyName};

use super::peers::TsigKey;
use crate::config::PublishConfig;
use crate::error::PublishError;

/// Transfers of one client at once: one that serves the zones of all classes begins with as many.
const MOST_PER_CLIENT: usize = 8;
/// The shortest key: half of what the shortest hash gives. RFC 8945 section 8 asks for as much as the hash gives.
const LEAST_KEY_BYTES: usize = 16;

/// A key that several transactions use at once.
pub(super) type SharedKey = Arc<Key>;
/// The keys by what a request says of them.
pub(super) type Keys = HashMap<(KeyName, Algorithm), SharedKey>;

/// Who gets the zone, and how.
#[derive(Debug)]
pub(crate) struct Secondaries {
    keys: Keys,
    allowed: Vec<(Option<Prefix>, Option<KeyName>)>,
    told: Vec<(SocketAddr, Option<SharedKey>)>,
    gate: Gate,
}

impl Secondaries {
    /// Reads the configuration.
    ///
    /// # Errors
    /// A key is none, or one that is named is not there.
    pub(crate) fn new(config: &PublishConfig) -> Result<Self, PublishError> {
        let mut keys = Keys::new();
        let mut by_name: HashMap<KeyName, SharedKey> = HashMap::new();
        for text in &config.tsig_keys {
            let key = Arc::new(read_key(text)?);
            keys.insert((key.name().clone(), key.algorithm()), Arc::clone(&key));
            if by_name.insert(key.name().clone(), key).is_some() {
                let reason = format!("there are two keys of the name `{}`", text.name);
                return Err(setting("tsig_keys", reason));
            }
        }
        let find = |setting_key, name: &Option<String>| {
            let Some(name) = name else { return Ok(None) };
            let known = name.parse().ok().and_then(|name: KeyName| by_name.get(&name));
            let missing = || {
                setting(
                    setting_key,
                    format!("`{name}` is no prefix and no key of tsig_keys"),
                )
            };
            known.cloned().map(Some).ok_or_else(missing)
        };
        let mut allowed = Vec::new();
        for secondary in &config.transfer_to {
            let key = find("transfer_to", &secondary.key)?;
            allowed.push((secondary.prefix, key.map(|key| key.name().clone())));
        }
        let mut told = Vec::new();
        for target in &config.notify {
            told.push((target.address, find("notify", &target.key)?));
        }
        let gate = Gate::new(usize::from(config.max_transfers), MOST_PER_CLIENT);
        Ok(Self {
            keys,
            allowed,
            told,
            gate,
        })
    }

    /// The keys that requests may be signed with.
    pub(super) fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Whether a client that signed with this key may copy the zone.
    pub(super) fn may_copy(&self, client: IpAddr, key: Option<&KeyName>) -> bool {
        self.allowed.iter().any(|(prefix, needed)| {
            prefix.is_none_or(|prefix| prefix.contains(client))
                && needed.as_ref().is_none_or(|needed| key == Some(needed))
        })
    }

    /// Asks leave for one more transfer to a client.
    pub(super) fn begin(&self, client: IpAddr) -> Result<Pass, Crowded> {
        self.gate.enter(client)
    }

    /// Who is told of changes, and the key to sign with.
    pub(crate) fn told(&self) -> impl Iterator<Item = (SocketAddr, Option<SharedKey>)> {
        self.told.iter().cloned()
    }
}

/// A key from its text. What it says of itself is told, never what it is.
fn read_key(text: &TsigKey) -> Result<Key, PublishError> {
    let wrong = |reason: &str| setting("tsig_keys", format!("key `{}`: {reason}", text.name));
    let name: KeyName = text
        .name
        .parse()
        .map_err(|_bad| wrong("its name is no domain name"))?;
    let algorithm: Algorithm = match text.algorithm.as_str() {
        // SHA-1 is for old servers only (RFC 8945 section 6), and ours need not be one.
        "hmac-sha256" | "hmac-sha384" | "hmac-sha512" => text.algorithm.parse().ok(),
        _ => None,
    }
    .ok_or_else(|| wrong("its algorithm must be hmac-sha256, hmac-sha384 or hmac-sha512"))?;
    let secret = BASE64
        .decode(text.secret.expose().as_bytes())
        .map_err(|_bad| wrong("its secret is no base64"))?;
    if secret.len() < LEAST_KEY_BYTES {
        return Err(wrong(
            "its secret is shorter than 16 bytes: tsig-keygen makes a good one",
        ));
    }
    Key::new(algorithm, &secret, name, None, None).map_err(|_never| wrong("it cannot be used"))
}

fn setting(key: &'static str, reason: String) -> PublishError {
    PublishError::Setting { key, reason }
}
