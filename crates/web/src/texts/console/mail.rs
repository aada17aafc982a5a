//! The outbox, and addresses that no mail goes to, in both languages.

use crate::texts::With1;

/// What leaves by mail.
pub(crate) struct MailTexts {
    pub(crate) outbox: &'static str,
    pub(crate) suppressed: &'static str,
    pub(crate) state: &'static str,
    pub(crate) any_state: &'static str,
    /// In the order of the states: waiting, sent, filed, failed, dropped.
    states: [&'static str; 5],
    pub(crate) wrong: &'static str,
    pub(crate) none: &'static str,
    pub(crate) written: &'static str,
    pub(crate) recipient: &'static str,
    pub(crate) attempts: &'static str,
    pub(crate) due: &'static str,
    pub(crate) trouble: &'static str,
    pub(crate) size: &'static str,
    pub(crate) older: &'static str,
    pub(crate) newest: &'static str,
    pub(crate) retry: &'static str,
    pub(crate) retry_failed: &'static str,
    pub(crate) give_up: &'static str,
    pub(crate) mail_to: With1,
    pub(crate) words: &'static str,
    pub(crate) words_hint: &'static str,
    pub(crate) no_words: &'static str,
    pub(crate) suppressed_lead: &'static str,
    pub(crate) suppressed_none: &'static str,
    pub(crate) address: &'static str,
    pub(crate) why: &'static str,
    pub(crate) over: &'static str,
    pub(crate) lift: &'static str,
    /// The address.
    pub(crate) lift_one: With1,
    pub(crate) suppress: &'static str,
    pub(crate) suppress_title: &'static str,
    pub(crate) lift_title: &'static str,
    pub(crate) lift_hint: &'static str,
    pub(crate) even_if_asked: &'static str,
}

impl MailTexts {
    /// The name of a state of a mail.
    pub(crate) fn state(&self, state: &str) -> &'static str {
        let [waiting, sent, filed, failed, dropped] = self.states;
        match state {
            "sent" => sent,
            "filed" => filed,
            "failed" => failed,
            "dropped" => dropped,
            _ => waiting,
        }
    }
}

/// In English.
pub(super) const ENGLISH: MailTexts = MailTexts {
    outbox: "Outbox",
    suppressed: "No mail to",
    state: "State",
    any_state: "Any state",
    states: ["waits", "sent", "filed in the folder", "failed", "given up"],
    wrong: "There is no such state, or the link is damaged.",
    none: "No such mail is in the outbox.",
    written: "Written",
    recipient: "To",
    attempts: "Tries",
    due: "Due",
    trouble: "What stood in the way",
    size: "Size",
    older: "Older ones",
    newest: "The newest",
    retry: "Try anew",
    retry_failed: "Try all anew that failed",
    give_up: "Give up",
    mail_to: |address| format!("Mail to {address}"),
    words: "Its words",
    words_hint: "The secrets in its links are hidden: whoever has such a link speaks for its reader.",
    no_words: "There are no words in it.",
    suppressed_lead: "No mail goes to these addresses: mail to them failed for good, or somebody of yours said so.",
    suppressed_none: "No address is suppressed.",
    address: "Address",
    why: "Why",
    over: "over",
    lift: "Lift",
    lift_one: |address| format!("Let mail go to {address} again"),
    suppress: "Send no more mail",
    suppress_title: "Send an address no more mail",
    lift_title: "Let mail go to an address again",
    lift_hint: "Also where it stands in no list: a mailbox that died counts as alive again.",
    even_if_asked: "Also forget that it asked to be left alone, and which prefixes it said are not its own",
};

/// In Spanish.
pub(super) const SPANISH: MailTexts = MailTexts {
    outbox: "Salida",
    suppressed: "Sin correo a",
    state: "Estado",
    any_state: "Cualquier estado",
    states: [
        "en espera",
        "enviado",
        "guardado en la carpeta",
        "fallido",
        "descartado",
    ],
    wrong: "No hay tal estado, o el enlace está dañado.",
    none: "No hay ningún correo así en la salida.",
    written: "Escrito",
    recipient: "Para",
    attempts: "Intentos",
    due: "Toca",
    trouble: "Qué lo impidió",
    size: "Tamaño",
    older: "Anteriores",
    newest: "Los más nuevos",
    retry: "Intentar de nuevo",
    retry_failed: "Intentar de nuevo todos los fallidos",
    give_up: "Descartar",
    mail_to: |address| format!("Correo a {address}"),
    words: "Sus palabras",
    words_hint: "Los secretos de sus enlaces están ocultos: quien tiene un enlace así habla por su lector.",
    no_words: "No contiene palabras.",
    suppressed_lead: "A estas direcciones no va correo: falló para siempre, o lo dijo alguien de su equipo.",
    suppressed_none: "No hay ninguna dirección suprimida.",
    address: "Dirección",
    why: "Por qué",
    over: "terminado",
    lift: "Levantar",
    lift_one: |address| format!("Permitir de nuevo el correo a {address}"),
    suppress: "No enviar más correo",
    suppress_title: "No enviar más correo a una dirección",
    lift_title: "Permitir de nuevo el correo a una dirección",
    lift_hint: "También si no está en ninguna lista: un buzón que murió vuelve a contar como vivo.",
    even_if_asked: "Olvidar también que pidió que la dejaran en paz, y qué prefijos dijo que no eran suyos",
};
