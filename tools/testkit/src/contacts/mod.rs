//! Recorded answers about addresses, and who is right to be written to: what those who look for contacts are measured by.

mod net_abuse_utils;

pub use net_abuse_utils::NetAbuseUtils;

/// The table, made by hand. A sample more is a line more.
const TRUTH: &str = include_str!("truth.tsv");

/// A recorded answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// The WHOIS server that gave it; none where RDAP did.
    pub whois_server: Option<&'static str>,
    /// Its path in `rdap-whois` of the shared test data.
    pub path: &'static str,
    /// The address that it is asked about.
    pub address: &'static str,
    /// The mailboxes that are right to write to; none where nobody is.
    pub right: Vec<&'static str>,
}

impl Sample {
    /// The samples of the table, in its order.
    ///
    /// # Panics
    /// A row of the table has not four fields.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let rows = TRUTH.lines().filter(|row| !row.starts_with('#'));
        rows.map(|row| {
            let fields: Vec<&'static str> = row.split('\t').collect();
            assert_eq!(fields.len(), 4, "not a row of four fields: {row}");
            Self {
                whois_server: Some(fields[0]).filter(|server| *server != "rdap"),
                path: fields[1],
                address: fields[2],
                right: fields[3].split(' ').filter(|right| *right != "nobody").collect(),
            }
        })
        .collect()
    }

    /// What was recorded, without the head of HTTP that stands before some; none where the test data is absent.
    #[must_use]
    pub fn body(&self) -> Option<Vec<u8>> {
        let bytes = std::fs::read(crate::data(&format!("rdap-whois/{}", self.path))?).ok()?;
        let text = String::from_utf8_lossy(&bytes);
        let rest = text.split_once("\r\n\r\n").or_else(|| text.split_once("\n\n"));
        match rest {
            Some((head, body)) if head.starts_with("HTTP/") => Some(body.as_bytes().to_vec()),
            _ => Some(bytes),
        }
    }
}
