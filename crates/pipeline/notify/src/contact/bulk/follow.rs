//! Following the handles of networks to mailboxes, once all files are read.

use std::collections::HashMap;
use std::net::IpAddr;

use atalaya_formats::rpsl::{Holder, Network, Object};
use atalaya_formats::{AddressRange, Basis};
use atalaya_model::MailAddress;

use super::pieces::{Claim, Pieces};
use super::{Index, Named};
use crate::contact::choose::usable;

/// Most networks of all files that name somebody. RIPE and APNIC have about two million together.
const MAX_NETWORKS: usize = 8_000_000;
/// Most handles of all files.
const MAX_HANDLES: usize = 8_000_000;
/// Handles of one network that are followed.
const MAX_REFERENCES: usize = 3;

/// What was read so far. Handles have numbers, so that a network takes 64 bytes until it is followed.
#[derive(Debug, Default)]
pub(super) struct Harvest {
    numbers: HashMap<Box<str>, u32>,
    holders: Vec<Known>,
    networks: Vec<Waiting>,
}

/// What is known of a holder.
#[derive(Debug, Default)]
struct Known {
    abuse_c: Option<u32>,
    mailbox: Option<(MailAddress, Basis)>,
}

/// A network whose handles are not followed yet.
#[derive(Debug)]
struct Waiting {
    range: AddressRange,
    handles: [Option<u32>; MAX_REFERENCES],
    mailbox: Option<Box<(MailAddress, Basis)>>,
    file: usize,
}

impl Harvest {
    /// Takes an object.
    ///
    /// # Errors
    /// There are more of them than is sane; how many, and of what.
    pub(super) fn take(&mut self, object: Object, file: usize) -> Result<(), (usize, &'static str)> {
        match object {
            Object::Network(network) => {
                let handles = self.references(&network)?;
                let mailbox = network.mailbox.map(Box::new);
                self.networks.push(Waiting {
                    range: network.range,
                    handles,
                    mailbox,
                    file,
                });
                if self.networks.len() > MAX_NETWORKS {
                    return Err((MAX_NETWORKS, "networks"));
                }
            }
            Object::Holder(holder) => self.take_holder(holder)?,
        }
        Ok(())
    }

    fn references(
        &mut self,
        network: &Network,
    ) -> Result<[Option<u32>; MAX_REFERENCES], (usize, &'static str)> {
        let mut handles = [None; MAX_REFERENCES];
        for (place, handle) in handles.iter_mut().zip(&network.handles) {
            *place = Some(self.number(handle)?);
        }
        Ok(handles)
    }

    fn take_holder(&mut self, holder: Holder) -> Result<(), (usize, &'static str)> {
        let at = self.number(&holder.handle)?;
        let abuse_c = match &holder.abuse_c {
            Some(handle) => Some(self.number(handle)?),
            None => None,
        };
        if let Some(known) = self.holders.get_mut(at as usize) {
            known.abuse_c = known.abuse_c.or(abuse_c);
            known.mailbox = known.mailbox.take().or(holder.mailbox);
        }
        Ok(())
    }

    /// The number of a handle.
    fn number(&mut self, handle: &str) -> Result<u32, (usize, &'static str)> {
        if let Some(number) = self.numbers.get(handle) {
            return Ok(*number);
        }
        let too_many = (MAX_HANDLES, "handles");
        if self.holders.len() >= MAX_HANDLES {
            return Err(too_many);
        }
        let number = u32::try_from(self.holders.len()).map_err(|_large| too_many)?;
        self.numbers.insert(handle.into(), number);
        self.holders.push(Known::default());
        Ok(number)
    }

    /// Follows all handles.
    pub(super) fn follow(mut self) -> Index {
        let mut chosen = Chosen::default();
        let (mut ipv4, mut ipv6) = (Vec::new(), Vec::new());
        for network in std::mem::take(&mut self.networks) {
            let Some(value) = self.mailbox_of(&network).and_then(|named| chosen.number(named)) else {
                continue;
            };
            match (network.range.first(), network.range.last()) {
                (IpAddr::V4(first), IpAddr::V4(last)) => ipv4.push(Claim {
                    first: first.to_bits(),
                    last: last.to_bits(),
                    value,
                }),
                (IpAddr::V6(first), IpAddr::V6(last)) => ipv6.push(Claim {
                    first: first.to_bits(),
                    last: last.to_bits(),
                    value,
                }),
                // A range has one family.
                _ => {}
            }
        }
        Index {
            ipv4: Pieces::of(ipv4),
            ipv6: Pieces::of(ipv6),
            mailboxes: chosen.mailboxes,
        }
    }

    /// The mailbox of a network: of who it leads to, the nearest and the surest first, else its own.
    fn mailbox_of(&self, network: &Waiting) -> Option<Named> {
        let holder = |number: u32| self.holders.get(number as usize);
        let led_to = network.handles.iter().flatten().flat_map(|number| {
            let known = holder(*number);
            let abuse_c = known.and_then(|known| known.abuse_c).and_then(holder);
            [abuse_c, known].into_iter().flatten()
        });
        let mailboxes = led_to.filter_map(|known| known.mailbox.as_ref());
        let all = mailboxes.chain(network.mailbox.as_deref());
        let usable = all.filter(|(address, _)| !usable([address.clone()]).is_empty());
        let (address, basis) = usable.min_by_key(|(_, basis)| *basis)?;
        Some(Named {
            address: address.clone(),
            basis: *basis,
            file: network.file,
        })
    }
}

/// The mailboxes that answer for something, each once.
#[derive(Debug, Default)]
struct Chosen {
    numbers: HashMap<Named, u32>,
    mailboxes: Vec<Named>,
}

impl Chosen {
    fn number(&mut self, named: Named) -> Option<u32> {
        if let Some(number) = self.numbers.get(&named) {
            return Some(*number);
        }
        let number = u32::try_from(self.mailboxes.len()).ok()?;
        self.mailboxes.push(named.clone());
        self.numbers.insert(named, number);
        Some(number)
    }
}
