//! `grid search run`: a saved search, asked again.

use super::{id_argument, list, record_path};
use crate::{
    client::{path, with_query},
    command::ask,
    context::Context,
    failure::Failure,
};
use clap::{ArgMatches, Command};
use grid_node::question;
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
    let (of, words) = (text("of_kind"), text("words"));
    let Some(found) = Registry::standard().kind(of) else {
        let Some(question) = question::named("find").filter(|_| of.is_empty()) else {
            return Err(Failure::usage(format!("this search is about {of:?}, and there is no such kind"))
                .hint("say which: `grid search edit ID --of-kind action`"));
        };
        let reply = client.get(&with_query(&path(["questions", question.name]), [("text", words)]))?;
        ask::tell(&reply, context);
        return Ok(());
    };
    let filter = text("filter").trim_start_matches('?').split('&').filter(|part| !part.trim().is_empty());
    let mut query: Vec<(&str, &str)> = filter.map(|part| part.split_once('=').unwrap_or((part, ""))).collect();
    query.extend((!words.is_empty()).then_some(("text", words)));
    let answer = client.get(&with_query(&path(["records", &found.name]), query))?;
    list::show(found, &answer, context);
    Ok(())
}
