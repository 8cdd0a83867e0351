//! `grid say`: a message, without the words of a record.

use super::kind;
use crate::{context::Context, failure::Failure, file};
use clap::{Arg, ArgMatches, Command};
use grid_protocol::{
    limits::MAX_TEXT,
    record::{Kind, Registry},
};
use std::path::Path;

/// The kind that it writes.
const KIND: &str = "message";

/// `grid say`, with the fields of a message as flags.
pub(crate) fn command() -> Option<Command> {
    let words = Arg::new("words").value_name("WORDS").num_args(1..).required(true);
    let command = Command::new("say")
        .about("Say something to the others: to all, in a thread, or about a record")
        .arg(words.help("What you say; `-` reads it from the pipe"))
        .after_help("Read what is said with `grid ask talk`.");
    let command = command.arg(kind::wait_argument(message()?));
    let flags = kind::flags(message()?).into_iter().filter(|arg| arg.get_id() != "text");
    Some(command.args(flags.map(|arg| if arg.get_id() == "thread" { arg.visible_alias("in") } else { arg })))
}

fn message() -> Option<&'static Kind> {
    Registry::standard().kind(KIND).map(|kind| &**kind)
}

/// Says it.
pub(crate) fn run(matches: &ArgMatches, context: &mut Context<'_>) -> Result<(), Failure> {
    let words: Vec<&str> = matches.get_many::<String>("words").into_iter().flatten().map(String::as_str).collect();
    let text = match words.as_slice() {
        ["-"] => file::read_text(Path::new("-"), MAX_TEXT)?,
        words => words.join(" "),
    };
    if text.trim().is_empty() {
        return Err(Failure::usage("nothing is said").hint("say something: `grid say \"Bring boots\" --in Bulldozers`"));
    }
    let kind = message().ok_or_else(|| Failure::usage("there are no messages"))?;
    kind::new::write(kind, [("text", text)], matches, context)
}
