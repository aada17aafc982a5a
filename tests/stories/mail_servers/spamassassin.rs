//! SpamAssassin with `check_rbl` and `check_rbl_sub`, for the last client outside.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::resolver::Resolver;
use super::{ZONE, list, open_folder, ready, snippet};
use crate::harness::{files_in, text};

/// Addresses, with the rule that each must meet.
const RULES: &[(&str, &str)] = &[
    ("192.0.2.2", "SENDER"),
    ("192.0.2.3", "SENDER"),
    ("192.0.2.4", "SENDER"),
    ("192.0.2.9", "SENDER"),
    ("2001:db8:1:2::25", "SENDER"),
    ("192.0.2.10", "DECLARED"),
    ("192.0.2.11", "POLICY"),
    ("192.0.2.99", "none"),
];

/// SpamAssassin with these rules of a site and no stock ones: those would ask the whole Internet.
pub(crate) struct SpamAssassin {
    site: TempDir,
    rules: TempDir,
}

impl SpamAssassin {
    /// With the rules of the page for this zone, asking this server of names.
    pub(crate) fn new(zone: &str, names: &str) -> Self {
        let (site, rules) = (open_folder(), open_folder());
        for file in files_in(Path::new("/etc/spamassassin")) {
            if file.extension().is_some_and(|extension| extension == "pre") {
                std::fs::copy(&file, site.path().join(file.file_name().unwrap())).unwrap();
            }
        }
        let local = snippet("spamassassin").replace(ZONE, zone);
        std::fs::write(site.path().join("local.cf"), local).unwrap();
        let frame = format!(
            "report_safe 0\nadd_header all Status _YESNO_, tests=_TESTS_\ndns_available yes\ndns_server {names}\nuse_bayes 0\n"
        );
        std::fs::write(rules.path().join("frame.cf"), frame).unwrap();
        Self { site, rules }
    }

    /// What it says of a mail that came from this address.
    pub(crate) fn verdict(&self, address: &str) -> String {
        let family = if address.contains(':') { "IPv6:" } else { "" };
        let mail = format!(
            "Received: from pc.example (pc.example [{family}{address}]) by mx.example.org (Postfix) with ESMTP id 1; \
             Mon, 23 Nov 2026 12:00:00 +0000\r\n\
             From: <a@watches.example>\r\nTo: <b@example.org>\r\nSubject: Watches\r\nMessage-ID: <1@watches.example>\r\n\
             Date: Mon, 23 Nov 2026 12:00:00 +0000\r\n\r\nWatches.\r\n"
        );
        let mut child = Command::new("spamassassin")
            .args(["-x", "--prefs-file=/dev/null"])
            .arg(format!("--siteconfigpath={}", self.site.path().display()))
            .arg(format!("--configpath={}", self.rules.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(mail.as_bytes()).unwrap();
        text(&child.wait_with_output().unwrap().stdout)
    }
}

#[test]
fn spamassassin_meets_the_rule_of_each_class_and_no_other() {
    if !ready(&["spamassassin"]) {
        return;
    }
    let server = list();
    let resolver = Resolver::start(&server);
    let spamassassin = SpamAssassin::new(ZONE, &resolver.address);
    for (address, rule) in RULES {
        let said = spamassassin.verdict(address);
        assert!(said.contains("X-Spam-Status: "), "{address}: {said}");
        for each in ["SENDER", "DECLARED", "POLICY"] {
            assert_eq!(
                said.contains(&format!("RCVD_IN_ATALAYA_{each}")),
                each == *rule,
                "{address}: {said}"
            );
        }
    }
}
