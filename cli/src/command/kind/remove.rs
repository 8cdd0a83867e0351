//! `grid KIND remove`.

use super::{id_argument, record_path};
use crate::{context::Context, failure::Failure, prompt::Answer, words::a};
use clap::{Arg, ArgAction, ArgMatches, Command};
use grid_protocol::record::Kind;

pub(super) fn command(kind: &Kind) -> Command {
    Command::new("remove")
        .about(format!("Remove {}: it reads as removed everywhere", a(&kind.name)))
        .arg(id_argument(kind))
        .arg(Arg::new("yes").long("yes").action(ArgAction::SetTrue).help("Do not ask again"))
}

pub(super) fn run(kind: &Kind, matches: &ArgMatches, context: &mut Context<'_>) -> Result<(), Failure> {
    let client = context.client()?;
    let path = record_path(kind, matches, &client)?;
    if !matches.get_flag("yes")
        && let Some(mut keyboard) = context.keyboard()
        && keyboard.yes_or_no(&format!("This {} will be gone everywhere. Remove it?", kind.name))? == Answer::No
    {
        return Err(Failure::usage("nothing was removed"));
    }
    let answer = client.delete(&path)?;
    context.out.answer(&answer, |page| {
        page.line(&format!("The {} is removed, here and, when you meet, everywhere.", kind.name))
    });
    Ok(())
}
