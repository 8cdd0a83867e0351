//! Records that may mean the same thing, so that a person can say whether they do.

use super::Views;
use super::fold::words;
use grid_protocol::record::{Kind, Values};
use grid_protocol::replica::Row;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Records that one is compared with in each group of those that may be the same.
const CLOSE: usize = 16;
/// Records of one title that are compared: what hundreds are called says nothing.
const MOST: usize = 256;

impl Views {
    /// Groups of records of a kind that may be the same, oldest first within each. They have the same title, whatever
    /// its case, accents, signs and small words such as "the", and no other field of the kind's identity, nor its link, says otherwise. In a kind without an
    /// identity only records of one group that say exactly the same are. A title that more than 256 records share is left out.
    pub fn duplicates(&self, kind: &Kind) -> Vec<Vec<Arc<Row>>> {
        let mut by_title: BTreeMap<String, Vec<&Arc<Row>>> = BTreeMap::new();
        for row in self.shown(&kind.name) {
            by_title.entry(folded(row.values.text(&kind.title))).or_default().push(row);
        }
        let mut found = Vec::new();
        for rows in by_title.into_values().filter(|rows| (2..=MOST).contains(&rows.len())) {
            let mut clusters: Vec<Vec<Arc<Row>>> = Vec::new();
            for row in rows {
                // A record that says little may be the same as two that differ: a person sees all three together.
                let fits = |cluster: &Vec<Arc<Row>>| cluster.iter().take(CLOSE).any(|known| alike(kind, known, row));
                let (near, far) = clusters.into_iter().partition::<Vec<_>, _>(fits);
                clusters = far;
                clusters.push(near.into_iter().flatten().chain([row.clone()]).collect());
            }
            found.extend(clusters.into_iter().filter(|cluster| cluster.len() > 1));
        }
        for cluster in &mut found {
            cluster.sort_by_key(|row| (row.created, row.document));
        }
        found.sort_by_cached_key(|cluster| {
            cluster.first().map(|row| (row.values.text(&kind.title).to_lowercase(), row.document))
        });
        found
    }
}

fn alike(kind: &Kind, one: &Row, other: &Row) -> bool {
    if kind.identity.is_empty() {
        return one.owner() == other.owner() && one.values == other.values;
    }
    let fields = kind.identity.iter().filter(|field| **field != kind.title).chain(&kind.alike);
    fields.into_iter().all(|field| {
        let (one, other) = (text(&one.values, field), text(&other.values, field));
        one.is_empty() || other.is_empty() || one == other
    })
}

fn text(values: &Values, field: &str) -> String {
    values.get(field).map(|value| folded(&value.to_string())).unwrap_or_default()
}

/// Small words that people leave out or put in.
const SMALL: [&str; 10] = ["the", "a", "an", "of", "for", "and", "de", "la", "le", "el"];

/// The words of a text without the small ones, written as one, in the form in which texts are compared; a text of signs or
/// small words only stays as it is.
fn folded(text: &str) -> String {
    let letters: String = words(text).into_iter().filter(|word| !SMALL.contains(&word.as_str())).collect();
    if letters.is_empty() { text.trim().to_lowercase() } else { letters }
}

#[cfg(test)]
mod tests {
    use super::folded;

    #[test]
    fn small_words_accents_and_signs_make_no_other_name() {
        assert_eq!(folded("Anglers of the Lower Valley"), folded("anglers of Lower-Valley"));
        assert_eq!(folded("Jos\u{e9}"), folded("Jose\u{301}"));
        assert_ne!(folded("The The"), folded("The"));
        assert_ne!(folded("!!"), folded("??"));
        assert_ne!(folded("Upper Valley"), folded("Lower Valley"));
    }
}
