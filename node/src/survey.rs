//! Surveys: what a group may tell of what its people answered, so that nobody can work out what one of them said.
//!
//! Answers stay on the computer where they were given. What is published adds them up in blocks, each of at least the
//! smallest number of people. A block never changes once it is told, and no answer is in two: whoever subtracts what was
//! published from what was published before finds a block, and never a person.
//!
//! ```text
//! answers here, not counted yet ──▶ Total ──▶ the score of this computer: what it told before + one block
//! ```
//!
//! Each computer of a group has answers and a score of its own, which no other writes: two that publish at the same moment
//! lose nothing. Readers add up what the computers of a group told.

use crate::view::Views;
use crate::view::fold::folded;
use grid_protocol::id::DocumentId;
use grid_protocol::key::DeviceId;
use grid_protocol::limits::MIN_ANSWERS;
use grid_protocol::record::{Kind, Patch, PatchError, Value, Values};
use grid_protocol::replica::Row;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Add;
use std::sync::Arc;

/// The kind of what is published.
const SCORE: &str = "score";
/// Letters of an id by which a counted answer is known again.
const MARK: usize = 20;

/// How many answered, and what they said added up.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sum {
    /// How many people.
    pub answers: f64,
    /// The sum of what they said, each from 1 to 5.
    pub total: f64,
}

impl Sum {
    /// The mean, to two places; none where nobody answered.
    pub fn mean(self) -> Option<f64> {
        (self.answers > 0.0).then(|| (self.total / self.answers * 100.0).round() / 100.0)
    }

    fn of(values: &Values) -> Self {
        Self { answers: number(values, "answers").unwrap_or(0.0), total: number(values, "total").unwrap_or(0.0) }
    }
}

impl Add for Sum {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { answers: self.answers + other.answers, total: self.total + other.total }
    }
}

/// What can be told of a question now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// A block is full: it can be published.
    Ready,
    /// There are new answers, and so many more are needed before they can be told.
    Waiting {
        /// How many.
        missing: u32,
    },
    /// Nothing is new.
    Unchanged,
    /// The survey names its questions, and this is none of them: it is not told.
    NotAsked,
}

/// One question of a survey in one period: what this group has told, and what is new here.
#[derive(Clone, Debug, PartialEq)]
pub struct Total {
    /// The question.
    pub question: String,
    /// The period.
    pub period: String,
    /// The score of this computer, where it has published one.
    pub score: Option<DocumentId>,
    /// What it says.
    pub before: Sum,
    /// What other computers of the group have told.
    pub others: Sum,
    /// What is new on this computer.
    pub new: Sum,
    /// What can be told.
    pub standing: Standing,
    survey: DocumentId,
    counted: BTreeSet<String>,
}

impl Total {
    /// What the score says once this is published.
    pub fn after(&self) -> Sum {
        match self.standing {
            Standing::Ready => self.before + self.new,
            Standing::Waiting { .. } | Standing::Unchanged | Standing::NotAsked => self.before,
        }
    }

    /// What all computers of the group have told then.
    pub fn told(&self) -> Sum {
        self.others + self.after()
    }

    /// What is written to publish it.
    ///
    /// # Errors
    ///
    /// [`PatchError`] where the survey has a question or a period that no score takes.
    pub fn patch(&self, kind: &Kind) -> Result<Patch, PatchError> {
        let after = self.after();
        let mut patch = Patch::default();
        if self.score.is_none() {
            patch.set(kind, "survey", Some(Value::Text(self.survey.to_string().into())))?;
            patch.set(kind, "question", Some(Value::Text(self.question.as_str().into())))?;
            patch.set(
                kind,
                "period",
                Some(Value::Text(self.period.as_str().into())).filter(|_| !self.period.is_empty()),
            )?;
        }
        patch.set(kind, "answers", Some(Value::Number(after.answers)))?;
        patch.set(kind, "total", Some(Value::Number(after.total)))?;
        let counted: Vec<&str> = self.counted.iter().map(String::as_str).collect();
        patch.set(kind, "counted", Some(Value::Text(counted.join("\n").into())))?;
        Ok(patch)
    }
}

/// The smallest number of people whose answers to a survey are published together. Partners that rate a backbone speak
/// as groups: there one word is enough, unless the survey says otherwise.
pub fn least(survey: Option<&Row>) -> u32 {
    let said = survey.and_then(|survey| number(&survey.values, "least")).map(|least| least.ceil() as u32);
    let is_damaged = |survey: &Row| survey.damaged.iter().any(|field| field == "least");
    let said = said.or_else(|| survey.is_some_and(is_damaged).then_some(MIN_ANSWERS));
    match survey.is_some_and(|survey| survey.values.text("sort") == "backbone") {
        true => said.unwrap_or(1),
        false => said.unwrap_or(MIN_ANSWERS).max(MIN_ANSWERS),
    }
}

/// The computers that wrote a score. What the same ones told once more takes the place of what they told before; what
/// others told is added.
pub fn told_by(score: &Row) -> BTreeSet<DeviceId> {
    score.latest.iter().map(|(device, _)| *device).collect()
}

/// What this computer can tell of a survey in a period; without one in that of the survey.
pub fn totals(views: &Views, device: DeviceId, survey: &Row, period: Option<&str>) -> Vec<Total> {
    let own = survey.values.text("period").trim();
    let period = period.map_or(own, str::trim);
    let known = Known::of(views, survey, own, period);
    let mut questions = Questions::of(survey);
    let asked: BTreeSet<String> = questions.order.iter().cloned().collect();
    for answer in views.records.referring(&survey.document.0).filter(|row| row.kind() == Some("answer")) {
        if period_of(&answer.values, own) == period {
            questions.take(answer);
        }
    }
    for score in known.scores.values().flat_map(BTreeMap::values) {
        questions.named(score.values.text("question"));
    }
    let least = least(Some(survey));
    let alone = BTreeSet::from([device]);
    let total = |(folded, question): (String, Asked)| {
        let scores = known.scores.get(&folded);
        let score = scores.and_then(|scores| scores.get(&alone));
        let others = scores.into_iter().flatten().filter(|(by, _)| **by != alone);
        let others = others.fold(Sum::default(), |sum, (_, score)| sum + Sum::of(&score.values));
        let before = score.map_or_else(Sum::default, |score| Sum::of(&score.values));
        let mut counted = score.map_or_else(BTreeSet::new, |score| marks(score));
        let (new, more) = question.new_answers(&known.counted);
        let standing = match new.answers as u32 {
            _ if !asked.is_empty() && !asked.contains(&folded) => Standing::NotAsked,
            0 => Standing::Unchanged,
            new if new < least => Standing::Waiting { missing: least - new },
            _ => Standing::Ready,
        };
        counted.extend(more);
        let score = score.map(|score| score.document);
        let survey = survey.document;
        let (question, period) = (question.words, period.to_owned());
        Total { question, period, score, before, others, new, standing, survey, counted }
    };
    questions.in_order().into_iter().map(total).collect()
}

/// What this group has published of a survey.
struct Known<'a> {
    /// For each question of the period the newest score of those who wrote it.
    scores: BTreeMap<String, BTreeMap<BTreeSet<DeviceId>, &'a Arc<Row>>>,
    /// Answers that are in a score, whatever became of the score.
    counted: BTreeSet<String>,
}

impl<'a> Known<'a> {
    fn of(views: &'a Views, survey: &Row, own: &str, period: &str) -> Self {
        let mut known = Self { scores: BTreeMap::new(), counted: BTreeSet::new() };
        let survey = survey.document.to_string();
        let scores = views.records.of_kind(SCORE).chain(views.records.removed(SCORE));
        for score in scores.filter(|row| row.owner() == Some(views.own)) {
            known.counted.extend(marks(score));
            let same = score.values.text("survey") == survey && period_of(&score.values, own) == period;
            if !same || score.is_removed() {
                continue;
            }
            let scores = known.scores.entry(folded(score.values.text("question"))).or_default();
            let newest = scores.entry(told_by(score)).or_insert(score);
            if (newest.changed, newest.document) < (score.changed, score.document) {
                *newest = score;
            }
        }
        known
    }
}

/// The period that a record names, or that of its survey.
fn period_of<'v>(values: &'v Values, own: &'v str) -> &'v str {
    match values.text("period").trim() {
        "" => own,
        said => said,
    }
}

/// The answers of which a score holds the marks.
fn marks(score: &Row) -> BTreeSet<String> {
    score.values.text("counted").split_whitespace().map(str::to_owned).collect()
}

fn mark(answer: &Row) -> String {
    answer.document.to_string().chars().take(MARK).collect()
}

/// The questions of a survey, in its own order, and behind them those that people answered beside.
#[derive(Default)]
struct Questions<'a> {
    order: Vec<String>,
    asked: BTreeMap<String, Asked<'a>>,
}

/// A question and its answers.
#[derive(Default)]
struct Asked<'a> {
    words: String,
    answers: Vec<&'a Arc<Row>>,
}

impl<'a> Questions<'a> {
    fn of(survey: &Row) -> Self {
        let mut questions = Self::default();
        for line in survey.values.text("questions").lines().map(str::trim).filter(|line| !line.is_empty()) {
            questions.named(line);
        }
        questions
    }

    fn named(&mut self, words: &str) -> &mut Asked<'a> {
        let key = folded(words);
        if !self.asked.contains_key(&key) {
            self.order.push(key.clone());
        }
        let asked = self.asked.entry(key).or_default();
        if asked.words.is_empty() {
            words.trim().clone_into(&mut asked.words);
        }
        asked
    }

    fn take(&mut self, answer: &'a Arc<Row>) {
        if number(&answer.values, "score").is_some_and(|score| (1.0..=5.0).contains(&score)) {
            self.named(answer.values.text("question")).answers.push(answer);
        }
    }

    fn in_order(mut self) -> Vec<(String, Asked<'a>)> {
        let order = std::mem::take(&mut self.order);
        order.into_iter().filter_map(|key| Some((key.clone(), self.asked.remove(&key)?))).collect()
    }
}

impl Asked<'_> {
    /// The answers that are in no score, each named person's newest once, and their marks. Whoever is counted already is
    /// not counted again.
    fn new_answers(&self, counted: &BTreeSet<String>) -> (Sum, BTreeSet<String>) {
        let (old, mut new): (Vec<&Arc<Row>>, Vec<&Arc<Row>>) =
            self.answers.iter().copied().partition(|answer| counted.contains(&mark(answer)));
        new.sort_by_key(|answer| std::cmp::Reverse((answer.changed, answer.document)));
        let who = |answer: &Row| Some(folded(answer.values.text("who"))).filter(|who| !who.is_empty());
        let mut heard: BTreeSet<String> = old.into_iter().filter_map(|answer| who(answer)).collect();
        let (mut sum, mut marks) = (Sum::default(), BTreeSet::new());
        for answer in new {
            if who(answer).is_none_or(|who| heard.insert(who)) {
                sum.answers += 1.0;
                sum.total += number(&answer.values, "score").unwrap_or(0.0);
                marks.insert(mark(answer));
            }
        }
        (sum, marks)
    }
}

/// Why a figure that somebody published is not shown: too few people stand behind it.
pub fn withheld(views: &Views, row: &Row) -> Option<String> {
    if row.kind() != Some(SCORE) {
        return None;
    }
    // A total of nobody knows how many tells as much as one of few.
    let answers = number(&row.values, "answers").or_else(|| number(&row.values, "total").map(|_| 0.0))?;
    let least = least(survey_of(views, &row.values));
    (answers < f64::from(least))
        .then(|| format!("fewer than {least} people answered: their total would tell who said what"))
}

/// The fields that are not shown then.
pub const WITHHELD: [&str; 2] = ["answers", "total"];

/// A total that tells too much, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TellsTooMuch {
    /// Why.
    pub why: String,
    /// What to do.
    pub hint: String,
}

/// Refuses a score from which somebody could work out what few people said: one of too few answers, or one that differs
/// from what was published by the answers of too few.
///
/// # Errors
///
/// [`TellsTooMuch`].
pub fn may_tell(
    views: &Views,
    kind: &Kind,
    before: Option<&Values>,
    after: impl FnOnce() -> Values,
) -> Result<(), TellsTooMuch> {
    if kind.name != SCORE {
        return Ok(());
    }
    let after = after();
    let least = least(survey_of(views, &after));
    let floor = f64::from(least);
    let (before, after) = (before.map_or_else(Sum::default, Sum::of), Sum::of(&after));
    let refuse = |why: String, hint: &str| Err(TellsTooMuch { why, hint: hint.to_owned() });
    if after.answers == 0.0 && after.total == 0.0 {
        return Ok(());
    }
    if after.answers < floor {
        let why = format!(
            "a total is published of at least {least} people, found {}: with fewer, others can tell who said what",
            after.answers
        );
        return refuse(why, "wait for more answers; `grid survey total ID` shows how many are missing");
    }
    let differ = (after.answers - before.answers).abs();
    if before.answers >= floor && before != after && differ < floor {
        let why = format!(
            "a total that is published again differs by at least {least} answers, found {differ}: the difference would tell \
             what few people said"
        );
        return refuse(why, "`grid survey total ID` adds answers once there are enough of them");
    }
    Ok(())
}

fn survey_of<'a>(views: &'a Views, score: &Values) -> Option<&'a Row> {
    let document: DocumentId = score.text("survey").parse().ok()?;
    views.records.row(&document).filter(|row| row.kind() == Some("survey")).map(AsRef::as_ref)
}

fn number(values: &Values, field: &str) -> Option<f64> {
    match values.get(field) {
        Some(Value::Number(number)) => Some(*number),
        _ => None,
    }
}
