//! The words for what was seen: kinds, sensors, how well an address is proven, and what was odd. They are kept by short names; a person
//! reads words. A kind or sensor without words does not compile, and a test holds the odd things.

use atalaya_formats::why;
use atalaya_model::{Handshake, Kind, Sensor};
use atalaya_observe::reports::CATEGORIES;

/// What stands before the number of a category of reports.
const CATEGORY: &str = "category-";
/// What stands before the answer of another list.
const CODE: &str = "code-";

/// What was seen.
pub(crate) struct SeenTexts {
    pub(crate) kind: fn(Kind) -> &'static str,
    pub(crate) sensor: fn(Sensor) -> &'static str,
    pub(crate) handshake: fn(Handshake) -> &'static str,
    /// Number, name.
    category: fn(&str, &str) -> String,
    /// An address.
    code: fn(&str) -> String,
    /// Which column of the table of odd things.
    odd: fn(&Odd) -> &'static str,
}

impl SeenTexts {
    /// An odd thing in words; none of what is not known here.
    pub(crate) fn oddity(&self, name: &str) -> Option<String> {
        if let Some(number) = name.strip_prefix(CATEGORY) {
            let category = CATEGORIES.iter().find(|one| one.number.to_string() == number)?;
            return Some((self.category)(number, category.name));
        }
        if let Some(code) = name.strip_prefix(CODE) {
            return Some((self.code)(code));
        }
        let odd = ODD.iter().find(|odd| odd.name == name)?;
        Some((self.odd)(odd).to_owned())
    }

    /// Odd things in words with commas between; those that are not known here by their names.
    pub(crate) fn oddities(&self, names: &[String]) -> String {
        let words = names
            .iter()
            .map(|name| self.oddity(name).unwrap_or_else(|| name.clone()));
        words.collect::<Vec<_>>().join(", ")
    }
}

/// In English.
pub(super) const ENGLISH: SeenTexts = SeenTexts {
    kind: why::english_kind,
    sensor: |sensor| match sensor {
        Sensor::Trap => "trap",
        Sensor::Replay => "kept mail",
        Sensor::Log => "log of a mail server",
        Sensor::Policy => "policy service",
        Sensor::Milter => "milter",
        Sensor::Report => "report",
        Sensor::Complaint => "complaint by mail",
        Sensor::Feed => "list of others",
    },
    handshake: |handshake| match handshake {
        Handshake::Completed => "a connection proves the address",
        Handshake::Reported => "a reporter says so",
        Handshake::Unproven => "nothing proves the address",
    },
    category: |number, name| format!("category {number}: {name}"),
    code: |code| format!("the list answered {code}"),
    odd: |odd| odd.english,
};

/// In Spanish.
pub(super) const SPANISH: SeenTexts = SeenTexts {
    kind: why::spanish_kind,
    sensor: |sensor| match sensor {
        Sensor::Trap => "trampa",
        Sensor::Replay => "correo guardado",
        Sensor::Log => "registro de un servidor de correo",
        Sensor::Policy => "servicio de políticas",
        Sensor::Milter => "milter",
        Sensor::Report => "denuncia",
        Sensor::Complaint => "queja por correo",
        Sensor::Feed => "lista de otros",
    },
    handshake: |handshake| match handshake {
        Handshake::Completed => "una conexión prueba la dirección",
        Handshake::Reported => "lo dice un denunciante",
        Handshake::Unproven => "nada prueba la dirección",
    },
    category: |number, name| format!("categoría {number}: {name}"),
    code: |code| format!("la lista respondió {code}"),
    odd: |odd| odd.spanish,
};

/// An odd thing, by the name that is kept.
struct Odd {
    name: &'static str,
    english: &'static str,
    spanish: &'static str,
}

/// A row of the table.
const fn odd(name: &'static str, english: &'static str, spanish: &'static str) -> Odd {
    Odd {
        name,
        english,
        spanish,
    }
}

/// All of them: of the conversation, of the message, and what a sensor notes.
const ODD: [Odd; 41] = [
    odd(
        "early-talker",
        "spoke before the greeting",
        "habló antes del saludo",
    ),
    odd(
        "pipelined-early",
        "sent commands before that was offered",
        "envió órdenes antes de que se le ofreciera",
    ),
    odd(
        "early-data",
        "sent the message before it was asked for",
        "envió el mensaje antes de que se le pidiera",
    ),
    odd(
        "unknown-command",
        "a command that nobody knows",
        "una orden que nadie conoce",
    ),
    odd(
        "bad-syntax",
        "a command that cannot be read",
        "una orden que no se puede leer",
    ),
    odd("wrong-order", "commands out of order", "órdenes en mal orden"),
    odd(
        "long-line",
        "a line that is too long",
        "una línea demasiado larga",
    ),
    odd(
        "odd-spacing",
        "odd spaces in commands",
        "espacios extraños en las órdenes",
    ),
    odd(
        "no-colon",
        "no colon in MAIL FROM or RCPT TO",
        "MAIL FROM o RCPT TO sin dos puntos",
    ),
    odd(
        "no-brackets",
        "an address without angle brackets",
        "una dirección sin paréntesis angulares",
    ),
    odd(
        "unclosed",
        "an angle bracket that is never closed",
        "un paréntesis angular que no se cierra",
    ),
    odd(
        "odd-brackets",
        "more than one pair of angle brackets",
        "más de un par de paréntesis angulares",
    ),
    odd(
        "source-route",
        "an address with a route",
        "una dirección con ruta",
    ),
    odd(
        "no-domain",
        "an address without a domain",
        "una dirección sin dominio",
    ),
    odd(
        "extra-argument",
        "text behind a command that takes none",
        "texto tras una orden que no lo admite",
    ),
    odd(
        "unknown-parameter",
        "a parameter that was not offered",
        "un parámetro que no se ofreció",
    ),
    odd(
        "bad-utf8",
        "a command that is no UTF-8",
        "una orden que no es UTF-8",
    ),
    odd(
        "unannounced-utf8",
        "an address beyond ASCII without SMTPUTF8",
        "una dirección fuera de ASCII sin SMTPUTF8",
    ),
    odd(
        "bare-lf",
        "line feeds without carriage returns",
        "saltos de línea sin retorno de carro",
    ),
    odd(
        "bare-cr",
        "carriage returns without line feeds",
        "retornos de carro sin salto de línea",
    ),
    odd("nul", "zero bytes", "bytes nulos"),
    odd(
        "false-end",
        "a false end of the message",
        "un falso final del mensaje",
    ),
    odd(
        "behind-starttls",
        "commands slipped in behind STARTTLS",
        "órdenes coladas tras STARTTLS",
    ),
    odd(
        "no-tls",
        "asked for TLS, which did not come about",
        "pidió TLS, que no se logró",
    ),
    odd("no-headers", "no header", "sin cabecera"),
    odd(
        "many-headers",
        "too many fields in the header",
        "demasiados campos en la cabecera",
    ),
    odd(
        "long-headers",
        "a header that is too long",
        "una cabecera demasiado larga",
    ),
    odd(
        "bad-header",
        "a line in the header that is no field",
        "una línea de la cabecera que no es un campo",
    ),
    odd(
        "nul-in-headers",
        "zero bytes in the header",
        "bytes nulos en la cabecera",
    ),
    odd("no-from", "no From", "sin From"),
    odd("many-from", "more than one From", "más de un From"),
    odd("no-date", "no Date", "sin Date"),
    odd(
        "bad-date",
        "a Date that cannot be read",
        "un Date que no se puede leer",
    ),
    odd(
        "bad-charset",
        "a subject in no known character set",
        "un asunto en un juego de caracteres desconocido",
    ),
    odd(
        "forwarded",
        "the marks of a forwarder",
        "las marcas de un reenviador",
    ),
    odd("truncated", "the message was cut", "el mensaje se cortó"),
    odd(
        "helo-is-our-name",
        "called itself by our name",
        "dijo llamarse como nosotros",
    ),
    odd("cut", "the comment was cut", "el comentario se cortó"),
    odd(
        "unknown-reporter",
        "a reporter whom we do not know",
        "un denunciante que no conocemos",
    ),
    odd(
        "source-derived",
        "the address was found in the mail",
        "la dirección se halló en el correo",
    ),
    odd(
        "redacted",
        "the reporter took something out",
        "el denunciante quitó algo",
    ),
];

#[cfg(test)]
mod tests {
    use atalaya_formats::message;
    use atalaya_formats::smtp;

    use super::*;

    #[test]
    fn every_odd_thing_that_is_kept_has_words_in_both_languages() {
        let conversation = smtp::Oddity::ALL.iter().map(|odd| odd.word());
        let mail = message::Oddity::ALL.iter().map(|odd| odd.word());
        let noted = atalaya_observe::NOTED.into_iter();
        let all: Vec<&str> = conversation.chain(mail).chain(noted).collect();
        for name in &all {
            for texts in [ENGLISH, SPANISH] {
                let words = texts.oddity(name);
                assert!(words.is_some_and(|words| !words.is_empty()), "{name}");
            }
        }
        assert_eq!(all.len(), ODD.len(), "there are words for what nobody notes");
    }

    #[test]
    fn kinds_and_sensors_differ_in_their_words() {
        for texts in [ENGLISH, SPANISH] {
            let kinds: std::collections::BTreeSet<&str> =
                Kind::ALL.iter().map(|kind| (texts.kind)(*kind)).collect();
            assert_eq!(kinds.len(), Kind::ALL.len());
            let sensors: std::collections::BTreeSet<&str> =
                Sensor::ALL.iter().map(|sensor| (texts.sensor)(*sensor)).collect();
            assert_eq!(sensors.len(), Sensor::ALL.len());
        }
    }

    #[test]
    fn a_category_and_the_answer_of_a_list_are_told_and_what_is_unknown_is_not() {
        assert_eq!(
            ENGLISH.oddity("category-11").as_deref(),
            Some("category 11: Email Spam")
        );
        assert_eq!(
            SPANISH.oddity("code-127.0.0.2").as_deref(),
            Some("la lista respondió 127.0.0.2")
        );
        assert_eq!(ENGLISH.oddity("category-99"), None);
        let names = ["bare-lf".to_owned(), "<b>".to_owned()];
        assert_eq!(
            SPANISH.oddities(&names),
            "saltos de línea sin retorno de carro, <b>"
        );
    }
}
