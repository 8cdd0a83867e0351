//! Introduce: the weaver's bench: who should meet, which ties grow stale, who stands alone, what to follow up.

use super::asked::{instant, said_since, tags};
use super::narrow::{self, Strictness};
use super::shown::{by_name, day_or_moment, or_nothing, short};
use super::ties::{Ties, isolated, party, stale};
use super::whose::{self, Whose};
use super::{Asked, Place, Question, Reply, Section, Unanswerable, pairs};
use grid_protocol::id::{DocumentId, GroupId};
use grid_protocol::record::Role;
use grid_protocol::replica::Row;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Days after which an introduction is followed up that says no day.
const FOLLOW_UP: f64 = 30.0;

/// The weaver's bench.
pub(super) const QUESTION: Question = Question {
    name: "introduce",
    about: "Who should know each other and why, stale ties, groups that stand alone, roles nobody fills, what to follow up.",
    place: Place::Command,
    words: &[whose::GROUP, narrow::PLACE, narrow::NEAR, narrow::WITHIN],
    answer,
};

fn answer(asked: &Asked<'_>) -> Result<Reply, Unanswerable> {
    narrow::exact_or_forgiving(|strictness| bench(asked, strictness))
}

fn bench(asked: &Asked<'_>, strictness: Strictness) -> Result<Reply, Unanswerable> {
    let whose = Whose::read(asked, strictness)?;
    let (ties, alone) = (Ties::of(asked), isolated(asked));
    let columns = [("name", "Who"), ("with", "Whom"), ("why", "Why"), ("how", "How they work")];
    let none = "Nobody here has something in common with somebody they do not know.";
    let pairs = Section::new("pairs", "Who should know each other", &columns, none);
    let pairs = pairs.rows(pairs::pairs(asked, &ties, &alone, &whose));
    let columns = [("name", "Who met"), ("by", "Group"), ("with", "Whom"), ("last", "Last met"), ("why", "Why")];
    let stale_ties = Section::new("stale", "Ties that grow stale", &columns, "No tie is stale.");
    let stale_ties = stale_ties.rows(stale(asked, &whose));
    let columns = [("name", "Group"), ("why", "Why")];
    let lonely = Section::new("isolated", "Groups that stand alone", &columns, "No group stands alone.");
    let lonely = lonely.rows(lonely_rows(asked, &alone, &whose));
    let columns = [("role", "Role"), ("why", "Why")];
    let uncovered =
        Section::new("uncovered", "Roles that nobody fills", &columns, "Somebody fills each of the five roles.");
    let why = "no person and no group says that they fill it";
    let uncovered = uncovered.rows(self::uncovered(asked).into_iter().map(|role| json!({"role": role, "why": why})));
    let columns =
        [("name", "Introduction"), ("by", "Made by"), ("follow_up", "Ask on"), ("status", "How far"), ("why", "Why")];
    let follow = Section::new("follow_up", "Introductions to follow up", &columns, "There is nothing to follow up.");
    let follow = follow.rows(to_follow_up(asked, &whose));
    let columns = [
        ("name", "Introduction"),
        ("yes", "Said yes"),
        ("waiting", "No answer yet"),
        ("no", "Said no"),
        ("how", "How they work"),
        ("why", "Note"),
    ];
    let answers = Section::new("answers", "What both sides say", &columns, "No introduction is open.");
    let answers = answers.rows(sides(asked, &whose));
    // A role that nobody fills is a matter of all.
    let uncovered = whose.is_everybody().then_some(uncovered);
    let before = [pairs, stale_ties, lonely].into_iter().chain(uncovered);
    Ok(before.chain([follow, answers]).fold(Reply::default(), Reply::with))
}

fn lonely_rows(asked: &Asked<'_>, alone: &BTreeSet<GroupId>, whose: &Whose) -> Vec<Json> {
    let mut groups: Vec<&GroupId> = alone.iter().filter(|group| whose.holds_group(group)).collect();
    groups.sort_by_cached_key(|group| by_name(&asked.name(group), DocumentId(group.0)));
    let why = "no tie, no support given or received, no match, no body with others";
    groups.into_iter().map(|group| json!({"group": group.to_string(), "name": asked.name(group), "why": why})).collect()
}

/// The roles of the five that neither a person nor a group says it fills.
pub(super) fn uncovered(asked: &Asked<'_>) -> Vec<&'static str> {
    let profiles = asked.profiles();
    let covered: BTreeSet<&str> =
        asked.people().chain(profiles.into_values()).flat_map(|row| tags(row, "roles")).collect();
    Role::ALL.into_iter().map(Role::word).filter(|role| !covered.contains(role)).collect()
}

/// The introductions that are not over, made by those who are asked for or of them.
fn open_introductions<'a>(asked: &Asked<'a>, whose: &Whose) -> Vec<&'a Arc<Row>> {
    let meant = |row: &Row| {
        let mut of = tags(row, "people").filter_map(|one| asked.group_of(one)).chain(row.owner());
        whose.is_everybody() || of.any(|group| whose.holds_group(&group))
    };
    let mut open: Vec<&Arc<Row>> =
        asked.current("introduction").filter(|row| row.values.text("status") != "closed" && meant(row)).collect();
    open.sort_by_cached_key(|row| {
        (instant(row, "follow_up").unwrap_or(row.created), by_name(&asked.title(row), row.document))
    });
    open
}

/// The open introductions whose day has come, or that are old and say none.
fn to_follow_up(asked: &Asked<'_>, whose: &Whose) -> Vec<Json> {
    let long_ago = asked.days_ago(FOLLOW_UP);
    let due = open_introductions(asked, whose).into_iter().filter_map(|row| {
        let why = match instant(row, "follow_up") {
            Some(day) => (day <= asked.now).then_some("its day has come")?,
            None => (row.changed < long_ago).then_some("nothing was written for 30 days")?,
        };
        Some(json!({
            "id": row.document.to_string(),
            "name": asked.title(row),
            "group": row.owner().map(|group| group.to_string()),
            "by": asked.group_name(row),
            "follow_up": day_or_moment(asked, row, "follow_up"),
            "status": row.values.text("status"),
            "about": or_nothing(&short(row.values.text("why"), 80)),
            "why": why,
        }))
    });
    due.collect()
}

/// What a side of an introduction said last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    Yes,
    No,
    Waiting,
    /// Somebody who is not here can't say anything here.
    Outside,
}

/// The open introductions with what each side says.
fn sides(asked: &Asked<'_>, whose: &Whose) -> Vec<Json> {
    let profiles = asked.profiles();
    let row = |row: &Arc<Row>| {
        let groups: BTreeSet<GroupId> = tags(row, "people").filter_map(|one| asked.group_of(one)).collect();
        let how = groups.iter().filter(|group| asked.shows_group(group)).filter_map(|group| {
            let how = profiles.get(group)?.values.text("how_we_work");
            Some(format!("{}: {}", asked.name(group), or_nothing(&short(how, 80))?))
        });
        let how: Vec<String> = how.collect();
        let mut said: BTreeMap<Side, BTreeSet<String>> = BTreeMap::new();
        for one in tags(row, "people") {
            let name = asked.referred(one).map(|row| asked.title(row));
            let name = name.or_else(|| asked.group_of(one).map(|group| asked.name(&group)));
            let hidden = asked.group_of(one).is_some_and(|group| !asked.shows_group(&group));
            let name = name.filter(|_| !hidden);
            let side = match asked.group_of(one) {
                Some(group) => last_word(asked, row, &group),
                None => Side::Outside,
            };
            // What is hidden or not here yet is not named.
            if party(asked, one).is_some() || side == Side::Outside {
                said.entry(side).or_default().insert(name.unwrap_or_else(|| "somebody not shown here".to_owned()));
            }
        }
        let of = |side: Side| said.get(&side).cloned().unwrap_or_default();
        let (yes, no, waiting, outside) = (of(Side::Yes), of(Side::No), of(Side::Waiting), of(Side::Outside));
        let why = if !no.is_empty() {
            "somebody said no"
        } else if !waiting.is_empty() {
            "waits for an answer"
        } else if !outside.is_empty() {
            "ask those who are outside"
        } else if yes.is_empty() {
            "names nobody"
        } else {
            "all said yes: contacts may be shared"
        };
        json!({
            "id": row.document.to_string(),
            "name": asked.title(row),
            "group": row.owner().map(|group| group.to_string()),
            "yes": yes,
            "waiting": waiting.union(&outside).collect::<Vec<_>>(),
            "no": no,
            "how": how,
            "why": why,
        })
    };
    open_introductions(asked, whose).into_iter().map(row).collect()
}

/// The last reply of a group to an introduction, since it names those whom it names: a yes is for meeting these.
fn last_word(asked: &Asked<'_>, introduction: &Row, group: &GroupId) -> Side {
    let replies = asked.referring(introduction, "reply").filter(|row| row.owner() == Some(*group));
    let named_since = said_since(introduction, &["people"]);
    let replies = replies.filter(|row| named_since.is_none_or(|since| since <= row.changed));
    match replies.max_by_key(|row| (row.changed, row.document)).map(|row| row.values.text("says")) {
        Some("yes") => Side::Yes,
        Some("no") => Side::No,
        _ => Side::Waiting,
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Coalition;
    use serde_json::{Value as Json, json};

    fn column(coalition: &Coalition, section: &str, key: &str) -> Vec<Json> {
        Coalition::column(&coalition.ask("introduce", &[]).unwrap(), section, key)
    }

    #[test]
    fn those_with_something_in_common_and_no_tie_should_meet_and_the_reason_is_said() {
        let mut coalition = Coalition::quiet_since(1, &["Clean River", "Hollin Choir", "Ferry Friends"]);
        let profile = |name: &str, more: Json| {
            let mut fields = json!({"name": name, "tags": ["Rivers"], "place": "Lismore"});
            fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            fields
        };
        coalition.record(0, "group", profile("Clean River", json!({"needs": ["singing"], "how_we_work": "By vote"})));
        coalition.record(1, "group", profile("Hollin Choir", json!({"skills": ["Singing"]})));
        coalition.record(2, "group", profile("Ferry Friends", json!({"place": "Ballina"})));
        let whys = column(&coalition, "pairs", "why");
        assert_eq!(
            whys[0],
            json!([
                "Clean River needs singing, Hollin Choir offers it",
                "both care about rivers",
                "both in Lismore",
                "stands alone so far"
            ])
        );
        assert_eq!(column(&coalition, "pairs", "how")[0], json!(["Clean River: By vote"]));
        assert_eq!(whys.len(), 3);
        coalition.record(1, "tie", json!({"title": "Ann and Ben", "with": Coalition::group(0)}));
        let pairs = column(&coalition, "pairs", "with");
        assert_eq!(pairs.len(), 2, "those with a tie know each other: {pairs:?}");
        coalition.record(0, "hiding", json!({"what": "x", "sort": "group", "of_group": Coalition::group(2)}));
        assert!(column(&coalition, "pairs", "with").is_empty());
    }

    #[test]
    fn the_people_of_groups_that_met_are_no_strangers() {
        let mut coalition = Coalition::quiet_since(1, &["Clean River", "Weir", "School"]);
        coalition.record(1, "group", json!({"name": "Weir", "tags": ["rivers"]}));
        coalition.record(2, "person", json!({"name": "Mina", "agreed": true, "interests": ["rivers"]}));
        assert_eq!(column(&coalition, "pairs", "name").len(), 1);
        coalition.record(2, "tie", json!({"title": "Mina and Bo", "with": Coalition::group(1)}));
        assert!(column(&coalition, "pairs", "name").is_empty());
    }

    #[test]
    fn a_tie_is_stale_after_its_days_and_the_last_meeting_counts() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir"]);
        let ann = coalition.record(1, "person", json!({"name": "Ann", "agreed": true}));
        let tie = |title: &str, with: &str, on: &str, every: Option<u32>| json!({"title": title, "with": with, "on": format!("{on}T10:00:00Z"), "every_days": every, "note": "private"});
        coalition.record(0, "tie", tie("With Ann", &ann, "2026-06-01", None));
        coalition.record(0, "tie", tie("With the choir", &Coalition::group(1), "2026-11-01", Some(7)));
        coalition.record(1, "tie", tie("Fresh", &Coalition::group(0), "2026-11-01", None));
        coalition.record(1, "tie", tie("Planned", &ann, "2027-11-01", None));
        assert_eq!(column(&coalition, "stale", "name"), ["With Ann", "With the choir"]);
        assert_eq!(column(&coalition, "stale", "why")[0], "met 174 days ago, meant every 90");
        coalition.record(0, "tie", tie("With Ann again", &ann, "2026-11-20", None));
        assert_eq!(column(&coalition, "stale", "name"), ["With the choir"]);
        let reply = coalition.ask("introduce", &[]).unwrap();
        assert!(!serde_json::to_string(&reply).unwrap().contains("private"));
    }

    #[test]
    fn a_group_without_any_thread_to_another_stands_alone() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir", "Ferry Friends", "Quiet Few", "Weavers"]);
        assert_eq!(column(&coalition, "isolated", "name").len(), 5);
        let action = coalition.record(0, "action", json!({"title": "Vigil"}));
        coalition.record(0, "support", json!({"of": action}));
        assert_eq!(column(&coalition, "isolated", "name").len(), 5, "one's own support is no thread");
        coalition.record(1, "support", json!({"of": action}));
        let body = coalition.record(0, "body", json!({"name": "Steering"}));
        coalition.record(2, "seat", json!({"body": body}));
        coalition.record(4, "seat", json!({"body": body, "until": "2026-01-01T00:00:00Z"}));
        assert_eq!(column(&coalition, "isolated", "name"), ["Ferry Friends", "Quiet Few", "Weavers"], "a term is over");
        coalition.record(0, "seat", json!({"body": body}));
        coalition.record(4, "tie", json!({"title": "Dangling", "with": Coalition::group(77)}));
        assert_eq!(column(&coalition, "isolated", "name"), ["Quiet Few", "Weavers"]);
    }

    #[test]
    fn roles_nobody_fills_are_named() {
        let mut coalition = Coalition::quiet_since(1, &["Clean River"]);
        coalition.record(0, "person", json!({"name": "Ann", "agreed": true, "roles": ["weaver", "driver"]}));
        coalition.record(0, "group", json!({"name": "Clean River", "roles": ["operator"]}));
        assert_eq!(column(&coalition, "uncovered", "role"), ["principal", "supporter"]);
    }

    #[test]
    fn contacts_are_for_those_who_all_said_yes_and_old_introductions_are_followed_up() {
        let mut coalition = Coalition::quiet_since(50, &["Clean River", "Hollin Choir", "Weavers"]);
        let ann = coalition.days_ago(40).record(0, "person", json!({"name": "Ann", "agreed": true}));
        let sides = json!([ann, Coalition::group(1)]);
        let old = coalition.record(2, "introduction", json!({"why": "Ann and the choir", "people": sides}));
        let due = json!({"why": "Due", "people": [ann], "follow_up": "2026-11-20T10:00:00Z"});
        coalition.days_ago(5).record(2, "introduction", due);
        coalition.record(2, "introduction", json!({"why": "Closed", "people": sides, "status": "closed"}));
        coalition.record(2, "introduction", json!({"why": "Later", "follow_up": "2027-01-01T10:00:00Z"}));
        assert_eq!(column(&coalition, "follow_up", "name"), ["Ann and the choir", "Due"]);
        let answer = |coalition: &Coalition, key: &str| column(coalition, "answers", key)[0].clone();
        assert_eq!(answer(&coalition, "waiting"), json!(["Ann", "Hollin Choir"]));
        coalition.record(0, "reply", json!({"to": old, "says": "yes"}));
        coalition.record(2, "reply", json!({"to": old, "says": "yes"}));
        assert_eq!(answer(&coalition, "why"), "waits for an answer", "nobody says yes for others");
        coalition.record(1, "reply", json!({"to": old, "says": "yes"}));
        assert_eq!(answer(&coalition, "why"), "all said yes: contacts may be shared");
        coalition.days_ago(1).record(1, "reply", json!({"to": old, "says": "no"}));
        assert_eq!(answer(&coalition, "why"), "somebody said no");
    }

    #[test]
    fn a_yes_is_for_meeting_those_who_were_named_when_it_was_said() {
        let mut coalition = Coalition::quiet_since(50, &["Clean River", "Hollin Choir", "Weavers", "Ferry Friends"]);
        let of = |groups: &[usize], why: &str| json!({"why": why, "people": groups.iter().map(|group| Coalition::group(*group)).collect::<Vec<_>>()});
        let versions = [(20, of(&[0, 1], "Songs")), (10, of(&[0, 3], "Songs")), (5, of(&[0, 3], "Songs for boats"))];
        let changed = coalition.corrected(2, "introduction", &versions);
        let mut yes =
            |days: u64, by: usize| coalition.days_ago(days).record(by, "reply", json!({"to": changed, "says": "yes"}));
        yes(15, 0);
        yes(8, 3);
        assert_eq!(column(&coalition, "answers", "yes"), [json!(["Ferry Friends"])]);
        assert_eq!(column(&coalition, "answers", "waiting"), [json!(["Clean River"])]);
        coalition.days_ago(1).record(0, "reply", json!({"to": changed, "says": "yes"}));
        assert_eq!(column(&coalition, "answers", "why"), ["all said yes: contacts may be shared"]);
    }

    #[test]
    fn an_introduction_tells_how_both_sides_work() {
        let mut coalition = Coalition::quiet_since(1, &["Clean River", "Hollin Choir", "Ferry Friends"]);
        coalition.record(1, "group", json!({"name": "Hollin Choir", "how_we_work": "We sing first."}));
        coalition.record(2, "group", json!({"name": "Ferry Friends", "how_we_work": "We vote on all."}));
        let people = json!([Coalition::group(1), Coalition::group(2)]);
        coalition.record(0, "introduction", json!({"title": "Choir and ferry", "people": people}));
        let reply = coalition.ask("introduce", &[]).unwrap();
        let how = json!(["Hollin Choir: We sing first.", "Ferry Friends: We vote on all."]);
        assert_eq!(Coalition::column(&reply, "answers", "how"), [how]);
    }

    #[test]
    fn a_tie_is_fresh_when_the_other_side_wrote_of_a_later_meeting() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir"]);
        let met = |with: usize, on: &str| json!({"title": "Ann and Ben", "with": Coalition::group(with), "on": on});
        coalition.record(0, "tie", met(1, "2026-01-05T10:00:00Z"));
        let stale =
            |coalition: &Coalition| Coalition::column(&coalition.ask("introduce", &[]).unwrap(), "stale", "by").len();
        assert_eq!(stale(&coalition), 1);
        coalition.record(1, "tie", met(0, "2026-11-05T10:00:00Z"));
        assert_eq!(stale(&coalition), 0);
    }
}
