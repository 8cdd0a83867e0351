//! Records as a list shows them: which columns there are, and which of them go first where there is little room.

use super::{fields, new::short, turned};
use crate::{context, table::Table, when};
use grid_protocol::record::{Field, FieldType, Kind};
use serde_json::Value;
use std::cmp::Reverse;

/// So many columns beside id, title, group and time.
const COLUMNS: usize = 4;

/// A column of a list.
struct Shown<'k> {
    heading: String,
    /// How soon it is left out where there is no room, the highest first; never, where there is nothing.
    spare: Option<u8>,
    cell: Cell<'k>,
}

/// What stands in a column.
enum Cell<'k> {
    Id,
    Title,
    Member,
    Field(&'k Field),
    Group,
    Changed,
}

impl Cell<'_> {
    fn of(&self, kind: &Kind, item: &Value) -> String {
        let text = |key: &str| item[key].as_str().unwrap_or_default();
        match self {
            Self::Id => short(text("id")).to_owned(),
            Self::Title => called(kind, item),
            Self::Member => membership(item).to_owned(),
            Self::Field(field) => fields::cell_in(field, item),
            Self::Group => text("group_name").to_owned(),
            Self::Changed => when::relative(text("changed_at"), context::now()),
        }
    }

    /// Whether a part of it says something else than the whole.
    fn is_whole(&self, items: &[Value]) -> bool {
        match self {
            Self::Title | Self::Group => false,
            Self::Id | Self::Member | Self::Changed => true,
            Self::Field(field) => {
                let types = matches!(
                    field.field_type,
                    FieldType::DateTime | FieldType::Number | FieldType::Money | FieldType::Flag
                );
                types || turned::tells(field, items)
            }
        }
    }
}

/// The table of a page of records; `more` is the command that shows all of one.
pub(super) fn table(kind: &Kind, items: &[Value], more: String) -> Table {
    let fields = columns(kind, items);
    let title = kind.field(&kind.title).map_or_else(String::new, Field::label);
    // Where the titles are the groups themselves, their names need no second column.
    let with_group = items.iter().any(|item| item["group_name"] != item[&*kind.title]);
    let with_member = items.iter().any(|item| item["member"].is_boolean());
    let shown = |heading: &str, spare, cell| Shown { heading: heading.to_owned(), spare, cell };
    let mut columns = vec![shown("Id", None, Cell::Id), shown(&title, None, Cell::Title)];
    columns.extend(with_member.then(|| shown("Member", None, Cell::Member)));
    // The hour of what takes place stands for as long as id and title do.
    let spare = |rank: u8| (rank > WHEN).then_some(rank);
    columns.extend(fields.iter().map(|(rank, field)| shown(&field.label(), spare(*rank), Cell::Field(field))));
    columns.extend(with_group.then(|| shown("Group", Some(BY), Cell::Group)));
    columns.push(shown("Changed", Some(CHANGED), Cell::Changed));

    let mut cells: Vec<Vec<String>> =
        columns.iter().map(|column| items.iter().map(|item| column.cell.of(kind, item)).collect()).collect();
    for (column, cells) in columns.iter_mut().zip(&mut cells) {
        let is_time = matches!(&column.cell, Cell::Field(field) if field.field_type == FieldType::DateTime);
        if !is_time {
            continue;
        }
        if let Some(zone) = when::common_zone(cells) {
            column.heading.push_str(&zone);
        }
    }
    let of = |wanted: &dyn Fn(&Shown<'_>) -> bool| -> Vec<usize> {
        (0..columns.len()).filter(|column| columns.get(*column).is_some_and(wanted)).collect()
    };
    let mut spare = of(&|column| column.spare.is_some());
    // Of two that tell as much, the one on the right goes first.
    spare.sort_by_key(|column| Reverse((columns.get(*column).and_then(|column| column.spare), *column)));
    let mut table = Table::new(columns.iter().map(|column| &column.heading))
        .keeping(of(&|column| column.cell.is_whole(items)))
        .sparing(spare, more);
    for row in 0..items.len() {
        table.row(cells.iter().map(|cells| cells.get(row).map_or("", String::as_str)));
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

/// How much a column tells, from the most to the least.
const WHEN: u8 = 0;
const BY: u8 = 2;
const CHANGED: u8 = 6;

/// The fields that a list shows: those that hold something in one of these records, what is short and telling first,
/// each with how much it tells.
fn columns<'k>(kind: &'k Kind, items: &[Value]) -> Vec<(u8, &'k Field)> {
    let filled = |field: &Field| items.iter().any(|item| !fields::cell_in(field, item).is_empty());
    let mut fields: Vec<(u8, usize, &Field)> = Vec::new();
    for (place, field) in kind.fields.iter().enumerate().filter(|(_, field)| field.name != kind.title) {
        let dates = fields.iter().filter(|(_, _, other)| other.field_type == FieldType::DateTime).count();
        let rank = match field.field_type {
            FieldType::DateTime if dates == 0 => WHEN,
            // That something does not take place is in every list.
            FieldType::Choice(_) if turned::tells(field, items) => WHEN,
            FieldType::Money | FieldType::Number => 1,
            // How something comes back stands beside its date, and the days on which it does not go before it.
            FieldType::Line if &*field.name == "repeats" => 1,
            FieldType::Tags if &*field.name == "except" => 8,
            FieldType::Reference(_) | FieldType::Place => 3,
            FieldType::Choice(_) | FieldType::Tags => 4,
            FieldType::DateTime | FieldType::References(_) => 5,
            FieldType::Line => 7,
            _ => continue,
        };
        if filled(field) {
            fields.push((rank, place, field));
        }
    }
    fields.sort_by_key(|(rank, place, _)| (*rank, *place));
    fields.truncate(COLUMNS);
    fields.sort_by_key(|(_, place, _)| *place);
    fields.into_iter().map(|(rank, _, field)| (rank, field)).collect()
}
