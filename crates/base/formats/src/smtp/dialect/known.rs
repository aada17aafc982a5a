//! The dialects of known programs, by name: the table of the guide (docs/guide/dialects.md), which a test compares with real programs.

use atalaya_model::DialectId;

/// Name and program. Where two programs say the same, both are named.
const PROGRAMS: [(DialectId, &str); 7] = [
    (
        DialectId([0x22, 0xbe, 0x81, 0x56, 0x51, 0xd4, 0x38, 0x9f]),
        "curl",
    ),
    (
        DialectId([0x69, 0x5f, 0x64, 0xd7, 0x45, 0x91, 0x1e, 0x17]),
        "Exim smtp",
    ),
    (
        DialectId([0xbb, 0x8e, 0xfd, 0x08, 0x41, 0x12, 0x5f, 0x92]),
        "msmtp",
    ),
    (
        DialectId([0x70, 0xf2, 0x59, 0x46, 0x12, 0xea, 0xfd, 0x7a]),
        "Perl Net::SMTP, swaks",
    ),
    (
        DialectId([0xba, 0x75, 0x0a, 0xe2, 0x77, 0x2a, 0x54, 0x9a]),
        "Postfix smtp",
    ),
    (
        DialectId([0x8a, 0x24, 0xe6, 0x3f, 0x19, 0x53, 0x66, 0x7c]),
        "Python smtplib",
    ),
    (
        DialectId([0xc3, 0x66, 0x6b, 0xa0, 0x21, 0xb4, 0x08, 0xd5]),
        "smtp-source",
    ),
];

/// The programs that speak a dialect; none where we know of none.
#[must_use]
pub fn programs(id: DialectId) -> Option<&'static str> {
    let known = PROGRAMS.iter().find(|(known, _)| *known == id);
    known.map(|(_, programs)| *programs)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The page with the table.
    const GUIDE: &str = include_str!("../../../../../../docs/guide/dialects.md");

    #[test]
    fn the_table_is_that_of_the_guide() {
        let mut rows = 0;
        for row in GUIDE.lines().filter(|line| line.contains("| `smtp/1 ")) {
            let cells: Vec<&str> = row.split('|').map(str::trim).collect();
            let id: DialectId = cells[2].trim_matches('`').parse().unwrap();
            assert!(
                programs(id).unwrap().split(", ").any(|name| name == cells[1]),
                "{row}"
            );
            rows += 1;
        }
        let named: usize = PROGRAMS
            .iter()
            .map(|(_, programs)| programs.split(", ").count())
            .sum();
        assert_eq!(rows, named);
        assert_eq!(programs(DialectId([0; 8])), None);
    }
}
