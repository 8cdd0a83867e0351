//! Status: what became of a record, where it does not stand as records of its kind begin.

use super::Views;
use grid_protocol::record::STATUS;
use grid_protocol::replica::Row;

impl Views {
    /// What the status of a record says, where it is not the one with which its kind begins: `cancelled`, `done`.
    pub(crate) fn turned<'r>(&self, row: &'r Row) -> Option<&'r str> {
        self.registry.kind(row.kind()?)?.field(STATUS)?.turned(row.values.text(STATUS))
    }
}

/// Whether it was called off: it is told of all the same, as that.
pub(crate) fn is_cancelled(row: &Row) -> bool {
    row.values.text(STATUS) == "cancelled"
}
