//! The README's first command.

use std::process::Command;

use crate::harness::{ATALAYA, have, text};

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

#[test]
fn the_dig_command_that_the_demo_shows_works() {
    if !have(&["dig"]) {
        return;
    }
    let mut child = Command::new(ATALAYA)
        .arg("demo")
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
    let told: Vec<String> = lines
        .map(Result::unwrap)
        .take_while(|line| !line.starts_with("Ctrl-C"))
        .collect();
    // The last one is the invitation to try.
    let offered = told
        .iter()
        .rev()
        .find_map(|line| line.trim().strip_prefix("dig "));
    let arguments: Vec<_> = offered.expect("the demo offers a command").split(' ').collect();
    let answer = crate::harness::run("dig", &arguments);
    crate::harness::run("kill", &["-INT", &child.id().to_string()]);
    assert!(child.wait().unwrap().success());
    assert!(
        answer.starts_with("\"spam 198.51.100.12:"),
        "{arguments:?}: {answer}"
    );
}
