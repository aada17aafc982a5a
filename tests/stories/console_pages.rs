//! The console from the invitation to the audit trail, with curl as the browser: listed by hand, answered by DNS, taken back; rules tried and saved.

use std::path::{Path, PathBuf};

use atalaya_decide::rules::STANDARD;

use crate::harness::{Server, have, run, until};

/// A browser that keeps its cookies.
struct Browser {
    url: String,
    jar: PathBuf,
}

impl Browser {
    fn new(url: &str, folder: &Path) -> Self {
        Self {
            url: url.to_owned(),
            jar: folder.join("cookies"),
        }
    }

    /// Asks, and follows to the page that is meant.
    fn ask(&self, path: &str, more: &[String]) -> String {
        let jar = self.jar.to_str().unwrap();
        let url = format!("{}{path}", self.url);
        let mut arguments: Vec<&str> = vec!["-s", "-S", "-L", "-b", jar, "-c", jar, "--max-time", "60"];
        arguments.extend(more.iter().map(String::as_str));
        arguments.push(&url);
        run("curl", &arguments)
    }

    fn get(&self, path: &str) -> String {
        self.ask(path, &[])
    }

    /// Fills in a form of a page that was shown.
    fn post(&self, path: &str, page: &str, fields: &[(&str, &str)]) -> String {
        let mut more = vec!["-H".to_owned(), format!("Origin: {}", self.url)];
        let csrf = page.contains("name=\"csrf\"").then(|| field(page, "csrf"));
        let csrf = csrf.as_deref().map(|mark| ("csrf", mark));
        for (name, value) in fields.iter().copied().chain(csrf) {
            more.extend(["--data-urlencode".to_owned(), format!("{name}={value}")]);
        }
        self.ask(path, &more)
    }
}

/// The value of a hidden field.
fn field(page: &str, name: &str) -> String {
    let mark = format!("name=\"{name}\" value=\"");
    let (_, behind) = page
        .split_once(&mark)
        .unwrap_or_else(|| panic!("no field {name} in:\n{page}"));
    behind.split('"').next().unwrap().to_owned()
}

#[test]
fn an_administrator_lists_by_hand_takes_it_back_and_changes_the_rules() {
    if !have(&["curl", "dig"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let rules = folder.path().join("rules.toml");
    std::fs::write(&rules, STANDARD).unwrap();
    let server = Server::start(&format!(
        "[console]\nsecond_factor = \"nobody\"\n[decide]\nrules = \"{}\"\n",
        rules.display()
    ));
    let told = server.command(&["account", "invite", "marta", "--role", "administrator"]);
    let link = told.lines().next().unwrap();
    let path = format!("/console{}", link.split_once("/console").unwrap().1);
    let browser = Browser::new(&format!("http://{}", server.http), folder.path());

    let welcome = browser.get(&path);
    let secret = field(&welcome, "secret");
    let fields = [
        ("name", "marta"),
        ("password", "a long enough password"),
        ("secret", &secret),
        ("code", ""),
    ];
    let overview = browser.post(&path, &welcome, &fields);
    assert!(overview.contains("Overview"), "{overview}");

    list_and_take_back(&server, &browser);
    change_the_rules(&server, &browser, &rules);
}

/// Lists an address, and takes that back: DNS follows both.
fn list_and_take_back(server: &Server, browser: &Browser) {
    let page = browser.get("/console/by-hand?prefix=192.0.2.7");
    let fields = [
        ("prefix", "192.0.2.7"),
        ("class", "spam"),
        ("reason", "sends to sold addresses"),
        ("days", "7"),
    ];
    let page = browser.post("/console/list", &page, &fields);
    assert!(page.contains("Listed: 192.0.2.7."), "{page}");
    assert_eq!(server.dig("192.0.2.7", "A"), "127.0.0.3");
    let page = browser.post("/console/undo", &page, &[("deed", &field(&page, "deed"))]);
    assert!(page.contains("Taken off: 192.0.2.7."), "{page}");
    until("DNS to answer no more", || {
        server.dig("192.0.2.7", "A").is_empty().then_some(())
    });
    let trail = server.command(&["audit"]);
    assert!(
        trail.contains("list.add") && trail.contains("list.remove"),
        "{trail}"
    );
    assert!(trail.contains("marta"), "{trail}");
}

/// Tries other rules, saves them, and puts the old ones back by a command.
fn change_the_rules(server: &Server, browser: &Browser, rules: &Path) {
    let page = browser.get("/console/rules");
    let text = STANDARD.replacen("version = \"3\"", "version = \"4-ours\"", 1);
    let instead_of = field(&page, "instead_of");
    let fields = [
        ("text", text.as_str()),
        ("instead_of", &instead_of),
        ("days", "7"),
    ];
    let tried = browser.post("/console/rules/try", &page, &fields);
    let digest = field(&tried, "tried");
    let fields = [
        ("text", text.as_str()),
        ("instead_of", &instead_of),
        ("tried", &digest),
    ];
    let saved = browser.post("/console/rules/save", &tried, &fields);
    assert!(
        saved.contains("Version 4-ours,") && saved.contains("It is in force."),
        "{saved}"
    );
    assert_eq!(std::fs::read_to_string(rules).unwrap(), text);
    let before = std::fs::read_to_string(rules.with_extension("toml.before")).unwrap();
    assert_eq!(before, STANDARD);

    // The same by commands.
    let back = rules.with_file_name("back.toml");
    std::fs::write(&back, STANDARD).unwrap();
    let told = server.command(&["rules", "save", back.to_str().unwrap()]);
    assert!(
        told.contains("holds version \"3\", which is judged by from now on"),
        "{told}"
    );
    assert_eq!(server.command(&["rules", "show"]).trim_end(), STANDARD.trim_end());
}
