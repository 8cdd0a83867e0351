//! The records that measurements write: a pure function of seed and number, so that any process can make
//! or check any of them.
//!
//! The values are the same bytes as those of the other systems that ours is measured beside, if it is
//! given the same list of words; without one it takes a list of its own.

use grid_protocol::record::{CompileError, Kind, Patch, PatchError, Record, Registry, Value, Values};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::Arc;

/// Where every measurement begins unless it is told otherwise.
pub const SEED: u32 = 42;
/// Fields of a record.
pub const FIELDS: usize = 12;
/// The name of the kind.
pub const KIND: &str = "specimen";
/// A field has at least this many letters.
const LETTERS: usize = 25;

/// A record of twelve lines, about 480 bytes as one change.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {"name": "specimen", "plural": "specimens", "title": "field0", "rule": "owner", "section": "own"}))]
struct Specimen {
    /// A line.
    #[schemars(extend("x-grid" = {"audience": "public"}))]
    field0: String,
    /// A line.
    #[schemars(extend("x-grid" = {"audience": "public"}))]
    field1: String,
    /// A line.
    #[schemars(extend("x-grid" = {"audience": "public"}))]
    field2: String,
    /// A line.
    #[schemars(extend("x-grid" = {"audience": "public"}))]
    field3: String,
    /// A line.
    #[schemars(extend("x-grid" = {"audience": "public"}))]
    field4: String,
    /// A line.
    #[schemars(extend("x-grid" = {"audience": "public"}))]
    field5: String,
    /// A line.
    #[schemars(extend("x-grid" = {"audience": "public"}))]
    field6: String,
    /// A line.
    #[schemars(extend("x-grid" = {"audience": "public"}))]
    field7: String,
    /// A line.
    #[schemars(extend("x-grid" = {"audience": "public"}))]
    field8: String,
    /// A line.
    #[schemars(extend("x-grid" = {"audience": "public"}))]
    field9: String,
    /// A line.
    #[schemars(extend("x-grid" = {"audience": "public"}))]
    field10: String,
    /// A line.
    #[schemars(extend("x-grid" = {"audience": "public"}))]
    field11: String,
}

impl Record for Specimen {}

/// The kinds of the grid and the one that is measured.
///
/// # Errors
///
/// [`CompileError`] when the kind is badly described.
pub fn registry() -> Result<Arc<Registry>, CompileError> {
    Ok(Arc::new(Registry::standard().with(Kind::compile::<Specimen>()?)))
}

/// Makes records.
#[derive(Clone, Debug)]
pub struct Workload {
    words: Vec<String>,
    seed: u32,
}

impl Workload {
    /// Records of the words in a file, which are parted by white space.
    ///
    /// # Errors
    ///
    /// When the file can't be read.
    pub fn from_file(path: &Path, seed: u32) -> std::io::Result<Self> {
        let words = std::fs::read_to_string(path)?.split_whitespace().map(str::to_owned).collect();
        Ok(Self { words, seed })
    }

    /// Records of 270 made-up words of two or three syllables.
    pub fn new(seed: u32) -> Self {
        let syllables =
            ["ba", "den", "fil", "gor", "hum", "kes", "lo", "mar", "nit", "pol", "ra", "sten", "tu", "ver", "wi"];
        let mut numbers = Numbers(seed);
        let mut syllable = || syllables.get(numbers.below(syllables.len())).copied().unwrap_or_default();
        let word = |index: usize| (0..2 + index % 2).map(|_| syllable()).collect();
        Self { words: (0..270).map(word).collect(), seed }
    }

    /// The values of a record.
    pub fn values(&self, number: u32) -> Vec<String> {
        let mut numbers = Numbers(self.seed ^ number.wrapping_mul(0x9E37_79B1));
        (0..FIELDS)
            .map(|_| {
                let mut value = String::new();
                while value.len() < LETTERS {
                    if !value.is_empty() {
                        value.push(' ');
                    }
                    let word = self.words.get(numbers.below(self.words.len()));
                    value.push_str(word.map_or("word", String::as_str));
                }
                value
            })
            .collect()
    }

    /// A record as a patch.
    ///
    /// # Errors
    ///
    /// [`PatchError`] when the kind does not take it.
    pub fn patch(&self, kind: &Kind, number: u32) -> Result<Patch, PatchError> {
        let mut patch = Patch::default();
        for (index, value) in self.values(number).into_iter().enumerate() {
            patch.set(kind, &field(index), Some(Value::Text(value.into())))?;
        }
        Ok(patch)
    }

    /// What a record is known by: a hash of its values.
    pub fn mark(&self, number: u32) -> u64 {
        mark(self.values(number).iter().map(String::as_str))
    }
}

/// What a record that was read is known by.
pub fn mark_of(values: &Values) -> u64 {
    let names: Vec<String> = (0..FIELDS).map(field).collect();
    mark(names.iter().map(|name| values.text(name)))
}

fn field(index: usize) -> String {
    format!("field{index}")
}

fn mark<'a>(values: impl Iterator<Item = &'a str>) -> u64 {
    let mut hasher = blake3::Hasher::new();
    for value in values {
        hasher.update(value.as_bytes()).update(&[0]);
    }
    let mut first = [0; 8];
    hasher.finalize_xof().fill(&mut first);
    u64::from_le_bytes(first)
}

/// Mulberry32: the same numbers in every language that multiplies 32-bit integers.
struct Numbers(u32);

impl Numbers {
    fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_add(0x6D2B_79F5);
        let first = (self.0 ^ self.0 >> 15).wrapping_mul(self.0 | 1);
        let second = first ^ first.wrapping_add((first ^ first >> 7).wrapping_mul(first | 61));
        second ^ second >> 14
    }

    fn below(&mut self, bound: usize) -> usize {
        self.next() as usize % bound.max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_compiles_and_takes_every_record() {
        let registry = registry().unwrap();
        let kind = registry.kind(KIND).unwrap();
        let workload = Workload::new(SEED);
        for number in 0..100 {
            workload.patch(kind, number).unwrap();
        }
    }

    #[test]
    fn a_record_is_the_same_each_time_and_unlike_others() {
        let workload = Workload::new(SEED);
        assert_eq!(workload.values(7), Workload::new(SEED).values(7));
        assert_ne!(workload.mark(7), workload.mark(8));
        assert!(workload.values(7).iter().all(|value| value.len() >= LETTERS));
    }
}
