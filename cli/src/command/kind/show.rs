//! `grid KIND show`.

use super::{base, beside, deliver, fields, id_argument, record_path, turned};
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
    let id = super::new::short(record["id"].as_str().unwrap_or_default()).to_owned();
    let [history, edit] = ["history", "edit"].map(|verb| context.line(&format!("{} {verb} {id}", kind.name)));
    context.out.answer(&record, |page| {
        show(page, kind, &record);
        for contest in record["contested"].as_array().into_iter().flatten() {
            page.field("Met at once", &contested(kind, contest, &history, &edit));
        }
    });
    Ok(())
}

/// What does not show of a field of which edits met, where both stand, and how the other one is put in its place.
fn contested(kind: &Kind, contest: &Value, history: &str, edit: &str) -> String {
    let field = kind.field(contest["field"].as_str().unwrap_or_default());
    let others = contest["others"].as_array().map_or(&[][..], Vec::as_slice);
    let said = |rival: &Value| match field {
        Some(field) => format!("\u{201c}{}\u{201d}", fields::cell(field, &rival["value"])),
        None => rival["value"].to_string(),
    };
    let told = |rival: &Value| format!("{} of {}", said(rival), rival["name"].as_str().unwrap_or("a group not known"));
    let told: Vec<String> = others.iter().map(told).collect();
    let more = match contest["more"].as_u64() {
        None | Some(0) => String::new(),
        Some(more) => format!(", and {more} more"),
    };
    let label = field.map_or_else(String::new, Field::label);
    let typed = match (field, others) {
        (Some(field), [other]) if !other["value"].is_null() => {
            fields::plain(field, &other["value"]).replace('\'', "'\\''")
        }
        _ => "\u{2026}".to_owned(),
    };
    let flag = field.map_or_else(String::new, Field::flag);
    format!(
        "{label}: {} does not show{more}. Both: {history}. To have that instead: {edit} --{flag} '{typed}'",
        told.join(", ")
    )
}

fn show(page: &mut Page, kind: &Kind, record: &Value) {
    let text = |key: &str| record[key].as_str().unwrap_or_default();
    page.heading(&turned::marked(kind, record, &super::listed::called(kind, record)));
    if let Some(why) = record["unreadable"].as_str() {
        page.line(&format!(
            "This record can't be read on this computer ({why}), so its fields are shown as empty. This is a fault of the \
             program: please report it with its id. Nothing is lost: what it holds is kept and passed on."
        ));
        page.gap();
    }
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
    beside::supporters(page, kind, record);
    let counts = record["counts"].as_object().into_iter().flatten();
    let counts = counts.filter(|(counted, _)| !beside::is_told(kind, record, counted));
    let counts: Vec<String> = counts.map(|(kind, count)| format!("{kind} {count}")).collect();
    if !counts.is_empty() {
        page.field("Refer to it", &counts.join(", "));
    }
    beside::noted(page, record);
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
        page.field(
            "Damaged",
            &format!("{}: something that does not belong there; what it said does not count", damaged.join(", ")),
        );
    }
    page.field("Id", text("id"));
    let version = base::version(&base::heads(record));
    if !version.is_empty() {
        page.field("Version", &version);
    }
}
