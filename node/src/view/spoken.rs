//! For whom a record speaks: readers look the mandate up, whatever the record says.

use super::{MandateRow, MandateState, Views};
use grid_protocol::control::Role;
use grid_protocol::id::GroupId;
use grid_protocol::record::{Value, Values};
use grid_protocol::replica::Row;
use grid_protocol::time::Timestamp;

/// Letters of an id that are enough to name a mandate.
const PREFIX: usize = 6;

impl Views {
    /// For whom a record speaks now, where its kind can speak for the network: with the mandate, where it says that it
    /// does. None for other kinds, and for what speaks for its group.
    pub fn speaks(&self, row: &Row, now: Timestamp) -> Option<Result<&MandateRow, String>> {
        let kind = self.registry.kind(row.kind()?)?;
        if row.values.text(kind.speaks.as_ref()?) != "network" {
            return None;
        }
        // Without a name any mandate would do.
        if row.damaged.iter().any(|field| field == "mandate") {
            return Some(Err("nobody can read which mandate it names".to_owned()));
        }
        let nobody = || Err("nobody knows yet who wrote it".to_owned());
        Some(row.owner().map_or_else(nobody, |group| self.spoken(group, &row.values, row.changed, now)))
    }

    /// The values of a record for readers who can't look its mandate up: it speaks for whom it speaks now.
    pub fn judged(&self, row: &Row, mut values: Values, now: Timestamp) -> Values {
        let kind = row.kind().and_then(|kind| self.registry.kind(kind));
        if let (Some(Err(_)), Some(speaks)) = (self.speaks(row, now), kind.and_then(|kind| kind.speaks.clone()))
            && values.get(&speaks).is_some()
        {
            values.set(speaks, Value::Text("group".into()));
        }
        values
    }

    /// The mandate under which a record of this group that was `written` then speaks for the network now. It has to hold
    /// at both moments: a mandate that came later makes nothing that was said before it a word of the network. For what a
    /// mandate is given stands in words that people read; no program compares them.
    ///
    /// # Errors
    ///
    /// Why it speaks for nobody but its group, in words.
    pub fn spoken(
        &self,
        group: GroupId,
        values: &Values,
        written: Timestamp,
        now: Timestamp,
    ) -> Result<&MandateRow, String> {
        let named = values.text("mandate").trim().to_ascii_lowercase();
        let may = |row: &&MandateRow| matches!(row.role, Role::Speaker | Role::Steward);
        let own = || self.mandates.iter().filter(|row| row.group == group);
        let fits = |row: &&MandateRow| match named.is_empty() {
            true => true,
            false => named.len() >= PREFIX && row.id.to_string().starts_with(&named),
        };
        let at = |row: &MandateRow, moment| matches!(row.state(moment), MandateState::Valid { .. });
        let holds = |row: &&MandateRow| at(row, now) && at(row, written);
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
            MandateState::Valid { .. } if may(&row) => {
                format!("its mandate did not hold yet when it was written, {written}")
            }
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
