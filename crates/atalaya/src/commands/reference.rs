//! `reference`: the manual of every command, as Markdown, from the same text as `--help`.

use clap::{Command, CommandFactory};

use crate::cli::Cli;

/// Width at which the manual is wrapped, whatever terminal it is made on.
const WIDTH: usize = 100;

/// Prints the manual.
pub(crate) fn run() -> anyhow::Result<()> {
    let mut text = String::from(
        "# Commands\n\nMade from `--help` of each command; `cargo xtask generate` writes it anew.\n",
    );
    let mut root = Cli::command().term_width(WIDTH);
    root.build();
    describe(&root, &mut text);
    super::print(text.trim_end())
}

/// Adds the help of a command and of those below it, as they would be typed.
fn describe(command: &Command, text: &mut String) {
    let name = command
        .get_bin_name()
        .unwrap_or_else(|| command.get_name())
        .to_owned();
    let help = command.clone().term_width(WIDTH).render_help().to_string();
    let help: Vec<&str> = help.lines().map(str::trim_end).collect();
    text.push_str(&format!(
        "\n## {name}\n\n```text\n{}\n```\n",
        help.join("\n").trim_end()
    ));
    let shown = command
        .get_subcommands()
        .filter(|below| !below.is_hide_set() && below.get_name() != "help");
    shown.for_each(|below| describe(below, text));
}
