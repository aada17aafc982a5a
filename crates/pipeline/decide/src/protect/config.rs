//! What is never listed by the rules, as the operator sets it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use atalaya_model::{Period, Prefix, settings};

settings! {
    /// What the rules never list, because too many innocents send from there. Listing by hand goes on.
    pub struct ProtectConfig {
        /// Ranges, such as those of your own relays.
        ranges: Vec<Prefix> = Vec::new() => "[\"192.0.2.0/24\", \"2001:db8::/32\"]",
        /// Files of ranges: one address or prefix a line, `#` begins a comment. Read again at each refresh.
        files: Vec<PathBuf> = Vec::new() => "[\"/etc/atalaya/protected.txt\"]",
        /// Large domains whose senders are protected: the ranges that their SPF record lets send, and their mail servers (MX), as DNS tells
        /// them. The last good answer holds while DNS fails.
        domains: Vec<String> = Vec::new() => "[\"gmail.com\", \"outlook.com\", \"yahoo.com\", \"icloud.com\"]",
        /// The resolvers that are asked about them.
        resolvers: Vec<SocketAddr> = vec![SocketAddr::from(([127, 0, 0, 1], 53))],
        /// How often the files are read and the domains asked about again.
        refresh: Period = Period::hours(6),
    }
}

/// Most domains: each takes some dozens of questions at a refresh.
const MOST_DOMAINS: usize = 200;
/// The shortest time between two refreshes: whoever runs a domain is not to be asked without end.
const SHORTEST: Duration = Duration::from_secs(60);

impl ProtectConfig {
    /// Checks the ranges.
    ///
    /// # Errors
    /// A sentence that names the key and what it takes.
    pub fn check(&self) -> Result<(), String> {
        if self.refresh.duration() < SHORTEST {
            return Err("decide.protect.refresh must be at least 1m".to_owned());
        }
        if self.domains.len() > MOST_DOMAINS {
            return Err(format!(
                "decide.protect.domains must name at most {MOST_DOMAINS} domains"
            ));
        }
        if self.resolvers.is_empty() && !self.domains.is_empty() {
            return Err(
                "decide.protect.resolvers must name one, because decide.protect.domains is set".to_owned(),
            );
        }
        let is_name = |name: &String| {
            let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
            (1..=253).contains(&name.len()) && name.bytes().all(fits) && !name.starts_with('.')
        };
        match self.domains.iter().find(|name| !is_name(name)) {
            Some(name) => Err(format!("decide.protect.domains: `{name}` is no domain")),
            None => Ok(()),
        }
    }
}
