//! Writes: as many as wait are worked out, then share one flush of the journal.

use super::{Driver, Flow};
use crate::handle::{Answer, Command, CommandError, Imported, Target, Written};
use crate::outbound::{Draft, Edit};
use grid_protocol::entry::Head;
use grid_protocol::id::DocumentId;
use grid_protocol::record::{ImportRow, Kind, Patch, Reading, origin_of};
use grid_protocol::storage::StorageError;
use std::collections::{BTreeSet, HashMap};
use tokio::sync::mpsc;

/// Writes that share one flush at most.
const BATCH: usize = 128;

/// Drafts that wait for the flush they share.
#[derive(Default)]
struct Batch {
    drafts: Vec<Draft>,
    answers: Vec<Answer<Written>>,
    touched: BTreeSet<DocumentId>,
    head: Option<Head>,
}

impl Driver {
    /// Whether this device's own log is whole, so that a new entry can't contradict one that is known.
    fn whole(&self) -> Result<(), CommandError> {
        let held = self.replica.logs().entries(&self.replica.me().device);
        match held < self.own_log {
            false => Ok(()),
            true => Err(CommandError::Refused {
                why: format!(
                    "{} of this device's own entries were lost with the store and have not come back from peers yet",
                    self.own_log - held
                ),
                hint: "leave the node running until it has met another group's node, then restart it".to_owned(),
            }),
        }
    }

    /// Carries out a write and those that wait behind it.
    pub(super) async fn write_batch(&mut self, first: Command, more: &mut mpsc::Receiver<Command>) -> Flow {
        let mut batch = self.batch();
        let mut next = Some(first);
        while let Some(command) = next {
            let (target, edit, answer) = match command {
                Command::Write { target, patch, answer } => (target, Edit::Patch(patch), answer),
                Command::Remove { document, answer } => (Target::Existing(document), Edit::Remove, answer),
                other => {
                    self.flush(batch).await;
                    return match other {
                        Command::Import { kind, rows, answer } => {
                            let _ = answer.send(self.import(&kind, rows).await);
                            Flow::Continue
                        }
                        other => Box::pin(self.take_command(other, more)).await,
                    };
                }
            };
            // A second write to one record has to see the first.
            if matches!(&target, Target::Existing(document) if batch.touched.contains(document))
                || matches!(&target, Target::Own(_))
            {
                self.flush(batch).await;
                batch = self.batch();
            }
            let whole = self.whole();
            let now = self.clock.now().wall;
            match whole.and_then(|()| self.outbound.draft(&mut self.replica, now, batch.head, &target, &edit)) {
                Err(error) => {
                    let _ = answer.send(Err(self.named(error)));
                }
                Ok(draft) => {
                    if let Some(last) = draft.entries.last() {
                        batch.head = last.head();
                    }
                    batch.touched.insert(draft.document);
                    batch.drafts.push(draft);
                    batch.answers.push(answer);
                }
            }
            next = if batch.drafts.len() < BATCH { more.try_recv().ok() } else { None };
        }
        self.flush(batch).await;
        Flow::Continue
    }

    fn batch(&self) -> Batch {
        Batch { head: self.replica.own_head().copied(), ..Batch::default() }
    }

    /// Keeps the drafts, announces them, reads them, and answers.
    async fn flush(&mut self, batch: Batch) {
        let Batch { drafts, answers, .. } = batch;
        if drafts.is_empty() {
            return;
        }
        let outcome = self.keep(&drafts).await;
        for (draft, answer) in drafts.iter().zip(answers) {
            let _ = answer.send(match &outcome {
                Ok(()) => Ok(self.written(draft)),
                Err(error) => Err(CommandError::Storage(again(error))),
            });
        }
    }

    async fn keep(&mut self, drafts: &[Draft]) -> Result<(), StorageError> {
        let entries: Vec<_> = drafts.iter().flat_map(|draft| draft.entries.iter().cloned()).collect();
        if entries.is_empty() {
            return Ok(());
        }
        match self.replica.commit(entries, Vec::new()) {
            Ok(effects) => {
                self.storage_trouble = None;
                self.carry_out(effects).await;
                // What was written is the first thing in the backlog.
                self.work().await;
                Ok(())
            }
            Err(error) => {
                self.note_storage(&error);
                Err(error)
            }
        }
    }

    /// The same error with the name of a group in place of its id.
    fn named(&self, error: CommandError) -> CommandError {
        match error {
            CommandError::NotYours { owner } => {
                let views = self.views.read().unwrap_or_else(std::sync::PoisonError::into_inner);
                let name = owner.parse().map(|group| views.name_of(&group));
                CommandError::NotYours { owner: name.unwrap_or(owner) }
            }
            other => other,
        }
    }

    fn written(&self, draft: &Draft) -> Written {
        let views = self.views.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        let heads = views.records.row(&draft.document).map(|row| row.heads.clone()).unwrap_or_default();
        Written { document: draft.document, change: draft.change, heads }
    }

    /// Imports rows: each finds its record by the kind's identity, or makes one.
    async fn import(&mut self, kind: &str, rows: Vec<ImportRow>) -> Result<Vec<Imported>, CommandError> {
        let kind = self
            .replica
            .documents()
            .registry()
            .kind(kind)
            .cloned()
            .ok_or_else(|| CommandError::NotFound { what: "kind of record".to_owned(), id: kind.to_owned() })?;
        self.whole()?;
        let mut known = self.own_by_identity(&kind);
        let own = self.own_records(&kind);
        // Read only once a row finds no record: every record has to be opened for it.
        let mut origins: Option<HashMap<String, DocumentId>> = None;
        let mut imported = Vec::with_capacity(rows.len());
        let mut batch = self.batch();
        let mut lines: Vec<(usize, usize)> = Vec::new();
        for row in rows {
            let line = row.line;
            // An id of our own export names the record; otherwise what the row says about itself does.
            let mut found = row
                .id
                .as_deref()
                .and_then(|id| id.parse().ok())
                .filter(|id| own.contains(id))
                .or_else(|| row.key.as_ref().and_then(|key| known.get(key).copied()));
            if let (None, Some(key)) = (found, &row.key) {
                let origins = origins.get_or_insert_with(|| self.origins(&kind, &own));
                found = origins.get(&origin_of(key)).copied();
            }
            if found.is_some_and(|document| batch.touched.contains(&document)) || batch.drafts.len() >= BATCH {
                self.settle(&mut imported, &mut lines, std::mem::take(&mut batch)).await;
                batch = self.batch();
            }
            let outcome = self.import_row(&kind, found, &row.patch, batch.head);
            let slot = imported.len();
            match outcome {
                Err(error) => imported.push(Imported { line, outcome: Err(error.to_string()) }),
                Ok(draft) => {
                    if let Some(last) = draft.entries.last() {
                        batch.head = last.head();
                    }
                    if let Some(key) = row.key {
                        known.insert(key, draft.document);
                    }
                    imported.push(Imported { line, outcome: Ok(self.written(&draft)) });
                    batch.touched.insert(draft.document);
                    lines.push((slot, batch.drafts.len()));
                    batch.drafts.push(draft);
                }
            }
        }
        self.settle(&mut imported, &mut lines, batch).await;
        Ok(imported)
    }

    fn import_row(
        &mut self,
        kind: &Kind,
        found: Option<DocumentId>,
        row: &Patch,
        head: Option<Head>,
    ) -> Result<Draft, CommandError> {
        let existing = match found {
            None => Reading::default(),
            Some(document) => {
                let live = self.replica.live(document)?;
                live.document()
                    .read(|automerge| kind.read(automerge))
                    .map_err(|error| CommandError::Quarantined { why: error.to_string() })?
            }
        };
        let patch = kind.merge_import(&existing, row);
        let target = found.map_or_else(|| Target::New(kind.name.clone()), Target::Existing);
        let now = self.clock.now().wall;
        self.outbound.draft(&mut self.replica, now, head, &target, &Edit::Patch(patch))
    }

    /// Keeps a batch of imported rows and corrects what was noted of them.
    async fn settle(&mut self, imported: &mut [Imported], lines: &mut Vec<(usize, usize)>, batch: Batch) {
        let outcome = self.keep(&batch.drafts).await;
        for (slot, draft) in lines.drain(..) {
            if let (Some(row), Some(draft)) = (imported.get_mut(slot), batch.drafts.get(draft)) {
                row.outcome = match &outcome {
                    Ok(()) => Ok(self.written(draft)),
                    Err(error) => Err(error.to_string()),
                };
            }
        }
    }

    /// This group's records of a kind.
    fn own_records(&self, kind: &Kind) -> BTreeSet<DocumentId> {
        let own = self.outbound.group();
        let views = self.views.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        let rows = views.records.of_kind(&kind.name).filter(|row| row.owner() == Some(own));
        rows.map(|row| row.document).collect()
    }

    /// Records by the row that an import made them from, whatever became of their identity since.
    fn origins(&mut self, kind: &Kind, own: &BTreeSet<DocumentId>) -> HashMap<String, DocumentId> {
        let mut origins = HashMap::new();
        for document in own {
            // A record that can't be opened is found by what its row shows, or not at all.
            let Ok(live) = self.replica.live(*document) else { continue };
            let Ok(reading) = live.document().read(|automerge| kind.read(automerge)) else { continue };
            if let Some(origin) = reading.imported.origin() {
                origins.insert(origin.to_owned(), *document);
            }
        }
        origins
    }

    /// This group's records of a kind, by what an import finds them again with.
    fn own_by_identity(&self, kind: &Kind) -> HashMap<String, DocumentId> {
        let own = self.outbound.group();
        let views = self.views.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        views
            .records
            .of_kind(&kind.name)
            .filter(|row| row.owner() == Some(own))
            .filter_map(|row| Some((kind.identity(&row.values)?, row.document)))
            .collect()
    }
}

/// The same failure for each of the writes that shared a flush.
fn again(error: &StorageError) -> StorageError {
    match error {
        StorageError::Full => StorageError::Full,
        StorageError::Damaged { what } => StorageError::Damaged { what: what.clone() },
        StorageError::Io { doing, source } => StorageError::Io { doing, source: source.to_string().into() },
    }
}
