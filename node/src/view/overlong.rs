//! What says more than the index keeps: looked through when somebody looks for words, as far as there is time.
//!
//! The shortest comes first: whoever writes one that takes all the time keeps nobody else's out.

use super::Views;
use super::wording::{KEPT, length_of_wording, worded, wording};
use grid_protocol::record::Kind;
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
        bytes: usize,
        kinds: impl Fn(&str) -> bool,
        has: impl Fn(&str) -> Option<T>,
    ) -> LookedThrough<'_, T> {
        let rows = self.search.overlong(&self.records).filter(|row| row.kind().is_some_and(&kinds));
        let (within, left) = self.within(bytes, rows);
        let has = |(kind, row): (&Arc<Kind>, _)| {
            let row: &Arc<Row> = row;
            Some((row, has(&wording(worded(kind), &row.values))?))
        };
        LookedThrough { found: within.into_iter().filter_map(has).collect(), left }
    }

    /// Those records of some kinds that say more than the index keeps for which there is time, the shortest first, and the
    /// others. What was removed is in no index: of that the very long ones come last.
    pub(crate) fn overlong(&self, kinds: impl Fn(&str) -> bool) -> (Vec<&Arc<Row>>, Vec<&Arc<Row>>) {
        let long = |kind: &Arc<Kind>, row: &Row| length_of_wording(worded(kind), &row.values) > KEPT;
        let of_kinds = self.registry.kinds().filter(|kind| kinds(&kind.name));
        let removed = of_kinds.flat_map(|kind| self.records.removed(&kind.name).filter(move |row| long(kind, row)));
        let overlong = self.search.overlong(&self.records).filter(|row| row.kind().is_some_and(&kinds));
        let (within, left) = self.within(LOOKED_THROUGH, overlong.chain(removed));
        (within.into_iter().map(|(_, row)| row).collect(), left)
    }

    /// What there is no time for is not even put together.
    fn within<'a>(
        &'a self,
        mut bytes: usize,
        rows: impl Iterator<Item = &'a Arc<Row>>,
    ) -> (Vec<OfKind<'a>>, Vec<&'a Arc<Row>>) {
        let rows = rows.filter_map(|row| {
            let kind = self.registry.kind(row.kind()?)?;
            Some((length_of_wording(worded(kind), &row.values), kind, row))
        });
        let mut rows: Vec<_> = rows.collect();
        rows.sort_by_key(|(length, _, row)| (row.is_removed(), *length));
        let (mut within, mut left) = (Vec::new(), Vec::new());
        for (length, kind, row) in rows {
            match bytes.checked_sub(length) {
                Some(rest) => {
                    bytes = rest;
                    within.push((kind, row));
                }
                None => left.push(row),
            }
        }
        (within, left)
    }
}

/// A record and its kind.
type OfKind<'a> = (&'a Arc<Kind>, &'a Arc<Row>);

/// What is said where not everything was looked through.
pub(crate) fn not_looked_through(left: usize) -> Option<String> {
    let them = match left {
        0 => return None,
        1 => "One very long record was".to_owned(),
        left => format!("{left} very long records were"),
    };
    Some(format!("{them} not looked through: it would take too long. An export of the kind without words holds them."))
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
