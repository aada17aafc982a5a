//! Every page in a real browser: axe-core finds no fault in any of them, nothing runs over the edge of a phone, and what a person does there works.
//!
//! axe-core comes from npm, in this version, into the folder of the build; without npm or its registry that is reported as a skip.

use std::path::Path;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::console::code_of;
use crate::driver::{Driver, Theme};
use crate::every_page::{CONSOLE, PUBLIC};
use crate::harness::{Server, have, until};
use crate::shown::{Shown, server_with};

/// The version of axe-core whose verdict counts.
const AXE: &str = "axe-core@4.14.1";
/// Screens: wide, and a phone.
pub(crate) const WIDE: (u32, u32) = (1_280, 900);
pub(crate) const PHONE: (u32, u32) = (390, 844);
/// How each page is looked at: screen, colours, language.
const WAYS: [((u32, u32), Theme, &str); 4] = [
    (WIDE, Theme::Light, "en"),
    (PHONE, Theme::Dark, "es"),
    (PHONE, Theme::Light, "en"),
    (WIDE, Theme::Dark, "es"),
];
pub(crate) const PASSWORD: &str = "a long enough password";
/// Seconds of a step of the second factor.
const STEP: u64 = 30;

/// The script that judges a page; none, and a skip, where it cannot be had.
fn axe() -> Option<String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("axe");
    let script = folder.join("node_modules/axe-core/axe.min.js");
    if !script.exists() {
        std::fs::create_dir_all(&folder).unwrap();
        let installed = Command::new("npm")
            .args([
                "install",
                "--no-audit",
                "--no-fund",
                "--ignore-scripts",
                "--prefix",
            ])
            .args([&folder])
            .arg(AXE)
            .output();
        let is_there = installed.is_ok_and(|output| output.status.success());
        if !is_there {
            atalaya_testkit::skip("axe-core cannot be installed from npm");
            return None;
        }
    }
    Some(std::fs::read_to_string(script).unwrap())
}

/// Faults of the page that is open: those that axe finds, and what runs over the edge.
fn faults(browser: &Driver, axe: &str) -> Vec<String> {
    let judge = format!(
        "{axe};const done=arguments[arguments.length-1];axe.run(document,{{resultTypes:['violations']}}).then(result=>done(\
         result.violations.map(one=>one.id+': '+one.nodes.map(node=>node.html.slice(0,200)).join(' | '))),fault=>done([String(fault)]))"
    );
    let found = browser.run_to_its_end(&judge);
    let found = found.as_array().unwrap().iter();
    let mut faults: Vec<String> = found.map(|fault| fault.as_str().unwrap().to_owned()).collect();
    let over = browser.run("return document.documentElement.scrollWidth - window.innerWidth");
    if over.as_i64().unwrap() > 0 {
        faults.push(format!("runs {over} px over the edge"));
    }
    faults
}

/// Holds the page that is open against axe, where that can be had.
#[track_caller]
pub(crate) fn is_accessible(browser: &Driver) {
    if let Some(axe) = axe() {
        let found = faults(browser, &axe);
        assert!(found.is_empty(), "{}: {}", browser.at(), found.join("\n"));
    }
}

/// Signs up by an invitation, with the codes of an authenticator, as the first administrator does; gives the next code.
pub(crate) fn sign_up(server: &Server, browser: &Driver, name: &str) -> String {
    let told = server.command(&["account", "invite", name, "--role", "administrator"]);
    let (_, path) = told.lines().next().unwrap().split_once("/console/").unwrap();
    browser.open(&format!("http://{}/console/{path}", server.http));
    browser.type_into("[name=password]", PASSWORD);
    let secret = browser.run("return document.querySelector('[name=secret]').value");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let code = |step| code_of(secret.as_str().unwrap(), step);
    browser.type_into("[name=code]", &code(now / STEP));
    browser.press("main form button");
    let words = until("the page behind the form", || {
        let words = browser.words();
        (!words.contains("Make the account and sign in") && !words.is_empty()).then_some(words)
    });
    assert!(words.to_lowercase().contains("recovery codes"), "{words}");
    code(now / STEP + 1)
}

/// A server with something to show.
pub(crate) fn server() -> Server {
    server_with("")
}

/// What is wrong with the pages of a table, in each way of looking at them.
fn faults_of(pages: &[&str], shown: &Shown, browser: &Driver, axe: &str) -> Vec<String> {
    let mut all = Vec::new();
    for (screen, theme, language) in WAYS {
        browser.looks_as(screen, theme);
        browser.reads(language);
        for page in pages {
            let path = shown.path(page);
            browser.open(&format!("http://{}{path}", shown.server.http));
            let mut found = faults(browser, axe);
            let answer = browser.run(
                "return [performance.getEntriesByType('navigation')[0].responseStatus,document.documentElement.lang]",
            );
            let is_as_meant = path.contains("lang=") || answer[1] == language;
            if !is_as_meant || (answer[0] != 200 && path != "/nothing") {
                found.push(format!("answers {answer}"));
            }
            let found = found.into_iter();
            all.extend(found.map(|fault| format!("{page} at {screen:?}, {theme:?}, {language}: {fault}")));
        }
    }
    all
}

#[test]
fn axe_finds_no_fault_on_any_page() {
    if !have(&["chromium", "chromedriver", "npm"]) {
        return;
    }
    let Some(axe) = axe() else { return };
    let shown = Shown::start();
    let browser = Driver::start(WIDE, Theme::Light);
    let mut all = faults_of(&PUBLIC, &shown, &browser, &axe);
    browser.reads("en");
    sign_up(&shown.server, &browser, "marta");
    all.extend(faults_of(&CONSOLE, &shown, &browser, &axe));
    assert!(all.is_empty(), "{}", all.join("\n"));
}

#[test]
fn a_listed_address_leaves_by_its_button_and_is_locked_out_when_it_comes_back() {
    if !have(&["chromium", "chromedriver", "dig"]) {
        return;
    }
    let server = server();
    let browser = Driver::start(PHONE, Theme::Light);
    let page = format!("http://{}/ip/192.0.2.7", server.http);
    browser.open(&page);
    assert!(browser.words().contains("Tried in a browser."));
    // The browser solves the puzzle before the form goes out.
    browser.press("form[action*=remove] button");
    until("DNS to answer no more", || {
        server.dig("192.0.2.7", "A").is_empty().then_some(())
    });
    let add = [
        "list",
        "add",
        "192.0.2.7",
        "--class",
        "spam",
        "--reason",
        "Again.",
    ];
    server.command(&add);
    browser.open(&page);
    let words = browser.words();
    assert!(words.contains("left before and came back"), "{words}");
    let buttons = browser.run("return document.querySelectorAll('form[action*=remove] button').length");
    assert_eq!(buttons, 0);
}

#[test]
fn what_is_listed_at_the_console_shows_in_its_figures_without_a_reload() {
    if !have(&["chromium", "chromedriver"]) {
        return;
    }
    let server = server();
    let browser = Driver::start(WIDE, Theme::Light);
    sign_up(&server, &browser, "rosa");
    browser.open(&format!("http://{}/console", server.http));
    let listings = || {
        let figure = browser.run("return document.querySelector('[data-figure=listings]').textContent");
        figure.as_str().unwrap().to_owned()
    };
    assert_eq!(listings(), "1");
    server.command(&["list", "add", "192.0.2.9", "--reason", "Live."]);
    until("the figure", || (listings() == "2").then_some(()));
}
