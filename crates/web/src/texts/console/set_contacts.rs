//! Contacts that a person set, in both languages.

/// Whom a person says is to be told.
pub(crate) struct SetContactTexts {
    pub(crate) search: &'static str,
    pub(crate) title: &'static str,
    pub(crate) lead: &'static str,
    pub(crate) none: &'static str,
    pub(crate) subject: &'static str,
    pub(crate) subject_hint: &'static str,
    pub(crate) mailboxes: &'static str,
    pub(crate) mailboxes_hint: &'static str,
    pub(crate) why: &'static str,
    pub(crate) set: &'static str,
    pub(crate) set_title: &'static str,
    pub(crate) unset: &'static str,
}

/// In English.
pub(super) const ENGLISH: SetContactTexts = SetContactTexts {
    search: "Search",
    title: "Set by hand",
    lead: "Notices about these go where somebody of yours said, whatever registries say. Only the file of contacts, where there is one, goes before. Where such a mailbox is dead, the next contact that is known is told.",
    none: "No contact is set by hand.",
    subject: "Address, prefix or domain",
    subject_hint: "192.0.2.0/24, 2001:db8::/32, isp.example. The longest one that fits wins. A domain holds for machines whose reverse name leads back.",
    mailboxes: "Mailboxes",
    mailboxes_hint: "One to three, the best first, with spaces or commas between.",
    why: "Why",
    set: "Set",
    set_title: "Set a contact",
    unset: "Take away",
};

/// In Spanish.
pub(super) const SPANISH: SetContactTexts = SetContactTexts {
    search: "Búsqueda",
    title: "Fijados a mano",
    lead: "Los avisos sobre estas redes van a donde decidió alguien de su equipo, digan lo que digan los registros. Solo el archivo de contactos, si lo hay, va antes. Si un buzón así está muerto, se avisa al siguiente contacto conocido.",
    none: "No hay ningún contacto fijado a mano.",
    subject: "Dirección, prefijo o dominio",
    subject_hint: "192.0.2.0/24, 2001:db8::/32, isp.example. Gana el más largo que encaje. Un dominio vale para las máquinas con un nombre inverso de él que, a su vez, lleva a ellas.",
    mailboxes: "Buzones",
    mailboxes_hint: "De uno a tres, el mejor primero, con espacios o comas entre ellos.",
    why: "Por qué",
    set: "Fijar",
    set_title: "Fijar un contacto",
    unset: "Quitar",
};
