//! The pages in Spanish.

use atalaya_formats::why::Why;

use super::{
    AddressTexts, ClassTexts, FailureTexts, FrameTexts, HomeTexts, RemovalTexts, StatisticsTexts, StopTexts,
    Texts, UnitTexts, VerdictTexts,
};
use super::{
    api, console, feedback, glance, log, many, network, open_data, policy, proof, seen, short, using,
};

/// The pages in Spanish.
pub(crate) static SPANISH: Texts = Texts {
    frame: FRAME,
    units: UNITS,
    home: HOME,
    short: short::SPANISH,
    using: using::SPANISH,
    open_data: open_data::SPANISH,
    api: api::SPANISH,
    log: log::SPANISH,
    address: ADDRESS,
    glance: glance::SPANISH,
    seen: seen::SPANISH,
    many: many::SPANISH,
    classes: CLASSES,
    causes: super::causes::SPANISH,
    removal: REMOVAL,
    proof: proof::SPANISH,
    policy: policy::SPANISH,
    stop: STOP,
    network: network::SPANISH,
    feedback: feedback::SPANISH,
    statistics: STATISTICS,
    console: console::SPANISH,
    failure: FAILURE,
};

const FRAME: FrameTexts = FrameTexts {
    tag: "es",
    skip: "Ir al contenido",
    look_up: "Consultar",
    policy: "Política",
    pages: "Páginas",
    other_language: "English",
    state: |zone, serial| format!("{zone}, serie {serial}"),
    free: "Estar en la lista, consultarla y salir de ella no cuesta nada, nunca.",
};

const UNITS: UnitTexts = UnitTexts {
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
    days: ["día", "días"],
    hours: ["hora", "horas"],
    minutes: ["minuto", "minutos"],
    seconds: ["segundo", "segundos"],
    decimal: ',',
    thousands: '.',
    and: "y",
};

const HOME: HomeTexts = HomeTexts {
    title: "¿Está una dirección en la lista?",
    lead: |organisation| {
        format!(
            "{organisation} ve llegar el spam, publica las direcciones que lo envían para que los servidores de correo puedan \
             rechazarlo, y ayuda a sus titulares a pararlo y a salir."
        )
    },
    label: "Dirección, rango o dominio",
    hint: "Por ejemplo 192.0.2.99, 2001:db8::1, 192.0.2.0/24 o example.org. El mensaje que rechazó su correo indica la dirección.",
    button: "Consultar",
    refused_title: "¿Han rechazado su correo?",
    refused: "Consulte la dirección que indica el mensaje. Verá por qué está en la lista, desde cuándo y hasta cuándo, qué vimos, qué \
              hay que arreglar y cómo salir al momento.",
    server_title: "¿Lleva un servidor de correo?",
    server: |zone| {
        format!(
            "Pregunte a la zona {zone} en el DNS, como describe el RFC 5782. Pruébela antes con un aviso o con puntos."
        )
    },
    network_title: "¿Lleva una red?",
    network: "Cuando una dirección suya entra en la lista por pruebas escribimos a su contacto de abuso y le mostramos lo que vimos, \
              con menos frecuencia si es mucho. Cada mensaje dice cómo dejar de recibirlos.",
    codes_title: "Qué significan las respuestas",
    code: "Respuesta",
    class: "Clase",
    meaning: "Significado",
    size: |count| format!("Inclusiones ahora: {count}."),
};

const ADDRESS: AddressTexts = AddressTexts {
    listed: "En la lista",
    not_listed: "No está en la lista",
    allowed: "En la lista de permitidos",
    reserved: "No entra nunca",
    test_entry: "Entrada de prueba",
    lead_effect: "Los servidores de correo que usan esta lista pueden rechazar el correo de esta dirección.",
    lead_listed: |since| format!("Está en la lista desde el {since}."),
    lead_until: |until| format!("Sale sola el {until}, si antes no se ve nada más."),
    lead_endless: "Permanece hasta que se retire a mano.",
    lead_not_listed: "Esta lista no da a ningún servidor de correo motivo para rechazar su correo. Si aun así lo rechazan, el mensaje de \
                      rechazo indica otra causa.",
    lead_left: |date| format!("Estuvo en la lista y salió el {date}."),
    lead_allowed: |prefix| format!("Se vea lo que se vea, nada de {prefix} entra en la lista."),
    lead_reserved: "Esta dirección no nombra una máquina de Internet, así que no puede entrar nunca. Está reservada para:",
    lead_test_entry: "Toda lista en el DNS tiene direcciones que están siempre, para que quienes la usan comprueben que responde \
                      (RFC 5782, sección 5). De esta no viene correo.",
    unit_note: |unit| {
        format!(
            "Una dirección IPv6 entra junto con su /64, porque un solo abonado lo tiene entero: aquí {unit}."
        )
    },
    scope_note: |prefix| format!("Está como parte del rango {prefix}, no por sí sola."),
    at_serial: |zone, serial| format!("Así responde {zone} en el DNS, con la serie {serial}."),
    no_details_title: "Los detalles no están disponibles ahora",
    no_details: "La respuesta de arriba es segura: es la que da el DNS. El motivo, el comienzo, la regla, las pruebas, el historial \
                 y la retirada necesitan la base de datos, que en este momento no responde. Vuelva dentro de unos minutos.",
    why: "Por qué está en la lista",
    scope: "Alcance",
    scope_address: "Solo esta dirección",
    scope_unit: |unit| format!("El /64 {unit}"),
    scope_range: |prefix| format!("El rango {prefix}"),
    code: "Respuesta en el DNS",
    reason: "Motivo",
    say_why: Why::spanish,
    since: "Desde",
    until: "Hasta",
    endless: "Hasta que se retire a mano",
    rule: "Regla",
    rule_with_score: |rule, score| format!("{rule}, con una puntuación de {score}"),
    serial: "Serie",
    steps: "Qué hacer ahora",
    evidence: "Qué vimos",
    evidence_note: "Las horas son UTC. Las direcciones de nuestras trampas se sustituyen por «hidden-…», para que los remitentes no \
                    aprendan a evitarlas.",
    evidence_count: |shown, all| format!("Los {shown} mensajes más recientes de {all}."),
    evidence_none: "No se ha visto nada desde esta dirección.",
    seen_at: "Hora",
    sensor: "Visto por",
    helo: "Dijo llamarse",
    sender: "Dominio del remitente",
    sender_none: "Ninguno (un rebote)",
    subject: "Asunto",
    size: "Tamaño",
    from_address: "Desde",
    system: "Funciona con",
    system_likely: |label| format!("Quizá {label}"),
    system_unknown: "Sistema desconocido",
    dialect: "Habla como",
    dialect_known: str::to_owned,
    dialect_unknown: |id| format!("Ningún programa que conozcamos (dialecto {id})"),
    empty: "(vacío)",
    backscatter: "Rebote de un correo que otro falsificó: se guarda, no cuenta",
    unproven: "No prueba nada contra la dirección: se guarda, no cuenta",
    history: "Historial",
    history_none: "Esta dirección nunca estuvo en la lista.",
    verdicts: VerdictTexts {
        listed: |class| format!("Entró: {class}"),
        extended: |class, until| format!("Prorrogada hasta el {until}: {class}"),
        withdrawn: |class| format!("Salió: {class}"),
        allowed: "Puesta en la lista de permitidos",
        disallowed: "Quitada de la lista de permitidos",
    },
    notices: "A quién avisamos",
    notice: |date, domain| format!("{date}: el contacto de abuso en {domain}"),
    as_json: "Lo mismo en JSON",
};

const CLASSES: [ClassTexts; 6] = [
    ClassTexts {
        name: "Incluida a mano",
        meaning: "Nuestro postmaster la incluyó tras estudiar el caso.",
        steps: &[
            "Lea el motivo de arriba y corrija lo que indica.",
            "Escriba a nuestro postmaster, indique la dirección y diga qué ha hecho.",
        ],
    },
    ClassTexts {
        name: "Se ha visto spam",
        meaning: "Correo de esta dirección llegó a nuestras trampas: buzones que nadie usa y que nunca pidieron correo.",
        steps: &[
            "Averigüe quién o qué envió el correo de abajo: compare la hora, el remitente y el asunto con el registro de su servidor \
             de correo.",
            "Párelo. Cambie las contraseñas de las cuentas usadas sin permiso, cierre o actualice el programa, formulario o \
             complemento que lo envió, y quite de sus listas de correo las direcciones compradas o recogidas.",
            "Asegúrese de que solo su servidor de correo envía correo: cierre el puerto 25 de salida a las demás máquinas.",
            "Después salga de la lista, justo abajo.",
        ],
    },
    ClassTexts {
        name: "Máquina comprometida",
        meaning: "La máquina tras esta dirección muestra señales de un programa malicioso o de una cuenta robada que envía correo.",
        steps: &[
            "Busque programas maliciosos en todas las máquinas que usan esta dirección. Si la comparten muchas, puede ser cualquiera.",
            "Cambie las contraseñas de correo, paneles de control y transferencia de archivos, desde una máquina limpia.",
            "Cierre el puerto 25 de salida a todas las máquinas menos a su servidor de correo.",
            "Después salga de la lista, justo abajo.",
        ],
    },
    ClassTexts {
        name: "Red secuestrada",
        meaning: "Anuncia la red alguien que no tiene derecho a ella.",
        steps: &[
            "Compruebe quién puede anunciarla: objetos de ruta, RPKI y la ficha de su registro.",
            "Escriba a nuestro postmaster y muestre quién es el titular de la red.",
        ],
    },
    ClassTexts {
        name: "No envía correo, dice su red",
        meaning: "La red que tiene esta dirección dice que no envía correo directamente a otros servidores.",
        steps: &[
            "Envíe a través del servidor de correo de su proveedor, con su usuario (puerto 465 o 587).",
            "Si tiene que enviar directamente, pida a su red que cambie lo que declara.",
        ],
    },
    ClassTexts {
        name: "No debería enviar correo directamente",
        meaning: "Las direcciones de este tipo, como las que cambian de un día a otro, deberían enviar a través de un servidor de correo.",
        steps: &[
            "Envíe a través del servidor de correo de su proveedor, con su usuario (puerto 465 o 587).",
            "Si es un servidor de correo con dirección fija y nombre inverso propio, escriba a nuestro postmaster.",
        ],
    },
];

const REMOVAL: RemovalTexts = RemovalTexts {
    title: "Salir de la lista",
    now: "Puede salir ahora. Nadie hace preguntas, nadie cobra nada.",
    comes_back: |wait| {
        format!("Si se vuelve a ver spam, la dirección vuelve, y entonces solo podrá retirarse tras {wait}.")
    },
    comes_back_free: "Si se vuelve a ver spam, la dirección vuelve.",
    button: |unit| format!("Retirar {unit}"),
    wait: |date| format!("Esta dirección ya salió y ha vuelto. Podrá retirarse a partir del {date}."),
    wait_short: |end| format!("Si no se ve nada más, sale sola de todos modos el {end}."),
    will_stay: |listings| format!("Lo demás se queda, porque se retira a mano: {listings}."),
    by_hand: "Lo incluido en esta clase se retira a mano.",
    by_hand_range: |prefix| {
        format!(
            "Está incluido todo el rango {prefix}, y una sola dirección no puede salir. Los rangos se retiran a mano."
        )
    },
    write: "Escriba a nuestro postmaster, que contesta en dos días:",
    mail_subject: |address| format!("Retirada de {address}"),
    left: |unit| format!("{unit} ha salido de la lista"),
    left_in_part: |unit| format!("{unit} sigue en la lista"),
    in_part: |classes, serial| {
        format!("Ha salido lo que puede retirarse aquí, con la serie {serial}: {classes}.")
    },
    in_zone: |serial| format!("Nuestros servidores de nombres ya no la incluyen, desde la serie {serial}."),
    on_its_way: |serial| {
        format!(
            "Está decidido, con la serie {serial}. Nuestros servidores de nombres lo harán en unos segundos."
        )
    },
    cached: |ttl| {
        format!(
            "Los servidores de correo que preguntaron poco antes pueden recordar la respuesta anterior hasta {ttl}. Después vuelven \
             a aceptar su correo."
        )
    },
    staying: "Esto sigue afectando a la dirección, y se retira a mano:",
    look_again: "Consultar la dirección otra vez",
    not_yet: |unit| format!("{unit} no puede salir todavía"),
    was_not_listed: |address| format!("{address} no está en la lista"),
    was_not_listed_text: "No había nada que retirar. Quizá alguien se adelantó, o había llegado a su fin.",
    only_by_hand: |address| format!("{address} se retira a mano"),
    too_many: "Ha retirado muchas direcciones",
    too_many_text: |date| {
        format!(
            "Para que ninguna máquina vacíe la lista, las retiradas están limitadas. Podrá seguir como tarde el {date}."
        )
    },
};

const STOP: StopTexts = StopTexts {
    title: "Dejar de recibir avisos",
    question: |contact| format!("Escribimos a {contact} cuando una dirección de su red entra en la lista."),
    consequence: "Pulse el botón y no volveremos a escribir ahí. Las direcciones entran y pueden salir igual que antes; solo se acaban \
                  los avisos.",
    button: "No enviar más avisos",
    stopped: "No habrá más avisos",
    stopped_text: |contact| format!("No volveremos a escribir a {contact}."),
    undo: "Si quiere recibirlos de nuevo, escriba a nuestro postmaster:",
};

const STATISTICS: StatisticsTexts = StatisticsTexts {
    title: "Estadísticas",
    home_title: "¿Quién lo envía?",
    home: "Cada día contamos quién envió a nuestras trampas: qué botnets, desde qué países y redes, a qué horas.",
    today: |addresses, recipients| {
        format!("Hoy hasta ahora: {addresses} direcciones, {recipients} destinatarios")
    },
    earlier: "Día anterior",
    later: "Día siguiente",
    week: "Estos 7 días",
    month: "Estos 30 días",
    ranked_by: "Ordenar por",
    days: "Otros días",
    first: "Desde",
    last: "Hasta",
    show: "Mostrar",
    report: "Informe para guardar o enviar",
    json: "Todo como JSON",
};

const FAILURE: FailureTexts = FailureTexts {
    bad_address: "Eso no es una dirección",
    bad_empty: "Escriba la dirección IPv4 o IPv6 que quiere consultar, como 192.0.2.99 o 2001:db8::1.",
    bad_prefix: |text| {
        format!(
            "«{text}» es un rango. Consulte una dirección suya; su página dice si el rango está incluido."
        )
    },
    bad_name: |text| {
        format!(
            "«{text}» parece un nombre. Esta lista contiene direcciones: consulte la dirección IPv4 o IPv6 que tiene ese nombre."
        )
    },
    bad_zone: |text| format!("«{text}» nombra una interfaz tras el signo %. Quite esa parte."),
    bad_other: |text| {
        format!("«{text}» no es una dirección IPv4 ni IPv6. Escríbala como 192.0.2.99 o 2001:db8::1.")
    },
    bad_request: "No se entiende la petición",
    bad_request_text: "Alguna parte está mal formada. Empiece otra vez por la primera página.",
    cross_site: "La petición vino de otro sitio",
    cross_site_text: "Para que otros sitios no actúen en su nombre, el botón hay que pulsarlo en nuestra propia página.",
    not_found: "Esa página no existe",
    not_found_text: "Puede que el enlace esté incompleto. Consulte una dirección o lea la política.",
    bad_day: "Eso no son días",
    bad_day_text: |text| format!("«{text}» no es un día. Escríbalo como 2026-12-31."),
    bad_days_text: |most| format!("El primer día va antes que el último, y son {most} como máximo."),
    no_day: "No se sabe nada de ese día",
    no_day_text: |days| {
        format!(
            "No se contó nada en {days}. Puede ser de antes de que empezáramos, de hace demasiado tiempo, o no haber llegado aún."
        )
    },
    no_notice: "Este enlace no es válido",
    no_notice_text: "No pertenece a ningún aviso que conozcamos. Copie el enlace completo del aviso, o escriba a nuestro postmaster.",
    method: "Eso no funciona aquí",
    method_text: "La página existe, pero no para este tipo de petición.",
    too_large: "La petición es demasiado grande",
    too_large_text: "Nuestros formularios apenas envían nada. Empiece otra vez por la primera página.",
    too_often: "Demasiadas peticiones",
    too_often_text: "Espere un minuto, por favor, y pruebe otra vez.",
    internal: "Algo se ha roto por nuestra parte",
    internal_text: "Ha quedado registrado. Pruebe otra vez dentro de un momento.",
    not_loaded: "La lista se está cargando",
    not_loaded_text: "El servidor acaba de arrancar y todavía no puede decir quién está en la lista. Pruebe otra vez dentro de un momento.",
    unavailable: "Ahora mismo no es posible",
    unavailable_text: "La base de datos no responde, o hay demasiado trabajo. Pruebe otra vez dentro de unos minutos.",
    unsure_text: "La base de datos no responde, o hay demasiado trabajo. Puede que lo que pidió se haya hecho igualmente: consulte la \
                  dirección dentro de unos minutos para verlo.",
};
