//! `grid KIND history`.

use super::{fields, id_argument, record_path};
use crate::{
    client::with_query,
    context::{self, Context},
    failure::Failure,
    table::Table,
    when,
    words::a,
};
use clap::{Arg, ArgMatches, Command, value_parser};
use grid_protocol::record::{Field, Kind};
use serde_json::Value;

pub(super) fn command(kind: &Kind) -> Command {
    Command::new("history")
        .about(format!("Show who changed {}, when, and what", a(&kind.name)))
        .arg(id_argument(kind))
        .arg(
            Arg::new("limit")
                .long("limit")
                .value_name("N")
                .value_parser(value_parser!(u64).range(1..=1_000))
                .help("At most so many changes, the last ones [default: 100]"),
        )
        .arg(
            Arg::new("before")
                .long("before")
                .value_name("HASH")
                .help("Those before this change, or the beginning of its hash, as `history` shows it"),
        )
}

pub(super) fn run(kind: &Kind, matches: &ArgMatches, context: &mut Context<'_>) -> Result<(), Failure> {
    let client = context.client()?;
    let limit = matches.get_one::<u64>("limit").map(u64::to_string);
    let before = matches.get_one::<String>("before").cloned();
    let words = [("limit", &limit), ("before", &before)];
    let words = words.into_iter().filter_map(|(name, word)| Some((name, word.as_deref()?)));
    let history = client.get(&with_query(&format!("{}/history", record_path(kind, matches, &client)?), words))?;
    context.out.answer(&history, |page| {
        let mut table = Table::wrapping(["When", "Change", "Group", "What"]).keeping([0, 1]);
        for change in history["items"].as_array().into_iter().flatten() {
            let text = |key: &str| change[key].as_str().unwrap_or_default();
            let group = change["name"].as_str().or(change["group"].as_str()).unwrap_or("(not known)");
            table.row([
                &when::relative(text("time"), context::now()),
                &short(text("change")),
                group,
                &what(kind, change),
            ]);
        }
        page.table(&table);
    });
    if let Some(before) = history["before"].as_str() {
        let earlier = history["earlier"].as_u64().unwrap_or_default();
        context.out.note(&format!("{earlier} more before these. See them: --before {}", short(before)));
    }
    Ok(())
}

/// So much of a hash people see and type.
fn short(hash: &str) -> String {
    hash.chars().take(8).collect()
}

/// What an edit did to a long text, place by place.
fn edited(edit: &Value) -> String {
    let part = |excerpt: &Value| {
        let text = excerpt["text"].as_str().unwrap_or_default().to_owned();
        match excerpt["left_out"].as_u64() {
            None | Some(0) => text,
            Some(letters) => format!("{text}… ({letters} letters more)"),
        }
    };
    let place = |place: &Value| {
        let around = |key: &str| place[key].as_str().unwrap_or_default().to_owned();
        let (taken, put) = (part(&place["taken"]), part(&place["put"]));
        let taken = if taken.is_empty() { taken } else { format!("[-{taken}-]") };
        let put = if put.is_empty() { put } else { format!("[+{put}+]") };
        format!("…{}{taken}{put}{}…", around("before"), around("after"))
    };
    let mut told: Vec<String> = edit["places"].as_array().into_iter().flatten().map(place).collect();
    match edit["more"].as_u64() {
        None | Some(0) => {}
        Some(more) => told.push(format!("and {more} more places")),
    }
    told.join(" ")
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
    let edits = change["edits"].as_object().into_iter().flatten();
    let edits = edits.map(|(name, edit)| {
        let label = kind.field(name).map_or_else(|| name.clone(), Field::label);
        format!("{label} ({} letters): {}", edit["letters"], edited(edit))
    });
    let cleared = change["cleared"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let cleared =
        cleared.map(|name| format!("{}: emptied", kind.field(name).map_or_else(|| name.to_owned(), Field::label)));
    let beside = change["beside_others"].as_bool().unwrap_or_default();
    let beside = beside.then(|| "(written without knowing of what stands above)".to_owned());
    let told = told.chain(edits).chain(cleared).chain(beside).collect::<Vec<_>>().join("; ");
    match change["what"].as_str() {
        Some("removed") => "removed; that stays. What it said before stands above".to_owned(),
        _ if told.is_empty() => "changed nothing that shows here".to_owned(),
        _ => told,
    }
}
