//! What interfaces show of a kind: its JSON Schema, its command-line flags, its table columns.

use super::{Field, FieldType, Kind};
use serde_json::{Map, Value as Json, json};

/// One flag of a command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flag {
    /// Its name without dashes: `copied-from`.
    pub name: String,
    /// What stands for its value in help: `DATE-TIME`.
    pub value_name: String,
    /// What it is, in a sentence or two.
    pub help: String,
    /// Whether it may be given several times.
    pub many: Many,
    /// The words it takes; empty: any.
    pub choices: Vec<String>,
}

/// How often a flag may be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Many {
    /// Once.
    Once,
    /// Any number of times; the values add up.
    Repeated,
}

/// One column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// The field it shows.
    pub field: super::FieldName,
    /// What stands above it.
    pub heading: String,
    /// Which part of the field it shows.
    pub part: Part,
}

/// The part of a field that a column shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    Whole,
    /// Degrees north, of coordinates.
    Latitude,
    /// Degrees east, of coordinates.
    Longitude,
}

impl Kind {
    /// The JSON Schema (2020-12) of the JSON form of a record. A field that holds nothing is null or left out; only
    /// the title always holds something, and tags are a list.
    pub fn schema(&self) -> Json {
        let schema = |field: &Field| {
            let mut schema = field.schema();
            if field.name != self.title && !field.field_type.is_set() {
                nullable(&mut schema);
            }
            (field.name.to_string(), schema)
        };
        let properties: Map<String, Json> = self.fields.iter().map(schema).collect();
        json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": self.name,
            "description": self.about,
            "type": "object",
            "properties": properties,
            "required": [&*self.title],
            "additionalProperties": false,
        })
    }

    /// The flags that set its fields, in the order of the struct.
    pub fn flags(&self) -> Vec<Flag> {
        self.fields.iter().map(Field::describe_flag).collect()
    }

    /// The columns of its tables, in the order of the struct. Coordinates take two, as in most spreadsheets.
    pub fn columns(&self) -> Vec<Column> {
        self.fields.iter().flat_map(|field| field.columns(self)).collect()
    }
}

/// Lets a schema take null too.
fn nullable(schema: &mut Json) {
    let of_type = schema["type"].take();
    schema["type"] = json!([of_type, "null"]);
    if let Some(words) = schema.get_mut("enum").and_then(Json::as_array_mut) {
        words.push(Json::Null);
    }
}

impl Field {
    fn schema(&self) -> Json {
        let mut schema = match &self.field_type {
            FieldType::Line | FieldType::Place => json!({"type": "string", "maxLength": crate::limits::MAX_LINE}),
            FieldType::Text => json!({"type": "string"}),
            FieldType::Link => json!({"type": "string", "format": "uri", "maxLength": crate::limits::MAX_LINK}),
            FieldType::DateTime => {
                json!({"type": "string", "examples": ["2026-11-30T10:00:00+11:00[Australia/Sydney]"]})
            }
            FieldType::Coordinates => json!({
                "type": "object",
                "properties": {
                    "latitude": {"type": "number", "minimum": -90, "maximum": 90},
                    "longitude": {"type": "number", "minimum": -180, "maximum": 180},
                },
                "required": ["latitude", "longitude"],
            }),
            FieldType::Tags => json!({
                "type": "array",
                "items": {"type": "string", "minLength": 1, "maxLength": crate::limits::MAX_TAG, "pattern": "^[^;]*$"},
                "uniqueItems": true,
                "maxItems": crate::limits::MAX_TAGS,
            }),
            FieldType::Choice(choices) => {
                json!({"type": "string", "enum": choices.iter().map(|choice| &choice.word).collect::<Vec<_>>()})
            }
            FieldType::Reference(of) => {
                json!({"type": "string", "pattern": "^[a-z2-7]{52}$", "x-grid-of": of.to_string()})
            }
            FieldType::References(of) => json!({
                "type": "array",
                "items": {"type": "string", "pattern": "^[a-z2-7]{52}$"},
                "uniqueItems": true,
                "maxItems": crate::limits::MAX_TAGS,
                "x-grid-of": of.to_string(),
            }),
            FieldType::Number => json!({"type": "number"}),
            FieldType::Flag => json!({"type": "boolean"}),
            FieldType::Money => json!({
                "type": "object",
                "properties": {"amount": {"type": "integer"}, "currency": {"type": "string", "pattern": "^[A-Z]{3}$"}},
                "required": ["amount", "currency"],
            }),
        };
        schema["description"] = json!(self.about);
        schema["x-grid-type"] = json!(self.field_type.name());
        schema["x-grid-audience"] = json!(self.audience);
        if let Some(default) = &self.default {
            schema["default"] = default.to_json();
        }
        if let Some(widget) = &self.widget {
            schema["x-grid-widget"] = json!(widget);
        }
        schema
    }

    fn describe_flag(&self) -> Flag {
        let choices = match &self.field_type {
            FieldType::Choice(choices) => choices.iter().map(|choice| choice.word.clone()).collect(),
            _ => Vec::new(),
        };
        let many = if self.field_type.is_set() { Many::Repeated } else { Many::Once };
        let plain = matches!(self.field_type, FieldType::Line | FieldType::Text | FieldType::Choice(_));
        let about = self.about.trim_end_matches('.');
        let help = match many {
            _ if plain => self.about.clone(),
            Many::Once => format!("{about} ({})", self.expected()),
            Many::Repeated => format!("{about} ({}; may be given several times)", self.expected()),
        };
        Flag { name: self.flag(), value_name: self.field_type.name().to_uppercase(), help, many, choices }
    }

    fn columns(&self, kind: &Kind) -> Vec<Column> {
        let column = |heading: String, part| Column { field: self.name.clone(), heading, part };
        if !matches!(self.field_type, FieldType::Coordinates) {
            return vec![column(self.label(), Part::Whole)];
        }
        // With several points in a record each column says whose latitude it is.
        let points = kind.fields.iter().filter(|field| matches!(field.field_type, FieldType::Coordinates)).count();
        let of = |part: &str| {
            if points == 1 { part.to_owned() } else { format!("{} {}", self.label(), part.to_lowercase()) }
        };
        vec![column(of("Latitude"), Part::Latitude), column(of("Longitude"), Part::Longitude)]
    }
}
