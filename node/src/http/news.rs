//! What is new: since a time, or since somebody looked last.
//!
//! A time is not enough for the second: what was written a week ago may arrive today. So whoever looks keeps, for each
//! device, how much of its log was here; a record is news if one of its entries lies behind that.

use super::Api;
use super::error::{ApiError, ErrorAnswer};
use super::filter::Page;
use super::input::{Answer, JsonBody, Words};
use super::period::Period;
use crate::view::Views;
use crate::view::status::is_cancelled;
use axum::extract::State;
use grid_protocol::key::DeviceId;
use grid_protocol::replica::Row;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;

/// How much of each log somebody has seen: by the device, the place of the last entry.
type Seen = BTreeMap<String, u64>;

/// What somebody has seen.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewsRequest {
    /// What an earlier answer called `seen`.
    seen: Seen,
    /// Only news of this kind.
    kind: Option<String>,
    /// Only news of this group.
    group: Option<String>,
    /// At most so many; 50 where nothing is said.
    limit: Option<usize>,
}

/// What is new.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewsAnswer {
    /// The records, newest first.
    items: Vec<NewsItem>,
    /// How many there are.
    total: usize,
    /// How many more there are that the people of this computer do not want to see.
    hidden: usize,
    /// When this was asked, RFC 3339.
    asked_at: String,
    /// How much of each log is here, by device: hand it in to be told what is new from then on. What a kind, a group or a
    /// limit left out of `items` is in it, too.
    seen: Seen,
}

/// A record that is new, has changed or was removed.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewsItem {
    /// The record.
    id: String,
    /// Its kind.
    kind: String,
    /// What it is called.
    title: String,
    /// The same, as lists and answers say it.
    called: String,
    /// The group that owns it.
    group: Option<String>,
    /// Its name.
    group_name: Option<String>,
    /// `new`, `changed`, `cancelled` or `removed`.
    what: &'static str,
    /// When it was changed last, by the clock of who did.
    changed_at: String,
}

/// What is asked for, however it was asked.
struct Asked {
    kind: Option<String>,
    group: Option<String>,
    limit: usize,
}

/// What has changed since a time, by the clocks of those who wrote it.
#[utoipa::path(get, path = "/api/news", operation_id = "news_since", tag = "news",
    params(("since" = Option<String>, Query, description = "a day or a moment; nothing means everything"),
        ("until" = Option<String>, Query, description = "a day, with all its hours, or a moment"),
        ("kind" = Option<String>, Query), ("group" = Option<String>, Query), ("limit" = Option<u32>, Query)),
    responses((status = 200, description = "What is new.", body = NewsAnswer),
        (status = 400, description = "This is no time, or no group.", body = ErrorAnswer)))]
pub(crate) async fn since(State(api): State<Api>, mut words: Words) -> Result<Answer<NewsAnswer>, ApiError> {
    let period = Period::take(&mut words)?;
    let since = period.since().unwrap_or_default();
    let limit = Page::take(&mut words)?.limit;
    let asked = Asked { kind: words.take("kind")?, group: words.take("group")?, limit };
    words.nothing_else(&["since", "until", "kind", "group", "limit"])?;
    let device = api.handle.me().await?.device;
    let news = |row: &Row| {
        let what = if row.created >= since { "new" } else { "changed" };
        // What stays here was written here, and is nobody's news.
        (period.holds(row.changed) && row.changed_by.is_some_and(|by| by != device)).then_some(what)
    };
    api.answer(&asked, news)
}

/// What has come since somebody looked last.
#[utoipa::path(post, path = "/api/news", operation_id = "news_unseen", tag = "news", request_body = NewsRequest,
    responses((status = 200, description = "What is new.", body = NewsAnswer),
        (status = 400, description = "There is no such kind or group.", body = ErrorAnswer)))]
pub(crate) async fn unseen(
    State(api): State<Api>,
    JsonBody(request): JsonBody<NewsRequest>,
) -> Result<Answer<NewsAnswer>, ApiError> {
    let mut seen: BTreeMap<DeviceId, u64> = BTreeMap::new();
    for (device, seq) in &request.seen {
        // A device that this program can't read is one of which nothing was seen.
        seen.extend(device.parse().ok().map(|device: DeviceId| (device, *seq)));
    }
    let limit = request.limit.unwrap_or(50).min(1_000);
    let asked = Asked { kind: request.kind, group: request.group, limit };
    let own = api.handle.me().await?.device;
    let news = |row: &Row| {
        let is_news = |(device, seq): &&(DeviceId, u64)| seen.get(device).is_none_or(|seen| seen < seq);
        let others = row.latest.iter().filter(|(device, _)| *device != own);
        let behind = others.filter(is_news).count();
        let what = if behind == row.latest.len() { "new" } else { "changed" };
        (behind > 0).then_some(what)
    };
    api.answer(&asked, news)
}

impl Api {
    fn answer(
        &self,
        asked: &Asked,
        news: impl Fn(&Row) -> Option<&'static str>,
    ) -> Result<Answer<NewsAnswer>, ApiError> {
        let kind = asked.kind.as_ref().map(|name| self.kind(name)).transpose()?;
        self.handle.look(|views| {
            let group = asked.group.as_ref().map(|text| super::pick::group(views, text)).transpose()?;
            let wanted = |row: &&Arc<Row>| {
                kind.as_ref().is_none_or(|kind| row.kind() == Some(&*kind.name))
                    && group.is_none_or(|group| row.owner() == Some(group))
                    && (!views.hidden.hides(row) || views.hidden.takes_out(row))
            };
            let rows = views.records.held().filter(wanted).filter_map(|row| Some((news(row)?, row)));
            let (hidden, mut found): (Vec<_>, Vec<_>) = rows.partition(|(_, row)| views.hidden.takes_out(row));
            let hidden = hidden.len();
            found.sort_by_key(|(_, row)| (Reverse(row.changed), row.document));
            let total = found.len();
            let items = found.into_iter().take(asked.limit).map(|(what, row)| item(views, row, what)).collect();
            Ok(Answer(NewsAnswer {
                items,
                total,
                hidden,
                asked_at: self.handle.now().to_string(),
                seen: heights(views),
            }))
        })
    }
}

fn item(views: &Views, row: &Row, what: &'static str) -> NewsItem {
    NewsItem {
        id: row.document.to_string(),
        kind: row.kind().unwrap_or_default().to_owned(),
        called: views.title_of(row),
        title: views.title_of(row),
        group: row.owner().map(|group| group.to_string()),
        group_name: row.owner().map(|group| views.name_of(&group)),
        what: match row {
            row if row.is_removed() => "removed",
            row if is_cancelled(row) => "cancelled",
            _ => what,
        },
        changed_at: row.changed.to_string(),
    }
}

/// How much of each log is in the records that are here.
fn heights(views: &Views) -> Seen {
    let mut heights: BTreeMap<DeviceId, u64> = BTreeMap::new();
    for (device, seq) in views.records.held().flat_map(|row| &row.latest) {
        let height = heights.entry(*device).or_default();
        *height = (*height).max(*seq);
    }
    heights.into_iter().map(|(device, seq)| (device.to_string(), seq)).collect()
}
