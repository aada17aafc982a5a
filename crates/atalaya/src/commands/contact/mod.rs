//! `contact`: whom to tell about an address or a domain name, and how that was found.

mod by_hand;
mod plan;

use std::net::IpAddr;

use anyhow::bail;
use atalaya_model::{Contact as FoundContact, MailAddress};

use super::{Form, line_to, print, print_json};
use crate::cli::{Contact, ContactWhat, Subject};
use crate::control::{ContactRequest, DomainAnswer, Line, Request};
use crate::folder::Missing;
use atalaya_web::{ContactShown, StepShown};

/// How much is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Depth {
    /// What was found.
    Result,
    /// And every step.
    Steps,
}

/// Asks and prints.
pub(crate) async fn run(command: Contact) -> anyhow::Result<()> {
    let subject = match (command.what, command.subject) {
        (Some(ContactWhat::Plan(plan)), _) => return plan::run(plan).await,
        (Some(ContactWhat::Set(set)), _) => return by_hand::set(set).await,
        (Some(ContactWhat::Unset(unset)), _) => return by_hand::unset(unset).await,
        (Some(ContactWhat::Show(show)), _) => return by_hand::show(&show).await,
        (None, Some(subject)) => subject,
        (None, None) => bail!("say which address"),
    };
    let mut line = line_to(&command.place, Missing::Made).await?;
    let form = Form::from(command.json);
    let depth = if command.explain {
        Depth::Steps
    } else {
        Depth::Result
    };
    match subject {
        Subject::Address(address) if command.all => {
            let request = Request::Contacts(ContactRequest::All { address });
            let found: Vec<FoundContact> = line.ask(request).await?;
            print_candidates(&found, address, form)
        }
        Subject::Address(address) => {
            let request = Request::Contacts(ContactRequest::One { address });
            let found: ContactShown = line.ask(request).await?;
            if form == Form::Json {
                print_json(&found)?;
                return or_trouble(found.trouble.as_deref());
            }
            print_found(&found, address, depth)
        }
        Subject::Domain(name) => about_domain(&mut line, name, (form, depth)).await,
    }
}

/// Asks and prints whom to tell about a domain name.
async fn about_domain(line: &mut Line, name: String, (form, depth): (Form, Depth)) -> anyhow::Result<()> {
    let request = Request::Contacts(ContactRequest::Domain { name: name.clone() });
    let found: DomainAnswer = line.ask(request).await?;
    if form == Form::Json {
        print_json(&found)?;
        return or_trouble(found.trouble.as_deref());
    }
    print_steps(&found.steps, depth)?;
    if let Some(set) = &found.by_hand {
        by_hand::print_one(set)?;
    }
    match &found.registrar {
        Some(registrar) if registrar.addresses.is_empty() => print(format_args!(
            "The registrar of {}, {}, names no mailbox for abuse; asked {}.",
            registrar.domain, registrar.name, registrar.url
        ))?,
        Some(registrar) => {
            print(joined(&registrar.addresses))?;
            print(format_args!(
                "registrar of {} ({}), from {}",
                registrar.domain, registrar.name, registrar.url
            ))?;
        }
        None if found.trouble.is_none() => print(format_args!("No registrar of {name} was found."))?,
        None => {}
    }
    for (address, found) in &found.hosts {
        print(format_args!("\nmachine {address}:"))?;
        if let Err(trouble) = print_found(found, *address, depth) {
            print(trouble)?;
        }
    }
    or_trouble(found.trouble.as_deref())
}

/// Prints what was found about an address.
fn print_found(found: &ContactShown, address: IpAddr, depth: Depth) -> anyhow::Result<()> {
    print_steps(&found.steps, depth)?;
    or_trouble(found.trouble.as_deref())?;
    match &found.contact {
        Some(contact) if !contact.addresses.is_empty() => print_contact(contact),
        Some(contact) => print(format_args!(
            "No abuse contact is published for {}; asked {}.",
            contact.prefix, contact.source
        )),
        None => match found.nobody_by_hand() {
            Some(step) => print(format_args!("{}, by hand: {}", step.asked, step.outcome)),
            None => print(format_args!("No abuse contact was found for {address}.")),
        },
    }
}

fn or_trouble(trouble: Option<&str>) -> anyhow::Result<()> {
    match trouble {
        Some(trouble) => bail!("the search came to no end: {trouble}"),
        None => Ok(()),
    }
}

fn print_steps(steps: &[StepShown], depth: Depth) -> anyhow::Result<()> {
    if depth == Depth::Result {
        return Ok(());
    }
    for (number, step) in steps.iter().enumerate() {
        print(format_args!(
            "{:>2}. {} {}\n    {}",
            number + 1,
            step.source,
            step.asked,
            step.outcome
        ))?;
    }
    print("")
}

/// Prints everybody who may be the contact.
fn print_candidates(found: &[FoundContact], address: IpAddr, form: Form) -> anyhow::Result<()> {
    if form == Form::Json {
        return print_json(&found);
    }
    if found.is_empty() {
        return print(format_args!("No abuse contact was found for {address}."));
    }
    found.iter().try_for_each(print_contact)
}

fn print_contact(contact: &FoundContact) -> anyhow::Result<()> {
    let name = match contact.network.as_str() {
        "" => String::new(),
        name => format!(" ({name})"),
    };
    print(joined(&contact.addresses))?;
    print(format_args!(
        "for {}{name}, {} sure, from {}, {}",
        contact.prefix, contact.confidence, contact.source, contact.found_at
    ))
}

fn joined(addresses: &[MailAddress]) -> String {
    let addresses: Vec<&str> = addresses.iter().map(MailAddress::as_str).collect();
    addresses.join(", ")
}
