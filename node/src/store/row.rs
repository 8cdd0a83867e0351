//! An entry at rest.
//!
//! Key: device, 32 bytes, then seq, 8 bytes with the big end first, so that a log lies in order. Value:
//! postcard of format byte, id of the entry before, time, kind, document, signature where one is kept, body.
//! The id of an entry is what its successor names, or stands in the head.

use super::health::Fault;
use grid_protocol::codec::Format;
use grid_protocol::entry::{EntryKind, Header, VerifiedEntry, keeps_signature};
use grid_protocol::id::{CoalitionId, DocumentId, EntryId};
use grid_protocol::key::{DeviceId, PublicKey, Signature};
use grid_protocol::run::LeanEntry;
use grid_protocol::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Bytes of a key.
pub(super) const KEY: usize = 40;
/// What an entry is taken to cost beside its body, in bytes.
pub(super) const ENTRY_COST: usize = 100;

/// What is read of an entry without its body.
#[derive(Debug, Deserialize)]
pub(super) struct RowFront {
    _format: Format<1>,
    pub(super) prev: EntryId,
    pub(super) time: Timestamp,
    pub(super) kind: EntryKind,
    pub(super) document: DocumentId,
    pub(super) signature: Option<Signature>,
    /// Bytes of the body, which follows.
    pub(super) body: u32,
}

#[derive(Serialize)]
struct RowRef<'a> {
    format: Format<1>,
    prev: EntryId,
    time: Timestamp,
    kind: EntryKind,
    document: DocumentId,
    signature: Option<Signature>,
    body: &'a [u8],
}

/// The key of an entry.
pub(super) fn key(device: &DeviceId, seq: u64) -> [u8; KEY] {
    let mut key = [0; KEY];
    let (front, back) = key.split_at_mut(32);
    front.copy_from_slice(device.as_bytes());
    back.copy_from_slice(&seq.to_be_bytes());
    key
}

/// The log and the place that a key names.
pub(super) fn read_key(key: &[u8]) -> Result<(DeviceId, u64), Fault> {
    let split = key.split_first_chunk::<32>().and_then(|(device, seq)| Some((*device, seq.try_into().ok()?)));
    let (device, seq) =
        split.ok_or_else(|| Fault::Damaged(format!("the key of an entry has {} bytes, expected {KEY}", key.len())))?;
    Ok((DeviceId(PublicKey(device)), u64::from_be_bytes(seq)))
}

/// The value of an entry.
pub(super) fn encode(entry: &VerifiedEntry) -> Vec<u8> {
    let header = entry.header();
    let row = RowRef {
        format: Format,
        prev: header.prev,
        time: header.time,
        kind: header.kind,
        document: header.document,
        signature: entry.signature().copied().filter(|_| keeps_signature(header.seq)),
        body: entry.body(),
    };
    postcard::to_extend(&row, Vec::with_capacity(entry.body().len() + 180))
        .expect("a row has no maps and no sequences of unknown length, so encoding it cannot fail")
}

/// The value without its body.
pub(super) fn decode_front(value: &[u8]) -> Result<RowFront, Fault> {
    take_front(value).map(|(front, _)| front)
}

/// The whole value, and the id of the entry before it.
pub(super) fn decode(value: &[u8]) -> Result<(EntryId, LeanEntry), Fault> {
    let (front, body) = take_front(value)?;
    if usize::try_from(front.body) != Ok(body.len()) {
        return Err(Fault::Damaged(format!("a body has {} bytes, expected {}", body.len(), front.body)));
    }
    let RowFront { prev, time, kind, document, signature, .. } = front;
    Ok((prev, LeanEntry { time, kind, document, body: body.to_vec(), signature }))
}

/// The id of the entry at `seq`, computed from the value.
pub(super) fn id(coalition: CoalitionId, device: DeviceId, seq: u64, value: &[u8]) -> Result<EntryId, Fault> {
    let (prev, lean) = decode(value)?;
    let header: Header = lean.header(coalition, device, seq, prev);
    Ok(header.id())
}

fn take_front(value: &[u8]) -> Result<(RowFront, &[u8]), Fault> {
    postcard::take_from_bytes(value).map_err(|error| unreadable(value, &error))
}

fn unreadable(value: &[u8], error: &postcard::Error) -> Fault {
    Fault::Damaged(format!("an entry of {} bytes does not read: {error}", value.len()))
}
