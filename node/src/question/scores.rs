//! Scores: what groups published of their answers, each group's newest word once.

use super::Asked;
use super::asked::number;
use super::line::{figure, line};
use super::told::names;
use crate::survey;
use grid_protocol::id::{DocumentId, GroupId};
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
        let mut newest: BTreeMap<(GroupId, DocumentId, String, &str), &'a Arc<Row>> = BTreeMap::new();
        for row in asked.records("score") {
            let survey = asked.referred(row.values.text("survey")).filter(|survey| survey.kind() == Some("survey"));
            let (Some(survey), Some(group)) = (survey, row.owner()) else { continue };
            if !sorts.contains(&survey.values.text("sort")) {
                continue;
            }
            let question = row.values.text("question").trim().to_lowercase();
            let key = (group, survey.document, question, row.values.text("period").trim());
            match newest.get_mut(&key) {
                Some(known) if (known.changed, known.document) < (row.changed, row.document) => {
                    published.left_out.push((known, "the group published a newer one"));
                    *known = row;
                }
                Some(_) => published.left_out.push((row, "the group published a newer one")),
                None => drop(newest.insert(key, row)),
            }
        }
        for ((group, survey, ..), row) in newest {
            let (answers, total) = (number(row, "answers").unwrap_or(0.0), number(row, "total").unwrap_or(0.0));
            let why = match (answers..=answers * 5.0).contains(&total) {
                _ if survey::withheld(asked.views, row).is_some() => "too few answered: it would tell who said what",
                true if answers > 0.0 => {
                    published.scores.push(Score { row, group, survey, answers, total });
                    continue;
                }
                _ => "its figures do not fit: 1 to 5 for each answer",
            };
            published.left_out.push((row, why));
        }
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
        rows.sort_by_cached_key(|(row, _)| (asked.group_name(row).to_lowercase(), row.document));
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
        let survey =
            asked.referred(&score.survey.to_string()).map(|survey| survey.values.text("period")).unwrap_or_default();
        let own = score.row.values.text("period").trim();
        let period = if own.is_empty() { survey.trim() } else { own };
        let sum = sums.entry((score.survey, period.to_owned(), question.to_lowercase())).or_default();
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
            (title.to_lowercase(), std::cmp::Reverse(period), folded, survey, row)
        })
        .collect();
    rows.sort_by(|a, b| (&a.0, &a.1, &a.2, &a.3).cmp(&(&b.0, &b.1, &b.2, &b.3)));
    rows.into_iter().map(|(.., row)| row).collect()
}
