//! The sentences in Spanish, for pages and mails. Nothing of this is kept.

use atalaya_model::{Kind, Sensor};

use super::{Protector, Why};

/// The sentence.
pub(super) fn sentence(why: &Why) -> String {
    match why {
        Why::Trapped { messages: 1, last } => {
            format!("Llegó spam a nuestras trampas: 1 mensaje, el {}.", last.date())
        }
        Why::Trapped { messages, last } => {
            let last = last.date();
            format!("Llegó spam a nuestras trampas: {messages} mensajes, el último el {last}.")
        }
        Why::Seen { times, kinds, last } => {
            let kinds: Vec<&str> = kinds.iter().map(|kind| spanish_kind(*kind)).collect();
            let (kinds, last) = (kinds.join(", "), last.date());
            match times {
                1 => format!("Visto o denunciado una vez: {kinds}; el {last}."),
                _ => format!("Visto o denunciado {times} veces: {kinds}; la última el {last}."),
            }
        }
        Why::ManyListed(count) => format!("{count} direcciones de esta red están en la lista."),
        Why::Ended => "La inclusión llegó a su fin.".to_owned(),
        Why::NewHolder => "La red tiene otro titular que cuando se vio esto.".to_owned(),
        Why::Removed => "Se pidió la retirada en la página.".to_owned(),
        Why::ReportsTakenBack => "Se retiró lo que se había denunciado.".to_owned(),
        Why::RulePurged(rule) => format!("Se retiró lo que había incluido la regla {rule}."),
        Why::SensorPurged(seen_by) => format!("Se retiraron observaciones de {}.", sensor(*seen_by)),
        Why::Purged => "Se retiraron observaciones.".to_owned(),
        Why::Protected(range, by) => format!("{range} está protegido: {}.", protector(by)),
        Why::Stopped(by) => protector(by),
        Why::Allowed(prefix) => format!("{prefix} se puso en la lista de permitidos."),
        Why::OffItsList => "Ya no está en la lista de la que vino.".to_owned(),
    }
}

/// What protects a range.
fn protector(by: &Protector) -> String {
    match by {
        Protector::Configured => "lo protege la configuración".to_owned(),
        Protector::Domain(domain) => format!("{domain} envía o recibe correo ahí"),
    }
}

/// A kind in words.
#[must_use]
pub const fn spanish_kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Spam => "spam",
        Kind::Backscatter => "rebotes de correo falsificado",
        Kind::Connection => "una conversación sin correo",
        Kind::UnknownRecipient => "correo a buzones que no existen",
        Kind::Protocol => "infracciones del protocolo",
        Kind::EarlyTalker => "hablar antes del saludo",
        Kind::RelayAttempt => "intentos de reenviar correo a terceros",
        Kind::LoginAttack => "intentos de adivinar contraseñas",
        Kind::PortScan => "escaneos de puertos",
        Kind::WebAttack => "ataques a sitios web",
        Kind::Flood => "inundaciones",
        Kind::Malware => "programas dañinos",
        Kind::Phishing => "phishing",
        Kind::Fraud => "fraude",
        Kind::Bot => "un bot",
        Kind::Listed => "la lista de otros",
        Kind::NotSpam => "lo que no era spam",
        Kind::Other => "otros abusos",
    }
}

/// A kind of sensor in words.
const fn sensor(sensor: Sensor) -> &'static str {
    match sensor {
        Sensor::Trap => "una trampa",
        Sensor::Replay => "correo guardado",
        Sensor::Log => "un registro",
        Sensor::Policy => "un servicio de políticas",
        Sensor::Milter => "un milter",
        Sensor::Report => "un denunciante",
        Sensor::Complaint => "una queja por correo",
        Sensor::Feed => "una lista de otros",
    }
}
