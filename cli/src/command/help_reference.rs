//! `grid help-reference`: the reference of all commands in Markdown, as it stands in the documentation.

use crate::{arguments, context::Context, failure::Failure};
use clap::{Arg, Args, Command};
use grid_protocol::record::Registry;
use std::fmt::Write as _;

/// Print the reference of all commands in Markdown
#[derive(Clone, Debug, Args)]
pub(crate) struct HelpReference {}

impl HelpReference {
    pub(crate) fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        context.only_text("help-reference")?;
        context.out.bytes(reference().as_bytes());
        Ok(())
    }
}

/// The whole reference.
fn reference() -> String {
    let mut command = arguments::command();
    command.build();
    let mut out = "# The command line\n\nMade by `grid help-reference`; do not edit by hand.\n\n".to_owned();
    let _ = writeln!(out, "{}\n", text(command.get_about().map(ToString::to_string)));
    let _ = writeln!(out, "```text\n{}\n```\n", text(command.get_after_help().map(ToString::to_string)));
    out.push_str("Every command takes:\n\n");
    let globals: Vec<&Arg> = command.get_arguments().filter(|arg| arg.is_global_set()).collect();
    globals.into_iter().for_each(|arg| argument(&mut out, arg));
    for sub in command.get_subcommands() {
        section(&mut out, sub, "grid", 2);
    }
    records(&mut out, &command);
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

/// The kind whose commands stand for those of all.
const EXAMPLE: &str = "action";

/// What every kind has, once, and the fields of each.
fn records(out: &mut String, command: &Command) {
    let _ = writeln!(
        out,
        "\n## Records\n\nEvery kind of record has the same commands, with flags for its own fields. Here those of `{EXAMPLE}`."
    );
    if let Some(example) = command.find_subcommand(EXAMPLE) {
        for sub in example.get_subcommands() {
            section(out, sub, &format!("grid {EXAMPLE}"), 3);
        }
    }
    if let Some(recover) = command.find_subcommand("group").and_then(|group| group.find_subcommand("recover")) {
        section(out, recover, "grid group", 3);
    }
    out.push_str("\n## Kinds of records\n\nFor each field: the flag, what it takes, who may read it.\n");
    for kind in Registry::standard().kinds() {
        let _ = writeln!(out, "\n### `grid {}`\n\n{}\n", kind.name, kind.about);
        for field in &kind.fields {
            let _ = writeln!(
                out,
                "* `--{}` ({}, {}): {}",
                field.flag(),
                field.field_type.name(),
                field.audience,
                field.about.replace('\n', " ")
            );
        }
    }
}

fn section(out: &mut String, command: &Command, parent: &str, level: usize) {
    if command.is_hide_set() {
        return;
    }
    let name = format!("{parent} {}", command.get_name());
    let positional: String =
        command
            .get_positionals()
            .filter(|arg| !arg.is_hide_set())
            .map(|arg| {
                if arg.is_required_set() { format!(" {}", value_name(arg)) } else { format!(" [{}]", value_name(arg)) }
            })
            .collect();
    let _ = writeln!(out, "\n{} `{name}{positional}`\n", "#".repeat(level));
    let about = text(command.get_long_about().or(command.get_about()).map(ToString::to_string));
    let _ = writeln!(out, "{}.", about.trim_end_matches('.'));
    let mut between = "\n";
    for arg in command.get_arguments().filter(|arg| !arg.is_global_set() && !arg.is_hide_set()) {
        if !matches!(arg.get_id().as_str(), "help" | "version") {
            out.push_str(std::mem::take(&mut between));
            argument(out, arg);
        }
    }
    for sub in command.get_subcommands() {
        section(out, sub, &name, (level + 1).min(4));
    }
}

fn argument(out: &mut String, arg: &Arg) {
    let flag = arg.get_long().map(|long| format!("--{long}"));
    let takes_value = arg.get_action().takes_values();
    let head = match flag {
        Some(flag) if takes_value => format!("{flag} {}", value_name(arg)),
        Some(flag) => flag,
        None => value_name(arg),
    };
    let help = text(arg.get_long_help().or(arg.get_help()).map(ToString::to_string));
    let choices: Vec<String> = arg
        .get_possible_values()
        .iter()
        .filter(|_| takes_value)
        .filter(|value| !value.is_hide_set())
        .map(|value| format!("`{}`", value.get_name()))
        .collect();
    let choices = if choices.is_empty() { String::new() } else { format!(" One of {}.", choices.join(", ")) };
    let _ = writeln!(out, "* `{head}`: {}.{choices}", help.trim_end_matches('.').replace('\n', " "));
}

fn value_name(arg: &Arg) -> String {
    let names = arg.get_value_names().map(|names| names.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "));
    names.unwrap_or_else(|| arg.get_id().as_str().to_uppercase())
}

fn text(text: Option<String>) -> String {
    text.unwrap_or_default().trim().to_owned()
}
