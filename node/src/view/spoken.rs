//! For whom a record speaks: readers look the mandate up, whatever the record says.

use super::{MandateRow, MandateState, Views};
use grid_protocol::control::Role;
use grid_protocol::id::GroupId;
use grid_protocol::record::Values;
use grid_protocol::time::Timestamp;

/// Letters of an id that are enough to name a mandate.
const PREFIX: usize = 6;

impl Views {
    /// The mandate under which a record of this group speaks for the network at a moment.
    ///
    /// # Errors
    ///
    /// Why it speaks for nobody but its group, in words.
    pub fn spoken(&self, group: GroupId, values: &Values, now: Timestamp) -> Result<&MandateRow, String> {
        let named = values.text("mandate").trim().to_ascii_lowercase();
        let may = |row: &&MandateRow| matches!(row.role, Role::Speaker | Role::Steward);
        let own = || self.mandates.iter().filter(|row| row.group == group);
        let fits = |row: &&MandateRow| match named.is_empty() {
            true => true,
            false => named.len() >= PREFIX && row.id.to_string().starts_with(&named),
        };
        let holds = |row: &&MandateRow| matches!(row.state(now), MandateState::Valid { .. });
        if let Some(row) = own().filter(fits).filter(may).find(holds) {
            return Ok(row);
        }
        let Some(row) = own().find(fits) else {
            return Err(match named.is_empty() {
                true => "it holds no mandate".to_owned(),
                false => format!("it holds no mandate {named}"),
            });
        };
        Err(match row.state(now) {
            MandateState::Valid { .. } => {
                format!("its mandate is that of a {}, and speaking takes a speaker or a steward", row.role.name())
            }
            MandateState::Upcoming { from } => format!("its mandate begins only at {from}"),
            MandateState::Waiting => {
                format!("{} of {} electors endorse its mandate", row.endorsers.len(), row.needed)
            }
            MandateState::Over => format!("its mandate ended at {}", row.term.to),
        })
    }
}
