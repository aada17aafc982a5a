//! The page of open data, in both languages.

use super::With1;

/// Open data.
pub(crate) struct OpenDataTexts {
    pub(crate) title: &'static str,
    pub(crate) lead: &'static str,
    pub(crate) licence: &'static str,
    pub(crate) licence_is: With1,
    pub(crate) licence_none: &'static str,
    pub(crate) statistics: &'static str,
    pub(crate) statistics_text: &'static str,
    pub(crate) days: &'static str,
    pub(crate) today: &'static str,
    pub(crate) exports: &'static str,
    pub(crate) exports_open: &'static str,
    pub(crate) exports_closed: &'static str,
    pub(crate) contacts: &'static str,
    /// Zone.
    pub(crate) contacts_text: With1,
    pub(crate) feedback: &'static str,
    pub(crate) feedback_text: &'static str,
    pub(crate) feedback_link: &'static str,
    pub(crate) api: &'static str,
    pub(crate) api_text: &'static str,
    pub(crate) api_link: &'static str,
    pub(crate) api_example: &'static str,
    pub(crate) method: &'static str,
    pub(crate) method_text: &'static [&'static str],
}

/// In English.
pub(super) const ENGLISH: OpenDataTexts = OpenDataTexts {
    title: "Open data",
    lead: "What programs can fetch here, and how the figures come about.",
    licence: "Licence",
    licence_is: |licence| format!("These figures and lists may be used under: {licence}."),
    licence_none: "No licence is stated. Ask our postmaster before you publish what you fetch here.",
    statistics: "Figures of each day",
    statistics_text: "Who sent to the traps, by botnet, country, network and hour: figures only, no addresses. Below every table on the pages of \
                      statistics are the same numbers as CSV and JSON.",
    days: "Days that are known, as JSON",
    today: "All figures of today, as JSON",
    exports: "The whole list",
    exports_open: "Anybody may fetch the list in these formats, whole or in part (class, family), and only where it has changed (ETag).",
    exports_closed: "The list in bulk is personal data and is given to those whom we know. Ask our postmaster. These are the formats:",
    contacts: "Abuse contacts over DNS",
    contacts_text: |zone| {
        format!(
            "Whom to tell about an address, as a TXT record in {zone}, in the layout that existing tools know: for 192.0.2.99 ask"
        )
    },
    feedback: "Your own addresses",
    feedback_text: "Networks that enrol get every event of their own addresses: as reports by mail, as a signed call of their server, or fetched \
                    by a cursor.",
    feedback_link: "Enrol a network or a domain",
    api: "API",
    api_text: "Whatever a page tells, programs get as JSON, with errors after RFC 9457. For many questions use DNS: it answers faster, and look-ups \
               here are limited for each client.",
    api_link: "OpenAPI 3.1 document",
    api_example: "One address",
    method: "How the figures come about",
    method_text: &[
        "Counted is what reached traps: mailboxes that nobody uses. A message counts once for each recipient, an address once a day. What a trap \
         does not see is not counted: the figures tell of our traps and not of all spam.",
        "An address counts only where the sender completed a TCP connection. Countries are where the registry says that the holder is registered, \
         networks are those that announce the address; both are looked up when the figures are made.",
        "Botnets are told by how a machine opens its connection and speaks SMTP. A name is a judgement by signatures, which may be wrong; what no \
         signature knows is counted as unknown and never spread over the others.",
        "Days are days of UTC. A day that is over changes only where its messages arrive late, and its files carry a tag by which a change is seen.",
    ],
};

/// In Spanish.
pub(super) const SPANISH: OpenDataTexts = OpenDataTexts {
    title: "Datos abiertos",
    lead: "Qué pueden obtener aquí los programas, y cómo se obtienen las cifras.",
    licence: "Licencia",
    licence_is: |licence| format!("Estas cifras y listas pueden usarse según: {licence}."),
    licence_none: "No se indica ninguna licencia. Pregunte a nuestro postmaster antes de publicar lo que obtenga aquí.",
    statistics: "Cifras de cada día",
    statistics_text: "Quién envió a las trampas, por botnet, país, red y hora: solo cifras, ninguna dirección. Bajo cada tabla de las páginas de \
                      estadísticas están los mismos números en CSV y JSON.",
    days: "Días de los que se sabe algo, en JSON",
    today: "Todas las cifras de hoy, en JSON",
    exports: "La lista entera",
    exports_open: "Cualquiera puede obtener la lista en estos formatos, entera o en parte (clase, familia), y solo si ha cambiado (ETag).",
    exports_closed: "La lista en bloque son datos personales y se da a quienes conocemos. Pregunte a nuestro postmaster. Estos son los formatos:",
    contacts: "Contactos de abuso por DNS",
    contacts_text: |zone| {
        format!(
            "A quién avisar sobre una dirección, como registro TXT en {zone}, en la forma que conocen las herramientas que ya hay: para \
             192.0.2.99 pregunte"
        )
    },
    feedback: "Sus propias direcciones",
    feedback_text: "Las redes que se inscriben reciben cada suceso de sus propias direcciones: como informe por correo, como llamada firmada a su \
                    servidor, o recogido con un cursor.",
    feedback_link: "Inscribir una red o un dominio",
    api: "API",
    api_text: "Lo que dice una página lo obtienen los programas en JSON, con los errores según el RFC 9457. Para muchas preguntas use el DNS: \
               responde antes, y aquí las consultas de cada cliente están limitadas.",
    api_link: "Documento OpenAPI 3.1",
    api_example: "Una dirección",
    method: "Cómo se obtienen las cifras",
    method_text: &[
        "Se cuenta lo que llegó a las trampas: buzones que nadie usa. Un mensaje cuenta una vez por destinatario, una dirección una vez al día. Lo \
         que no ve ninguna trampa no se cuenta: las cifras hablan de nuestras trampas y no de todo el spam.",
        "Una dirección solo cuenta si el remitente completó una conexión TCP. El país es aquel en el que el registro dice que está registrado el \
         titular, la red es la que anuncia la dirección; ambos se buscan al hacer las cifras.",
        "Las botnets se distinguen por cómo una máquina abre la conexión y habla SMTP. Un nombre es un juicio por firmas, que puede ser erróneo; lo \
         que ninguna firma conoce se cuenta como desconocido y nunca se reparte entre las demás.",
        "Los días son días UTC. Un día pasado solo cambia si sus mensajes llegan tarde, y sus archivos llevan una etiqueta por la que se ve el cambio.",
    ],
};
