//! `grid KIND list`.

use super::{fields, listed};
use crate::{
    client::{Client, path, with_query},
    context::Context,
    failure::Failure,
    saved, words,
};
use clap::{
    Arg, ArgMatches, Command,
    builder::{PossibleValue, PossibleValuesParser},
    value_parser,
};
use grid_protocol::record::{Field, FieldType, Kind, KindRole, QUERY};
use serde_json::Value;

pub(super) fn command(kind: &Kind) -> Command {
    let list = Command::new("list")
        .about(format!("List {}, the newest first", kind.plural))
        .arg(number("limit", "50", "At most so many").value_parser(one_or_more))
        .arg(number("offset", "0", "Leave out so many of the newest"))
        .arg(saved::argument())
        .args(filters(kind));
    if kind.role != Some(KindRole::Profile) {
        return list;
    }
    let help = "yes: only members; no: only those that are not";
    list.arg(yes_or_no("member").help(help))
}

/// A word that is answered by yes or no, and means yes where it stands alone.
fn yes_or_no(name: &'static str) -> Arg {
    let words = [("yes", "true"), ("no", "false")].map(|(word, alias)| PossibleValue::new(word).alias(alias));
    let arg = Arg::new(name).long(name).value_name("YES|NO").value_parser(PossibleValuesParser::new(words));
    arg.ignore_case(true).num_args(0..=1).default_missing_value("yes")
}

/// What narrows a listing, and everything that is made from one.
pub(super) fn filters(kind: &Kind) -> Vec<Arg> {
    let filters = kind.fields.iter().zip(fields::flags(kind)).filter(|(field, _)| filters_by(field));
    let filters = filters.map(|(field, arg)| match field.field_type {
        FieldType::DateTime => {
            arg.help(format!("{} (a day like 2026-11-30, or a moment)", field.about.trim_end_matches('.')))
        }
        _ => arg,
    });
    let filters = filters.map(|arg| arg.help_heading("Only those with"));
    let word = |name: &'static str, value, help| Arg::new(name).long(name).value_name(value).help(help);
    let since =
        "Only what takes place on this day or later, such as 2026-11-01; what has no date: what was changed since";
    let fixed = [
        word("text", "WORDS", "Only those that contain this text"),
        word("group", "GROUP", "Only those of this group: its name or its id"),
        word("since", "DAY", since),
        word("until", "DAY", "Only what takes place up to this day, and on it"),
        yes_or_no("hidden").help("yes: also what is hidden on this computer"),
    ];
    fixed.into_iter().chain(filters).collect()
}

/// What the filters say, as the API asks for it.
pub(super) fn query(kind: &Kind, matches: &ArgMatches, client: &Client) -> Result<Vec<(String, String)>, Failure> {
    let mut query: Vec<(String, String)> = Vec::new();
    // Numbers are asked for page by page, and a format is chosen by whoever writes a file.
    for name in QUERY.iter().filter(|name| **name != "format") {
        let word = matches.try_get_one::<String>(name).ok().flatten();
        query.extend(word.map(|value| ((*name).to_owned(), value.clone())));
    }
    let listed = |flag: &str| kind.fields.iter().find(|field| field.flag() == flag && filters_by(field));
    for (flag, text) in fields::words(kind, matches)? {
        let Some(field) = listed(&flag) else { continue };
        // Who refers to something is asked for by what that is called, as it is written.
        let refers = field.field_type.targets().is_some() && !text.trim().is_empty();
        let text = if refers { fields::whole_ids(client, kind, field, &text)? } else { text };
        query.push((field.name.to_string(), text));
    }
    Ok(query)
}

fn number(name: &'static str, default: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name("N").default_value(default).value_parser(value_parser!(u64)).help(help)
}

/// A page of nothing would read as if nothing were there.
fn one_or_more(text: &str) -> Result<u64, String> {
    let number = text.trim().parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| "expected a number from 1 up".to_owned())
}

fn filters_by(field: &Field) -> bool {
    !matches!(field.field_type, FieldType::Text | FieldType::Coordinates) && !QUERY.contains(&&*field.name)
}

pub(super) fn run(kind: &Kind, matches: &ArgMatches, context: &mut Context<'_>) -> Result<(), Failure> {
    let number = |name| matches.get_one::<u64>(name).copied().unwrap_or_default();
    let (limit, offset) = (number("limit"), number("offset"));
    let client = context.client()?;
    let query = query(kind, matches, &client)?;
    let list = fetch(kind, limit, offset, &query, &client)?;
    show(kind, &list, &query, &client, context)?;
    let asked: Vec<(&str, &str)> = query.iter().map(|(name, word)| (name.as_str(), word.as_str())).collect();
    saved::keep(matches, ("of_kind", &kind.name), &asked, context)?;
    hidden_note(&list, &context.line(&with_hidden(kind, "list", &query)), context);
    if let Some(note) = list["note"].as_str() {
        context.out.note(note);
    }
    let items = list["items"].as_array().map_or(&[][..], Vec::as_slice);
    let total = list["total"].as_u64().unwrap_or_default();
    let until = offset.saturating_add(items.len() as u64);
    if total > until {
        context.out.note(&format!("{} of {total}. More: --offset {until}", items.len()));
    }
    Ok(())
}

/// Says how many records the people of this computer do not want to see, and how to see them all the same.
pub(crate) fn hidden_note(list: &Value, command: &str, context: &mut Context<'_>) {
    let hidden = list["hidden"].as_u64().unwrap_or_default();
    if hidden > 0 {
        context.out.note(&format!("{hidden} hidden. See: {command}"));
    }
}

/// The command that shows what fits a filter, and is hidden here, too.
pub(super) fn with_hidden(kind: &Kind, verb: &str, query: &[(String, String)]) -> String {
    let narrowing = query.iter().filter(|(name, _)| name != "hidden");
    let flags = narrowing.map(|(name, word)| format!(" --{} {}", name.replace('_', "-"), words::quoted(word)));
    format!("{} {verb}{} --hidden yes", kind.name, flags.collect::<String>())
}

/// The records of a page; where there are none, how to see more or to make the first.
pub(super) fn show(
    kind: &Kind,
    list: &Value,
    query: &[(String, String)],
    client: &Client,
    context: &mut Context<'_>,
) -> Result<(), Failure> {
    let items = list["items"].as_array().map_or(&[][..], Vec::as_slice);
    if items.is_empty() {
        let nothing = nothing(kind, list, query, client, context)?;
        context.out.answer(list, |page| page.line(&nothing));
    } else {
        let more = context.line(&format!("{} show ID", kind.name));
        context.out.answer(list, |page| page.table(&listed::table(kind, items, more)));
    }
    Ok(())
}

/// Why there is nothing, and what to do.
fn nothing(
    kind: &Kind,
    list: &Value,
    query: &[(String, String)],
    client: &Client,
    context: &Context<'_>,
) -> Result<String, Failure> {
    let number = |list: &Value, key: &str| list[key].as_u64().unwrap_or_default();
    let all = context.line(&format!("{} list", kind.name));
    let here = number(list, "total");
    if here > 0 {
        return Ok(format!("No more {}: there are {here}. From the first: {all}", kind.plural));
    }
    let is_narrowed = query.iter().any(|(name, _)| name != "hidden");
    if number(list, "hidden") > 0 {
        let which = if is_narrowed { " that fit the filter" } else { "" };
        return Ok(format!("All {}{which} are hidden here.", kind.plural));
    }
    let make = context.line(&format!("{} new --help", kind.name));
    let others = match is_narrowed {
        true => number(&client.get(&with_query(&path(["records", &kind.name]), [("limit", "1")]))?, "total"),
        false => 0,
    };
    Ok(match others {
        0 => format!("No {} here. Make one: {make}", kind.plural),
        1 => format!("No {} fit the filter. There is 1 without it: {all}", kind.plural),
        others => format!("No {} fit the filter. There are {others} without it: {all}", kind.plural),
    })
}

/// As many as were asked for, page by page.
pub(super) fn fetch(
    kind: &Kind,
    limit: u64,
    offset: u64,
    query: &[(String, String)],
    client: &Client,
) -> Result<Value, Failure> {
    client.list(&path(["records", &kind.name]), limit, offset, query)
}
