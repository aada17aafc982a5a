//! The README's first command.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use crate::harness::{ATALAYA, have, run, text};

#[test]
fn the_demo_shows_every_step_and_ends_with_success() {
    let output = Command::new(ATALAYA).args(["demo", "--once"]).output().unwrap();
    let told = text(&output.stdout);
    assert!(output.status.success(), "{told}\n{}", text(&output.stderr));
    for step in [
        "1. Observe",
        "2. Decide",
        "3. Publish",
        "4. Notify",
        "the page of its network: http://127.0.0.1:",
        "5. Delist",
        "Every step held.",
    ] {
        assert!(told.contains(step), "{step} is missing in:\n{told}");
    }
    assert_eq!(text(&output.stderr), "", "the demo complains");
}

#[test]
fn two_demos_run_side_by_side() {
    let start = || Command::new(ATALAYA).args(["demo", "--once"]).output();
    let other = std::thread::spawn(start);
    let one = start().unwrap();
    let other = other.join().unwrap().unwrap();
    assert!(one.status.success(), "{}", text(&one.stderr));
    assert!(other.status.success(), "{}", text(&other.stderr));
}

/// A demo that stays up, and what it told until it said so.
fn staying() -> (Child, Vec<String>) {
    let mut child = Command::new(ATALAYA)
        .arg("demo")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let told = lines
        .map(Result::unwrap)
        .take_while(|line| !line.starts_with("Ctrl-C"))
        .collect();
    (child, told)
}

/// Ends a demo as Ctrl-C does.
fn end(mut child: Child) {
    run("kill", &["-INT", &child.id().to_string()]);
    assert!(child.wait().unwrap().success());
}

#[test]
fn the_dig_command_that_the_demo_shows_works() {
    if !have(&["dig"]) {
        return;
    }
    let (child, told) = staying();
    // The last one is the invitation to try.
    let offered = told
        .iter()
        .rev()
        .find_map(|line| line.trim().strip_prefix("dig "));
    let arguments: Vec<_> = offered.expect("the demo offers a command").split(' ').collect();
    let answer = run("dig", &arguments);
    end(child);
    assert!(
        answer.starts_with("\"spam 198.51.100.12:"),
        "{arguments:?}: {answer}"
    );
}

#[test]
fn the_demo_leads_to_its_console() {
    if !have(&["curl"]) {
        return;
    }
    let (child, told) = staying();
    let mut words = told.iter().flat_map(|line| line.split(' '));
    let link = words.find(|word| word.contains("/console/welcome/"));
    let page = run("curl", &["-sS", link.expect("the demo offers its console")]);
    end(child);
    assert!(page.contains("name=\"password\""), "{page}");
}
