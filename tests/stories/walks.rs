//! What people do, in a real browser from the first page to the last: with the keyboard alone, without scripts, by the link of a mail, at the console.

use std::time::Duration;

use crate::accessible::{PASSWORD, PHONE, WIDE, server, sign_up};
use crate::driver::{Driver, Theme};
use crate::harness::{Server, have, until};
use crate::network_page::{SENDER, told_network};

/// Keys, as `WebDriver` names them.
const TAB: char = '\u{E004}';
const ENTER: char = '\u{E007}';
/// What the page asks for before it is pressed once more, and a second.
const WAIT: Duration = Duration::from_secs(11);
/// More strikes of the tabulator than any page has things to reach.
const MOST_STRIKES: usize = 60;

/// Strikes the tabulator until the thing of a selector has the focus.
fn reach(browser: &Driver, selector: &str) {
    let script = format!("return document.activeElement.matches('{selector}')");
    for _strike in 0..MOST_STRIKES {
        browser.strike(TAB);
        if browser.run(&script) == true {
            return;
        }
    }
    panic!("the keyboard does not reach {selector} at {}", browser.at());
}

#[test]
fn with_the_keyboard_alone_an_address_is_looked_up_and_leaves() {
    if !have(&["chromium", "chromedriver", "dig"]) {
        return;
    }
    let server = server();
    let browser = Driver::start(WIDE, Theme::Light);
    browser.open(&format!("http://{}/", server.http));
    reach(&browser, "input[name=address]");
    "192.0.2.7".chars().for_each(|letter| browser.strike(letter));
    browser.strike(ENTER);
    until("the page of the address", || {
        browser.at().ends_with("/ip/192.0.2.7").then_some(())
    });
    reach(&browser, "form[action*=remove] button");
    browser.strike(ENTER);
    until("DNS to answer no more", || {
        server.dig("192.0.2.7", "A").is_empty().then_some(())
    });
}

#[test]
fn a_page_from_before_a_restart_solves_another_puzzle_by_itself() {
    if !have(&["chromium", "chromedriver", "dig"]) {
        return;
    }
    let server = server();
    let browser = Driver::start(PHONE, Theme::Dark);
    browser.open(&format!("http://{}/ip/192.0.2.7", server.http));
    // To this start of the server, a word of another one is as good as any.
    browser.run("document.querySelector('[name=puzzle]').value = 'A'.repeat(56)");
    browser.press("form[action*=remove] button");
    until("DNS to answer no more", || {
        server.dig("192.0.2.7", "A").is_empty().then_some(())
    });
    shows(&browser, "has left the list");
}

#[test]
fn an_administrator_invites_somebody_with_password_and_code() {
    if !have(&["chromium", "chromedriver"]) {
        return;
    }
    let server = server();
    let browser = Driver::start(WIDE, Theme::Light);
    let code = sign_up(&server, &browser, "rosa");
    open(&server, &browser, "/console/accounts", "accounts");
    browser.type_into("#invite-name", "pablo");
    browser.type_into("#invite-password", PASSWORD);
    browser.type_into("#invite-code", &code);
    browser.press("form[action='/console/accounts/invite'] button");
    shows(&browser, "/console/welcome/");
    // By a name that points here and is not ours, the same console says which setting is missing.
    browser.open(&format!(
        "http://rebound.localhost:{}/console",
        server.http.port()
    ));
    shows(&browser, "web.own_names");
}

#[test]
fn without_scripts_the_same_button_works_after_a_wait() {
    if !have(&["chromium", "chromedriver", "dig"]) {
        return;
    }
    let server = server();
    let browser = Driver::without_scripts(PHONE);
    browser.open(&format!("http://{}/ip/192.0.2.7", server.http));
    browser.press("form[action*=remove] button");
    until("the page that asks to press once more", || {
        browser.words().to_lowercase().contains("once more").then_some(())
    });
    assert_eq!(server.dig("192.0.2.7", "A"), "127.0.0.3");
    // Ten seconds make a word as good as a solved puzzle.
    std::thread::sleep(WAIT);
    browser.press("form[action*=remove] button");
    until("DNS to answer no more", || {
        server.dig("192.0.2.7", "A").is_empty().then_some(())
    });
}

#[test]
fn the_link_of_a_notice_leads_a_network_through_its_page() {
    if !have(&["chromium", "chromedriver", "swaks", "dig", "smtp-sink"]) {
        return;
    }
    let Some((server, _sink, link)) = told_network() else {
        return;
    };
    let address = SENDER.1;
    let browser = Driver::start(PHONE, Theme::Dark);
    browser.open(&format!("http://{}{link}", server.http));
    assert!(browser.words().contains(address), "{}", browser.words());
    browser.press("a[href*='/ip/']");
    until("the evidence", || {
        browser.words().contains("Cheap watches").then_some(())
    });
    browser.open(&format!("http://{}{link}?lang=es", server.http));
    browser.press(&format!("form[action*=fixed] button[value='{address}']"));
    until("DNS to answer no more", || {
        server.dig(address, "A").is_empty().then_some(())
    });
    assert_eq!(browser.run("return document.documentElement.lang"), "es");
}

/// Opens a page of the console and waits until it shows some words.
fn open(server: &Server, browser: &Driver, path: &str, words: &str) {
    browser.open(&format!("http://{}{path}", server.http));
    shows(browser, words);
}

fn shows(browser: &Driver, words: &str) {
    until(words, || {
        browser.words().to_lowercase().contains(words).then_some(())
    });
}

#[test]
fn at_the_console_somebody_lists_by_hand_tries_rules_and_finds_both_in_the_audit_trail() {
    if !have(&["chromium", "chromedriver", "dig"]) {
        return;
    }
    let server = server();
    let browser = Driver::start(WIDE, Theme::Dark);
    sign_up(&server, &browser, "rosa");
    open(&server, &browser, "/console/by-hand", "by hand");
    browser.type_into("#prefix", "192.0.2.99");
    browser.press("form.filter button");
    shows(&browser, "192.0.2.99");
    browser.type_into("#list-reason", "Seen by a colleague.");
    browser.press("form[action='/console/list'] button");
    until("DNS to answer", || {
        (server.dig("192.0.2.99", "A") == "127.0.0.2").then_some(())
    });
    open(&server, &browser, "/console/rules", "rules");
    browser.press("form[action='/console/rules/try'] button");
    until("what the rules would do", || {
        let trials = browser.run("return document.querySelectorAll('main section').length");
        (trials != 0).then_some(())
    });
    open(&server, &browser, "/console/audit", "list.add");
    let words = browser.words();
    assert!(words.contains("192.0.2.99") && words.contains("rosa"), "{words}");
}
