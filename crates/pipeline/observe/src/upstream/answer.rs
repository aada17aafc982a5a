//! What an answer of a DNS blocklist means (RFC 5782 section 2.1).

use std::net::Ipv4Addr;

use atalaya_model::Kind;

use super::UpstreamList;

/// What an answer says of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    /// Nothing, or nothing that counts.
    Nothing,
    /// That it is listed, by this code.
    Listed(Kind, Ipv4Addr),
}

/// Whether an address can be a code of a list. 127.0.0.1 is what parked domains and filters answer with, and 127.255.255.0/24 is where lists
/// say why they do not answer.
pub(super) const fn is_code(address: Ipv4Addr) -> bool {
    address.is_loopback() && !matches!(address.octets(), [127, 0, 0, 1] | [127, 255, 255, _])
}

/// Reads an answer.
///
/// # Errors
/// No list answers so: a sentence for the operator.
pub(super) fn read(addresses: &[Ipv4Addr], list: &UpstreamList) -> Result<Said, String> {
    if let Some(strange) = addresses.iter().find(|address| !is_code(**address)) {
        return Err(match strange.octets() {
            [127, 255, 255, 252] => "it says that its name is misspelt (127.255.255.252)".to_owned(),
            [127, 255, 255, 254] => {
                "it does not answer this resolver, which it takes for a public one (127.255.255.254)"
                    .to_owned()
            }
            [127, 255, 255, _] => {
                format!("it refuses to answer, perhaps because we ask too much ({strange})")
            }
            _ => format!("it answers with {strange}, which is no code of a list"),
        });
    }
    if list.codes.is_empty() {
        let first = addresses.first();
        return Ok(first.map_or(Said::Nothing, |code| Said::Listed(list.kind, *code)));
    }
    let known = |code: &Ipv4Addr| Some(Said::Listed(*list.codes.get(code)?, *code));
    Ok(addresses.iter().find_map(known).unwrap_or(Said::Nothing))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(last: [u8; 3]) -> Ipv4Addr {
        let [b, c, d] = last;
        Ipv4Addr::new(127, b, c, d)
    }

    #[test]
    fn codes_mean_what_the_configuration_says_and_others_nothing() {
        let mut list = UpstreamList::new("bl.example.net");
        assert_eq!(read(&[], &list), Ok(Said::Nothing));
        assert_eq!(
            read(&[code([0, 0, 9])], &list),
            Ok(Said::Listed(Kind::Listed, code([0, 0, 9])))
        );
        list.codes.insert(code([0, 0, 4]), Kind::Bot);
        assert_eq!(read(&[code([0, 0, 10])], &list), Ok(Said::Nothing));
        let both = [code([0, 0, 10]), code([0, 0, 4])];
        assert_eq!(read(&both, &list), Ok(Said::Listed(Kind::Bot, code([0, 0, 4]))));
    }

    #[test]
    fn what_no_list_answers_with_is_a_reason_against_it() {
        let list = UpstreamList::new("bl.example.net");
        for (address, why) in [
            (Ipv4Addr::new(192, 0, 2, 1), "no code"),
            (Ipv4Addr::LOCALHOST, "no code"),
            (code([255, 255, 252]), "misspelt"),
            (code([255, 255, 254]), "public"),
            (code([255, 255, 255]), "refuses"),
        ] {
            let told = read(&[code([0, 0, 2]), address], &list).unwrap_err();
            assert!(told.contains(why), "{told}");
        }
    }
}
