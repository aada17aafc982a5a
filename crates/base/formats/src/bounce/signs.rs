//! What speaks for a mail being a bounce, an automatic answer, or the acknowledgement of an abuse desk. Each sign has points; what they add up to
//! is the confidence.

use crate::folded::{folded, has};
use crate::letter::Letter;

/// Most characters of a text in which signs are looked for: they stand at its beginning.
const MAX_LOOK: usize = 4_096;
/// Most points: nothing is surer.
pub(super) const MOST: u8 = 99;

/// Signs that were found: their points, and what they are.
#[derive(Debug, Default)]
pub(super) struct Signs {
    /// The sum of the points.
    pub(super) points: u8,
    /// What speaks for it.
    pub(super) because: Vec<&'static str>,
}

impl Signs {
    fn add(&mut self, sign: Option<(u8, &'static str)>) {
        if let Some((points, what)) = sign {
            self.points = self.points.saturating_add(points).min(MOST);
            self.because.push(what);
        }
    }
}

/// Who writes bounces: local parts without `-`, `_` and `.`, and names in front of the address.
const REPORTERS: &[&str] = &[
    "mailerdaemon",
    "maildaemon",
    "postmaster",
    "mail delivery system",
    "mail delivery subsystem",
    "mail deliver system",
    "system administrator",
];
/// How the subjects of bounces begin, folded.
const BOUNCE_SUBJECTS: &[&str] = &[
    "undelivered mail",
    "undeliverable",
    "undeliver",
    "delivery status notification",
    "delivery status",
    "delivery failure",
    "delivery notification",
    "delivery report",
    "delivery has failed",
    "mail delivery",
    "mail failure",
    "mail system error",
    "failure notice",
    "failed delivery",
    "returned mail",
    "returned to sender",
    "warning: could not send",
    "warning--could not send",
    "postmaster notify",
    "notice: mail delivery status",
    "there was an error sending your mail",
    "[postmaster] email delivery failure",
    "non recapitabile",
    "unzustellbar",
    "nicht zustellbar",
    "no se puede entregar",
    "no se pudo entregar",
    "correo no entregado",
    "non remis",
    "echec de remise",
    "nao entregue",
    "message not delivered",
];
/// What the texts of bounces say, folded.
const BOUNCE_WORDS: &[&str] = &[
    "could not be delivered",
    "cannot be delivered",
    "couldn't be delivered",
    "was not delivered",
    "wasn't delivered",
    "wasn't able to deliver",
    "was unable to deliver",
    "unable to deliver",
    "were unable to deliver",
    "not able to be delivered",
    "delivery has failed",
    "delivery failed",
    "did not reach the following recipient",
    "failed permanently",
    "there was an error delivering your mail",
    "had trouble delivering your message",
    "delivering your message",
    "the following addresses had",
    "the following recipients failed",
    "following recipients was rejected",
    "transcript of session follows",
    "invalid user address",
    "incorrectly constructed",
    "message is delayed",
    "message could not be sent",
    "account is disabled",
    "questo messaggio non",
    "no se ha podido entregar",
    "no se pudo entregar",
    "nao pode ser entregue",
    "konnte nicht zugestellt werden",
    "n'a pas pu etre remis",
];
/// What says that a mail is still tried.
const STILL_TRIED: &[&str] = &[
    "this is a warning message only",
    "temporary failure report",
    "message is delayed",
    "could not send message for past",
    "could not send mail for past",
    "will keep trying",
    "will continue to be attempted",
    "delivery is delayed",
    "delayed mail",
];

/// What speaks for a bounce in free words.
pub(super) fn of_bounce(letter: &Letter<'_>, said: &str) -> Signs {
    let mut signs = Signs::default();
    let from = letter.field("From").to_ascii_lowercase();
    let plain: String = from.chars().filter(|c| !"-_.".contains(*c)).collect();
    let is_reporter = REPORTERS.iter().any(|name| plain.contains(name));
    signs.add(is_reporter.then_some((40, "it comes from a mail server")));
    let path = letter.field("Return-Path").to_ascii_lowercase();
    let is_null = path == "<>" || path.contains("mailer-daemon");
    signs.add(is_null.then_some((20, "it has the null sender")));
    let names_failed = letter.head.first("X-Failed-Recipients").is_some();
    signs.add(names_failed.then_some((40, "X-Failed-Recipients")));
    let subject = folded(&letter.glance().subject, 400);
    let is_subject = BOUNCE_SUBJECTS.iter().any(|begin| subject.starts_with(begin));
    signs.add(is_subject.then_some((30, "its subject is that of a bounce")));
    let words = folded(said, MAX_LOOK);
    let says = BOUNCE_WORDS.iter().any(|phrase| has(&words, phrase));
    signs.add(says.then_some((40, "its text is that of a bounce")));
    signs
}

/// Whether a report says that the mail is still tried.
pub(super) fn is_delayed(letter: &Letter<'_>, said: &str) -> bool {
    let words = folded(&format!("{} {said}", letter.glance().subject), MAX_LOOK);
    STILL_TRIED.iter().any(|phrase| has(&words, phrase))
}

/// Fields that only automatic answers have.
const AUTOMATIC_FIELDS: &[&str] = &["X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-Auto-Reply"];
/// How the subjects of automatic answers begin, folded.
const AUTOMATIC_SUBJECTS: &[&str] = &[
    "automatic reply",
    "autoreply",
    "auto reply",
    "auto-reply",
    "auto:",
    "autorespon",
    "auto response",
    "out of office",
    "out of the office",
    "away from",
    "on vacation",
    "vacation",
    "respuesta automatica",
    "fuera de la oficina",
    "ausencia",
    "contestacion automatica",
    "abwesenheit",
    "abwesend",
    "automatische antwort",
    "reponse automatique",
    "absence du bureau",
    "absent du bureau",
    "resposta automatica",
    "ausencia temporaria",
    "fora do escritorio",
    "risposta automatica",
    "fuori sede",
    "automatisch antwoord",
    "autosvar",
    "odpowiedz automatyczna",
];
/// What the texts of those say who are away, folded.
const AWAY_WORDS: &[&str] = &[
    "out of the office",
    "out of office",
    "on vacation",
    "on annual leave",
    "on leave until",
    "away until",
    "fuera de la oficina",
    "de vacaciones",
    "estare ausente",
    "nicht im buero",
    "im urlaub",
    "abwesend",
    "absent du bureau",
    "en conges",
    "en vacances",
    "fora do escritorio",
    "de ferias",
    "no longer in use",
    "no longer monitored",
];

/// What speaks for an automatic answer of somebody who is away.
pub(super) fn of_automatic(letter: &Letter<'_>, text: &str) -> Signs {
    let mut signs = Signs::default();
    let automatic = letter.word("Auto-Submitted");
    signs.add((automatic == "auto-replied").then_some((60, "Auto-Submitted: auto-replied (RFC 3834)")));
    signs.add((automatic == "auto-generated").then_some((30, "Auto-Submitted: auto-generated")));
    let has_field = AUTOMATIC_FIELDS
        .iter()
        .any(|name| letter.head.first(name).is_some());
    signs.add(has_field.then_some((60, "a field of automatic answers")));
    let precedence = letter.word("Precedence");
    signs.add((precedence == "auto_reply").then_some((60, "Precedence: auto_reply")));
    signs.add((matches!(precedence.as_str(), "bulk" | "junk")).then_some((10, "Precedence")));
    let is_read = letter.part("message/disposition-notification").is_some();
    signs.add(is_read.then_some((80, "a notification of reading (RFC 8098)")));
    let subject = folded(&letter.glance().subject, 400);
    let subject = subject.strip_prefix("re: ").unwrap_or(&subject);
    let is_subject = AUTOMATIC_SUBJECTS.iter().any(|begin| subject.starts_with(begin));
    signs.add(is_subject.then_some((60, "its subject is that of an automatic answer")));
    let words = folded(text, MAX_LOOK);
    let says = AWAY_WORDS.iter().any(|phrase| has(&words, phrase));
    signs.add((says && signs.points > 0).then_some((20, "it says that somebody is away")));
    signs
}

/// What desks say that have got a report, folded.
const DESK_WORDS: &[&str] = &[
    "we have received your",
    "we've received your",
    "has been received",
    "thank you for your report",
    "thank you for reporting",
    "thank you for contacting",
    "thank you for your email",
    "your abuse report",
    "ticket has been created",
    "case has been opened",
    "case has been created",
    "your request has been",
    "this is an automated response",
    "this is an automated reply",
    "this is an automatic",
    "hemos recibido su",
    "hemos recibido tu",
    "acuse de recibo",
    "gracias por su informe",
    "gracias por contactar",
    "su solicitud ha sido",
    "wir haben ihre",
    "ihre anfrage",
    "eingangsbestaetigung",
    "vielen dank fuer ihre",
    "nous avons bien recu",
    "accuse de reception",
    "votre demande",
    "recebemos sua",
    "recebemos a sua",
    "recebemos o seu",
];

/// What speaks for the acknowledgement of an abuse desk, and the number that it gave.
pub(super) fn of_desk(letter: &Letter<'_>, text: &str) -> (Signs, Option<String>) {
    let mut signs = Signs::default();
    let subject = letter.glance().subject;
    let beginning: String = text.chars().take(MAX_LOOK).collect();
    let ticket = ticket_in(&subject).or_else(|| ticket_in(&beginning));
    let automatic = letter.word("Auto-Submitted");
    let is_automatic = automatic.starts_with("auto-")
        || matches!(letter.word("Precedence").as_str(), "bulk" | "auto_reply" | "junk")
        || AUTOMATIC_FIELDS
            .iter()
            .any(|name| letter.head.first(name).is_some());
    signs.add(is_automatic.then_some((30, "it was sent by a program")));
    signs.add(ticket.is_some().then_some((40, "it gives a number")));
    let words = folded(&format!("{subject} {beginning}"), MAX_LOOK);
    let says = DESK_WORDS.iter().any(|phrase| has(&words, phrase));
    signs.add(says.then_some((40, "it says that a report was received")));
    (signs, ticket)
}

/// Words in front of the number of a ticket, folded.
const BEFORE_NUMBERS: &[&str] = &[
    "ticket",
    "case",
    "request",
    "incident",
    "reference",
    "ref",
    "id",
    "number",
    "no",
    "nr",
    "caso",
    "incidencia",
    "solicitud",
    "expediente",
    "vorgang",
    "dossier",
    "chamado",
    "protocolo",
    "abuse",
];
/// Longest number.
const MAX_TICKET: usize = 40;

/// The number of a ticket: a word of at least four digits behind `#`, in brackets, or behind a word that says so.
fn ticket_in(text: &str) -> Option<String> {
    let mut before = String::new();
    for word in text.split(|c: char| c.is_whitespace() || ":;,()\"'".contains(c)) {
        if word.is_empty() {
            continue;
        }
        let number = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        let digits = number.bytes().filter(u8::is_ascii_digit).count();
        let is_number = digits >= 4
            && number.len() <= MAX_TICKET
            && number
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_#/".contains(&b));
        let is_marked = word.contains('#') || word.starts_with('[') && word.ends_with(']');
        if is_number && (is_marked || BEFORE_NUMBERS.contains(&before.as_str())) {
            let number = number.rsplit_once('#').map_or(number, |(_, number)| number);
            return Some(number.to_owned());
        }
        before = folded(word, 20);
        before.retain(|c| c.is_ascii_alphabetic());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_tickets_are_found_and_dates_are_not() {
        for (text, ticket) in [
            ("[Ticket#2024112210000123] Received", Some("2024112210000123")),
            ("Re: [ABUSE-481516] Your report", Some("ABUSE-481516")),
            ("Case ID: 0815-4711", Some("0815-4711")),
            ("Su solicitud (20241122) ha sido", Some("20241122")),
            ("#99231: report", Some("99231")),
            ("On 2024-11-22 we saw 192.0.2.1", None),
            ("[Listed] 1234 mails", None),
            ("", None),
        ] {
            assert_eq!(ticket_in(text).as_deref(), ticket, "{text}");
        }
    }
}
