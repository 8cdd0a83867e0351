//! `grid KIND list`.

use super::{fields, new::short, turned};
use crate::{
    client::{Client, path, with_query},
    context::{self, Context},
    failure::Failure,
    saved,
    table::Table,
    when,
};
use clap::{Arg, ArgMatches, Command, builder::PossibleValuesParser, value_parser};
use grid_protocol::record::{Field, FieldType, Kind, KindRole, QUERY};
use serde_json::Value;

/// So many columns beside id, title, group and time.
const COLUMNS: usize = 4;

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
    let words = PossibleValuesParser::new(["true", "false"]);
    let help = "true: only members; false: only those that are not";
    list.arg(Arg::new("member").long("member").value_name("TRUE|FALSE").value_parser(words).help(help))
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
        word("hidden", "YES|NO", "yes: also what is hidden on this computer").value_parser(["yes", "no"]),
    ];
    fixed.into_iter().chain(filters).collect()
}

/// What the filters say, as the API asks for it.
pub(super) fn query(kind: &Kind, matches: &ArgMatches) -> Result<Vec<(String, String)>, Failure> {
    let mut query: Vec<(String, String)> = Vec::new();
    // Numbers are asked for page by page, and a format is chosen by whoever writes a file.
    for name in QUERY.iter().filter(|name| **name != "format") {
        let word = matches.try_get_one::<String>(name).ok().flatten();
        query.extend(word.map(|value| ((*name).to_owned(), value.clone())));
    }
    let listed = |flag: &str| kind.fields.iter().find(|field| field.flag() == flag && filters_by(field));
    for (flag, text) in fields::words(kind, matches)? {
        query.extend(listed(&flag).map(|field| (field.name.to_string(), text)));
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
    let query = query(kind, matches)?;
    let list = fetch(kind, limit, offset, &query, &context.client()?)?;
    show(kind, &list, context);
    let asked: Vec<(&str, &str)> = query.iter().map(|(name, word)| (name.as_str(), word.as_str())).collect();
    saved::keep(matches, ("of_kind", &kind.name), &asked, context)?;
    let with_hidden = context.line(&format!("{} list --hidden yes", kind.name));
    hidden_note(&list, &with_hidden, context);
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

/// The records of a page, or how to make the first.
pub(super) fn show(kind: &Kind, list: &Value, context: &mut Context<'_>) {
    let items = list["items"].as_array().map_or(&[][..], Vec::as_slice);
    let new = context.line(&format!("{} new --help", kind.name));
    context.out.answer(list, |page| {
        if items.is_empty() {
            let which = if list["hidden"].as_u64().is_some_and(|hidden| hidden > 0) { " shown" } else { "" };
            page.line(&format!("No {}{which} here. Make one: {new}", kind.plural));
        } else {
            page.table(&table(kind, items));
        }
    });
}

/// So many at once; a node gives no more.
const PAGE: u64 = 1_000;

/// As many as were asked for, page by page.
pub(super) fn fetch(
    kind: &Kind,
    limit: u64,
    offset: u64,
    query: &[(String, String)],
    client: &Client,
) -> Result<Value, Failure> {
    let mut items = Vec::new();
    loop {
        let got = items.len() as u64;
        let page = (limit - got.min(limit)).min(PAGE);
        let part = [("limit", page.to_string()), ("offset", offset.saturating_add(got).to_string())];
        let part = part.iter().map(|(name, value)| (*name, value.as_str()));
        let words = query.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let mut list = client.get(&with_query(&path(["records", &kind.name]), part.chain(words)))?;
        let more = list["items"].as_array_mut().map(std::mem::take).unwrap_or_default();
        let short = (more.len() as u64) < page;
        items.extend(more);
        if short || items.len() as u64 >= limit {
            list["items"] = Value::Array(items);
            return Ok(list);
        }
    }
}

fn table(kind: &Kind, items: &[Value]) -> Table {
    let shown = columns(kind, items);
    let title = kind.field(&kind.title).map_or_else(String::new, Field::label);
    // Where the titles are the groups themselves, their names need no second column.
    let with_group = items.iter().any(|item| item["group_name"] != item[&*kind.title]);
    let with_member = items.iter().any(|item| item["member"].is_boolean());
    let mut headings = vec!["Id".to_owned(), title];
    headings.extend(with_member.then(|| "Member".to_owned()));
    headings.extend(shown.iter().map(|field| field.label()));
    headings.extend(with_group.then(|| "Group".to_owned()));
    headings.push("Changed".to_owned());
    // What people copy and what tells when is never cut.
    let is_kept = |field: &Field| field.field_type == FieldType::DateTime || turned::tells(field, items);
    let kept = shown.iter().enumerate().filter(|(_, field)| is_kept(field));
    let first = 2 + usize::from(with_member);
    let kept: Vec<usize> =
        kept.map(|(column, _)| first + column).chain([0, headings.len().saturating_sub(1)]).collect();
    let mut table = Table::new(headings).keeping(kept);
    for item in items {
        let text = |key: &str| item[key].as_str().unwrap_or_default().to_owned();
        let mut row = vec![short(&text("id")).to_owned(), called(kind, item)];
        row.extend(with_member.then(|| membership(item).to_owned()));
        row.extend(shown.iter().map(|field| fields::cell_in(field, item)));
        row.extend(with_group.then(|| text("group_name")));
        row.push(when::relative(&text("changed_at"), context::now()));
        table.row(row);
    }
    table
}

/// What a record is called: one that is named by what it refers to has that name.
pub(super) fn called(kind: &Kind, item: &Value) -> String {
    let called = item["called"].as_str().or_else(|| item[&*kind.title].as_str());
    called.unwrap_or_default().to_owned()
}

/// Whether a group of the directory is here, in a word.
pub(super) fn membership(item: &Value) -> &'static str {
    match item["membership"].as_str() {
        _ if item["member"] == Value::Bool(true) => "yes",
        Some("withdrew") => "has left",
        Some("removed") => "removed",
        _ => "not yet",
    }
}

/// The fields that a list shows: those that hold something in one of these records, what is short and telling first.
fn columns<'k>(kind: &'k Kind, items: &[Value]) -> Vec<&'k Field> {
    let filled = |field: &Field| items.iter().any(|item| !fields::cell_in(field, item).is_empty());
    let mut fields: Vec<(u8, usize, &Field)> = Vec::new();
    for (place, field) in kind.fields.iter().enumerate().filter(|(_, field)| field.name != kind.title) {
        let dates = fields.iter().filter(|(_, _, other)| other.field_type == FieldType::DateTime).count();
        let rank = match field.field_type {
            FieldType::DateTime if dates == 0 => 0,
            // That something does not take place is in every list.
            FieldType::Choice(_) if turned::tells(field, items) => 0,
            // How something comes back stands beside its date, and goes before the days on which it does not.
            FieldType::Line if &*field.name == "repeats" => 0,
            FieldType::Tags if &*field.name == "except" => 6,
            FieldType::Money | FieldType::Number => 1,
            FieldType::Reference(_) | FieldType::Place => 2,
            FieldType::Choice(_) | FieldType::Tags => 3,
            FieldType::DateTime | FieldType::References(_) => 4,
            FieldType::Line => 5,
            _ => continue,
        };
        if filled(field) {
            fields.push((rank, place, field));
        }
    }
    fields.sort_by_key(|(rank, place, _)| (*rank, *place));
    fields.truncate(COLUMNS);
    fields.sort_by_key(|(_, place, _)| *place);
    fields.into_iter().map(|(_, _, field)| field).collect()
}
