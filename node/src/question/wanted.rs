//! Wanted: who would celebrate the win and is not here yet, by how far the conversation is.

use super::asked::tags;
use super::shown::{by_name, or_nothing, place};
use super::turns::fairly;
use super::{Asked, Place, Question, Reply, Section, Unanswerable};
use crate::view::fold::folded;
use crate::view::{DirectoryRow, Membership};
use grid_protocol::id::DocumentId;
use grid_protocol::replica::Row;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How far a conversation is, the least first, and what that means.
const STATES: [(&str, &str); 5] = [
    ("wanted", "nobody has asked yet"),
    ("contacted", "somebody has asked"),
    ("talking", "they are talking"),
    ("invited", "they were invited"),
    ("declined", "they said no, for now"),
];
/// Prospects that joined are no gap, whether or not somebody has linked them.
const JOINED: &str = "joined";

/// Who is wanted and not here.
pub(super) const QUESTION: Question = Question {
    name: "wanted",
    about: "Groups that are wanted and not here yet, by how far the conversation with them is.",
    place: Place::Ask,
    words: &[],
    answer,
};

/// A group that is wanted: what one or several groups wrote down about it.
struct Gap {
    name: String,
    state: usize,
    row: Arc<Row>,
    by: BTreeSet<String>,
}

fn answer(asked: &Asked<'_>) -> Result<Reply, Unanswerable> {
    let mut gaps: BTreeMap<(String, String), Gap> = BTreeMap::new();
    for entry in asked.views.directory() {
        let DirectoryRow { membership: Membership::Prospect, row: Some(row), same, .. } = entry else { continue };
        for row in [row].into_iter().chain(same) {
            let contact = row.values.text("contact");
            if asked.views.hidden.hides(&row) || contact == JOINED {
                continue;
            }
            let name = asked.views.title_of(&row);
            let state = STATES.iter().position(|(word, _)| *word == contact).unwrap_or_default();
            let by = asked.group_name(&row);
            let key = (folded(&name), folded(place(&row)));
            let gap = gaps.entry(key).or_insert_with(|| Gap {
                name: name.clone(),
                state,
                row: row.clone(),
                by: BTreeSet::new(),
            });
            gap.by.insert(by);
            // Whoever is furthest in the conversation knows best.
            if state > gap.state {
                (gap.name, gap.state, gap.row) = (name, state, row);
            }
        }
    }
    let mut counts = [0_usize; STATES.len()];
    let mut gaps: Vec<Gap> = gaps.into_values().collect();
    gaps.iter().for_each(|gap| counts[gap.state] += 1);
    gaps.sort_by_cached_key(|gap| -> (usize, (String, DocumentId)) {
        (gap.state, by_name(&gap.name, gap.row.document))
    });
    let members = asked.shown_members().len();
    let counts =
        STATES.iter().zip(counts).map(|((state, why), count)| json!({"contact": state, "count": count, "why": why}));
    let counts = counts.chain([json!({"contact": "here", "count": members, "why": "member groups"})]);
    let count = gaps.len();
    let gaps = fairly(gaps, asked.most()?, |gap| gap.row.owner());
    let rows = gaps.iter().map(|gap| {
        let (contact, why) = STATES[gap.state];
        json!({
            "id": gap.row.document.to_string(),
            "name": gap.name,
            "place": or_nothing(place(&gap.row)),
            "contact": contact,
            "tags": tags(&gap.row, "tags").collect::<Vec<_>>(),
            "by": gap.by,
            "group": gap.row.owner().map(|group| group.to_string()),
            "why": why,
        })
    });
    let columns = [("contact", "Conversation"), ("count", "Groups"), ("why", "Note")];
    let counts = Section::new("counts", "Wanted and here", &columns, "").rows(counts);
    let columns =
        [("name", "Group"), ("place", "Where"), ("contact", "Conversation"), ("tags", "Works on"), ("by", "Wanted by")];
    let none = match asked.records("prospect").next() {
        Some(_) => "Everybody who is wanted is here.",
        None => "Nobody was written down yet: `grid prospect new --name NAME` tells whom you miss.",
    };
    let rows = Section::new("wanted", "Not here yet", &columns, none).of(count).rows(rows);
    Ok(Reply::default().with(rows).with(counts))
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Coalition;
    use serde_json::json;

    #[test]
    fn the_gap_is_wanted_minus_here() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir"]);
        coalition.record(0, "prospect", json!({"name": "Bakers", "contact": "talking"}));
        coalition.record(1, "prospect", json!({"name": "bakers", "contact": "wanted"}));
        coalition.record(0, "prospect", json!({"name": "Anglers"}));
        coalition.record(0, "prospect", json!({"name": "HOLLIN CHOIR"}));
        coalition.record(0, "prospect", json!({"name": "Choristers", "joined_as": Coalition::group(1)}));
        coalition.record(0, "prospect", json!({"name": "Linked nowhere", "contact": "joined"}));
        let reply = coalition.ask("wanted", &[]).unwrap();
        assert_eq!(Coalition::column(&reply, "wanted", "name"), ["Anglers", "Bakers"]);
        assert_eq!(Coalition::column(&reply, "wanted", "contact"), ["wanted", "talking"]);
        assert_eq!(Coalition::column(&reply, "wanted", "by")[1], json!(["Clean River", "Hollin Choir"]));
        assert_eq!(Coalition::column(&reply, "counts", "count"), [1, 0, 1, 0, 0, 2]);
        coalition.record(0, "hiding", json!({"what": "Choir", "sort": "group", "of_group": Coalition::group(1)}));
        let reply = coalition.ask("wanted", &[]).unwrap();
        let by = Coalition::column(&reply, "wanted", "by");
        assert_eq!(by, [json!(["Clean River"]), json!(["Clean River"])], "only what one's own group wrote");
    }
}
