//! The notice in English.

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
    page.paragraph("Hello,");
    if facts.is_digest() {
        page.paragraph(&format!(
            "{count} addresses in your network have sent spam to our spam traps, and we have put them on our list. All of them stand in the \
             attached table, {table}. Below you find the newest, what we saw of the last one, the evidence, and how to leave the list.",
            count = facts.incidents,
            table = table::NAME,
        ));
        name_addresses(page, facts, |left| format!("and {left} more"));
    } else {
        page.paragraph(&format!(
            "{address}, an address in your network, has sent spam to our spam traps, and we have put it on our list. Below you find what we \
             saw, the evidence, and how to leave the list."
        ));
    }
    page.paragraph(&format!(
        "This goes to {recipient} because that is the abuse contact of {prefix} ({network}) according to {source}, as of {date}. If it should \
         go elsewhere, please reply and tell us.",
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
    page.heading("WHAT WE SAW");
    page.row("Address", &shown.address.to_string())
        .row("Messages", &messages(evidence))
        .row("First", &moment(evidence.first_seen))
        .row("Last", &moment(evidence.last_seen))
        .blank();
    page.line("  The message shown below:");
    page.row("Time", &moment(shown.seen_at));
    if let Some(port) = shown.source_port {
        page.row("Source port", &port.to_string());
    }
    page.row("HELO", &evidence.envelope.helo)
        .row("Envelope sender", &format!("<{}>", evidence.envelope.mail_from))
        .row("Recipients", &shown.envelope.recipients.len().to_string())
        .row("Subject", &evidence.envelope.subject)
        .row("Size", &format!("{} bytes", shown.message_size));
    if let Some(system) = &evidence.system {
        page.row(
            "System",
            &system_text(system, "perhaps", "going by its first packet"),
        );
    }
    page.blank();
    page.paragraph(
        "The sender completed a TCP handshake with our mail server, so the address is not forged. Our traps are mailboxes that never ask for \
         mail: nobody can have subscribed them.",
    );
}

fn tell_what_we_did(page: &mut Page, facts: &Facts<'_>) {
    let listing = &facts.newest.listing;
    let until = listing
        .until
        .map_or_else(|| "we take it off by hand".to_owned(), moment);
    page.heading("WHAT WE DID");
    page.row("List", facts.zone)
        .row("Listed", &listing.prefix.to_string())
        .row("Class", &format!("{} ({})", listing.class, listing.class.code()))
        .row("Since", &moment(listing.since))
        .row("Until", &until)
        .row("Reason", &facts.newest.decided.decision.reason)
        .row(
            "Decision",
            &format!("no. {}, by rule {}", listing.serial, listing.rule),
        )
        .blank();
    let end = match listing.until {
        Some(_) => " The entry ends by itself at the time above, unless more spam arrives.",
        None => "",
    };
    page.paragraph(&format!(
        "Mail servers that use the list may refuse mail from there.{end}"
    ));
}

fn show_evidence(page: &mut Page, facts: &Facts<'_>, header: Header) {
    page.heading("EVIDENCE");
    match header {
        Header::Quoted => page.quoted_header(&facts.newest.evidence.message.bytes),
        Header::QuotedAbove => page.paragraph("The header of the message is quoted above, under PRUEBAS."),
    };
    let extent = match facts.newest.evidence.message.extent {
        Extent::Header => {
            "The header is attached; the text is too long to go along, or cannot be searched for recipients."
        }
        Extent::Message { .. } if !travels_whole(&facts.newest.evidence) => {
            "The header is attached, and the message stands in xarf.json: its lines are longer than mail allows, or hold bytes that it forbids."
        }
        Extent::Message { parts_left_out: 0 } => "The complete message is attached.",
        Extent::Message { .. } => {
            "The message is attached. Pictures and files in it were left out, with a note in their place."
        }
    };
    page.paragraph(&format!(
        "{extent} Recipients are replaced by names like hidden-0123456789; the same name always stands for the same recipient."
    ));
}

fn tell_what_to_do(page: &mut Page, facts: &Facts<'_>) {
    page.heading("WHAT YOU CAN DO");
    page.paragraph(
        "Please find out what sends this mail: most often a machine with malware, a stolen mailbox password, or a web site with a hole. \
         Once it is mended, take the address off the list yourself. The first time no questions are asked:",
    );
    page.link(&facts.newest_page());
    page.paragraph(
        "All listed addresses of your network stand on one page, with the evidence, and with buttons to answer us. The link opens it \
         without an account, so please keep it to yourselves:",
    );
    page.link(facts.network_page);
}

fn tell_about_notices(page: &mut Page, facts: &Facts<'_>) {
    page.heading("ABOUT THIS NOTICE");
    if facts.incidents > 1 {
        page.paragraph(&format!(
            "It stands for {} incidents in your network: not to flood you, we write at once about the first after a quiet time and gather \
             what follows. After ten we write with every tenth, after a hundred with every hundredth, and begin anew after a while.",
            facts.incidents
        ));
    }
    page.paragraph(
        "For your programs, the same facts are attached as a feedback report (ARF, RFC 5965) and as xarf.json (X-ARF version 4).",
    );
    page.paragraph(&format!(
        "It comes from {}, who runs the list {}. Replies to {} are read by a person and welcome.",
        facts.organisation, facts.zone, facts.sender
    ));
    page.paragraph(&format!("To get no more notices at {}:", facts.recipient));
    page.link(facts.stop);
    page.line(facts.organisation).line(facts.sender.as_str());
}
