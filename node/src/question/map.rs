//! The map: where members are, and others who work on the issue.

use super::narrow::{self, Strictness};
use super::shown::{by_name, or_nothing};
use super::whose::{self, Whose};
use super::{Asked, Place, Question, Reply, Section, Unanswerable};
use crate::view::{DirectoryRow, Membership};
use serde_json::json;

/// Groups and their points, members apart from others.
pub(super) const QUESTION: Question = Question {
    name: "map",
    about: "Where groups are: members, and others who work on the issue, each with its point on the map.",
    place: Place::Ask,
    words: &[whose::GROUP, narrow::PLACE, narrow::NEAR, narrow::WITHIN],
    answer,
};

fn answer(asked: &Asked<'_>) -> Result<Reply, Unanswerable> {
    narrow::exact_or_forgiving(|strictness| drawn(asked, strictness))
}

fn drawn(asked: &Asked<'_>, strictness: Strictness) -> Result<Reply, Unanswerable> {
    let whose = Whose::read(asked, strictness)?;
    let mut rows = Vec::new();
    for DirectoryRow { group, record, name, membership, row, .. } in asked.views.directory() {
        let Some(row) = row.filter(|row| !asked.views.hidden.hides(row) && whose.holds(row)) else { continue };
        let point = row.values.get("coordinates").map(|value| value.to_json()).unwrap_or_default();
        let standing = match membership {
            Membership::Member => "member",
            Membership::Known => "known",
            Membership::Prospect => "not here yet",
            Membership::Withdrew | Membership::Removed => continue,
        };
        let place = row.values.text("place").to_owned();
        if point.is_null() && place.is_empty() {
            continue;
        }
        let key = (standing != "member", by_name(&name, row.document));
        rows.push((
            key,
            json!({
                "id": record.map(|record| record.to_string()),
                "group": group.map(|group| group.to_string()),
                "name": name,
                "standing": standing,
                "place": or_nothing(&place),
                "latitude": point["latitude"],
                "longitude": point["longitude"],
            }),
        ));
    }
    rows.sort_by(|(one, _), (other, _)| one.cmp(other));
    let columns =
        [("name", "Group"), ("standing", "Standing"), ("place", "Where"), ("latitude", "North"), ("longitude", "East")];
    let empty = match whose.is_everybody() {
        true => "No group has said where it is.",
        false => "No group that you asked for has said where it is.",
    };
    let section = Section::new("groups", "Where groups are", &columns, empty);
    Ok(Reply::default().with(section.rows(rows.into_iter().map(|(_, row)| row))))
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Coalition;
    use serde_json::json;

    #[test]
    fn members_come_first_and_others_are_told_apart() {
        let mut coalition = Coalition::new(&["Clean River"]);
        let point = json!({"latitude": -28.5, "longitude": 153.0});
        coalition.record(0, "prospect", json!({"name": "Bakers", "place": "Hollin", "coordinates": point}));
        coalition.record(0, "prospect", json!({"name": "Nowhere"}));
        coalition.record(1, "group", json!({"name": "Mill Street", "place": "Weir"}));
        let reply = coalition.ask("map", &[]).unwrap();
        assert_eq!(Coalition::column(&reply, "groups", "name"), ["Bakers", "Mill Street"]);
        assert_eq!(Coalition::column(&reply, "groups", "standing"), ["not here yet", "known"]);
        assert_eq!(Coalition::column(&reply, "groups", "latitude")[0], json!(-28.5));
    }
}
