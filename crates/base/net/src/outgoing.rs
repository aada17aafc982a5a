//! The address by which this machine speaks to others.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};

/// Nobody has these (RFC 5737, RFC 3849), so that they are on the other side of the default route.
const FAR: (Ipv4Addr, Ipv6Addr) = (
    Ipv4Addr::new(192, 0, 2, 1),
    Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1),
);

/// The address of this machine on the way to others, in the family of `all`, which is the one that stands for all addresses; none where it has no
/// such way. Nothing is sent.
#[must_use]
pub fn outgoing_address(all: IpAddr) -> Option<IpAddr> {
    let far = match all {
        IpAddr::V4(_) => IpAddr::V4(FAR.0),
        IpAddr::V6(_) => IpAddr::V6(FAR.1),
    };
    let socket = UdpSocket::bind((all, 0)).ok()?;
    // That only chooses the way.
    socket.connect((far, 9)).ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_unspecified()).then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_an_address_of_ours_of_the_same_family() {
        for all in [IpAddr::V4(Ipv4Addr::UNSPECIFIED), Ipv6Addr::UNSPECIFIED.into()] {
            let Some(address) = outgoing_address(all) else {
                continue;
            };
            assert_eq!(address.is_ipv4(), all.is_ipv4());
            UdpSocket::bind((address, 0)).expect("only what is ours can be bound");
        }
    }
}
