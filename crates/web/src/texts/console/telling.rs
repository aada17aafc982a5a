//! Who is told by the feedback loop, and whom to tell of an address, in both languages.

use crate::texts::With2;

/// Whom we tell.
pub(crate) struct TellingTexts {
    pub(crate) feedback_lead: &'static str,
    pub(crate) enrolled: &'static str,
    pub(crate) enrolled_none: &'static str,
    pub(crate) requests: &'static str,
    pub(crate) requests_none: &'static str,
    pub(crate) scope: &'static str,
    pub(crate) who: &'static str,
    pub(crate) mailbox: &'static str,
    pub(crate) state: &'static str,
    pub(crate) active: &'static str,
    pub(crate) lapsed: &'static str,
    pub(crate) proof: &'static str,
    /// By nothing, the operator, mail, reverse names, a TXT record.
    proofs: [&'static str; 5],
    pub(crate) ends: &'static str,
    /// How far a request has come: dropped, refused, approved, proven, confirmed, not confirmed.
    pub(crate) steps: [&'static str; 6],
    pub(crate) approve: &'static str,
    pub(crate) prove: &'static str,
    pub(crate) end: &'static str,
    pub(crate) contacts_lead: &'static str,
    pub(crate) address: &'static str,
    pub(crate) search: &'static str,
    pub(crate) wrong_address: &'static str,
    pub(crate) nobody: &'static str,
    pub(crate) network: &'static str,
    pub(crate) prefix: &'static str,
    pub(crate) found: &'static str,
    /// Where it was found, how sure.
    pub(crate) found_by: With2,
    pub(crate) questions: &'static str,
    pub(crate) source: &'static str,
    pub(crate) asked: &'static str,
    pub(crate) outcome: &'static str,
}

impl TellingTexts {
    /// How something was proven.
    pub(crate) fn proof(&self, name: &str) -> &'static str {
        let [nothing, operator, mail, reverse, txt] = self.proofs;
        match name {
            "operator" => operator,
            "mail" => mail,
            "reverse" => reverse,
            "txt" => txt,
            _ => nothing,
        }
    }
}

/// In English.
pub(super) const ENGLISH: TellingTexts = TellingTexts {
    feedback_lead: "Who is told of every message from his addresses, and who asks to be. Making somebody's key anew is done by `atalaya feedback rotate`.",
    enrolled: "Enrolled",
    enrolled_none: "Nobody has enrolled.",
    requests: "Asked for",
    requests_none: "Nobody asks to be enrolled.",
    scope: "Told of",
    who: "Who",
    mailbox: "Mailbox",
    state: "State",
    active: "is told",
    lapsed: "lapsed: not proven again in time",
    proof: "Proven by",
    proofs: [
        "nothing",
        "your word",
        "the contact's word",
        "names of its addresses",
        "a TXT record",
    ],
    ends: "Until",
    steps: [
        "dropped",
        "the contact said no",
        "approved",
        "proven",
        "the mailbox is confirmed, the rest is not proven",
        "the mailbox is not confirmed",
    ],
    approve: "Approve",
    prove: "Prove",
    end: "End",
    contacts_lead: "The search for the abuse contact of an address, with every question and its answer. Registries are asked where nothing fresh is known.",
    address: "Address",
    search: "Search",
    wrong_address: "This is no address.",
    nobody: "The registries name nobody for abuse.",
    network: "Network",
    prefix: "Speaks for",
    found: "Found",
    found_by: |source, percent| format!("by {source}, sure to {percent}"),
    questions: "What was asked",
    source: "Source",
    asked: "Whom",
    outcome: "What came of it",
};

/// In Spanish.
pub(super) const SPANISH: TellingTexts = TellingTexts {
    feedback_lead: "A quién se avisa de cada mensaje desde sus direcciones, y quién lo pide. La clave de alguien se rehace con `atalaya feedback rotate`.",
    enrolled: "Inscritos",
    enrolled_none: "No se ha inscrito nadie.",
    requests: "Solicitudes",
    requests_none: "Nadie pide inscribirse.",
    scope: "Se le avisa de",
    who: "Quién",
    mailbox: "Buzón",
    state: "Estado",
    active: "se le avisa",
    lapsed: "caducado: no se confirmó a tiempo",
    proof: "Confirmado por",
    proofs: [
        "nada",
        "su palabra",
        "la palabra del contacto",
        "nombres de sus direcciones",
        "un registro TXT",
    ],
    ends: "Hasta",
    steps: [
        "retirada",
        "el contacto dijo que no",
        "aprobada",
        "confirmada",
        "el buzón está confirmado; el resto, no",
        "el buzón no está confirmado",
    ],
    approve: "Aprobar",
    prove: "Confirmar",
    end: "Terminar",
    contacts_lead: "La búsqueda del contacto de abuso de una dirección, con cada pregunta y su respuesta. Se pregunta a los registros donde no se sabe nada reciente.",
    address: "Dirección",
    search: "Buscar",
    wrong_address: "Esto no es una dirección.",
    nobody: "Los registros no nombran a nadie para abusos.",
    network: "Red",
    prefix: "Habla por",
    found: "Hallado",
    found_by: |source, percent| format!("por {source}, seguro al {percent}"),
    questions: "Qué se preguntó",
    source: "Fuente",
    asked: "A quién",
    outcome: "Qué resultó",
};
