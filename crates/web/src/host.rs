//! By which name a request reaches us: what is not for everybody answers to our own names alone.
//!
//! A page elsewhere can have its name point to this machine and then read, in the browser of whoever may, what lies here (DNS rebinding): to the
//! browser it is the page's own site. What gives that away is the name in `Host`. An address there has been typed, or stands in a link, and no name
//! leads to it; a program that sends none is no browser.

use std::net::IpAddr;

use axum::extract::Request;
use axum::http::header::HOST;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Uri};

use crate::app::AppConfig;
use crate::failure::Failure;

/// The name that browsers lead to their own machine whatever DNS says (RFC 6761 section 6.3).
const LOCALHOST: &str = "localhost";
/// Most characters of a strange name that are told.
const MOST_TOLD: usize = 100;

/// Refuses a request by a name that is not ours.
pub(crate) fn check(config: &AppConfig, request: &Request) -> Result<(), Failure> {
    match strange_name(config, request.uri(), request.headers()) {
        Some(name) => Err(Failure::NotOurName(name)),
        None => Ok(()),
    }
}

/// The name by which a request came, where it is not ours.
pub(crate) fn strange_name(config: &AppConfig, uri: &Uri, headers: &HeaderMap) -> Option<String> {
    let hosts = headers.get_all(HOST).iter();
    let in_headers = hosts.map(|host| host.to_str().unwrap_or("?"));
    // In the form that proxies are asked in, the name stands in the request line, and counts before `Host` (RFC 9112 section 3.2.2).
    let in_line = uri.authority().map(Authority::as_str);
    let strange = in_headers.chain(in_line).find(|host| !is_ours(config, host))?;
    Some(strange.chars().take(MOST_TOLD).collect())
}

/// Whether a name, with a port or without, is one of ours.
fn is_ours(config: &AppConfig, host: &str) -> bool {
    let Some(name) = name_of(host) else {
        return false;
    };
    let urls = [config.public_url.as_str(), config.console_url()];
    let of_urls = urls.into_iter().filter_map(|url| name_of(after_scheme(url)));
    let named = config.web.own_names.iter().map(|name| name.to_ascii_lowercase());
    name == LOCALHOST || name.parse::<IpAddr>().is_ok() || of_urls.chain(named).any(|own| own == name)
}

/// What follows the scheme of a URL.
fn after_scheme(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

/// The name alone, in small letters: without port, without the dot at its end, an IPv6 address without brackets; none where there is none.
fn name_of(host: &str) -> Option<String> {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?.0,
        None => host.split_once(':').map_or(host, |(name, _port)| name),
    };
    let name = name.strip_suffix('.').unwrap_or(name);
    (!name.is_empty()).then(|| name.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strange(host: &str) -> bool {
        let mut config = AppConfig {
            public_url: "https://list.example:8443/".to_owned(),
            ..AppConfig::default()
        };
        config.console.url = Some("https://Console.example".to_owned());
        config.web.own_names = vec!["Backend".to_owned()];
        !is_ours(&config, host)
    }

    #[test]
    fn our_names_and_addresses_are_ours_with_any_port() {
        for host in [
            "list.example",
            "LIST.example:80",
            "list.example.",
            "console.example:443",
            "localhost",
            "localhost:18080",
            "127.0.0.1:8080",
            "192.0.2.1",
            "[::1]:8080",
            "[2001:db8::7]",
            "backend:8080",
        ] {
            assert!(!strange(host), "{host}");
        }
    }

    #[test]
    fn every_other_name_is_strange() {
        for host in [
            "evil.example",
            "list.example.evil.example",
            "127.0.0.1.evil.example:8080",
            "evil.example:127.0.0.1",
            "localhost.evil.example",
            "notlist.example",
            "user@list.example",
            "[::1",
            "[evil.example]",
            "",
            ":8080",
            "?",
            "0x7f.1",
        ] {
            assert!(strange(host), "{host}");
        }
    }
}
