//! The policy in both languages: what RFC 6471 asks an operator to publish, filled in with the figures of the configuration.

/// The figures, already written in the reader's language.
#[derive(Debug)]
pub(crate) struct Figures {
    pub(crate) organisation: String,
    pub(crate) zone: String,
    pub(crate) list_at: String,
    pub(crate) half_life: String,
    pub(crate) pristine: String,
    pub(crate) recycled: String,
    pub(crate) typo: String,
    pub(crate) witnesses: String,
    pub(crate) first_lifetime: String,
    pub(crate) longest_lifetime: String,
    pub(crate) forget_after: String,
    pub(crate) self_service: String,
    pub(crate) waits: String,
    pub(crate) longest_wait: String,
    pub(crate) remember: String,
    pub(crate) hourly: String,
    pub(crate) network_hourly: String,
    pub(crate) all_hourly: String,
    pub(crate) daily: String,
    /// Removals by one client in an hour without a solved puzzle; none where there is no puzzle.
    pub(crate) unsolved: Option<String>,
    pub(crate) ttl: String,
    pub(crate) negative_ttl: String,
    /// Where whole networks are listed for their addresses.
    pub(crate) escalation: Option<EscalationFigures>,
}

/// When a whole network is listed, and for how long.
#[derive(Debug)]
pub(crate) struct EscalationFigures {
    pub(crate) units: String,
    pub(crate) lifetime: String,
}

/// A section: its title and its paragraphs.
pub(crate) struct Section {
    pub(crate) title: &'static str,
    pub(crate) paragraphs: fn(&Figures) -> Vec<String>,
}

/// The policy.
pub(crate) struct PolicyTexts {
    pub(crate) title: &'static str,
    pub(crate) lead: &'static str,
    /// RFC 6471 section 2.1: intended use, scope, aggressiveness.
    pub(crate) purpose: Section,
    /// Section 2.1: criteria.
    pub(crate) criteria: Section,
    /// Section 3.3: return codes.
    pub(crate) codes: Section,
    /// Section 2.2.1: listings are temporary.
    pub(crate) lifetime: Section,
    /// Sections 2.2.2 to 2.2.5: removal, free, at once.
    pub(crate) leaving: Section,
    pub(crate) by_hand: &'static str,
    /// Section 2.1.2: what is kept and shown.
    pub(crate) shown: Section,
    /// Notices (RFC 6650).
    pub(crate) notices: Section,
    /// Sections 1.2 and 3.8: advice to those who use the list.
    pub(crate) advice: Section,
    /// Section 3.4: the end of the list.
    pub(crate) ending: Section,
    /// Section 3.5: reserved ranges and exclusions.
    pub(crate) never: Section,
    pub(crate) range: &'static str,
    pub(crate) reserved_for: &'static str,
}

/// The policy in English.
pub(super) const ENGLISH: PolicyTexts = PolicyTexts {
    title: "Policy of this list",
    lead: "What is listed, for how long, and how it leaves. The figures are those that the running server uses.",
    purpose: Section {
        title: "What the list is for",
        paragraphs: |f| {
            vec![
                format!(
                    "{} runs the zone {} for mail servers. An answer says that spam came from the address lately; it may be used \
                     to refuse mail or to add to a score.",
                    f.organisation, f.zone
                ),
                f.escalation.as_ref().map_or_else(
                    || {
                        "The rules list single IPv4 addresses, and for IPv6 the /64 of one subscriber. They never list \
                         neighbours, whole providers or whole countries. A range can only be listed by hand, and its page \
                         says so."
                            .to_owned()
                    },
                    |network| {
                        format!(
                            "The rules list single IPv4 addresses, and for IPv6 the /64 of one subscriber. Where {} of them in \
                             one /24 (IPv4) or /48 (IPv6) are listed at once, the whole of it is listed for {}, its other \
                             addresses too, unless one inside is protected or allowed. They never list whole providers or whole \
                             countries. Other ranges can only be listed by hand. The page of a range says why it is listed.",
                            network.units, network.lifetime
                        )
                    },
                ),
            ]
        },
    },
    criteria: Section {
        title: "What gets an address listed",
        paragraphs: |f| {
            vec![
                format!(
                    "Mail that reaches our traps: mailboxes that nobody uses. Each message counts {} for a trap that never was \
                     anybody’s, {} for one that belonged to somebody long ago, {} for a misspelt domain. The sum halves every {}. \
                     At {} the address is listed.",
                    f.pristine, f.recycled, f.typo, f.half_life, f.list_at
                ),
                format!(
                    "Our mail servers and others may report mail and attacks too. Such reports, and traps of the two weaker kinds, \
                     never list alone: at least {} independent ones must agree, and a report counts by how reliable its source \
                     has proven.",
                    f.witnesses
                ),
                "Nothing counts that could have been forged: the sender must have completed a TCP connection with us, with a \
                 relay that we trust, or with whoever reports it. Bounces of mail that somebody else forged are kept, and never counted. Nobody is scanned \
                 or probed."
                    .to_owned(),
                "Our postmaster can list an address or a range by hand; the reason stands on its page. Nothing is listed \
                 outside these criteria."
                    .to_owned(),
            ]
        },
    },
    codes: Section {
        title: "The answers",
        paragraphs: |_| {
            vec![
                "Each class has its own answer in DNS. An error is never told by an answer that looks like a listing.".to_owned(),
            ]
        },
    },
    lifetime: Section {
        title: "How long a listing lasts",
        paragraphs: |f| {
            vec![
                format!(
                    "Every listing of the rules has an end and leaves by itself. The first lasts {} from the last message seen; \
                     each return doubles that, up to {}. After {} off the list an address counts as new.",
                    f.first_lifetime, f.longest_lifetime, f.forget_after
                ),
                "A listing is only made longer by new evidence. Listings by hand show their end too; those without an end are \
                 reviewed by our postmaster."
                    .to_owned(),
            ]
        },
    },
    leaving: Section {
        title: "How to leave",
        paragraphs: |f| {
            let mut paragraphs = vec![
                format!(
                    "Anybody can remove an address on its page, at once and without giving reasons, from these classes: {}.",
                    f.self_service
                ),
                format!(
                    "Who comes back waits, counted from the new listing: {} after the first, second, third … removal, never more \
                     than {}. Removals are forgotten after {}.",
                    f.waits, f.longest_wait, f.remember
                ),
                format!(
                    "So that no machine empties the list, one client can ask for {} removals in an hour and {} in a day, one network \
                     for {} in an hour, and all together for {}.",
                    f.hourly, f.daily, f.network_hourly, f.all_hourly
                ),
                format!(
                    "DNS answers change within seconds; mail servers that asked before may remember the old answer for {}.",
                    f.ttl
                ),
                "Nothing here ever costs anything: no fee, no donation, no paid priority.".to_owned(),
            ];
            paragraphs.extend(f.unsolved.as_ref().map(|unsolved| {
                format!(
                    "Before a removal the browser solves a small puzzle by itself, in a fraction of a second. There are no pictures to read. Without \
                     scripts it is a wait of some seconds instead, for up to {unsolved} removals an hour."
                )
            }));
            paragraphs
        },
    },
    by_hand: "For everything else write to our postmaster. Every message is answered, as a rule within two days and always within \
              seven; mail to this address is not filtered with the list.",
    shown: Section {
        title: "What we keep and what we show",
        paragraphs: |_| {
            vec![
                "Each decision to list, extend or withdraw is kept with its time, its rule and its reason, and shown on the page \
                 of the address. DNS, page and API give the same answer and name the same serial."
                    .to_owned(),
                "Of the evidence the public sees time, name and domain of the sender, subject and size. The addresses of our \
                 traps and the text of the messages are not shown."
                    .to_owned(),
            ]
        },
    },
    notices: Section {
        title: "Whom we tell",
        paragraphs: |_| {
            vec![
                "A new listing with evidence is told to the abuse contact that the registry names for the address, if it names one; \
                 where there are many, one notice stands for several. A notice shows more of the evidence than the page. It says \
                 how to stop them, and whoever wants none gets none."
                    .to_owned(),
            ]
        },
    },
    advice: Section {
        title: "If you use the list",
        paragraphs: |f| {
            vec![
                "Try it with a warning or a score before you refuse mail, and compare with what your users miss.".to_owned(),
                "Accept only the answers of the table above, so that nothing else is ever taken for a listing.".to_owned(),
                "Check every day that 127.0.0.2 is listed and 127.0.0.1 is not. A list that fails this is broken: stop asking it."
                    .to_owned(),
                format!(
                    "“Listed” may be remembered for {}, “not listed” for {}. If your queries do harm, we write to you before we \
                     refuse them, and then refuse them openly (REFUSED).",
                    f.ttl, f.negative_ttl
                ),
            ]
        },
    },
    ending: Section {
        title: "If the list ever ends",
        paragraphs: |_| {
            vec![
                "It will be announced here at least a month before. Then the zone is emptied, and keeps answering “not listed” \
                 until nobody asks. It will never list the world, and its name will not be given away."
                    .to_owned(),
            ]
        },
    },
    never: Section {
        title: "What is never listed",
        paragraphs: |_| {
            vec![
                "The allow list of our postmaster, which also acts on what was listed before; 127.0.0.1; and every range that \
                 names no machine of the Internet:"
                    .to_owned(),
            ]
        },
    },
    range: "Range",
    reserved_for: "Reserved for",
};

/// The policy in Spanish.
pub(super) const SPANISH: PolicyTexts = PolicyTexts {
    title: "Política de esta lista",
    lead: "Qué entra en la lista, por cuánto tiempo y cómo sale. Las cifras son las que usa el servidor en marcha.",
    purpose: Section {
        title: "Para qué sirve la lista",
        paragraphs: |f| {
            vec![
                format!(
                    "{} mantiene la zona {} para servidores de correo. Una respuesta dice que hace poco llegó spam desde la \
                     dirección; puede usarse para rechazar correo o para sumar puntos.",
                    f.organisation, f.zone
                ),
                f.escalation.as_ref().map_or_else(
                    || {
                        "Las reglas incluyen direcciones IPv4 sueltas y, en IPv6, el /64 de un abonado. Nunca incluyen a los \
                         vecinos, ni a proveedores o países enteros. Un rango solo puede incluirse a mano, y su página lo dice."
                            .to_owned()
                    },
                    |network| {
                        format!(
                            "Las reglas incluyen direcciones IPv4 sueltas y, en IPv6, el /64 de un abonado. Si {} de ellas están \
                             en la lista a la vez dentro de un mismo /24 (IPv4) o /48 (IPv6), este entra entero durante {}, \
                             también sus demás direcciones, salvo que dentro haya una protegida o permitida. Nunca incluyen a \
                             proveedores o países enteros. Los demás rangos solo pueden incluirse a mano. La página de un rango \
                             dice por qué está en la lista.",
                            network.units, network.lifetime
                        )
                    },
                ),
            ]
        },
    },
    criteria: Section {
        title: "Qué hace que una dirección entre",
        paragraphs: |f| {
            vec![
                format!(
                    "El correo que llega a nuestras trampas: buzones que nadie usa. Cada mensaje cuenta {} si la trampa nunca fue \
                     de nadie, {} si fue de alguien hace mucho, {} si es un dominio mal escrito. La suma se reduce a la mitad \
                     cada {}. Al llegar a {} la dirección entra en la lista.",
                    f.pristine, f.recycled, f.typo, f.half_life, f.list_at
                ),
                format!(
                    "Nuestros servidores de correo y terceros también pueden notificar correo y ataques. Esas notificaciones, y las \
                     trampas de los dos tipos más débiles, nunca bastan solas: deben coincidir al menos {} independientes, y cada \
                     notificación cuenta según lo fiable que haya sido su fuente.",
                    f.witnesses
                ),
                "No cuenta nada que pudiera estar falsificado: el remitente tiene que haber completado una conexión TCP con \
                 nosotros, con un servidor en el que confiamos o con quien lo notifica. Los rebotes de correo falsificado por otros se guardan y nunca \
                 cuentan. No se escanea ni se sondea a nadie."
                    .to_owned(),
                "Nuestro postmaster puede incluir a mano una dirección o un rango; el motivo consta en su página. Nada entra en la \
                 lista fuera de estos criterios."
                    .to_owned(),
            ]
        },
    },
    codes: Section {
        title: "Las respuestas",
        paragraphs: |_| {
            vec![
                "Cada clase tiene su propia respuesta en el DNS. Un error nunca se comunica con una respuesta que parezca una \
                 inclusión."
                    .to_owned(),
            ]
        },
    },
    lifetime: Section {
        title: "Cuánto dura",
        paragraphs: |f| {
            vec![
                format!(
                    "Todo lo que incluyen las reglas tiene un fin y sale solo. La primera vez dura {} desde el último mensaje \
                     visto; cada vuelta lo dobla, hasta {}. Tras {} fuera de la lista, una dirección vuelve a contar como nueva.",
                    f.first_lifetime, f.longest_lifetime, f.forget_after
                ),
                "Solo nuevas pruebas alargan el plazo. Lo incluido a mano también muestra su fin; lo que no lo tiene lo revisa \
                 nuestro postmaster."
                    .to_owned(),
            ]
        },
    },
    leaving: Section {
        title: "Cómo salir",
        paragraphs: |f| {
            let mut paragraphs = vec![
                format!(
                    "Cualquiera puede retirar una dirección en su página, al momento y sin dar razones, de estas clases: {}.",
                    f.self_service
                ),
                format!(
                    "Quien vuelve espera, contando desde la nueva inclusión: {} tras la primera, segunda, tercera… retirada, nunca \
                     más de {}. Las retiradas se olvidan al cabo de {}.",
                    f.waits, f.longest_wait, f.remember
                ),
                format!(
                    "Para que ninguna máquina vacíe la lista, un mismo cliente puede pedir {} retiradas por hora y {} por día; una \
                     misma red, {} por hora; y entre todos, {}.",
                    f.hourly, f.daily, f.network_hourly, f.all_hourly
                ),
                format!(
                    "Las respuestas del DNS cambian en segundos; los servidores que preguntaron antes pueden recordar la respuesta \
                     anterior durante {}.",
                    f.ttl
                ),
                "Aquí nada cuesta nunca dinero: ni tarifas, ni donativos, ni prioridad de pago.".to_owned(),
            ];
            paragraphs.extend(f.unsolved.as_ref().map(|unsolved| {
                format!(
                    "Antes de una retirada el navegador resuelve solo un pequeño acertijo, en una fracción de segundo. No hay imágenes que leer. Sin \
                     programas en el navegador se esperan en su lugar unos segundos, para un máximo de {unsolved} retiradas por hora."
                )
            }));
            paragraphs
        },
    },
    by_hand: "Para todo lo demás escriba a nuestro postmaster. Se contesta a todos los mensajes, por lo general en dos días y siempre \
              antes de siete; el correo a esta dirección no se filtra con la lista.",
    shown: Section {
        title: "Qué guardamos y qué mostramos",
        paragraphs: |_| {
            vec![
                "Cada decisión de incluir, prorrogar o retirar se guarda con su hora, su regla y su motivo, y se muestra en la página \
                 de la dirección. El DNS, la página y la API dan la misma respuesta y el mismo número de serie."
                    .to_owned(),
                "De las pruebas, el público ve la hora, el nombre y el dominio del remitente, el asunto y el tamaño. No se muestran \
                 las direcciones de nuestras trampas ni el texto de los mensajes."
                    .to_owned(),
            ]
        },
    },
    notices: Section {
        title: "A quién avisamos",
        paragraphs: |_| {
            vec![
                "De cada nueva inclusión con pruebas avisamos al contacto de abuso que el registro indica para la dirección, si \
                 indica alguno; cuando son muchas, un aviso vale por varias. El aviso muestra más pruebas que la página. Dice cómo \
                 dejar de recibirlos, y quien no los quiere no los recibe."
                    .to_owned(),
            ]
        },
    },
    advice: Section {
        title: "Si usa la lista",
        paragraphs: |f| {
            vec![
                "Pruébela con un aviso o con puntos antes de rechazar correo, y compare con lo que echan en falta sus usuarios."
                    .to_owned(),
                "Acepte solo las respuestas de la tabla de arriba, para que ninguna otra cosa se tome por una inclusión.".to_owned(),
                "Compruebe cada día que 127.0.0.2 está en la lista y 127.0.0.1 no. Una lista que falla en esto está rota: deje de \
                 preguntarle."
                    .to_owned(),
                format!(
                    "«Está en la lista» puede recordarse durante {}, «no está» durante {}. Si sus consultas causan daño, le \
                     escribimos antes de rechazarlas, y entonces las rechazamos abiertamente (REFUSED).",
                    f.ttl, f.negative_ttl
                ),
            ]
        },
    },
    ending: Section {
        title: "Si la lista termina algún día",
        paragraphs: |_| {
            vec![
                "Se anunciará aquí al menos un mes antes. Después la zona se vacía y sigue respondiendo «no está» hasta que nadie \
                 pregunte. Nunca incluirá al mundo entero, y su nombre no se cederá."
                    .to_owned(),
            ]
        },
    },
    never: Section {
        title: "Qué no entra nunca",
        paragraphs: |_| {
            vec![
                "Lo que nuestro postmaster tiene en la lista de permitidos, que vale también para lo incluido antes; 127.0.0.1; y \
                 todos los rangos que no nombran una máquina de Internet:"
                    .to_owned(),
            ]
        },
    },
    range: "Rango",
    reserved_for: "Reservado para",
};
