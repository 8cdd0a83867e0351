//! What a cut took from this group: listed, and published again as new changes of this computer.

use super::Driver;
use super::write::{BATCH, again};
use crate::handle::{CommandError, LostRecord, LostState, NotRepublished, Republished};
use crate::outbound::{Draft, Edit};
use grid_protocol::entry::{Head, VerifiedEntry};
use grid_protocol::key::DeviceId;
use grid_protocol::record::Patch;
use grid_protocol::replica::{Legibility, OwnWords, Regained, Removal};
use std::collections::BTreeSet;

impl Driver {
    /// What this group's computers wrote that a cut took.
    pub(super) fn lost(&mut self) -> Result<Vec<LostRecord>, CommandError> {
        let regained = self.replica.regained()?;
        Ok(regained.into_iter().map(|lost| self.lost_record(lost)).collect())
    }

    fn lost_record(&self, lost: Regained) -> LostRecord {
        let views = self.views.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        let kind = lost.opening.as_ref().and_then(|opening| views.registry.kind(opening.kind.as_str()));
        let title = kind.and_then(|kind| {
            let name = &*kind.title;
            let held = views.records.row(&lost.document).map(|row| row.values.text(name).to_owned());
            let told = || lost.fields.get(name).or_else(|| lost.older.get(name)).cloned().flatten();
            held.filter(|title| !title.is_empty()).or_else(|| told()?.as_text().map(str::to_owned))
        });
        let mut devices: Vec<DeviceId> = lost.changes.iter().map(|(device, _)| *device).collect();
        devices.sort_unstable();
        devices.dedup();
        LostRecord {
            document: lost.document,
            kind: kind.map(|kind| kind.name.clone()),
            title,
            changes: lost.changes.len(),
            first: lost.changes.first().map(|(_, lost)| lost.time).unwrap_or_default(),
            last: lost.changes.last().map(|(_, lost)| lost.time).unwrap_or_default(),
            state: match (lost.is_missing(), lost.legibility) {
                (true, _) => LostState::Missing,
                (false, Legibility::Partial) => LostState::Unreadable,
                (false, Legibility::Whole) if !lost.older.is_empty() => LostState::Older,
                (false, Legibility::Whole) => LostState::Here,
            },
            removes: lost.removal == Removal::Lost,
            fields: lost.fields,
            older: lost.older,
            devices,
        }
    }

    /// Writes again what is missing, of one computer or of all; asked twice, the second time writes nothing.
    pub(super) async fn publish_lost(&mut self, of: Option<DeviceId>) -> Result<Republished, CommandError> {
        self.whole()?;
        let is_meant = |device: &DeviceId| of.is_none_or(|of| of == *device);
        let mut missing = self.replica.regained()?;
        missing.retain(|lost| lost.is_missing() && lost.changes.iter().any(|(device, _)| is_meant(device)));
        self.must_be_own(&missing)?;
        let mut done = Republished::default();
        let mut batch = Vec::new();
        for lost in missing {
            let head = batch.last().and_then(last_head).or_else(|| self.replica.own_head().copied());
            match self.draft_again(&lost, head) {
                Ok(draft) => {
                    done.records.push(self.touched(draft.document));
                    batch.push(draft);
                }
                Err(error) => {
                    done.skipped.push(NotRepublished { record: self.touched(lost.document), why: error.to_string() });
                }
            }
            if batch.len() >= BATCH {
                self.keep(&std::mem::take(&mut batch), Vec::new()).await.map_err(|error| again(&error))?;
            }
        }
        self.keep(&batch, Vec::new()).await.map_err(|error| again(&error))?;
        Ok(done)
    }

    /// Whoever has the keys of a computer that a second group certified writes with them: what is said again is the
    /// group's own only up to a place that the group has named.
    fn must_be_own(&self, missing: &[Regained]) -> Result<(), CommandError> {
        let devices: BTreeSet<DeviceId> =
            missing.iter().flat_map(|lost| lost.changes.iter().map(|(device, _)| *device)).collect();
        for device in devices {
            let short: String = device.to_string().chars().take(10).collect();
            match self.replica.own_words(&device)? {
                OwnWords::Here => {}
                OwnWords::Endless => {
                    return Err(CommandError::Refused {
                        why: format!(
                            "another group certified the computer {short} as well, and your group has not ended it: whoever \
                             has its keys may have written some of this, or removed your records"
                        ),
                        hint: format!(
                            "first end it at the last place that is your own: look at `grid device lost`, then `grid device \
                             revoke {short} --before TIME`; or, if your group's key was on it, `grid group recover`"
                        ),
                    });
                }
                OwnWords::Elsewhere => {
                    return Err(CommandError::Refused {
                        why: format!(
                            "what is here of the computer {short} does not reach the place where your group ended it"
                        ),
                        hint: format!(
                            "leave the node running until it is here; if nobody has it any more, end that computer where \
                             what is here ends: `grid device revoke {short} --before TIME`"
                        ),
                    });
                }
            }
        }
        Ok(())
    }

    fn draft_again(&mut self, lost: &Regained, head: Option<Head>) -> Result<Draft, CommandError> {
        let now = self.clock.now().wall;
        let unknown = || CommandError::NotFound { what: "record".to_owned(), id: lost.document.to_string() };
        let opening = lost.opening.clone().ok_or_else(unknown)?;
        let kind = self.outbound.kind_of(&opening)?;
        let edit = match lost.removal {
            Removal::Lost => Edit::Remove,
            Removal::None => {
                let mut patch = Patch::default();
                for (field, value) in &lost.fields {
                    patch.set(&kind, field, value.clone()).map_err(|error| CommandError::Invalid {
                        why: error.to_string(),
                        hint: error.hint().unwrap_or_default().to_owned(),
                    })?;
                }
                Edit::Patch(patch)
            }
        };
        self.outbound.draft_in(&mut self.replica, now, head, (lost.document, opening), &edit)
    }
}

fn last_head(draft: &Draft) -> Option<Head> {
    draft.entries.last().and_then(VerifiedEntry::head)
}
