//! Jobs, in both languages.

use crate::texts::words_of;

/// The kinds of jobs, as the store keeps them, in the order of their texts.
const KINDS: [&str; 6] = [
    "notice",
    "letter",
    "contact",
    "network-link",
    "feedback-domain",
    "feedback-cfbl",
];
/// What holds a notice back by itself, likewise: no trouble, but a limit that the configuration sets.
const LIMITS: [&str; 5] = ["window", "contact", "network", "total", "quiet-hours"];

/// The work that waits.
pub(crate) struct JobsTexts {
    pub(crate) lead: &'static str,
    pub(crate) none: &'static str,
    pub(crate) kind: &'static str,
    kinds: [&'static str; KINDS.len()],
    limits: [&'static str; LIMITS.len()],
    pub(crate) state: &'static str,
    pub(crate) count: &'static str,
    pub(crate) waiting: &'static str,
    pub(crate) done: &'static str,
    pub(crate) abandoned: &'static str,
    pub(crate) troubled: &'static str,
    pub(crate) troubled_none: &'static str,
    pub(crate) number: &'static str,
    pub(crate) about: &'static str,
    pub(crate) retry: &'static str,
    pub(crate) retry_all: &'static str,
}

impl JobsTexts {
    /// The name of a state of a job.
    pub(crate) fn state(&self, state: &str) -> &'static str {
        match state {
            "done" => self.done,
            "abandoned" => self.abandoned,
            _ => self.waiting,
        }
    }

    /// What a job does, in words; its bare name where this program knows no such job.
    pub(crate) fn does(&self, kind: &str) -> String {
        words_of(kind, KINDS, self.kinds).unwrap_or(kind).to_owned()
    }

    /// What a job waits for: a limit in words, or the error as it is.
    pub(crate) fn held_by(&self, error: &str) -> String {
        words_of(error, LIMITS, self.limits).unwrap_or(error).to_owned()
    }
}

/// In English.
pub(super) const ENGLISH: JobsTexts = JobsTexts {
    lead: "Slow work that may be tried more than once: notices to write, contacts to find, signatures to check. What is done is forgotten after 30 days.",
    none: "There are no jobs.",
    kind: "Kind",
    kinds: [
        "prepare a notice",
        "write a notice",
        "find a contact",
        "send a fresh link",
        "check a signature for those who enrolled",
        "tell a domain that signed (CFBL-Address)",
    ],
    limits: [
        "the last notice to the contact is too recent (notice.digest_window)",
        "the contact has had its notices of the day (notice.max_per_contact)",
        "the network has had its notices of the day (notice.max_per_network)",
        "all notices of the day have left (notice.max_per_day)",
        "quiet hours (notice.quiet_hours)",
    ],
    state: "State",
    count: "How many",
    waiting: "waits",
    done: "done",
    abandoned: "given up",
    troubled: "Those that could not be done at once",
    troubled_none: "Each was done at once.",
    number: "Number",
    about: "About",
    retry: "Try anew",
    retry_all: "Try all anew that were given up",
};

/// In Spanish.
pub(super) const SPANISH: JobsTexts = JobsTexts {
    lead: "Trabajo lento que puede intentarse más de una vez: avisos por escribir, contactos por hallar, firmas por comprobar. Lo hecho se olvida a los 30 días.",
    none: "No hay tareas.",
    kind: "Tipo",
    kinds: [
        "preparar un aviso",
        "escribir un aviso",
        "buscar un contacto",
        "enviar un enlace nuevo",
        "comprobar una firma para quien se inscribió",
        "avisar a un dominio que firmó (CFBL-Address)",
    ],
    limits: [
        "el último aviso al contacto es demasiado reciente (notice.digest_window)",
        "el contacto ya ha recibido sus avisos del día (notice.max_per_contact)",
        "la red ya ha recibido sus avisos del día (notice.max_per_network)",
        "ya han salido todos los avisos del día (notice.max_per_day)",
        "horas de silencio (notice.quiet_hours)",
    ],
    state: "Estado",
    count: "Cuántas",
    waiting: "en espera",
    done: "hechas",
    abandoned: "descartadas",
    troubled: "Las que no se pudieron hacer al momento",
    troubled_none: "Todas se hicieron al momento.",
    number: "Número",
    about: "Sobre",
    retry: "Intentar de nuevo",
    retry_all: "Intentar de nuevo todas las descartadas",
};
