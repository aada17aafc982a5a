//! What stands beside the verdict on the page of an address, in both languages: who holds it, when it was seen, which zones have it.

use super::With1;

/// Beside the verdict.
pub(crate) struct GlanceTexts {
    pub(crate) title: &'static str,
    pub(crate) network: &'static str,
    pub(crate) holder: &'static str,
    pub(crate) contact: &'static str,
    /// Domain.
    pub(crate) contact_at: With1,
    pub(crate) first_seen: &'static str,
    pub(crate) last_seen: &'static str,
    pub(crate) messages: &'static str,
    pub(crate) before: &'static str,
    /// Number.
    pub(crate) times: With1,
    pub(crate) once: &'static str,
    pub(crate) never: &'static str,
    pub(crate) zones: &'static str,
    pub(crate) zone: &'static str,
    pub(crate) answer: &'static str,
    pub(crate) not_listed: &'static str,
}

/// In English.
pub(super) const ENGLISH: GlanceTexts = GlanceTexts {
    title: "At a glance",
    network: "Network",
    holder: "Name in the registry",
    contact: "Its abuse contact",
    contact_at: |domain| format!("A mailbox at {domain}"),
    first_seen: "First seen",
    last_seen: "Last seen",
    messages: "Messages kept",
    before: "On the list before",
    times: |count| format!("{count} times"),
    once: "Once",
    never: "Never",
    zones: "In each zone",
    zone: "Zone",
    answer: "Answer",
    not_listed: "Not listed",
};

/// In Spanish.
pub(super) const SPANISH: GlanceTexts = GlanceTexts {
    title: "De un vistazo",
    network: "Red",
    holder: "Nombre en el registro",
    contact: "Su contacto de abuso",
    contact_at: |domain| format!("Un buzón en {domain}"),
    first_seen: "Vista por primera vez",
    last_seen: "Vista por última vez",
    messages: "Mensajes guardados",
    before: "Antes en la lista",
    times: |count| format!("{count} veces"),
    once: "Una vez",
    never: "Nunca",
    zones: "En cada zona",
    zone: "Zona",
    answer: "Respuesta",
    not_listed: "No está",
};
