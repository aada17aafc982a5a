//! What else was read of a reply: the words of terms and of values that are kept by their names, in both languages.

use crate::texts::words_of;

/// The terms as they are kept, in the order in which they are told, which is that of their words.
const TERMS: [&str; 11] = [
    "failures",
    "recipient",
    "original",
    "reason",
    "lasting",
    "status",
    "remote",
    "diagnosis",
    "said",
    "ticket",
    "prefixes",
];
/// How long a failure lasts, likewise.
const LASTING: [&str; 2] = ["hard", "soft"];
/// Why mail was not taken, likewise.
const REASONS: [&str; 21] = [
    "unknown-user",
    "host-unknown",
    "null-mx",
    "bad-address",
    "bad-sender",
    "disabled",
    "mailbox-full",
    "too-big",
    "system-full",
    "mail-system",
    "no-answer",
    "loop",
    "expired",
    "protocol",
    "content",
    "spam",
    "authentication",
    "rate-limited",
    "relaying",
    "policy",
    "other",
];

/// What was read.
pub(crate) struct ReadTexts {
    terms: [&'static str; TERMS.len()],
    lasting: [&'static str; LASTING.len()],
    reasons: [&'static str; REASONS.len()],
    pub(crate) yes: &'static str,
    pub(crate) no: &'static str,
}

impl ReadTexts {
    /// A term in words; none of one that is not known here.
    pub(crate) fn term(&self, name: &str) -> Option<&'static str> {
        words_of(name, TERMS, self.terms)
    }

    /// Where a term stands among the others: those that are not known here come last.
    pub(crate) fn place(name: &str) -> usize {
        TERMS
            .iter()
            .position(|known| *known == name)
            .unwrap_or(TERMS.len())
    }

    /// The value of a term in words, where it is kept by a name.
    pub(crate) fn value(&self, term: &str, name: &str) -> Option<&'static str> {
        match term {
            "lasting" => words_of(name, LASTING, self.lasting),
            "reason" => words_of(name, REASONS, self.reasons),
            _ => None,
        }
    }
}

/// In English.
pub(super) const ENGLISH: ReadTexts = ReadTexts {
    terms: [
        "Failure",
        "Recipient",
        "Sent to",
        "Cause",
        "Lasting",
        "Status",
        "Server",
        "Answer",
        "Said",
        "Number of the case",
        "Prefixes",
    ],
    lasting: ["for good", "may pass"],
    reasons: [
        "nobody has this mailbox",
        "the domain does not exist, or has no server",
        "the domain takes no mail",
        "the address cannot be one",
        "our own address is not accepted",
        "the mailbox is closed",
        "the mailbox is full",
        "the mail is too large",
        "the server has no room",
        "trouble of the server",
        "no server answered",
        "the mail goes in circles",
        "tried for too long",
        "the servers do not understand each other",
        "the form of the mail is not accepted",
        "it was taken for spam",
        "the sender could not prove who it is",
        "too much in too short a time",
        "the server passes nothing on for us",
        "a rule of whoever receives",
        "not known here",
    ],
    yes: "yes",
    no: "no",
};

/// In Spanish.
pub(super) const SPANISH: ReadTexts = ReadTexts {
    terms: [
        "Fallo",
        "Destinatario",
        "Enviado a",
        "Causa",
        "Duración",
        "Estado",
        "Servidor",
        "Respuesta",
        "Dijo",
        "Número de caso",
        "Prefijos",
    ],
    lasting: ["permanente", "puede pasar"],
    reasons: [
        "nadie tiene ese buzón",
        "el dominio no existe o no tiene servidor",
        "el dominio no recibe correo",
        "no puede ser una dirección",
        "no aceptan nuestra propia dirección",
        "el buzón está cerrado",
        "el buzón está lleno",
        "el correo es demasiado grande",
        "el servidor no tiene espacio",
        "un problema del servidor",
        "no respondió ningún servidor",
        "el correo da vueltas en círculo",
        "se intentó durante demasiado tiempo",
        "los servidores no se entienden",
        "no aceptan la forma del correo",
        "se tomó por spam",
        "el remitente no pudo probar quién es",
        "demasiado en muy poco tiempo",
        "el servidor no reenvía nada por nosotros",
        "una norma de quien recibe",
        "no se conoce aquí",
    ],
    yes: "sí",
    no: "no",
};

#[cfg(test)]
mod tests {
    use atalaya_formats::bounce::Reason;

    use super::*;

    #[test]
    fn every_reason_that_is_kept_has_words() {
        for reason in Reason::ALL {
            for texts in [ENGLISH, SPANISH] {
                assert!(texts.value("reason", reason.name()).is_some(), "{reason:?}");
            }
        }
        assert_eq!(Reason::ALL.len(), REASONS.len());
    }
}
