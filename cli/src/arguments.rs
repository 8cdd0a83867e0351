//! The words of the command line: what stands in the source, and what the descriptions of the kinds add.

use crate::{
    command::{self, Verb},
    failure::Failure,
    output::Format,
};
use clap::{
    ArgMatches, Args, Command, FromArgMatches as _, Subcommand as _,
    error::{ContextKind, ContextValue, ErrorKind},
};
use grid_protocol::record::Registry;
use std::{ffi::OsString, path::PathBuf};

/// Flags that every command takes.
#[derive(Clone, Debug, Args)]
pub(crate) struct Globals {
    /// The directory that holds everything of your group [default: coalition-grid in your state directory]
    #[arg(
        long,
        global = true,
        env = "GRID_HOME",
        hide_env_values = true,
        value_name = "DIR",
        help_heading = "Everywhere"
    )]
    pub(crate) home: Option<PathBuf>,
    /// Answer in JSON, for programs
    #[arg(long, global = true, help_heading = "Everywhere")]
    pub(crate) json: bool,
    /// Never ask a question: what is missing is an error
    #[arg(long, global = true, help_heading = "Everywhere")]
    pub(crate) no_input: bool,
}

const ABOUT: &str = "Groups that act together, without anybody in the middle.";

const FIRST_STEPS: &str = "\
First steps:
  grid demo                 look around: three groups on this computer
  grid init                 found a coalition
  grid join INVITE          take an invite
  grid node                 keep your group's node running
  grid status               see how things stand

Questions: grid find WORDS, match, introduce, health, agenda, report; `grid ask --help` lists all of them.

Exit codes: 0 done, 1 error, 2 wrong words, 3 no node is running, 4 not found, 5 refused, 75 --wait ran out.";

/// The whole command line. Commands of a kind are only built when one of them is used.
pub(crate) fn command() -> Command {
    // First what is derived: it brings descriptions of its own types along.
    let root = Verb::augment_subcommands(Globals::augment_args(Command::new("grid")))
        .version(env!("CARGO_PKG_VERSION"))
        .about(ABOUT)
        .after_help(after_help())
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .max_term_width(100);
    let root = root.subcommand(command::ask::command()).subcommands(command::ask::own_commands());
    let root = root.subcommands(command::say::command());
    Registry::standard().kinds().fold(root, |root, kind| root.subcommand(command::kind::command(kind)))
}

/// The kinds of records, section by section, and the first steps.
fn after_help() -> String {
    let mut sections: Vec<(&str, Vec<&str>)> = Vec::new();
    for kind in Registry::standard().kinds() {
        match sections.iter_mut().find(|(section, _)| *section == kind.section) {
            Some((_, kinds)) => kinds.push(&kind.name),
            None => sections.push((&kind.section, vec![&kind.name])),
        }
    }
    let lines: Vec<String> =
        sections.iter().map(|(section, kinds)| format!("  {section:<11} {}", kinds.join(", "))).collect();
    format!(
        "Records, each with new, list, show, edit, remove, history, undo, import, export, duplicates, merge (`grid KIND --help`):\n{}\n\n{FIRST_STEPS}",
        lines.join("\n")
    )
}

/// Who reads the answers of a command.
pub(crate) fn format(matches: &ArgMatches) -> Format {
    if matches.get_flag("json") { Format::Json } else { Format::Human }
}

/// The flags that every command takes.
pub(crate) fn globals(matches: &ArgMatches) -> Result<Globals, Failure> {
    Globals::from_arg_matches(matches).map_err(|error| Failure::usage(error.to_string()))
}

/// Who would have read the answer, when the words did not parse.
pub(crate) fn format_asked_for(words: &[OsString]) -> Format {
    let asked = words.iter().take_while(|word| *word != "--").any(|word| word == "--json");
    if asked { Format::Json } else { Format::Human }
}

/// The help of a command that lacks its verb.
fn help(words: &[OsString]) -> Option<String> {
    let asked = words.iter().cloned().chain(["--help".into()]);
    let help = command().try_get_matches_from(asked).err()?;
    (help.kind() == ErrorKind::DisplayHelp).then(|| help.render().to_string())
}

/// Where somebody asked a question that has no command of its own: how it is asked.
fn question_meant(error: &clap::Error) -> Option<String> {
    let ContextValue::String(word) = error.get(ContextKind::InvalidSubcommand)? else { return None };
    grid_node::question::named(word).map(|question| format!("that is a question: `grid ask {}`", question.name))
}

/// What is wrong with the words; none when they asked for help.
pub(crate) fn failure(error: &clap::Error, words: &[OsString], format: Format) -> Option<Failure> {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        return None;
    }
    let help = match error.kind() {
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => Some(error.render().to_string()),
        // clap would list all verbs in a line.
        ErrorKind::MissingSubcommand => help(words),
        _ => None,
    };
    if let (Some(help), Format::Human) = (help, format) {
        return Some(Failure::usage(format!("say what to do\n\n{}", help.trim_end())));
    }
    let shown = error.render().to_string();
    let shown = shown.strip_prefix("error: ").unwrap_or(&shown);
    let mut message = Vec::new();
    let mut hint = question_meant(error);
    for line in shown.lines() {
        if let Some(tip) = line.trim().strip_prefix("tip: ") {
            hint.get_or_insert(tip.to_owned());
        } else if let Some(more) = line.strip_prefix("For more information, ") {
            hint.get_or_insert(more.trim_end_matches('.').replace('\'', "`"));
        } else {
            message.push(line);
        }
    }
    let message = match format {
        Format::Human => message.join("\n").trim_end().to_owned(),
        // Usage lines are for people.
        Format::Json => {
            message.split(|line| line.starts_with("Usage:")).next().unwrap_or_default().join(" ").trim().to_owned()
        }
    };
    let message = if message.is_empty() { "a command is missing".to_owned() } else { message };
    Some(Failure::usage(message).hint(hint.unwrap_or_else(|| "try `grid --help`".to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound_with_every_kind() {
        let mut command = command();
        command.build();
        command.debug_assert();
    }

    #[test]
    fn no_kind_is_called_like_a_command() {
        let verbs = Verb::augment_subcommands(Command::new("x"));
        let asked: Vec<Command> = command::ask::own_commands().chain([command::ask::command()]).collect();
        let taken: Vec<&str> = verbs.get_subcommands().chain(&asked).map(Command::get_name).collect();
        let kinds: Vec<&str> = Registry::standard().kinds().map(|kind| kind.name.as_str()).collect();
        assert!(!kinds.is_empty() && kinds.iter().all(|kind| !taken.contains(kind)), "{kinds:?} {taken:?}");
    }

    #[test]
    fn a_command_without_its_verb_shows_its_help_and_a_question_is_named() {
        let words: Vec<OsString> = ["grid", "--home", "x", "action"].map(Into::into).to_vec();
        let error = command().try_get_matches_from(&words).unwrap_err();
        let failure = failure(&error, &words, Format::Human).unwrap();
        assert!(failure.message.contains("support") && failure.message.contains("Usage:"), "{failure:?}");
        let error = command().try_get_matches_from(["grid", "wanted"]).unwrap_err();
        let hint = super::failure(&error, &[], Format::Human).unwrap().hint.unwrap();
        assert!(hint.contains("grid ask wanted"), "{hint}");
    }

    #[test]
    fn wrong_words_are_told_with_a_way_on() {
        let error = command().try_get_matches_from(["grid", "statsu"]).unwrap_err();
        let failure = failure(&error, &[], Format::Json).unwrap();
        assert!(failure.message.contains("statsu"), "{failure:?}");
        assert!(failure.hint.unwrap().contains("status"));
    }
}
