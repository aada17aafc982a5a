//! The first page of the console, in both languages.

use crate::texts::With1;

/// The overview.
pub(crate) struct OverviewTexts {
    pub(crate) list: &'static str,
    pub(crate) listings: &'static str,
    pub(crate) allowed: &'static str,
    pub(crate) serial: &'static str,
    pub(crate) pace: &'static str,
    pub(crate) observations: &'static str,
    pub(crate) answers: &'static str,
    pub(crate) mails: &'static str,
    pub(crate) requests: &'static str,
    pub(crate) queues: &'static str,
    pub(crate) unjudged: &'static str,
    pub(crate) waiting_mails: &'static str,
    pub(crate) waiting_jobs: &'static str,
    pub(crate) replies: &'static str,
    pub(crate) quarantined: &'static str,
    pub(crate) lost: &'static str,
    pub(crate) or_more: With1,
    pub(crate) sensors: &'static str,
    pub(crate) sensors_none: &'static str,
    pub(crate) sensor: &'static str,
    pub(crate) last_seen: &'static str,
    pub(crate) of_newest: &'static str,
    pub(crate) top_clients: &'static str,
    pub(crate) top_asked: &'static str,
    pub(crate) questions: &'static str,
    pub(crate) live: &'static str,
}

impl OverviewTexts {
    /// What is not known yet.
    pub(crate) const UNKNOWN: &'static str = "…";
}

/// In English.
pub(super) const ENGLISH: OverviewTexts = OverviewTexts {
    list: "The list",
    listings: "Listings",
    allowed: "On the allow list",
    serial: "Serial",
    pace: "Now",
    observations: "Observations a minute",
    answers: "DNS answers a second",
    mails: "Mails a minute",
    requests: "Requests of pages a second",
    queues: "What waits, and what is wrong",
    unjudged: "Observations not judged yet",
    waiting_mails: "Mails in the outbox",
    waiting_jobs: "Jobs",
    replies: "Replies for a person",
    quarantined: "Lists of others not believed",
    lost: "Lost or refused since the start",
    or_more: |count| format!("{count} or more"),
    sensors: "Sensors",
    sensors_none: "Nothing has been observed yet.",
    sensor: "Sensor",
    last_seen: "Saw something last",
    of_newest: "Of the newest 1,000 observations",
    top_clients: "Who asks most today",
    top_asked: "What is asked about most today",
    questions: "Questions",
    live: "With scripts the figures are renewed every few seconds.",
};

/// In Spanish.
pub(super) const SPANISH: OverviewTexts = OverviewTexts {
    list: "La lista",
    listings: "Entradas",
    allowed: "En la lista de permitidos",
    serial: "Serie",
    pace: "Ahora",
    observations: "Observaciones por minuto",
    answers: "Respuestas DNS por segundo",
    mails: "Correos por minuto",
    requests: "Peticiones de páginas por segundo",
    queues: "Lo que espera, y lo que va mal",
    unjudged: "Observaciones sin juzgar",
    waiting_mails: "Correos por enviar",
    waiting_jobs: "Tareas",
    replies: "Respuestas para una persona",
    quarantined: "Listas ajenas que no se creen",
    lost: "Perdidas o rechazadas desde el arranque",
    or_more: |count| format!("{count} o más"),
    sensors: "Sensores",
    sensors_none: "Aún no se ha observado nada.",
    sensor: "Sensor",
    last_seen: "Vio algo por última vez",
    of_newest: "De las últimas 1.000 observaciones",
    top_clients: "Quién pregunta más hoy",
    top_asked: "Por qué se pregunta más hoy",
    questions: "Preguntas",
    live: "Si el navegador ejecuta programas, las cifras se renuevan cada pocos segundos.",
};
