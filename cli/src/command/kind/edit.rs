//! `grid KIND edit`.

use super::{base, deliver, editor, fields, id_argument, new};
use crate::{context::Context, failure::Failure, words::a};
use clap::{Arg, ArgAction, ArgMatches, Command, builder::PossibleValuesParser};
use grid_protocol::record::Kind;
use serde_json::{Value, json};

pub(super) fn command(kind: &Kind) -> Command {
    let names: Vec<String> = kind.fields.iter().map(|field| field.flag()).collect();
    let edit = Command::new("edit")
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
        .arg(deliver::wait_argument(kind));
    let edit = match editor::argument(kind) {
        Some(editor) => edit.arg(editor).args(base::arguments()).after_help(base::ABOUT),
        None => edit,
    };
    edit.args(fields::flags(kind))
}

pub(super) fn run(kind: &Kind, matches: &ArgMatches, context: &mut Context<'_>) -> Result<(), Failure> {
    let client = context.client()?;
    let mut fields = fields::patch(kind, "edit", matches, &client)?;
    for flag in matches.get_many::<String>("clear").into_iter().flatten() {
        if let Some(field) = kind.fields.iter().find(|field| field.flag() == *flag) {
            fields.insert(field.name.to_string(), Value::Null);
        }
    }
    let Some(field) = editor::field(kind, matches)? else {
        if fields.is_empty() {
            return Err(Failure::usage("no field is named, so nothing would change")
                .hint(format!("name one: see `grid {} edit --help`", kind.name)));
        }
        let written = base::Edit { kind, matches, client: &client, fields }.write(None, context)?;
        return new::finish(kind, written, matches, &client, context);
    };
    if fields.contains_key(&*field.name) {
        return Err(Failure::usage(format!("{} is given twice: in the editor and as a flag", field.flag()))
            .hint("leave one of them out"));
    }
    let record = base::current(kind, matches, &client)?;
    let edited = editor::open(field, record.as_ref(), context.home()?)?;
    fields.extend(edited.as_ref().map(|edited| (field.name.to_string(), edited.value.clone())));
    if fields.is_empty() {
        let record = record.unwrap_or_default();
        let unchanged = json!({"id": record["id"], "heads": record["heads"], "change": "unchanged"});
        return new::finish(kind, unchanged, matches, &client, context);
    }
    let opened = record.as_ref().map(base::heads);
    let written = base::Edit { kind, matches, client: &client, fields }.write(opened, context);
    match (written, edited) {
        (Ok(written), edited) => {
            if let Some(edited) = edited {
                edited.done();
            }
            new::finish(kind, written, matches, &client, context)
        }
        (Err(failure), Some(edited)) => Err(edited.kept(failure)),
        (Err(failure), None) => Err(failure),
    }
}
