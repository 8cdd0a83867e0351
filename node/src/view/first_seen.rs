//! When a record counts as written: at the time that its writer claims, and no later than it was first seen here.
//!
//! Anybody may set a clock to the year 8000. Listings, news and silence go by the time of the last change: without a bound
//! such a record would stand above all others for good. A node therefore takes a time that lies ahead of its own clock
//! for the moment at which it first saw the record so. Claims that do not lie ahead order the same on every node.

use super::Views;
use grid_protocol::replica::Row;
use grid_protocol::time::Timestamp;
use std::sync::Arc;

/// A row as it is shown, and what its writer claims.
#[derive(Clone, Debug)]
pub(crate) struct Dated {
    /// The row, with no time later than it was first seen.
    pub(crate) row: Arc<Row>,
    /// When it was changed last, by the clock of who did.
    pub(crate) claimed: Timestamp,
}

impl Views {
    /// A row with no time that lies ahead, seen now. Seen before without a change it keeps the time it had then.
    pub(crate) fn dated(&self, row: Arc<Row>, now: Timestamp) -> Dated {
        let claimed = row.changed;
        if claimed <= now {
            return Dated { row, claimed };
        }
        let known = self.records.row(&row.document).filter(|known| known.changed <= now);
        let changed = known.filter(|known| known.heads == row.heads).map_or(now, |known| known.changed);
        let created = row.created.min(known.map_or(now, |known| known.created)).min(changed);
        let row = Row { created, changed, ..Arc::unwrap_or_clone(row) };
        Dated { row: Arc::new(row), claimed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::question::fixture::Coalition;
    use grid_protocol::id::{ChangeHash, DocumentId};
    use serde_json::json;

    const AHEAD: Timestamp = Timestamp(200_000_000_000_000);

    #[test]
    fn a_record_from_the_year_8000_counts_from_when_it_was_first_seen() {
        let mut coalition = Coalition::new(&["Clean River", "Mallory"]);
        let id = coalition.record(1, "action", json!({"title": "First for ever"}));
        let document: DocumentId = id.parse().unwrap();
        let views = &mut coalition.views;
        let row = views.records.row(&document).unwrap().clone();
        let written = row.changed;
        let ahead = |heads: u8| {
            let heads = vec![ChangeHash([heads; 32])];
            Arc::new(Row { created: AHEAD, changed: AHEAD, heads, ..(*row).clone() })
        };
        let at = |seconds: u64| Timestamp(written.0 + 1_000 * seconds);
        let show = |views: &mut Views, row: Arc<Row>, now: Timestamp| {
            let dated = views.dated(row, now);
            assert_eq!(dated.claimed, AHEAD);
            views.take_rows([dated.row.clone()]);
            (dated.row.created, dated.row.changed)
        };
        assert_eq!(show(views, ahead(1), at(10)), (written, at(10)));
        // Read anew it is not newer for that; changed again it is.
        assert_eq!(show(views, ahead(1), at(20)), (written, at(10)));
        assert_eq!(show(views, ahead(2), at(30)), (written, at(30)));
        // What does not lie ahead stands as it is claimed.
        assert_eq!(views.dated(row.clone(), at(40)).row, row);
        // A clock that was ahead by mistake, and is right again, does not hold on to what it said.
        assert_eq!(show(views, ahead(2), at(5)), (at(5), at(5)));
    }
}
