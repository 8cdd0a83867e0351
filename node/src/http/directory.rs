//! Groups in the API: members and prospects in one list.
//!
//! A group that is here is named by its own id, as everywhere in the coalition; a prospect has no keys yet and is
//! named by its record.

use super::Api;
use super::error::ApiError;
use super::filter::{Filter, Fit, Page, no_field};
use super::find::{Candidate, Found, one};
use super::input::Words;
use super::items::{Item, Listed, complete, with_deliveries};
use super::records::PageAnswer;
use crate::view::overlong::not_looked_through;
use crate::view::{DirectoryRow, Membership, Views};
use grid_protocol::record::{Kind, KindRole, QUERY};
use grid_protocol::replica::Row;
use grid_protocol::time::Timestamp;
use serde_json::{Value as Json, json};
use std::sync::Arc;

/// A page of the directory.
pub(super) async fn list(api: &Api, kind: &Kind, mut words: Words) -> Result<PageAnswer, ApiError> {
    let page = Page::take(&mut words)?;
    let member = words.flag("member")?;
    let now = api.handle.now();
    let (listed, total, hidden, left) = api.handle.look(|views| {
        let filters = filters(views, kind, words)?;
        let mut hidden = 0;
        let rows = views.directory().into_iter().filter(|row| {
            let meant = member.is_none_or(|member| (row.membership == Membership::Member) == member);
            let fit = if meant { filters.fit(row) } else { Fit::No };
            hidden += usize::from(fit == Fit::Hidden);
            fit == Fit::Shown
        });
        let (rows, total) = page.of(rows);
        let left: usize = [&filters.groups, &filters.prospects].into_iter().flatten().map(Filter::left).sum();
        Ok::<_, ApiError>((rows.iter().map(|row| listed(views, kind, row, now)).collect(), total, hidden, left))
    })?;
    let items = with_deliveries(api, listed).await?;
    Ok(PageAnswer { items, total, hidden, note: not_looked_through(left) })
}

/// One filter for groups that are here, one for those that are not: their records have different fields.
struct Filters {
    groups: Option<Filter>,
    prospects: Option<Filter>,
}

fn filters(views: &Views, kind: &Kind, words: Words) -> Result<Filters, ApiError> {
    let prospect = views.registry.with_role(KindRole::Prospect);
    let fields: Vec<&str> = words.names().filter(|name| !QUERY.contains(name)).collect();
    let knows = |kind: &Kind| fields.iter().all(|name| kind.field(name).is_some());
    let unknown = fields
        .iter()
        .find(|name| kind.field(name).is_none() && prospect.is_none_or(|prospect| prospect.field(name).is_none()));
    if let Some(name) = unknown {
        return Err(no_field(kind, name));
    }
    let groups = if knows(kind) { Some(Filter::read(views, kind, words.clone())?) } else { None };
    let prospects = match prospect.filter(|prospect| knows(prospect)) {
        Some(prospect) => Some(Filter::read(views, prospect, words)?),
        None => None,
    };
    Ok(Filters { groups, prospects })
}

impl Filters {
    fn fit(&self, row: &DirectoryRow) -> Fit {
        let filter = match row.membership {
            Membership::Prospect => &self.prospects,
            Membership::Member | Membership::Known | Membership::Withdrew | Membership::Removed => &self.groups,
        };
        let Some(filter) = filter else { return Fit::No };
        match &row.row {
            Some(record) => filter.fit(record),
            None => filter.fit_bare(row.group, &row.name),
        }
    }
}

/// A group in a list.
pub(super) fn listed(views: &Views, kind: &Kind, row: &DirectoryRow, now: Timestamp) -> Listed {
    let mut listed = match &row.row {
        Some(record) => Listed::new(views, record, now),
        None => Listed { item: bare(views, kind, row), own: None },
    };
    let mut put = |name: &str, value: Json| drop(listed.item.insert(name.to_owned(), value));
    let membership = match row.membership {
        Membership::Member => "member",
        Membership::Known => "known",
        Membership::Withdrew => "withdrew",
        Membership::Removed => "removed",
        Membership::Prospect => "prospect",
    };
    if let Some(group) = row.group {
        put("id", json!(group.to_string()));
    }
    put("record", json!(row.record.map(|record| record.to_string())));
    put("member", json!(row.membership == Membership::Member));
    put("membership", json!(membership));
    put("was", json!(row.was.iter().map(ToString::to_string).collect::<Vec<_>>()));
    put(&kind.title, json!(row.name));
    put("called", json!(row.name));
    let source = |row: &Arc<Row>| {
        let group = row.owner();
        json!({
            "record": row.document.to_string(), "group": group.map(|group| group.to_string()),
            "name": group.map(|group| views.name_of(&group)),
        })
    };
    let sources = row.row.iter().filter(|_| row.group.is_none()).chain(&row.same);
    let sources = sources.filter(|row| !views.hidden.hides(row)).map(source);
    put("sources", json!(sources.collect::<Vec<Json>>()));
    // Prospects stand among the groups, and have fewer fields of their own.
    complete(&mut listed.item, kind);
    listed
}

/// A group that has not written its profile yet.
fn bare(views: &Views, kind: &Kind, row: &DirectoryRow) -> Item {
    let group = row.group.map(|group| group.to_string());
    let item = json!({
        "id": group, "record_kind": kind.name, "group": group, "group_name": row.name,
        "mine": row.group == Some(views.own), "changed_at": null, "created_at": null, "damaged": [],
    });
    match item {
        Json::Object(item) => item,
        _ => Item::new(),
    }
}

/// Finds a group by its own id, or by the id of the record that describes it or did so before it joined.
pub(super) fn find(views: &Views, kind: &Kind, prefix: &str) -> Result<Found, ApiError> {
    let mut candidates = Vec::new();
    for row in views.directory() {
        let own = row.group.map(|group| (group.to_string(), row.row.clone()));
        let same: Vec<_> = row.same.iter().map(|row| row.document).collect();
        let records = row.record.iter().chain(&row.was).chain(&same);
        let records = records.map(|record| (record.to_string(), views.records.row(record).cloned()));
        let fitting = own.into_iter().chain(records).find(|(id, _)| id.starts_with(prefix));
        if let Some((id, record)) = fitting {
            let title = row.name.clone();
            candidates.push(Candidate { id, title, found: Found { row: record, directory: Some(row) } });
        }
    }
    if candidates.is_empty() {
        candidates.extend(removed(views, prefix));
    }
    one(views, kind, prefix, candidates)
}

/// Prospects that were removed: they have a history still.
fn removed(views: &Views, prefix: &str) -> Vec<Candidate> {
    let prospect = views.registry.with_role(KindRole::Prospect);
    let rows = prospect.map(|kind| views.records.with_prefix(&kind.name, prefix)).into_iter().flatten();
    let candidate = |row: &Arc<Row>| Candidate {
        id: row.document.to_string(),
        title: String::new(),
        found: Found { row: Some(row.clone()), directory: None },
    };
    rows.map(candidate).collect()
}
