//! The page for those who run a mail server, in both languages: which zones there are, what they are for, and how programs ask them.

use super::With1;

/// Using the list.
pub(crate) struct UsingTexts {
    pub(crate) title: &'static str,
    /// Zone.
    pub(crate) lead: With1,
    pub(crate) zones: &'static str,
    pub(crate) zones_text: &'static str,
    pub(crate) zone: &'static str,
    pub(crate) holds: &'static str,
    pub(crate) holds_all: &'static str,
    pub(crate) on_this_page: &'static str,
    pub(crate) rules: &'static str,
    /// TTL, negative TTL.
    pub(crate) rules_text: fn(&str, &str) -> [String; 4],
    pub(crate) first: &'static str,
    pub(crate) first_text: &'static str,
    pub(crate) tried: &'static str,
    /// In the order of `snippets::PROGRAMS`: where the snippet goes.
    pub(crate) places: [&'static str; 8],
    pub(crate) warn_first: &'static str,
    pub(crate) closed: &'static str,
    pub(crate) health: &'static str,
    pub(crate) health_text: &'static str,
}

/// In English.
pub(super) const ENGLISH: UsingTexts = UsingTexts {
    title: "Use the list",
    lead: |zone| {
        format!(
            "Mail servers ask the zone {zone} in DNS about whoever connects to them, as RFC 5782 describes. Every snippet on this page is run in \
             the tests of the program that answers, with the real mail server."
        )
    },
    zones: "The zones, and what each is for",
    zones_text: "One question to the first zone tells all classes apart by its answer. Whoever wants one class alone asks its own zone.",
    zone: "Zone",
    holds: "Answers",
    holds_all: "All of them",
    on_this_page: "On this page",
    rules: "Before you begin",
    rules_text: |ttl, negative| {
        [
            "Try it with a warning or a score before you refuse mail, and compare with what your users miss.".to_owned(),
            "Name the answers that you act on. A rule that takes any answer for a listing also refuses where a broken resolver invents one."
                .to_owned(),
            "Never ask about your own users: they send from the very addresses that the last two classes stand for. Ask on port 25 alone, behind \
             the rules that let your networks and logged-in users pass."
                .to_owned(),
            format!("An answer “listed” is remembered for {ttl}, “not listed” for {negative}: a removal is felt that much later."),
        ]
    },
    first: "Try it by hand",
    first_text: "Two test entries show whether the list answers: the first is always listed, the second never.",
    tried: "Programs",
    places: [
        "unbound, where it guards against DNS rebinding (private-address): exempt the list, or its answers vanish.",
        "dnsmasq, with stop-dns-rebind: exempt the list.",
        "Postfix, in main.cf",
        "Postfix with postscreen, in main.cf",
        "Exim, in the ACL that acl_smtp_rcpt names, behind the lines that accept your own",
        "rspamd, in local.d/rbl.conf",
        "rspamd, the weights in local.d/rbl_group.conf",
        "SpamAssassin, in local.cf",
    ],
    warn_first: "To begin with, only as a warning in the log of Postfix:",
    closed: "This list answers those who hold a key: ask our postmaster for one. It stands as a label before the name of the zone.",
    health: "Watch its health",
    health_text: "Check every day that 127.0.0.2 is listed and 127.0.0.1 is not. A list that fails this is broken: stop asking it. Should we ever \
                  end this list, the policy says how.",
};

/// In Spanish.
pub(super) const SPANISH: UsingTexts = UsingTexts {
    title: "Usar la lista",
    lead: |zone| {
        format!(
            "Los servidores de correo preguntan en el DNS a la zona {zone} por quien se conecta a ellos, como describe el RFC 5782. Cada fragmento \
             de esta página se ejecuta en las pruebas del programa que responde, con el servidor de correo de verdad."
        )
    },
    zones: "Las zonas, y para qué sirve cada una",
    zones_text: "Una pregunta a la primera zona distingue todas las clases por su respuesta. Quien quiere una sola clase pregunta a su zona.",
    zone: "Zona",
    holds: "Respuestas",
    holds_all: "Todas",
    on_this_page: "En esta página",
    rules: "Antes de empezar",
    rules_text: |ttl, negative| {
        [
            "Pruébela con un aviso o con puntos antes de rechazar correo, y compare con lo que echan en falta sus usuarios.".to_owned(),
            "Indique las respuestas por las que actúa. Una regla que toma cualquier respuesta por una inclusión también rechaza cuando un \
             servidor de nombres estropeado se inventa una."
                .to_owned(),
            "No pregunte nunca por sus propios usuarios: envían justo desde las direcciones de las dos últimas clases. Pregunte solo en el puerto \
             25, tras las reglas que dejan pasar a sus redes y a los usuarios identificados."
                .to_owned(),
            format!(
                "La respuesta «está» se recuerda durante {ttl}, «no está» durante {negative}: una retirada se nota con ese retraso."
            ),
        ]
    },
    first: "Pruébela a mano",
    first_text: "Dos entradas de prueba muestran si la lista responde: la primera está siempre, la segunda nunca.",
    tried: "Programas",
    places: [
        "unbound, si protege contra el «DNS rebinding» (private-address): exima a la lista, o sus respuestas desaparecen.",
        "dnsmasq, con stop-dns-rebind: exima a la lista.",
        "Postfix, en main.cf",
        "Postfix con postscreen, en main.cf",
        "Exim, en la ACL que nombra acl_smtp_rcpt, tras las líneas que aceptan a los suyos",
        "rspamd, en local.d/rbl.conf",
        "rspamd, los pesos en local.d/rbl_group.conf",
        "SpamAssassin, en local.cf",
    ],
    warn_first: "Para empezar, solo como aviso en el registro de Postfix:",
    closed: "Esta lista responde a quienes tienen una clave: pídala a nuestro postmaster. Va como etiqueta delante del nombre de la zona.",
    health: "Vigile su salud",
    health_text: "Compruebe cada día que 127.0.0.2 está en la lista y 127.0.0.1 no. Una lista que falla en esto está rota: deje de preguntarle. Si \
                  alguna vez termina esta lista, la política dice cómo.",
};
