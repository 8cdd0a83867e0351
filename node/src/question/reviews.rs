//! Reviews: what could happen to us, and when it was last gone through.

use super::asked::instant;
use super::line::{by_title, line, moment};
use super::period::DAY;
use super::{Asked, Place, Question, Reply, Section, Unanswerable};
use grid_protocol::record::Value;
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

/// Why a review is due, where it is. Threats and measures are known of one's own reviews alone.
pub(super) fn due(asked: &Asked<'_>, review: &Row) -> Option<&'static str> {
    let (now, own) = (asked.now, review.owner() == Some(asked.views.own));
    let last = instant(review, "reviewed").unwrap_or(review.created);
    match instant(review, "again") {
        Some(again) if again <= now => Some("its day has come"),
        None if last.0.saturating_add(YEAR * DAY) <= now.0 => Some("a year has passed"),
        _ if own && review.values.text("threats").is_empty() => Some("it names no threat"),
        _ if own && review.values.text("measures").is_empty() => Some("it names no measure"),
        _ => None,
    }
}

fn answer(asked: &Asked<'_>) -> Result<Reply, Unanswerable> {
    let mut reviews: Vec<&Arc<Row>> = asked.records("review").collect();
    by_title(asked, &mut reviews);
    let rows = |wanted: fn(Option<&str>) -> bool| {
        let wanted = reviews.iter().filter(move |review| wanted(due(asked, review)));
        wanted.map(|review| {
            let partners = review.values.get("partners").and_then(Value::as_tags).into_iter().flatten();
            let more = json!({
                "reviewed": moment(review, "reviewed"),
                "again": moment(review, "again"),
                "partners": partners.cloned().collect::<Vec<_>>().join(", "),
                "why": due(asked, review),
            });
            line(asked, review, more)
        })
    };
    let columns =
        [("title", "About"), ("by", "Group"), ("reviewed", "Gone through"), ("again", "Again"), ("why", "Why")];
    let empty = match reviews.is_empty() {
        true => "Nobody has thought about threats yet: `grid review new --title TITLE` is a beginning.",
        false => "None is due.",
    };
    let due = Section::new("due", "Due", &columns, empty).rows(rows(|why| why.is_some()));
    let columns =
        [("title", "About"), ("by", "Group"), ("reviewed", "Gone through"), ("again", "Again"), ("partners", "With")];
    let fresh = Section::new("fresh", "Gone through", &columns, "None.").rows(rows(|why| why.is_none()));
    Ok(Reply::default().with(due).with(fresh))
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Coalition;
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
}
