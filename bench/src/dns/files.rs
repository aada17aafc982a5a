//! A list as files: rbldnsd's, which ours reads too, and a zone file for the servers that know names only.

use std::fs::{File, Permissions};
use std::io::{BufWriter, Write};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::list::{List, nibbles, octets};

/// The file of single addresses.
pub(super) const SINGLES: &str = "ip4";
/// The file of IPv4 ranges.
pub(super) const RANGES: &str = "cidr";
/// The file of IPv6 networks.
pub(super) const IPV6: &str = "ip6";
/// The zone file.
pub(super) const ZONE_FILE: &str = "zone";

/// Writes the files of rbldnsd, and lets its own user read them.
///
/// # Errors
/// The disk is full.
pub(super) fn write_rbldnsd(list: &List, folder: &Path) -> anyhow::Result<()> {
    std::fs::set_permissions(folder, Permissions::from_mode(0o755))?;
    let begin = |name: &str| -> anyhow::Result<BufWriter<File>> {
        let mut file = BufWriter::new(File::create(folder.join(name))?);
        writeln!(
            file,
            "$SOA 300 ns.bench.test hostmaster.bench.test 0 600 300 86400 300"
        )?;
        writeln!(file, "$NS 300 ns.bench.test")?;
        writeln!(file, ":127.0.0.3:listed, see http://127.0.0.1/ip/$")?;
        Ok(file)
    };
    let mut singles = begin(SINGLES)?;
    for address in &list.singles {
        writeln!(singles, "{}", Ipv4Addr::from_bits(*address))?;
    }
    let mut ranges = begin(RANGES)?;
    for (network, length) in &list.ranges {
        writeln!(ranges, "{}/{length}", Ipv4Addr::from_bits(*network))?;
    }
    let mut ipv6 = begin(IPV6)?;
    for network in &list.ipv6 {
        writeln!(ipv6, "{}/64", Ipv6Addr::from_bits(u128::from(*network) << 64))?;
    }
    for mut file in [singles, ranges, ipv6] {
        file.flush()?;
    }
    Ok(())
}

/// Writes the zone file: ranges and IPv6 networks are wildcards.
///
/// # Errors
/// The disk is full.
pub(super) fn write_zone(list: &List, serial: u32, folder: &Path) -> anyhow::Result<()> {
    let mut file = BufWriter::new(File::create(folder.join(ZONE_FILE))?);
    writeln!(
        file,
        "$TTL 300\n@ SOA ns.bench.test. hostmaster.bench.test. {serial} 600 300 86400 300"
    )?;
    writeln!(file, "@ NS ns.bench.test.")?;
    for address in &list.singles {
        writeln!(file, "{} A 127.0.0.3", octets(*address))?;
    }
    for (network, length) in &list.ranges {
        for part in 0..1_u32 << (24 - length.min(&24)) {
            let [first, second, third, _] = Ipv4Addr::from_bits(network | part << 8).octets();
            writeln!(file, "*.{third}.{second}.{first} A 127.0.0.3")?;
        }
    }
    for network in &list.ipv6 {
        // The labels of the upper half stand behind 16 labels of the lower one, two bytes each.
        let name = nibbles(Ipv6Addr::from_bits(u128::from(*network) << 64));
        writeln!(file, "*.{} A 127.0.0.3", name.get(32..).unwrap_or_default())?;
    }
    file.flush()?;
    Ok(())
}

/// Adds addresses at the end of a file of single addresses or, as names, of a zone file.
///
/// # Errors
/// The disk is full.
pub(super) fn append(file: &Path, addresses: impl Iterator<Item = u32>) -> anyhow::Result<()> {
    let is_zone = file.file_name().is_some_and(|name| name == ZONE_FILE);
    let mut file = BufWriter::new(File::options().append(true).open(file)?);
    for address in addresses {
        if is_zone {
            writeln!(file, "{} A 127.0.0.3", octets(address))?;
        } else {
            writeln!(file, "{}", Ipv4Addr::from_bits(address))?;
        }
    }
    file.flush()?;
    Ok(())
}
