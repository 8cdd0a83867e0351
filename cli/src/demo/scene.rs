//! Chapters: what the demo tells, as data: what the groups write, what they ask, what is shown of the answers, and what
//! has to be seen in them.

use super::{observe::Observation, sample::place_dates};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What is told between the beginning and the end of the story.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Scenes {
    pub(super) chapters: Vec<Chapter>,
    /// What is asked while a group is away.
    pub(super) silence: Ask,
}

/// A part of the story.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Chapter {
    pub(super) title: String,
    /// What it is about.
    pub(super) told: String,
    pub(super) steps: Vec<Step>,
}

/// Something that happens. Groups are named by their number.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Step {
    /// A group writes a record.
    Write(Write),
    /// A group changes a record.
    Edit(Edit),
    /// A command is run, and shown as one can type it.
    Run(Ask),
    /// A command is run that the program refuses.
    Refused(Refused),
    /// Something is told.
    Say(String),
    /// A file lies where commands are typed, and is shown.
    File(File),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) lines: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Write {
    pub(super) by: usize,
    /// What its id is called in later steps.
    pub(super) named: Option<String>,
    pub(super) kind: String,
    pub(super) fields: Map<String, Value>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Edit {
    pub(super) by: usize,
    pub(super) kind: String,
    pub(super) id: String,
    pub(super) fields: Map<String, Value>,
}

/// A command, and what becomes of its answer.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ask {
    /// The group on whose node it runs; none for a command that needs neither node nor home.
    #[serde(default)]
    pub(super) by: Option<usize>,
    pub(super) words: Vec<String>,
    /// What an id in the answer is called in later steps.
    #[serde(default)]
    pub(super) named: Option<String>,
    /// Where that id stands in the answer.
    #[serde(default)]
    pub(super) at: String,
    #[serde(default)]
    pub(super) show: Vec<Show>,
    #[serde(default)]
    pub(super) observe: Vec<Observation>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Refused {
    pub(super) by: usize,
    pub(super) words: Vec<String>,
    /// A word of the reason.
    pub(super) because: String,
}

/// What a reader sees of an answer; the command itself shows all of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Show {
    /// Columns of a section.
    Rows {
        section: String,
        columns: Vec<String>,
        #[serde(default = "all")]
        most: usize,
    },
    /// Columns of a list that stands somewhere in the answer, each with its heading.
    List {
        at: String,
        columns: Vec<(String, String)>,
        #[serde(default = "all")]
        most: usize,
    },
    /// Labels, and where their values stand.
    Fields(BTreeMap<String, String>),
}

const fn all() -> usize {
    usize::MAX
}

impl Scenes {
    /// The scenes, with their dates counted from today.
    pub(super) fn new(today: Timestamp) -> Self {
        let mut value: Value = serde_json::from_str(include_str!("chapters.json")).expect("a test reads the chapters");
        place_dates(&mut value, today);
        serde_json::from_value(value).expect("a test reads the chapters")
    }
}

/// The ids of what was made so far, by the names that steps have for them.
#[derive(Clone, Debug, Default)]
pub(super) struct Names(BTreeMap<String, String>);

/// How ids are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ids {
    /// Whole, for programs.
    Whole,
    /// As much of them as people type.
    Short,
}

/// Letters of an id that are enough for a command.
const SHORT: usize = 10;
/// Letters of a whole id.
const WHOLE: usize = 52;

impl Names {
    pub(super) fn note(&mut self, name: &str, id: &str) {
        self.0.insert(name.to_owned(), id.to_owned());
    }

    /// A text with the ids in place of `{names}`.
    pub(super) fn text(&self, text: &str, ids: Ids) -> String {
        self.0.iter().fold(text.to_owned(), |text, (name, id)| {
            let short = if ids == Ids::Short && id.len() == WHOLE { id.get(..SHORT) } else { None };
            text.replace(&format!("{{{name}}}"), short.unwrap_or(id))
        })
    }

    /// Words of a command with the ids in place of `{names}`.
    pub(super) fn words(&self, words: &[String], ids: Ids) -> Vec<String> {
        words.iter().map(|word| self.text(word, ids)).collect()
    }

    /// Fields with the ids in place of `{names}`.
    pub(super) fn fields(&self, fields: &Map<String, Value>) -> Map<String, Value> {
        fields.iter().map(|(name, value)| (name.clone(), self.value(value))).collect()
    }

    fn value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(text, Ids::Whole)),
            Value::Array(items) => Value::Array(items.iter().map(|item| self.value(item)).collect()),
            other => other.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::story::profile_of;
    use grid_protocol::record::{Patch, Registry};
    use serde_json::json;
    use std::collections::BTreeSet;

    #[test]
    fn the_chapters_can_be_read_and_every_kind_takes_what_they_write() {
        let scenes = Scenes::new("2026-05-01T00:00:00Z".parse().unwrap());
        let id = "a".repeat(WHOLE);
        let mut names = Names::default();
        names.note("broadcast", &id);
        (0..3).for_each(|group| names.note(&profile_of(group), &id));
        let fits = |names: &Names, kind: &str, fields: &Map<String, Value>| {
            let kind = Registry::standard().kind(kind).unwrap();
            let fields = names.fields(fields);
            Patch::from_json(kind, &Value::Object(fields.clone()))
                .unwrap_or_else(|error| panic!("{fields:?}: {error}"));
            let open = |value: &Value| value.to_string().contains("\"{");
            assert!(!fields.values().any(open), "{fields:?} names what is not there yet");
        };
        for step in scenes.chapters.iter().flat_map(|chapter| &chapter.steps) {
            match step {
                Step::Write(write) => fits(&names, &write.kind, &write.fields),
                Step::Edit(edit) => fits(&names, &edit.kind, &edit.fields),
                Step::Run(ask) => {
                    let words = names.words(&ask.words, Ids::Whole);
                    assert!(!words.iter().any(|word| word.starts_with('{')), "{words:?} names what is not there yet");
                }
                Step::Refused(_) | Step::Say(_) | Step::File(_) => {}
            }
            let named = match step {
                Step::Write(write) => write.named.as_deref(),
                Step::Run(ask) => ask.named.as_deref(),
                Step::Edit(_) | Step::Refused(_) | Step::Say(_) | Step::File(_) => None,
            };
            named.into_iter().for_each(|name| names.note(name, &id));
        }
    }

    #[test]
    fn every_answer_that_is_shown_is_checked() {
        let scenes = Scenes::new("2026-05-01T00:00:00Z".parse().unwrap());
        let asks = scenes.chapters.iter().flat_map(|chapter| &chapter.steps).filter_map(|step| match step {
            Step::Run(ask) => Some(ask),
            _ => None,
        });
        for ask in asks.chain([&scenes.silence]) {
            assert_eq!(ask.show.is_empty(), ask.observe.is_empty(), "{:?}", ask.words);
        }
        let titles: BTreeSet<&str> = scenes.chapters.iter().map(|chapter| chapter.title.as_str()).collect();
        assert_eq!(titles.len(), scenes.chapters.len());
    }

    #[test]
    fn ids_stand_in_the_place_of_names_and_are_short_for_people() {
        let mut names = Names::default();
        names.note("well", &"b".repeat(WHOLE));
        names.note("days", "0.5");
        assert_eq!(names.text("show {well} {days} {other}", Ids::Short), "show bbbbbbbbbb 0.5 {other}");
        let fields = names.fields(json!({"of": "{well}", "many": ["{well}"], "people": 3}).as_object().unwrap());
        let whole = "b".repeat(WHOLE);
        assert_eq!(Value::Object(fields), json!({"of": whole, "many": [whole], "people": 3}));
    }
}
