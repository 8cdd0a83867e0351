//! Answers to a survey added up: what would be published, and publishing it.

use super::Api;
use super::error::{ApiError, ErrorAnswer};
use super::find::find;
use super::input::{Answer, OptionalBody, Segments, Words};
use crate::handle::Target;
use crate::survey::{self, Standing, Total};
use crate::view::Views;
use axum::extract::State;
use grid_protocol::record::Patch;
use grid_protocol::replica::Row;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// What a survey comes to in this group.
#[derive(Serialize, ToSchema)]
pub(crate) struct TotalsAnswer {
    /// The survey.
    survey: String,
    /// What it is called.
    title: String,
    /// The smallest number of people whose answers are published together.
    least: u32,
    /// Until when it is open, RFC 3339.
    closes: Option<String>,
    /// Its questions.
    items: Vec<TotalItem>,
}

/// One question.
#[derive(Serialize, ToSchema)]
pub(crate) struct TotalItem {
    /// The question.
    question: String,
    /// The period.
    period: String,
    /// `ready`, `waiting` (for more answers), `unchanged`, `not_asked` (by this survey, which names other questions: it is
    /// not published), or `published` just now.
    state: &'static str,
    /// People whose answers are published already, from any computer of this group.
    published: f64,
    /// People whose answers are new on this computer.
    new: f64,
    /// How many are still missing before the new ones can be told.
    missing: u32,
    /// How many people the published total is of, or would be of.
    answers: f64,
    /// Their mean.
    mean: Option<f64>,
    /// The record of this computer that says it, where there is one.
    score: Option<String>,
}

/// Which period.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TotalsRequest {
    /// Without one that of the survey.
    period: Option<String>,
}

impl TotalItem {
    fn of(total: &Total) -> Self {
        let told = total.told();
        let (state, missing) = match total.standing {
            Standing::Ready => ("ready", 0),
            Standing::Waiting { missing } => ("waiting", missing),
            Standing::Unchanged => ("unchanged", 0),
            Standing::NotAsked => ("not_asked", 0),
        };
        Self {
            question: total.question.clone(),
            period: total.period.clone(),
            state,
            published: (total.before + total.others).answers,
            new: total.new.answers,
            missing,
            answers: told.answers,
            mean: told.mean(),
            score: total.score.map(|score| score.to_string()),
        }
    }
}

/// What publishing the answers to a survey that this computer holds would tell. Nothing is published.
#[utoipa::path(
    get, path = "/api/surveys/{id}/totals", operation_id = "survey_totals", tag = "surveys",
    params(("id" = String, Path, description = "The id, or its first letters (six or more) where only one fits."),
        ("period" = Option<String>, Query, description = "Without one that of the survey.")),
    responses((status = 200, description = "What would be told.", body = TotalsAnswer),
        (status = 404, description = "There is no such survey.", body = ErrorAnswer))
)]
pub(crate) async fn preview(
    State(api): State<Api>,
    Segments(id): Segments<String>,
    mut words: Words,
) -> Result<Answer<TotalsAnswer>, ApiError> {
    let period = words.take("period")?.filter(|period| !period.is_empty());
    words.nothing_else(&["period"])?;
    let (answer, _) = work_out(&api, &id, period.as_deref()).await?;
    Ok(Answer(answer))
}

/// Publishes what the answers on this computer add up to, question by question, where enough people answered. Asked
/// again it publishes nothing twice.
#[utoipa::path(
    post, path = "/api/surveys/{id}/totals", operation_id = "survey_publish_totals", tag = "surveys",
    params(("id" = String, Path, description = "The id, or its first letters (six or more) where only one fits.")),
    request_body = TotalsRequest,
    responses((status = 200, description = "Published where `state` says so.", body = TotalsAnswer),
        (status = 403, description = "Too few people answered.", body = ErrorAnswer),
        (status = 404, description = "There is no such survey.", body = ErrorAnswer))
)]
pub(crate) async fn publish(
    State(api): State<Api>,
    Segments(id): Segments<String>,
    OptionalBody(request): OptionalBody<TotalsRequest>,
) -> Result<Answer<TotalsAnswer>, ApiError> {
    let (mut answer, writes) = work_out(&api, &id, request.period.as_deref()).await?;
    let told = |item: &TotalItem| item.published > 0.0;
    if writes.is_empty() && !answer.items.iter().any(told) {
        let asked = answer.items.iter().filter(|item| item.state != "not_asked");
        let most = asked.map(|item| item.new as u32).max().unwrap_or_default();
        let message = format!(
            "nothing was published: {most} people answered here, and a total is told of {} or more, since with fewer others \
             can tell who said what",
            answer.least
        );
        let hint = match answer.items.iter().find(|item| item.state == "not_asked") {
            Some(item) => format!(
                "This survey does not ask {:?}: give answers the words of its questions, which stand one to a line.",
                item.question
            ),
            None => "Ask more people, and record what they say with `grid answer new`.".to_owned(),
        };
        return Err(ApiError::refused(message, hint));
    }
    for (place, target, patch) in writes {
        let written = api.handle.write(target, patch).await?;
        if let Some(item) = answer.items.get_mut(place) {
            item.state = "published";
            item.score = Some(written.document.to_string());
        }
    }
    Ok(Answer(answer))
}

/// Which question, which record, and what is written into it.
type Write = (usize, Target, Patch);

async fn work_out(api: &Api, id: &str, period: Option<&str>) -> Result<(TotalsAnswer, Vec<Write>), ApiError> {
    let device = api.handle.me().await?.device;
    let (survey, score) = (api.kind("survey")?, api.kind("score")?);
    api.handle.look(|views| {
        let found = find(views, &survey, id)?.row.filter(|row| !row.is_removed());
        let row = found.ok_or_else(|| {
            ApiError::not_found(format!("the survey {id} was removed"), "Its history still shows what it asked.")
        })?;
        let totals = survey::totals(views, device, &row, period);
        let ready = totals.iter().enumerate().filter(|(_, total)| total.standing == Standing::Ready);
        let writes = ready.map(|(place, total)| {
            let target = total.score.map_or_else(|| Target::New(score.name.clone()), Target::Existing);
            Ok((place, target, total.patch(&score)?))
        });
        let writes = writes.collect::<Result<_, ApiError>>()?;
        Ok((answer(views, &row, &totals), writes))
    })
}

fn answer(views: &Views, survey: &Arc<Row>, totals: &[Total]) -> TotalsAnswer {
    let closes = survey.values.get("closes").map(|closes| closes.to_json());
    TotalsAnswer {
        survey: survey.document.to_string(),
        title: views.title_of(survey),
        least: survey::least(Some(survey)),
        closes: closes.and_then(|closes| closes.as_str().map(str::to_owned)),
        items: totals.iter().map(TotalItem::of).collect(),
    }
}
