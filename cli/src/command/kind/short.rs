//! Verbs that people think in. Each stands for a longer command: `grid action join ID` is
//! `grid support new --of ID --sort join`.
//!
//! Said twice they change what was written the first time: a group stands behind a thing once. Of what comes back each
//! time is reported.

use super::{base, deliver, fields, id_argument, new, record_path};
use crate::{
    client::{Client, path, with_query},
    context::Context,
    failure::Failure,
};
use clap::{Arg, ArgMatches, Command};
use grid_protocol::record::{DateTime, Kind, Registry};
use jiff::civil::Date;
use serde_json::{Map, Value, json};

/// The field in which a report says of which day it tells.
const ON: &str = "on";
/// Records that are looked through for the one of a day.
const MOST: &str = "1000";

/// A verb and what it stands for.
struct Short {
    /// The kinds whose command has it.
    of: &'static [&'static str],
    verb: &'static str,
    about: &'static str,
    effect: Effect,
}

/// What a verb writes.
enum Effect {
    /// A record of another kind that names this one in the field `by`, with some fields `given`.
    About { kind: &'static str, by: &'static str, given: &'static [(&'static str, &'static str)] },
    /// A record of one's own with some fields of this one, which it names in the field `by`.
    Copy { by: &'static str, keeps: &'static [&'static str] },
    /// A field of this one.
    Set { field: &'static str, value: &'static str },
}

const SHORTS: [Short; 6] = [
    Short {
        of: &["action", "moment", "alert"],
        verb: "support",
        about: "Stand behind it in public and spread the word",
        effect: Effect::About { kind: "support", by: "of", given: &[("sort", "boost")] },
    },
    Short {
        of: &["action", "moment"],
        verb: "join",
        about: "Say that people of your group come, and how many (--people)",
        effect: Effect::About { kind: "support", by: "of", given: &[("sort", "join")] },
    },
    Short {
        of: &["action", "moment", "alert", "need"],
        verb: "offer",
        about: "Offer help with it (--what)",
        effect: Effect::About { kind: "support", by: "of", given: &[("sort", "offer")] },
    },
    Short {
        of: &["action", "moment", "event"],
        verb: "report",
        about: "Tell what came of it",
        effect: Effect::About { kind: "report", by: "action", given: &[] },
    },
    Short {
        of: &["action"],
        verb: "copy",
        about: "Do the same with your own group: what, why and how are taken over, when and where are yours",
        effect: Effect::Copy {
            by: "copied_from",
            keeps: &["title", "ask", "description", "tactics", "target", "link"],
        },
    },
    Short {
        of: &["action"],
        verb: "cancel",
        about: "Say that it does not take place; it stays in everybody's lists, as cancelled",
        effect: Effect::Set { field: "status", value: "cancelled" },
    },
];

/// The verbs of a kind.
pub(super) fn commands(kind: &Kind) -> impl Iterator<Item = Command> {
    SHORTS.iter().filter(|short| short.of.contains(&&*kind.name)).filter_map(|short| {
        let given: Vec<&str> = match short.effect {
            Effect::About { by, given, .. } => given.iter().map(|(field, _)| *field).chain([by]).collect(),
            Effect::Copy { by, .. } => vec![by],
            Effect::Set { .. } => Vec::new(),
        };
        let free = |arg: &Arg| !given.iter().any(|field| arg.get_id() == &field.replace('_', "-"));
        let flags = match short.effect {
            Effect::Set { .. } => Vec::new(),
            _ => fields::flags(short.written(kind)?).into_iter().filter(free).collect(),
        };
        let command = Command::new(short.verb).about(short.about);
        Some(command.arg(id_argument(kind)).arg(deliver::wait_argument(short.written(kind)?)).args(flags))
    })
}

/// Whether a verb of a kind is one of these.
pub(super) fn is_one(kind: &Kind, verb: &str) -> bool {
    named(kind, verb).is_some()
}

/// Carries out a verb of a kind.
pub(super) fn run(kind: &Kind, verb: &str, matches: &ArgMatches, context: &mut Context<'_>) -> Result<(), Failure> {
    match named(kind, verb).and_then(|short| Some((short, short.written(kind)?))) {
        Some((short, written)) => short.run(written, kind, matches, context),
        None => Err(Failure::usage(format!("grid {} has no verb {verb}", kind.name))),
    }
}

fn named(kind: &Kind, verb: &str) -> Option<&'static Short> {
    SHORTS.iter().find(|short| short.verb == verb && short.of.contains(&&*kind.name))
}

impl Short {
    /// The kind of what is written.
    fn written<'a>(&self, of: &'a Kind) -> Option<&'a Kind> {
        match self.effect {
            Effect::About { kind, .. } => Registry::standard().kind(kind).map(|kind| &**kind),
            Effect::Copy { .. } | Effect::Set { .. } => Some(of),
        }
    }

    fn run(&self, written: &Kind, of: &Kind, matches: &ArgMatches, context: &mut Context<'_>) -> Result<(), Failure> {
        let client = context.client()?;
        let record = client.get(&record_path(of, matches, &client)?)?;
        let id = record["id"].as_str().unwrap_or_default().to_owned();
        let said = fields::patch(written, self.verb, matches, &client)?;
        let answer = match self.effect {
            Effect::About { by, given, .. } => {
                let mut fields: Map<String, Value> =
                    given.iter().map(|(field, value)| ((*field).to_owned(), json!(value))).collect();
                fields.insert(by.to_owned(), json!(id));
                let on = day(written, &record, &said)?;
                match own(written, &fields, on, &client)? {
                    Some(earlier) if said.is_empty() => Ok(json!({"id": earlier, "change": "unchanged"})),
                    Some(earlier) => {
                        client.patch(&path(["records", &written.name, &earlier]), &json!({"fields": said}))
                    }
                    None => {
                        fields.extend(said);
                        // What is called by a name of its own is called like what it is about.
                        if *written.title != *by && !fields.contains_key(&*written.title) {
                            fields.insert(written.title.to_string(), record[&*of.title].clone());
                        }
                        client.post(&path(["records", &written.name]), &json!({"fields": fields}))
                    }
                }
            }
            Effect::Copy { by, keeps } => {
                let kept = keeps.iter().filter(|field| !record[**field].is_null());
                let mut fields: Map<String, Value> =
                    kept.map(|field| ((*field).to_owned(), record[*field].clone())).collect();
                fields.insert(by.to_owned(), json!(id));
                fields.extend(said);
                client.post(&path(["records", &written.name]), &json!({"fields": fields}))
            }
            Effect::Set { field, value } => {
                client.patch(&path(["records", &written.name, &id]), &json!({"fields": {field: value}}))
            }
        }?;
        base::note_made(written, &answer, context)?;
        new::finish(written, answer, matches, &client, context)
    }
}

/// The day of what is told, where a thing comes back and is told of by day: each of its times has a report of its own.
fn day(written: &Kind, of: &Value, said: &Map<String, Value>) -> Result<Option<Date>, Failure> {
    let comes_back = of["repeats"].as_str().is_some_and(|rule| !rule.is_empty());
    if !comes_back || written.field(ON).is_none() {
        return Ok(None);
    }
    let on = said.get(ON).and_then(local_day);
    on.map(Some).ok_or_else(|| {
        let again = of["id"].as_str().unwrap_or_default();
        let missing = Failure::usage("it comes back: say with --on which time you tell of");
        missing.code("invalid").hint(format!(
            "add --on DAY, such as --on 2026-11-30; `grid {} new --action {} --title TITLE` tells of all times at once",
            written.name,
            again.chars().take(8).collect::<String>(),
        ))
    })
}

fn local_day(moment: &Value) -> Option<Date> {
    let moment: DateTime = moment.as_str()?.parse().ok()?;
    Some(moment.local().date())
}

/// What one's own group wrote with these fields before, of this day where one is given.
fn own(kind: &Kind, fields: &Map<String, Value>, on: Option<Date>, client: &Client) -> Result<Option<String>, Failure> {
    let status = client.get("/api/status")?;
    let group = status["group"]["id"].as_str().unwrap_or_default();
    let fields = fields.iter().filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)));
    let most = if on.is_some() { MOST } else { "1" };
    let query = fields.chain([("group", group), ("limit", most)]);
    let list = client.get(&with_query(&path(["records", &kind.name]), query))?;
    let items = list["items"].as_array().map_or(&[][..], Vec::as_slice);
    let earlier = items.iter().find(|item| on.is_none() || local_day(&item[ON]) == on);
    Ok(earlier.and_then(|earlier| earlier["id"].as_str()).map(str::to_owned))
}
