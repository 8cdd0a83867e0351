//! Documents that come with all their changes in one batch, as most do in a first sync: read on all cores.

use super::{Documents, Fresh, PARALLEL_FROM};
use crate::authority::Authority;
use crate::effort::Effort;
use crate::id::DocumentId;
use crate::replica::apart::revived;
use crate::replica::document::{Incoming, LiveDocument, Row};
use std::sync::{Mutex, PoisonError};

impl Documents {
    /// Documents none of whose changes were known: read from the batch alone, on all cores.
    pub(in crate::replica) fn read_fresh(&mut self, fresh: Fresh, authority: &Authority) -> Vec<Row> {
        let (registry, own, revive) = (self.registry.clone(), self.own, self.revive);
        let read = |(document, incoming): (DocumentId, Vec<Incoming>)| {
            let mut live = revived(revive, document, authority, incoming);
            (live.row_for(&registry, own), live)
        };
        if fresh.len() < PARALLEL_FROM {
            let mut rows = Vec::with_capacity(fresh.len());
            for (row, live) in fresh.into_iter().map(read) {
                self.track(row.document, live.waits());
                self.keep(row.document, live);
                rows.push(row);
            }
            return rows;
        }
        let share = fresh.len().div_ceil(self.threads.max(1));
        let mut shares: Vec<Mutex<Fresh>> = Vec::new();
        let mut rest = fresh.into_iter();
        loop {
            let part: Fresh = rest.by_ref().take(share).collect();
            if part.is_empty() {
                break;
            }
            shares.push(Mutex::new(part));
        }
        let read_all = |part: &Mutex<Fresh>| {
            let before = Effort::so_far();
            let part = std::mem::take(&mut *part.lock().unwrap_or_else(PoisonError::into_inner));
            let waits = |(row, live): (Row, LiveDocument)| (row, live.waits());
            let rows = part.into_iter().map(|one| waits(read(one))).collect::<Vec<(Row, bool)>>();
            (rows, Effort::since(&before))
        };
        let (read_all, stack) = (&read_all, self.stack);
        let done: Vec<(Row, bool)> = std::thread::scope(|scope| {
            let workers: Vec<_> = shares
                .iter()
                .map(|part| {
                    let worker = std::thread::Builder::new().stack_size(stack);
                    (part, worker.spawn_scoped(scope, move || read_all(part)))
                })
                .collect();
            // Where the system gives no thread, this one does the share.
            let done = workers.into_iter().flat_map(|(part, worker)| match worker {
                Ok(worker) => {
                    let (rows, effort) = worker.join().expect("reading a document catches its own panics");
                    effort.add();
                    rows
                }
                Err(_) => read_all(part).0,
            });
            done.collect()
        });
        let mut rows = Vec::with_capacity(done.len());
        for (row, waits) in done {
            self.track(row.document, waits);
            rows.push(row);
        }
        rows
    }
}
