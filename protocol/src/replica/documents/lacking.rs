//! What documents lack: changes that others build on, and that are not there.

use super::{Documents, all_of, missing_of};
use crate::id::DocumentId;
use crate::limits::MAX_BRANCH_DOCUMENTS;
use crate::storage::{Storage, StorageError};
use crate::sync::message::BranchWant;

/// Documents of which it is remembered what they lack: a few kilobytes each at most.
const LACKS: usize = 1_024;
/// Documents that are looked at for what they lack at one time.
const LOOKED_AT: usize = 64;

impl Documents {
    /// Whether any document has changes that wait for others.
    pub(in crate::replica) fn any_waits(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// What changes wait for that is not there, of as many documents as one request names, from `start` on:
    /// documents that wait in vain must not hide the others. Each is read for it once until it changes.
    pub(in crate::replica) fn lacking(
        &mut self,
        start: DocumentId,
        storage: &impl Storage,
    ) -> Result<Vec<BranchWant>, StorageError> {
        let mut wants = Vec::new();
        let from_start = self.waiting.range(start..).chain(self.waiting.range(..start));
        let documents: Vec<DocumentId> = from_start.take(LOOKED_AT).copied().collect();
        for document in documents {
            let changes = match self.lacks.get(&document) {
                Some(known) => known.clone(),
                None => {
                    let missing = missing_of(&all_of(&self.coalition, storage, &document)?);
                    if self.lacks.len() == LACKS {
                        self.lacks.clear();
                    }
                    self.lacks.insert(document, missing.clone());
                    missing
                }
            };
            if !changes.is_empty() {
                wants.push(BranchWant { document, changes });
            }
            if wants.len() == MAX_BRANCH_DOCUMENTS {
                break;
            }
        }
        Ok(wants)
    }
}
