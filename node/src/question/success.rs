//! Success: what was won, how the wind blows, who knows whom, who leads: four parts for a period.

use super::asked::tags;
use super::period::{Period, SINCE, UNTIL, date, day_or_written};
use super::scores::{Published, mean};
use super::shown::{brief, by_title, day_or_moment, line};
use super::{Asked, Place, Question, Reply, Section, Unanswerable, newcomers};
use grid_protocol::id::GroupId;
use grid_protocol::replica::Row;
use jiff::civil::Date;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How a period went.
pub(super) const QUESTION: Question = Question {
    name: "success",
    about: "How a period went: wins, the climate outside, relationships, and who leads now.",
    place: Place::Ask,
    words: &[SINCE, UNTIL],
    answer,
};

fn answer(asked: &Asked<'_>) -> Result<Reply, Unanswerable> {
    let period = Period::asked(asked)?;
    let reply = Reply::default().with(wins(asked, period)).with(climate(asked, period));
    Ok(reply.with(relationships(asked, period)).with(leaders(asked, period)))
}

fn wins(asked: &Asked<'_>, period: Period) -> Section {
    let mut wins: Vec<&Arc<Row>> = asked.records("win").filter(|win| period.holds_row(win, "on")).collect();
    by_title(asked, &mut wins);
    wins.sort_by_key(|win| match win.values.text("size") {
        "turn" => 0,
        "win" => 1,
        _ => 2,
    });
    let rows = wins.into_iter().map(|win| {
        let objective = asked.referred(win.values.text("objective")).map(|objective| asked.title(objective));
        let more = json!({
            "size": win.values.text("size"),
            "on": day_or_moment(asked, win, "on"),
            "objective": objective,
            "actions": tags(win, "actions").count(),
        });
        line(asked, win, more)
    });
    let columns = [
        ("title", "Win"),
        ("size", "How much"),
        ("by", "Told by"),
        ("on", "When"),
        ("objective", "Towards"),
        ("actions", "Actions"),
    ];
    let empty = "No win was told of that time: `grid win new --title TITLE` tells one.";
    Section::new("wins", format!("Wins, {}", period.words()), &columns, empty).rows(rows)
}

/// The scores about a period, added up by question.
fn climate(asked: &Asked<'_>, period: Period) -> Section {
    let published = Published::of(asked, &["climate"]);
    let counted = published.scores.iter().filter(|score| period.touches(&score.period, score.row));
    let rows = mean(asked, counted);
    let columns = [("survey", "Survey"), ("question", "Question"), ("mean", "Mean of 1 to 5"), ("answers", "Answers")];
    let empty = "No climate survey was answered at that time.";
    Section::new("climate", "How the wind blows", &columns, empty).rows(rows)
}

fn relationships(asked: &Asked<'_>, period: Period) -> Section {
    let ties: Vec<&Arc<Row>> = asked.records("tie").filter(|tie| period.holds_row(tie, "on")).collect();
    let introductions = || {
        let written = asked.records("introduction").filter(|row| period.holds(date(row.created)));
        written.filter(|row| row.values.text("status") != "proposed")
    };
    // Whoever wrote it down met somebody, and so did those whom they met.
    let met = |tie: &&Arc<Row>| [tie.owner(), asked.group_of(tie.values.text("with"))];
    let groups: BTreeSet<GroupId> = ties.iter().flat_map(met).flatten().collect();
    // Both may have written down one meeting: of the same two on the same day it is the same, however often one did.
    let mut meetings: BTreeMap<(BTreeSet<GroupId>, Date), BTreeMap<Option<GroupId>, usize>> = BTreeMap::new();
    for tie in &ties {
        let of_two = meetings.entry((met(tie).into_iter().flatten().collect(), day_or_written(tie, "on"))).or_default();
        *of_two.entry(tie.owner()).or_default() += 1;
    }
    let meetings: usize = meetings.values().filter_map(|told| told.values().max()).sum();
    let outcomes = introductions().filter(|row| !row.values.text("outcome").is_empty()).count();
    let figures = [
        ("ties", "Meetings of two", meetings),
        ("groups", "Groups whose people met others", groups.len()),
        ("introductions", "Introductions that were made", introductions().count()),
        ("outcomes", "Introductions with an outcome", outcomes),
    ];
    let figures = figures.into_iter().map(|(name, what, figure)| json!({"name": name, "what": what, "figure": figure}));
    let published = Published::of(asked, &["trust", "ties"]);
    let counted = published.scores.iter().filter(|score| period.touches(&score.period, score.row));
    let trust = mean(asked, counted).into_iter().map(|row| {
        let text = |key: &str| row[key].as_str().unwrap_or_default();
        let what = format!("{}: {} (mean of 1 to 5, {} answers)", text("survey"), text("question"), row["answers"]);
        json!({"name": "trust", "what": what, "figure": row["mean"], "answers": row["answers"]})
    });
    let columns = [("what", "What"), ("figure", "Figure")];
    Section::new("relationships", "Who knows whom", &columns, "Nothing is known.").rows(figures.chain(trust))
}

fn leaders(asked: &Asked<'_>, period: Period) -> Section {
    let credited = newcomers::Credited::of(asked);
    let leading = |completion: &&Arc<Row>| {
        let course = asked.named(completion, "course");
        course.is_some_and(|course| newcomers::leads_to(course).next().is_some())
            && credited.learner(asked, completion).is_some()
    };
    let mut completions: Vec<&Arc<Row>> =
        asked.records("completion").filter(|row| period.holds_row(row, "on")).filter(leading).collect();
    by_title(asked, &mut completions);
    let learnt = completions.into_iter().map(|completion| {
        let person = asked.named(completion, "person").map(|person| asked.title(person));
        let who = person.unwrap_or_else(|| completion.values.text("who").to_owned());
        let what = format!("completed {}", asked.title_named(completion, "course"));
        line(asked, completion, json!({"who": who, "what": what}))
    });
    let mut led: Vec<&Arc<Row>> = asked
        .people()
        .filter(|person| period.holds(date(person.created)))
        .filter(|person| tags(person, "roles").any(|role| matches!(role, "principal" | "driver" | "weaver")))
        .collect();
    by_title(asked, &mut led);
    let led = led.into_iter().map(|person| {
        let roles: Vec<&str> = tags(person, "roles").collect();
        line(
            asked,
            person,
            json!({"who": asked.title(person), "what": brief(&format!("was listed as {}", roles.join(", ")))}),
        )
    });
    let columns = [("who", "Who"), ("by", "Group"), ("what", "What")];
    let empty = "Nobody completed a course that leads to a role, or took one, at that time.";
    Section::new("leaders", "Who leads now", &columns, empty).rows(learnt.chain(led))
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Coalition;
    use serde_json::json;

    #[test]
    fn the_four_parts_are_filled_for_a_period_and_another_has_its_own() {
        let mut coalition = Coalition::quiet_since(200, &["Clean River", "Hollin Choir"]);
        coalition.record(0, "win", json!({"title": "A step", "on": "2026-11-10T10:00:00Z"}));
        coalition.record(0, "win", json!({"title": "The licence fell", "size": "turn", "on": "2026-11-12T10:00:00Z"}));
        coalition.record(0, "win", json!({"title": "Long ago", "on": "2026-01-12T10:00:00Z"}));
        let survey =
            coalition.record(0, "survey", json!({"title": "Wind", "sort": "climate", "questions": "Do they listen?"}));
        let score = json!({"survey": survey, "question": "Do they listen?", "answers": 6, "total": 21});
        coalition.record(1, "score", score);
        let tie = json!({"title": "Ana and Bo", "with": Coalition::group(0), "on": "2026-11-02T10:00:00Z"});
        coalition.record(1, "tie", tie);
        for (course, roles) in [("Core", json!([])), ("Leading", json!(["driver"]))] {
            let course = coalition.record(0, "course", json!({"title": course, "roles": roles}));
            coalition.record(0, "completion", json!({"course": course, "who": "Bo", "on": "2026-11-03T10:00:00Z"}));
        }
        coalition.record(0, "person", json!({"name": "Ana", "agreed": true, "roles": ["driver"]}));
        let of = |since: &str, until: &str| coalition.ask("success", &[("since", since), ("until", until)]).unwrap();
        let november = of("2026-11-01", "2026-11-30");
        assert_eq!(Coalition::column(&november, "wins", "title"), ["The licence fell", "A step"]);
        assert_eq!(Coalition::column(&november, "climate", "mean"), [3.5]);
        assert_eq!(Coalition::column(&november, "relationships", "figure"), [1, 2, 0, 0], "two groups met");
        let what = Coalition::column(&november, "leaders", "what");
        assert_eq!(what, ["completed Leading", "was listed as driver"], "not every course makes a leader");
        let january = of("2026-01-01", "2026-01-31");
        assert_eq!(Coalition::column(&january, "wins", "title"), ["Long ago"]);
        assert!(
            january.section("climate").unwrap().rows.is_empty() && january.section("leaders").unwrap().rows.is_empty()
        );
    }

    #[test]
    fn scores_belong_to_the_period_that_they_are_about_and_completions_count_as_among_newcomers() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir"]);
        let survey = coalition.record(0, "survey", json!({"title": "Wind", "sort": "climate", "period": "2026-Q3"}));
        let score = |period: &str, total: u32| json!({"survey": survey, "question": "How?", "period": period, "answers": 5, "total": total});
        coalition.days_ago(2).record(0, "score", score("", 20));
        // The same period, said aloud: the newer word counts, and the older one is not added to it.
        coalition.days_ago(1).record(0, "score", score("2026-q3", 25));
        coalition.record(1, "score", score("2026-Q4", 10));
        let course = coalition.record(0, "course", json!({"title": "Welcome", "roles": ["weaver"]}));
        let ann = coalition.record(0, "person", json!({"name": "Ann", "agreed": true}));
        let completion = json!({"course": course, "person": ann, "on": "2026-08-01T10:00:00Z"});
        coalition.record(1, "completion", completion.clone());
        let quarter = |coalition: &Coalition| {
            coalition.ask("success", &[("since", "2026-07-01"), ("until", "2026-09-30")]).unwrap()
        };
        assert_eq!(Coalition::column(&quarter(&coalition), "climate", "mean"), [5]);
        assert!(
            Coalition::column(&quarter(&coalition), "leaders", "who").is_empty(),
            "nobody trains the people of others"
        );
        coalition.record(0, "completion", completion);
        assert_eq!(Coalition::column(&quarter(&coalition), "leaders", "who"), ["Ann"]);
    }

    #[test]
    fn a_meeting_that_both_sides_wrote_down_is_one() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir", "Ferry Friends"]);
        let tie = |with: usize, on: &str| json!({"title": "Ana and Bo", "with": Coalition::group(with), "on": on});
        coalition.record(0, "tie", tie(1, "2026-11-02"));
        coalition.record(1, "tie", tie(0, "2026-11-02"));
        let meetings = |coalition: &Coalition| {
            Coalition::column(&coalition.ask("success", &[]).unwrap(), "relationships", "figure")[0].clone()
        };
        assert_eq!(meetings(&coalition), 1);
        coalition.record(0, "tie", tie(1, "2026-11-03"));
        coalition.record(0, "tie", tie(2, "2026-11-02"));
        assert_eq!(meetings(&coalition), 3);
        // Four people of the two had two talks that day.
        coalition.record(1, "tie", tie(0, "2026-11-03"));
        coalition.record(1, "tie", tie(0, "2026-11-03"));
        assert_eq!(meetings(&coalition), 4);
    }
}
