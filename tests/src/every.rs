//! A record of every kind with something in each of its fields, made from the registry: a kind or a field that is added
//! is tried with the others.

use grid_protocol::record::{Field, FieldType, Kind, Writes};
use serde_json::{Map, Value, json};

/// Who writes a field: whoever makes the record, or one of two who change it at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Whoever makes the record.
    First,
    /// One of the two.
    One,
    /// The other.
    Other,
}

impl Turn {
    const fn word(self) -> &'static str {
        match self {
            Turn::First => "first",
            Turn::One => "one",
            Turn::Other => "other",
        }
    }

    const fn number(self) -> usize {
        match self {
            Turn::First => 1,
            Turn::One => 2,
            Turn::Other => 3,
        }
    }
}

/// A word that stands in one field of one kind in one turn, and nowhere else.
pub fn mark(kind: &Kind, field: &Field, turn: Turn) -> String {
    format!("q{}q{}q{}", kind.name, field.name, turn.word())
}

/// Whether the word of a turn stands in a field as it is.
pub fn is_marked(kind: &Kind, field: &Field) -> bool {
    use FieldType::{Line, Link, Place, Tags, Text};
    let text = matches!(field.field_type, Line | Text | Link | Place | Tags);
    text && said(kind, field, Turn::First)
        .is_some_and(|said| said.to_string().contains(&mark(kind, field, Turn::First)))
}

/// What a field holds of each turn, as it stands in JSON; of a set the part that this turn adds.
pub fn said(kind: &Kind, field: &Field, turn: Turn) -> Option<Value> {
    let (mark, number) = (mark(kind, field, turn), turn.number());
    let fixed = |words: [&str; 3]| Some(json!(words[number - 1]));
    match (&*kind.name, &*field.name) {
        // Said once and for all, or only together with something else.
        _ if field.writes == Writes::First && turn != Turn::First => return None,
        // Two who say it at the same time meet; whoever comes later is refused.
        _ if field.writes == Writes::Once && turn == Turn::First => return None,
        _ if kind.seal.iter().any(|seal| seal.field == field.name || &*field.name == "status") => return None,
        _ if kind.speaks.as_ref() == Some(&field.name) || kind.readers.as_ref() == Some(&field.name) => return None,
        ("hiding", "sort" | "of_group") | ("search", "question") | (_, "mandate") => return None,
        ("person", "agreed") => return (turn == Turn::First).then_some(json!(true)),
        ("link", "mark") => return Some(json!("c0a1".repeat(16))),
        ("search", "of_kind") => return fixed(["action", "need", "event"]),
        ("survey", "least") => return Some(json!(number + 4)),
        ("frame", "asked") => return Some(json!(number + 9)),
        // Totals that are told anew differ by as many as are told at first.
        ("score", "answers") => return Some(json!(number * 5)),
        ("score", "total") => return Some(json!([10, 22, 35][number - 1])),
        (_, "roles") => return fixed(["driver", "weaver", "operator"]),
        (_, "stages") => return fixed(["connect", "align", "produce"]),
        (_, "days") => return fixed(["monday", "tuesday", "friday"]),
        // Whatever day it starts in the end, it comes back on each that is left out.
        (_, "repeats") => return (turn == Turn::First).then(|| json!("daily")),
        (_, "except") => return fixed(["2127-12-28", "2127-12-29", "2127-12-30"]),
        _ => {}
    }
    Some(match &field.field_type {
        FieldType::Line | FieldType::Place | FieldType::Tags => json!(mark),
        FieldType::Text => json!(format!("{mark}\n")),
        FieldType::Link => json!(format!("https://example.org/{mark}")),
        FieldType::DateTime => {
            let late = matches!(&*field.name, "ends" | "until" | "closes" | "again" | "decided");
            json!(format!("{}-01-0{number}T10:00:00Z", if late { 2127 } else { 2126 }))
        }
        FieldType::Coordinates => json!({"latitude": number as f64, "longitude": 10.5}),
        FieldType::Choice(choices) => json!(choices.get((number - 1) % choices.len())?.word),
        // Nothing that is here: what is named may still be on its way.
        FieldType::Reference(_) | FieldType::References(_) => json!(["e", "i", "m"][number - 1].repeat(51) + "a"),
        FieldType::Number => json!(number),
        FieldType::Flag => json!(turn == Turn::One),
        FieldType::Money => json!({"amount": number * 100, "currency": "AUD"}),
    })
}

/// What is written into every field of a kind in a turn: into sets and texts beside what stood there first.
pub fn fields(kind: &Kind, turn: Turn) -> Value {
    let first = |field| said(kind, field, Turn::First).unwrap_or_default();
    let written = kind.fields.iter().filter_map(|field| {
        let said = said(kind, field, turn)?;
        let written = match (&field.field_type, turn) {
            (FieldType::Tags | FieldType::References(_), Turn::First) => json!([said]),
            (FieldType::Tags | FieldType::References(_), _) => json!([first(field), said]),
            (FieldType::Text, Turn::One) => json!(format!("{}{}", text(&said), text(&first(field)))),
            (FieldType::Text, Turn::Other) => json!(format!("{}{}", text(&first(field)), text(&said))),
            _ => said,
        };
        Some((field.name.to_string(), written))
    });
    Value::Object(Map::from_iter(written))
}

/// A text of JSON without its quotes.
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
