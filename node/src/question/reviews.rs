//! Reviews: what could happen to us, and when it was last gone through.

use super::asked::{instant, tags};
use super::period::DAY;
use super::shown::{by_name, by_title, day_or_moment, flag, line};
use super::{Asked, Place, Question, Reply, Section, Unanswerable};
use grid_protocol::replica::Row;
use serde_json::json;
use std::sync::Arc;

/// Which threats were gone through.
pub(super) const QUESTION: Question = Question {
    name: "reviews",
    about: "What could happen to us: which reviews are due, and which measures are missing.",
    place: Place::Ask,
    words: &[],
    answer,
};

/// Days after which a review that names no day is due again.
const YEAR: u64 = 365;

/// Why a review is due, where it is. What it says is known of one's own alone: of others only that they made one.
pub(super) fn due(asked: &Asked<'_>, review: &Row) -> Option<&'static str> {
    let now = asked.now;
    let says_nothing = |field: &str| review.owner() == Some(asked.views.own) && review.values.text(field).is_empty();
    let last = instant(review, "reviewed").unwrap_or(review.created);
    match instant(review, "again") {
        Some(again) if again <= now => Some("its day has come"),
        None if last.0.saturating_add(YEAR * DAY) <= now.0 => Some("a year has passed"),
        _ if says_nothing("threats") => Some("it names no threat"),
        _ if says_nothing("measures") => Some("it names no measure"),
        _ => None,
    }
}

fn answer(asked: &Asked<'_>) -> Result<Reply, Unanswerable> {
    let mut reviews: Vec<&Arc<Row>> = asked.records("review").collect();
    by_title(asked, &mut reviews);
    let rows = |wanted: fn(Option<&str>) -> bool| {
        let wanted = reviews.iter().filter(move |review| wanted(due(asked, review)));
        wanted.map(|review| {
            let partners = tags(review, "partners");
            let more = json!({
                "reviewed": day_or_moment(asked, review, "reviewed"),
                "again": day_or_moment(asked, review, "again"),
                "partners": partners.collect::<Vec<_>>().join(", "),
                "why": due(asked, review),
            });
            line(asked, review, more)
        })
    };
    let columns =
        [("title", "About"), ("by", "Group"), ("reviewed", "Gone through"), ("again", "Again"), ("why", "Why")];
    let empty = match reviews.is_empty() {
        true => "Nobody has thought about threats yet: `grid review start` asks what to think of.",
        false => "None is due.",
    };
    let due = Section::new("due", "Due", &columns, empty).rows(rows(|why| why.is_some()));
    let columns =
        [("title", "About"), ("by", "Group"), ("reviewed", "Gone through"), ("again", "Again"), ("partners", "With")];
    let fresh = Section::new("fresh", "Gone through", &columns, "None.").rows(rows(|why| why.is_none()));
    Ok(Reply::default().with(due).with(fresh).with(groups(asked, &reviews)))
}

/// Each member group, and whether it thought about threats before its computer met others.
fn groups(asked: &Asked<'_>, reviews: &[&Arc<Row>]) -> Section {
    let mut members: Vec<_> = asked.members().map(|group| (asked.views.name_of(&group), group)).collect();
    members.sort_by_cached_key(|(name, group)| by_name(name, *group));
    let rows = members.into_iter().map(|(name, group)| {
        let own = || reviews.iter().filter(|review| review.owner() == Some(group));
        let first = own().map(|review| review.created).min();
        let before = match own().any(|review| flag(review, "before_sync")) {
            _ if first.is_none() => "none yet",
            true => "before its first sync",
            false => "later",
        };
        json!({
            "group": group.to_string(), "name": name, "before": before,
            "first": first.map(|first| first.to_string()), "reviews": own().count(),
        })
    });
    let columns = [("name", "Group"), ("before", "First review"), ("first", "Made"), ("reviews", "Reviews")];
    Section::new("groups", "Who has thought about threats", &columns, "There is no member yet.").rows(rows)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Coalition;
    use crate::threats::{self, Reviewed};
    use serde_json::json;

    #[test]
    fn a_review_is_due_on_its_day_after_a_year_and_as_long_as_it_names_no_measure() {
        let mut coalition = Coalition::new(&["Clean River"]);
        let full = |title: &str, more: serde_json::Value| {
            let mut review = json!({"title": title, "threats": "floods", "measures": "boats"});
            review.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            review
        };
        coalition.record(0, "review", full("Day", json!({"again": "2026-11-01T10:00:00Z"})));
        coalition.record(0, "review", full("Old", json!({"reviewed": "2025-11-01T10:00:00Z"})));
        coalition.record(0, "review", full("Fresh", json!({"reviewed": "2026-11-01T10:00:00Z"})));
        coalition.record(0, "review", json!({"title": "Bare", "threats": "floods"}));
        let reply = coalition.ask("reviews", &[]).unwrap();
        assert_eq!(Coalition::column(&reply, "due", "title"), ["Bare", "Day", "Old"]);
        let why = Coalition::column(&reply, "due", "why");
        assert_eq!(why, ["it names no measure", "its day has come", "a year has passed"]);
        assert_eq!(Coalition::column(&reply, "fresh", "title"), ["Fresh"]);
    }

    #[test]
    fn a_group_is_told_whether_it_thought_of_threats_before_its_first_sync() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir", "Ferry Friends"]);
        assert_eq!(threats::reviewed(&coalition.views), Reviewed::Missed);
        coalition.record(0, "review", json!({"title": "Us", "before_sync": true}));
        coalition.record(1, "review", json!({"title": "Us, too"}));
        let reply = coalition.ask("reviews", &[]).unwrap();
        assert_eq!(Coalition::column(&reply, "groups", "name"), ["Clean River", "Ferry Friends", "Hollin Choir"]);
        assert_eq!(Coalition::column(&reply, "groups", "before"), ["before its first sync", "none yet", "later"]);
        assert_eq!(threats::reviewed(&coalition.views), Reviewed::BeforeSync);
        let mut alone = Coalition::new(&["Clean River"]);
        assert_eq!(threats::reviewed(&alone.views), Reviewed::NotYet);
        alone.record(0, "review", json!({"title": "Us"}));
        assert_eq!(threats::reviewed(&alone.views), Reviewed::Later);
    }
}
