//! `grid KIND edit`.

use super::{checked, deliver, fields, id_argument, new};
use crate::{client::path, context::Context, failure::Failure, words::a};
use clap::{Arg, ArgAction, ArgMatches, Command, builder::PossibleValuesParser};
use grid_protocol::record::Kind;
use serde_json::{Value, json};

pub(super) fn command(kind: &Kind) -> Command {
    let names: Vec<String> = kind.fields.iter().map(|field| field.flag()).collect();
    Command::new("edit")
        .about(format!("Change {}: only the fields you name", a(&kind.name)))
        .arg(id_argument(kind))
        .arg(
            Arg::new("clear")
                .long("clear")
                .value_name("FIELD")
                .action(ArgAction::Append)
                .value_parser(PossibleValuesParser::new(names))
                .hide_possible_values(true)
                .help("Empty a field"),
        )
        .arg(deliver::wait_argument())
        .args(fields::flags(kind))
}

pub(super) fn run(kind: &Kind, matches: &ArgMatches, context: &mut Context<'_>) -> Result<(), Failure> {
    let client = context.client()?;
    let mut fields = fields::patch(kind, "edit", matches, &client)?;
    for flag in matches.get_many::<String>("clear").into_iter().flatten() {
        if let Some(field) = kind.fields.iter().find(|field| field.flag() == *flag) {
            fields.insert(field.name.to_string(), Value::Null);
        }
    }
    if fields.is_empty() {
        return Err(Failure::usage("no field is named, so nothing would change")
            .hint(format!("name one: see `grid {} edit --help`", kind.name)));
    }
    let body = json!({"fields": fields});
    let written = match matches.get_one::<String>("id") {
        Some(id) => client.patch(&path(["records", &kind.name, &checked(id)?]), &body)?,
        None => client.post(&path(["records", &kind.name]), &body)?,
    };
    new::finish(kind, written, matches, &client, context)
}
