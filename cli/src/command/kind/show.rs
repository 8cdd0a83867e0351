//! `grid KIND show`.

use super::{base, deliver, fields, id_argument, record_path};
use crate::{
    context::{self, Context},
    failure::Failure,
    output::Page,
    when,
    words::a,
};
use clap::{ArgMatches, Command};
use grid_protocol::record::{Field, FieldType, Kind};
use serde_json::Value;

pub(super) fn command(kind: &Kind) -> Command {
    Command::new("show")
        .about(format!("Show {} whole, its version, and who has received it", a(&kind.name)))
        .arg(id_argument(kind))
}

pub(super) fn run(kind: &Kind, matches: &ArgMatches, context: &mut Context<'_>) -> Result<(), Failure> {
    let client = context.client()?;
    let record = client.get(&record_path(kind, matches, &client)?)?;
    base::note_shown(kind, &record, context)?;
    context.out.answer(&record, |page| show(page, kind, &record));
    Ok(())
}

fn show(page: &mut Page, kind: &Kind, record: &Value) {
    let text = |key: &str| record[key].as_str().unwrap_or_default();
    page.heading(&super::listed::called(kind, record));
    let stays: Vec<&str> = record["stays_here"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    // A heading is one line: what has more stands below it, too.
    let in_heading = |field: &Field| field.name == kind.title && field.field_type == FieldType::Line;
    for field in kind.fields.iter().filter(|field| !in_heading(field)) {
        let shown = fields::shown_in(field, record);
        if !shown.is_empty() {
            let here = if stays.contains(&&*field.name) { " (only on this computer)" } else { "" };
            page.field(&field.label(), &format!("{shown}{here}"));
        }
    }
    for (name, at) in record["next"].as_object().into_iter().flatten() {
        let at = at.as_str().filter(|at| record[name].as_str() != Some(*at));
        if let (Some(field), Some(at)) = (kind.field(name), at) {
            page.field(&format!("Next {}", field.label().to_lowercase()), &when::moment(at));
        }
    }
    if let Some(speaks) = record["speaks"].as_str() {
        let for_whom = if speaks == "network" { "the network" } else { "its group" };
        let why = record["speaks_why"].as_str().map_or_else(String::new, |why| format!(": {why}"));
        page.field("Speaks for", &format!("{for_whom}{why}"));
    }
    let counts = record["counts"].as_object().into_iter().flatten();
    let counts: Vec<String> = counts.map(|(kind, count)| format!("{kind} {count}")).collect();
    if !counts.is_empty() {
        page.field("Refer to it", &counts.join(", "));
    }
    page.gap();
    page.field(
        "Group",
        &format!("{}{}", text("group_name"), if record["mine"] == Value::Bool(true) { " (yours)" } else { "" }),
    );
    if record["member"].is_boolean() {
        page.field("Member", super::listed::membership(record));
    }
    page.field("Changed", &when::detailed(text("changed_at"), context::now()));
    if let Some(delivery) = deliver::told(record) {
        page.field("Where it is", &delivery);
    }
    let damaged: Vec<&str> = record["damaged"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if !damaged.is_empty() {
        page.field("Damaged", &format!("{}: something that does not belong there, shown as empty", damaged.join(", ")));
    }
    page.field("Id", text("id"));
    let version = base::version(&base::heads(record));
    if !version.is_empty() {
        page.field("Version", &version);
    }
}
