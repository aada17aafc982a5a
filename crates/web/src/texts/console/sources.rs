//! Traps, reporters and lists of others, in both languages.

use atalaya_model::Trap;

use crate::texts::With1;

/// What tells us.
pub(crate) struct SourceTexts {
    pub(crate) traps: &'static str,
    pub(crate) reporters: &'static str,
    pub(crate) feeds: &'static str,
    pub(crate) traps_lead: &'static str,
    pub(crate) traps_none: &'static str,
    pub(crate) traps_none_so: &'static str,
    pub(crate) find: &'static str,
    pub(crate) trap: &'static str,
    pub(crate) trap_hint: &'static str,
    pub(crate) kind: &'static str,
    /// What each kind means, in the order in which forms offer them.
    pub(crate) kinds: [&'static str; 4],
    pub(crate) always: &'static str,
    pub(crate) since_hint: &'static str,
    pub(crate) weight: &'static str,
    pub(crate) weight_hint: &'static str,
    pub(crate) note: &'static str,
    pub(crate) configured: &'static str,
    pub(crate) add_trap: &'static str,
    pub(crate) remove: &'static str,
    pub(crate) reporters_lead: &'static str,
    pub(crate) reporters_none: &'static str,
    pub(crate) name: &'static str,
    pub(crate) name_hint: &'static str,
    pub(crate) per_day: &'static str,
    pub(crate) per_day_hint: &'static str,
    /// Used, of how many.
    pub(crate) used: fn(&str, Option<&str>) -> String,
    pub(crate) today: &'static str,
    pub(crate) good_for: &'static str,
    /// Report and read, report, read.
    pub(crate) scopes: [&'static str; 3],
    pub(crate) make_key: &'static str,
    pub(crate) rotate: &'static str,
    pub(crate) revoke: &'static str,
    /// The reporter.
    pub(crate) key_of: With1,
    pub(crate) key_once: &'static str,
    pub(crate) feeds_lead: &'static str,
    pub(crate) feeds_none: &'static str,
    pub(crate) fetched: &'static str,
    pub(crate) asked: &'static str,
    pub(crate) state: &'static str,
    pub(crate) fetched_at: &'static str,
    pub(crate) tested_at: &'static str,
    pub(crate) next_at: &'static str,
    pub(crate) entries: &'static str,
    pub(crate) new: &'static str,
    pub(crate) gone: &'static str,
    pub(crate) questions: &'static str,
    pub(crate) listed: &'static str,
    pub(crate) good: &'static str,
    pub(crate) untested: &'static str,
    pub(crate) unreachable: &'static str,
    pub(crate) quarantined: &'static str,
    pub(crate) released: &'static str,
    pub(crate) release: &'static str,
}

impl SourceTexts {
    /// The word for a kind of trap: what stands before what it means.
    pub(crate) fn kind(&self, kind: Trap) -> &'static str {
        let text = self.told(kind);
        text.split_once(": ").map_or(text, |(word, _meaning)| word)
    }

    /// What a kind of trap means.
    pub(crate) fn meaning(&self, kind: Trap) -> &'static str {
        let text = self.told(kind);
        text.split_once(": ").map_or(text, |(_word, meaning)| meaning)
    }

    /// The word for a kind of trap with what it means.
    const fn told(&self, kind: Trap) -> &'static str {
        let [pristine, recycled, typo, role] = self.kinds;
        match kind {
            Trap::Pristine => pristine,
            Trap::Recycled => recycled,
            Trap::Typo => typo,
            Trap::Role => role,
        }
    }
}

/// In English.
pub(super) const ENGLISH: SourceTexts = SourceTexts {
    traps: "Traps",
    reporters: "Reporters",
    feeds: "Lists of others",
    traps_lead: "Addresses that nobody writes to who means well. Their names are secret: no page for others shows them.",
    traps_none: "No trap is named: every recipient is pristine.",
    traps_none_so: "No trap is so.",
    find: "Part of the address or note",
    trap: "Trap",
    trap_hint: "name@domain, or @domain for all its addresses.",
    kind: "Kind",
    kinds: [
        "pristine: never was a person's",
        "recycled: was a person's long ago",
        "typo: looks like a real domain, misspelt",
        "role: anybody may write there; never counts",
    ],
    always: "always",
    since_hint: "What came earlier does not count. Empty: always.",
    weight: "Weight",
    weight_hint: "From 0 to 1, as a part of what its kind weighs; below 1 it never lists alone.",
    note: "Note",
    configured: "in the configuration",
    add_trap: "Add a trap",
    remove: "Remove",
    reporters_lead: "Who reports addresses to the API. A key is shown once and kept nowhere.",
    reporters_none: "Nobody may report.",
    name: "Name",
    name_hint: "Letters, digits, dots, hyphens and underscores. Its observations have it as source.",
    per_day: "Calls a day",
    per_day_hint: "Empty: any number.",
    used: |used, most| match most {
        Some(most) => format!("{used} of {most}"),
        None => format!("{used}, without a limit"),
    },
    today: "Used today",
    good_for: "Good for",
    scopes: ["reporting and reading", "reporting", "reading"],
    make_key: "Make a key",
    rotate: "Make anew",
    revoke: "Revoke",
    key_of: |name| format!("Key of {name}"),
    key_once: "It is shown this once and kept nowhere: give it to whom it is for.",
    feeds_lead: "Lists that are fetched, and lists that are asked about single addresses. The configuration names them (feeds.lists, upstream.lists).",
    feeds_none: "No list of others is configured.",
    fetched: "Fetched",
    asked: "Asked",
    state: "State",
    fetched_at: "Fetched last",
    tested_at: "Tested last",
    next_at: "Next",
    entries: "Entries",
    new: "New",
    gone: "Gone",
    questions: "Questions",
    listed: "Listed",
    good: "good",
    untested: "waits for its first time",
    unreachable: "cannot be fetched",
    quarantined: "not believed",
    released: "the next list is taken however long it is",
    release: "Take the next list",
};

/// In Spanish.
pub(super) const SPANISH: SourceTexts = SourceTexts {
    traps: "Trampas",
    reporters: "Denunciantes",
    feeds: "Listas ajenas",
    traps_lead: "Direcciones a las que nadie escribe con buena intención. Sus nombres son secretos: ninguna página para otros los muestra.",
    traps_none: "No hay ninguna trampa con nombre: todo destinatario es prístino.",
    traps_none_so: "No hay ninguna trampa así.",
    find: "Parte de la dirección o de la nota",
    trap: "Trampa",
    trap_hint: "nombre@dominio, o @dominio para todas sus direcciones.",
    kind: "Tipo",
    kinds: [
        "prístina: nunca fue de una persona",
        "reciclada: fue de una persona hace mucho",
        "errata: se parece a un dominio real, mal escrito",
        "función: cualquiera puede escribir ahí; nunca cuenta",
    ],
    always: "siempre",
    since_hint: "Lo que llegó antes no cuenta. Vacío: siempre.",
    weight: "Peso",
    weight_hint: "De 0 a 1, como parte de lo que pesa su tipo; por debajo de 1 nunca basta por sí sola.",
    note: "Nota",
    configured: "en la configuración",
    add_trap: "Añadir una trampa",
    remove: "Quitar",
    reporters_lead: "Quién denuncia direcciones por la API. Una clave se muestra una vez y no se guarda.",
    reporters_none: "Nadie puede denunciar.",
    name: "Nombre",
    name_hint: "Letras, cifras, puntos, guiones y guiones bajos. Sus observaciones lo llevan como fuente.",
    per_day: "Llamadas al día",
    per_day_hint: "Vacío: cualquier número.",
    used: |used, most| match most {
        Some(most) => format!("{used} de {most}"),
        None => format!("{used}, sin límite"),
    },
    today: "Usadas hoy",
    good_for: "Sirve para",
    scopes: ["denunciar y leer", "denunciar", "leer"],
    make_key: "Crear una clave",
    rotate: "Crear otra",
    revoke: "Revocar",
    key_of: |name| format!("Clave de {name}"),
    key_once: "Se muestra esta única vez y no se guarda: désela a quien corresponda.",
    feeds_lead: "Listas que se descargan, y listas a las que se pregunta por direcciones sueltas. Las nombra la configuración (feeds.lists, upstream.lists).",
    feeds_none: "No hay ninguna lista ajena configurada.",
    fetched: "Descargadas",
    asked: "Consultadas",
    state: "Estado",
    fetched_at: "Última descarga",
    tested_at: "Última prueba",
    next_at: "Próxima",
    entries: "Entradas",
    new: "Nuevas",
    gone: "Salieron",
    questions: "Consultas",
    listed: "En lista",
    good: "bien",
    untested: "espera su primera vez",
    unreachable: "no se puede descargar",
    quarantined: "no se le cree",
    released: "se acepta la lista siguiente tenga el tamaño que tenga",
    release: "Aceptar la siguiente",
};
