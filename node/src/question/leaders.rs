//! Leaders: who could be asked, by interest, skill, place, sector and language.

use super::narrow::{self, Narrow, Strictness};
use super::shown::{by_name, id, or_nothing, place};
use super::told::among;
use super::{Asked, Place, Question, Reply, Section, Unanswerable};
use grid_protocol::id::{DocumentId, GroupId};
use grid_protocol::record::Role;
use grid_protocol::replica::Row;
use serde_json::json;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Roles of those who lead; the others are listed behind them.
const LEADING: [Role; 2] = [Role::Principal, Role::Driver];

/// Who could be asked.
pub(super) const QUESTION: Question = Question {
    name: "leaders",
    about: "People, and groups with somebody who leads, by interest, skill, place, sector and language.",
    place: Place::Ask,
    words: &[
        narrow::INTEREST,
        narrow::SKILL,
        narrow::PLACE,
        narrow::NEAR,
        narrow::WITHIN,
        narrow::SECTOR,
        narrow::LANGUAGE,
        narrow::ROLE,
    ],
    answer,
};

fn answer(asked: &Asked<'_>) -> Result<Reply, Unanswerable> {
    among(asked, narrow::ROLE.name, &Role::ALL.map(Role::word))?;
    narrow::exact_or_forgiving(|strictness| listed(asked, strictness))
}

fn listed(asked: &Asked<'_>, strictness: Strictness) -> Result<Reply, Unanswerable> {
    let narrow = Narrow::read(asked, strictness)?;
    let most = asked.most()?;
    let people: Vec<&Arc<Row>> = asked.people().collect();
    let mut leading: BTreeMap<GroupId, Vec<&str>> = BTreeMap::new();
    for person in people.iter().filter(|person| leads(person)) {
        if let Some(group) = person.owner() {
            leading.entry(group).or_default().push(person.values.text("name"));
        }
    }
    let people = ordered(people.into_iter(), &narrow).into_iter().map(|(row, why)| {
        json!({
            "id": id(row),
            "name": row.values.text("name"),
            "group": row.owner().map(|group| group.to_string()),
            "by": asked.group_name(row),
            "place": or_nothing(place(row)),
            "sector": or_nothing(row.values.text("sector")),
            "roles": row.values.get("roles"),
            "skills": row.values.get("skills"),
            "interests": row.values.get("interests"),
            "languages": row.values.get("languages"),
            "reach": or_nothing(row.values.text("reach")),
            "why": why,
        })
    });
    let profiles = asked.profiles();
    let led = profiles
        .values()
        .copied()
        .filter(|row| leads(row) || row.owner().is_some_and(|group| leading.contains_key(&group)));
    let groups = ordered(led, &narrow).into_iter().map(|(row, why)| {
        let mut leaders = row.owner().and_then(|group| leading.get(&group)).cloned().unwrap_or_default();
        leaders.sort_unstable();
        leaders.truncate(5);
        let who = match leaders.is_empty() {
            true => format!("nobody is named; the group says: {}", leading_roles(row).join(", ")),
            false => leaders.join("; "),
        };
        json!({
            "id": id(row),
            "name": asked.title(row),
            "group": id(row),
            "leaders": leaders,
            "who": who,
            "place": or_nothing(place(row)),
            "sector": or_nothing(row.values.text("sector")),
            "roles": row.values.get("roles"),
            "reach": or_nothing(row.values.text("reach")),
            "why": why,
        })
    });
    let of_people = [
        ("name", "Name"),
        ("by", "Group"),
        ("place", "Where"),
        ("skills", "Skills"),
        ("reach", "Reach"),
        ("why", "Why"),
    ];
    let of_groups = [("name", "Group"), ("who", "Who leads"), ("place", "Where"), ("reach", "Reach"), ("why", "Why")];
    let people = Section::new("people", "People", &of_people, "Nobody here fits.").first(most, people);
    let groups = Section::new("groups", "Groups with leaders", &of_groups, "No group with leaders fits.").rows(groups);
    Ok(Reply::default().with(people).with(groups))
}

fn leads(row: &Row) -> bool {
    !leading_roles(row).is_empty()
}

/// The roles of those who lead that a person, or a group, says it fills.
fn leading_roles(row: &Row) -> Vec<&str> {
    let leading = LEADING.map(Role::word);
    super::asked::tags(row, "roles").filter(|role| leading.contains(role)).collect()
}

/// Those who fit and why: near ones first where a point was given, then those who lead, then by name.
fn ordered<'a>(rows: impl Iterator<Item = &'a Arc<Row>>, narrow: &Narrow) -> Vec<(&'a Arc<Row>, Vec<String>)> {
    type Order = (u64, Reverse<bool>, (String, DocumentId));
    let fitting = rows.filter_map(|row| Some((row, narrow.fit(row)?)));
    let mut fitting: Vec<(Order, &Arc<Row>, Vec<String>)> = fitting
        .map(|(row, why)| {
            let metres = narrow.km(row).map_or(0, |km| (km * 1_000.0) as u64);
            ((metres, Reverse(leads(row)), by_name(row.values.text("name"), row.document)), row, why)
        })
        .collect();
    fitting.sort_unstable_by(|one, other| one.0.cmp(&other.0));
    fitting.into_iter().map(|(_, row, why)| (row, why)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Coalition;
    use serde_json::json;

    #[test]
    fn three_filters_leave_exactly_those_who_fit() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir"]);
        let mut person = |by: usize, name: &str, interest: &str, skill: &str, place: &str| {
            coalition.record(
                by,
                "person",
                json!({"name": name, "agreed": true, "interests": [interest], "skills": [skill], "place": place}),
            );
        };
        person(0, "Ann", "rivers", "driving", "Lismore");
        person(1, "Ben", "river", "Driving", "Lismore NSW");
        person(1, "Cem", "rivers", "driving", "Ballina");
        person(1, "Dot", "rivers", "diving", "Lismore");
        person(0, "Eva", "forests", "driving", "Lismore");
        coalition.record(1, "person", json!({"name": "Blank", "agreed": true}));
        let ask =
            |words: &[(&str, &str)]| Coalition::column(&coalition.ask("leaders", words).unwrap(), "people", "name");
        assert_eq!(ask(&[("interest", "river"), ("skill", "driving"), ("place", "lismore")]), ["Ann", "Ben"]);
        assert_eq!(ask(&[("interest", "rivres"), ("skill", "driving"), ("place", "ballina")]), ["Cem"], "a slip");
        assert_eq!(ask(&[]).len(), 6, "who left fields blank is listed too");
    }

    #[test]
    fn a_group_that_leads_and_names_nobody_says_so() {
        let mut coalition = Coalition::quiet_since(1, &["Clean River", "Hollin Choir"]);
        coalition.record(0, "group", json!({"name": "Clean River", "roles": ["driver", "weaver"]}));
        coalition.record(1, "person", json!({"name": "Ann", "agreed": true, "roles": ["principal"]}));
        let reply = coalition.ask("leaders", &[]).unwrap();
        assert_eq!(Coalition::column(&reply, "groups", "name"), ["Clean River", "Hollin Choir"]);
        let who = Coalition::column(&reply, "groups", "who");
        assert_eq!(who, ["nobody is named; the group says: driver", "Ann"]);
    }

    #[test]
    fn who_leads_and_who_is_near_comes_first_and_who_did_not_agree_is_not_listed() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir"]);
        let at = |east: f64| json!({"latitude": -28.8, "longitude": east});
        coalition.record(1, "person", json!({"name": "Far", "agreed": true, "coordinates": at(153.5)}));
        coalition.record(
            1,
            "person",
            json!({"name": "Near", "agreed": true, "coordinates": at(153.3), "sector": "union"}),
        );
        coalition.record(0, "person", json!({"name": "Zed", "agreed": true, "roles": ["driver"]}));
        let ask = |words: &[(&str, &str)]| coalition.ask("leaders", words).unwrap();
        assert_eq!(Coalition::column(&ask(&[]), "people", "name"), ["Zed", "Far", "Near"]);
        assert_eq!(Coalition::column(&ask(&[]), "groups", "name"), ["Clean River"]);
        assert_eq!(Coalition::column(&ask(&[]), "groups", "leaders"), [json!(["Zed"])]);
        let near = ask(&[("near", "-28.8,153.3"), ("km", "30")]);
        assert_eq!(Coalition::column(&near, "people", "name"), ["Near", "Far"]);
        assert_eq!(Coalition::column(&near, "people", "why"), [json!(["less than 1 km away"]), json!(["19 km away"])]);
        assert_eq!(Coalition::column(&ask(&[("sector", "Union")]), "people", "name"), ["Near"]);
    }
}
