//! `grid search run`: a saved search, asked again: what it finds, or only what it had not found before.
//!
//! What a search has found stands in a file of the home, by the ids of what it found.

use super::{id_argument, list, record_path};
use crate::{
    client::{Client, path, with_query},
    command::ask,
    context::Context,
    failure::Failure,
    noted, saved,
};
use clap::{Arg, ArgAction, ArgMatches, Command};
use grid_node::question::{self, Question};
use grid_protocol::record::{Kind, Registry};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The verb of kinds whose records are questions.
pub(super) const NAME: &str = "run";
/// As many rows as a question gives at all.
const ALL: &str = "1000000";

/// What each search has found, by its id.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Found {
    found: BTreeMap<String, BTreeSet<String>>,
}

/// What a search asks.
enum Asks {
    /// The records of a kind.
    Listing(&'static Kind),
    /// A question.
    Question(&'static Question),
}

pub(super) fn command(kind: &Kind) -> Command {
    let flag = |name: &'static str, help| Arg::new(name).long(name).action(ArgAction::SetTrue).help(help);
    Command::new(NAME)
        .about("Ask it again: show what it finds")
        .arg(id_argument(kind))
        .arg(flag("new", "Only what it had not found when you last said --seen"))
        .arg(flag("seen", "You have seen all that it finds now: from now on only what comes later is new"))
}

pub(super) fn run(kind: &Kind, matches: &ArgMatches, context: &mut Context<'_>) -> Result<(), Failure> {
    let client = context.client()?;
    let search = client.get(&record_path(kind, matches, &client)?)?;
    let asks = asks(&search)?;
    let (new, seen) = (matches.get_flag("new"), matches.get_flag("seen"));
    let mut answer = if new || seen { all(&asks, &search, &client)? } else { page(&asks, &search, &client)? };
    let file = context.home()?.join("searches.json");
    let mut noted: Found = noted::read(&file);
    let id = search["id"].as_str().unwrap_or_default().to_owned();
    let before = noted.found.get(&id).cloned().unwrap_or_default();
    if seen {
        let now = rows(&mut answer).flat_map(|rows| rows.iter()).map(known_by).collect();
        noted.found.insert(id, now);
        noted::write(&file, &noted).map_err(|error| Failure::io("note what you have seen", &error))?;
    }
    if new {
        rows(&mut answer).for_each(|rows| rows.retain(|row| !before.contains(&known_by(row))));
        let left = rows(&mut answer).map(|rows| rows.len()).sum::<usize>();
        answer["total"] = json!(left);
        if left == 0 {
            context.out.answer(&answer, |page| page.line("Nothing that it had not found before."));
            return Ok(());
        }
    }
    match &asks {
        Asks::Listing(found) => {
            let asked = query(&search, &asks).into_iter().map(|(name, word)| (name.to_owned(), word));
            list::show(found, &answer, &asked.collect::<Vec<_>>(), &client, context)?;
        }
        Asks::Question(_) => ask::tell(&answer, context),
    }
    if new && !seen {
        let again = format!("search run {} --seen", super::new::short(search["id"].as_str().unwrap_or_default()));
        context.out.note(&format!("When you have read it: {}", context.line(&again)));
    }
    Ok(())
}

fn text<'v>(search: &'v Value, name: &str) -> &'v str {
    search[name].as_str().unwrap_or_default().trim()
}

fn asks(search: &Value) -> Result<Asks, Failure> {
    let (of, asked) = (text(search, "of_kind"), text(search, "question"));
    if let Some(kind) = Registry::standard().kind(of).filter(|_| asked.is_empty()) {
        return Ok(Asks::Listing(kind));
    }
    let wanted = if asked.is_empty() && of.is_empty() { "find" } else { asked };
    question::named(wanted).map(Asks::Question).ok_or_else(|| match asked.is_empty() {
        true => Failure::usage(format!("this search is about {of:?}, and there is no such kind"))
            .hint("say which: `grid search edit ID --of-kind action`"),
        false => Failure::usage(format!("this search asks {asked:?}, and there is no such question"))
            .hint("`grid ask --help` lists the questions; `grid search edit ID --question leaders` changes it"),
    })
}

fn query<'s>(search: &'s Value, asks: &Asks) -> Vec<(&'s str, String)> {
    let mut query = saved::words(text(search, "filter"));
    let words = Some(text(search, "words")).filter(|words| !words.is_empty());
    let takes_text = match asks {
        Asks::Listing(_) => true,
        Asks::Question(question) => question.all_words().any(|word| word.name == "text"),
    };
    query.extend(words.filter(|_| takes_text).map(|words| ("text", words.to_owned())));
    query
}

/// What it finds, as much as a screen takes.
fn page(asks: &Asks, search: &Value, client: &Client) -> Result<Value, Failure> {
    let query = query(search, asks);
    match asks {
        Asks::Listing(kind) => client.get(&with_query(&path(["records", &kind.name]), query)),
        Asks::Question(question) => client.get(&with_query(&path(["questions", question.name]), query)),
    }
}

/// All that it finds.
fn all(asks: &Asks, search: &Value, client: &Client) -> Result<Value, Failure> {
    let mut query = query(search, asks);
    match asks {
        Asks::Listing(kind) => {
            let query: Vec<(String, String)> = query.into_iter().map(|(name, word)| (name.to_owned(), word)).collect();
            list::fetch(kind, u64::MAX, 0, &query, client)
        }
        Asks::Question(question) => {
            query.retain(|(name, _)| *name != "most");
            query.push(("most", ALL.to_owned()));
            client.get(&with_query(&path(["questions", question.name]), query))
        }
    }
}

/// The rows of an answer, part by part.
fn rows(answer: &mut Value) -> Box<dyn Iterator<Item = &mut Vec<Value>> + '_> {
    if answer["items"].is_array() {
        return Box::new(answer["items"].as_array_mut().into_iter());
    }
    let sections = answer["sections"].as_array_mut().into_iter().flatten();
    Box::new(sections.filter_map(|section| section["rows"].as_array_mut()))
}

/// What a row is known again by: the id of what it is about; without one all that it says.
fn known_by(row: &Value) -> String {
    row["id"].as_str().map_or_else(|| row.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_asks_what_it_was_saved_for() {
        let of = |search: Value| match asks(&search) {
            Ok(Asks::Listing(kind)) => kind.name.clone(),
            Ok(Asks::Question(question)) => question.name.to_owned(),
            Err(failure) => failure.hint.unwrap_or_default(),
        };
        assert_eq!(of(json!({"of_kind": "action"})), "action");
        assert_eq!(of(json!({"question": "leaders", "filter": "interest=water"})), "leaders");
        assert_eq!(of(json!({"words": "river"})), "find");
        assert!(of(json!({"of_kind": "dragon"})).contains("--of-kind"));
        assert!(of(json!({"question": "dragons"})).contains("grid ask --help"));
        let search = json!({"filter": "?interest=clean%26water&near=-28,153", "words": "x"});
        let leaders = Asks::Question(question::named("leaders").unwrap());
        assert_eq!(query(&search, &leaders), [("interest", "clean&water".to_owned()), ("near", "-28,153".to_owned())]);
    }
}
