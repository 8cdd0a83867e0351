//! Tables out: CSV for spreadsheets, JSON for programs.
//!
//! A spreadsheet runs a cell that begins with `=`, `+`, `-`, `@`, a tab or a line end as a formula. Such a cell gets
//! an apostrophe in front, as does one that begins with apostrophes and then such a sign; the import takes exactly
//! one away again, so that every text comes back as it was. Plain numbers are harmless and stay. Where a spreadsheet
//! takes semicolons or tabs for separators, a cell also begins behind those and behind a line end: there it is the same,
//! but for the dash of a list.

use super::{Field, Kind, Value, Values, describe::Part};
use serde_json::{Value as Json, json};
use std::borrow::Cow;

/// A record on its way into a table.
#[derive(Clone, Debug, PartialEq)]
pub struct TableRow {
    /// Its id; empty leaves the cell empty.
    pub id: String,
    /// Its fields.
    pub values: Values,
}

/// The heading above the ids.
pub(super) const ID: &str = "Id";

/// The rows as CSV (RFC 4180), with a heading line and an `Id` column in front.
pub fn export_csv<'a>(kind: &Kind, rows: impl IntoIterator<Item = &'a TableRow>) -> String {
    let columns = kind.columns();
    let mut writer = csv::Writer::from_writer(Vec::new());
    let headings = [ID.to_owned()].into_iter().chain(columns.iter().map(|column| column.heading.clone()));
    writer.write_record(headings).expect("writing to memory");
    for row in rows {
        let cells = columns.iter().map(|column| {
            let text = row.values.get(&column.field).map(|value| cell(kind.field(&column.field), value, column.part));
            defuse(text.unwrap_or_default())
        });
        writer
            .write_record([defuse(row.id.clone())].into_iter().chain(cells))
            .expect("every row has one cell per heading");
    }
    let bytes = writer.into_inner().expect("writing to memory");
    String::from_utf8(bytes).expect("cells are text")
}

/// The rows as a JSON array of objects, each the JSON form of a record with its `id`.
pub fn export_json<'a>(rows: impl IntoIterator<Item = &'a TableRow>) -> Json {
    let row = |row: &TableRow| {
        let mut object = row.values.to_json();
        if !row.id.is_empty() {
            object["id"] = json!(row.id);
        }
        object
    };
    rows.into_iter().map(row).collect()
}

fn cell(field: Option<&Field>, value: &Value, part: Part) -> String {
    match (part, value) {
        (Part::Latitude, Value::Coordinates(point)) => point.latitude().to_string(),
        (Part::Longitude, Value::Coordinates(point)) => point.longitude().to_string(),
        // A day stays the day that was given, which this field takes in again as the same moment.
        (_, Value::DateTime(moment)) => match field.and_then(|field| field.day_of(moment)) {
            Some(day) => day.to_string(),
            None => value.to_string(),
        },
        _ => value.to_string(),
    }
}

/// Whether a spreadsheet might run a cell that begins like this. The wide forms are folded to the narrow ones by some.
fn runs(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'])
}

fn is_plain_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    digits.starts_with(|first: char| first.is_ascii_digit())
        && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && digits.bytes().filter(|byte| *byte == b'.').count() <= 1
}

/// What stands between two cells for some spreadsheet.
const SEPARATORS: [char; 4] = [';', '\t', '\n', '\r'];

/// Whether a part of a cell that some spreadsheet takes for one of its own might run. A list in a text has lines that
/// begin with a dash and a space; without signs of a formula they are harmless.
fn part_runs(part: &str) -> bool {
    let line = part.split(['\n', '\r']).next().unwrap_or_default();
    let listed = line.starts_with("- ") || line.starts_with("+ ");
    runs(part) && (!listed || line.contains(['|', '(', '=', '!']))
}

fn defuse(text: String) -> String {
    let first = runs(text.trim_start_matches('\'')) && !is_plain_number(&text);
    if !first && !text.contains(SEPARATORS) {
        return text;
    }
    let mut out = String::with_capacity(text.len() + 1);
    if first {
        out.push('\'');
    }
    for (at, letter) in text.char_indices() {
        out.push(letter);
        let rest = text.get(at + letter.len_utf8()..).unwrap_or_default();
        if SEPARATORS.contains(&letter) && part_runs(rest.trim_start_matches('\'')) {
            out.push('\'');
        }
    }
    out
}

/// The text that [`defuse`] was given.
pub(super) fn undo_defuse(cell: &str) -> Cow<'_, str> {
    let begins = match cell.strip_prefix('\'') {
        Some(text) if runs(text.trim_start_matches('\'')) => text,
        _ => cell,
    };
    if !begins.contains('\'') || !begins.contains(SEPARATORS) {
        return Cow::Borrowed(begins);
    }
    let mut out = String::with_capacity(begins.len());
    let mut after_separator = false;
    for (at, letter) in begins.char_indices() {
        let rest = begins.get(at + letter.len_utf8()..).unwrap_or_default();
        let put_in = after_separator && letter == '\'' && part_runs(rest.trim_start_matches('\''));
        after_separator = SEPARATORS.contains(&letter);
        if !put_in {
            out.push(letter);
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_cell_that_a_spreadsheet_would_run_is_defused() {
        for text in ["=1+1", "+cmd", "-2+3", "@SUM(A1)", "\tx", "\r=x", "＝1", "'=x"] {
            let defused = defuse(text.to_owned());
            assert!(defused.starts_with('\''), "{text}");
            assert_eq!(undo_defuse(&defused), text);
        }
        for (text, defused) in [
            ("x;=cmd|'/C calc'!A0", "x;'=cmd|'/C calc'!A0"),
            ("one\n=cmd|' /C calc'!A0\n- cmd|x", "one\n'=cmd|' /C calc'!A0\n'- cmd|x"),
            ("we need\n- a van\n- two people", "we need\n- a van\n- two people"),
            ("a\t@x;;'+1", "a\t'@x;;''+1"),
            ("it;'s fine", "it;'s fine"),
        ] {
            assert_eq!(defuse(text.to_owned()), defused);
            assert_eq!(undo_defuse(defused), text);
        }
        assert_eq!(defuse("-28.81".to_owned()), "-28.81");
        assert_eq!(defuse("'tis".to_owned()), "'tis");
    }

    proptest! {
        #[test]
        fn defusing_is_undone_exactly(text in "['=+@0-9a. |;\\n\\t-]{0,9}") {
            let defused = defuse(text.clone());
            prop_assert!(!runs(&defused) || is_plain_number(&defused));
            for part in defused.split(SEPARATORS).skip(1) {
                prop_assert!(!part_runs(part), "{part:?}");
            }
            prop_assert_eq!(undo_defuse(&defused), text);
        }
    }
}
