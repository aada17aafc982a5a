//! The audit trail, in both languages.

use atalaya_store::DeedWay;

/// The page of the audit trail.
pub(crate) struct AuditTexts {
    pub(crate) who: &'static str,
    pub(crate) what: &'static str,
    pub(crate) about: &'static str,
    pub(crate) anything: &'static str,
    pub(crate) filter: &'static str,
    pub(crate) all: &'static str,
    pub(crate) nothing: &'static str,
    pub(crate) older: &'static str,
    pub(crate) details: &'static str,
    pub(crate) answer: &'static str,
    pub(crate) done: &'static str,
    pub(crate) failed: &'static str,
    pub(crate) begun: &'static str,
    pub(crate) undone: &'static str,
    pub(crate) undoes: &'static str,
    pub(crate) undone_by: &'static str,
    /// In the order of `DeedWay::ALL`.
    pub(crate) ways: [&'static str; 4],
}

impl AuditTexts {
    /// How somebody came to do it.
    pub(crate) const fn way(&self, way: DeedWay) -> &'static str {
        let [session, token, command, invitation] = self.ways;
        match way {
            DeedWay::Session => session,
            DeedWay::Token => token,
            DeedWay::Command => command,
            DeedWay::Invitation => invitation,
        }
    }
}

/// In English.
pub(super) const ENGLISH: AuditTexts = AuditTexts {
    who: "Who",
    what: "What",
    about: "About",
    anything: "anything",
    filter: "Show",
    all: "Show all",
    nothing: "Nothing of this kind was done.",
    older: "Older ones",
    details: "Details",
    answer: "What came of it",
    done: "done",
    failed: "not done",
    begun: "begun",
    undone: "taken back",
    undoes: "takes back",
    undone_by: "taken back by",
    ways: ["at the console", "by a token", "by a command", "by an invitation"],
};

/// In Spanish.
pub(super) const SPANISH: AuditTexts = AuditTexts {
    who: "Quién",
    what: "Qué",
    about: "Sobre",
    anything: "cualquier cosa",
    filter: "Mostrar",
    all: "Mostrar todo",
    nothing: "No se hizo nada de esto.",
    older: "Anteriores",
    details: "Detalles",
    answer: "Qué resultó",
    done: "hecho",
    failed: "no se hizo",
    begun: "empezado",
    undone: "deshecho",
    undoes: "deshace",
    undone_by: "deshecho por",
    ways: [
        "en la consola",
        "con una clave",
        "con una orden",
        "con una invitación",
    ],
};
