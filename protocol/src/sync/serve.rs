//! The side that answers: one request in, one response out, nothing remembered in between.

use super::message::{
    BucketWant, ControlSummary, Height, Hello, IdsWant, LogSummary, LogWant, RecordsWant, Refusal, Response, Rest,
    ShortHash,
};
use super::session::View;
use crate::chain::HeaderChain;
use crate::codec;
use crate::control::Record;
use crate::limits::{MAX_FRAME, MAX_IDS};
use crate::run::Run;
use crate::storage::{Storage, StorageError};
use std::collections::BTreeSet;

/// Bytes of entries or records in one answer: a frame, less room for what is around them.
const ANSWER_BUDGET: usize = MAX_FRAME - MAX_FRAME / 8;
/// What an entry costs beside its body, at most.
const ENTRY_OVERHEAD: usize = 128;

/// Compares an asker's fingerprints with this node's state.
pub fn hello(view: View<'_>, hello: &Hello) -> Response {
    answer(view, hello, || ControlSummary::Buckets(ControlSummary::buckets(view.control, hello.nonce)))
}

/// As [`hello`], to a build that compares what buckets hold alike in every exchange.
pub fn hello_of_1(view: View<'_>, hello: &Hello<1>) -> Response {
    answer(view, hello, || ControlSummary::of_1(view.control))
}

fn answer<const VERSION: u8>(view: View<'_>, hello: &Hello<VERSION>, differs: impl Fn() -> ControlSummary) -> Response {
    if hello.coalition != view.coalition {
        return Response::Refused(Refusal::WrongCoalition);
    }
    let control = if view.control.fingerprint() == hello.control { ControlSummary::Same } else { differs() };
    let logs = if view.logs.digest() == hello.logs {
        LogSummary::Same
    } else if view.logs.devices_digest() == hello.devices {
        LogSummary::Heights(view.logs.all_counted().map(|(_, counted)| Height::of(counted, hello.nonce)).collect())
    } else {
        let all = view.logs.all_counted().map(|(device, counted)| (device, Height::of(counted, hello.nonce)));
        LogSummary::Devices(all.collect())
    };
    Response::Hello { control, logs }
}

/// The control records that the asker lacks, as many as fit.
pub fn control(view: View<'_>, want: &RecordsWant) -> Response {
    records(view, &want.buckets, |hash| ShortHash::of(hash, want.nonce))
}

/// As [`control`], to a build that names what it holds by the first eight bytes of the ids.
pub fn control_of_1(view: View<'_>, wants: &[BucketWant]) -> Response {
    records(view, wants, |hash| {
        let mut first = [0; 8];
        first.copy_from_slice(&hash[..8]);
        ShortHash(first)
    })
}

fn records(view: View<'_>, wants: &[BucketWant], name: impl Fn(&[u8; 32]) -> ShortHash) -> Response {
    let mut records: Vec<Record> = Vec::new();
    let mut room = ANSWER_BUDGET;
    for BucketWant { bucket, held } in wants {
        let held: BTreeSet<ShortHash> = held.iter().copied().collect();
        let has = |hash: &[u8; 32]| !held.is_empty() && held.contains(&name(hash));
        for id in view.control.ids_in_bucket(*bucket).into_iter().filter(|id| !has(&id.0)) {
            let Some(record) = view.control.get(&id) else { continue };
            let bytes = codec::encode(record);
            if has(blake3::hash(&bytes).as_bytes()) {
                // It waits there, with this proof and no other one.
                continue;
            }
            if bytes.len() > room && !records.is_empty() {
                return Response::Control { records, rest: Rest::More };
            }
            room = room.saturating_sub(bytes.len());
            records.push(record.clone());
        }
    }
    Response::Control { records, rest: Rest::None }
}

/// The ids at some places of a log, up to the first that is not held.
///
/// # Errors
///
/// [`StorageError`] when this node can't read its own store.
pub fn ids(storage: &impl Storage, want: &IdsWant) -> Result<Response, StorageError> {
    let mut ids = Vec::new();
    for place in want.places.iter().take(MAX_IDS) {
        let Some(id) = storage.entry_id(&want.device, *place)? else { break };
        ids.push(id);
    }
    Ok(Response::Ids(ids))
}

/// The headers of a log from one entry up to the next signature.
///
/// # Errors
///
/// [`StorageError`] when this node can't read its own store.
pub fn chain(storage: &impl Storage, want: &LogWant) -> Result<Response, StorageError> {
    let run = storage.run(&want.device, want.first, 0)?;
    Ok(Response::Chain(run.as_ref().and_then(HeaderChain::of).map(Box::new)))
}

/// The runs that the asker lacks, as many as fit, in the order asked.
///
/// # Errors
///
/// [`StorageError`] when this node can't read its own store.
pub fn runs(view: View<'_>, storage: &impl Storage, wants: &[LogWant]) -> Result<Response, StorageError> {
    let mut runs: Vec<Run> = Vec::new();
    let mut room = ANSWER_BUDGET;
    for want in wants {
        if want.first >= view.logs.entries(&want.device) {
            continue;
        }
        let Some(run) = storage.run(&want.device, want.first, room)? else { continue };
        let size: usize = run.entries.iter().map(|entry| entry.body.len() + ENTRY_OVERHEAD).sum();
        if size > room && !runs.is_empty() {
            break;
        }
        room = room.saturating_sub(size);
        runs.push(run);
        if room == 0 {
            break;
        }
    }
    Ok(Response::Runs(runs))
}
