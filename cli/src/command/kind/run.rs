//! `grid search run`: a saved search, asked again.

use super::{id_argument, list, record_path};
use crate::{
    client::{path, with_query},
    context::Context,
    failure::Failure,
};
use clap::{ArgMatches, Command};
use grid_protocol::record::{Kind, Registry};

/// The verb of kinds whose records are questions.
pub(super) const NAME: &str = "run";

pub(super) fn command(kind: &Kind) -> Command {
    Command::new(NAME).about("Ask it again: list the records that it finds").arg(id_argument(kind))
}

pub(super) fn run(kind: &Kind, matches: &ArgMatches, context: &mut Context<'_>) -> Result<(), Failure> {
    let client = context.client()?;
    let search = client.get(&record_path(kind, matches, &client)?)?;
    let text = |name: &str| search[name].as_str().unwrap_or_default().trim();
    let of = text("of_kind");
    let Some(found) = Registry::standard().kind(of) else {
        let message = match of {
            "" => "this search does not say of which kind".to_owned(),
            other => format!("this search is about {other:?}, and there is no such kind"),
        };
        return Err(Failure::usage(message).hint("say which: `grid search edit ID --of-kind action`"));
    };
    let filter = text("filter").trim_start_matches('?').split('&').filter(|part| !part.trim().is_empty());
    let mut query: Vec<(&str, &str)> = filter.map(|part| part.split_once('=').unwrap_or((part, ""))).collect();
    let words = text("words");
    query.extend((!words.is_empty()).then_some(("text", words)));
    let answer = client.get(&with_query(&path(["records", &found.name]), query))?;
    list::show(found, &answer, context);
    Ok(())
}
