//! What came back to notices, in both languages.

use crate::texts::{With1, With2};

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
    pub(crate) kind: &'static str,
    /// Kind, how sure.
    pub(crate) sure: With2,
    pub(crate) said: &'static str,
    pub(crate) action: &'static str,
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
    kind: "Kind",
    sure: |kind, percent| format!("{kind}, sure to {percent} %"),
    said: "Said",
    action: "What was done",
    because: "Because",
    read: "What else was read",
    title: |sender| format!("Reply of {sender}"),
    words: "Its words",
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
    lead: "Lo que volvió a los avisos. Lo claro se obedece solo; el resto espera a una persona.",
    waiting: "Lo que espera",
    all: "Todo lo recibido",
    none_waits: "No le espera nada.",
    none: "No se ha recibido nada.",
    at: "Recibido",
    from: "De",
    contact: "Contacto",
    kind: "Tipo",
    sure: |kind, percent| format!("{kind}, seguro al {percent} %"),
    said: "Dijo",
    action: "Qué se hizo",
    because: "Porque",
    read: "Qué más se leyó",
    title: |sender| format!("Respuesta de {sender}"),
    words: "Sus palabras",
    no_mail: "El correo ya no se guarda, o aquí lo resolvió una persona.",
    settle: "Resolver",
    meaning: "Qué significa",
    meanings: [
        "no se sigue nada",
        "el problema está arreglado, dice el contacto",
        "el prefijo no es del contacto: ya no responde por él",
        "el contacto no recibe más avisos",
    ],
    prefixes: "Prefijos que no son del contacto",
    prefixes_hint: "Si el aviso habla de varios: los que se refiere, separados por espacios.",
    settled: "Lo resolvió una persona.",
};
