//! A network enrols in a real browser, from the form to the end, once in each language: what is typed wrong, the mail, the record in DNS, the key, a
//! new key, and leaving.

use atalaya_testkit::peers::DnsRecord;
use tokio::runtime::Runtime;

use crate::accessible::{PHONE, WIDE, is_accessible};
use crate::driver::{Driver, Theme};
use crate::enrolling::{OWNER, config, link, name_server, word_after};
use crate::harness::{Server, have, until};

/// What the pages say on the way, in small letters.
struct Words {
    /// What is put behind the path of a page.
    query: &'static str,
    lang: &'static str,
    bad_scope: &'static str,
    asked: &'static str,
    confirm: &'static str,
    not_yet: &'static str,
    enrolled: &'static str,
    active: &'static str,
    rotated: &'static str,
    ended: &'static str,
    nothing: &'static str,
}

const ENGLISH: Words = Words {
    query: "",
    lang: "en",
    bad_scope: "no prefix",
    asked: "look into your mailbox",
    confirm: "did you ask for this?",
    not_yet: "not yet",
    enrolled: "you are enrolled",
    active: "active",
    rotated: "the old key",
    ended: "it has ended",
    nothing: "there is nothing",
};
const SPANISH: Words = Words {
    query: "?lang=es",
    lang: "es",
    bad_scope: "no es un prefijo",
    asked: "mire en su buzón",
    confirm: "¿lo pidió usted?",
    not_yet: "todavía no",
    enrolled: "está inscrito",
    active: "activa",
    rotated: "la clave anterior ya no vale",
    ended: "ha terminado",
    nothing: "no hay nada",
};

/// Waits for a page that says so, in its language, and that axe finds no fault in.
fn shows(browser: &Driver, words: &Words, wanted: &str) {
    until(wanted, || {
        browser.words().to_lowercase().contains(wanted).then_some(())
    });
    assert_eq!(browser.run("return document.documentElement.lang"), words.lang);
    is_accessible(browser);
}

/// Fills the form in and sends it.
fn ask(browser: &Driver, scope: &str) {
    browser.run("document.querySelector('#scope').value = ''; document.querySelector('#mailbox').value = ''");
    browser.type_into("#scope", scope);
    browser.type_into("#mailbox", "abuse@cheap.example");
    browser.press("input[name=proof][value=txt]");
    browser.press("form.long button");
}

/// From the form to the end.
fn enrol(browser: &Driver, words: &Words) {
    let runtime = Runtime::new().unwrap();
    let (dns, records) = name_server(&runtime);
    let server = Server::start(&config(&dns));
    let open = |path: &str| browser.open(&format!("http://{}{path}{}", server.http, words.query));
    open("/feedback");
    // What is wrong is said above the form, and the rest stays typed.
    ask(browser, "nonsense");
    shows(browser, words, words.bad_scope);
    let typed = browser.run("return document.querySelector('#mailbox').value");
    assert_eq!(typed, "abuse@cheap.example");
    ask(browser, "192.0.2.0/24");
    shows(browser, words, words.asked);

    let link = link(&server);
    open(&link);
    shows(browser, words, words.confirm);
    let go_on = "form[action*=go-on] button";
    browser.press(go_on);
    shows(browser, words, words.not_yet);
    open(&link);
    let page = browser.words();
    assert!(page.contains(OWNER), "{page}");
    let token = word_after(&page, "token=");
    let record = DnsRecord::txt(OWNER, &format!("token={token}"));
    records.lock().unwrap().push(record);
    browser.press(go_on);
    shows(browser, words, words.enrolled);
    let key = word_after(&browser.words(), "Bearer ");
    let listed = server.command(&["feedback", "list"]);
    assert!(
        listed.contains("active") && listed.contains("proven by txt"),
        "{listed}"
    );

    browser.press("a.button");
    shows(browser, words, words.active);
    assert!(!browser.words().contains(&key), "the key is shown once");
    browser.press(".acts summary");
    browser.press("form[action*=rotate] button");
    shows(browser, words, words.rotated);
    assert_ne!(word_after(&browser.words(), "Bearer "), key);
    browser.press("a.button");
    browser.press(".acts summary");
    browser.press("form[action*='/end'] button");
    shows(browser, words, words.ended);
    assert_eq!(server.command(&["feedback", "list"]), "Nobody has enrolled.");
    open(&link);
    shows(browser, words, words.nothing);
}

#[test]
fn a_network_enrols_in_a_browser_and_leaves() {
    if !have(&["chromium", "chromedriver"]) {
        return;
    }
    enrol(&Driver::start(WIDE, Theme::Light), &ENGLISH);
}

#[test]
fn a_network_enrols_and_leaves_in_spanish_on_a_phone() {
    if !have(&["chromium", "chromedriver"]) {
        return;
    }
    enrol(&Driver::start(PHONE, Theme::Dark), &SPANISH);
}
