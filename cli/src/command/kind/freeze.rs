//! `grid draft freeze`: the text stands from now on.

use super::{base, deliver, id_argument, new, record_path};
use crate::{client::path, context::Context, failure::Failure, prompt::Answer};
use clap::{Arg, ArgAction, ArgMatches, Command};
use grid_protocol::{domain::STATEMENT_TEXT, id::Digest, record::Kind};
use serde_json::json;

/// The verb of kinds whose text can be sealed.
pub(super) const NAME: &str = "freeze";

pub(super) fn command(kind: &Kind) -> Command {
    Command::new(NAME)
        .about("Freeze the text as it is now: nobody can change it after that")
        .arg(id_argument(kind))
        .arg(Arg::new("yes").long("yes").action(ArgAction::SetTrue).help("Do not ask again"))
        .arg(deliver::wait_argument(kind))
}

pub(super) fn run(kind: &Kind, matches: &ArgMatches, context: &mut Context<'_>) -> Result<(), Failure> {
    let client = context.client()?;
    let record = client.get(&record_path(kind, matches, &client)?)?;
    let text = record["text"].as_str().unwrap_or_default();
    if text.trim().is_empty() {
        return Err(Failure::usage(format!("this {} has no text that could be frozen", kind.name))
            .hint(format!("write it first: `grid {} edit ID --text TEXT`", kind.name)));
    }
    if record["status"] != "frozen"
        && !matches.get_flag("yes")
        && let Some(mut keyboard) = context.keyboard()
        && keyboard.yes_or_no("Nobody can change the text after that. Freeze it?")? == Answer::No
    {
        return Err(Failure::usage("nothing was frozen"));
    }
    let hash = Digest::of(STATEMENT_TEXT, text.as_bytes()).to_string();
    // The text that was read is the one that is frozen: where another came in meanwhile, the hash does not fit it.
    let fields = json!({"status": "frozen", "frozen_hash": hash});
    let id = record["id"].as_str().unwrap_or_default();
    let body = json!({"fields": fields, "based_on": base::heads(&record)});
    let written = client.patch(&path(["records", &kind.name, id]), &body)?;
    new::finish(kind, written, matches, &client, context)
}
