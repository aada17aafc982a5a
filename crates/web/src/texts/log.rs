//! The pages of the public log, in both languages.

use super::{With1, With2};

/// The public log.
pub(crate) struct LogTexts {
    pub(crate) title: &'static str,
    pub(crate) lead: &'static str,
    pub(crate) still: &'static str,
    pub(crate) head: &'static str,
    pub(crate) name: &'static str,
    pub(crate) entries: &'static str,
    pub(crate) root: &'static str,
    pub(crate) signed: &'static str,
    pub(crate) key: &'static str,
    pub(crate) what: &'static str,
    pub(crate) what_text: &'static [&'static str],
    pub(crate) check: &'static str,
    pub(crate) check_text: &'static str,
    pub(crate) check_others: &'static str,
    pub(crate) newest: &'static str,
    pub(crate) serial: &'static str,
    pub(crate) time: &'static str,
    pub(crate) verdict: &'static str,
    pub(crate) class: &'static str,
    pub(crate) rule: &'static str,
    pub(crate) link: &'static str,
    pub(crate) link_text: &'static str,
    /// Number of the entry.
    pub(crate) entry: With1,
    /// Address.
    pub(crate) proof_title: With1,
    pub(crate) proof_lead: &'static str,
    pub(crate) proof_none: &'static str,
    pub(crate) proof_soon: &'static str,
    pub(crate) proof_forgotten: &'static str,
    pub(crate) proof_entry: &'static str,
    pub(crate) proof_opening: &'static str,
    pub(crate) proof_salt: &'static str,
    pub(crate) proof_file: &'static str,
    pub(crate) proof_get: &'static str,
    pub(crate) proof_check: &'static str,
    /// Serial, entries of the log.
    pub(crate) proof_of: With2,
    pub(crate) as_json: &'static str,
}

/// In English.
pub(super) const ENGLISH: LogTexts = LogTexts {
    title: "Public log",
    lead: "Every decision of this list stands in a log that only grows. Its head is signed, so that nobody can be shown another history than others.",
    still: "The log stands still at the moment. The list goes on; ask our postmaster if this lasts.",
    head: "Its head",
    name: "Name",
    entries: "Entries",
    root: "Root hash",
    signed: "Signed",
    key: "Key",
    what: "What stands in it",
    what_text: &[
        "Each entry says in the open when something was decided, what (list, extend, withdraw, allow, disallow), the class, the end and the rule. The \
         address, the score and the reason stand behind a seal: the SHA-256 of a random salt and of their text.",
        "Whoever is listed finds the salt, the text and the proof that the log holds them at the page of the address. After some time the salt is \
         deleted. Then the entry stays, and nobody can tell any more whom it was about.",
    ],
    check: "Check it yourself",
    check_text: "This command reads what is new since its last run and says whether anything was cut or changed:",
    check_others: "The forms are those of c2sp.org (tlog-tiles, tlog-checkpoint, signed-note) with the tree of RFC 6962, which other tools read too. Keep the \
                   key above; whoever could change the log could change this page as well.",
    newest: "Newest entries",
    serial: "Serial",
    time: "Time",
    verdict: "Decision",
    class: "Class",
    rule: "Rule",
    link: "Public log",
    link_text: "Every decision stands in a signed log that only grows and that anybody can check.",
    entry: |number| format!("entry {number} of the public log"),
    proof_title: |address| format!("Proof for {address}"),
    proof_lead: "What was decided about this address stands in the public log. The proof below shows it without trusting us.",
    proof_none: "Nothing is listed here, so there is nothing to prove.",
    proof_soon: "The newest decision is not in the log yet. Load this page again in a few seconds.",
    proof_forgotten: "The salt of this entry was deleted, so that nobody can tell from the log any more whom it is about.",
    proof_entry: "In the open",
    proof_opening: "Behind the seal",
    proof_salt: "Salt",
    proof_file: "Proof (c2sp.org/tlog-proof)",
    proof_get: "Download the proof",
    proof_check: "Check it without the network:",
    proof_of: |serial, entries| format!("Decision {serial}, in the log of {entries} entries"),
    as_json: "These proofs as JSON",
};

/// In Spanish.
pub(super) const SPANISH: LogTexts = LogTexts {
    title: "Registro público",
    lead: "Cada decisión de esta lista está en un registro que solo crece. Su cabeza está firmada, de modo que a nadie se le puede mostrar otra historia que a \
           los demás.",
    still: "El registro está parado en este momento. La lista sigue; si esto dura, pregunte a nuestro postmaster.",
    head: "Su cabeza",
    name: "Nombre",
    entries: "Entradas",
    root: "Hash raíz",
    signed: "Firmada",
    key: "Clave",
    what: "Qué contiene",
    what_text: &[
        "Cada entrada dice en claro cuándo se decidió algo, qué (list, extend, withdraw, allow, disallow), la clase, el fin y la regla. La dirección, la \
         puntuación y el motivo van sellados: el SHA-256 de una sal aleatoria y de su texto.",
        "Quien está en la lista encuentra en la página de su dirección la sal, el texto y la prueba de que el registro los contiene. Pasado un tiempo se borra \
         la sal. La entrada queda, y ya nadie puede saber de quién trataba.",
    ],
    check: "Compruébelo usted mismo",
    check_text: "Esta orden lee lo nuevo desde la última vez y dice si algo se ha cortado o cambiado:",
    check_others: "Los formatos son los de c2sp.org (tlog-tiles, tlog-checkpoint, signed-note) con el árbol del RFC 6962, que leen también otras herramientas. \
                   Guarde la clave de arriba: quien pudiera cambiar el registro podría cambiar también esta página.",
    newest: "Últimas entradas",
    serial: "Serie",
    time: "Hora",
    verdict: "Decisión",
    class: "Clase",
    rule: "Regla",
    link: "Registro público",
    link_text: "Cada decisión está en un registro firmado que solo crece y que cualquiera puede comprobar.",
    entry: |number| format!("entrada {number} del registro público"),
    proof_title: |address| format!("Prueba para {address}"),
    proof_lead: "Lo que se decidió sobre esta dirección está en el registro público. La prueba de abajo lo demuestra sin tener que fiarse de nosotros.",
    proof_none: "Aquí no hay nada en la lista, así que no hay nada que probar.",
    proof_soon: "La última decisión aún no está en el registro. Vuelva a cargar esta página en unos segundos.",
    proof_forgotten: "La sal de esta entrada se borró, de modo que por el registro ya nadie puede saber de quién trata.",
    proof_entry: "En claro",
    proof_opening: "Bajo el sello",
    proof_salt: "Sal",
    proof_file: "Prueba (c2sp.org/tlog-proof)",
    proof_get: "Descargar la prueba",
    proof_check: "Compruébela sin red:",
    proof_of: |serial, entries| format!("Decisión {serial}, en el registro de {entries} entradas"),
    as_json: "Estas pruebas en JSON",
};
