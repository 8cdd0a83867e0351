//! Trust: what groups published of how much their people trust each other, added up, nobody named.

use super::line::by_title;
use super::scores::{Published, mean};
use super::told::{names, record};
use super::{Asked, Given, Place, Question, Reply, Section, Unanswerable, Word};
use grid_protocol::id::GroupId;
use grid_protocol::replica::Row;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;

/// How much people trust each other.
pub(super) const QUESTION: Question = Question {
    name: "trust",
    about: "How much people trust each other, by survey, question and period; answers stay where they were given.",
    place: Place::Ask,
    words: &[
        Word { name: "of", about: "Only this survey: its id or its title.", many: Given::Once },
        Word { name: "period", about: "Only this period, such as 2026-Q4.", many: Given::Once },
    ],
    answer,
};

fn answer(asked: &Asked<'_>) -> Result<Reply, Unanswerable> {
    let of = record(asked, "of", &["survey"])?;
    let period = asked.word("period");
    let published = Published::of(asked, &["trust", "ties"]);
    let mut rows = mean(asked, published.scores.iter());
    rows.retain(|row| of.is_none_or(|of| row["id"] == of.document.to_string()));
    rows.retain(|row| period.is_none_or(|period| row["period"] == period.to_uppercase()));
    let columns = [
        ("survey", "Survey"),
        ("period", "Period"),
        ("question", "Question"),
        ("mean", "Mean of 1 to 5"),
        ("answers", "Answers"),
        ("groups", "Groups"),
    ];
    let empty = match (of, period) {
        (None, None) => "No group published answers yet: `grid score new --survey ID` tells what yours add up to.",
        _ => "No group published answers to that: `grid ask trust` alone shows all.",
    };
    let scores = Section::new("scores", "Trust", &columns, empty).rows(rows);
    let columns = [("by", "Group"), ("question", "Question"), ("period", "Period"), ("why", "Why")];
    let left_out = Section::new("left_out", "Not counted", &columns, "Everything that was published counts.");
    Ok(Reply::default()
        .with(scores)
        .with(who(asked, &published, of))
        .with(left_out.rows(published.left_out_rows(asked))))
}

fn who(asked: &Asked<'_>, published: &Published<'_>, of: Option<&Arc<Row>>) -> Section {
    let mut surveys: Vec<&Arc<Row>> = asked
        .records("survey")
        .filter(|survey| matches!(survey.values.text("sort"), "trust" | "ties"))
        .filter(|survey| of.is_none_or(|of| of.document == survey.document))
        .collect();
    by_title(asked, &mut surveys);
    let members: BTreeSet<GroupId> = asked.members().collect();
    let rows = surveys.into_iter().map(|survey| {
        let id = survey.document.to_string();
        let told = published.scores.iter().filter(|score| score.row.values.text("survey") == id);
        let told: BTreeSet<GroupId> = told.map(|score| score.group).collect();
        let out = members.difference(&told).count();
        super::line::line(asked, survey, json!({"published": told.len(), "who": names(asked, &told), "out": out}))
    });
    let columns =
        [("title", "Survey"), ("published", "Groups that published"), ("who", "Who"), ("out", "Groups to come")];
    Section::new("published", "Who published", &columns, "There is no survey of trust yet.").rows(rows)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Coalition;
    use serde_json::json;

    #[test]
    fn scores_are_added_up_by_period_and_each_group_counts_once() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir", "Ferry Friends"]);
        let survey = coalition.record(0, "survey", json!({"title": "Trust", "period": "2026-Q4"}));
        let score = |answers: f64, total: f64, period: &str| json!({"survey": survey, "question": "Do you trust us?", "answers": answers, "total": total, "period": period});
        coalition.days_ago(2).record(0, "score", score(3.0, 3.0, ""));
        coalition.days_ago(1).record(0, "score", score(3.0, 12.0, ""));
        coalition.record(1, "score", score(1.0, 5.0, "2026-Q4"));
        coalition.record(1, "score", score(2.0, 4.0, "2026-Q3"));
        coalition.record(2, "score", json!({"survey": survey, "question": "Do you trust us?"}));
        let reply = coalition.ask("trust", &[]).unwrap();
        assert_eq!(Coalition::column(&reply, "scores", "period"), ["2026-Q4", "2026-Q3"]);
        assert_eq!(Coalition::column(&reply, "scores", "mean"), [json!(4.25), json!(2)]);
        assert_eq!(Coalition::column(&reply, "scores", "answers"), [4, 2]);
        assert_eq!(Coalition::column(&reply, "left_out", "by"), ["Clean River", "Ferry Friends"]);
        assert_eq!(Coalition::column(&reply, "published", "published"), [2]);
        assert_eq!(Coalition::column(&reply, "published", "out"), [1]);
        let last = coalition.ask("trust", &[("period", "2026-Q3"), ("of", "Trust")]).unwrap();
        assert_eq!(Coalition::column(&last, "scores", "groups"), [1]);
    }
}
