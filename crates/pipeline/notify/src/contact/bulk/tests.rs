//! Dumps in the forms of RIPE, APNIC and AFRINIC, split and whole, packed and plain.

use std::io::Write;

use tempfile::TempDir;

use super::*;

const RIPE_NETWORKS: &str = "inetnum:        192.0.0.0 - 192.0.255.255\norg:            ORG-ISP-TEST\nstatus:         ALLOCATED PA\n\n\
    inetnum:        192.0.2.0 - 192.0.2.255\nnetname:        CUSTOMER-WITHOUT\n\n\
    inetnum:        192.0.3.0 - 192.0.3.127\norg:            ORG-CUSTOMER-TEST\n\n\
    inetnum:        192.0.4.0 - 192.0.4.255\nabuse-c:        DIRECT1-TEST\norg:            ORG-ISP-TEST\n\n\
    inetnum:        192.0.5.0 - 192.0.5.255\norg:            ORG-NOBODY-TEST\n\n\
    inetnum:        0.0.0.0 - 255.255.255.255\norg:            ORG-REGISTRY-TEST\n";
const RIPE_HOLDERS: &str = "organisation:   ORG-ISP-TEST\nabuse-c:        ISP1-TEST\n\n\
    organisation:   ORG-CUSTOMER-TEST\nabuse-mailbox:  customer@example.net\n\n\
    organisation:   ORG-REGISTRY-TEST\nabuse-c:        REG1-TEST\n\n\
    role:           Abuse\nnic-hdl:        isp1-test\nabuse-mailbox:  abuse@example.net\n\n\
    role:           Direct\nnic-hdl:        DIRECT1-TEST\nabuse-mailbox:  direct@example.net\n\n\
    role:           Registry\nnic-hdl:        REG1-TEST\nabuse-mailbox:  abuse@ripe.net\n";
const APNIC: &str = "inet6num:       2001:db8::/32\nmnt-irt:        IRT-X-AP\n\ninet6num:       2001:db8:1::/48\nmnt-irt:        IRT-Y-AP\n\n\
    irt:            IRT-X-AP\ne-mail:         x@example.org\nabuse-mailbox:  abuse@example.org\n\n\
    irt:            IRT-Y-AP\ne-mail:         irt-y@example.org\n\n\
    inetnum:        198.51.100.0 - 198.51.100.255\nremarks:        send reports to abuse@example.com\n";

fn write(folder: &TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

/// The same packed with gzip, by the program that everybody has.
fn packed(folder: &TempDir, name: &str, text: &str) -> PathBuf {
    let mut child = std::process::Command::new("gzip")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    write(folder, name, &child.wait_with_output().unwrap().stdout)
}

fn told(index: &Index, address: &str) -> String {
    index.around(address.parse().unwrap()).map_or_else(
        || "nobody".to_owned(),
        |(prefix, named)| {
            format!(
                "{} {prefix} {:?} of file {}",
                named.address, named.basis, named.file
            )
        },
    )
}

#[test]
fn handles_lead_over_several_files_in_any_order() {
    let folder = TempDir::new().unwrap();
    let paths = [
        packed(&folder, "ripe.db.organisation.gz", RIPE_HOLDERS),
        write(&folder, "apnic.db", APNIC.as_bytes()),
        packed(&folder, "ripe.db.inetnum.gz", RIPE_NETWORKS),
    ];
    let index = Index::load(&paths).unwrap();
    for (address, expected) in [
        ("192.0.9.1", "abuse@example.net 192.0.8.0/21 Named of file 2"),
        ("192.0.2.1", "abuse@example.net 192.0.2.0/24 Named of file 2"),
        ("192.0.3.1", "customer@example.net 192.0.3.0/25 Marked of file 2"),
        ("192.0.3.200", "abuse@example.net 192.0.3.128/25 Named of file 2"),
        ("192.0.4.1", "direct@example.net 192.0.4.0/24 Named of file 2"),
        ("192.0.5.1", "abuse@example.net 192.0.5.0/24 Named of file 2"),
        ("203.0.113.1", "nobody"),
        (
            "198.51.100.7",
            "abuse@example.com 198.51.100.0/24 Remark of file 1",
        ),
        (
            "2001:db8:7::1",
            "abuse@example.org 2001:db8:4::/46 Named of file 1",
        ),
        (
            "2001:db8:1::1",
            "irt-y@example.org 2001:db8:1::/48 Marked of file 1",
        ),
        ("2001:db9::1", "nobody"),
    ] {
        assert_eq!(told(&index, address), expected, "{address}");
    }
    assert_eq!(index.mailboxes.len(), 6, "each mailbox once");
}

#[test]
fn a_file_that_cannot_be_read_spoils_the_whole() {
    let folder = TempDir::new().unwrap();
    let good = write(&folder, "good", RIPE_HOLDERS.as_bytes());
    let cut = packed(&folder, "cut.gz", RIPE_NETWORKS);
    let bytes = std::fs::read(&cut).unwrap();
    std::fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
    for bad in [cut, folder.path().join("absent")] {
        let error = Index::load(&[good.clone(), bad]).unwrap_err();
        assert!(matches!(error, BulkError::Read { .. }), "{error}");
    }
}

#[test]
fn noise_is_no_data() {
    let folder = TempDir::new().unwrap();
    let noise: Vec<u8> = (0..50_000_u32)
        .map(|number| number.wrapping_mul(2_654_435_761).to_be_bytes()[0])
        .collect();
    let index = Index::load(&[write(&folder, "noise", &noise)]).unwrap();
    assert_eq!(index.len(), 0);
}
