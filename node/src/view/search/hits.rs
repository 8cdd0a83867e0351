//! What a search found: the records that fit, the best first.

use super::super::records::{Number, Records};
use super::Search;
use grid_protocol::replica::Row;
use std::sync::Arc;

/// A record that was found.
#[derive(Clone, Debug)]
pub(crate) struct Hit<'a> {
    /// The record.
    pub(crate) row: &'a Arc<Row>,
    /// How well it fits: more is better.
    pub(crate) score: f32,
}

/// A record that has a word of a query.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scored {
    pub(super) score: f32,
    /// How many of the words it has.
    pub(super) found: u32,
    pub(super) number: Number,
}

/// The records that fit a query, in no order yet.
pub(crate) struct Hits<'a> {
    pub(super) search: &'a Search,
    pub(super) records: &'a Records,
    pub(super) scored: Vec<Scored>,
}

impl<'a> Hits<'a> {
    /// How many of such kinds `counts` lets through.
    pub(crate) fn count(&self, kinds: impl Fn(&str) -> bool, counts: impl Fn(&Row) -> bool) -> usize {
        let rows = self.of_kinds(kinds).into_iter().filter_map(|(_, number)| self.records.numbered(number));
        rows.filter(|row| counts(row)).count()
    }

    /// Those of such kinds that have as many of the words as any of them.
    fn of_kinds(&self, kinds: impl Fn(&str) -> bool) -> Vec<(f32, Number)> {
        let of_kind: Vec<bool> = self.search.kinds.iter().map(|kind| kinds(kind)).collect();
        let meant = |number: Number| {
            let kind = self.search.kind_of.get(number as usize).copied().flatten();
            kind.is_some_and(|kind| of_kind.get(usize::from(kind.get()) - 1) == Some(&true))
        };
        let of_kinds = || self.scored.iter().filter(|hit| meant(hit.number));
        let has = of_kinds().map(|hit| hit.found).max().unwrap_or_default();
        of_kinds().filter(|hit| hit.found == has).map(|hit| (hit.score, hit.number)).collect()
    }

    /// Those of such kinds that have as many of the words as any of them and that `shows` lets through, best first, then by
    /// id; at most so many.
    pub(crate) fn best(
        &self,
        kinds: impl Fn(&str) -> bool,
        most: usize,
        mut shows: impl FnMut(&Arc<Row>) -> bool,
    ) -> Vec<Hit<'a>> {
        let records = self.records;
        let mut hits: Vec<(f32, Number)> = self.of_kinds(kinds);
        let document = |number: Number| records.numbered(number).map(|row| row.document);
        let order = |one: &(f32, Number), other: &(f32, Number)| {
            other.0.total_cmp(&one.0).then_with(|| document(one.1).cmp(&document(other.1)))
        };
        let mut found = Vec::new();
        // The best are picked out in growing parts: sorting all of them for the sake of a page takes too long.
        let mut part = most.max(16);
        while found.len() < most && !hits.is_empty() {
            let mut rest = Vec::new();
            if hits.len() > part {
                hits.select_nth_unstable_by(part, order);
                rest = hits.split_off(part);
            }
            hits.sort_unstable_by(order);
            for (score, number) in hits {
                let row = records.numbered(number);
                found.extend(row.filter(|row| found.len() < most && shows(row)).map(|row| Hit { row, score }));
            }
            hits = rest;
            part *= 4;
        }
        found
    }
}
