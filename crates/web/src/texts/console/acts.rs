//! What a page tells of something that was just done, in both languages.

use atalaya_model::Act;

/// The acts that a page of the console tells of by their names.
pub(crate) struct ActTexts {
    listed: &'static str,
    unlisted: &'static str,
    allowed: &'static str,
    disallowed: &'static str,
    retried: &'static str,
    dropped: &'static str,
    suppressed: &'static str,
    unsuppressed: &'static str,
    granted: &'static str,
    refused: &'static str,
    /// Any other.
    done: &'static str,
}

impl ActTexts {
    /// What was done.
    pub(crate) const fn name(&self, act: Act) -> &'static str {
        match act {
            Act::List => self.listed,
            Act::Unlist => self.unlisted,
            Act::Allow => self.allowed,
            Act::Disallow => self.disallowed,
            Act::RetryMail => self.retried,
            Act::DropMail => self.dropped,
            Act::Suppress => self.suppressed,
            Act::Unsuppress => self.unsuppressed,
            Act::GrantException => self.granted,
            Act::RefuseException => self.refused,
            _ => self.done,
        }
    }
}

/// In English.
pub(super) const ENGLISH: ActTexts = ActTexts {
    listed: "Listed",
    unlisted: "Taken off",
    allowed: "Allowed",
    disallowed: "Taken off the allow list",
    retried: "Tried anew",
    dropped: "Given up",
    suppressed: "No more mail",
    unsuppressed: "Mail may go there again",
    granted: "Exception granted",
    refused: "Exception refused",
    done: "Done",
};

/// In Spanish.
pub(super) const SPANISH: ActTexts = ActTexts {
    listed: "Incluido",
    unlisted: "Retirado",
    allowed: "Permitido",
    disallowed: "Quitado de permitidos",
    retried: "Se intenta de nuevo",
    dropped: "Descartado",
    suppressed: "Sin más correo",
    unsuppressed: "Vuelve a admitir correo",
    granted: "Excepción concedida",
    refused: "Excepción no concedida",
    done: "Hecho",
};
