//! Rows whose identity was corrected in the table: which record they mean all the same.
//!
//! A row that fits no record by its identity may be an old one under a corrected place. It is taken for a record that
//! no row of the table stands for any more, if the titles are equal and the links do not contradict that. Only what is
//! certain on both sides counts: one such record, and one such row. Otherwise somebody has to say which is meant,
//! because a second record beside the first would go unnoticed.

use super::{FieldName, Kind, Values, merge::plain};
use std::collections::HashMap;

/// Which record a row stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Alike<K> {
    /// None: it is new.
    None,
    /// None, though a record of that title stands beside it: they differ in all else.
    Namesake,
    /// This one.
    One(K),
    /// It may be one of several, or several rows may be one record.
    Unclear,
}

/// The records that no row stands for, and the rows that fit no record.
#[derive(Clone, Debug)]
pub struct Alikes<K> {
    records: HashMap<String, Vec<(K, Values)>>,
    rows: HashMap<String, Vec<Values>>,
    /// Both by their links: the records, and how many rows.
    linked: HashMap<String, (Vec<(K, Called)>, usize)>,
    /// The records by what they may have in common with a row that looks like one of them.
    traced: HashMap<Trace, K>,
}

/// What fields say that are equal in two which look like one: which of the kind's traces it is, and the words.
type Trace = (usize, String);

/// So many digits at the end of a telephone number tell it from others, however it begins: 0412 345 678 and
/// +61 412 345 678 are one.
const DIGITS: usize = 9;

/// What a record is called by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Called {
    /// A name.
    ByName,
    /// Its own link, for want of a name.
    ByLink,
}

/// How a record and a row of the same title go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Likeness {
    /// Their links are equal.
    Same,
    /// One of them has no link.
    Perhaps,
    /// Their links differ.
    Other,
}

impl<K: Clone> Alikes<K> {
    /// Sorts records that no row stands for, and rows that fit no record, by what they are called.
    pub fn new(
        kind: &Kind,
        records: impl IntoIterator<Item = (K, Values)>,
        rows: impl IntoIterator<Item = Values>,
    ) -> Self {
        let mut alikes =
            Self { records: HashMap::new(), rows: HashMap::new(), linked: HashMap::new(), traced: HashMap::new() };
        for (key, values) in records {
            for trace in traces(kind, &values) {
                alikes.traced.entry(trace).or_insert_with(|| key.clone());
            }
            if let Some(link) = link_of(kind, &values) {
                alikes.linked.entry(link).or_default().0.push((key.clone(), called_by(kind, &values)));
            }
            alikes.records.entry(called(kind, &values)).or_default().push((key, values));
        }
        for values in rows {
            if let Some(link) = link_of(kind, &values) {
                alikes.linked.entry(link).or_default().1 += 1;
            }
            alikes.rows.entry(called(kind, &values)).or_default().push(values);
        }
        alikes
    }

    /// The record that a row stands for, which is one of the rows that fit none.
    pub fn find(&self, kind: &Kind, row: &Values) -> Alike<K> {
        let name = called(kind, row);
        let records = self.records.get(&name).map_or(&[][..], Vec::as_slice);
        let rows = self.rows.get(&name).map_or(&[][..], Vec::as_slice);
        for wanted in [Likeness::Same, Likeness::Perhaps] {
            let mut fitting = records.iter().filter(|(_, values)| likeness(kind, values, row) == wanted);
            let Some((key, values)) = fitting.next() else { continue };
            let rivals = rows.iter().filter(|row| likeness(kind, values, row) == wanted).count();
            return if fitting.next().is_none() && rivals <= 1 { Alike::One(key.clone()) } else { Alike::Unclear };
        }
        match self.nameless(kind, row) {
            Alike::None if !records.is_empty() => Alike::Namesake,
            found => found,
        }
    }

    /// The record that a row looks like although it stands for none, and the fields that are equal in both: somebody whose
    /// name and address both changed, or another of the same household.
    pub fn seems<'k>(&self, kind: &'k Kind, row: &Values) -> Option<(K, &'k [FieldName])> {
        let found = traces(kind, row).into_iter().find_map(|trace| Some((trace.0, self.traced.get(&trace)?)));
        found.and_then(|(which, key)| Some((key.clone(), kind.traces.get(which)?.as_slice())))
    }

    /// What goes with a row by its link alone, because one of the two is called by that, for want of a name.
    fn nameless(&self, kind: &Kind, row: &Values) -> Alike<K> {
        let linked = link_of(kind, row).and_then(|link| self.linked.get(&link));
        let Some((records, rows)) = linked else { return Alike::None };
        let own = called_by(kind, row);
        let mut fitting = records.iter().filter(|(_, called)| [own, *called].contains(&Called::ByLink));
        match (fitting.next(), fitting.next(), *rows) {
            (None, ..) => Alike::None,
            (Some((key, _)), None, 1) => Alike::One(key.clone()),
            _ => Alike::Unclear,
        }
    }
}

/// The link by which a record or a row may be found, as people compare it.
fn link_of(kind: &Kind, values: &Values) -> Option<String> {
    kind.alike.as_ref().map(|link| site(values.text(link))).filter(|link| !link.is_empty())
}

/// What a record or a row may have in common with another, the most telling first.
fn traces(kind: &Kind, values: &Values) -> Vec<Trace> {
    let mut found = Vec::new();
    for (which, fields) in kind.traces.iter().enumerate() {
        let said: Vec<&str> = fields.iter().map(|field| values.text(field)).collect();
        let several = |said: &str| said.split([',', ';']).map(traced).filter(|word| !word.is_empty()).collect();
        let words: Vec<String> = match said.as_slice() {
            [one] => several(one),
            all if all.iter().any(|said| traced(said).is_empty()) => Vec::new(),
            all => vec![all.iter().map(|said| plain(said)).collect::<Vec<_>>().join("\n")],
        };
        found.extend(words.into_iter().map(|words| (which, words)));
    }
    found
}

/// What an address or a telephone number says, as people compare it; nothing where it says too little.
fn traced(said: &str) -> String {
    if said.contains('@') {
        return said.trim().to_lowercase();
    }
    let digits: String = said.chars().filter(char::is_ascii_digit).collect();
    match said.contains(char::is_alphabetic) {
        true => plain(said),
        false => digits.get(digits.len().saturating_sub(DIGITS)..).unwrap_or_default().to_owned(),
    }
}

fn called_by(kind: &Kind, values: &Values) -> Called {
    match link_of(kind, values) {
        Some(link) if link == site(values.text(&kind.title)) => Called::ByLink,
        _ => Called::ByName,
    }
}

fn called(kind: &Kind, values: &Values) -> String {
    plain(values.text(&kind.title))
}

fn likeness(kind: &Kind, record: &Values, row: &Values) -> Likeness {
    let Some(link) = &kind.alike else { return Likeness::Other };
    match (site(record.text(link)), site(row.text(link))) {
        (one, other) if one.is_empty() || other.is_empty() => Likeness::Perhaps,
        (one, other) if one == other => Likeness::Same,
        _ => Likeness::Other,
    }
}

/// A link as people compare it.
fn site(link: &str) -> String {
    let link = link.trim().to_lowercase();
    let link = link.split_once("://").map_or(link.as_str(), |(_, rest)| rest);
    link.strip_prefix("www.").unwrap_or(link).trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Patch, Registry};
    use serde_json::json;

    fn values(name: &str, website: &str) -> Values {
        Patch::from_json(kind(), &json!({"name": name, "website": website})).unwrap().values()
    }

    fn kind() -> &'static Kind {
        Registry::standard().kind("prospect").unwrap()
    }

    fn found(records: &[(&str, &str)], rows: &[(&str, &str)]) -> Alike<usize> {
        let of = |list: &[(&str, &str)]| list.iter().map(|(name, site)| values(name, site)).collect::<Vec<_>>();
        let rows = of(rows);
        let first = rows[0].clone();
        Alikes::new(kind(), of(records).into_iter().enumerate(), rows).find(kind(), &first)
    }

    const A: &str = "https://a.example/";
    const B: &str = "https://b.example";

    #[test]
    fn one_record_of_the_same_title_is_meant_unless_the_links_differ() {
        assert_eq!(found(&[("Ferry", A)], &[("ferry!", "http://www.A.example")]), Alike::One(0));
        assert_eq!(found(&[("Ferry", A)], &[("Ferry", "")]), Alike::One(0));
        assert_eq!(found(&[("Ferry", "")], &[("Ferry", A)]), Alike::One(0));
        assert_eq!(found(&[("Ferry", "")], &[("Ferry", "")]), Alike::One(0));
        assert_eq!(found(&[("Ferry", B)], &[("Ferry", A)]), Alike::Namesake);
        assert_eq!(found(&[("Weir", A)], &[("Ferry", A)]), Alike::None);
        // Equal links say more than none.
        assert_eq!(found(&[("Ferry", ""), ("Ferry", A), ("Ferry", B)], &[("Ferry", A), ("Ferry", "")]), Alike::One(1));
    }

    #[test]
    fn what_several_records_or_several_rows_could_mean_is_unclear() {
        assert_eq!(found(&[("Ferry", A), ("Ferry", A)], &[("Ferry", A)]), Alike::Unclear);
        assert_eq!(found(&[("Ferry", A)], &[("Ferry", A), ("Ferry", A)]), Alike::Unclear);
        assert_eq!(found(&[("Ferry", A), ("Ferry", "")], &[("Ferry", "")]), Alike::Unclear);
    }

    #[test]
    fn what_is_called_by_its_link_is_found_by_it_once_it_has_a_name() {
        assert_eq!(found(&[("a.example", A)], &[("Ferry", A)]), Alike::One(0));
        assert_eq!(found(&[("Ferry", A)], &[("a.example", A)]), Alike::One(0));
        assert_eq!(found(&[("Weir", A)], &[("Ferry", A)]), Alike::None, "two names are two");
        assert_eq!(found(&[("a.example", A)], &[("Ferry", A), ("Weir", A)]), Alike::Unclear);
        assert_eq!(found(&[("Ferry", A), ("Weir", A)], &[("a.example", A)]), Alike::Unclear);
    }

    #[test]
    fn a_row_looks_like_a_record_with_the_same_address_number_or_name_and_place() {
        let supporter = Registry::standard().kind("supporter").unwrap();
        let of = |json: serde_json::Value| Patch::from_json(supporter, &json).unwrap().values();
        let records = [
            json!({"name": "Ana Novak", "email": "ana@a.example, novak@a.example", "phone": "0412 345 678", "place": "Weir"}),
            json!({"name": "Bo Ek", "email": "bo@b.example", "phone": "555 0102"}),
            json!({"name": "Cy", "place": "Hollin"}),
        ];
        let alikes = Alikes::new(supporter, records.map(of).into_iter().enumerate(), []);
        let seems = |row: serde_json::Value| {
            let found = alikes.seems(supporter, &of(row));
            found.map(|(record, fields)| (record, fields.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")))
        };
        let is = |record: usize, fields: &str| Some((record, fields.to_owned()));
        assert_eq!(seems(json!({"name": "A. Hill", "email": "Novak@A.example"})), is(0, "email"));
        let married = json!({"name": "Ana Hill", "email": "hill@a.example", "phone": "+61 412 345 678"});
        assert_eq!(seems(married), is(0, "phone"));
        assert_eq!(
            seems(json!({"name": "ana novák", "email": "x@a.example", "place": "Weir"})),
            None,
            "another letter"
        );
        assert_eq!(seems(json!({"name": "ana novak", "email": "x@a.example", "place": "WEIR"})), is(0, "name place"));
        assert_eq!(seems(json!({"name": "Dee", "phone": "(555) 0102"})), is(1, "phone"));
        for other in [
            json!({"name": "Cy", "email": "c@c.example"}),
            json!({"name": "Bo Ek", "email": "ek@b.example"}),
            json!({"name": "Dee", "place": "Hollin"}),
            json!({"name": "Dee", "phone": "-"}),
            json!({"name": "Dee", "phone": "555 0103", "email": "bo@c.example"}),
        ] {
            assert_eq!(seems(other.clone()), None, "{other}");
        }
    }
}
