//! What says more than the index keeps: looked through when somebody looks for words, as far as there is time.

use super::Views;
use super::wording::{has_words, wording};
use grid_protocol::replica::Row;
use std::sync::Arc;

/// Bytes of texts that are looked through for one question at most: about a tenth of a second.
const LOOKED_THROUGH: usize = 4 << 20;

/// What came of looking through records that say more than the index keeps.
#[derive(Debug, Default)]
pub(crate) struct LookedThrough<'a> {
    /// Those that have what is looked for.
    pub(crate) found: Vec<&'a Arc<Row>>,
    /// How many were not looked through.
    pub(crate) left: usize,
}

impl Views {
    /// Looks through those records of some kinds that say more than the index keeps.
    pub(crate) fn look_through(&self, kinds: impl Fn(&str) -> bool, has: impl Fn(&str) -> bool) -> LookedThrough<'_> {
        self.look_through_within(LOOKED_THROUGH, kinds, has)
    }

    fn look_through_within(
        &self,
        mut bytes: usize,
        kinds: impl Fn(&str) -> bool,
        has: impl Fn(&str) -> bool,
    ) -> LookedThrough<'_> {
        let mut looked = LookedThrough::default();
        for row in self.search.overlong(&self.records) {
            let Some(kind) = row.kind().filter(|kind| kinds(kind)).and_then(|kind| self.registry.kind(kind)) else {
                continue;
            };
            if bytes == 0 {
                looked.left += 1;
                continue;
            }
            let said = wording(kind.fields.iter().filter(|it| has_words(kind, it)).map(|it| &it.name), &row.values);
            bytes = bytes.saturating_sub(said.len());
            if has(&said) {
                looked.found.push(row);
            }
        }
        looked
    }
}

/// What is said where not everything was looked through.
pub(crate) fn not_looked_through(left: usize) -> Option<String> {
    let them = match left {
        0 => return None,
        1 => "One very long record was".to_owned(),
        left => format!("{left} very long records were"),
    };
    Some(format!("{them} not looked through: it would take too long. An export of the kind holds them whole."))
}

#[cfg(test)]
mod tests {
    use crate::question::fixture::Coalition;
    use serde_json::json;

    #[test]
    fn what_there_is_no_time_for_is_counted() {
        let mut coalition = Coalition::new(&["Clean River"]);
        for last in ["heron", "otter", "heron"] {
            coalition.record(0, "page", json!({"title": "Words", "text": Coalition::wordy(last)}));
        }
        let look = |bytes| {
            let looked =
                coalition.views.look_through_within(bytes, |kind| kind == "page", |said| said.contains("heron"));
            (looked.found.len(), looked.left)
        };
        assert_eq!((look(usize::MAX), look(1), look(0)), ((2, 0), (1, 2), (0, 3)));
        assert_eq!(coalition.views.look_through(|kind| kind == "action", |_| true).found.len(), 0);
    }
}
