//! The backbone: how its partners rate it. Whoever holds it does not rate itself.

use super::bodies::groups_in;
use super::scores::{Published, Score, mean};
use super::{Asked, Place, Question, Reply, Section, Unanswerable};
use crate::view::fold::folded;
use crate::view::{MandateRow, MandateState};
use grid_protocol::control::Role;
use grid_protocol::id::GroupId;
use serde_json::json;
use std::collections::{BTreeSet, HashMap};

/// How the backbone does.
pub(super) const QUESTION: Question = Question {
    name: "backbone",
    about: "How its partners rate the backbone; those who hold it, by mandate or seat, do not rate themselves.",
    place: Place::Ask,
    words: &[],
    answer,
};

/// Roles by which a group is the backbone.
const HOLDS: [Role; 2] = [Role::Backbone, Role::Steward];

/// The mandates of the backbone, by the groups that hold them.
type Held<'a> = HashMap<GroupId, Vec<&'a MandateRow>>;

/// Why a score does not count: the group was the backbone when it wrote it, or is so now.
fn own_rating(
    asked: &Asked<'_>,
    seated: &BTreeSet<GroupId>,
    held: &Held<'_>,
    score: &Score<'_>,
) -> Option<&'static str> {
    let holds = |row: &&MandateRow| {
        let at = |moment| matches!(row.state(moment), MandateState::Valid { .. });
        at(asked.now) || at(score.row.created)
    };
    if held.get(&score.group).into_iter().flatten().any(holds) {
        return Some("it holds a mandate of the backbone");
    }
    seated.contains(&score.group).then_some("it sits in the backbone")
}

fn answer(asked: &Asked<'_>) -> Result<Reply, Unanswerable> {
    let seated = groups_in(asked, "backbone");
    let mut held: Held<'_> = HashMap::new();
    for row in asked.views.mandates.iter().filter(|row| HOLDS.contains(&row.role)) {
        held.entry(row.group).or_default().push(row);
    }
    let published =
        Published::of(asked, &["backbone"]).without(asked, |asked, score| own_rating(asked, &seated, &held, score));
    let columns = [
        ("survey", "Survey"),
        ("period", "Period"),
        ("question", "Indicator"),
        ("mean", "Mean of 1 to 5"),
        ("answers", "Answers"),
        ("groups", "Groups"),
    ];
    let empty = "No partner rated the backbone yet.";
    let scores =
        Section::new("scores", "As its partners see it", &columns, empty).rows(mean(asked, published.scores.iter()));
    let columns = [("by", "Group"), ("question", "Indicator"), ("period", "Period"), ("why", "Why")];
    let left_out = Section::new("left_out", "Not counted", &columns, "Every score counts.");
    Ok(Reply::default().with(scores).with(left_out.rows(published.left_out_rows(asked))).with(holders(asked, &seated)))
}

fn holders(asked: &Asked<'_>, seated: &BTreeSet<GroupId>) -> Section {
    let mandates = asked.views.mandates.iter().filter(|row| HOLDS.contains(&row.role));
    let mandates = mandates.filter_map(|row| match row.state(asked.now) {
        MandateState::Valid { until } => Some((
            asked.views.name_of(&row.group),
            json!({
                "group": row.group.to_string(),
                "name": asked.views.name_of(&row.group),
                "as": row.role.name(),
                "scope": row.scope,
                "until": until.to_string(),
                "mandate": row.id.to_string(),
            }),
        )),
        _ => None,
    });
    let seats = seated.iter().map(|group| {
        let name = asked.views.name_of(group);
        (name.clone(), json!({"group": group.to_string(), "name": name, "as": "seat in the backbone"}))
    });
    let mut rows: Vec<_> = mandates.chain(seats).collect();
    rows.sort_by_cached_key(|(name, row)| (folded(name), row.to_string()));
    let columns = [("name", "Group"), ("as", "As"), ("scope", "For"), ("until", "Until")];
    Section::new("holders", "Who is the backbone", &columns, "Nobody is.").rows(rows.into_iter().map(|(_, row)| row))
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Coalition, NOW};
    use crate::view::MandateRow;
    use grid_protocol::control::{Role, Term};
    use grid_protocol::id::{GroupId, RecordId, VersionId};
    use grid_protocol::time::Timestamp;
    use serde_json::json;

    #[test]
    fn partners_rate_and_whoever_holds_the_backbone_does_not() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir", "Ferry Friends"]);
        let survey = coalition.record(0, "survey", json!({"title": "The hub", "sort": "backbone"}));
        for (by, total) in [(0, 5), (1, 5), (2, 2)] {
            coalition.record(by, "score", json!({"survey": survey, "question": "Helps", "answers": 1, "total": total}));
        }
        let means = |coalition: &Coalition| {
            let reply = coalition.ask("backbone", &[]).unwrap();
            (Coalition::column(&reply, "scores", "mean"), Coalition::column(&reply, "left_out", "by"))
        };
        assert_eq!(means(&coalition), (vec![json!(4)], vec![]));
        let term = Term { from: Timestamp(0), to: Timestamp(NOW.0 + 1) };
        coalition.views.mandates.push(MandateRow {
            id: RecordId([1; 32]),
            version: VersionId([1; 32]),
            group: GroupId([1; 32]),
            role: Role::Backbone,
            scope: "the hub".to_owned(),
            term,
            needed: 1,
            endorsers: Vec::new(),
            intervals: vec![term],
        });
        assert_eq!(means(&coalition), (vec![json!(3.5)], vec![json!("Clean River")]));
        let hub = coalition.record(2, "body", json!({"name": "Hub", "sort": "backbone"}));
        coalition.record(1, "seat", json!({"body": hub}));
        assert_eq!(means(&coalition), (vec![json!(2)], vec![json!("Clean River"), json!("Hollin Choir")]));
    }
}
