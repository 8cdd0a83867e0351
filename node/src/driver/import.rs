//! Rows of a table: each finds its record, or makes one, or is left to whom it belongs.
//!
//! A dry run goes the same way as an import, row by row, up to the point where a draft would be kept; so the two can't
//! disagree.

mod find;

use super::Driver;
use super::write::BATCH;
use crate::handle::{Change, CommandError, ImportMode, ImportOutcome, Imported, Removed, Target};
use crate::outbound::{Draft, Edit};
use crate::store::LocalRecord;
use find::{Found, unclear};
use grid_protocol::entry::Head;
use grid_protocol::id::DocumentId;
use grid_protocol::record::{ImportRow, Kind, Patch, Reading, RecordHome};
use std::collections::{BTreeSet, HashMap};

/// An import on its way.
struct Pass {
    mode: ImportMode,
    imported: Vec<Imported>,
    /// Drafts that wait for the flush they share, each with its place among the rows.
    drafts: Vec<(usize, Draft)>,
    /// What stays here of their records, and is kept with them.
    here: Vec<LocalRecord>,
    /// Records that these drafts write.
    touched: BTreeSet<DocumentId>,
    /// What records hold after the rows so far, in a dry run.
    foreseen: HashMap<DocumentId, Reading>,
    head: Option<Head>,
    /// Records that a preview has named.
    named: usize,
}

/// Records that a preview names as changed, at most.
const NAMED: usize = 50;

impl Driver {
    /// Imports rows, or works out what importing them would do.
    pub(super) async fn import(
        &mut self,
        kind: &str,
        rows: Vec<ImportRow>,
        mode: ImportMode,
        removed: Removed,
    ) -> Result<Vec<Imported>, CommandError> {
        let registry = self.replica.documents().registry();
        let unknown = || CommandError::NotFound { what: "kind of record".into(), id: kind.into() };
        let kind = registry.kind(kind).cloned().ok_or_else(unknown)?;
        self.whole()?;
        let mut finder = self.finder(&kind, removed);
        let mut pass = Pass {
            mode,
            imported: Vec::with_capacity(rows.len()),
            drafts: Vec::new(),
            here: Vec::new(),
            touched: BTreeSet::new(),
            foreseen: HashMap::new(),
            head: self.replica.own_head().copied(),
            named: 0,
        };
        for row in &rows {
            let mut note = None;
            let outcome = match self.find(&mut finder, row, &rows) {
                Found::Taken(why) => ImportOutcome::Skipped(why),
                Found::Unclear => ImportOutcome::Refused(unclear(&kind, row)),
                found => {
                    let found = match found {
                        Found::Record(document) => Some(document),
                        Found::Nothing(why) => {
                            note = why;
                            None
                        }
                        Found::Taken(_) | Found::Unclear => None,
                    };
                    // A second write to one record has to see the first.
                    if found.is_some_and(|document| pass.touched.contains(&document)) || pass.drafts.len() >= BATCH {
                        self.settle(&mut pass).await;
                    }
                    match self.take_row(&kind, found, &row.patch, &mut pass) {
                        Ok((document, change)) => {
                            finder.known.extend(row.key.clone().map(|key| (key, document)));
                            // Whoever looks at a preview sees which records a file from elsewhere would change.
                            if mode == ImportMode::DryRun && change == Change::Changed && pass.named < NAMED {
                                pass.named += 1;
                                note = note.or_else(|| self.changes(document));
                            }
                            ImportOutcome::Done(change)
                        }
                        Err(error) => ImportOutcome::Refused(error.to_string()),
                    }
                }
            };
            pass.imported.push(Imported { line: row.line, outcome, note });
        }
        self.settle(&mut pass).await;
        Ok(pass.imported)
    }

    /// What a row changes, in words.
    fn changes(&self, document: DocumentId) -> Option<String> {
        let views = self.views.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        let row = views.records.row(&document)?;
        Some(format!("changes {} ({})", views.title_of(row), document.short()))
    }

    /// Works out what a row does to its record, and has it kept with the next flush.
    fn take_row(
        &mut self,
        kind: &Kind,
        found: Option<DocumentId>,
        row: &Patch,
        pass: &mut Pass,
    ) -> Result<(DocumentId, Change), CommandError> {
        // What may not be written by hand may not come in a table either.
        self.divide(&found.map_or_else(|| Target::New(kind.name.clone()), Target::Existing), row.clone())?;
        if kind.home() == RecordHome::Here {
            return self.take_row_here(kind, found, row, pass.mode);
        }
        let (row, beside) = row.clone().split(kind);
        let row = &row;
        if let Some((document, reading)) = found.and_then(|found| Some((found, pass.foreseen.get_mut(&found)?))) {
            let patch = kind.merge_import(reading, row);
            let change = if patch.is_empty() { Change::Unchanged } else { Change::Changed };
            reading.foresee(&patch);
            return Ok((document, change));
        }
        let mut existing = match found {
            None => Reading::default(),
            Some(document) => self.reading(kind, document)?,
        };
        let patch = kind.merge_import(&existing, row);
        if let (Some(document), true) = (found, patch.is_empty()) {
            let change = match pass.mode {
                ImportMode::Write if beside.fields().next().is_some() => self.write_beside(document, kind, &beside)?,
                _ => Change::Unchanged,
            };
            return Ok((document, change));
        }
        existing.foresee(&patch);
        let target = found.map_or_else(|| Target::New(kind.name.clone()), Target::Existing);
        let now = self.clock.now().wall;
        let draft = self.outbound.draft(&mut self.replica, now, pass.head, &target, &Edit::Patch(patch))?;
        let (document, change) = (draft.document, draft.change);
        let stays = beside.fields().next().is_some();
        let here = if stays { self.beside(document, kind, &beside)? } else { None };
        match pass.mode {
            ImportMode::DryRun => drop(pass.foreseen.insert(document, existing)),
            ImportMode::Write => {
                pass.head = draft.entries.last().map(|last| last.head()).unwrap_or(pass.head);
                pass.touched.insert(document);
                pass.drafts.push((pass.imported.len(), draft));
                pass.here.extend(here);
            }
        }
        Ok((document, change))
    }

    /// A row of a kind of which nothing travels.
    fn take_row_here(
        &mut self,
        kind: &Kind,
        found: Option<DocumentId>,
        row: &Patch,
        mode: ImportMode,
    ) -> Result<(DocumentId, Change), CommandError> {
        let existing = found.and_then(|document| self.reading_here(kind, &document)).unwrap_or_default();
        let patch = kind.merge_import(&existing, row);
        if let (Some(document), true) = (found, patch.is_empty()) {
            return Ok((document, Change::Unchanged));
        }
        let target = found.map_or_else(|| Target::New(kind.name.clone()), Target::Existing);
        match mode {
            ImportMode::Write => {
                self.write_here(&target, kind, &patch).map(|written| (written.document, written.change))
            }
            ImportMode::DryRun => self.foresee_here(&target, kind, &patch),
        }
    }

    fn reading(&mut self, kind: &Kind, document: DocumentId) -> Result<Reading, CommandError> {
        if let Some(reading) = self.reading_here(kind, &document) {
            return Ok(reading);
        }
        let live = self.replica.live(document)?;
        let reading = live.document().read(|automerge| kind.read(automerge));
        reading.map_err(|error| CommandError::Quarantined { why: error.to_string() })
    }

    /// Keeps the drafts of some rows, and corrects what was noted of them where that fails.
    async fn settle(&mut self, pass: &mut Pass) {
        let (rows, drafts): (Vec<usize>, Vec<Draft>) = std::mem::take(&mut pass.drafts).into_iter().unzip();
        pass.touched.clear();
        if let Err(error) = self.keep(&drafts, std::mem::take(&mut pass.here)).await {
            for row in rows {
                if let Some(row) = pass.imported.get_mut(row) {
                    row.outcome =
                        ImportOutcome::Refused(CommandError::Storage(super::write::again(&error)).to_string());
                }
            }
        }
        pass.head = self.replica.own_head().copied();
    }
}
