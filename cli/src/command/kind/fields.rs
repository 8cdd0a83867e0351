//! Fields as flags, and flags as fields.

use crate::{
    client::{Client, path, with_query},
    context::{self, Context},
    failure::{Exit, Failure},
    file, when,
};
use clap::{Arg, ArgAction, ArgMatches, builder::PossibleValuesParser, parser::ValueSource};
use grid_protocol::{
    limits::MAX_TEXT,
    record::{Closeness, Field, FieldType, Flag, Kind, Many, Patch, PatchError},
};
use jiff::civil::Date;
use serde_json::{Map, Value};
use std::path::Path;

/// The heading of a kind's own flags in help.
const HEADING: &str = "Fields";

/// One flag for each field. No field is called like a flag of a command: the description of a kind sees to that.
pub(crate) fn flags(kind: &Kind) -> Vec<Arg> {
    kind.fields.iter().zip(kind.flags()).map(|(field, flag)| argument(field, flag)).collect()
}

fn argument(field: &Field, flag: Flag) -> Arg {
    let mut help = flag.help;
    if matches!(field.field_type, FieldType::Text) {
        help.push_str(" (`-` reads it from the pipe)");
    }
    let action = match flag.many {
        Many::Once => ArgAction::Set,
        Many::Repeated => ArgAction::Append,
    };
    let arg =
        Arg::new(flag.name.clone()).long(flag.name).value_name(flag.value_name).action(action).help_heading(HEADING);
    if !flag.choices.is_empty() {
        return arg.help(help).value_parser(PossibleValuesParser::new(flag.choices)).ignore_case(true);
    }
    // Points west and south begin with a dash.
    arg.help(help)
        .allow_hyphen_values(matches!(field.field_type, FieldType::Coordinates | FieldType::Number | FieldType::Money))
}

/// What the flags say, as the words stand there.
pub(super) fn words(kind: &Kind, matches: &ArgMatches) -> Result<Vec<(String, String)>, Failure> {
    let mut words = Vec::new();
    for field in &kind.fields {
        let flag = field.flag();
        // A list has no flag for each of them.
        let Ok(Some(values)) = matches.try_get_many::<String>(&flag) else { continue };
        if matches.value_source(&flag) != Some(ValueSource::CommandLine) {
            continue;
        }
        for value in values {
            let piped = value == "-" && matches!(field.field_type, FieldType::Text);
            let value = if piped { file::read_text(Path::new("-"), MAX_TEXT)? } else { value.clone() };
            words.push((flag.clone(), value));
        }
    }
    Ok(words)
}

/// The fields that the flags set, in their JSON form; a field that was emptied is `null`.
pub(super) fn patch(
    kind: &Kind,
    verb: &str,
    matches: &ArgMatches,
    client: &Client,
) -> Result<Map<String, Value>, Failure> {
    let mut words = words(kind, matches)?;
    for (flag, text) in &mut words {
        let field = kind.fields.iter().find(|field| field.flag() == *flag);
        if let Some(field) = field.filter(|field| field.field_type.targets().is_some()) {
            *text = whole_ids(client, kind, field, text)?;
        }
    }
    let patch = Patch::from_flags(kind, words).map_err(|error| unfit(kind, verb, &error))?;
    Ok(patch
        .fields()
        .map(|(name, value)| (name.to_string(), value.map_or(Value::Null, |value| value.to_json())))
        .collect())
}

/// Says that a point is kept less closely than it may have been given.
pub(super) fn note_blurred(kind: &Kind, matches: &ArgMatches, context: &mut Context<'_>) {
    let given = |field: &&Field| matches!(matches.try_get_many::<String>(&field.flag()), Ok(Some(_)));
    if kind.fields.iter().filter(|field| field.closeness == Closeness::Blurred).any(|field| given(&field)) {
        context.out.note(BLURRED);
    }
}

/// What becomes of a point at which people live or work.
pub(super) const BLURRED: &str = "The point is kept to two decimals, about a kilometre: no map shows it more closely.";

/// What a flag does not take, with what it would.
fn unfit(kind: &Kind, verb: &str, error: &PatchError) -> Failure {
    let hint = error.hint().map_or_else(|| format!("see `grid {} {verb} --help`", kind.name), str::to_owned);
    Failure::usage(error.to_string()).code("invalid").hint(hint)
}

/// The whole ids behind what people write where a field refers to other records: the beginning of an id, or a title.
pub(super) fn whole_ids(client: &Client, kind: &Kind, field: &Field, text: &str) -> Result<String, Failure> {
    let words = if field.field_type.is_set() { text.split(';').collect() } else { vec![text] };
    let ids = words.into_iter().filter(|word| !word.trim().is_empty()).map(|word| {
        let meant = client.get(&with_query(&path(["resolve", &kind.name, &field.name]), [("meant", word.trim())]))?;
        meant["id"]
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| Failure::new(Exit::NotFound, format!("there is no {word}")))
    });
    Ok(ids.collect::<Result<Vec<_>, Failure>>()?.join(";"))
}

/// A field as people read it in detail.
pub(super) fn shown(field: &Field, json: &Value) -> String {
    match (&field.field_type, json) {
        (FieldType::DateTime, Value::String(text)) if let Some(day) = day_in(field, text) => {
            let (date, near) = (day.strftime("%a %-d %b %Y"), when::day(&day.to_string(), context::now()));
            if near.ends_with("ago") || near.ends_with("day") { format!("{date}, {near}") } else { date.to_string() }
        }
        (FieldType::DateTime, Value::String(text)) => {
            let instant = text.split('[').next().unwrap_or_default();
            let relative = when::relative(instant, context::now());
            let moment = when::moment(text);
            // Far away it is the same date once more.
            let near = relative.starts_with("in ") || relative.ends_with("ago") || relative == "just now";
            if near { format!("{moment}, {relative}") } else { moment }
        }
        _ => plain(field, json),
    }
}

/// A field of a record as people read it in a cell of a table; what it refers to is called by its name.
pub(super) fn cell_in(field: &Field, item: &Value) -> String {
    match field.field_type.targets() {
        Some(_) => names(field, item, Ids::Unknown),
        // Of what comes back a list shows the next time.
        None => cell(field, item["next"].get(&*field.name).unwrap_or(&item[&*field.name])),
    }
}

/// A field of a record as people read it in detail.
pub(super) fn shown_in(field: &Field, item: &Value) -> String {
    match field.field_type.targets() {
        Some(_) => names(field, item, Ids::All),
        None => shown(field, &item[&*field.name]),
    }
}

/// Of what the beginning of the id is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ids {
    /// Of all that is referred to.
    All,
    /// Of what is not here, and has no name.
    Unknown,
}

/// What a field refers to, by name where it is here, and the beginning of the id; where the record was made from it, who made it, too.
fn names(field: &Field, item: &Value, ids: Ids) -> String {
    let named = |id: &str| {
        let short: String = id.chars().take(8).collect();
        let credit = &item["credit"];
        let credited = (credit["id"].as_str() == Some(id)).then(|| credit["says"].as_str()).flatten();
        match credited.or_else(|| item["referred"][id].as_str()) {
            Some(title) if ids == Ids::Unknown => title.to_owned(),
            Some(title) => format!("{title} ({short})"),
            None => format!("{short} (not here yet)"),
        }
    };
    match &item[&*field.name] {
        Value::String(id) => named(id),
        Value::Array(ids) => ids.iter().filter_map(Value::as_str).map(named).collect::<Vec<_>>().join("; "),
        _ => String::new(),
    }
}

/// A field as people read it in a cell of a table.
pub(super) fn cell(field: &Field, json: &Value) -> String {
    match (&field.field_type, json) {
        (FieldType::DateTime, Value::String(text)) => match day_in(field, text) {
            Some(day) => day.strftime("%-d %b %Y").to_string(),
            None => when::moment_short(text),
        },
        _ => plain(field, json),
    }
}

/// The day that a field gives, where it gives no hour.
fn day_in(field: &Field, text: &str) -> Option<Date> {
    field.day_of(&text.parse().ok()?)
}

/// A field as it can be typed.
pub(super) fn plain(field: &Field, json: &Value) -> String {
    match field.from_stored_json(json) {
        Ok(Some(value)) => value.to_string(),
        Ok(None) => String::new(),
        // What the field would not take is shown as it came.
        Err(_) => json.as_str().map_or_else(|| json.to_string(), str::to_owned),
    }
}
