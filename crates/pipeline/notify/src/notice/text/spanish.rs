//! The notice in Spanish.

use atalaya_formats::redact::Extent;

use super::super::mail::travels_whole;
use super::super::table;
use super::page::Page;
use super::{Facts, Header, messages, moment, name_addresses, source, system_text};

/// Writes it. `note` stands above it, for those who read another language.
pub(super) fn write(facts: &Facts<'_>, note: Option<&str>, header: Header) -> String {
    let mut page = Page::default();
    if let Some(note) = note {
        page.paragraph(note);
    }
    greet(&mut page, facts);
    tell_what_was_seen(&mut page, facts);
    tell_what_we_did(&mut page, facts);
    show_evidence(&mut page, facts, header);
    tell_what_to_do(&mut page, facts);
    tell_about_notices(&mut page, facts);
    page.finish()
}

fn greet(page: &mut Page, facts: &Facts<'_>) {
    let (address, contact) = (
        facts.newest.evidence.shown.address,
        &facts.newest.incident.contact,
    );
    page.paragraph("Hola:");
    if facts.is_digest() {
        page.paragraph(&format!(
            "{count} direcciones de su red han enviado correo no solicitado (spam) a nuestras trampas, y las hemos incluido en nuestra lista. \
             Todas figuran en la tabla adjunta, {table}. A continuación encontrará las más recientes, lo que hemos visto de la última, las \
             pruebas y la manera de salir de la lista.",
            count = facts.incidents,
            table = table::NAME,
        ));
        name_addresses(page, facts, |left| format!("y {left} más"));
    } else {
        page.paragraph(&format!(
            "{address}, una dirección de su red, ha enviado correo no solicitado (spam) a nuestras trampas, y la hemos incluido en nuestra \
             lista. A continuación encontrará lo que hemos visto, las pruebas y la manera de salir de la lista."
        ));
    }
    page.paragraph(&format!(
        "Escribimos a {recipient} porque figura como contacto de abuso de {prefix} ({network}) según {source}, a fecha de {date}. Si \
         debemos dirigirnos a otra persona, le rogamos que nos lo diga respondiendo a este mensaje.",
        recipient = facts.recipient,
        prefix = contact.prefix,
        network = contact.network,
        source = source(&contact.source),
        date = contact.found_at.date(),
    ));
}

fn tell_what_was_seen(page: &mut Page, facts: &Facts<'_>) {
    let evidence = &facts.newest.evidence;
    let shown = &evidence.shown;
    page.heading("QUÉ HEMOS VISTO");
    page.row("Dirección", &shown.address.to_string())
        .row("Mensajes", &messages(evidence))
        .row("Primero", &moment(evidence.first_seen))
        .row("Último", &moment(evidence.last_seen))
        .blank();
    page.line("  El mensaje que se muestra abajo:");
    page.row("Hora", &moment(shown.seen_at));
    if let Some(port) = shown.source_port {
        page.row("Puerto de origen", &port.to_string());
    }
    page.row("HELO", &evidence.envelope.helo)
        .row("Remitente (sobre)", &format!("<{}>", evidence.envelope.mail_from))
        .row("Destinatarios", &shown.envelope.recipients.len().to_string())
        .row("Asunto", &evidence.envelope.subject)
        .row("Tamaño", &format!("{} bytes", shown.message_size));
    if let Some(system) = &evidence.system {
        page.row(
            "Sistema",
            &system_text(system, "quizá", "según su primer paquete"),
        );
    }
    page.blank();
    page.paragraph(
        "El remitente completó una conexión TCP con nuestro servidor de correo, así que la dirección no está falsificada. Nuestras trampas son \
         buzones que nunca piden correo: nadie ha podido suscribirlos.",
    );
}

fn tell_what_we_did(page: &mut Page, facts: &Facts<'_>) {
    let listing = &facts.newest.listing;
    let until = listing
        .until
        .map_or_else(|| "que la retiremos a mano".to_owned(), moment);
    page.heading("QUÉ HEMOS HECHO");
    page.row("Lista", facts.zone)
        .row("Incluida", &listing.prefix.to_string())
        .row("Clase", &format!("{} ({})", listing.class, listing.class.code()))
        .row("Desde", &moment(listing.since))
        .row("Hasta", &until)
        .row("Motivo", &facts.newest.decided.decision.reason)
        .row(
            "Decisión",
            &format!("n.º {}, por la regla {}", listing.serial, listing.rule),
        )
        .blank();
    let end = match listing.until {
        Some(_) => " La entrada termina por sí sola en la fecha indicada, salvo que llegue más spam.",
        None => "",
    };
    page.paragraph(&format!(
        "Los servidores de correo que usan la lista pueden rechazar el correo que llegue de ahí.{end}"
    ));
}

fn show_evidence(page: &mut Page, facts: &Facts<'_>, header: Header) {
    page.heading("PRUEBAS");
    match header {
        Header::Quoted => page.quoted_header(&facts.newest.evidence.message.bytes),
        Header::QuotedAbove => page.paragraph("La cabecera del mensaje está citada más arriba, en EVIDENCE."),
    };
    let extent = match facts.newest.evidence.message.extent {
        Extent::Header => {
            "Adjuntamos la cabecera; el texto es demasiado largo para enviarlo, o no se pueden buscar en él los destinatarios."
        }
        Extent::Message { .. } if !travels_whole(&facts.newest.evidence) => {
            "Adjuntamos la cabecera, y el mensaje va en xarf.json: sus líneas son más largas de lo que admite el correo, o contienen bytes que este prohíbe."
        }
        Extent::Message { parts_left_out: 0 } => "Adjuntamos el mensaje completo.",
        Extent::Message { .. } => {
            "Adjuntamos el mensaje. Las imágenes y los archivos se han omitido, con una nota en su lugar."
        }
    };
    page.paragraph(&format!(
        "{extent} Los destinatarios se sustituyen por nombres como hidden-0123456789; el mismo nombre corresponde siempre al mismo \
         destinatario."
    ));
}

fn tell_what_to_do(page: &mut Page, facts: &Facts<'_>) {
    page.heading("QUÉ PUEDE HACER");
    page.paragraph(
        "Le rogamos que averigüe qué envía este correo: lo más habitual es un equipo infectado, la contraseña robada de un buzón o un \
         sitio web vulnerable. Una vez resuelto, usted mismo puede sacar la dirección de la lista. La primera vez no se pregunta nada:",
    );
    page.link(&facts.newest_page());
    page.paragraph(
        "Todas las direcciones de su red que están en la lista figuran en una página, con las pruebas y con botones para respondernos. El \
         enlace la abre sin necesidad de cuenta; le rogamos que no lo difunda:",
    );
    page.link(facts.network_page);
}

fn tell_about_notices(page: &mut Page, facts: &Facts<'_>) {
    page.heading("SOBRE ESTE AVISO");
    if facts.incidents > 1 {
        page.paragraph(&format!(
            "Representa {} incidentes en su red: para no inundar su buzón, avisamos en el acto del primero tras un tiempo de calma y reunimos \
             los que siguen. A partir de diez avisamos con uno de cada diez, a partir de cien con uno de cada cien, y al cabo de un tiempo \
             empezamos de nuevo.",
            facts.incidents
        ));
    }
    page.paragraph(
        "Para sus programas, los mismos datos van adjuntos como informe ARF (RFC 5965) y en xarf.json (X-ARF versión 4).",
    );
    page.paragraph(&format!(
        "Lo envía {}, que mantiene la lista {}. Una persona lee las respuestas a {}, y son bienvenidas.",
        facts.organisation, facts.zone, facts.sender
    ));
    page.paragraph(&format!("Para no recibir más avisos en {}:", facts.recipient));
    page.link(facts.stop);
    page.line(facts.organisation).line(facts.sender.as_str());
}
