//! What a peer has seen happen, with the time at which it saw it.

use grid_node::event::Event;
use grid_node::handle::Handle;
use grid_protocol::id::DocumentId;
use grid_tests::workload::KIND;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, broadcast};

/// Nanoseconds of the clock that all processes of a machine share.
pub(crate) fn now() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    let part = |part: i64| u64::try_from(part).unwrap_or(0);
    part(time.tv_sec) * 1_000_000_000 + part(time.tv_nsec)
}

/// Not everything is an event.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// What happened at one node.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    seen: Mutex<Seen>,
    grew: Notify,
}

#[derive(Debug, Default)]
struct Seen {
    /// When each record was first readable.
    records: HashMap<DocumentId, u64>,
    synced: Vec<u64>,
}

impl Watch {
    /// Notes the events of a node for as long as it runs.
    pub(crate) fn follow(handle: &Handle) -> Arc<Self> {
        let watch = Arc::new(Self::default());
        let (mut events, follower) = (handle.events(), watch.clone());
        tokio::spawn(async move {
            loop {
                match events.recv().await {
                    Err(broadcast::error::RecvError::Closed) => break,
                    // What was missed is found by looking at the views.
                    Err(broadcast::error::RecvError::Lagged(_)) => {}
                    Ok(event) => follower.note(event),
                }
                while let Ok(event) = events.try_recv() {
                    follower.note(event);
                }
                follower.grew.notify_waiters();
            }
        });
        watch
    }

    fn note(&self, event: Event) {
        let at = now();
        match event {
            Event::RecordChanged { kind, id, .. } if kind == KIND => {
                self.seen().records.entry(id).or_insert(at);
            }
            Event::Synced { .. } => self.seen().synced.push(at),
            _ => {}
        }
    }

    /// Waits until `holds`, which is asked again whenever anything has happened.
    pub(crate) async fn until<T>(&self, mut holds: impl FnMut() -> Option<T>) -> T {
        loop {
            let grew = self.grew.notified();
            if let Some(found) = holds() {
                return found;
            }
            let _ = tokio::time::timeout(LOOK_AGAIN, grew).await;
        }
    }

    /// Waits until anything has happened, or a moment has passed.
    pub(crate) async fn moment(&self) {
        let _ = tokio::time::timeout(LOOK_AGAIN, self.grew.notified()).await;
    }

    /// When each of these records was first readable.
    pub(crate) fn times(&self, records: &[Option<DocumentId>]) -> Vec<Option<u64>> {
        let seen = self.seen();
        records.iter().map(|record| seen.records.get(record.as_ref()?).copied()).collect()
    }

    /// When a pull first ended at or after `since`.
    pub(crate) fn synced_since(&self, since: u64) -> Option<u64> {
        self.seen().synced.iter().copied().find(|at| *at >= since)
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
