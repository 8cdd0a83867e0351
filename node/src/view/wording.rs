//! The words of a record, each once, and where in it the most telling one stands.

use super::fold::each_word;
use grid_protocol::record::{Field, FieldType, Kind, Registry, Value};
use grid_protocol::replica::Row;

/// Bytes of one text that are read for words: what a document of ten megabytes says beyond is not found.
const READ: usize = 256 * 1024;
/// Bytes of words of one record that are kept.
const KEPT: usize = 1024 * 1024;
/// The section of records that are only for this computer's own use, such as saved searches.
pub(super) const OWN: &str = "own";

/// Where in a record a word stands, the least telling first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// In a text.
    Text = 1,
    /// Among its tags, or in a line.
    Tag = 2,
    /// In its name.
    Name = 3,
}

/// The words of a record, each once, one behind the other.
#[derive(Default)]
pub(super) struct Words {
    text: String,
    spans: Vec<(u32, u32, Part)>,
    pub(super) whole: Whole,
}

/// Whether all words of a record are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Whole {
    /// They are.
    #[default]
    Kept,
    /// It says more than is kept.
    Cut,
}

impl Words {
    /// The words of a row, as far as others may find it by them.
    pub(super) fn of(registry: &Registry, row: &Row) -> Self {
        let mut words = Self::default();
        let Some(kind) = row.kind().and_then(|kind| registry.kind(kind)).filter(|kind| kind.section != OWN) else {
            return words;
        };
        for field in &kind.fields {
            let part = part_of(kind, &field.name, &field.field_type);
            match (row.values.get(&field.name), part) {
                (Some(Value::Text(text)), Some(part)) => words.read(text, part),
                (Some(Value::Tags(tags)), Some(part)) => tags.iter().for_each(|tag| words.read(tag, part)),
                _ => {}
            }
        }
        let Self { text, spans, .. } = &mut words;
        let word = |span: &(u32, u32, Part)| &text[span.0 as usize..span.1 as usize];
        spans.sort_unstable_by(|one, other| word(one).cmp(word(other)).then(other.2.cmp(&one.2)));
        spans.dedup_by(|later, kept| word(later) == word(kept));
        words
    }

    fn read(&mut self, text: &str, part: Part) {
        let Self { text: all, spans, whole } = self;
        let read = &text[..text.floor_char_boundary(READ)];
        if read.len() < text.len() {
            *whole = Whole::Cut;
        }
        each_word(read, |word| {
            if all.len() < KEPT {
                let begins = all.len() as u32;
                all.push_str(word);
                spans.push((begins, all.len() as u32, part));
            } else {
                *whole = Whole::Cut;
            }
        });
    }

    /// Whether there are none.
    pub(super) const fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Each word and where it stands, in the order of the words.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, Part)> {
        self.spans.iter().map(|(begins, ends, part)| (&self.text[*begins as usize..*ends as usize], *part))
    }
}

/// Whether a field holds words.
pub(crate) fn has_words(kind: &Kind, field: &Field) -> bool {
    part_of(kind, &field.name, &field.field_type).is_some()
}

/// Which part of a record a field is; none where it holds no words: ids, numbers, moments.
fn part_of(kind: &Kind, name: &str, field: &FieldType) -> Option<Part> {
    match field {
        FieldType::Reference(_) | FieldType::References(_) => None,
        _ if *kind.title == *name => Some(Part::Name),
        FieldType::Line | FieldType::Place | FieldType::Tags => Some(Part::Tag),
        FieldType::Text | FieldType::Link | FieldType::Choice(_) => Some(Part::Text),
        FieldType::DateTime | FieldType::Coordinates | FieldType::Number | FieldType::Flag | FieldType::Money => None,
    }
}
