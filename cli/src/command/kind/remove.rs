//! `grid KIND remove`.

use super::{id_argument, record_path};
use crate::{context::Context, failure::Failure, prompt::Answer, words::a};
use clap::{Arg, ArgAction, ArgMatches, Command};
use grid_protocol::record::{Kind, RecordHome};

pub(super) fn command(kind: &Kind) -> Command {
    Command::new("remove")
        .about(format!("Remove {}: it reads as removed everywhere", a(&kind.name)))
        .arg(id_argument(kind))
        .arg(Arg::new("yes").long("yes").action(ArgAction::SetTrue).help("Do not ask again"))
}

pub(super) fn run(kind: &Kind, matches: &ArgMatches, context: &mut Context<'_>) -> Result<(), Failure> {
    let client = context.client()?;
    let path = record_path(kind, matches, &client)?;
    let record = client.get(&path)?;
    let called = super::listed::called(kind, &record);
    let of_whom = match record["mine"].as_bool() {
        Some(false) => format!(" of {}", record["group_name"].as_str().unwrap_or("another group")),
        _ => String::new(),
    };
    let question =
        format!("The {} {called:?}{of_whom} will be gone everywhere, and that can't be undone. Remove it?", kind.name);
    if !matches.get_flag("yes")
        && let Some(mut keyboard) = context.keyboard()
        && keyboard.yes_or_no(&question)? == Answer::No
    {
        return Err(Failure::usage("nothing was removed"));
    }
    let answer = client.delete(&path)?;
    context.out.answer(&answer, |page| {
        page.line(&match kind.home() {
            RecordHome::Here => format!("The {} is removed from this computer. It was nowhere else.", kind.name),
            _ => format!("The {} is removed, here and, when you meet, everywhere.", kind.name),
        })
    });
    Ok(())
}
