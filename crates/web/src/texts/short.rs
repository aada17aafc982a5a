//! The list in a few sentences, for the first page, filled in with the figures of the configuration, in both languages.

use super::Figures;

/// The list in short.
pub(crate) struct ShortTexts {
    pub(crate) title: &'static str,
    /// A question and its answer.
    pub(crate) points: fn(&Figures) -> [(&'static str, String); 4],
    pub(crate) whole: &'static str,
    pub(crate) contact: &'static str,
    pub(crate) contact_text: &'static str,
    pub(crate) use_it: &'static str,
    pub(crate) data: &'static str,
    pub(crate) network_link: &'static str,
    /// What each class of answer is meant for, in the order of `Class::ALL`.
    pub(crate) meant_for: &'static str,
    pub(crate) uses: [&'static str; 6],
}

/// In English.
pub(super) const ENGLISH: ShortTexts = ShortTexts {
    title: "This list in short",
    points: |f| {
        [
            (
                "What is on it?",
                format!(
                    "Addresses that sent spam to mailboxes which nobody uses. A message counts {}, {} or {} by the kind of mailbox; at {} the address \
                     is listed.",
                    f.pristine, f.recycled, f.typo, f.list_at
                ),
            ),
            (
                "For how long?",
                format!(
                    "{} after the last message, then it leaves by itself. Each return doubles that, up to {}.",
                    f.first_lifetime, f.longest_lifetime
                ),
            ),
            (
                "How does one leave?",
                "By a button on the page of the address, at once the first time. No account, no questions, no fee. Who comes back waits a little \
                 longer each time."
                    .to_owned(),
            ),
            (
                "What is it for?",
                "For mail servers that want to refuse spam, or to score it. Single addresses are listed, not their neighbours; the exceptions stand \
                 in the policy."
                    .to_owned(),
            ),
        ]
    },
    whole: "The whole policy, with its figures",
    contact: "Contact",
    contact_text: "For what no page can settle, write to our postmaster. Mail to this address is not filtered with the list.",
    use_it: "How to ask it: Postfix, Exim, rspamd, SpamAssassin and others",
    data: "Open data",
    network_link: "Ask for a link to the page of your network",
    meant_for: "Meant for",
    uses: [
        "Refusing",
        "Refusing",
        "Refusing",
        "Refusing",
        "Refusing at port 25",
        "Scoring",
    ],
};

/// In Spanish.
pub(super) const SPANISH: ShortTexts = ShortTexts {
    title: "La lista en pocas palabras",
    points: |f| {
        [
            (
                "¿Qué hay en ella?",
                format!(
                    "Direcciones que enviaron spam a buzones que nadie usa. Un mensaje cuenta {}, {} o {} según el tipo de buzón; al llegar a {} la \
                     dirección entra en la lista.",
                    f.pristine, f.recycled, f.typo, f.list_at
                ),
            ),
            (
                "¿Por cuánto tiempo?",
                format!(
                    "{} desde el último mensaje, y después sale sola. Cada vuelta lo dobla, hasta {}.",
                    f.first_lifetime, f.longest_lifetime
                ),
            ),
            (
                "¿Cómo se sale?",
                "Con un botón en la página de la dirección, al momento la primera vez. Sin cuenta, sin preguntas, sin pagar. Quien vuelve espera cada \
                 vez un poco más."
                    .to_owned(),
            ),
            (
                "¿Para qué sirve?",
                "Para servidores de correo que quieren rechazar el spam, o darle puntos. Entran direcciones sueltas, no sus vecinas; las excepciones \
                 están en la política."
                    .to_owned(),
            ),
        ]
    },
    whole: "La política entera, con sus cifras",
    contact: "Contacto",
    contact_text: "Para lo que ninguna página resuelve, escriba a nuestro postmaster. El correo a esta dirección no se filtra con la lista.",
    use_it: "Cómo preguntarle: Postfix, Exim, rspamd, SpamAssassin y otros",
    data: "Datos abiertos",
    network_link: "Pedir un enlace a la página de su red",
    meant_for: "Pensada para",
    uses: [
        "Rechazar",
        "Rechazar",
        "Rechazar",
        "Rechazar",
        "Rechazar en el puerto 25",
        "Dar puntos",
    ],
};
