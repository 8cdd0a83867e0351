//! Records that may mean the same thing, so that a person can say whether they do.

use super::Views;
use super::fold::{bare, folded, words};
use grid_protocol::record::{Kind, Values};
use grid_protocol::replica::Row;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

/// Records that one is compared with in each group of those that may be the same.
const CLOSE: usize = 16;
/// Records of one title that are compared: what hundreds are called says nothing.
const MOST: usize = 256;
/// Comparisons of two records in one answer: a tenth of a second. Whoever fills a kind with namesakes must not stop others.
const COMPARISONS: usize = 1 << 20;
/// Groups of records in one answer: a person merges those and asks again.
const FOUND: usize = 500;

impl Views {
    /// Groups of records of a kind that may be the same, oldest first within each. They have the same title, whatever
    /// its case, accents, signs and small words such as "the", and no other field of the kind's identity, nor its link,
    /// says otherwise. In a kind without an identity only records of one group that say exactly the same are. A title that
    /// more than 256 records share is left out, and so is what comes after 500 groups, or after as many comparisons as one
    /// answer may cost.
    pub fn duplicates(&self, kind: &Kind) -> Vec<Vec<Arc<Row>>> {
        let mut left = COMPARISONS;
        let mut found = self.alike(kind, &mut left);
        for cluster in &mut found {
            cluster.sort_by_key(|row| (row.created, row.document));
        }
        found.sort_by_cached_key(|cluster| {
            cluster.first().map(|row| (folded(row.values.text(&kind.title)), row.document))
        });
        found
    }

    /// As many groups as so many comparisons find.
    fn alike(&self, kind: &Kind, left: &mut usize) -> Vec<Vec<Arc<Row>>> {
        let mut by_title: BTreeMap<String, Vec<&Arc<Row>>> = BTreeMap::new();
        for row in self.shown(&kind.name) {
            by_title.entry(without_small(row.values.text(&kind.title))).or_default().push(row);
        }
        let mut found = Vec::new();
        for rows in by_title.into_values().filter(|rows| (2..=MOST).contains(&rows.len())) {
            let said: Vec<Said<'_>> = rows.into_iter().map(|row| Said::of(kind, row)).collect();
            let mut clusters: Vec<Vec<&Said<'_>>> = Vec::new();
            for one in &said {
                // A record that says little may be the same as two that differ: a person sees all three together.
                let mut fits = |cluster: &Vec<&Said<'_>>| {
                    cluster.iter().take(CLOSE).any(|known| {
                        let may = *left > 0 && known.may_be(one);
                        *left = left.saturating_sub(1);
                        may
                    })
                };
                let (near, far) = clusters.into_iter().partition::<Vec<_>, _>(&mut fits);
                clusters = far;
                clusters.push(near.into_iter().flatten().chain([one]).collect());
            }
            let several = clusters.into_iter().filter(|cluster| cluster.len() > 1);
            found.extend(several.map(|cluster| cluster.into_iter().map(|said| said.row.clone()).collect::<Vec<_>>()));
            if *left == 0 || found.len() >= FOUND {
                break;
            }
        }
        found
    }
}

/// A record with what it is compared by, worked out once.
struct Said<'a> {
    row: &'a Arc<Row>,
    by: By,
}

/// What a record is compared by.
enum By {
    /// What its fields say, folded; empty where they say nothing.
    Fields(Vec<String>),
    /// All that it says, of which a number is compared first.
    Everything(u64),
}

impl<'a> Said<'a> {
    fn of(kind: &Kind, row: &'a Arc<Row>) -> Self {
        if kind.identity.is_empty() {
            let mut hasher = DefaultHasher::new();
            row.values.to_json().to_string().hash(&mut hasher);
            return Self { row, by: By::Everything(hasher.finish()) };
        }
        let fields = kind.identity.iter().filter(|field| **field != kind.title).chain(&kind.alike);
        Self { row, by: By::Fields(fields.map(|field| text(&row.values, field)).collect()) }
    }

    fn may_be(&self, other: &Self) -> bool {
        match (&self.by, &other.by) {
            (By::Fields(own), By::Fields(others)) => {
                let agree = |(one, other): (&String, &String)| one.is_empty() || other.is_empty() || one == other;
                own.iter().zip(others).all(agree)
            }
            (By::Everything(own), By::Everything(others)) => {
                own == others && self.row.owner() == other.row.owner() && self.row.values == other.row.values
            }
            _ => false,
        }
    }
}

fn text(values: &Values, field: &str) -> String {
    values.get(field).map(|value| without_small(&value.to_string())).unwrap_or_default()
}

/// Small words that people leave out or put in.
const SMALL: [&str; 10] = ["the", "a", "an", "of", "for", "and", "de", "la", "le", "el"];

/// A text without the small words, in the form in which names are compared.
fn without_small(text: &str) -> String {
    let large = words(text).into_iter().filter(|word| !SMALL.contains(&word.as_str()));
    let large: String = large.collect();
    if large.is_empty() { bare(text) } else { large }
}

#[cfg(test)]
mod tests {
    use super::{FOUND, without_small};
    use crate::question::fixture::Coalition;
    use serde_json::json;

    #[test]
    fn small_words_accents_and_signs_make_no_other_name() {
        assert_eq!(without_small("Anglers of the Lower Valley"), without_small("anglers of Lower-Valley"));
        assert_eq!(without_small("Jos\u{e9}"), without_small("Jose\u{301}"));
        assert_ne!(without_small("The The"), without_small("The"));
        assert_ne!(without_small("!!"), without_small("??"));
        assert_ne!(without_small("Upper Valley"), without_small("Lower Valley"));
    }

    #[test]
    fn one_answer_makes_a_bounded_number_of_comparisons_and_of_groups() {
        let mut coalition = Coalition::new(&["Clean River"]);
        for number in 0..20 {
            coalition.record(0, "asset", json!({"name": "Van", "place": format!("Place {number}")}));
        }
        let kind = coalition.views.registry.kind("asset").unwrap().clone();
        let mut left = 1_000;
        assert!(coalition.views.alike(&kind, &mut left).is_empty());
        assert_eq!(left, 1_000 - 20 * 19 / 2);
        for _ in 0..2 {
            coalition.record(0, "asset", json!({"name": "A boat", "place": "Lismore"}));
        }
        let found = |mut left: usize| {
            let found = coalition.views.alike(&kind, &mut left);
            (found.iter().map(Vec::len).collect::<Vec<_>>(), left)
        };
        assert_eq!(found(1_000).0, [2]);
        // What was found before it became too much is told.
        assert_eq!(found(20), (vec![2], 0));
        for title in 0..FOUND {
            for _ in 0..2 {
                coalition.record(0, "asset", json!({"name": format!("Tent {title}"), "place": "Lismore"}));
            }
        }
        assert_eq!(coalition.views.duplicates(&kind).len(), FOUND);
    }
}
