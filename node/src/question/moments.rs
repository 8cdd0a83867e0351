//! Moments of convergence: many actions at one time, on one page, with what they add up to.

use super::asked::instant;
use super::backing::Backing;
use super::letters::Letters;
use super::period::{begins, end_of, is_over, next_or_first, occasions};
use super::shown::{at, by_name, field, figure, line, moment};
use super::told::{names, record};
use super::{Asked, Given, Place, Question, Reply, Section, Unanswerable, Word};
use crate::view::status::is_cancelled;
use grid_protocol::id::GroupId;
use grid_protocol::replica::Row;
use grid_protocol::time::Timestamp;
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What comes together.
pub(super) const QUESTION: Question = Question {
    name: "moments",
    about: "Moments of convergence: their actions, where these are, what they add up to, and what could join.",
    place: Place::Ask,
    words: &[Word { name: "of", about: "Only this moment: its id or its title.", many: Given::Once }],
    answer,
};

fn answer(asked: &Asked<'_>) -> Result<Reply, Unanswerable> {
    let of = record(asked, "of", &["moment"])?;
    let mut moments: Vec<&Arc<Row>> =
        asked.records("moment").filter(|moment| of.is_none_or(|of| of.document == moment.document)).collect();
    moments.sort_by_cached_key(|moment| (instant(moment, "starts"), by_name(&asked.title(moment), moment.document)));
    let mut sums = Vec::new();
    let mut actions = Vec::new();
    for moment in &moments {
        let (sum, linked) = sum(asked, moment);
        sums.push(sum);
        actions.extend(linked);
    }
    let open: Vec<&Arc<Row>> = match of {
        Some(of) => vec![of],
        None => moments.into_iter().filter(|moment| end_of(moment).is_some_and(|end| asked.now <= end)).collect(),
    };
    let columns = [
        ("title", "Moment"),
        ("starts", "Begins"),
        ("actions", "Actions"),
        ("groups", "Groups"),
        ("people", "People"),
        ("letters", "Letters"),
    ];
    let empty = "There is no moment of convergence yet: `grid moment new --title TITLE` makes one.";
    let moments = Section::new("moments", "Moments of convergence", &columns, empty).rows(sums);
    let columns = [
        ("moment", "Moment"),
        ("marked", "Action"),
        ("by", "Group"),
        ("place", "Where"),
        ("starts", "When"),
        ("supports", "Backed"),
    ];
    let empty = "No action is part of one yet: `grid action edit ID --moment MOMENT` joins.";
    let actions = Section::new("actions", "Their actions", &columns, empty).rows(actions);
    Ok(Reply::default().with(moments).with(actions).with(unlinked(asked, &open, asked.most()?)))
}

fn sum(asked: &Asked<'_>, row: &Row) -> (Json, Vec<Json>) {
    // What groups did that have left since was done; what they meant to do was not.
    let over = is_over(row, asked.now);
    let counts = |action: &&Arc<Row>| over || asked.views.holds(action);
    let mut linked: Vec<&Arc<Row>> = asked.referring(row, "action").filter(counts).collect();
    linked.sort_by_cached_key(|action| (instant(action, "starts"), by_name(&asked.title(action), action.document)));
    let title = asked.title(row);
    let mut backing = Backing::default();
    let mut letters = 0.0;
    let mut groups: BTreeSet<GroupId> = BTreeSet::new();
    let mut actions = Vec::with_capacity(linked.len());
    let (mut take_place, mut cancelled) = (0_usize, 0_usize);
    for action in linked {
        let of_action = if over { Backing::of_over(asked, action) } else { Backing::of(asked, action) };
        let its_letters = Letters::of(asked, action).letters;
        let more = json!({
            "moment": title,
            "moment_id": row.document.to_string(),
            "place": action.values.text("place"),
            "coordinates": field(action, "coordinates"),
            "starts": next_or_first(action, asked.now),
            "supports": of_action.supports(),
            "people": figure(of_action.people()),
            "letters": figure(its_letters),
        });
        actions.push(line(asked, action, more));
        // Whoever meant to come has to read that; it adds nothing up.
        if is_cancelled(action) {
            cancelled += 1;
            continue;
        }
        take_place += 1;
        backing.merge(of_action);
        letters += its_letters;
        groups.extend(action.owner());
    }
    backing.merge_whole(Backing::of(asked, row));
    let more = json!({
        "starts": moment(row, "starts"),
        "ends": moment(row, "ends"),
        "target": row.values.text("target"),
        "coordinates": field(row, "coordinates"),
        "actions": take_place,
        "cancelled": cancelled,
        "groups": groups.len(),
        "who": names(asked, &groups),
        "supports": backing.supports(),
        "supporters": backing.groups.len(),
        "people": figure(backing.people()),
        "letters": figure(letters),
    });
    (line(asked, row, more), actions)
}

/// Actions at the time of a moment that are part of none.
fn unlinked(asked: &Asked<'_>, moments: &[&Arc<Row>], most: usize) -> Section {
    let first = moments.iter().filter_map(|moment| instant(moment, "starts")).min().unwrap_or(asked.now);
    let last = moments.iter().filter_map(|moment| end_of(moment)).max().unwrap_or(asked.now);
    let mut free: Vec<(Timestamp, &Arc<Row>)> = asked
        .current("action")
        .filter(|action| !is_cancelled(action) && asked.referred(action.values.text("moment")).is_none())
        .filter(|action| asked.shows(action))
        .flat_map(|action| {
            // Of what comes back only what is ahead: a moment of years would use up its times.
            let comes_back = !action.values.text("repeats").is_empty();
            let from = if comes_back { first.max(asked.now) } else { first };
            occasions(action, from, last).into_iter().map(move |at| (begins(&at), action))
        })
        .collect();
    free.sort_by_key(|(starts, action)| (*starts, action.document));
    let at_its_time = |row: &Row| {
        let (starts, ends) = (instant(row, "starts"), end_of(row));
        let from = starts.map_or(free.len(), |starts| free.partition_point(|(at, _)| *at < starts));
        let to = ends.map_or(from, |ends| free.partition_point(|(at, _)| *at <= ends));
        free.get(from..to).unwrap_or_default()
    };
    // Each moment may have them all: they are counted, and written out as far as they are shown.
    let all: usize = moments.iter().map(|row| at_its_time(row).len()).sum();
    let pairs = moments.iter().flat_map(|row| at_its_time(row).iter().map(move |at| (*row, at)));
    let rows = pairs.take(most).map(|(row, (starts, action))| {
        let more = json!({
            "moment": asked.title(row),
            "moment_id": row.document.to_string(),
            "place": action.values.text("place"),
            "starts": at(*starts),
            "why": "at the same time, and part of no moment",
        });
        line(asked, action, more)
    });
    let columns = [("moment", "Moment"), ("title", "Action"), ("by", "Group"), ("place", "Where"), ("starts", "When")];
    let empty = "No other action is planned for the time of a moment that is still to come.";
    Section::new("unlinked", "Actions at that time that could join", &columns, empty).of(all).rows(rows)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Coalition;
    use serde_json::json;

    #[test]
    fn a_moment_shows_all_its_actions_their_points_and_what_they_add_up_to() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir", "Ferry Friends"]);
        let day = json!({"title": "River day", "starts": "2026-12-01T00:00:00Z", "ends": "2026-12-03T00:00:00Z"});
        let day = coalition.record(0, "moment", day);
        let at = json!({"latitude": -28.81, "longitude": 153.28});
        let vigil = json!({"title": "Vigil", "moment": day, "starts": "2026-12-02T10:00:00Z", "coordinates": at});
        let vigil = coalition.record(0, "action", vigil);
        let song = coalition.record(1, "action", json!({"title": "Song", "moment": day}));
        let storm = coalition.record(1, "action", json!({"title": "Storm", "moment": day, "status": "cancelled"}));
        coalition.record(0, "support", json!({"of": storm, "sort": "join", "people": 90}));
        coalition.record(2, "action", json!({"title": "Paddle", "starts": "2026-12-02T12:00:00Z"}));
        coalition.record(2, "action", json!({"title": "Later", "starts": "2026-12-09T12:00:00Z"}));
        coalition.record(2, "support", json!({"of": vigil, "sort": "join", "people": 5}));
        coalition.record(2, "support", json!({"of": song, "sort": "join", "people": 2}));
        coalition.record(1, "support", json!({"of": day, "sort": "boost"}));
        coalition.record(2, "tally", json!({"action": vigil, "letters": 30}));
        let reply = coalition.ask("moments", &[]).unwrap();
        assert_eq!(Coalition::column(&reply, "moments", "actions"), [2]);
        assert_eq!(Coalition::column(&reply, "moments", "supports"), [3]);
        assert_eq!(Coalition::column(&reply, "moments", "people"), [7]);
        assert_eq!(Coalition::column(&reply, "moments", "letters"), [30]);
        assert_eq!(Coalition::column(&reply, "actions", "title"), ["Song", "Storm", "Vigil"]);
        assert_eq!(Coalition::column(&reply, "actions", "coordinates"), [json!(null), json!(null), at]);
        assert_eq!(Coalition::column(&reply, "actions", "status"), [json!(null), json!("cancelled"), json!(null)]);
        assert_eq!(Coalition::column(&reply, "moments", "cancelled"), [1]);
        assert_eq!(Coalition::column(&reply, "actions", "marked"), ["Song", "Storm (cancelled)", "Vigil"]);
        assert_eq!(Coalition::column(&reply, "unlinked", "title"), ["Paddle"]);
    }

    #[test]
    fn what_comes_back_could_join_a_moment_beside_one_of_many_years() {
        let mut coalition = Coalition::new(&["Clean River"]);
        let walk = json!({"title": "Walk", "starts": "2025-01-06T10:00:00Z", "repeats": "FREQ=WEEKLY"});
        coalition.record(0, "action", walk);
        let week = json!({"title": "Week", "starts": "2026-11-24T00:00:00Z", "ends": "2026-12-05T00:00:00Z"});
        coalition.record(0, "moment", week);
        let years = json!({"title": "Years", "starts": "2023-01-01T00:00:00Z", "ends": "2027-11-01T00:00:00Z"});
        coalition.record(0, "moment", years);
        let reply = coalition.ask("moments", &[]).unwrap();
        let of_week = reply.section("unlinked").unwrap().rows.iter().filter(|row| row["moment"] == "Week").count();
        assert_eq!(of_week, 1, "{reply:?}");
    }

    #[test]
    fn a_group_that_joins_a_moment_and_its_action_brings_its_people_once_and_ones_own_support_counts_for_nobody() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir"]);
        let day = coalition.record(0, "moment", json!({"title": "River day"}));
        let walk = coalition.record(0, "action", json!({"title": "Walk", "moment": day}));
        coalition.record(1, "support", json!({"of": day, "sort": "join", "people": 10}));
        coalition.record(1, "support", json!({"of": walk, "sort": "join", "people": 10}));
        coalition.record(1, "support", json!({"of": walk, "sort": "offer", "people": 10}));
        coalition.record(0, "support", json!({"of": walk, "sort": "join", "people": 50}));
        let reply = coalition.ask("moments", &[]).unwrap();
        assert_eq!(Coalition::column(&reply, "moments", "people"), [10]);
        assert_eq!(Coalition::column(&reply, "actions", "people"), [10]);
        let all = coalition.ask("amplify", &[]).unwrap();
        assert_eq!(Coalition::column(&all, "credit", "name"), ["Hollin Choir"]);
        coalition.hides(1);
        assert_eq!(Coalition::column(&coalition.ask("moments", &[]).unwrap(), "moments", "people"), [10]);
    }
}
