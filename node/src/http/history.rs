//! The history of a record, a page at a time: worked out where it holds up nobody who writes or asks.

use super::Api;
use super::error::ApiError;
use super::filter::MAX_LIMIT;
use super::input::{Answer, Segments, Words};
use super::pick;
use crate::survey;
use crate::view::Views;
use axum::extract::State;
use grid_protocol::id::ChangeHash;
use grid_protocol::replica::{Deed, Knew, Past, Step};
use serde::Serialize;
use serde_json::{Value as Json, json};
use utoipa::ToSchema;

/// Changes of a page where nothing is said.
const LIMIT: usize = 100;
/// Bytes of a page, above which the oldest changes on it are left for the next. One always stands there.
const MOST: usize = 256 * 1024;

/// A page of a history, which ends with the last change, or before the one that was named.
#[derive(Serialize, ToSchema)]
pub(crate) struct HistoryAnswer {
    /// The changes, oldest first.
    items: Vec<HistoryItem>,
    /// How many changes there are in all.
    total: usize,
    /// How many stand before the first of these.
    earlier: usize,
    /// Where those are: `?before=` this change; none where there are none.
    before: Option<String>,
}

/// One change of a record.
#[derive(Serialize, ToSchema)]
pub(crate) struct HistoryItem {
    /// When its device says that it was, RFC 3339.
    time: String,
    /// The group that wrote it, where known.
    group: Option<String>,
    /// Its name.
    name: Option<String>,
    /// The device that wrote it.
    device: String,
    /// The hash of the change.
    change: String,
    /// What it did to the record: `made`, `changed` or `removed`.
    what: &'static str,
    /// The fields that it changed, with their new content; long texts are among the edits.
    #[schema(value_type = Object)]
    fields: Json,
    /// What it did to texts that are long now: `letters` of the whole, and `places`, each with what was `taken` out and
    /// `put` in, a little of what stands `before` and `after`, and `at` how many letters from the beginning.
    /// `more` places are not told, and of a long stretch so many letters are `left_out`.
    #[schema(value_type = Object)]
    edits: Json,
    /// The fields that it emptied.
    cleared: Vec<String>,
    /// Whether its writer did not know of all that stands before it: both wrote at the same time, or apart.
    beside_others: bool,
    /// Why it has no effect, if it has none.
    inert: Option<String>,
}

pub(crate) async fn history(
    State(api): State<Api>,
    Segments((kind, id)): Segments<(String, String)>,
    mut words: Words,
) -> Result<Answer<HistoryAnswer>, ApiError> {
    let limit = words.parse("limit", "a number up to 1000")?.unwrap_or(LIMIT);
    if limit == 0 || limit > MAX_LIMIT {
        let message = format!("limit: expected 1 to {MAX_LIMIT}, found {limit}");
        return Err(ApiError::invalid(message, "Ask for those before with before."));
    }
    let before = words.take("before")?;
    words.nothing_else(&["limit", "before"])?;
    let document = api.document(&kind, &id)?;
    let past = api.handle.past(document).await?;
    let before = before.map(|text| change(&past, &text)).transpose()?;
    let told = worked_out(move || past.told(before, limit)).await?;
    let items: Vec<HistoryItem> = api.handle.look(|views| {
        let withheld = views.records.row(&document).and_then(|row| survey::withheld(views, row));
        let withheld: &[&str] = if withheld.is_some() { &survey::WITHHELD } else { &[] };
        told.steps.into_iter().map(|step| HistoryItem::new(views, step, withheld)).collect()
    });
    let left = left_for_next(&items);
    let items: Vec<HistoryItem> = items.into_iter().skip(left).collect();
    let earlier = told.earlier + left;
    let before = items.first().filter(|_| earlier > 0).map(|item| item.change.clone());
    Ok(Answer(HistoryAnswer { items, total: told.total, earlier, before }))
}

/// How many of the oldest changes make a page too long.
fn left_for_next(items: &[HistoryItem]) -> usize {
    let mut bytes = 0;
    let fits = |item: &&HistoryItem| {
        bytes += serde_json::to_vec(item).map_or(0, |json| json.len());
        bytes <= MOST
    };
    let fitting = items.iter().rev().take_while(fits).count();
    items.len() - fitting.max(1).min(items.len())
}

/// The one change that is meant: its hash, or the beginning of it.
pub(super) fn change(past: &Past, text: &str) -> Result<ChangeHash, ApiError> {
    let prefix = pick::prefix(text)?;
    let changes = past.changes.iter().map(|it| it.change);
    let fits = changes.filter(|it| it.to_string().starts_with(&prefix)).collect();
    let hint = "The history lists the changes; what others wrote may still be on its way.";
    pick::only("change", text, fits, |change| (change.to_string(), String::new()), hint)
}

/// Works something out where it holds up nobody.
pub(super) async fn worked_out<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, ApiError> {
    let worked = tokio::task::spawn_blocking(work).await;
    worked.map_err(|_| ApiError::internal("working out the history broke off"))
}

impl HistoryItem {
    /// A step, but for the fields that are withheld.
    fn new(views: &Views, step: Step, withheld: &[&str]) -> Self {
        let mut fields = step.fields;
        withheld.iter().for_each(|field| fields.clear(field));
        Self {
            time: step.time.to_string(),
            group: step.group.map(|group| group.to_string()),
            name: step.group.map(|group| views.name_of(&group)),
            device: step.device.to_string(),
            change: step.change.to_string(),
            what: match step.deed {
                Deed::Made => "made",
                Deed::Changed => "changed",
                Deed::Removed => "removed",
            },
            fields: fields.to_json(),
            edits: step.edits.iter().map(|(name, edit)| (name.to_string(), json!(edit))).collect(),
            cleared: step.cleared.iter().map(ToString::to_string).collect(),
            beside_others: step.knew == Knew::Some,
            inert: step.inert,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use std::time::Duration;

    #[tokio::test]
    async fn others_are_answered_while_something_long_is_worked_out() {
        // One thread answers everybody: what it is told meanwhile ends the work.
        let (answered, waits) = mpsc::channel();
        let work = tokio::spawn(worked_out(move || waits.recv_timeout(Duration::from_secs(5)).is_ok()));
        tokio::task::yield_now().await;
        let told = answered.send(());
        assert!(told.is_ok() && work.await.unwrap().is_ok_and(|ended| ended), "they had to wait until it was done");
    }

    fn item(bytes: usize) -> HistoryItem {
        let (time, device, change) = (String::new(), String::new(), String::new());
        let (fields, edits, cleared) = (json!({}), json!({}), Vec::new());
        let inert = Some("x".repeat(bytes));
        let (group, name, what, beside_others) = (None, None, "changed", false);
        HistoryItem { time, group, name, device, change, what, fields, edits, cleared, beside_others, inert }
    }

    #[test]
    fn a_page_is_bounded_by_its_bytes_and_never_empty() {
        let pages = |sizes: &[usize]| left_for_next(&sizes.iter().map(|bytes| item(*bytes)).collect::<Vec<_>>());
        assert_eq!((pages(&[]), pages(&[1, 1, 1])), (0, 0));
        assert_eq!(pages(&[MOST / 4; 9]), 6, "the newest stand on it");
        assert_eq!((pages(&[1, 2 * MOST]), pages(&[2 * MOST, 1])), (1, 1));
    }
}
