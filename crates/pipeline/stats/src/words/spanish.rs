//! Statistics in Spanish.

use atalaya_places::Language;

use super::{ChartWords, ColumnWords, HeadWords, MethodWords, NoteWords, PartWords, Words};
use crate::figures::Dimension;

/// Statistics in Spanish.
pub(super) static SPANISH: Words = Words {
    language: Language::Spanish,
    tag: "es",
    decimal: ',',
    thousands: '.',
    months: [
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
    ],
    date: |day, month, year| format!("{day} de {month} de {year}"),
    days: |first, last| format!("{first} a {last}"),
    head: HEAD,
    measures: ["Direcciones", "Conexiones", "Sobres", "Destinatarios", "Bytes"],
    parts: PARTS,
    columns: COLUMNS,
    kinds: [
        "Botnet",
        "Pila de red sin nombre",
        "Dialecto sin nombre",
        "Programa",
        "Rebotes",
        "Todo lo demás",
    ],
    confidences: ["sin confirmar", "probable", "confirmada"],
    methods: METHODS,
    charts: CHARTS,
    keys: KEYS,
    notes: NOTES,
};

const HEAD: HeadWords = HeadWords {
    of: |days| format!("Estadísticas: {days}"),
    addresses: "Direcciones que enviaron",
    new: |days| {
        if days == "1" {
            "Nuevas: no vistas el día anterior".to_owned()
        } else {
            format!("Nuevas: no vistas en los {days} días anteriores")
        }
    },
    listed: "En la lista",
    notified: "Red avisada",
    made: |moment| format!("Hecho el {moment}. Los días son días en UTC."),
    unfinished: |moment| format!("El último día no ha terminado: esto es lo visto hasta el {moment}."),
    missing: |days| format!("De estos días no se guarda nada: {days}."),
    closed: |days| format!("De estos días solo se guardan sus imágenes, así que no están en esta: {days}."),
    nothing: "No se vio nada. O nadie envió nada a las trampas, o no se contó nada.",
    numbers: "Los números",
};

const PARTS: PartWords = PartWords {
    botnets: [
        "Botnets",
        "Quién envió: botnets del catálogo, y pilas de red y dialectos que nadie ha nombrado pero que comparten muchas direcciones. La línea \
         junto a una barra es el intervalo en el que está el tamaño de la botnet.",
    ],
    botnet_hours: [
        "Botnets por hora",
        "Conexiones por hora del día, en UTC. Cada curva tiene su propia escala.",
    ],
    botnet_countries: [
        "Botnets por país",
        "Direcciones de cada botnet en los países que más tienen. Un campo vacío es un país que no está entre los diez primeros de esa \
         botnet.",
    ],
    pairs: [
        "Pilas que pueden haber traído los bots",
        "Un bot con pila de red propia muestra dos: la suya y la del sistema en el que corre. Estas pilas extrañas se vieron en direcciones que \
         también muestran un sistema común. Muchas máquinas detrás de una dirección se ven igual, así que solo una parte alta es señal.",
    ],
    days: [
        "Día por día",
        "Direcciones de cada día, de todo y de las botnets más grandes.",
    ],
    rankings: [
        [
            "Sistemas",
            "El sistema operativo, por el primer paquete de la conexión.",
        ],
        [
            "Dialectos",
            "Cómo habló SMTP el remitente: orden y escritura de sus órdenes, su ritmo, sus fines de línea.",
        ],
        ["HELO", "Qué clase de nombre se dio el remitente."],
        [
            "Formas de cabecera",
            "Qué campos tenía el mensaje, en qué orden y cómo estaban escritos.",
        ],
        [
            "Países",
            "Dónde está registrado quien tiene las direcciones. La máquina puede estar en otro lugar.",
        ],
        ["Redes", "Qué red anuncia las direcciones (sistema autónomo)."],
        ["Prefijos", "El /24 de una dirección IPv4, o el /48 de una IPv6."],
        ["Trampas", "La clase de trampa que recibió algo."],
        ["Sensores", "Qué sensor lo vio."],
        ["Horas", "Por hora del día, en UTC."],
    ],
};

const COLUMNS: ColumnWords = ColumnWords {
    botnet: "Botnet",
    kind: "Qué es",
    aliases: "Otros nombres",
    confidence: "Certeza",
    told_by: "Se reconoce por",
    size: "Tamaño estimado",
    a_day: "Destinatarios al día",
    world: "Destinatarios al día, en el mundo",
    share: "Parte",
    new: "Nuevas",
    listed: "En la lista",
    notified: "Red avisada",
    paired: "También con un sistema común",
    first_seen: "Vista por primera vez",
    last_seen: "Vista por última vez",
    stack: "Pila",
    signature: "Firma",
    both: "También con un sistema común",
    systems: "Sistemas comunes",
    suspected: "Sospechosa",
    yes: "sí",
    no: "no",
    day: "Día",
    rankings: [
        "Sistema",
        "Dialecto",
        "HELO",
        "Forma de cabecera",
        "País",
        "Red",
        "Prefijo",
        "Trampa",
        "Sensor",
        "Hora",
    ],
};

const METHODS: MethodWords = MethodWords {
    seen: "direcciones vistas",
    chao: |low, high| format!("Chao 1987, 95\u{a0}%: de {low} a {high}"),
    chao_none: "todas vistas más de una vez: no se esperan más",
    recipients: "destinatarios contados",
    recipients_hours: |over, all| format!("destinatarios contados, en {over} de {all} horas"),
    recipients_days: |over, all| format!("destinatarios contados, en {over} de {all} días"),
    world: "lo mismo, según la parte del correo mundial que indicó el operador",
};

const KEYS: &[(Dimension, &str, &str)] = &[
    (Dimension::System, "not seen", "no visto"),
    (Dimension::System, "unavailable", "sin primer paquete"),
    (Dimension::System, "rare", "poco común"),
    (Dimension::Dialect, "rare", "poco común"),
    (Dimension::Headers, "rare", "poco común"),
    (Dimension::Helo, "name", "nombre"),
    (Dimension::Helo, "name-of-address", "nombre-con-dirección"),
    (Dimension::Helo, "word", "palabra"),
    (Dimension::Helo, "WORD", "PALABRA"),
    (Dimension::Helo, "own", "propia"),
    (Dimension::Helo, "private", "privada"),
    (Dimension::Helo, "other", "ajena"),
    (Dimension::Trap, "pristine", "nunca usada"),
    (Dimension::Trap, "recycled", "reciclada"),
    (Dimension::Trap, "typo", "errata"),
    (Dimension::Trap, "role", "de función"),
    (Dimension::Sensor, "trap", "trampa"),
    (Dimension::Sensor, "replay", "reproducción"),
    (Dimension::Sensor, "log", "registros"),
    (Dimension::Sensor, "policy", "servicio de políticas"),
];

const CHARTS: ChartWords = ChartWords {
    nothing: "Nada que mostrar",
    no_connections: "Sin conexiones: esto lo contaron registros o servidores de correo",
    others: "todos los demás",
    unknown: "desconocido",
    unknown_botnet: "sin identificar",
    backscatter: "rebotes",
    stack: "pila",
    dialect: "dialecto",
    none: "ninguno",
    peak: |number, hour| format!("máximo {number} a las {hour}"),
    all: "todas",
    interval: "tamaño estimado (95\u{a0}%)",
    both: "también con un sistema común",
    hours_utc: "horas en UTC",
    and_more: |count| format!("y {count} más"),
    no_place: |what, count| format!("{what} fuera del mapa: {count}"),
    more_botnets: |count| {
        format!(
            "Sin fila propia, porque pocas direcciones los comparten: {count} pilas y dialectos sin nombre."
        )
    },
};

const NOTES: NoteWords = NoteWords {
    method_title: "Cómo se cuenta",
    method: &[
        "Se cuenta lo que oyeron nuestros propios sensores: trampas, y servidores de correo que nos preguntan. Lo que otros informan no se \
         cuenta aquí. Todas las cuentas son exactas, y una dirección cuenta una vez en cada una, por muchas veces que venga. Una dirección \
         IPv6 cuenta con su /64.",
        "Una dirección pertenece a cada botnet cuyo aspecto mostró, así que las direcciones de todas las botnets pueden ser más que las del día.",
        "El tamaño es una estimación de un día; de varios días, la media. De cuántas direcciones vinieron una vez y cuántas dos se sigue \
         cuántas existen probablemente que no vinieron a nosotros (Chao 1987). Es bajo donde unos bots envían mucho más que otros, y alto \
         donde las direcciones cambian durante el día.",
        "Se cuentan destinatarios y no mensajes, porque un mensaje con cien destinatarios es cien mensajes para quienes los reciben.",
        "Estas cifras dicen lo que vieron nuestras trampas. No dicen lo que vio el mundo.",
    ],
    share_of_mail: "Las cifras mundiales se basan en la parte del correo mundial que el operador de esta lista cree que ven sus trampas.",
    origins_title: "Con qué se hizo",
    what: "Qué",
    from: "De",
    date: "Fecha o versión",
    thanks: "Gracias a",
    old: "antiguo",
    old_warning: |what| {
        format!("Datos antiguos: {what}. Puede que parte de lo que se basa en ellos sea incorrecto.")
    },
    countries: "Países",
    networks: "Redes",
    catalogue: "Catálogo de botnets",
    built_in: "viene con el programa",
    map: "Mapa: Natural Earth (dominio público), proyección Equal Earth. Es un dibujo, y no dice nada de ninguna frontera.",
    by: |organisation| format!("Publicado por {organisation}, hecho con Atalaya."),
};
