//! The Automerge document behind the verdict.
//!
//! Only changes with effect come here, and what they contain is sound as far as we know. Should
//! Automerge panic or fail all the same, the document is quarantined on this machine and reported: that
//! is a fault of ours or of Automerge, never a verdict, since it could differ between machines.

use super::change::{Column, Layout};
use super::columns::RunLength;
use super::prescan::Prescanned;
use crate::id::ChangeHash;
use automerge::{Automerge, Change};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A document that this machine could not judge, build or read although nothing in it shows why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this computer cannot read the document ({step}): {reason}")]
pub struct Quarantine {
    /// What was tried.
    pub step: &'static str,
    /// What came of it.
    pub reason: String,
}

/// The action that sets a value.
const SET: u64 = 1;
/// Stack for Automerge where it may recurse: 32 levels of objects need a small part of it.
const STACK: usize = 8 * 1024 * 1024;

/// Runs `work` where it can neither unwind into us nor overflow a small stack.
pub(crate) fn contained<T>(step: &'static str, work: impl FnOnce() -> Result<T, String>) -> Result<T, Quarantine> {
    let quarantine = |reason| Quarantine { step, reason };
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(done) => done.map_err(quarantine),
        Err(panic) => Err(quarantine(panic_text(panic.as_ref()))),
    }
}

/// As [`contained`], on a thread of its own with a large stack.
fn contained_deep<T: Send>(
    step: &'static str,
    work: impl FnOnce() -> Result<T, String> + Send,
) -> Result<T, Quarantine> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .name("automerge".to_owned())
            .stack_size(STACK)
            .spawn_scoped(scope, || contained(step, work))
            .map_err(|error| Quarantine { step: "start a thread", reason: error.to_string() })?;
        thread.join().unwrap_or_else(|panic| Err(Quarantine { step, reason: panic_text(panic.as_ref()) }))
    })
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    format!("panic: {}", text.unwrap_or("without a message"))
}

/// Whether a change does nothing but set values at the root.
pub(crate) fn is_plain(change: &Prescanned) -> bool {
    let Ok(layout) = Layout::read(change.bytes()) else { return false };
    let mut actions = RunLength::<u64>::new(layout.column(Column::Action));
    layout.column(Column::ObjectCounter).is_empty() && (0..change.operations()).all(|_| actions.next() == Ok(Some(SET)))
}

/// Applies changes in causal order and checks that exactly they are there.
pub(crate) fn apply(document: &mut Automerge, changes: &[Prescanned], heads: &[ChangeHash]) -> Result<(), Quarantine> {
    crate::effort::applied(changes.iter().map(Prescanned::operations).sum());
    let work = || {
        let read = |change: &Prescanned| Change::from_bytes(change.bytes().to_vec()).map_err(|error| error.to_string());
        let changes = changes.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        document.apply_changes(changes).map_err(|error| error.to_string())?;
        same_heads(document, heads)
    };
    if changes.iter().all(is_plain) { contained("apply", work) } else { contained_deep("apply", work) }
}

/// Saves the document, loads what was saved, and compares heads.
pub(crate) fn check(document: &Automerge, heads: &[ChangeHash]) -> Result<(), Quarantine> {
    contained_deep("save and load", || {
        let loaded = Automerge::load(&document.save()).map_err(|error| error.to_string())?;
        same_heads(&loaded, heads)
    })
}

fn same_heads(document: &Automerge, heads: &[ChangeHash]) -> Result<(), String> {
    let mut found: Vec<ChangeHash> = document.get_heads().into_iter().map(|head| ChangeHash(head.0)).collect();
    found.sort_unstable();
    if found == heads { Ok(()) } else { Err(format!("expected the heads {heads:?}, found {found:?}")) }
}
