//! Which of the mailboxes that a registry shows are written to.

use atalaya_formats::{Basis, Mailbox};
use atalaya_model::MailAddress;

/// Most addresses that are kept of one network. A notice goes to the first that is not our own; if one of them wants none, none is sent.
const MAX_ADDRESSES: usize = 3;

/// The domains of the registries, and of IANA. They hand addresses out and do not run the networks: their mailboxes stand in answers
/// about networks that they know nothing else of, and a notice there helps nobody.
const REGISTRIES: [&str; 27] = [
    // The five regional registries and IANA.
    "afrinic.net",
    "apnic.net",
    "arin.net",
    "lacnic.net",
    "ripe.net",
    "iana.org",
    "icann.org",
    // National registries: Japan, Korea, China, Taiwan, India, Indonesia, Viet Nam, Brazil, Mexico.
    "nic.ad.jp",
    "jpnic.jp",
    "nic.or.kr",
    "krnic.or.kr",
    "krnic.net",
    "kisa.or.kr",
    "cnnic.cn",
    "cnnic.net.cn",
    "twnic.tw",
    "twnic.net",
    "twnic.net.tw",
    "irinn.in",
    "nixi.in",
    "idnic.net",
    "idnic.id",
    "apjii.or.id",
    "vnnic.vn",
    "vnnic.net.vn",
    "registro.br",
    "nic.mx",
];

/// The mailboxes to write to, and why these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Choice {
    /// Where one may write, in the order of the answer.
    pub(super) addresses: Vec<MailAddress>,
    /// Why there.
    pub(super) basis: Basis,
}

/// Chooses the mailboxes of the best rank that are not a registry's own; none where no mailbox is for abuse.
pub(super) fn choose(mailboxes: &[Mailbox]) -> Option<Choice> {
    let usable: Vec<_> = mailboxes
        .iter()
        .filter(|mailbox| !is_of_registry(mailbox.address.domain()))
        .collect();
    let best = usable.iter().min_by_key(|mailbox| mailbox.rank)?;
    let alike = usable.iter().filter(|mailbox| mailbox.rank == best.rank);
    let addresses = alike
        .take(MAX_ADDRESSES)
        .map(|mailbox| mailbox.address.clone())
        .collect();
    Some(Choice {
        addresses,
        basis: best.basis,
    })
}

/// Those of mailboxes that may be written to: few, and no registry's own.
pub(super) fn usable(addresses: impl IntoIterator<Item = MailAddress>) -> Vec<MailAddress> {
    let others = addresses
        .into_iter()
        .filter(|address| !is_of_registry(address.domain()));
    others.take(MAX_ADDRESSES).collect()
}

/// Whether a domain or a host belongs to a registry.
pub(super) fn is_of_registry(name: &str) -> bool {
    let inside = |registry: &&str| {
        name.strip_suffix(*registry)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    REGISTRIES.iter().any(inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mailbox(address: &str, rank: u16) -> Mailbox {
        Mailbox {
            address: address.parse().unwrap(),
            basis: Basis::Named,
            rank,
        }
    }

    #[test]
    fn the_mailboxes_of_the_best_rank_are_chosen() {
        let found = choose(&[
            mailbox("c@example.net", 5),
            mailbox("a@example.net", 1),
            mailbox("b@example.net", 1),
        ])
        .unwrap();
        let addresses: Vec<_> = found.addresses.iter().map(MailAddress::as_str).collect();
        assert_eq!(addresses, ["a@example.net", "b@example.net"]);
        assert_eq!(choose(&[]), None);
    }

    #[test]
    fn a_registry_is_never_written_to() {
        for own in [
            "hostmaster@ripe.net",
            "abuse@db.ripe.net",
            "abuse@iana.org",
            "hostmaster@nic.or.kr",
            "search-apnic-not-arin@apnic.net",
        ] {
            assert_eq!(choose(&[mailbox(own, 0)]), None, "{own}");
            let found = choose(&[mailbox(own, 0), mailbox("abuse@example.net", 30)]).unwrap();
            assert_eq!(found.addresses.len(), 1, "{own}");
        }
        assert!(choose(&[mailbox("abuse@tripe.net", 0)]).is_some());
    }

    #[test]
    fn few_are_kept() {
        let many: Vec<_> = (0..10)
            .map(|number| mailbox(&format!("a{number}@example.net"), 0))
            .collect();
        assert_eq!(choose(&many).unwrap().addresses.len(), MAX_ADDRESSES);
    }
}
