//! `grid KIND undo`.

use super::{id_argument, record_path};
use crate::{context::Context, failure::Failure, words::a};
use clap::{Arg, ArgMatches, Command};
use grid_protocol::record::Kind;
use serde_json::{Map, Value, json};

pub(super) fn command(kind: &Kind) -> Command {
    Command::new("undo")
        .about(format!("Write again what {} held before a change; what others wrote since stays", a(&kind.name)))
        .arg(id_argument(kind))
        .arg(
            Arg::new("change").long("change").value_name("HASH").help(
                "The change, or the beginning of it, as `history` shows it [default: the last of your own group]",
            ),
        )
        .arg(
            Arg::new("of")
                .long("of")
                .value_name("GROUP")
                .conflicts_with("change")
                .help("The last change of this group: its name or its id"),
        )
}

pub(super) fn run(kind: &Kind, matches: &ArgMatches, context: &mut Context<'_>) -> Result<(), Failure> {
    let client = context.client()?;
    let path = format!("{}/undo", record_path(kind, matches, &client)?);
    let given = ["change", "of"].into_iter().filter_map(|name| Some((name, matches.get_one::<String>(name)?)));
    let body: Map<String, Value> = given.map(|(name, word)| (name.to_owned(), json!(word))).collect();
    let answer = client.post(&path, &Value::Object(body))?;
    context.out.answer(&answer, |page| {
        let whose = answer["written_by"].as_str().map(|name| format!(" of {name}")).unwrap_or_default();
        page.line(&format!("Undone: the change{whose}. {} as before it.", words(&answer["fields"])));
        let kept = words(&answer["kept"]);
        if !kept.is_empty() {
            page.line(&format!("Somebody has changed {kept} since: that stays."));
        }
    });
    Ok(())
}

/// A list of names as people read it.
pub(super) fn words(names: &Value) -> String {
    let names = names.as_array().into_iter().flatten().filter_map(Value::as_str);
    names.map(|name| name.replace('_', " ")).collect::<Vec<_>>().join(", ")
}
