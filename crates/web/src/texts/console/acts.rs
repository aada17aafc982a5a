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
    settled: &'static str,
    job_retried: &'static str,
    trap_added: &'static str,
    trap_removed: &'static str,
    reporter_revoked: &'static str,
    key_made: &'static str,
    key_revoked: &'static str,
    feed_released: &'static str,
    contact_set: &'static str,
    contact_unset: &'static str,
    enrolled: &'static str,
    proven: &'static str,
    enrolment_ended: &'static str,
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
            Act::SettleReply => self.settled,
            Act::RetryJob => self.job_retried,
            Act::SetContact => self.contact_set,
            Act::UnsetContact => self.contact_unset,
            Act::Enrol => self.enrolled,
            Act::ChangeEnrolment => self.proven,
            Act::EndEnrolment => self.enrolment_ended,
            Act::AddTrap => self.trap_added,
            Act::RemoveTrap => self.trap_removed,
            Act::RevokeReporter => self.reporter_revoked,
            Act::MakeKey => self.key_made,
            Act::RevokeKey => self.key_revoked,
            Act::ReleaseFeed => self.feed_released,
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
    settled: "Settled",
    job_retried: "Job tried anew",
    trap_added: "A trap now",
    trap_removed: "No trap any more",
    reporter_revoked: "Reports no more",
    key_made: "Has a key",
    key_revoked: "Has no key any more",
    feed_released: "The next list is taken",
    contact_set: "Contact set",
    contact_unset: "Contact looked for again",
    enrolled: "Approved",
    proven: "Proven",
    enrolment_ended: "Ended",
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
    settled: "Resuelto",
    job_retried: "Tarea intentada de nuevo",
    trap_added: "Ahora es una trampa",
    trap_removed: "Ya no es una trampa",
    reporter_revoked: "Ya no informa",
    key_made: "Tiene una clave",
    key_revoked: "Ya no tiene clave",
    feed_released: "Se acepta la lista siguiente",
    contact_set: "Contacto fijado",
    contact_unset: "Contacto buscado de nuevo",
    enrolled: "Aprobado",
    proven: "Confirmado",
    enrolment_ended: "Terminado",
    done: "Hecho",
};
