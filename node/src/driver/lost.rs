//! What a cut took from this group: listed, and published again as new changes of this computer.

use super::Driver;
use super::write::{BATCH, again};
use crate::handle::{CommandError, LostRecord, LostState, NotRepublished, Republished};
use crate::outbound::{Draft, Edit};
use grid_protocol::entry::{Head, VerifiedEntry};
use grid_protocol::key::DeviceId;
use grid_protocol::record::Patch;
use grid_protocol::replica::{Legibility, Regained, Removal};

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
        let mut done = Republished::default();
        let mut batch = Vec::new();
        for lost in self.replica.regained()? {
            let is_meant = |device: &DeviceId| of.is_none_or(|of| of == *device);
            if !lost.is_missing() || !lost.changes.iter().any(|(device, _)| is_meant(device)) {
                continue;
            }
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
