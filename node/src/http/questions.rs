//! Questions: what can be asked, and the answers.

use super::Api;
use super::error::ApiError;
use super::input::{Answer, Items, Segments, Words};
use crate::question::{self, Given, Question, Reply, Word};
use axum::extract::State;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Something that can be asked.
#[derive(Serialize, ToSchema)]
pub(crate) struct QuestionItem {
    /// Its name.
    name: &'static str,
    /// What it asks.
    about: &'static str,
    /// What narrows it.
    words: Vec<WordItem>,
}

/// What narrows a question.
#[derive(Serialize, ToSchema)]
pub(crate) struct WordItem {
    /// Its name.
    name: &'static str,
    /// What it does.
    about: &'static str,
    /// Whether it may be given several times.
    many: bool,
}

/// An answer: `sections`, each with `columns` and `rows`.
#[derive(Serialize)]
pub(crate) struct QuestionAnswer {
    /// The question.
    question: &'static str,
    #[serde(flatten)]
    reply: Reply,
}

/// What can be asked: GET /api/questions/NAME answers, its words in the query.
#[utoipa::path(get, path = "/api/questions", tag = "questions", responses((status = 200, description = "The questions.", body = Items<QuestionItem>)))]
pub(crate) async fn list() -> Answer<Items<QuestionItem>> {
    let word = |word: &Word| WordItem { name: word.name, about: word.about, many: word.many == Given::Often };
    let item = |question: &&Question| QuestionItem {
        name: question.name,
        about: question.about,
        words: question.all_words().map(word).collect(),
    };
    Answer(Items { items: question::ALL.iter().map(item).collect() })
}

pub(crate) async fn answer(
    State(api): State<Api>,
    Segments(name): Segments<String>,
    words: Words,
) -> Result<Answer<QuestionAnswer>, ApiError> {
    let question = question::named(&name).ok_or_else(|| {
        let known: Vec<&str> = question::ALL.iter().map(|question| question.name).collect();
        let shown: String = name.chars().take(80).collect();
        ApiError::not_found(
            format!("there is no question {shown:?}"),
            format!("The questions are: {}.", known.join(", ")),
        )
    })?;
    let mut given: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in words.rest() {
        given.entry(name).or_default().push(value);
    }
    let (handle, now) = (api.handle.clone(), api.handle.now());
    // A question may go through everything that is here: others are served meanwhile.
    let asked = tokio::task::spawn_blocking(move || handle.look(|views| question.ask(views, now, given)));
    let reply = asked.await.map_err(|_| ApiError::internal("answering broke off"))?;
    let reply = reply.map_err(|error| ApiError::invalid(error.message, error.hint))?;
    Ok(Answer(QuestionAnswer { question: question.name, reply }))
}
