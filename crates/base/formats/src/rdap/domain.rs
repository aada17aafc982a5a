//! The domain object of an RDAP answer (RFC 9083 section 5.3), as far as it names the registrar's mailbox for abuse.

use serde_json::Value;

use super::entity::Harvest;
use super::{RdapError, list_of, parse, text_of};
use crate::mailbox::Mailbox;

/// Most entities of an answer that are looked at for the registrar.
const MAX_ENTITIES: usize = 100;

/// What a registry says about a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain {
    /// Its name, in lower case.
    pub name: String,
    /// The name of the registrar.
    pub registrar: String,
    /// What may be the registrar's mailbox for abuse, the best first. Those of the holder are none of it.
    pub mailboxes: Vec<Mailbox>,
}

/// Reads an answer about a domain.
///
/// # Errors
/// If the body is no such answer.
pub fn read_domain(body: &[u8]) -> Result<Domain, RdapError> {
    let value = parse(body)?;
    let name = text_of(&value, "ldhName").ok_or(RdapError::NotADomain)?;
    let entities = list_of(&value, "entities").iter().take(MAX_ENTITIES);
    let registrar = entities.into_iter().find(|entity| is_registrar(entity));
    let mut harvest = Harvest::default();
    harvest.gather(registrar.map_or(&[], std::slice::from_ref), 0);
    harvest.mailboxes.sort_by_key(|found| found.rank);
    Ok(Domain {
        name: name.trim_end_matches('.').to_ascii_lowercase(),
        registrar: registrar.and_then(full_name).unwrap_or_default(),
        mailboxes: harvest.mailboxes,
    })
}

fn is_registrar(entity: &Value) -> bool {
    let is = |role: &Value| {
        role.as_str()
            .is_some_and(|role| role.eq_ignore_ascii_case("registrar"))
    };
    list_of(entity, "roles").iter().any(is)
}

/// The property `fn` of the card of an entity, else its handle.
fn full_name(entity: &Value) -> Option<String> {
    let properties = entity.get("vcardArray")?.get(1)?.as_array()?;
    let is_name = |property: &&Value| property.get(0).and_then(Value::as_str) == Some("fn");
    let found = properties.iter().find(is_name)?.get(3)?.as_str()?;
    let name: String = found
        .chars()
        .filter(|c| !c.is_control())
        .take(super::MAX_TEXT)
        .collect();
    Some(name)
        .filter(|name| !name.is_empty())
        .or_else(|| text_of(entity, "handle"))
}
