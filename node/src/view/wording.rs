//! The words of a record, each once, and where in it the most telling one stands.
//!
//! A text as long as any that is accepted is read to its end: what people write has few words that differ. What consists
//! of little else costs memory for everybody, so there the words behind a bound are not kept, and the record is looked
//! through when somebody asks.

use super::fold::each_word;
use grid_protocol::record::{Field, FieldName, FieldType, Kind, Registry, Tags, Value, Values};
use grid_protocol::replica::Row;

/// Bytes of words of one record that are kept; once there are so many, those that are the same become one.
pub(super) const KEPT: usize = 512 * 1024;
/// So much has to be left over by that: a text that goes on like this has few words that it says twice.
const FREED: usize = KEPT / 2;
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
        words.settle();
        words
    }

    fn read(&mut self, text: &str, part: Part) {
        each_word(text, |word| {
            if self.text.len() >= KEPT && self.whole == Whole::Kept {
                self.settle();
                self.text = self.iter().map(|(word, _)| word).collect();
                let mut ends = 0;
                for (begins, end, _) in &mut self.spans {
                    (*begins, *end) = (ends, ends + *end - *begins);
                    ends = *end;
                }
                if self.text.len() > KEPT - FREED {
                    self.whole = Whole::Cut;
                }
            }
            if self.whole == Whole::Kept {
                let begins = self.text.len() as u32;
                self.text.push_str(word);
                self.spans.push((begins, self.text.len() as u32, part));
            }
        });
    }

    /// Each word once, with the most telling place in which it stands.
    fn settle(&mut self) {
        let Self { text, spans, .. } = self;
        let word = |span: &(u32, u32, Part)| &text[span.0 as usize..span.1 as usize];
        spans.sort_unstable_by(|one, other| word(one).cmp(word(other)).then(other.2.cmp(&one.2)));
        spans.dedup_by(|later, kept| word(later) == word(kept));
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

/// The fields of a kind that hold words.
pub(crate) fn worded(kind: &Kind) -> impl Iterator<Item = &FieldName> {
    let has_words = |field: &&Field| part_of(kind, &field.name, &field.field_type).is_some();
    kind.fields.iter().filter(has_words).map(|field| &field.name)
}

/// All that some fields of a record say in words.
pub(crate) fn wording<'n>(fields: impl Iterator<Item = &'n FieldName>, values: &Values) -> String {
    let mut all = String::new();
    said(fields, values).for_each(|text| all.extend([text, "\n"]));
    all
}

/// How many bytes their [`wording`] would have.
pub(super) fn length_of_wording<'n>(fields: impl Iterator<Item = &'n FieldName>, values: &Values) -> usize {
    said(fields, values).map(|text| text.len() + 1).sum()
}

fn said<'n, 'v>(fields: impl Iterator<Item = &'n FieldName>, values: &'v Values) -> impl Iterator<Item = &'v str> {
    let said = fields.filter_map(|field| values.get(field));
    said.flat_map(|value| value.as_tags().into_iter().flat_map(Tags::iter).chain(value.as_text()))
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
