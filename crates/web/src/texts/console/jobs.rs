//! Jobs, in both languages.

/// The work that waits.
pub(crate) struct JobsTexts {
    pub(crate) lead: &'static str,
    pub(crate) none: &'static str,
    pub(crate) kind: &'static str,
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
}

/// In English.
pub(super) const ENGLISH: JobsTexts = JobsTexts {
    lead: "Slow work that may be tried more than once: notices to write, contacts to find, signatures to check. What is done is forgotten after 30 days.",
    none: "There are no jobs.",
    kind: "Kind",
    state: "State",
    count: "How many",
    waiting: "waits",
    done: "done",
    abandoned: "given up",
    troubled: "Those with trouble",
    troubled_none: "None has trouble.",
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
    state: "Estado",
    count: "Cuántas",
    waiting: "en espera",
    done: "hechas",
    abandoned: "descartadas",
    troubled: "Las que tienen problemas",
    troubled_none: "Ninguna tiene problemas.",
    number: "Número",
    about: "Sobre",
    retry: "Intentar de nuevo",
    retry_all: "Intentar de nuevo todas las descartadas",
};
