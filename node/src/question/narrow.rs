//! What people are narrowed by: interest, skill, place, distance, sector, language, role.

use super::near::{far, km};
use super::shown::{place, point};
use super::{Asked, Given, Reply, Unanswerable, Word};
use crate::view::fold::Phrase;
use grid_protocol::record::{Coordinates, FieldType, Kind, Value};
use grid_protocol::replica::Row;

/// Kilometres that count as near, where nothing is said.
const KM: f64 = 50.0;

pub(super) const INTEREST: Word = often("interest", "What they care about or work on: rivers.");
pub(super) const SKILL: Word = often("skill", "What they can do for others: driving.");
pub(super) const PLACE: Word = once("place", "Where they are, by name: Lismore.");
pub(super) const NEAR: Word = once("near", "Around a point: degrees north and east, such as -28.81,153.28.");
pub(super) const WITHIN: Word = once("km", "How many kilometres around that point; 50 if nothing is said.");
pub(super) const SECTOR: Word = once("sector", "Which sector they belong to: union.");
pub(super) const LANGUAGE: Word = often("language", "A language they work in.");
pub(super) const ROLE: Word = often("role", "What they are in the coalition: weaver.");
pub(super) const TAG: Word = often("tag", "A word that they carry as interest, skill, tactic or tag.");

const fn once(name: &'static str, about: &'static str) -> Word {
    Word { name, about, many: Given::Once }
}

const fn often(name: &'static str, about: &'static str) -> Word {
    Word { name, about, many: Given::Often }
}

/// Each word, and the fields that it looks into.
const LOOKS: &[(&str, &[&str])] = &[
    ("interest", &["interests", "tags", "tactics", "passion"]),
    ("skill", &["skills"]),
    ("place", &["place", "address"]),
    ("sector", &["sector"]),
    ("language", &["languages", "language"]),
    ("role", &["roles"]),
    ("tag", &["tags", "interests", "skills", "tactics"]),
];

/// How strictly words are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Strictness {
    /// As they are, or as the beginning of a longer one.
    Exact,
    /// Slips of the finger are forgiven.
    Forgiving,
}

/// What is answered to words as they are; where that is nothing, what is answered with slips forgiven.
pub(super) fn exact_or_forgiving(
    answer: impl Fn(Strictness) -> Result<Reply, Unanswerable>,
) -> Result<Reply, Unanswerable> {
    let exact = answer(Strictness::Exact)?;
    let nothing = exact.sections.iter().all(|section| section.rows.is_empty());
    if nothing { answer(Strictness::Forgiving) } else { Ok(exact) }
}

/// What people are narrowed by.
#[derive(Debug)]
pub(super) struct Narrow {
    phrases: Vec<(&'static [&'static str], Phrase)>,
    around: Option<(Coordinates, f64)>,
}

impl Narrow {
    /// What a question was narrowed by.
    ///
    /// # Errors
    ///
    /// [`Unanswerable`] when a point or a distance does not read as one, or a word says nothing.
    pub(super) fn read(asked: &Asked<'_>, strictness: Strictness) -> Result<Self, Unanswerable> {
        let mut phrases = Vec::new();
        for (word, fields) in LOOKS {
            for text in asked.all(word) {
                let phrase = Phrase::new(text);
                if phrase.wanted().is_empty() {
                    let hint = format!("Give it a word of two letters or more, or leave --{word} out.");
                    return Err(Unanswerable::new(format!("{word}: expected a word"), hint));
                }
                phrases.push((*fields, if strictness == Strictness::Exact { phrase.exactly() } else { phrase }));
            }
        }
        let around = match (asked.point("near")?, asked.amount("km")?) {
            (Some(point), within) => Some((point, within.unwrap_or(KM))),
            (None, Some(_)) => {
                let hint = "Say where with near: degrees north and east, such as -28.81,153.28.";
                return Err(Unanswerable::new("km: expected near beside it", hint));
            }
            (None, None) => None,
        };
        Ok(Self { phrases, around })
    }

    /// Whether nothing is narrowed.
    pub(super) fn is_open(&self) -> bool {
        self.phrases.is_empty() && self.around.is_none()
    }

    /// The words that whatever fits must have somewhere.
    pub(super) fn phrases(&self) -> impl Iterator<Item = &Phrase> {
        self.phrases.iter().map(|(_, phrase)| phrase)
    }

    /// The distance of a record from the point that was given, where both are known.
    pub(super) fn km(&self, row: &Row) -> Option<f64> {
        Some(km(self.around?.0, point(row)?))
    }

    /// Whether records of a kind may fit: only some have a place on the map.
    pub(super) fn may_fit(&self, kind: &Kind) -> bool {
        self.around.is_none() || kind.fields.iter().any(|field| field.field_type == FieldType::Coordinates)
    }

    /// Whether a record fits.
    pub(super) fn fits(&self, row: &Row) -> bool {
        let near = self.around.is_none_or(|(_, within)| self.km(row).is_some_and(|km| km <= within));
        near && (self.phrases.is_empty() || self.fit(row).is_some())
    }

    /// Why a record fits; none when it does not.
    pub(super) fn fit(&self, row: &Row) -> Option<Vec<String>> {
        let mut why = Vec::new();
        if let Some((_, within)) = self.around {
            let km = self.km(row).filter(|km| *km <= within)?;
            why.push(far(km));
        }
        for (fields, phrase) in &self.phrases {
            let because = fields.iter().find_map(|field| stands_in(row, field, phrase))?;
            if !why.contains(&because) {
                why.push(because);
            }
        }
        Some(why)
    }
}

fn stands_in(row: &Row, field: &str, phrase: &Phrase) -> Option<String> {
    if matches!(field, "place" | "address") {
        let place = place(row);
        return phrase.is_in(place).then(|| format!("in {place}"));
    }
    match row.values.get(field)? {
        Value::Tags(tags) => tags.iter().find(|tag| phrase.is_in(tag)).map(str::to_owned),
        Value::Text(text) if field == "passion" => phrase.is_in(text).then(|| "passion".to_owned()),
        Value::Text(text) => phrase.is_in(text).then(|| text.to_string()),
        _ => None,
    }
}
