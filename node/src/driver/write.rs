//! Writes: as many as wait are worked out, then share one flush of the journal.

use super::local::Divided;
use super::{Driver, Flow};
use crate::handle::{Answer, Change, Command, CommandError, Target, Written};
use crate::outbound::{Draft, Edit};
use crate::store::LocalRecord;
use grid_protocol::entry::Head;
use grid_protocol::id::DocumentId;
use grid_protocol::record::Patch;
use grid_protocol::storage::StorageError;
use std::collections::BTreeSet;
use tokio::sync::mpsc;

/// Writes that share one flush at most.
pub(super) const BATCH: usize = 128;

/// Drafts that wait for the flush they share.
#[derive(Default)]
struct Batch {
    drafts: Vec<Draft>,
    /// What stays here beside each of them, and who waits.
    answers: Vec<(Option<LocalRecord>, Answer<Written>)>,
    touched: BTreeSet<DocumentId>,
    head: Option<Head>,
}

impl Batch {
    /// The command behind, while there is room.
    fn next(&self, more: &mut mpsc::Receiver<Command>) -> Option<Command> {
        if self.drafts.len() < BATCH { more.try_recv().ok() } else { None }
    }
}

impl Driver {
    /// Carries out a write and those that wait behind it.
    pub(super) async fn write_batch(&mut self, first: Command, more: &mut mpsc::Receiver<Command>) -> Flow {
        let mut batch = self.batch();
        let mut next = Some(first);
        while let Some(command) = next {
            let (target, edit, here, answer) = match command {
                Command::Write { target, patch, answer } => match self.divide(&target, patch) {
                    Ok(Divided::Log { log, here }) => (target, Edit::Patch(log), here, answer),
                    Ok(Divided::Here { kind, patch }) => {
                        let _ = answer.send(self.write_here(&target, &kind, &patch));
                        next = batch.next(more);
                        continue;
                    }
                    Err(error) => {
                        let _ = answer.send(Err(error));
                        next = batch.next(more);
                        continue;
                    }
                },
                Command::Remove { document, answer } => {
                    if let Some(removed) = self.remove_here(document) {
                        let _ = answer.send(removed);
                        next = batch.next(more);
                        continue;
                    }
                    (Target::Existing(document), Edit::Remove, self.emptied(&document), answer)
                }
                other => {
                    self.flush(batch).await;
                    return match other {
                        Command::Import { kind, rows, mode, removed, answer } => {
                            let _ = answer.send(self.import(&kind, rows, mode, removed).await);
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
                    let here = here.map(|(kind, patch)| self.beside(draft.document, &kind, &patch)).transpose();
                    match here {
                        Err(error) => drop(answer.send(Err(error))),
                        Ok(here) => {
                            batch.head = draft.entries.last().map(|last| last.head()).unwrap_or(batch.head);
                            batch.touched.insert(draft.document);
                            batch.drafts.push(draft);
                            batch.answers.push((here.flatten(), answer));
                        }
                    }
                }
            }
            next = batch.next(more);
        }
        self.flush(batch).await;
        Flow::Continue
    }

    /// Whether some writes, and the removal of a record, would all be taken: they are worked out, and nothing is kept.
    pub(super) fn prove(&mut self, writes: Vec<(DocumentId, Patch)>, removed: DocumentId) -> Result<(), CommandError> {
        self.whole()?;
        for (document, patch) in writes {
            let target = Target::Existing(document);
            match self.divide(&target, patch)? {
                Divided::Here { kind, patch } => drop(self.foresee_here(&target, &kind, &patch)?),
                Divided::Log { log, here } => {
                    self.foresee(&target, &Edit::Patch(log))?;
                    here.map(|(kind, patch)| self.beside(document, &kind, &patch)).transpose()?;
                }
            }
        }
        // What stays here is removed without further rules.
        match self.kept_here(&removed) {
            Some(_) => Ok(()),
            None => self.foresee(&Target::Existing(removed), &Edit::Remove),
        }
    }

    fn foresee(&mut self, target: &Target, edit: &Edit) -> Result<(), CommandError> {
        let (now, head) = (self.clock.now().wall, self.replica.own_head().copied());
        let draft = self.outbound.draft(&mut self.replica, now, head, target, edit);
        draft.map(drop).map_err(|error| self.named(error))
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
        let outcome = self.keep(&drafts, answers.iter().filter_map(|(here, _)| here.clone()).collect()).await;
        for (draft, (here, answer)) in drafts.iter().zip(answers) {
            let _ = answer.send(match &outcome {
                Ok(()) => Ok(self.written_with(draft, here.map_or(Change::Unchanged, |_| Change::Changed))),
                Err(error) => Err(CommandError::Storage(again(error))),
            });
        }
    }

    /// Keeps drafts, and what stays here of their records: in one write, so that either all of it is there or nothing.
    pub(super) async fn keep(&mut self, drafts: &[Draft], here: Vec<LocalRecord>) -> Result<(), StorageError> {
        let entries: Vec<_> = drafts.iter().flat_map(|draft| draft.entries.iter().cloned()).collect();
        if entries.is_empty() && here.is_empty() {
            return Ok(());
        }
        let count = entries.len();
        let kept = match entries.is_empty() {
            true => self.replica.storage_mut().local_put(&here).map(|()| Vec::new()),
            false => {
                self.replica.storage_mut().local_beside(here.clone());
                self.replica.commit(entries, Vec::new())
            }
        };
        match kept {
            Ok(effects) => {
                self.storage_trouble = None;
                here.into_iter().for_each(|record| self.show_local(record));
                self.note_written(count);
                self.carry_out(effects).await;
                // What was written is the first thing in the backlog.
                self.work().await;
                Ok(())
            }
            Err(error) => {
                // Nothing else takes it along.
                self.replica.storage_mut().local_beside(Vec::new());
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

    /// What a draft did that was kept, with what stays here.
    fn written_with(&self, draft: &Draft, beside: Change) -> Written {
        let written = self.written(draft);
        let change = if written.change == Change::Unchanged { beside } else { written.change };
        Written { change, ..written }
    }

    fn written(&self, draft: &Draft) -> Written {
        let views = self.views.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        let heads = views.records.row(&draft.document).map(|row| row.heads.clone()).unwrap_or_default();
        Written { document: draft.document, change: draft.change, heads }
    }
}

/// The same failure for each of the writes that shared a flush.
pub(super) fn again(error: &StorageError) -> StorageError {
    match error {
        StorageError::Full => StorageError::Full,
        StorageError::Damaged { what } => StorageError::Damaged { what: what.clone() },
        StorageError::Io { doing, source } => StorageError::Io { doing, source: source.to_string().into() },
    }
}
