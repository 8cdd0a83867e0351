//! Versions of the statement: proposed, voted on, adopted, followed.

use super::Api;
use super::error::{ApiError, ErrorAnswer};
use super::input::{Answer, Items, JsonBody, Segments};
use super::pick;
use super::status::Named;
use crate::handle::{Act, Proposing, SecondVote};
use crate::view::{Split, VersionRow, VersionState, Views, Way};
use axum::extract::State;
use grid_protocol::control::{Policy, Record};
use grid_protocol::id::{GroupId, VersionId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A version, as a list shows it.
#[derive(Serialize, ToSchema)]
pub(crate) struct VersionItem {
    /// Its id.
    version: String,
    /// The version that it follows; null for version 0.
    base: Option<String>,
    /// How many versions lie before it.
    depth: usize,
    /// Its title.
    title: String,
    /// `proposed`, `overtaken` (another one was adopted in its place) or `adopted`.
    state: &'static str,
    /// `followed` by this group, `before` that one, or `elsewhere`.
    way: &'static str,
    /// Who proposed it; null for version 0, which the founders signed.
    proposed_by: Option<Named>,
    /// When that group says that it did, RFC 3339.
    proposed_at: Option<String>,
    /// The electors of its base that voted for it; the founders for version 0.
    votes: Vec<Named>,
    /// How many votes adopt it.
    needed: usize,
    /// How many electors its base has.
    voters: usize,
    /// How many groups have signed it.
    signatures: usize,
    /// The members that follow it.
    followed_by: Vec<Named>,
    /// Where several versions that follow one base were adopted, and this is one of them: that in words.
    split: Option<String>,
}

/// A version with all that it says.
#[derive(Serialize, ToSchema)]
pub(crate) struct VersionAnswer {
    #[serde(flatten)]
    item: VersionItem,
    /// Its text.
    text: String,
    /// The hash of the text: what a signature names.
    hash: String,
    /// The policies that come with it.
    policies: Vec<PolicyItem>,
    /// Who votes on what follows it.
    electors: Vec<Named>,
    /// Whom it removes.
    removed: Vec<Named>,
    /// Who has signed it, and when.
    signed_by: Vec<SignerItem>,
}

/// A policy that comes with the statement.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PolicyItem {
    /// What it is called.
    pub(crate) title: String,
    /// What it says.
    pub(crate) text: String,
}

/// A group that signed.
#[derive(Serialize, ToSchema)]
pub(crate) struct SignerItem {
    /// The group.
    group: String,
    /// Its name.
    name: String,
    /// When it says that it signed, RFC 3339.
    signed_at: String,
}

/// What to propose: what is left out stays as in the version that this group follows.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
pub(crate) struct ProposeRequest {
    /// The title.
    title: Option<String>,
    /// The text.
    text: Option<String>,
    /// Policies to add, or to replace where one is called the same.
    policies: Vec<PolicyItem>,
    /// Titles of policies to leave out.
    without_policies: Vec<String>,
    /// Groups that vote on what follows, by id or name.
    add_electors: Vec<String>,
    /// Groups that no longer do.
    remove_electors: Vec<String>,
    /// Groups that are no members any more.
    remove: Vec<String>,
}

/// A vote.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VoteRequest {
    /// The version, by its id or the beginning of it.
    version: String,
    /// Vote also where this group has voted for another version on the same base, or one was adopted there.
    #[serde(default)]
    although_voted: bool,
}

/// A version that was just proposed.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProposedAnswer {
    /// Its id.
    version: String,
    /// The version that it follows.
    base: String,
}

/// A vote that was just given.
#[derive(Serialize, ToSchema)]
pub(crate) struct VotedAnswer {
    /// The version.
    version: String,
    /// `proposed` or `adopted`: what it is with this vote.
    state: &'static str,
    /// How many have voted for it.
    votes: usize,
    /// How many votes adopt it.
    needed: usize,
    /// Where several versions that follow one base were adopted, and this is one of them: that in words.
    split: Option<String>,
}

fn named(views: &Views, group: &GroupId) -> Named {
    Named { id: group.to_string(), name: Some(views.name_of(group)) }
}

fn all(views: &Views, groups: &[GroupId]) -> Vec<Named> {
    groups.iter().map(|group| named(views, group)).collect()
}

fn state(row: &VersionRow) -> &'static str {
    match row.state {
        VersionState::Proposed => "proposed",
        VersionState::Overtaken => "overtaken",
        VersionState::Adopted => "adopted",
    }
}

fn item(views: &Views, row: &VersionRow) -> VersionItem {
    VersionItem {
        version: row.version.to_string(),
        base: row.base.map(|base| base.to_string()),
        depth: row.depth,
        title: row.statement.title.clone(),
        state: state(row),
        way: match row.way {
            Way::Followed => "followed",
            Way::Before => "before",
            Way::Elsewhere => "elsewhere",
        },
        proposed_by: row.proposed.map(|(group, _)| named(views, &group)),
        proposed_at: row.proposed.map(|(_, at)| at.to_string()),
        votes: all(views, &row.votes),
        needed: row.needed,
        voters: row.voters,
        signatures: row.signed.len(),
        followed_by: all(views, &row.followed_by),
        split: split(views, &row.version),
    }
}

/// Where a version is a branch of a split, that in words.
fn split(views: &Views, version: &VersionId) -> Option<String> {
    let Split { base, children, voters } = views.splits.iter().find(|split| split.children.contains(version))?;
    let others: Vec<String> = children.iter().filter(|other| *other != version).map(VersionId::short).collect();
    let voters: Vec<String> = voters.iter().map(|group| views.name_of(group)).collect();
    let who = if voters.is_empty() { "electors".to_owned() } else { voters.join(", ") };
    let short = base.short();
    Some(format!(
        "the coalition has split behind {short}: {} was adopted there too, because {who} voted for both; each group follows the one that it signs",
        others.join(", ")
    ))
}

/// All versions that are known: each behind its base.
#[utoipa::path(
    get, path = "/api/statement/versions", operation_id = "statement_versions", tag = "statement",
    responses((status = 200, description = "The versions.", body = Items<VersionItem>))
)]
pub(crate) async fn list(State(api): State<Api>) -> Answer<Items<VersionItem>> {
    Answer(Items { items: api.handle.look(|views| views.versions.iter().map(|row| item(views, row)).collect()) })
}

/// One version, with its text, its electors, and who signed it.
#[utoipa::path(
    get, path = "/api/statement/versions/{version}", operation_id = "statement_version", tag = "statement",
    params(("version" = String, Path, description = "The id, or its first letters (six or more) where only one fits.")),
    responses(
        (status = 200, description = "The version.", body = VersionAnswer),
        (status = 400, description = "The id fits several versions.", body = ErrorAnswer),
        (status = 404, description = "There is no such version.", body = ErrorAnswer),
    )
)]
pub(crate) async fn show(
    State(api): State<Api>,
    Segments(id): Segments<String>,
) -> Result<Answer<VersionAnswer>, ApiError> {
    api.handle.look(|views| {
        let row = pick::version(views, &id)?;
        let signer = |(group, at): &(GroupId, grid_protocol::time::Timestamp)| SignerItem {
            group: group.to_string(),
            name: views.name_of(group),
            signed_at: at.to_string(),
        };
        Ok(Answer(VersionAnswer {
            item: item(views, row),
            text: row.statement.text.clone(),
            hash: row.statement.text_hash().to_string(),
            policies: policies(&row.statement.policies),
            electors: all(views, &row.electors),
            removed: all(views, &row.removed),
            signed_by: row.signed.iter().map(signer).collect(),
        }))
    })
}

pub(super) fn policies(policies: &[Policy]) -> Vec<PolicyItem> {
    let item = |policy: &Policy| PolicyItem { title: policy.title.clone(), text: policy.text.clone() };
    policies.iter().map(item).collect()
}

/// Proposes the version after the one that this group follows. Only electors may.
#[utoipa::path(
    post, path = "/api/statement/versions", operation_id = "statement_propose", tag = "statement",
    request_body = ProposeRequest,
    responses(
        (status = 200, description = "Proposed.", body = ProposedAnswer),
        (status = 400, description = "Something is out of bounds, or nothing would change.", body = ErrorAnswer),
        (status = 403, description = "A rule forbids it.", body = ErrorAnswer),
        (status = 404, description = "A group is not known here.", body = ErrorAnswer),
    )
)]
pub(crate) async fn propose(
    State(api): State<Api>,
    JsonBody(request): JsonBody<ProposeRequest>,
) -> Result<Answer<ProposedAnswer>, ApiError> {
    let proposing = api.handle.look(|views| {
        let groups = |names: &[String]| names.iter().map(|name| views.group_told(name)).collect::<Result<_, _>>();
        let policy = |PolicyItem { title, text }| Policy { title, text };
        Ok::<_, ApiError>(Proposing {
            add_electors: groups(&request.add_electors)?,
            remove_electors: groups(&request.remove_electors)?,
            remove: groups(&request.remove)?,
            title: request.title,
            text: request.text,
            policies: request.policies.into_iter().map(policy).collect(),
            without_policies: request.without_policies,
        })
    })?;
    match api.handle.act(Act::Propose(proposing)).await? {
        Record::Version(proposal) => Ok(Answer(ProposedAnswer {
            version: proposal.version().to_string(),
            base: proposal.body().base.to_string(),
        })),
        _ => Err(ApiError::internal("the node signed something else than a proposal")),
    }
}

/// Votes for a version. Only electors of its base may; a vote is never taken back.
#[utoipa::path(
    post, path = "/api/statement/votes", operation_id = "statement_vote", tag = "statement",
    request_body = VoteRequest,
    responses(
        (status = 200, description = "Voted.", body = VotedAnswer),
        (status = 403, description = "A rule forbids it.", body = ErrorAnswer),
        (status = 404, description = "There is no such version.", body = ErrorAnswer),
    )
)]
pub(crate) async fn vote(
    State(api): State<Api>,
    JsonBody(request): JsonBody<VoteRequest>,
) -> Result<Answer<VotedAnswer>, ApiError> {
    let version = api.handle.look(|views| pick::version(views, &request.version).map(|row| row.version))?;
    let second = if request.although_voted { SecondVote::Give } else { SecondVote::Refuse };
    api.handle.act(Act::Vote { version, second }).await?;
    api.handle.look(|views| {
        let row =
            views.version(&version).ok_or_else(|| ApiError::internal("the version went while it was voted on"))?;
        let (votes, needed) = (row.votes.len(), row.needed);
        let split = split(views, &version);
        Ok(Answer(VotedAnswer { version: version.to_string(), state: state(row), votes, needed, split }))
    })
}
