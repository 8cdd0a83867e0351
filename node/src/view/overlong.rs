//! What says more than the index keeps: looked through when somebody looks for words, as far as there is time.
//!
//! The shortest comes first: whoever writes one that takes all the time keeps nobody else's out.

use super::Views;
use super::wording::{length_of_wording, worded, wording};
use grid_protocol::replica::Row;
use std::sync::Arc;

/// Bytes of texts that are looked through for one question at most: about a tenth of a second.
const LOOKED_THROUGH: usize = 4 << 20;

/// What came of looking through records that say more than the index keeps.
#[derive(Debug)]
pub(crate) struct LookedThrough<'a, T> {
    /// Those that have what is looked for, the shortest first, and how.
    pub(crate) found: Vec<(&'a Arc<Row>, T)>,
    /// Those that were not looked through.
    pub(crate) left: Vec<&'a Arc<Row>>,
}

impl<T> Default for LookedThrough<'_, T> {
    fn default() -> Self {
        Self { found: Vec::new(), left: Vec::new() }
    }
}

impl Views {
    /// Looks through those records of some kinds that say more than the index keeps.
    pub(crate) fn look_through<T>(
        &self,
        kinds: impl Fn(&str) -> bool,
        has: impl Fn(&str) -> Option<T>,
    ) -> LookedThrough<'_, T> {
        self.look_through_within(LOOKED_THROUGH, kinds, has)
    }

    fn look_through_within<T>(
        &self,
        mut bytes: usize,
        kinds: impl Fn(&str) -> bool,
        has: impl Fn(&str) -> Option<T>,
    ) -> LookedThrough<'_, T> {
        let overlong = self.search.overlong(&self.records).filter_map(|row| {
            let kind = self.registry.kind(row.kind().filter(|kind| kinds(kind))?)?;
            Some((length_of_wording(worded(kind), &row.values), kind, row))
        });
        let mut overlong: Vec<_> = overlong.collect();
        overlong.sort_by_key(|(length, ..)| *length);
        let mut looked = LookedThrough::default();
        for (length, kind, row) in overlong {
            // What there is no time for is not even put together.
            let Some(rest) = bytes.checked_sub(length) else {
                looked.left.push(row);
                continue;
            };
            bytes = rest;
            looked.found.extend(has(&wording(worded(kind), &row.values)).map(|how| (row, how)));
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
    use std::cell::Cell;

    #[test]
    fn the_shortest_are_looked_through_first_and_never_more_than_there_is_time_for() {
        let mut coalition = Coalition::new(&["Clean River"]);
        for last in ["heron and more", "otters", "heron"] {
            coalition.record(0, "page", json!({"title": "Words", "text": Coalition::wordy(last)}));
        }
        let look = |bytes: usize| {
            let read = Cell::new(0);
            let has = |said: &str| {
                read.set(read.get() + said.len());
                said.contains("heron").then_some(())
            };
            let looked = coalition.views.look_through_within(bytes, |kind| kind == "page", has);
            assert!(read.get() <= bytes, "{} of {bytes}", read.get());
            (looked.found.len(), looked.left.len())
        };
        let length = "Words\n".len() + Coalition::wordy("heron").len() + "\n".len();
        let (longer, longest) = (length + "s".len(), length + " and more".len());
        assert_eq!((look(0), look(length - 1), look(length)), ((0, 3), (0, 3), (1, 2)));
        let most = length + longer + longest;
        assert_eq!((look(length + longer), look(most - 1)), ((1, 1), (1, 1)), "the longest was written first");
        assert_eq!(look(most), (2, 0));
        assert!(coalition.views.look_through(|kind| kind == "action", |_| Some(())).found.is_empty());
    }
}
