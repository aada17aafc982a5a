//! MTA-STS (RFC 8461) against web servers and mail servers in a network of their own, where names, ports, public addresses and
//! certificates are found as anywhere else.
//!
//! The test starts itself again in namespaces whose loopback has public addresses, whose resolver is ours, and with one authority for
//! certificates.

mod inside;
mod world;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

use super::*;

/// Hands the child the folder with keys and certificates.
const CHILD: &str = "ATALAYA_TEST_MTA_STS";
/// Makes the network, and puts the resolver in its place. In: its configuration, and what to run.
const PREPARE: &str = "ip link set lo up && ip address add 20.20.0.1/16 dev lo && \
    mount --bind \"$0\" /etc/resolv.conf && exec \"$@\"";
/// Domains whose web servers have certificates of their names, and whose mail servers have.
const DOMAINS: &[&str] = &[
    "good", "plain", "stranger", "testing", "none", "kept", "redirect", "html", "gone", "enormous", "slow",
    "broken",
];
/// Domains with a certificate of another name: at the web server, or at the mail server.
const FORGED_WEB: &str = "forged";
const MISNAMED_MAIL: &str = "misnamed";

#[test]
fn mta_sts_is_obeyed_in_a_network_with_web_servers_and_mail_servers() {
    let namespaces = Command::new("unshare").args(["-rnm", "ip", "link"]).output();
    if !namespaces.is_ok_and(|made| made.status.success()) {
        return skip("no network namespace can be made here (unshare, ip)");
    }
    let folder = tempfile::tempdir().unwrap();
    make_certificates(folder.path());
    let resolver = folder.path().join("resolv.conf");
    std::fs::write(&resolver, "nameserver 127.0.0.1\n").unwrap();
    let run = Command::new("unshare")
        .args(["-rnm", "sh", "-c", PREPARE])
        .arg(resolver)
        .arg(std::env::current_exe().unwrap())
        .args(["outbox::tests::mta_sts::inside::", "--test-threads=1"])
        .env(CHILD, folder.path())
        .env("SSL_CERT_FILE", folder.path().join("authority.pem"))
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&run.stdout);
    let wrong = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{told}\n{wrong}");
    assert!(told.contains(" 7 passed; 0 failed"), "{told}");
}

/// An authority, and what it signed for the web servers (`web`) and the mail servers (`mail`).
fn make_certificates(folder: &Path) {
    let key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let pem = authority.self_signed(&key).unwrap().pem();
    std::fs::write(folder.join("authority.pem"), pem).unwrap();
    let issuer = Issuer::new(authority, key);
    for (of, host, also) in [("web", "mta-sts", MISNAMED_MAIL), ("mail", "mx", FORGED_WEB)] {
        let domains = DOMAINS.iter().chain([&also]);
        let names: Vec<String> = domains.map(|domain| format!("{host}.{domain}.example")).collect();
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(names)
            .unwrap()
            .signed_by(&key, &issuer)
            .unwrap();
        std::fs::write(folder.join(format!("{of}.pem")), certificate.pem()).unwrap();
        std::fs::write(folder.join(format!("{of}.key")), key.serialize_pem()).unwrap();
    }
}
