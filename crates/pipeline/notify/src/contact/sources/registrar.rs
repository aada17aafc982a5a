//! The registrar of a domain name, by the RDAP service of its registry (RFC 9082 section 3.1.3).

use atalaya_formats::rdap;

use super::rdap::Rdap;
use crate::contact::answer::Wait;
use crate::contact::choose::usable;
use crate::contact::domain::Registrar;
use crate::contact::step::{Search, in_full};

/// The name of these steps.
const STEP: &str = "registrar";
/// How many names are tried, from the one that was given upwards: a host is not registered, the domain above it is.
const MOST_NAMES: usize = 4;

impl Rdap {
    /// Asks about a domain name, and where that is not registered about the one above it.
    ///
    /// # Errors
    /// If the server cannot be asked before a certain time.
    pub(super) async fn ask_registrar(
        &self,
        name: &str,
        search: &mut Search,
    ) -> Result<Result<Option<Registrar>, String>, Wait> {
        let base = match self.servers.server_for_name(&self.client, search, name).await {
            Ok(Some(base)) => base,
            Ok(None) => {
                search.end(STEP, name, "no RDAP server is known for this name");
                return Ok(Ok(None));
            }
            Err(why) => return Ok(Err(why)),
        };
        let mut name = name;
        for _ in 0..MOST_NAMES {
            let url = format!("{}/domain/{name}", base.trim_end_matches('/'));
            let answer = match self.fetch(&url, search).await? {
                Ok(answer) => answer,
                Err(why) => return Ok(Err(why)),
            };
            match answer.status {
                200 => return Ok(judge(name, &answer.url, &answer.body, search)),
                404 => search.end(STEP, url, "no such name is registered (status 404)"),
                status => {
                    search.end(STEP, url, format!("the server answers with status {status}"));
                    return Ok(Err(search.last_outcome()));
                }
            }
            match name.split_once('.') {
                Some((_, parent)) if parent.contains('.') => name = parent,
                _ => break,
            }
        }
        Ok(Ok(None))
    }
}

/// The registrar that an answer names, if it is one about the name.
fn judge(name: &str, url: &str, body: &[u8], search: &mut Search) -> Result<Option<Registrar>, String> {
    let domain = match rdap::read_domain(body) {
        Ok(domain) if domain.name == name => domain,
        Ok(_other) => {
            search.end(STEP, url, "refused: the answer is about another name");
            return Err(search.last_outcome());
        }
        Err(error) => {
            search.end(STEP, url, in_full(&error));
            return Err(search.last_outcome());
        }
    };
    let addresses = usable(domain.mailboxes.into_iter().map(|found| found.address));
    let names: Vec<_> = addresses.iter().map(ToString::to_string).collect();
    let told = if names.is_empty() {
        format!("{}: nobody is named for abuse", domain.registrar)
    } else {
        format!("{}: {}", domain.registrar, names.join(", "))
    };
    search.end(STEP, url, told);
    Ok(Some(Registrar {
        domain: domain.name,
        name: domain.registrar,
        addresses,
        url: url.to_owned(),
    }))
}
