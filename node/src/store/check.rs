//! Reads the store through when it opens, and mends what a crash left half written.
//!
//! Every log must lie without gaps from its first entry up to its head. Where it doesn't, it is cut back to
//! the last entry that a signature proves; the journal and the peers give the rest back.

use super::health::Fault;
use super::index::Index;
use super::row;
use super::trees::Trees;
use grid_protocol::control::Record;
use grid_protocol::entry::Head;
use grid_protocol::id::{CoalitionId, DocumentId, EntryId};
use grid_protocol::key::{DeviceId, Signature};
use grid_protocol::{codec, domain};
use std::collections::BTreeMap;

/// Of so many entries one key is noted, to let go of the pages; fewer than so many keys are not worth it.
const SPREAD: usize = 64;
const FEW: usize = 256;

/// A log that did not lie as its head says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepairedLog {
    /// The log.
    pub device: DeviceId,
    /// `seq` of its last entry now; none when nothing of it was left.
    pub head: Option<u64>,
    /// Entries behind that, which were removed.
    pub removed: usize,
}

/// One log while it is read through.
struct Log {
    device: DeviceId,
    /// What the head claims, and what the entry behind it names as its predecessor.
    claimed: Option<Head>,
    after_claimed: Option<EntryId>,
    /// Documents of the entries from 0 on without a gap, and how long their bodies are.
    entries: Vec<(DocumentId, u32)>,
    /// The last kept signature among them.
    signed: Option<(u64, Signature)>,
    /// Entries behind a gap.
    stray: usize,
}

/// Reads everything through; cuts logs back where they don't hold together.
pub(super) fn load(trees: &Trees, coalition: CoalitionId) -> Result<(Index, Vec<RepairedLog>), Fault> {
    for item in trees.records.iter(&[]) {
        let (_, value) = item?;
        codec::decode::<Record>(&value).map_err(|error| Fault::Damaged(error.to_string()))?;
    }
    let mut heads = read_heads(trees)?;
    let (mut index, mut repaired) = (Index::default(), Vec::new());
    let mut current: Option<Log> = None;
    let mut spread = Vec::new();
    for (number, item) in trees.entries.iter(&[]).enumerate() {
        let (key, value) = item?;
        if number % SPREAD == 0 {
            spread.push(key.clone());
        }
        let (device, seq) = row::read_key(&key)?;
        if current.as_ref().is_none_or(|log| log.device != device)
            && let Some(done) = current.replace(Log::new(device, heads.remove(&device)))
        {
            repaired.extend(done.finish(trees, coalition, &mut index)?);
        }
        if let Some(log) = &mut current {
            log.read(seq, &value)?;
        }
    }
    if let Some(done) = current {
        repaired.extend(done.finish(trees, coalition, &mut index)?);
    }
    for device in heads.into_keys() {
        trees.heads.remove(device.as_bytes())?;
        repaired.push(RepairedLog { device, head: None, removed: 0 });
    }
    if spread.len() > FEW {
        trees.let_go(&spread)?;
    }
    Ok((index, repaired))
}

fn read_heads(trees: &Trees) -> Result<BTreeMap<DeviceId, Head>, Fault> {
    let mut heads = BTreeMap::new();
    for item in &trees.heads {
        let (key, value) = item?;
        let (device, _) = row::read_key(&[&key[..], &[0; 8]].concat())?;
        heads.insert(device, codec::decode(&value).map_err(|error| Fault::Damaged(error.to_string()))?);
    }
    Ok(heads)
}

impl Log {
    fn new(device: DeviceId, claimed: Option<Head>) -> Self {
        Self { device, claimed, after_claimed: None, entries: Vec::new(), signed: None, stray: 0 }
    }

    fn length(&self) -> u64 {
        self.entries.len() as u64
    }

    fn read(&mut self, seq: u64, value: &[u8]) -> Result<(), Fault> {
        if seq != self.length() {
            self.stray += 1;
            return Ok(());
        }
        let front = row::decode_front(value)?;
        self.entries.push((front.document, front.body));
        if let Some(signature) = front.signature {
            self.signed = Some((seq, signature));
        }
        if self.claimed.is_some_and(|head| head.seq.checked_add(1) == Some(seq)) {
            self.after_claimed = Some(front.prev);
        }
        Ok(())
    }

    fn finish(self, trees: &Trees, coalition: CoalitionId, index: &mut Index) -> Result<Option<RepairedLog>, Fault> {
        let device = self.device;
        let proven = self.proven(trees, coalition)?;
        let kept = proven.map_or(0, |head| head.seq + 1);
        for (seq, (document, body)) in (0..kept).zip(&self.entries) {
            index.add_entry(device, seq, *document, *body as usize);
        }
        if let Some(head) = proven {
            index.add_head(device, head);
        }
        if proven == self.claimed && kept == self.length() && self.stray == 0 {
            return Ok(None);
        }
        match proven {
            Some(head) => trees.heads.insert(device.as_bytes(), codec::encode(&head))?,
            None => trees.heads.remove(device.as_bytes())?,
        };
        let mut removed = 0;
        for key in trees.entries.tree().range(row::key(&device, kept)..=row::key(&device, u64::MAX)).keys() {
            trees.entries.remove(&key?)?;
            removed += 1;
        }
        Ok(Some(RepairedLog { device, head: proven.map(|head| head.seq), removed }))
    }

    /// The last entry that the head or a kept signature proves.
    fn proven(&self, trees: &Trees, coalition: CoalitionId) -> Result<Option<Head>, Fault> {
        let claimed = match self.claimed {
            Some(head) if head.seq < self.length() => {
                let id = match self.after_claimed {
                    Some(id) => id,
                    None => self.id(trees, coalition, head.seq)?,
                };
                (id == head.id).then_some(head)
            }
            _ => None,
        };
        match self.signed {
            Some((seq, signature)) if claimed.is_none_or(|head| head.seq < seq) => {
                let id = self.id(trees, coalition, seq)?;
                if self.device.0.verify(domain::ENTRY, id.as_bytes(), &signature).is_err() {
                    let device = self.device;
                    return Err(Fault::Damaged(format!("the signature of entry {seq} of device {device} is wrong")));
                }
                Ok(Some(Head { seq, id, signature }))
            }
            _ => Ok(claimed),
        }
    }

    fn id(&self, trees: &Trees, coalition: CoalitionId, seq: u64) -> Result<EntryId, Fault> {
        let key = row::key(&self.device, seq);
        let value = trees.entries.get(&key)?;
        let value = value.ok_or_else(|| Fault::Damaged(format!("entry {seq} of device {} is gone", self.device)))?;
        row::id(coalition, self.device, seq, &value)
    }
}
