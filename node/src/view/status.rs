//! Status: what became of a record, where it does not stand as records of its kind begin.

use super::Views;
use grid_protocol::record::{FieldType, Value};
use grid_protocol::replica::Row;

/// The field that says how far something is.
const STATUS: &str = "status";

impl Views {
    /// What the status of a record says, where it is not the one with which its kind begins: `cancelled`, `done`.
    pub(crate) fn turned<'r>(&self, row: &'r Row) -> Option<&'r str> {
        let field = self.registry.kind(row.kind()?)?.field(STATUS)?;
        let said = row.values.text(STATUS);
        let begins = field.default.as_ref().and_then(Value::as_text).unwrap_or_default();
        let chosen = matches!(field.field_type, FieldType::Choice(_));
        (chosen && !said.is_empty() && said != begins).then_some(said)
    }
}

/// Whether it was called off: it is told of all the same, as that.
pub(crate) fn is_cancelled(row: &Row) -> bool {
    row.values.text(STATUS) == "cancelled"
}
