//! What tests and checks need beside the toolchain: one row for each Debian package.
//!
//! A row says what the package is for and how its presence is known. A new outside program in a test is a new row here; nothing
//! else changes.

/// How it is known that a package is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proof {
    /// This program is found on the path, in the folders for system programs, or where Debian keeps PostgreSQL's.
    Program(&'static str),
    /// Python can import this module.
    Python(&'static str),
    /// Perl finds this module.
    Perl(&'static str),
    /// The package conflicts with another that the tests need: it is unpacked beside the system, where this program of it then stands.
    Unpacked {
        /// The program, from the root of the package.
        program: &'static str,
        /// Packages of libraries that are unpacked with it.
        libraries: &'static [&'static str],
    },
}

/// One package of Debian.
#[derive(Debug, Clone, Copy)]
pub(super) struct Need {
    /// Its name, as apt knows it.
    pub(super) package: &'static str,
    /// How it is known to be there.
    pub(super) proof: Proof,
    /// What the tests do with it.
    pub(super) reason: &'static str,
}

/// A row of the table.
const fn need(package: &'static str, proof: Proof, reason: &'static str) -> Need {
    Need {
        package,
        proof,
        reason,
    }
}

/// Everything that the tests run and that is not part of the project.
pub(super) const NEEDS: &[Need] = &[
    need(
        "postgresql",
        Proof::Program("initdb"),
        "the store's tests run on a PostgreSQL of their own too",
    ),
    need(
        "g++",
        Proof::Program("g++"),
        "builds libFuzzer, which the entry points of the fuzz targets are checked with",
    ),
    need(
        "swaks",
        Proof::Program("swaks"),
        "sends mail into the trap as a stranger's client would",
    ),
    need(
        "msmtp",
        Proof::Program("msmtp"),
        "sends mail into the trap, which knows its dialect",
    ),
    need(
        "curl",
        Proof::Program("curl"),
        "sends mail into the trap, which knows its dialect",
    ),
    need(
        "python3",
        Proof::Program("python3"),
        "sends mail into the trap with smtplib, whose dialect is known",
    ),
    need(
        "python3-venv",
        Proof::Python("ensurepip"),
        "holds schemathesis of PyPI, which makes up strange calls of the API",
    ),
    need("openssl", Proof::Program("openssl"), "begins TLS with the trap"),
    need(
        "nftables",
        Proof::Program("nft"),
        "loads the exported sets in a network namespace of its own",
    ),
    need(
        "bind9-dnsutils",
        Proof::Program("dig"),
        "asks the DNS server as every postmaster does",
    ),
    need(
        "knot-dnsutils",
        Proof::Program("kdig"),
        "reads the DNS server's answers beside dig, more strictly",
    ),
    need(
        "ldnsutils",
        Proof::Program("drill"),
        "reads them with a third library",
    ),
    need(
        "bind9",
        Proof::Program("named"),
        "copies the zone as a secondary, signs it, and loads the exported zone file and policy zones",
    ),
    need(
        "iproute2",
        Proof::Program("ip"),
        "gives a network namespace the addresses that a policy zone turns away",
    ),
    need("nsd", Proof::Program("nsd"), "copies the zone as a secondary"),
    need(
        "knot",
        Proof::Program("knotd"),
        "copies the zone as a secondary, and signs it",
    ),
    need(
        "rbldnsd",
        Proof::Program("rbldnsd"),
        "answers the same questions from the same files as our zones of files",
    ),
    need(
        "spamassassin",
        Proof::Program("spamassassin"),
        "a check_rbl rule must see the listing",
    ),
    need(
        "postfix",
        Proof::Program("smtp-sink"),
        "smtp-sink takes the notices and measures the trap; smtpd and postscreen must turn a listed address away",
    ),
    need(
        "exim4-daemon-light",
        Proof::Unpacked {
            program: "usr/sbin/exim4",
            libraries: &["libgnutls-dane0", "libidn12", "libunbound8"],
        },
        "must turn a listed address away; it cannot be installed beside Postfix",
    ),
    need(
        "miltertest",
        Proof::Program("miltertest"),
        "asks the milter as a Sendmail does",
    ),
    need(
        "sasl2-bin",
        Proof::Program("saslpasswd2"),
        "makes somebody who can log in to a Postfix",
    ),
    need(
        "rspamd",
        Proof::Program("rspamd"),
        "must give a listed address the symbol of its class",
    ),
    need(
        "unbound",
        Proof::Program("unbound"),
        "is the resolver between the mail servers and the list",
    ),
    need(
        "dnsmasq-base",
        Proof::Program("dnsmasq"),
        "is a resolver that drops the answers of a list unless it is told",
    ),
    need(
        "chromium",
        Proof::Program("chromium"),
        "opens the pages on a wide screen and on a phone, and takes their picture",
    ),
    need(
        "chromium-driver",
        Proof::Program("chromedriver"),
        "drives that browser as a person does",
    ),
    need(
        "npm",
        Proof::Program("npm"),
        "fetches axe-core, which judges the pages in that browser",
    ),
    need(
        "fail2ban",
        Proof::Program("fail2ban-server"),
        "its bans must reach the list by its own actions and by ours",
    ),
    need(
        "curl",
        Proof::Program("curl"),
        "is what the actions of fail2ban report with",
    ),
    need(
        "whois",
        Proof::Program("whois"),
        "reads WHOIS answers beside our own reader",
    ),
    need(
        "libnet-abuse-utils-perl",
        Proof::Perl("Net::Abuse::Utils"),
        "looks for the same contacts as we do, and is compared",
    ),
    need(
        "p0f",
        Proof::Program("p0f"),
        "reads and names the SYNs of captures beside our own reader",
    ),
    need(
        "zstd",
        Proof::Program("zstd"),
        "unpacks the real mails that replay is tried on",
    ),
    need(
        "python3-jsonschema",
        Proof::Python("jsonschema"),
        "judges X-ARF reports by their published schema",
    ),
    need(
        "notmuch",
        Proof::Program("notmuch"),
        "reads notices as a person does, and shows which of them are one thread",
    ),
    need(
        "libsisimai-perl",
        Proof::Perl("Sisimai"),
        "reads the feedback report of notices",
    ),
    need(
        "mutt",
        Proof::Program("mutt"),
        "shows a notice as a person reads it",
    ),
    need(
        "python3-dnspython",
        Proof::Python("dns.resolver"),
        "fetches the keys of signatures from name servers",
    ),
    need(
        "python3-dkim",
        Proof::Python("dkim"),
        "verifies the signatures of notices",
    ),
    need(
        "python3-nacl",
        Proof::Python("nacl"),
        "verifies those of them that are made with Ed25519",
    ),
    need(
        "libmail-dkim-perl",
        Proof::Perl("Mail::DKIM::Signer"),
        "signs mails that we verify",
    ),
    need(
        "opendkim-tools",
        Proof::Program("opendkim-testmsg"),
        "signs mails with SHA-1, which we refuse",
    ),
];

/// Answers that a package would ask for at its installation: input of `debconf-set-selections`.
pub(super) const ANSWERS: &str = "postfix postfix/main_mailer_type select No configuration\n";
