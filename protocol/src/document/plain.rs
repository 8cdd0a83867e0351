//! Documents of one change that does nothing but set values at the root, read without Automerge.
//!
//! Most records are such documents, above all in a first sync. The verdict has read their operations
//! already, and without a past there is nothing to merge: what was set is what there is. Automerge says
//! the same (a property below), in ten times the time.

use super::change::Layout;
use super::columns::Reader;
use super::operations::{Decoded, Key, Operation};
use super::prescan::Prescanned;
use automerge::{ScalarValueRef, ValueRef};
use std::borrow::Cow;

/// The action that sets a value.
const SET: u64 = 1;

/// What a document of one plain change holds: its keys and values in the order of the keys.
#[derive(Clone, Debug, PartialEq)]
pub struct Plain<'a> {
    entries: Vec<(&'a str, ValueRef<'a>)>,
}

impl<'a> Plain<'a> {
    /// Reads a change without a past; None when it does more than set values at the root, each key once.
    pub(crate) fn read(change: &'a Prescanned) -> Option<Self> {
        if !change.deps().is_empty() {
            return None;
        }
        let decoded = Decoded::read(Layout::read(change.bytes()).ok()?).ok()?;
        let mut entries = decoded.operations.iter().map(entry).collect::<Option<Vec<_>>>()?;
        entries.sort_by_key(|(key, _)| *key);
        entries.is_sorted_by(|(one, _), (next, _)| one < next).then_some(Self { entries })
    }

    /// The keys and values.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &ValueRef<'a>)> {
        self.entries.iter().map(|(key, value)| (*key, value))
    }
}

fn entry<'a>(operation: &Operation<'a>) -> Option<(&'a str, ValueRef<'a>)> {
    let Operation { object: None, key: Key::Text(key), insert: false, action: SET, predecessors: 0, .. } = *operation
    else {
        return None;
    };
    let mut reader = Reader::new(operation.value);
    let value = match operation.value_meta & 0xf {
        0 => ScalarValueRef::Null,
        1 => ScalarValueRef::Boolean(false),
        2 => ScalarValueRef::Boolean(true),
        3 => ScalarValueRef::Uint(reader.unsigned("an unsigned number").ok()?),
        4 => ScalarValueRef::Int(reader.signed("a number").ok()?),
        5 => ScalarValueRef::F64(f64::from_le_bytes(*reader.array("a floating-point number").ok()?)),
        6 => ScalarValueRef::Str(Cow::Borrowed(std::str::from_utf8(operation.value).ok()?)),
        7 => ScalarValueRef::Bytes(Cow::Borrowed(operation.value)),
        8 => ScalarValueRef::Counter(reader.signed("a counter").ok()?),
        9 => ScalarValueRef::Timestamp(reader.signed("a time").ok()?),
        _ => return None,
    };
    Some((key, ValueRef::Scalar(value)))
}

#[cfg(test)]
mod tests {
    use super::super::{Document, Right, prescan};
    use crate::id::{Actor, DocumentId};
    use crate::key::{DeviceId, PublicKey};
    use automerge::transaction::Transactable as _;
    use automerge::{ActorId, Automerge, ObjType, ROOT, ReadDoc as _, ScalarValue};
    use proptest::prelude::*;

    fn value() -> impl Strategy<Value = ScalarValue> {
        prop_oneof![
            Just(ScalarValue::Null),
            any::<bool>().prop_map(ScalarValue::Boolean),
            any::<u64>().prop_map(ScalarValue::Uint),
            any::<i64>().prop_map(ScalarValue::Int),
            any::<f64>().prop_map(ScalarValue::F64),
            ".{0,40}".prop_map(|text| ScalarValue::Str(text.into())),
            proptest::collection::vec(any::<u8>(), 0..40).prop_map(ScalarValue::Bytes),
            (-1_000_i64..1_000).prop_map(ScalarValue::counter),
            any::<i64>().prop_map(ScalarValue::Timestamp),
        ]
    }

    fn offered(document: &mut Automerge, edit: impl FnOnce(&mut automerge::transaction::Transaction<'_>)) -> Document {
        let mut transaction = document.transaction();
        edit(&mut transaction);
        transaction.commit();
        let mut guarded = Document::new(DocumentId([7; 32]));
        for change in document.get_changes(&[]) {
            let change = prescan(change.raw_bytes(), &Actor([1; 32])).unwrap();
            guarded.offer(change.clone(), DeviceId(PublicKey([1; 32])), change.seq(), Right::MayWrite);
        }
        guarded
    }

    fn automerge() -> Automerge {
        Automerge::new().with_actor(ActorId::from([1; 32]))
    }

    proptest! {
        #[test]
        fn a_plain_document_reads_as_automerge_reads_it(
            puts in proptest::collection::btree_map("[a-zé]{0,6}", value(), 1..12)
        ) {
            let mut document = automerge();
            let guarded = offered(&mut document, |transaction| {
                for (key, value) in puts {
                    transaction.put(ROOT, key, value).unwrap();
                }
            });
            let plain = guarded.plain().expect("a plain document");
            let theirs: Vec<_> = document.map_range(ROOT, ..).collect();
            let ours: Vec<_> = plain.entries().collect();
            prop_assert_eq!(ours.len(), theirs.len());
            for ((key, value), item) in ours.into_iter().zip(theirs) {
                prop_assert_eq!(key, &*item.key);
                prop_assert_eq!(value, &item.value);
            }
        }
    }

    #[test]
    fn a_document_that_is_not_plain_is_left_to_automerge() {
        let mut object = automerge();
        let with_object = offered(&mut object, |transaction| {
            transaction.put_object(ROOT, "tags", ObjType::Map).unwrap();
        });
        assert!(with_object.plain().is_none());
        let mut twice = automerge();
        offered(&mut twice, |transaction| transaction.put(ROOT, "title", "one").unwrap());
        let changed_twice = offered(&mut twice, |transaction| transaction.put(ROOT, "title", "two").unwrap());
        assert!(changed_twice.plain().is_none());
        assert!(Document::new(DocumentId([7; 32])).plain().is_none());
    }
}
