//! The services of blocklist.de, which are mostly the names of fail2ban's jails, as categories.

/// The beginnings of names with what they mean; the first that fits counts.
const SERVICES: [(&str, &str); 28] = [
    ("ssh", "18,22"),
    ("dropbear", "18,22"),
    ("postfix-sasl", "18"),
    ("sasl", "18"),
    ("dovecot", "18"),
    ("imap", "18"),
    ("pop3", "18"),
    ("courier", "18"),
    ("spam", "11"),
    ("mail", "11"),
    ("postfix", "11"),
    ("exim", "11"),
    ("sendmail", "11"),
    ("qmail", "11"),
    ("ftp", "5,18"),
    ("proftpd", "5,18"),
    ("vsftpd", "5,18"),
    ("pure-ftpd", "5,18"),
    ("apache", "21"),
    ("nginx", "21"),
    ("http", "21"),
    ("wordpress", "18,21"),
    ("badbot", "19"),
    ("bot", "20"),
    ("ircbot", "20"),
    ("asterisk", "8,18"),
    ("sip", "8,18"),
    ("portscan", "14"),
];

/// The categories of a service; `15` (hacking) for one that says nothing.
#[must_use]
pub fn service_categories(service: &str) -> &'static str {
    let service = service.trim().to_ascii_lowercase();
    let found = SERVICES.iter().find(|(name, _)| service.starts_with(name));
    found.map_or("15", |(_, categories)| categories)
}
