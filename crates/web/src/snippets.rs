//! The snippets for mail servers, as the guide has them and the tests run them with the real programs, with the names of this list in place of
//! those of the example.

/// The guide. Its snippets are marked; see `tests/stories/mail_servers`.
const GUIDE: &str = include_str!("../../../docs/guide/mail-servers.md");
/// The zone of the guide.
const ZONE: &str = "bl.example.net";
/// Where the guide's pages are.
const PAGES: &str = "https://list.example.net";
/// What stands in lines that say where an Atalaya on the same machine answers, which strangers do not have.
const LOCAL: &str = "#5300";

/// What is shown, in this order.
pub(crate) const PROGRAMS: [&str; 8] = [
    "unbound",
    "dnsmasq",
    "postfix",
    "postscreen",
    "exim",
    "rspamd/rbl.conf",
    "rspamd/rbl_group.conf",
    "spamassassin",
];

/// All snippets, for this zone and these pages.
pub(crate) fn all(zone: &str, pages: &str) -> Vec<String> {
    let filled = |snippet: &str| {
        let lines = snippet.lines().filter(|line| !line.contains(LOCAL));
        let text = lines.collect::<Vec<_>>().join("\n");
        text.replace(ZONE, zone)
            .replace(PAGES, pages.trim_end_matches('/'))
    };
    PROGRAMS
        .iter()
        .map(|name| snippet(name).map(filled).unwrap_or_default())
        .collect()
}

/// The snippet of this name in the guide.
fn snippet(name: &str) -> Option<&'static str> {
    let (_, behind) = GUIDE.split_once(&format!("<!-- tried: {name} -->"))?;
    let (_, behind) = behind.split_once("```text\n")?;
    Some(behind.split_once("```")?.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_program_has_its_snippet_with_our_names() {
        let snippets = all("bl.list.example", "https://list.example/");
        assert_eq!(snippets.len(), PROGRAMS.len());
        for (name, snippet) in PROGRAMS.iter().zip(&snippets) {
            assert!(!snippet.is_empty(), "{name}");
            assert!(!snippet.contains("example.net"), "{name}: {snippet}");
            assert!(!snippet.contains("5300"), "{name}: {snippet}");
        }
        assert!(snippets[2].contains("reject_rbl_client bl.list.example=127.0.0.[2;3;4;9;10]"));
        assert!(snippets[3].contains("https://list.example/ip/$client_address"));
    }
}
