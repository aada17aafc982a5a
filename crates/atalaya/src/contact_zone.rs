//! The zone of contacts for others: what answers it, what follows the store, and what looks up the rest.

use std::sync::Arc;

use atalaya_notify::WantedContacts;
use atalaya_publish::{ContactFollower, ContactZone, DnsServer};
use tokio_util::sync::CancellationToken;

use crate::house::House;
use crate::serve::{Parts, put_to_work};

/// Lets the server answer for the zone of contacts too, if there is one: it follows the store, and what is asked for in vain is looked up
/// where the operator wants that.
///
/// # Errors
/// Its name cannot be served.
pub(crate) fn answered(
    dns: DnsServer,
    house: &House,
    tasks: &mut Parts,
    stop: &CancellationToken,
) -> anyhow::Result<DnsServer> {
    let config = &house.config;
    let Some(name) = &config.contact.zone else {
        return Ok(dns);
    };
    let mut zone = ContactZone::new(name, &config.publish)?;
    if config.contact.serve_lookup {
        let (with_wanted, wanted) = zone.with_wanted();
        zone = with_wanted;
        let wanted = WantedContacts::new(Arc::clone(&house.finder), wanted);
        put_to_work(tasks, "the contacts that others want", wanted.run(stop.clone()));
    }
    let zone = Arc::new(zone);
    let follower = ContactFollower::new(house.store.clone(), Arc::clone(&zone), house.clock.clone());
    put_to_work(tasks, "the follower of the contacts", follower.run(stop.clone()));
    Ok(dns.with_contacts(zone))
}
