//! What came back to notices, in both languages.

use crate::texts::{With1, With2, words_of};

/// What a mail that came back can be, as it is kept, in the order of its texts.
const KINDS: [&str; 13] = [
    "bounce",
    "delayed",
    "delivered",
    "report",
    "auto-reply",
    "acknowledgement",
    "reply",
    "fixed",
    "not-ours",
    "stop",
    "acknowledged",
    "out-of-office",
    "question",
];
/// What is done about it, likewise.
const ACTIONS: [&str; 6] = ["noted", "counted", "left-alone", "refused", "person", "settled"];

/// Replies.
pub(crate) struct RepliesTexts {
    pub(crate) lead: &'static str,
    pub(crate) waiting: &'static str,
    pub(crate) all: &'static str,
    pub(crate) none_waits: &'static str,
    pub(crate) none: &'static str,
    pub(crate) at: &'static str,
    pub(crate) from: &'static str,
    pub(crate) contact: &'static str,
    /// Where no notice of ours is answered.
    pub(crate) no_contact: &'static str,
    pub(crate) kind: &'static str,
    kinds: [&'static str; KINDS.len()],
    /// What nobody can tell by itself.
    unsure: &'static str,
    /// Kind, how sure.
    pub(crate) sure: With2,
    pub(crate) said: &'static str,
    pub(crate) action: &'static str,
    actions: [&'static str; ACTIONS.len()],
    pub(crate) because: &'static str,
    pub(crate) read: &'static str,
    /// The sender.
    pub(crate) title: With1,
    pub(crate) words: &'static str,
    pub(crate) no_mail: &'static str,
    pub(crate) settle: &'static str,
    pub(crate) meaning: &'static str,
    /// What each settlement means: ignore, fixed, not ours, stop.
    pub(crate) meanings: [&'static str; 4],
    pub(crate) prefixes: &'static str,
    pub(crate) prefixes_hint: &'static str,
    pub(crate) settled: &'static str,
}

impl RepliesTexts {
    /// What a mail is, in words.
    pub(crate) fn kind(&self, kind: &str) -> &'static str {
        words_of(kind, KINDS, self.kinds).unwrap_or(self.unsure)
    }

    /// What was done, in words; none of what this program does not do.
    pub(crate) fn action(&self, action: &str) -> &'static str {
        words_of(action, ACTIONS, self.actions).unwrap_or_default()
    }
}

/// In English.
pub(super) const ENGLISH: RepliesTexts = RepliesTexts {
    lead: "What came back to notices. What is plain is obeyed by itself; the rest waits for a person.",
    waiting: "What waits",
    all: "All that was heard",
    none_waits: "Nothing waits for you.",
    none: "Nothing was heard.",
    at: "Heard",
    from: "From",
    contact: "Contact",
    no_contact: "It answers no notice that we know of.",
    kind: "Kind",
    kinds: [
        "not delivered",
        "delayed",
        "delivered",
        "report of abuse",
        "automatic answer",
        "receipt",
        "answer",
        "says it is mended",
        "says it is not theirs",
        "wants no more notices",
        "has received it",
        "is away",
        "asks something",
    ],
    unsure: "not clear",
    sure: |kind, percent| format!("{kind} ({percent} % sure)"),
    said: "Said",
    action: "What was done",
    actions: [
        "noted",
        "counts against the contact",
        "no more notices go there",
        "no notice about this prefix goes there",
        "left to a person",
        "settled by a person",
    ],
    because: "Because",
    read: "What else was read",
    title: |sender| format!("Reply of {sender}"),
    words: "Its text",
    no_mail: "The mail is not kept any more, or a person settled something here.",
    settle: "Settle",
    meaning: "What it means",
    meanings: [
        "nothing follows from it",
        "the trouble is mended, says the contact",
        "the prefix is not the contact's: it is no answer for it any more",
        "the contact gets no more notices",
    ],
    prefixes: "Prefixes that are not the contact's",
    prefixes_hint: "Where the notice tells of several: those that are meant, with spaces between.",
    settled: "A person has settled this.",
};

/// In Spanish.
pub(super) const SPANISH: RepliesTexts = RepliesTexts {
    lead: "Lo que ha llegado en respuesta a los avisos. Lo que está claro se cumple sin más; el resto espera a una persona.",
    waiting: "Lo que espera",
    all: "Todo lo recibido",
    none_waits: "No hay nada que le espere.",
    none: "No se ha recibido nada.",
    at: "Recibido",
    from: "De",
    contact: "Contacto",
    no_contact: "No responde a ningún aviso que conozcamos.",
    kind: "Tipo",
    kinds: [
        "no entregado",
        "retrasado",
        "entregado",
        "denuncia de abuso",
        "respuesta automática",
        "acuse de recibo",
        "respuesta",
        "dice que está arreglado",
        "dice que no es suyo",
        "no quiere más avisos",
        "lo ha recibido",
        "está ausente",
        "pregunta algo",
    ],
    unsure: "no está claro",
    sure: |kind, percent| format!("{kind} (certeza del {percent} %)"),
    said: "Dijo",
    action: "Qué se hizo",
    actions: [
        "anotado",
        "cuenta en contra del contacto",
        "allí no van más avisos",
        "allí no van más avisos sobre ese prefijo",
        "queda para una persona",
        "resuelto por una persona",
    ],
    because: "Por qué",
    read: "Qué más se leyó",
    title: |sender| format!("Respuesta de {sender}"),
    words: "Su texto",
    no_mail: "El correo ya no se conserva, o aquí lo resolvió una persona.",
    settle: "Resolver",
    meaning: "Qué significa",
    meanings: [
        "no tiene consecuencias",
        "el problema está arreglado, dice el contacto",
        "el prefijo no es del contacto: ya no responde por él",
        "el contacto no recibe más avisos",
    ],
    prefixes: "Prefijos que no son del contacto",
    prefixes_hint: "Si el aviso habla de varios: aquellos a los que se refiere, separados por espacios.",
    settled: "Lo resolvió una persona.",
};
