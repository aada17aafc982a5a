//! The categories of AbuseIPDB, and what each means here.

use atalaya_model::{Handshake, Kind, Observation, Sensor};

use super::CATEGORY;

/// A category.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Category {
    /// Its number.
    pub number: u8,
    /// Its name.
    pub name: &'static str,
    /// What it means here.
    pub kind: Kind,
    /// Whether it takes a TCP handshake, without which the address may be forged, or says nothing that the address did.
    pub handshake: Handshake,
}

/// A row of the table.
const fn row(number: u8, name: &'static str, kind: Kind, handshake: Handshake) -> Category {
    Category {
        number,
        name,
        kind,
        handshake,
    }
}

/// Every category. The guide shows the same table; a test compares them.
pub const CATEGORIES: [Category; 23] = {
    use Handshake::{Reported, Unproven};
    [
        row(1, "DNS Compromise", Kind::Other, Unproven),
        row(2, "DNS Poisoning", Kind::Other, Unproven),
        row(3, "Fraud Orders", Kind::Fraud, Reported),
        row(4, "DDoS Attack", Kind::Flood, Unproven),
        row(5, "FTP Brute-Force", Kind::LoginAttack, Reported),
        row(6, "Ping of Death", Kind::Flood, Unproven),
        row(7, "Phishing", Kind::Phishing, Reported),
        row(8, "Fraud VoIP", Kind::Fraud, Reported),
        row(9, "Open Proxy", Kind::Other, Reported),
        row(10, "Web Spam", Kind::WebAttack, Reported),
        row(11, "Email Spam", Kind::Spam, Reported),
        row(12, "Blog Spam", Kind::WebAttack, Reported),
        row(13, "VPN IP", Kind::Other, Unproven),
        row(14, "Port Scan", Kind::PortScan, Unproven),
        row(15, "Hacking", Kind::Other, Reported),
        row(16, "SQL Injection", Kind::WebAttack, Reported),
        row(17, "Spoofing", Kind::Fraud, Reported),
        row(18, "Brute-Force", Kind::LoginAttack, Reported),
        row(19, "Bad Web Bot", Kind::WebAttack, Reported),
        row(20, "Exploited Host", Kind::Bot, Reported),
        row(21, "Web App Attack", Kind::WebAttack, Reported),
        row(22, "SSH", Kind::LoginAttack, Reported),
        row(23, "IoT Targeted", Kind::Other, Reported),
    ]
};

/// Which kind an observation is of whose categories mean several: what says most about mail first.
const ORDER: [Kind; 9] = [
    Kind::Spam,
    Kind::Phishing,
    Kind::Bot,
    Kind::Fraud,
    Kind::LoginAttack,
    Kind::WebAttack,
    Kind::PortScan,
    Kind::Flood,
    Kind::Other,
];

/// What these categories mean together.
pub(super) fn judge(numbers: &[u8]) -> (Kind, Handshake) {
    let meant: Vec<&Category> = CATEGORIES
        .iter()
        .filter(|category| numbers.contains(&category.number))
        .collect();
    let proven: Vec<&Category> = meant
        .iter()
        .copied()
        .filter(|category| category.handshake == Handshake::Reported)
        .collect();
    // What needs a handshake proves the address for all that is told with it, and says what it was.
    let (told, handshake) = if proven.is_empty() {
        (meant, Handshake::Unproven)
    } else {
        (proven, Handshake::Reported)
    };
    let kind = ORDER
        .into_iter()
        .find(|kind| told.iter().any(|category| category.kind == *kind));
    (kind.unwrap_or(Kind::Other), handshake)
}

/// The categories of an observation: those that it was reported with, or the one that comes nearest to what another sensor saw.
#[must_use]
pub fn categories_of(observation: &Observation) -> Vec<u8> {
    let number = |oddity: &String| oddity.strip_prefix(CATEGORY)?.parse().ok();
    if observation.sensor == Sensor::Report {
        return observation.oddities.iter().filter_map(number).collect();
    }
    vec![match observation.kind {
        Kind::Spam | Kind::UnknownRecipient | Kind::RelayAttempt | Kind::EarlyTalker | Kind::Protocol => 11,
        Kind::LoginAttack => 18,
        Kind::PortScan => 14,
        Kind::WebAttack => 21,
        Kind::Flood => 4,
        Kind::Phishing => 7,
        Kind::Fraud => 3,
        Kind::Bot | Kind::Malware => 20,
        Kind::Backscatter | Kind::Connection | Kind::Listed | Kind::NotSpam | Kind::Other => 15,
    }]
}
