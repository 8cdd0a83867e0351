//! A record as the API shows it: what every record has, and the fields of its kind beside it.
//!
//! Both stand on one level, so that scripts write `item.title`. A test holds the names apart.

use super::Api;
use super::error::ApiError;
use crate::survey;
use crate::view::Views;
use grid_protocol::document::WriteRule;
use grid_protocol::id::DocumentId;
use grid_protocol::record::{Contest, Kind, Rival, Times, Value};
use grid_protocol::replica::{Contests, Delivery, Row};
use grid_protocol::time::Timestamp;
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

/// An item, as JSON.
pub(crate) type Item = Map<String, Json>;

/// An item on its way out, which may still lack its delivery.
pub(crate) struct Listed {
    /// What there is of it.
    pub(crate) item: Item,
    /// Its record, where this group may have written to it.
    pub(crate) own: Option<DocumentId>,
}

impl Listed {
    /// A record in a list.
    pub(crate) fn new(views: &Views, row: &Row, now: Timestamp) -> Self {
        Self { item: item(views, row, now), own: own(views, row) }
    }
}

/// The record, if this group may have written to it: it is its own, or one that every member writes.
pub(crate) fn own(views: &Views, row: &Row) -> Option<DocumentId> {
    let shared = row.opening.as_ref().is_some_and(|opening| opening.rule == WriteRule::Members);
    (shared || row.owner() == Some(views.own)).then_some(row.document)
}

fn item(views: &Views, row: &Row, now: Timestamp) -> Item {
    let mut item = Item::new();
    let mut put = |name: &str, value: Json| drop(item.insert(name.to_owned(), value));
    put("id", json!(row.document.to_string()));
    put("record_kind", json!(row.kind()));
    put("group", json!(row.owner().map(|group| group.to_string())));
    put("group_name", json!(row.owner().map(|group| views.name_of(&group))));
    put("mine", json!(row.owner() == Some(views.own)));
    put("changed_at", json!(row.changed.to_string()));
    put("created_at", json!(row.created.to_string()));
    put("damaged", json!(row.damaged));
    put("called", json!(views.title_of(row)));
    put("referred", json!(referred(views, row)));
    put("counts", json!(counts(views, row)));
    if let Some(credit) = credit(views, row) {
        put("credit", credit);
    }
    let stays_here = views.stays_here(row);
    if !stays_here.is_empty() {
        put("stays_here", json!(stays_here));
    }
    if let Some((speaks, why)) = speaks(views, row, now) {
        put("speaks", json!(speaks));
        put("speaks_why", json!(why));
    }
    if let Some(why) = &row.quarantine {
        put("unreadable", json!(why));
    }
    for (name, value) in row.values.iter() {
        put(name, value.to_json());
    }
    if let Some(next) = next(row, now) {
        put("next", next);
    }
    if let Some(why) = survey::withheld(views, row) {
        survey::WITHHELD.iter().for_each(|field| drop(item.remove(*field)));
        item.insert("withheld".to_owned(), json!(why));
    }
    if let Some(kind) = row.kind().and_then(|kind| views.registry.kind(kind)) {
        complete(&mut item, kind);
    }
    item
}

/// The time at which something that comes back takes place next.
fn next(row: &Row, now: Timestamp) -> Option<Json> {
    let times = Times::of(&row.values).filter(Times::comes_back)?;
    let now = jiff::Timestamp::from_millisecond(i64::try_from(now.0).ok()?).ok()?;
    let next = times.from(now).next()?;
    Some(json!({"starts": next.starts.to_string(), "ends": next.ends.map(|ends| ends.to_string())}))
}

/// What a record was made from, and who made that.
fn credit(views: &Views, row: &Row) -> Option<Json> {
    let (source, credit) = (views.source_of(row)?, views.credit(row)?);
    Some(
        json!({"id": source.document().to_string(), "of": credit.of, "maker": credit.maker, "says": credit.to_string()}),
    )
}

/// What the ids in the fields of a record stand for, where that is here.
fn referred(views: &Views, row: &Row) -> BTreeMap<String, String> {
    let kind = row.kind().and_then(|kind| views.registry.kind(kind));
    let fields = kind.into_iter().flat_map(|kind| &kind.fields).filter(|field| field.field_type.targets().is_some());
    let ids = fields.filter_map(|field| row.values.get(&field.name)).flat_map(|value| match value {
        Value::Text(id) => vec![id.as_str()],
        Value::Tags(ids) => ids.iter().collect(),
        _ => Vec::new(),
    });
    ids.filter_map(|id| Some((id.to_owned(), views.title_of_id(id)?))).collect()
}

/// How many records of each kind refer to a record.
fn counts(views: &Views, row: &Row) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for kind in views.records.referring(&row.document.0).filter_map(|row| row.kind()) {
        *counts.entry(kind.to_owned()).or_default() += 1;
    }
    counts
}

/// For whom a record speaks, where it can speak for the network, and under which mandate, or why it does not.
fn speaks(views: &Views, row: &Row, now: Timestamp) -> Option<(&'static str, Option<String>)> {
    views.registry.kind(row.kind()?)?.speaks.as_ref()?;
    let Some(spoken) = views.speaks(row, now) else { return Some(("group", None)) };
    Some(match spoken {
        Ok(mandate) => ("network", Some(format!("under the mandate {}", mandate.scope))),
        Err(why) => ("group", Some(format!("it says that it speaks for the network, but {why}"))),
    })
}

/// Every field of a kind is there, so that a script need not ask first: null, or an empty list, where it holds nothing.
pub(super) fn complete(item: &mut Item, kind: &Kind) {
    for field in &kind.fields {
        if !item.contains_key(&*field.name) {
            item.insert(field.name.to_string(), field.empty_json());
        }
    }
}

/// What is added where one record is shown alone.
pub(crate) fn add_details(item: &mut Item, row: Option<&Row>) {
    let heads: Vec<String> = row.into_iter().flat_map(|row| &row.heads).map(ToString::to_string).collect();
    item.insert("heads".to_owned(), json!(heads));
    let latest_by = row.and_then(|row| row.changed_by).map(|device| device.to_string());
    item.insert("latest_by".to_owned(), json!(latest_by));
}

/// Edits of one field that are told beside the one that is shown.
const RIVALS: usize = 8;

/// Says of which fields edits met, and what of them is not shown; nothing where none did.
pub(crate) fn add_contests(item: &mut Item, views: &Views, told: &Contests) {
    let rival = |rival: &Rival| {
        let group = told.writers.get(&rival.change);
        json!({
            "value": rival.value.as_ref().map(Value::to_json), "change": rival.change.to_string(),
            "group": group.map(ToString::to_string), "name": group.map(|group| views.name_of(group)),
        })
    };
    let withheld = |contest: &&Contest| item.contains_key("withheld") && survey::WITHHELD.contains(&&*contest.field);
    let seen = told.contests.iter().filter(|contest| !withheld(contest));
    let contested = seen.map(|contest| {
        let others: Vec<Json> = contest.others.iter().rev().take(RIVALS).map(rival).collect();
        let more = contest.others.len() - others.len();
        json!({"field": &*contest.field, "shown": rival(&contest.shown), "others": others, "more": more})
    });
    let contested: Vec<Json> = contested.collect();
    item.insert("contested".to_owned(), json!(contested));
}

/// Says for own records who has received them, with one question for all.
pub(crate) async fn with_deliveries(api: &Api, listed: Vec<Listed>) -> Result<Vec<Item>, ApiError> {
    let documents: Vec<DocumentId> = listed.iter().filter_map(|listed| listed.own).collect();
    let deliveries = if documents.is_empty() { Vec::new() } else { api.handle.deliveries(documents).await? };
    let mut deliveries = deliveries.into_iter();
    Ok(api.handle.look(|views| {
        let finish = |Listed { mut item, own }| {
            if own.is_some() {
                add_delivery(&mut item, views, deliveries.next().flatten().as_ref());
            }
            item
        };
        listed.into_iter().map(finish).collect()
    }))
}

/// Groups at most that are named as still waiting for a record; how many they are says the difference of the counts.
const NAMED: usize = 20;

/// Says who has received a record; nulls where this node has written nothing to it.
pub(crate) fn add_delivery(item: &mut Item, views: &Views, delivery: Option<&Delivery>) {
    let waiting_for = delivery.map(|delivery| {
        let waiting = delivery.waiting_for.iter().take(NAMED);
        waiting.map(|group| json!({"group": group.to_string(), "name": views.name_of(group)})).collect::<Vec<_>>()
    });
    item.insert("received_by".to_owned(), json!(delivery.map(|delivery| delivery.received_by.len())));
    let groups = delivery.map(|delivery| delivery.received_by.len() + delivery.waiting_for.len());
    item.insert("groups".to_owned(), json!(groups));
    item.insert("waiting_for".to_owned(), json!(waiting_for));
}

#[cfg(test)]
mod tests {
    use super::*;
    use grid_protocol::id::GroupId;
    use grid_protocol::record::Registry;
    use std::sync::Arc;

    #[test]
    fn of_many_groups_that_wait_some_are_named_and_all_are_counted() {
        let views = Views::new(Arc::new(Registry::standard().clone()), GroupId([0; 32]));
        let groups = |from: u8, to: u8| (from..to).map(|number| GroupId([number; 32])).collect();
        let delivery = Delivery { received_by: groups(1, 4), waiting_for: groups(4, 200) };
        let mut item = Item::new();
        add_delivery(&mut item, &views, Some(&delivery));
        assert_eq!((&item["received_by"], &item["groups"]), (&json!(3), &json!(199)));
        assert_eq!(item["waiting_for"].as_array().map(Vec::len), Some(NAMED));
    }
}
