//! Links: addresses under which a calendar program or a reader of news reads one feed.
//!
//! Such programs send no header of their own, so what lets them in stands in the path:
//! `/feeds/SECRET/calendar.ics`. It opens that feed, as it was set when the link was made, and nothing else; each request
//! looks for the link's record, so that a link that was removed opens nothing from that moment on. Only the hash of a
//! secret is kept.

use super::Api;
use super::error::{ApiError, ErrorAnswer};
use super::feeds::Which;
use super::find::find;
use super::input::{Answer, Download, Items, JsonBody, Segments, Words};
use super::pick;
use super::records::RemoveAnswer;
use super::resolve::meant_by;
use crate::clock::random;
use crate::handle::Target;
use crate::view::Views;
use axum::extract::{Extension, State};
use axum::http::{Method, StatusCode};
use data_encoding::HEXLOWER;
use grid_protocol::record::{Audience, Patch};
use grid_protocol::replica::Row;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

/// Where all of them begin. Nothing else is served there.
const ROOT: &str = "/feeds/";
/// The kind of their records.
const KIND: &str = "link";

/// What a link is to lead to.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinkRequest {
    /// `calendar`, `news`, `podcast` or `map`.
    feed: String,
    /// For whom it is: `public`, `coalition` or `own`; the coalition where nothing is said.
    audience: Option<String>,
    /// What narrows it, as in the query of a feed: `kind=event&text=river%20walk`.
    filter: Option<String>,
    /// What it is called; the name of the feed where nothing is said.
    name: Option<String>,
}

/// A link that was made. Its address is told this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewLink {
    #[serde(flatten)]
    link: LinkItem,
    /// The path, with the secret in it.
    path: String,
    /// The whole address, where the node listens on TCP.
    address: Option<String>,
}

/// A link.
#[derive(Serialize, ToSchema)]
pub(crate) struct LinkItem {
    /// Its record.
    id: String,
    /// What it is called.
    name: String,
    /// Which feed it leads to.
    feed: String,
    /// For whom what it shows is.
    audience: String,
    /// What narrows it.
    filter: String,
    /// When it was made, RFC 3339.
    created_at: String,
}

/// A link whose secret somebody knows: what it leads to.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Opened {
    feed: Which,
    audience: Audience,
    filter: String,
}

/// Whether a path is that of a link.
pub(super) fn is_one(path: &str) -> bool {
    path.starts_with(ROOT)
}

/// What a request over a link leads to, or why to nothing.
pub(super) fn open(api: &Api, method: &Method, path: &str) -> Result<Opened, ApiError> {
    if !matches!(*method, Method::GET | Method::HEAD) {
        return Err(ApiError::wrong_method(method.as_str(), "the address of a link, which is only read"));
    }
    let nothing = || {
        let hint = "It was removed, or was not copied whole. `grid feed links` lists those that hold; `grid feed link` \
                    makes one.";
        ApiError::not_found("no link leads here", hint)
    };
    let (secret, file) = path.strip_prefix(ROOT).and_then(|rest| rest.split_once('/')).ok_or_else(nothing)?;
    let presented = blake3::hash(secret.as_bytes());
    api.handle.look(|views| {
        // Each is compared, in constant time: nobody learns from how long it takes which one comes near.
        let same = |row: &&std::sync::Arc<Row>| {
            blake3::Hash::from_hex(row.values.text("mark")).is_ok_and(|it| it == presented)
        };
        let found = own(views).filter(same).last().and_then(|row| Opened::of(row));
        found.filter(|opened| opened.feed.file() == file).ok_or_else(nothing)
    })
}

impl Opened {
    fn of(row: &Row) -> Option<Self> {
        Some(Self {
            feed: Which::named(row.values.text("feed"))?,
            audience: audience(row.values.text("readers"))?,
            filter: row.values.text("filter").to_owned(),
        })
    }
}

/// The links of this computer.
fn own(views: &Views) -> impl Iterator<Item = &std::sync::Arc<Row>> {
    views.records.of_kind(KIND).filter(|row| row.owner() == Some(views.own))
}

/// Whose eyes a link has. One of the group's own leaves out what only this computer knows: calendar programs pass on what
/// they read to other devices.
fn audience(word: &str) -> Option<Audience> {
    match word {
        "public" => Some(Audience::Public),
        "coalition" => Some(Audience::Coalition),
        "own" => Some(Audience::Group),
        _ => None,
    }
}

/// Reads the feed of a link. Whoever comes here was let in by its secret.
pub(super) async fn read(
    State(api): State<Api>,
    Extension(opened): Extension<Opened>,
    words: Words,
) -> Result<Download, ApiError> {
    // What a link shows is set when it is made: whoever has it finds out no more by asking otherwise.
    words.nothing_else(&[])?;
    let words = Words::read(&opened.filter).map_err(|_| unreadable())?;
    // Why it can't be written is for whoever made it: the reason may name what this reader may not see.
    opened.feed.written(&api, opened.audience, words).await.map_err(|_| unreadable())
}

fn unreadable() -> ApiError {
    ApiError::invalid(
        "this feed can't be read any more as it was set",
        "Ask whoever gave you this address for a new one.",
    )
}

/// The links of this computer, the newest first. Their addresses are not among them: only whoever made one has it.
#[utoipa::path(get, path = "/api/feeds/links", operation_id = "feed_links", tag = "feeds",
    responses((status = 200, description = "The links.", body = Items<LinkItem>)))]
pub(crate) async fn list(State(api): State<Api>) -> Answer<Items<LinkItem>> {
    let item = |row: &std::sync::Arc<Row>| {
        let text = |field: &str| row.values.text(field).to_owned();
        LinkItem {
            id: row.document.to_string(),
            name: text("name"),
            feed: text("feed"),
            audience: text("readers"),
            filter: text("filter"),
            created_at: row.created.to_string(),
        }
    };
    Answer(Items { items: api.handle.look(|views| own(views).map(item).collect()) })
}

/// Makes a link. Its address is told once, and not kept.
#[utoipa::path(post, path = "/api/feeds/links", operation_id = "feed_link", tag = "feeds", request_body = LinkRequest,
    responses((status = 201, description = "The link.", body = NewLink),
        (status = 400, description = "There is no such feed, audience or filter.", body = ErrorAnswer)))]
pub(crate) async fn make(
    State(api): State<Api>,
    JsonBody(request): JsonBody<LinkRequest>,
) -> Result<(StatusCode, Answer<NewLink>), ApiError> {
    let unknown = |word: &str, found: &str, known: &str| {
        let shown: String = found.chars().take(80).collect();
        ApiError::invalid(format!("{word}: expected {known}, found {shown:?}"), format!("Give {known}."))
    };
    let feed =
        Which::named(&request.feed).ok_or_else(|| unknown("feed", &request.feed, "calendar, news, podcast or map"))?;
    let readers = request.audience.unwrap_or_else(|| "coalition".to_owned());
    let seen_as = audience(&readers).ok_or_else(|| unknown("audience", &readers, "public, coalition or own"))?;
    let filter = request.filter.unwrap_or_default().trim().trim_start_matches('?').to_owned();
    // What can't be read now would fail where nobody sees why.
    let words = Words::read(&filter)?;
    feed.check(&api, seen_as, &words)?;
    feed.written(&api, seen_as, words).await?;
    let filter = lasting(&api, &filter)?;
    let named = request.name.filter(|name| !name.trim().is_empty());
    let name = named.unwrap_or_else(|| api.handle.look(|views| free_name(views, feed.word())));
    let secret = HEXLOWER.encode(&random());
    let mark = blake3::hash(secret.as_bytes()).to_hex();
    let kind = api.kind(KIND)?;
    let fields =
        json!({"name": name, "feed": feed.word(), "readers": readers, "filter": filter, "mark": mark.as_str()});
    let written = api.handle.write(Target::New(KIND.to_owned()), Patch::from_json(&kind, &fields)?).await?;
    let path = format!("{ROOT}{secret}/{}", feed.file());
    let address = api.tcp_address.map(|address| format!("http://{address}{path}"));
    let id = written.document.to_string();
    let made = api.handle.look(|views| views.records.row(&written.document).map(|row| row.created));
    let created_at = made.unwrap_or_else(|| api.handle.now()).to_string();
    let link = LinkItem { id, name, feed: feed.word().to_owned(), audience: readers, filter, created_at };
    Ok((StatusCode::CREATED, Answer(NewLink { link, path, address })))
}

/// The name of a link that nobody gave one: that of its feed, with a number where there is such a link already.
fn free_name(views: &Views, feed: &str) -> String {
    let numbered = (2..).map(|number: u32| format!("{feed} {number}"));
    let mut names = [feed.to_owned()].into_iter().chain(numbered);
    names.find(|name| views.called(KIND, name).next().is_none()).unwrap_or_else(|| feed.to_owned())
}

/// A filter as it is kept: groups and what records refer to by their ids, since they may be called something else tomorrow.
fn lasting(api: &Api, filter: &str) -> Result<String, ApiError> {
    let kind = Words::read(filter)?.take("kind")?.map(|kind| api.kind(&kind)).transpose()?;
    let kept = |part: &str| -> Result<String, ApiError> {
        let mut words = Words::read(part)?;
        if let Some(told) = words.take("group")? {
            let group = api.handle.look(|views| pick::group(views, &told))?;
            return Ok(format!("group={group}"));
        }
        let told = words.rest().into_iter().next().filter(|(_, told)| !told.trim().is_empty());
        let field = kind.as_ref().zip(told).and_then(|(kind, (name, told))| Some((kind, kind.field(&name)?, told)));
        match field.filter(|(_, field, _)| field.field_type.targets().is_some()) {
            Some((kind, field, told)) => {
                let meant = api.handle.look(|views| meant_by(views, kind, field, told.trim()))?;
                Ok(format!("{}={}", field.name, meant.id))
            }
            None => Ok(part.to_owned()),
        }
    };
    let parts = filter.split('&').map(kept).collect::<Result<Vec<_>, ApiError>>()?;
    Ok(parts.join("&"))
}

/// Takes a link back: from now on its address opens nothing.
#[utoipa::path(delete, path = "/api/feeds/links/{id}", operation_id = "feed_unlink", tag = "feeds",
    params(("id" = String, Path, description = "The id of the link, its first letters, or its whole name.")),
    responses((status = 200, description = "It is gone.", body = RemoveAnswer),
        (status = 404, description = "There is no such link.", body = ErrorAnswer)))]
pub(crate) async fn remove(
    State(api): State<Api>,
    Segments(id): Segments<String>,
) -> Result<Answer<RemoveAnswer>, ApiError> {
    let kind = api.kind(KIND)?;
    let found = api.handle.look(|views| find(views, &kind, &id))?;
    let row = found.row.ok_or_else(|| ApiError::not_found("there is no such link here", "List them."))?;
    let written = api.handle.remove(row.document).await?;
    Ok(Answer(RemoveAnswer { id: written.document.to_string() }))
}
