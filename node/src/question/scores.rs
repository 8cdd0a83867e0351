//! Scores: what groups published of their answers, the newest word of each of their computers once.

use super::Asked;
use super::asked::number;
use super::shown::{by_name, figure, line};
use super::told::names;
use crate::survey;
use crate::view::fold;
use grid_protocol::id::{DocumentId, GroupId};
use grid_protocol::key::DeviceId;
use grid_protocol::replica::Row;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A score that counts.
pub(super) struct Score<'a> {
    /// The record.
    pub(super) row: &'a Arc<Row>,
    /// The group that published it.
    pub(super) group: GroupId,
    survey: DocumentId,
    /// The period that it is about, as it says itself or as its survey does.
    pub(super) period: String,
    answers: f64,
    total: f64,
}

/// What was published about surveys of some sorts.
pub(super) struct Published<'a> {
    /// What counts.
    pub(super) scores: Vec<Score<'a>>,
    /// What does not, and why.
    pub(super) left_out: Vec<(&'a Arc<Row>, &'static str)>,
}

impl<'a> Published<'a> {
    /// What was published about surveys of these sorts.
    pub(super) fn of(asked: &Asked<'a>, sorts: &[&str]) -> Self {
        let mut published = Self { scores: Vec::new(), left_out: Vec::new() };
        type Key = (GroupId, DocumentId, String, String, BTreeSet<DeviceId>);
        let mut newest: BTreeMap<Key, Score<'a>> = BTreeMap::new();
        for row in asked.records("score") {
            let survey = asked.referred(row.values.text("survey")).filter(|survey| survey.kind() == Some("survey"));
            let (Some(survey), Some(group)) = (survey, row.owner()) else { continue };
            if !sorts.contains(&survey.values.text("sort")) {
                continue;
            }
            if !asked.views.holds(row) {
                published.left_out.push((row, "the group has left the coalition"));
                continue;
            }
            let (answers, total) = (number(row, "answers").unwrap_or(0.0), number(row, "total").unwrap_or(0.0));
            if survey::withheld(asked.views, row).is_some() {
                published.left_out.push((row, "too few answered: it would tell who said what"));
                continue;
            }
            if !(answers > 0.0 && (answers..=answers * 5.0).contains(&total)) {
                published.left_out.push((row, "its figures do not fit: 1 to 5 for each answer"));
                continue;
            }
            let question = row.values.text("question").trim().to_lowercase();
            let period = period(row, survey);
            let key = (group, survey.document, question, period.to_lowercase(), survey::told_by(row));
            let score = Score { row, group, survey: survey.document, period, answers, total };
            let older = match newest.get_mut(&key) {
                Some(known) if (known.row.changed, known.row.document) < (row.changed, row.document) => {
                    std::mem::replace(known, score).row
                }
                Some(_) => row,
                None => {
                    newest.insert(key, score);
                    continue;
                }
            };
            published.left_out.push((older, "whoever published it published a newer one"));
        }
        published.scores = newest.into_values().collect();
        published
    }

    /// Leaves out the scores of some groups.
    pub(super) fn without(
        mut self,
        asked: &Asked<'a>,
        leave_out: impl Fn(&Asked<'a>, &Score<'a>) -> Option<&'static str>,
    ) -> Self {
        let scores = std::mem::take(&mut self.scores);
        for score in scores {
            match leave_out(asked, &score) {
                Some(why) => self.left_out.push((score.row, why)),
                None => self.scores.push(score),
            }
        }
        self
    }

    /// Rows of what does not count.
    pub(super) fn left_out_rows(&self, asked: &Asked<'_>) -> Vec<Json> {
        let mut rows: Vec<_> = self.left_out.iter().collect();
        rows.sort_by_cached_key(|(row, _)| by_name(&asked.group_name(row), row.document));
        let row = |(row, why): &(&Arc<Row>, &str)| {
            line(
                asked,
                row,
                json!({"question": row.values.text("question"), "period": row.values.text("period"), "why": why}),
            )
        };
        rows.into_iter().map(row).collect()
    }
}

/// The period of a score: its own, else that of its survey. 2026-q4 is 2026-Q4.
fn period(score: &Row, survey: &Row) -> String {
    let own = [score, survey].into_iter().map(|row| row.values.text("period").trim()).find(|period| !period.is_empty());
    own.unwrap_or_default().to_uppercase()
}

/// Scores added up by survey, question and period; the latest period first.
pub(super) fn mean<'s, 'a: 's>(asked: &Asked<'_>, scores: impl Iterator<Item = &'s Score<'a>>) -> Vec<Json> {
    #[derive(Default)]
    struct Sum {
        question: String,
        answers: f64,
        total: f64,
        groups: BTreeSet<GroupId>,
        scores: Vec<String>,
    }
    let mut sums: BTreeMap<(DocumentId, String, String), Sum> = BTreeMap::new();
    for score in scores {
        let question = score.row.values.text("question").trim();
        let sum = sums.entry((score.survey, score.period.clone(), question.to_lowercase())).or_default();
        sum.question = question.to_owned();
        sum.answers += score.answers;
        sum.total += score.total;
        sum.groups.insert(score.group);
        sum.scores.push(score.row.document.to_string());
    }
    let mut rows: Vec<_> = sums
        .into_iter()
        .map(|((survey, period, folded), sum)| {
            let title = asked.views.title_of_id(&survey.to_string()).unwrap_or_default();
            let mean = (sum.total / sum.answers * 100.0).round() / 100.0;
            let row = json!({
                "id": survey.to_string(),
                "survey": title,
                "period": period,
                "question": sum.question,
                "mean": figure(mean),
                "answers": figure(sum.answers),
                "groups": sum.groups.len(),
                "published_by": names(asked, &sum.groups),
                "scores": sum.scores,
            });
            (fold::folded(&title), std::cmp::Reverse(period), folded, survey, row)
        })
        .collect();
    rows.sort_by(|a, b| (&a.0, &a.1, &a.2, &a.3).cmp(&(&b.0, &b.1, &b.2, &b.3)));
    rows.into_iter().map(|(.., row)| row).collect()
}
