//! The pages that answer for many addresses at once, those of a range and those of a domain, in both languages.

use super::{With1, With2};

/// For many addresses.
pub(crate) struct ManyTexts {
    /// Number listed, number of all.
    pub(crate) some_listed: With2,
    pub(crate) none_listed: &'static str,
    pub(crate) no_addresses: &'static str,
    /// Number of units.
    pub(crate) range_lead: With1,
    /// The same for IPv6.
    pub(crate) range_lead_ipv6: With1,
    /// Domain.
    pub(crate) domain_lead: With1,
    pub(crate) domain_none: With1,
    /// The wider prefix.
    pub(crate) covered: With1,
    pub(crate) listed_here: &'static str,
    pub(crate) takes_mail: With1,
    pub(crate) is_named: With1,
    pub(crate) host_without: &'static str,
    pub(crate) until: &'static str,
    pub(crate) sends_elsewhere: &'static str,
    pub(crate) is_network: &'static str,
    /// A link to the page that sends a link.
    pub(crate) network_link: &'static str,
    /// The prefix, the most for each family.
    pub(crate) too_wide: &'static str,
    pub(crate) too_wide_text: With1,
    pub(crate) unanswered: &'static str,
    pub(crate) unanswered_text: With1,
}

/// In English.
pub(super) const ENGLISH: ManyTexts = ManyTexts {
    some_listed: |listed, all| format!("{listed} of {all} listed"),
    none_listed: "None is listed",
    no_addresses: "No address to look up",
    range_lead: |count| format!("These are {count} addresses, each looked up as DNS answers for it."),
    range_lead_ipv6: |count| {
        format!("This range has {count} networks of a /64 each, which is what IPv6 is listed by.")
    },
    domain_lead: |domain| {
        format!(
            "The addresses of the mail servers of {domain}, and those of the name itself, as DNS gives them now."
        )
    },
    domain_none: |domain| format!("DNS names no mail server and no address for {domain}."),
    covered: |prefix| format!("The wider range {prefix} is listed as a whole."),
    listed_here: "What is listed in it",
    takes_mail: |name| format!("Mail server {name}"),
    is_named: |name| format!("The name {name} itself"),
    host_without: "It has no address.",
    until: "Until",
    sends_elsewhere: "Mail often leaves through other machines than those that take it in. The message that refused your mail names the address \
                      that counts: look that one up.",
    is_network: "Is this your network? The link in our notices opens a page with all of it.",
    network_link: "Ask for a fresh link",
    too_wide: "That range is too wide for one page",
    too_wide_text: |prefix| {
        format!(
            "{prefix} holds more than 256 addresses (IPv4) or networks of a /64 (IPv6). Look up a /24 or a /56 of it at most, or one address."
        )
    },
    unanswered: "Nobody answers for that name",
    unanswered_text: |name| {
        format!(
            "The name servers of {name} gave no answer in time. Look up the address itself, or try again in a while."
        )
    },
};

/// In Spanish.
pub(super) const SPANISH: ManyTexts = ManyTexts {
    some_listed: |listed, all| format!("{listed} de {all} en la lista"),
    none_listed: "Ninguna está en la lista",
    no_addresses: "No hay dirección que consultar",
    range_lead: |count| {
        format!("Son {count} direcciones, consultada cada una tal como responde por ella el DNS.")
    },
    range_lead_ipv6: |count| {
        format!("Este rango tiene {count} redes de un /64, que es como entra IPv6 en la lista.")
    },
    domain_lead: |domain| {
        format!(
            "Las direcciones de los servidores de correo de {domain} y las del propio nombre, como las da ahora el DNS."
        )
    },
    domain_none: |domain| format!("El DNS no indica ningún servidor de correo ni dirección para {domain}."),
    covered: |prefix| format!("El rango más amplio {prefix} está entero en la lista."),
    listed_here: "Qué hay en la lista dentro de él",
    takes_mail: |name| format!("Servidor de correo {name}"),
    is_named: |name| format!("El propio nombre {name}"),
    host_without: "No tiene dirección.",
    until: "Hasta",
    sends_elsewhere: "A menudo el correo sale por otras máquinas que las que lo reciben. El mensaje que rechazó su correo indica la dirección \
                      que cuenta: consulte esa.",
    is_network: "¿Es su red? El enlace de nuestros avisos abre una página con toda ella.",
    network_link: "Pedir un enlace nuevo",
    too_wide: "Ese rango es demasiado amplio para una página",
    too_wide_text: |prefix| {
        format!(
            "{prefix} contiene más de 256 direcciones (IPv4) o redes de un /64 (IPv6). Consulte como mucho un /24 o un /56 suyo, o una dirección."
        )
    },
    unanswered: "Nadie responde por ese nombre",
    unanswered_text: |name| {
        format!(
            "Los servidores de nombres de {name} no respondieron a tiempo. Consulte la propia dirección, o pruebe más tarde."
        )
    },
};
