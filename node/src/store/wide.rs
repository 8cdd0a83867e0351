//! A tree whose values may be of any length.
//!
//! sled moves pages over 128 KiB into files of their own and never syncs these. No value of ours therefore
//! exceeds 7 KiB: a longer one is cut into pieces, which lie in a tree of their own.
//!
//! ```text
//! short   0 | value
//! long    1 | length u32 LE | first 8 bytes of BLAKE3(value)
//! piece   key: tag | key of the value | those 8 bytes | index u16 BE
//! ```
//!
//! In a home that has a passphrase every value is sealed before it is cut, bound to the tag and its key; 2 and
//! 3 then stand for 0 and 1.
//!
//! A new long value is written piece by piece before the old one is replaced, so that a crash leaves
//! either of them whole.

use super::health::Fault;
use crate::vault::{Room, Vault};
use sled::{Batch, Tree};
use std::borrow::Cow;

/// The longest value of a tree in bytes.
const MAX_VALUE: usize = 7 * 1024;
const SHORT: u8 = 0;
const LONG: u8 = 1;
/// Added to either where the value is sealed.
const SEALED: u8 = 2;

/// A tree and where its long values lie.
#[derive(Clone, Debug)]
pub(super) struct Wide {
    tree: Tree,
    pieces: Tree,
    tag: u8,
    vault: Vault,
}

/// Changes to a [`Wide`] tree that are made together.
#[derive(Default)]
pub(super) struct WideBatch {
    values: Batch,
    pieces: Option<Batch>,
}

/// How a value lies in the tree.
enum Lying<'a> {
    Short(&'a [u8]),
    Long { length: usize, sum: [u8; 8] },
}

impl Wide {
    /// `tag` tells the pieces of this tree from those of others.
    pub(super) fn new(tree: Tree, pieces: Tree, tag: u8, vault: Vault) -> Self {
        Self { tree, pieces, tag, vault }
    }

    pub(super) fn tree(&self) -> &Tree {
        &self.tree
    }

    /// Adds a value to a batch, under a key that holds none yet.
    pub(super) fn insert(&self, key: &[u8], value: &[u8], batch: &mut WideBatch) {
        batch.values.insert(key, self.lay(key, value, &mut batch.pieces));
    }

    /// Applies a batch: pieces first, so that no value lacks one.
    pub(super) fn apply(&self, batch: WideBatch) -> Result<(), Fault> {
        if let Some(pieces) = batch.pieces {
            self.pieces.apply_batch(pieces)?;
        }
        Ok(self.tree.apply_batch(batch.values)?)
    }

    /// Writes one value over whatever the key held.
    pub(super) fn put(&self, key: &[u8], value: &[u8]) -> Result<(), Fault> {
        let mut pieces = None;
        let raw = self.lay(key, value, &mut pieces);
        if let Some(pieces) = pieces {
            self.pieces.apply_batch(pieces)?;
        }
        match self.tree.insert(key, raw.clone())? {
            Some(old) if *old != *raw => self.forget_pieces(key, &old),
            _ => Ok(()),
        }
    }

    /// Removes a value.
    pub(super) fn remove(&self, key: &[u8]) -> Result<(), Fault> {
        match self.tree.remove(key)? {
            Some(old) => self.forget_pieces(key, &old),
            None => Ok(()),
        }
    }

    /// Removes everything.
    pub(super) fn clear(&self) -> Result<(), Fault> {
        self.tree.clear()?;
        let mut batch = Batch::default();
        for key in self.pieces.scan_prefix([self.tag]).keys() {
            batch.remove(key?);
        }
        Ok(self.pieces.apply_batch(batch)?)
    }

    /// Reads one value.
    pub(super) fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
        self.tree.get(key)?.map(|raw| self.read(key, &raw)).transpose()
    }

    /// The value that lies as `raw` under `key`.
    pub(super) fn read(&self, key: &[u8], raw: &[u8]) -> Result<Vec<u8>, Fault> {
        let (length, sum) = match lying(raw)? {
            Lying::Short(value) => return self.open(key, raw, value.into()),
            Lying::Long { length, sum } => (length, sum),
        };
        let mut value = Vec::new();
        for piece in self.pieces.scan_prefix(self.pieces_key(key, &sum)) {
            value.extend_from_slice(&piece?.1);
        }
        if value.len() == length && checksum(&value) == sum {
            self.open(key, raw, value.into())
        } else {
            Err(Fault::Damaged(format!("a value of {length} bytes does not read, found {} bytes", value.len())))
        }
    }

    /// Every key with this prefix and its value, in the order of the keys.
    pub(super) fn iter(&self, prefix: &[u8]) -> impl Iterator<Item = Result<(Vec<u8>, Vec<u8>), Fault>> + use<'_> {
        self.tree.scan_prefix(prefix).map(|item| {
            let (key, raw) = item?;
            let value = self.read(&key, &raw)?;
            Ok((key.to_vec(), value))
        })
    }

    /// The value as it was before it was sealed.
    fn open(&self, key: &[u8], raw: &[u8], value: Cow<'_, [u8]>) -> Result<Vec<u8>, Fault> {
        match (&self.vault, raw.first().is_some_and(|first| first & SEALED != 0)) {
            (Vault::Plain, false) => Ok(value.into_owned()),
            (Vault::Sealed(data), true) => data
                .open(Room::Store, &self.place(key), &value)
                .map_err(|error| Fault::Damaged(format!("a value of {} bytes can't be opened: {error}", value.len()))),
            (Vault::Plain, true) => Err(Fault::Damaged("a value is sealed, and this store is not".to_owned())),
            (Vault::Sealed(_), false) => Err(Fault::Damaged("a value lies open, and this store is sealed".to_owned())),
        }
    }

    /// What a sealed value is bound to.
    fn place(&self, key: &[u8]) -> Vec<u8> {
        [&[self.tag], key].concat()
    }

    /// The bytes for the tree; adds pieces to the batch when the value is long.
    fn lay(&self, key: &[u8], value: &[u8], pieces: &mut Option<Batch>) -> Vec<u8> {
        let (mark, value) = match &self.vault {
            Vault::Plain => (0, Cow::Borrowed(value)),
            Vault::Sealed(data) => (SEALED, data.seal(Room::Store, &self.place(key), value).into()),
        };
        if value.len() < MAX_VALUE {
            return [&[mark | SHORT], &*value].concat();
        }
        let sum = checksum(&value);
        let pieces = pieces.get_or_insert_default();
        for (index, piece) in (0_u16..).zip(value.chunks(MAX_VALUE)) {
            let mut piece_key = self.pieces_key(key, &sum);
            piece_key.extend_from_slice(&index.to_be_bytes());
            pieces.insert(piece_key, piece);
        }
        let length = u32::try_from(value.len()).expect("values are bounded far below 4 GiB");
        [&[mark | LONG][..], &length.to_le_bytes(), &sum].concat()
    }

    fn forget_pieces(&self, key: &[u8], old: &[u8]) -> Result<(), Fault> {
        let mut pieces = None;
        self.delete_pieces(key, old, &mut pieces)?;
        pieces.map_or(Ok(()), |pieces| Ok(self.pieces.apply_batch(pieces)?))
    }

    fn delete_pieces(&self, key: &[u8], raw: &[u8], pieces: &mut Option<Batch>) -> Result<(), Fault> {
        if let Lying::Long { sum, .. } = lying(raw)? {
            for piece in self.pieces.scan_prefix(self.pieces_key(key, &sum)).keys() {
                pieces.get_or_insert_default().remove(piece?);
            }
        }
        Ok(())
    }

    /// What the keys of all pieces of a value begin with. The key's length stands in it, so that no piece
    /// of one value is taken for one of another.
    fn pieces_key(&self, key: &[u8], sum: &[u8; 8]) -> Vec<u8> {
        let length = u16::try_from(key.len()).unwrap_or(u16::MAX).to_be_bytes();
        [&[self.tag][..], &length, key, sum].concat()
    }
}

fn lying(raw: &[u8]) -> Result<Lying<'_>, Fault> {
    let damaged = || Fault::Damaged(format!("a value begins with {:?}, expected 0 to 3", raw.first()));
    match raw.split_first().map(|(first, rest)| (first.checked_sub(SEALED).unwrap_or(*first), rest)) {
        Some((SHORT, value)) => Ok(Lying::Short(value)),
        Some((LONG, rest)) => {
            let (length, sum) = rest.split_first_chunk::<4>().ok_or_else(damaged)?;
            Ok(Lying::Long {
                length: u32::from_le_bytes(*length) as usize,
                sum: sum.try_into().map_err(|_| damaged())?,
            })
        }
        _ => Err(damaged()),
    }
}

fn checksum(value: &[u8]) -> [u8; 8] {
    let mut sum = [0; 8];
    sum.copy_from_slice(blake3::hash(value).as_bytes().split_at(8).0);
    sum
}
