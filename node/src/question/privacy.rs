//! Privacy: everything that is stored, for whom, and what for: the policy is the map of the fields, and of what is
//! stored beside them.

use super::stored::Stored;
use super::{Asked, Given, Place, Question, Reply, Section, Unanswerable, Word};
use grid_protocol::record::{Audience, FieldType, Kind};
use serde_json::{Value as Json, json};
use std::sync::Arc;

/// What is stored.
pub(super) const QUESTION: Question = Question {
    name: "privacy",
    about: "Everything that is stored: each field, and what lies beside records; what it is for, and who may read it.",
    place: Place::Ask,
    words: &[
        Word { name: "kind", about: "Only this kind, such as person.", many: Given::Often },
        Word {
            name: "audience",
            about: "Only what these may read: public, coalition, group, local.",
            many: Given::Often,
        },
    ],
    answer,
};

const AUDIENCES: [(Audience, &str); 4] = [
    (Audience::Public, "everybody, also outside the coalition"),
    (Audience::Coalition, "the groups of the coalition, on all their computers"),
    (Audience::Group, "this group; until spaces are private it stays on the computer that wrote it"),
    (Audience::Local, "whoever sits at the computer that wrote it; it is never sent"),
];

fn answer(asked: &Asked<'_>) -> Result<Reply, Unanswerable> {
    let registry = &asked.views.registry;
    let kinds: Vec<&str> = asked.all("kind").collect();
    if let Some(unknown) = kinds.iter().find(|kind| registry.kind(kind).is_none()) {
        let shown: String = unknown.chars().take(80).collect();
        return Err(Unanswerable::new(format!("kind: there is no kind {shown:?}"), "Ask without it to see all kinds."));
    }
    let audiences: Vec<&str> = asked.all("audience").collect();
    if let Some(unknown) = audiences.iter().find(|told| AUDIENCES.iter().all(|(known, _)| known.to_string() != **told))
    {
        let shown: String = unknown.chars().take(80).collect();
        let message = format!("audience: expected public, coalition, group or local, found {shown:?}");
        return Err(Unanswerable::new(message, "Give public, coalition, group or local."));
    }
    let fields = registry
        .kinds()
        .filter(|kind| kinds.is_empty() || kinds.contains(&&*kind.name))
        .flat_map(of_kind)
        .filter(|row| audiences.is_empty() || row["audience"].as_str().is_some_and(|of| audiences.contains(&of)));
    let columns =
        [("kind", "Kind"), ("field", "Field"), ("purpose", "What it is for"), ("audience", "Who may read it")];
    let fields =
        Section::new("fields", "What is stored", &columns, "Nothing of that is stored.").account().rows(fields);
    // Whoever asks for a kind asks for its fields.
    let beside_of = Stored::all().filter(|_| kinds.is_empty());
    let beside_of =
        beside_of.filter(|stored| audiences.is_empty() || audiences.contains(&&*stored.audience.to_string()));
    let columns = [
        ("what", "What"),
        ("holds", "What stands in it"),
        ("purpose", "What it is for"),
        ("audience", "Who may read it"),
    ];
    let heading = "What is stored beside the fields of records";
    let none =
        if kinds.is_empty() { "Nothing of that is stored." } else { "Left out: these are the fields of a kind." };
    let beside = Section::new("beside", heading, &columns, none).account();
    let beside = beside.rows(beside_of.map(Stored::row));
    let meanings = AUDIENCES.iter().map(|(audience, who)| json!({"audience": audience.to_string(), "who": who}));
    let meanings =
        Section::new("audiences", "Who that is", &[("audience", "Audience"), ("who", "Who")], "").rows(meanings);
    Ok(Reply::default().with(fields).with(beside).with(meanings))
}

fn of_kind(kind: &Arc<Kind>) -> Vec<Json> {
    let row = |field: &grid_protocol::record::Field| {
        json!({
            "kind": kind.name,
            "field": &*field.name,
            "type": field.field_type.name(),
            "audience": field.audience.to_string(),
            "travels": field.audience.travels(),
            "purpose": field.about,
            "refers": matches!(field.field_type, FieldType::Reference(_) | FieldType::References(_)),
        })
    };
    kind.fields.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Coalition;
    use grid_protocol::record::Registry;

    #[test]
    fn every_field_that_can_be_stored_is_in_the_policy_with_purpose_and_readers() {
        let coalition = Coalition::new(&["Clean River"]);
        let reply = coalition.ask("privacy", &[]).unwrap();
        let stored: usize = Registry::standard().kinds().map(|kind| kind.fields.len()).sum();
        let rows = &reply.section("fields").unwrap().rows;
        assert_eq!(rows.len(), stored);
        assert!(rows.iter().all(|row| !row["purpose"].as_str().unwrap().is_empty()));
        let audiences = Coalition::column(&reply, "audiences", "audience");
        assert!(rows.iter().all(|row| audiences.contains(&row["audience"])));
        let local = coalition.ask("privacy", &[("kind", "tie"), ("audience", "local")]).unwrap();
        assert_eq!(Coalition::column(&local, "fields", "field"), ["note"]);
        assert!(local.section("beside").unwrap().rows.is_empty(), "whoever asks for a kind asks for its fields");
        assert!(coalition.ask("privacy", &[("kind", "song")]).is_err());
        assert!(coalition.ask("privacy", &[("audience", "friends")]).is_err());
    }

    #[test]
    fn what_lies_beside_records_is_in_the_policy_with_every_kind_of_control_record() {
        let coalition = Coalition::new(&["Clean River"]);
        let reply = coalition.ask("privacy", &[]).unwrap();
        let beside = &reply.section("beside").unwrap().rows;
        for kind in grid_protocol::control::Kind::ALL {
            let of = beside.iter().filter(|row| row["what"] == kind.to_string()).count();
            assert_eq!(of, 1, "{kind}");
        }
        assert!(beside.iter().all(|row| ["holds", "purpose"].into_iter().all(|key| row[key].as_str() != Some(""))));
        let whats: std::collections::BTreeSet<_> = beside.iter().map(|row| row["what"].to_string()).collect();
        assert_eq!(whats.len(), beside.len(), "each stands there once");
        for named in ["`_import`", "`_row`", "`news.json`", "`searches.json`"] {
            assert!(beside.iter().any(|row| row["holds"].as_str().unwrap().contains(named)), "{named}");
        }
        let local = coalition.ask("privacy", &[("audience", "local")]).unwrap();
        let local = Coalition::column(&local, "beside", "what");
        assert!(local.iter().any(|what| what == "secret keys") && local.len() < beside.len(), "{local:?}");
    }
}
