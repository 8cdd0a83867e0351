//! Two records that mean the same thing, made one.

use super::{FieldName, Kind, Patch, Tags, Value, Values, Writes};

/// What uniting two records takes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Union {
    /// What the record that stays takes from the other.
    pub patch: Patch,
    /// Fields in which the two say different things, and what stays is what the record that stays says.
    pub differ: Vec<FieldName>,
}

impl Kind {
    /// What the record that stays takes from one that goes: fields that it has empty, and what is missing in its sets. A
    /// field that is written when a record is made and never again it does not take.
    pub fn unite(&self, keep: &Values, drop: &Values) -> Union {
        let mut union = Union::default();
        for field in &self.fields {
            let default = field.default.as_ref();
            let said = |values: &'_ Values| values.get(&field.name).filter(|value| Some(*value) != default).cloned();
            match (said(keep), said(drop)) {
                (_, None) => {}
                (None, Some(_)) if field.writes == Writes::First => union.differ.push(field.name.clone()),
                (None, Some(value)) => drop_into(&mut union, &field.name, value),
                (Some(Value::Tags(keep)), Some(Value::Tags(drop))) => {
                    let all: Tags = keep.iter().chain(drop.iter()).collect();
                    if all != keep {
                        drop_into(&mut union, &field.name, Value::Tags(all));
                    }
                }
                (Some(keep), Some(drop)) if keep != drop => union.differ.push(field.name.clone()),
                (Some(_), Some(_)) => {}
            }
        }
        union
    }
}

fn drop_into(union: &mut Union, field: &FieldName, value: Value) {
    union.patch.fields.insert(field.clone(), Some(value));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Registry;
    use serde_json::json;

    #[test]
    fn what_one_record_lacks_comes_from_the_other_and_nothing_is_overwritten() {
        let kind = Registry::standard().kind("prospect").unwrap();
        let values = |json| Patch::from_json(kind, &json).unwrap().values();
        let keep = values(json!({"name": "Ferry", "place": "Ford", "tags": ["river"], "contact": "wanted"}));
        let drop = values(json!({"name": "The Ferry", "website": "https://a.example", "tags": ["river", "boats"],
            "contact": "talking"}));
        let union = kind.unite(&keep, &drop);
        let expected = json!({"website": "https://a.example", "tags": ["boats", "river"], "contact": "talking"});
        assert_eq!(union.patch.values().to_json(), expected);
        assert_eq!(union.differ, [FieldName::from("name")]);
        let united = union.patch.over(kind, keep);
        assert!(kind.unite(&united, &drop).patch.is_empty(), "a second time there is nothing to do");
    }

    #[test]
    fn what_is_said_only_when_a_record_is_made_is_not_taken_over_and_told() {
        let kind = Registry::standard().kind("person").unwrap();
        let values = |json| Patch::from_json(kind, &json).unwrap().over(kind, kind.defaults());
        let keep = values(json!({"name": "Ann", "agreed": true}));
        let drop = values(json!({"name": "Ann", "agreed": true, "alias": true, "place": "Ford"}));
        let union = kind.unite(&keep, &drop);
        assert_eq!(union.patch.values().to_json(), json!({"place": "Ford"}));
        assert_eq!(union.differ, [FieldName::from("alias")]);
    }
}
