//! Lasting exceptions, in both languages.

use crate::texts::With1;

/// What networks ask for.
pub(crate) struct ExceptionTexts {
    pub(crate) title: &'static str,
    pub(crate) lead: &'static str,
    pub(crate) none: &'static str,
    pub(crate) words: &'static str,
    pub(crate) words_free: &'static str,
    pub(crate) grant: &'static str,
    /// Address.
    pub(crate) grant_one: With1,
    pub(crate) refuse: &'static str,
    /// Address.
    pub(crate) refuse_one: With1,
    pub(crate) settled: &'static str,
    pub(crate) address: &'static str,
    pub(crate) contact: &'static str,
    pub(crate) answered: &'static str,
    pub(crate) answer: &'static str,
    pub(crate) granted: &'static str,
    pub(crate) refused: &'static str,
}

/// In English.
pub(super) const ENGLISH: ExceptionTexts = ExceptionTexts {
    title: "Exceptions asked for",
    lead: "Networks that ask for a lasting exception on their own page. Each has shown by the link in a notice that it reads the mailbox which answers for the \
           address. What is granted goes on the allow list, and can be taken off there.",
    none: "Nobody waits for an answer.",
    words: "What the network reads",
    words_free: "What the network reads, if anything",
    grant: "Grant",
    grant_one: |address| format!("Grant the exception for {address}"),
    refuse: "Refuse",
    refuse_one: |address| format!("Refuse the exception for {address}"),
    settled: "Answered",
    address: "Address",
    contact: "Asked by",
    answered: "Answered on",
    answer: "Answer",
    granted: "Granted",
    refused: "Refused",
};

/// In Spanish.
pub(super) const SPANISH: ExceptionTexts = ExceptionTexts {
    title: "Excepciones pedidas",
    lead: "Redes que piden una excepción duradera en su propia página. Cada una ha mostrado, por el enlace de un aviso, que lee el buzón que responde de la \
           dirección. Lo concedido pasa a la lista de permitidos, y allí puede quitarse.",
    none: "Nadie espera una respuesta.",
    words: "Lo que lee la red",
    words_free: "Lo que lee la red, si algo",
    grant: "Conceder",
    grant_one: |address| format!("Conceder la excepción para {address}"),
    refuse: "No conceder",
    refuse_one: |address| format!("No conceder la excepción para {address}"),
    settled: "Respondidas",
    address: "Dirección",
    contact: "La pidió",
    answered: "Respondida",
    answer: "Respuesta",
    granted: "Concedida",
    refused: "No concedida",
};
