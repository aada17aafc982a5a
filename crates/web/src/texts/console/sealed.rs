//! Evidence untouched, in both languages.

use crate::texts::With1;

/// What leaves untouched.
pub(crate) struct SealedTexts {
    pub(crate) link: &'static str,
    pub(crate) title: With1,
    pub(crate) lead: &'static str,
    pub(crate) reason: &'static str,
    pub(crate) reason_hint: &'static str,
    pub(crate) take: &'static str,
    pub(crate) back: &'static str,
    pub(crate) bad_reason: &'static str,
    pub(crate) too_large: With1,
    pub(crate) once: &'static str,
    pub(crate) taken: &'static str,
    pub(crate) for_whom: &'static str,
    pub(crate) observation: &'static str,
    pub(crate) message: &'static str,
    pub(crate) conversation: &'static str,
    pub(crate) not_kept: &'static str,
    pub(crate) save: With1,
    pub(crate) digest: &'static str,
}

/// In English.
pub(super) const ENGLISH: SealedTexts = SealedTexts {
    link: "Take it untouched",
    title: |address| format!("Seen from {address}, untouched"),
    lead: "Nothing is hidden in it: no trap, no recipient, no password. It is meant for a court or an authority like it. Who took it, when and for whom stands in the audit trail and in sealed.log.",
    reason: "Who asked, and why",
    reason_hint: "The court and the number of the case.",
    take: "Show it once",
    back: "Back to the views that hide",
    bad_reason: "The reason is one line of 1 to 200 characters.",
    too_large: |command| format!("It is too large for a page. By command: {command}"),
    once: "This page is shown this once and kept nowhere. What you save of it is yours to keep.",
    taken: "Taken",
    for_whom: "For whom",
    observation: "What was observed",
    message: "The message as it came",
    conversation: "The conversation",
    not_kept: "It is not kept, or not any more.",
    save: |name| format!("Save {name}, byte by byte"),
    digest: "SHA-256",
};

/// In Spanish.
pub(super) const SPANISH: SealedTexts = SealedTexts {
    link: "Sacarla intacta",
    title: |address| format!("Visto desde {address}, intacto"),
    lead: "No se oculta nada: ni trampas, ni destinatarios, ni contraseñas. Es para un juzgado o una autoridad semejante. Quién la sacó, cuándo y para quién consta en el registro de auditoría y en sealed.log.",
    reason: "Quién lo pidió, y por qué",
    reason_hint: "El juzgado y el número del procedimiento.",
    take: "Mostrar una vez",
    back: "Volver a las vistas que ocultan",
    bad_reason: "El motivo es una línea de 1 a 200 caracteres.",
    too_large: |command| format!("Es demasiado grande para una página. Con la orden: {command}"),
    once: "Esta página se muestra esta única vez y no se guarda en ningún sitio. Lo que guarde de ella queda a su cargo.",
    taken: "Sacado",
    for_whom: "Para quién",
    observation: "Qué se observó",
    message: "El mensaje tal como llegó",
    conversation: "La conversación",
    not_kept: "No se guarda, o ya no.",
    save: |name| format!("Guardar {name}, byte a byte"),
    digest: "SHA-256",
};
