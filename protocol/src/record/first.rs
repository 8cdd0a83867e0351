//! The first thing that a document says, written in one go.
//!
//! Automerge puts each operation into all its columns by itself, and that is most of what a write costs. Where
//! nothing is there yet, and all that is written only adds, it takes the whole as one.

use super::anchor::Splice;
use super::edit::Step;
use automerge::hydrate::{Map, MapValue, Value};
use automerge::{ObjType, TextEncoding, transaction::Transactable};
use std::collections::HashMap;

/// Whether the document behind a transaction holds nothing and never did.
pub(super) fn is_blank(transaction: &impl Transactable) -> bool {
    transaction.base_heads().is_empty() && transaction.pending_ops() == 0
}

/// A text that grows at its end.
#[derive(Default)]
struct Growing {
    text: String,
    letters: usize,
}

/// What the steps add up to in a document that is blank; none where they do more than add.
pub(super) fn whole(steps: &[Step]) -> Option<Map> {
    let mut fields: HashMap<&str, Value> = HashMap::with_capacity(steps.len());
    let mut texts: HashMap<&str, Growing> = HashMap::new();
    for step in steps {
        let is_second = match step {
            Step::Put(name, scalar) => fields.insert(name, Value::Scalar(scalar.clone())).is_some(),
            Step::Make(name, ObjType::Map) => fields.insert(name, Value::map()).is_some(),
            Step::Make(name, ObjType::Text) => texts.insert(name, Growing::default()).is_some(),
            Step::Splice(name, Splice { at, remove: 0, insert }) => {
                let growing = texts.get_mut(&**name).filter(|growing| growing.letters == *at)?;
                growing.text.push_str(insert);
                growing.letters += insert.chars().count();
                false
            }
            Step::AddTag(name, tag) => {
                let tag_stands = MapValue { value: Value::scalar(true), conflict: false };
                fields.get_mut(&**name)?.as_map()?.insert(tag.clone(), tag_stands).is_some()
            }
            Step::Make(..) | Step::Splice(..) | Step::Delete(_) | Step::RemoveTag(..) => return None,
        };
        if is_second {
            return None;
        }
    }
    for (name, growing) in texts {
        let text = Value::text(TextEncoding::UnicodeCodePoint, &growing.text);
        if fields.insert(name, text).is_some() {
            return None;
        }
    }
    Some(Map::from(fields))
}

#[cfg(test)]
mod tests {
    use super::super::edit::Piece;
    use super::super::{Kind, Patch, Registry};
    use automerge::{ActorId, Automerge, ReadDoc as _};
    use proptest::prelude::*;
    use serde_json::{Value as Json, json};

    fn blank() -> Automerge {
        Automerge::new().with_actor(ActorId::from([1; 32]))
    }

    /// Documents that hold the pieces, one change each.
    fn written(mut document: Automerge, pieces: &[Piece], write: impl Fn(&Piece, &mut Automerge)) -> Automerge {
        pieces.iter().for_each(|piece| write(piece, &mut document));
        document
    }

    fn at_once(kind: &Kind, patch: &Patch) -> Automerge {
        let edit = kind.prepare(&blank(), patch).expect("the patch is sound");
        written(blank(), edit.pieces(), |piece, document| {
            let mut transaction = document.transaction();
            piece.write(&mut transaction).expect("the piece fits");
            transaction.commit();
        })
    }

    fn step_by_step(kind: &Kind, patch: &Patch) -> Automerge {
        let edit = kind.prepare(&blank(), patch).expect("the patch is sound");
        written(blank(), edit.pieces(), |piece, document| {
            let mut transaction = document.transaction();
            piece.write_steps(&mut transaction).expect("the piece fits");
            transaction.commit();
        })
    }

    fn patch(kind: &Kind, fields: &Json) -> Patch {
        Patch::from_json(kind, fields).expect("the fields are sound")
    }

    fn holds(kind: &Kind, document: &Automerge) -> Json {
        let reading = kind.read(document);
        assert!(reading.damaged.is_empty(), "{:?}", reading.damaged);
        reading.values.to_json()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn what_is_written_at_once_reads_as_what_is_written_step_by_step(
            title in "[a-zé𝄞]{1,12}",
            text in "(a|é|𝄞|\n|word ){0,60}",
            repeated in 1..60_usize,
            tags in proptest::collection::vec("[a-zé]{1,6}", 0..9),
            place in "[a-z]{0,9}",
        ) {
            for name in ["action", "page"] {
                let kind = Registry::standard().kind(name).expect("the kind exists");
                let mut fields = json!({ "title": title });
                for (field, value) in [
                    ("text", json!(text.repeat(repeated))),
                    ("description", json!(text.repeat(repeated))),
                    ("tactics", json!(tags)),
                    ("place", json!(place)),
                ] {
                    if kind.field(field).is_some() {
                        fields[field] = value;
                    }
                }
                let patch = patch(kind, &fields);
                let (quick, slow) = (at_once(kind, &patch), step_by_step(kind, &patch));
                prop_assert_eq!(holds(kind, &quick), holds(kind, &slow));
                let changes = |document: &Automerge| {
                    document.get_changes(&[]).iter().map(|change| (change.seq(), change.len())).collect::<Vec<_>>()
                };
                prop_assert_eq!(changes(&quick), changes(&slow), "as many operations in as many changes");
                let loaded = Automerge::load(&quick.save()).expect("what was saved loads");
                prop_assert_eq!(loaded.get_heads(), quick.get_heads());
                prop_assert_eq!(holds(kind, &loaded), holds(kind, &slow));
            }
        }
    }

    #[test]
    fn the_same_record_is_the_same_bytes() {
        let kind = Registry::standard().kind("action").expect("the kind exists");
        let patch = patch(kind, &json!({"title": "Vigil", "description": "By the well", "tactics": ["song", "choir"]}));
        let bytes = || at_once(kind, &patch).get_last_local_change().map(|change| change.raw_bytes().to_vec());
        assert_eq!(bytes(), bytes());
    }

    #[test]
    fn where_something_stands_already_it_is_written_step_by_step() {
        let kind = Registry::standard().kind("action").expect("the kind exists");
        let mut document = at_once(kind, &patch(kind, &json!({"title": "Vigil", "tactics": ["song"]})));
        let edit = kind.prepare(&document, &patch(kind, &json!({"title": "Walk", "tactics": ["choir"]}))).unwrap();
        document = written(document, edit.pieces(), |piece, document| {
            let mut transaction = document.transaction();
            piece.write(&mut transaction).unwrap();
            transaction.commit();
        });
        assert_eq!(holds(kind, &document)["title"], "Walk");
        assert_eq!(document.get_all(automerge::ROOT, "title").unwrap().len(), 1, "one value took the other's place");
        assert_eq!(document.get_all(automerge::ROOT, "tactics").unwrap().len(), 1);
    }
}
