//! The keys for asking the list, in both languages. What they share with those for reports stands in `sources`.

use crate::texts::With1;

/// The keys in the console.
pub(crate) struct KeyTexts {
    pub(crate) title: &'static str,
    /// The zone.
    pub(crate) lead: With1,
    pub(crate) none: &'static str,
    pub(crate) name_hint: &'static str,
    pub(crate) per_day: &'static str,
    pub(crate) unknown: &'static str,
    pub(crate) over: &'static str,
    pub(crate) renew: &'static str,
    pub(crate) as_before: &'static str,
    /// The holder.
    pub(crate) end_of: With1,
    pub(crate) renew_hint: &'static str,
    pub(crate) asked_as: &'static str,
}

/// In English.
pub(super) const ENGLISH: KeyTexts = KeyTexts {
    title: "Keys for asking",
    lead: |zone| {
        format!(
            "Who may ask from anywhere, by a key in the name: 2.0.0.127.KEY.{zone}. A key is shown once and kept nowhere. A change counts within two seconds."
        )
    },
    none: "Nobody has a key.",
    name_hint: "A name for your own use, of letters, digits, dots, hyphens and underscores.",
    per_day: "Questions a day",
    unknown: "not known",
    over: "ended",
    renew: "Renew",
    as_before: "as before",
    end_of: |name| format!("End of the new key of {name}"),
    renew_hint: "Renewing makes another key for the same holder; the old one ends at once.",
    asked_as: "A test of it",
};

/// In Spanish.
pub(super) const SPANISH: KeyTexts = KeyTexts {
    title: "Claves de consulta",
    lead: |zone| {
        format!(
            "Quién puede consultar desde cualquier parte, con una clave en el nombre: 2.0.0.127.CLAVE.{zone}. Una clave se muestra una vez y no se guarda. Los cambios surten efecto en dos segundos."
        )
    },
    none: "Nadie tiene una clave.",
    name_hint: "Un nombre para su propio uso: letras, cifras, puntos, guiones y guiones bajos.",
    per_day: "Consultas al día",
    unknown: "no se sabe",
    over: "terminó",
    renew: "Renovar",
    as_before: "como antes",
    end_of: |name| format!("Fin de la clave nueva de {name}"),
    renew_hint: "Renovar crea otra clave para el mismo titular; la anterior deja de valer en el acto.",
    asked_as: "Una prueba",
};
