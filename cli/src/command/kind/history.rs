//! `grid KIND history`.

use super::{fields, id_argument, record_path};
use crate::{
    context::{self, Context},
    failure::Failure,
    table::Table,
    when,
    words::a,
};
use clap::{ArgMatches, Command};
use grid_protocol::record::{Field, Kind};
use serde_json::Value;

pub(super) fn command(kind: &Kind) -> Command {
    Command::new("history").about(format!("Show who changed {}, when, and what", a(&kind.name))).arg(id_argument(kind))
}

pub(super) fn run(kind: &Kind, matches: &ArgMatches, context: &mut Context<'_>) -> Result<(), Failure> {
    let client = context.client()?;
    let history = client.get(&format!("{}/history", record_path(kind, matches, &client)?))?;
    context.out.answer(&history, |page| {
        let mut table = Table::wrapping(["When", "Change", "Group", "What"]).keeping([0, 1]);
        for change in history["items"].as_array().into_iter().flatten() {
            let text = |key: &str| change[key].as_str().unwrap_or_default();
            let group = change["name"].as_str().or(change["group"].as_str()).unwrap_or("(not known)");
            let hash: String = text("change").chars().take(8).collect();
            table.row([&when::relative(text("time"), context::now()), &hash, group, &what(kind, change)]);
        }
        page.table(&table);
    });
    Ok(())
}

fn what(kind: &Kind, change: &Value) -> String {
    if let Some(why) = change["inert"].as_str() {
        return format!("has no effect: {why}");
    }
    let changed = change["fields"].as_object().into_iter().flatten();
    let told = changed.map(|(name, value)| match kind.field(name) {
        Some(field) => format!("{}: {}", field.label(), fields::cell(field, value)),
        None => name.clone(),
    });
    let cleared = change["cleared"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let cleared =
        cleared.map(|name| format!("{}: emptied", kind.field(name).map_or_else(|| name.to_owned(), Field::label)));
    let beside = change["beside_others"].as_bool().unwrap_or_default();
    let beside = beside.then(|| "(written without knowing of what stands above)".to_owned());
    let told = told.chain(cleared).chain(beside).collect::<Vec<_>>().join("; ");
    match change["what"].as_str() {
        Some("removed") => "removed; that stays. What it said before stands above".to_owned(),
        _ if told.is_empty() => "changed nothing that shows here".to_owned(),
        _ => told,
    }
}
