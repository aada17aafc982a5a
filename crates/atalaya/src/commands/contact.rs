//! `contact`: the abuse contact of an address, and how it was found.

use anyhow::bail;

use super::{line_to, print, print_json};
use crate::cli::Contact;
use crate::control::{ContactAnswer, Request};
use crate::folder::Missing;

/// Asks and prints.
pub(crate) async fn run(command: Contact) -> anyhow::Result<()> {
    let address = command.address;
    let found: ContactAnswer = line_to(&command.place, Missing::Made)
        .await?
        .ask(Request::Contact { address })
        .await?;
    if command.json {
        print_json(&found)?;
    } else if command.explain {
        for (number, step) in found.steps.iter().enumerate() {
            print(format_args!(
                "{:>2}. {} {}\n    {}",
                number + 1,
                step.source,
                step.asked,
                step.outcome
            ))?;
        }
        print("")?;
    }
    if let Some(trouble) = &found.trouble {
        bail!("the search came to no end: {trouble}");
    }
    if command.json {
        return Ok(());
    }
    match &found.contact {
        Some(contact) if !contact.addresses.is_empty() => {
            let addresses: Vec<&str> = contact
                .addresses
                .iter()
                .map(atalaya_model::MailAddress::as_str)
                .collect();
            print(addresses.join(", "))?;
            print(format_args!(
                "for {} ({}), from {}, {}",
                contact.prefix, contact.network, contact.source, contact.found_at
            ))
        }
        Some(contact) => print(format_args!(
            "No abuse contact is published for {}; asked {}.",
            contact.prefix, contact.source
        )),
        None => print(format_args!("No abuse contact was found for {address}.")),
    }
}
