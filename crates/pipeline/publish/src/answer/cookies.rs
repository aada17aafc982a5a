//! DNS cookies: how a client shows that its address is not forged (RFC 7873), in the form that servers of different makers share at one
//! address (RFC 9018 section 4).
//!
//! A client sends eight bytes of its own and gets them back with sixteen of ours, which only we can make: a hash over its bytes, its
//! address and the time, with a secret. Whoever sends them again has received our answer. Nothing is kept about any client.

use std::fmt;
use std::net::IpAddr;

use atalaya_model::Timestamp;
use data_encoding::HEXLOWER_PERMISSIVE;
use domain::base::Serial;
use domain::base::opt::cookie::Cookie;

use crate::config::PublishConfig;
use crate::error::PublishError;

/// How old a cookie may be, and how far ahead of our clock (RFC 9018 section 4.3).
const OLDEST_SECONDS: i32 = 3600;
const AHEAD_SECONDS: i32 = 300;

/// Makes cookies and knows its own.
pub(crate) struct Cookies {
    /// The one that makes cookies.
    making: [u8; 16],
    /// Others whose cookies are taken as well.
    accepted: Vec<[u8; 16]>,
}

impl Cookies {
    /// Reads the secrets of the configuration; makes one where there is none.
    ///
    /// # Errors
    /// One of them is not 32 hexadecimal digits.
    pub(crate) fn new(config: &PublishConfig) -> Result<Self, PublishError> {
        let read = |text: &atalaya_model::Secret| {
            let bytes = HEXLOWER_PERMISSIVE.decode(text.expose().as_bytes()).ok()?;
            bytes.try_into().ok()
        };
        let secrets: Option<Vec<[u8; 16]>> = config.cookie_secrets.iter().map(read).collect();
        let secrets = secrets.ok_or_else(|| PublishError::Setting {
            key: "cookie_secrets",
            reason: "each must be 32 hexadecimal digits: `openssl rand -hex 16` makes one".to_owned(),
        })?;
        Ok(match secrets.split_first() {
            Some((making, accepted)) => Self {
                making: *making,
                accepted: accepted.to_vec(),
            },
            None => Self {
                making: rand::random(),
                accepted: Vec::new(),
            },
        })
    }

    /// Whether the client had this cookie from us, and not long ago.
    pub(super) fn is_valid(&self, cookie: &Cookie, client: IpAddr, now: Timestamp) -> bool {
        let is_fresh = |made: Serial| {
            let age = seconds(now)
                .into_int()
                .wrapping_sub(made.into_int())
                .cast_signed();
            (-AHEAD_SECONDS..=OLDEST_SECONDS).contains(&age)
        };
        std::iter::once(&self.making)
            .chain(&self.accepted)
            .any(|secret| cookie.check_server_hash(client.to_canonical(), secret, is_fresh))
    }

    /// The cookie to send back.
    pub(super) fn renewed(&self, cookie: &Cookie, client: IpAddr, now: Timestamp) -> Cookie {
        cookie.create_response(seconds(now), client.to_canonical(), &self.making)
    }
}

impl fmt::Debug for Cookies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cookies").finish_non_exhaustive()
    }
}

/// The time as cookies tell it: seconds in 32 bits, compared as serials (RFC 9018 section 4.3).
fn seconds(now: Timestamp) -> Serial {
    let [_, _, _, _, low @ ..] = now.seconds().to_be_bytes();
    Serial(u32::from_be_bytes(low))
}

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use data_encoding::HEXLOWER;
    use domain::base::opt::cookie::{ClientCookie, ServerCookie};

    use super::*;

    fn cookies(secrets: &[&str]) -> Cookies {
        let config = PublishConfig {
            cookie_secrets: secrets
                .iter()
                .map(|text| atalaya_model::Secret::new(*text))
                .collect(),
            ..PublishConfig::default()
        };
        Cookies::new(&config).unwrap()
    }

    fn cookie(client: &str, server: Option<&str>) -> Cookie {
        let client: [u8; 8] = HEXLOWER.decode(client.as_bytes()).unwrap().try_into().unwrap();
        let server = server.map(|text| ServerCookie::from_octets(&HEXLOWER.decode(text.as_bytes()).unwrap()));
        Cookie::new(ClientCookie::from_octets(client), server)
    }

    /// The examples of RFC 9018 appendix A, with the secrets and clients that stand there.
    #[test]
    fn cookies_are_those_that_other_servers_make_and_take() {
        let first_secret = "e5e973e5a6b2a43f48e7dc849e37bfcf";
        let old = "dd3bdf9344b678b185a6f5cb60fca715";
        let new = "445536bcd2513298075a5d379663c962";
        let client: IpAddr = "198.51.100.100".parse().unwrap();
        let at = Timestamp::from_seconds;
        // A.1: the first answer to a client.
        let first =
            cookies(&[first_secret]).renewed(&cookie("2464c4abcf10c957", None), client, at(1_559_731_985));
        assert_eq!(
            first,
            cookie("2464c4abcf10c957", Some("010000005cf79f111f8130c3eee29480"))
        );
        // A.2: the same client again, renewed.
        let second = cookies(&[first_secret]).renewed(&first, client, at(1_559_734_385));
        assert_eq!(
            second,
            cookie("2464c4abcf10c957", Some("010000005cf7a871d4a564a1442aca77"))
        );
        // A.4: an IPv6 client, first with the old secret, then with the new one that came into use.
        let client = IpAddr::from_str("2001:db8:220:1:59de:d0f4:8769:82b8").unwrap();
        let known = cookie("22681ab97d52c298", Some("010000005cf7c57926556bd0934c72f8"));
        assert!(cookies(&[new, old]).is_valid(&known, client, at(1_559_741_961)));
        assert!(!cookies(&[new]).is_valid(&known, client, at(1_559_741_961)));
        let renewed = cookies(&[new, old]).renewed(&known, client, at(1_559_741_961));
        assert_eq!(
            renewed,
            cookie("22681ab97d52c298", Some("010000005cf7c609a6bb79d16625507a"))
        );
    }

    #[test]
    fn a_cookie_is_worth_an_hour_and_only_to_its_client() {
        let cookies = cookies(&[]);
        let client: IpAddr = "192.0.2.1".parse().unwrap();
        let made = cookies.renewed(
            &cookie("2464c4abcf10c957", None),
            client,
            Timestamp::from_seconds(10_000),
        );
        let is_valid = |seconds| cookies.is_valid(&made, client, Timestamp::from_seconds(seconds));
        assert!(is_valid(10_000) && is_valid(13_600) && is_valid(9_700));
        assert!(!is_valid(13_601) && !is_valid(9_699));
        let at = Timestamp::from_seconds(10_000);
        assert!(!cookies.is_valid(&made, "192.0.2.2".parse().unwrap(), at));
        assert!(cookies.is_valid(&made, "::ffff:192.0.2.1".parse().unwrap(), at));
        let other = Cookie::new(ClientCookie::from_octets([0; 8]), made.server().cloned());
        assert!(!cookies.is_valid(&other, client, at));
        assert!(!cookies.is_valid(&cookie("2464c4abcf10c957", None), client, at));
        assert!(!self::cookies(&[]).is_valid(&made, client, at), "another secret");
    }
}
