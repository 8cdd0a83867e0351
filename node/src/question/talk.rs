//! Talk: what people said to each other, all of it, in a thread, or about a record.

use super::shown::{at, by_title, line};
use super::{Asked, Given, Place, Question, Reply, Section, Unanswerable, Word, told};
use grid_protocol::replica::Row;
use serde_json::{Value as Json, json};
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What is said.
pub(super) const QUESTION: Question = Question {
    name: "talk",
    about: "What people said to each other: the threads, and the newest messages.",
    place: Place::Ask,
    words: &[
        Word { name: "in", about: "Only this thread: its title or its id.", many: Given::Once },
        Word { name: "about", about: "Only what was said about this record: its title or its id.", many: Given::Once },
        told::GROUP,
    ],
    answer,
};

fn answer(asked: &Asked<'_>) -> Result<Reply, Unanswerable> {
    let thread = told::record(asked, "in", &["thread"])?;
    let kinds: Vec<&str> = asked.views.registry.kinds().map(|kind| &*kind.name).collect();
    let about = told::record(asked, "about", &kinds)?;
    let group = told::group(asked)?;
    let mut messages: Vec<&Arc<Row>> = match (thread, about) {
        (Some(thread), _) => asked.referring(thread, "message").filter(|row| names(row, "thread", thread)).collect(),
        (None, Some(about)) => on(asked, about),
        (None, None) => asked.records("message").collect(),
    };
    messages.retain(|row| about.is_none() || thread.is_none() || about.is_some_and(|about| names(row, "about", about)));
    messages.retain(|row| group.is_none() || row.owner() == group);
    messages.sort_by_key(|row| (Reverse(row.created), row.document));
    let rows = messages.into_iter().map(|message| said(asked, message));
    let columns = [("on", "When"), ("by", "Group"), ("title", "What"), ("where", "In"), ("id", "Message")];
    let empty = "Nothing was said yet: `grid say WORDS` says something to all.";
    let said = Section::new("said", "Said", &columns, empty).first(asked.most()?, rows);
    if thread.is_some() || about.is_some() || group.is_some() {
        return Ok(Reply::default().with(said));
    }
    Ok(Reply::default().with(threads(asked)).with(said))
}

/// Whether a field of a record names another one.
fn names(row: &Row, field: &str, other: &Row) -> bool {
    row.values.text(field) == other.document.to_string()
}

/// The messages about a record, and those in threads about it, each once.
pub(super) fn on<'a>(asked: &Asked<'a>, about: &Row) -> Vec<&'a Arc<Row>> {
    let threads = asked.referring(about, "thread").flat_map(|thread| asked.referring(thread, "message"));
    let mut seen = BTreeSet::new();
    asked.referring(about, "message").chain(threads).filter(|message| seen.insert(message.document)).collect()
}

fn said(asked: &Asked<'_>, message: &Row) -> Json {
    let place = ["thread", "about", "answers"].into_iter().find(|field| !message.values.text(field).is_empty());
    let place = place.and_then(|field| asked.referred(message.values.text(field)));
    let author = message.values.text("author").trim();
    let more = json!({
        "on": at(message.created),
        "where": place.map_or_else(|| "everybody".to_owned(), |row| asked.title(row)),
        "author": author,
        "answers": message.values.text("answers"),
    });
    line(asked, message, more)
}

fn threads(asked: &Asked<'_>) -> Section {
    let mut threads: Vec<&Arc<Row>> = asked.records("thread").collect();
    by_title(asked, &mut threads);
    let one = |thread: &Row| {
        let messages: Vec<_> = asked.referring(thread, "message").collect();
        let newest = messages.iter().map(|message| message.created).max();
        let body = asked.referred(thread.values.text("body")).map(|body| asked.title(body));
        let more = json!({
            "messages": messages.len(),
            "newest": newest.map_or(Json::Null, at),
            "body": body.unwrap_or_else(|| "everybody".to_owned()),
        });
        (Reverse(newest.unwrap_or(thread.created)), line(asked, thread, more))
    };
    let mut rows: Vec<_> = threads.iter().map(|thread| one(thread)).collect();
    rows.sort_by_key(|(newest, _)| *newest);
    let columns =
        [("title", "Thread"), ("body", "Who talks"), ("messages", "Messages"), ("newest", "Newest"), ("id", "Id")];
    let empty = "There is no thread yet: `grid thread new --title TITLE` begins one.";
    Section::new("threads", "Threads", &columns, empty).rows(rows.into_iter().map(|(_, row)| row))
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Coalition;
    use serde_json::json;

    #[test]
    fn messages_are_found_in_their_thread_about_their_record_and_by_their_group() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir"]);
        let vigil = coalition.record(0, "action", json!({"title": "Vigil"}));
        let thread = coalition.record(1, "thread", json!({"title": "Candles", "about": vigil}));
        let first = coalition.record(0, "message", json!({"text": "Who has some?", "thread": thread}));
        coalition.record(1, "message", json!({"text": "We do", "thread": thread, "answers": first}));
        coalition.record(1, "message", json!({"text": "At six?", "about": vigil}));
        coalition.record(0, "message", json!({"text": "Good morning"}));
        let said = |words: &[(&str, &str)]| {
            let mut said = Coalition::column(&coalition.ask("talk", words).unwrap(), "said", "title");
            said.sort_by_key(ToString::to_string);
            said
        };
        assert_eq!(said(&[("in", "candles")]), ["We do", "Who has some?"]);
        assert_eq!(said(&[("about", "Vigil")]), ["At six?", "We do", "Who has some?"]);
        assert_eq!(said(&[("in", "candles"), ("group", "hollin choir")]), ["We do"]);
        let all = coalition.ask("talk", &[]).unwrap();
        assert_eq!(Coalition::column(&all, "said", "title").len(), 4);
        assert_eq!(Coalition::column(&all, "threads", "messages"), [2]);
        let places = Coalition::column(&all, "said", "where");
        assert_eq!(places.iter().filter(|place| **place == "everybody").count(), 1, "{places:?}");
    }
}
