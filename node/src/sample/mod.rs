//! A made-up coalition of any size, the same for every seed: for tests, measurements and a look around.
//!
//! Places, groups and people are invented. Records come in an order in which each refers only to earlier ones, so that
//! they can be written one by one; a reference stands as `@N`, the number of the record that is meant, until
//! [`Drafted::with_ids`] puts the ids in.

mod frame;
mod life;
mod names;
mod numbers;

use numbers::Numbers;
use serde_json::{Map, Value as Json};

/// How large a coalition is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Member groups.
    pub groups: usize,
    /// People who are listed.
    pub people: usize,
    /// Records in all, people and profiles among them.
    pub records: usize,
}

impl Size {
    /// As many groups and people as a large network has, with a year of work.
    pub const LARGE: Size = Size { groups: 1_300, people: 14_000, records: 100_000 };

    /// A size of so many records, with as many groups and people as belong to it.
    pub const fn of(records: usize) -> Self {
        let groups = if records / 77 > 3 { records / 77 } else { 3 };
        Size { groups, people: records / 7, records }
    }
}

/// A made-up coalition.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The names of the groups; the first is the founder.
    pub groups: Vec<String>,
    /// What they write, in order.
    pub records: Vec<Drafted>,
}

/// A record to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct Drafted {
    /// The group that writes it, by its place among the groups.
    pub by: usize,
    /// Its kind.
    pub kind: &'static str,
    /// Its fields; references stand as `@N`.
    pub fields: Map<String, Json>,
}

impl Sample {
    /// The coalition of a seed.
    pub fn new(seed: u64, size: Size) -> Self {
        let mut making = Making {
            numbers: Numbers::new(seed),
            size,
            groups: Vec::new(),
            records: Vec::with_capacity(size.records),
            of_kind: std::collections::BTreeMap::new(),
        };
        frame::make(&mut making);
        life::make(&mut making);
        making.records.truncate(size.records.max(making.groups.len()));
        Self { groups: making.groups.into_iter().map(|group| group.name).collect(), records: making.records }
    }
}

impl Drafted {
    /// The fields with the ids of the records that were written before, by their numbers.
    pub fn with_ids(&self, ids: &[String]) -> Map<String, Json> {
        let id = |text: &str| -> Option<String> { ids.get(text.strip_prefix('@')?.parse::<usize>().ok()?).cloned() };
        let field = |value: &Json| match value {
            Json::String(text) => id(text).map_or_else(|| value.clone(), Json::String),
            Json::Array(items) => {
                let item = |item: &Json| item.as_str().and_then(id).map_or_else(|| item.clone(), Json::String);
                Json::Array(items.iter().map(item).collect())
            }
            other => other.clone(),
        };
        self.fields.iter().map(|(name, value)| (name.clone(), field(value))).collect()
    }
}

/// A group being made.
#[derive(Clone, Debug)]
struct Group {
    name: String,
    place: usize,
}

/// A coalition being made.
struct Making {
    numbers: Numbers,
    size: Size,
    groups: Vec<Group>,
    records: Vec<Drafted>,
    /// The numbers of the records of each kind.
    of_kind: std::collections::BTreeMap<&'static str, Vec<usize>>,
}

impl Making {
    /// Adds a record; its number.
    fn add(&mut self, by: usize, kind: &'static str, fields: Json) -> usize {
        let number = self.records.len();
        let Json::Object(fields) = fields else { return number };
        self.records.push(Drafted { by, kind, fields });
        self.of_kind.entry(kind).or_default().push(number);
        number
    }

    /// Any record of a kind, as a reference to it; null where there is none.
    fn any(&mut self, kind: &str) -> Json {
        let Some(known) = self.of_kind.get(kind) else { return Json::Null };
        self.numbers.one(known).map_or(Json::Null, |number| Json::String(format!("@{number}")))
    }

    /// Any record of a kind with its number.
    fn any_number(&mut self, kind: &str) -> Option<usize> {
        let known = self.of_kind.get(kind)?;
        self.numbers.one(known).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use grid_protocol::id::DocumentId;
    use grid_protocol::record::{Patch, RecordHome, Registry};

    #[test]
    fn every_record_is_one_that_its_kind_takes_and_refers_to_earlier_ones() {
        let sample = Sample::new(7, Size::of(5_000));
        assert_eq!(sample.records.len(), 5_000);
        let mut ids = Vec::new();
        for (number, record) in sample.records.iter().enumerate() {
            let kind = Registry::standard().kind(record.kind).unwrap_or_else(|| panic!("there is no {}", record.kind));
            assert_eq!(kind.home(), RecordHome::Log, "{} would travel to nobody", record.kind);
            let fields = record.with_ids(&ids);
            assert!(!Json::Object(fields.clone()).to_string().contains("\"@"), "{number} refers to a later record");
            let patch =
                Patch::from_json(kind, &Json::Object(fields)).unwrap_or_else(|error| panic!("{number}: {error}"));
            let values = patch.over(kind, kind.defaults());
            kind.check(&values).unwrap_or_else(|complaint| panic!("{number}: {}", complaint.message));
            assert!(!values.text(&kind.title).is_empty(), "{number} has no title");
            let mut id = [0; 32];
            id[..8].copy_from_slice(&(number as u64).to_le_bytes());
            ids.push(DocumentId(id).to_string());
            assert!(record.by < sample.groups.len());
        }
        let kinds: std::collections::BTreeSet<_> = sample.records.iter().map(|record| record.kind).collect();
        assert!(kinds.len() >= 30, "{kinds:?}");
    }

    #[test]
    fn a_seed_gives_the_same_coalition_each_time_and_another_seed_another() {
        let size = Size::of(500);
        assert_eq!(Sample::new(1, size).records, Sample::new(1, size).records);
        assert_ne!(Sample::new(1, size).records, Sample::new(2, size).records);
        let names = Sample::new(1, Size::of(100_000)).groups;
        let distinct: std::collections::BTreeSet<_> = names.iter().collect();
        assert_eq!(distinct.len(), names.len(), "two groups share a name");
    }
}
