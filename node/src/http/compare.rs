//! What one version of the statement changes in another.

use super::Api;
use super::error::{ApiError, ErrorAnswer};
use super::input::{Answer, Words};
use super::pick;
use super::status::Named;
use crate::view::{VersionRow, Views, Way};
use axum::extract::State;
use grid_protocol::control::{Policy, Statement};
use grid_protocol::id::GroupId;
use grid_protocol::record::{Stretch, compare};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// What leads from one version to another.
#[derive(Serialize, ToSchema)]
pub(crate) struct DiffAnswer {
    /// The version that is compared with.
    from: DiffVersion,
    /// The version that is compared.
    to: DiffVersion,
    /// The text, stretch by stretch: without what was added the old one, without what was removed the new one.
    text: Vec<DiffStretch>,
    /// The policies that differ.
    policies: Vec<PolicyDiff>,
    /// Groups that vote on what follows the one, and not on what follows the other.
    electors: GroupsDiff,
    /// Groups that `to` removes and `from` does not.
    removes: Vec<Named>,
}

/// A version that is compared.
#[derive(Serialize, ToSchema)]
pub(crate) struct DiffVersion {
    /// Its id.
    version: String,
    /// Its title.
    title: String,
}

/// A stretch of a text.
#[derive(Serialize, ToSchema)]
pub(crate) struct DiffStretch {
    /// `same`, `removed` or `added`.
    is: &'static str,
    /// The stretch, letter by letter.
    text: String,
}

/// What becomes of a policy.
#[derive(Serialize, ToSchema)]
pub(crate) struct PolicyDiff {
    /// What it is called.
    title: String,
    /// `removed`, `added` or `changed`.
    is: &'static str,
    /// Its text, stretch by stretch.
    text: Vec<DiffStretch>,
}

/// Groups that come and go.
#[derive(Serialize, ToSchema)]
pub(crate) struct GroupsDiff {
    /// Those that come.
    added: Vec<Named>,
    /// Those that go.
    removed: Vec<Named>,
}

fn stretches(old: &str, new: &str) -> Vec<DiffStretch> {
    let item = |stretch| match stretch {
        Stretch::Same(text) => DiffStretch { is: "same", text },
        Stretch::Removed(text) => DiffStretch { is: "removed", text },
        Stretch::Added(text) => DiffStretch { is: "added", text },
    };
    compare(old, new).into_iter().map(item).collect()
}

fn policies(old: &[Policy], new: &[Policy]) -> Vec<PolicyDiff> {
    let find = |policies: &[Policy], title: &str| {
        policies.iter().find(|policy| policy.title == title).map(|policy| policy.text.clone())
    };
    let gone = old.iter().filter(|policy| find(new, &policy.title).is_none()).map(|policy| PolicyDiff {
        title: policy.title.clone(),
        is: "removed",
        text: stretches(&policy.text, ""),
    });
    let there = new.iter().filter_map(|policy| {
        let (title, before) = (policy.title.clone(), find(old, &policy.title));
        match before {
            None => Some(PolicyDiff { title, is: "added", text: stretches("", &policy.text) }),
            Some(before) if before == policy.text => None,
            Some(before) => Some(PolicyDiff { title, is: "changed", text: stretches(&before, &policy.text) }),
        }
    });
    gone.chain(there).collect()
}

/// What is compared beside the texts, looked up at once.
struct Compared {
    from: Arc<Statement>,
    to: Arc<Statement>,
    answer: DiffAnswer,
}

fn looked_up(views: &Views, from: Option<&str>, to: Option<&str>) -> Result<Compared, ApiError> {
    let missing = || ApiError::not_found("the statement has not arrived here yet", "Keep the node running.");
    let to = match to {
        Some(to) => pick::version(views, to)?,
        None => views.versions.iter().find(|row| row.way == Way::Followed).ok_or_else(missing)?,
    };
    let from = match (from, to.base) {
        (Some(from), _) => pick::version(views, from)?,
        (None, Some(base)) => views.version(&base).ok_or_else(missing)?,
        (None, None) => {
            let message = "this is version 0, which the founders signed: nothing lies before it";
            let hint = "Name another one; `grid statement versions` lists them.";
            return Err(ApiError::invalid(message, hint));
        }
    };
    let only_in = |one: &[GroupId], other: &[GroupId]| {
        let differs = one.iter().filter(|group| !other.contains(group));
        differs.map(|group| Named { id: group.to_string(), name: Some(views.name_of(group)) }).collect()
    };
    let named = |row: &VersionRow| DiffVersion { version: row.version.to_string(), title: row.statement.title.clone() };
    let answer = DiffAnswer {
        from: named(from),
        to: named(to),
        text: Vec::new(),
        policies: Vec::new(),
        electors: GroupsDiff {
            added: only_in(&to.electors, &from.electors),
            removed: only_in(&from.electors, &to.electors),
        },
        removes: only_in(&to.removed, &from.removed),
    };
    Ok(Compared { from: from.statement.clone(), to: to.statement.clone(), answer })
}

/// What a version changes, compared with its base or with another one.
#[utoipa::path(
    get, path = "/api/statement/diff", operation_id = "statement_diff", tag = "statement",
    params(
        ("from" = Option<String>, Query, description = "The version to compare with; without it the base of the other one."),
        ("to" = Option<String>, Query, description = "The version; without it the one that this group follows."),
    ),
    responses(
        (status = 200, description = "What differs.", body = DiffAnswer),
        (status = 400, description = "Nothing lies before it, or an id fits several.", body = ErrorAnswer),
        (status = 404, description = "There is no such version.", body = ErrorAnswer),
    )
)]
pub(crate) async fn diff(State(api): State<Api>, mut words: Words) -> Result<Answer<DiffAnswer>, ApiError> {
    let (from, to) = (words.take("from")?, words.take("to")?);
    words.nothing_else(&["from", "to"])?;
    let Compared { from, to, mut answer } =
        api.handle.look(|views| looked_up(views, from.as_deref(), to.as_deref()))?;
    // Long texts take a moment: nobody waits for the views meanwhile.
    let texts =
        tokio::task::spawn_blocking(move || (stretches(&from.text, &to.text), policies(&from.policies, &to.policies)));
    (answer.text, answer.policies) = texts.await.map_err(|_| ApiError::internal("the texts could not be compared"))?;
    Ok(Answer(answer))
}
