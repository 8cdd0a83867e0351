//! Which version of a record an edit of its texts is a change of.
//!
//! Whoever sends a whole text means a change of the text that they read. So an edit goes out with the version that was
//! read last on this home, and the node carries the change onto what others made of the text meanwhile. Where nothing
//! is known of what was read, and somebody else wrote, the edit is refused: nothing is lost unless `--overwrite` says so.

use super::{meant, record_path};
use crate::{
    client::{Client, path},
    context::Context,
    failure::{Exit, Failure},
    seen::Seen,
};
use clap::{Arg, ArgAction, ArgMatches};
use grid_protocol::record::{Field, FieldType, Kind, Singleton, WriteRule};
use serde_json::{Map, Value, json};

/// A hash of a change in letters.
const WHOLE: usize = 52;
/// So much of it people see and type.
const SHORT: usize = 10;
/// Less would fit too many.
const SHORTEST: usize = 6;

/// What help says about texts.
pub(super) const ABOUT: &str = "\
A text that you send counts as a change of the version that you saw last on this home, by `show`, `new` or `edit`. What
others wrote since stays in it. If others wrote and you have not looked yet, the edit is refused with exit code 5: look
with `show` first, or say what you mean with --based-on or --overwrite.";

/// The flags that say what a text is a change of.
pub(super) fn arguments() -> [Arg; 2] {
    [
        Arg::new("based-on")
            .long("based-on")
            .value_name("VERSION")
            .action(ArgAction::Append)
            .help("The version that you changed, as `show` prints it (or its heads) [default: the one you saw last]"),
        Arg::new("overwrite")
            .long("overwrite")
            .action(ArgAction::SetTrue)
            .conflicts_with("based-on")
            .help("Replace texts as they are now, also what others wrote"),
    ]
}

/// The fields of long text.
pub(super) fn texts(kind: &Kind) -> impl Iterator<Item = &Field> {
    kind.fields.iter().filter(|field| matches!(field.field_type, FieldType::Text))
}

/// The heads of a record as the node showed it.
pub(super) fn heads(record: &Value) -> Vec<String> {
    record["heads"].as_array().into_iter().flatten().filter_map(|head| head.as_str().map(str::to_owned)).collect()
}

/// A version as people read and type it.
pub(super) fn version(heads: &[String]) -> String {
    heads.iter().map(|head| head.get(..SHORT).unwrap_or(head)).collect::<Vec<_>>().join("+")
}

/// Remembers what was shown.
pub(super) fn note_shown(kind: &Kind, record: &Value, context: &Context<'_>) -> Result<(), Failure> {
    if texts(kind).next().is_some() {
        Seen::on(context.home()?).note(key(record), &heads(record));
    }
    Ok(())
}

/// Remembers what was made here.
pub(super) fn note_made(kind: &Kind, written: &Value, context: &Context<'_>) -> Result<(), Failure> {
    if written["change"] == "created" { note_shown(kind, written, context) } else { Ok(()) }
}

/// The record itself: a group is shown under an id of its own.
fn key(record: &Value) -> &str {
    record["record"].as_str().or(record["id"].as_str()).unwrap_or_default()
}

/// The record that an edit is about, as it is now; none where one's own is not there yet.
pub(super) fn current(kind: &Kind, matches: &ArgMatches, client: &Client) -> Result<Option<Value>, Failure> {
    let named = matches.try_get_one::<String>("id").ok().flatten().is_some();
    let path = match (named, kind.singleton) {
        (true, _) => record_path(kind, matches, client)?,
        (false, Singleton::Many) => return Ok(None),
        (false, Singleton::OncePerGroup) => match super::own(kind, client) {
            Ok(id) => super::path(["records", &kind.name, &id]),
            Err(failure) if failure.exit == Exit::NotFound => return Ok(None),
            Err(failure) => return Err(failure),
        },
    };
    client.get(&path).map(Some)
}

/// What an edit writes, and where.
pub(super) struct Edit<'a> {
    pub(super) kind: &'a Kind,
    pub(super) matches: &'a ArgMatches,
    pub(super) client: &'a Client,
    pub(super) fields: Map<String, Value>,
}

/// What an edit of texts changes.
enum Base {
    /// The version that the writer named, or had open.
    Named(Vec<String>),
    /// The version that was read last.
    Seen(Vec<String>),
    /// What is there now.
    Now,
}

impl Edit<'_> {
    /// Writes fields; texts as a change of `opened`, if that is a version, or else of what the writer saw last.
    pub(super) fn write(self, opened: Option<Vec<String>>, context: &mut Context<'_>) -> Result<Value, Failure> {
        let named = self.named_version()?.or(opened);
        let with_text = texts(self.kind).any(|field| self.fields.contains_key(&*field.name));
        if !with_text && named.is_none() {
            return self.send(None);
        }
        let Some(before) = current(self.kind, self.matches, self.client)? else {
            return self.send(named.as_deref().map(|heads| ("based_on", heads)));
        };
        // The node says best why not.
        if self.kind.rule == WriteRule::Owner && before["mine"] == Value::Bool(false) {
            return self.send(named.as_deref().map(|heads| ("based_on", heads)));
        }
        let seen = Seen::on(context.home()?);
        let base = match named {
            Some(heads) => Base::Named(heads),
            None => self.base(&seen, &before, context)?,
        };
        let written = match &base {
            Base::Named(heads) => self.send(Some(("based_on", heads)))?,
            Base::Now => self.send(None)?,
            // Other fields are set as they are given, whatever they were when the text was read.
            Base::Seen(read) => self.send(Some(("texts_based_on", read)))?,
        };
        self.remember(written, &before, &base, &seen, context)
    }

    fn texts(&self) -> Vec<&str> {
        texts(self.kind).map(|field| &*field.name).filter(|name| self.fields.contains_key(*name)).collect()
    }

    /// Sends all fields as one write, based on a version.
    fn send(&self, base: Option<(&str, &[String])>) -> Result<Value, Failure> {
        let mut body = json!({"fields": self.fields});
        if let Some((name, heads)) = base.filter(|(_, heads)| !heads.is_empty()) {
            body[name] = json!(heads);
        }
        match self.matches.try_get_one::<String>("id").ok().flatten() {
            Some(id) => self.client.patch(&path(["records", &self.kind.name, &meant(id)?]), &body),
            None => self.client.post(&path(["records", &self.kind.name]), &body),
        }
    }

    /// What the writer has read of the texts.
    fn base(&self, seen: &Seen, before: &Value, context: &Context<'_>) -> Result<Base, Failure> {
        if self.matches.try_get_one::<bool>("overwrite").ok().flatten() == Some(&true) {
            return Ok(Base::Now);
        }
        if let Some(read) = seen.heads(key(before)) {
            return Ok(Base::Seen(read));
        }
        let at_stake =
            |name: &&str| !before[*name].as_str().unwrap_or_default().is_empty() && before[*name] != self.fields[*name];
        let at_stake: Vec<&str> = self.texts().into_iter().filter(at_stake).collect();
        if at_stake.is_empty() || self.wrote_alone(before, &at_stake)? {
            return Ok(Base::Seen(heads(before)));
        }
        let name = &self.kind.name;
        let id = super::new::short(before["id"].as_str().unwrap_or_default());
        Err(Failure::new(
            Exit::Refused,
            format!("others wrote to the {} of this {name}, and you have not seen what they wrote", at_stake.join(" and ")),
        )
        .code("not_seen")
        .hint(format!(
            "look with `{}` and send your change again; or give --based-on VERSION, or --overwrite to replace what is there",
            context.line(&format!("{name} show {id}"))
        )))
    }

    /// Whether every change of these fields came from this device.
    fn wrote_alone(&self, before: &Value, names: &[&str]) -> Result<bool, Failure> {
        let device = self.client.get("/api/status")?["device"].clone();
        Ok(self.changes(before)?.iter().all(|change| {
            change["device"] == device || !names.iter().any(|name| change["fields"].get(*name).is_some())
        }))
    }

    fn changes(&self, record: &Value) -> Result<Vec<Value>, Failure> {
        let id = record["id"].as_str().unwrap_or_default();
        let mut history = self.client.get(&path(["records", &self.kind.name, id, "history"]))?;
        Ok(history["items"].as_array_mut().map(std::mem::take).unwrap_or_default())
    }

    /// The version that `--based-on` names, its heads in full.
    fn named_version(&self) -> Result<Option<Vec<String>>, Failure> {
        let Some(given) = self.matches.try_get_many::<String>("based-on").ok().flatten() else { return Ok(None) };
        let parts = given.flat_map(|text| text.split([',', '+', ' '])).map(|part| part.trim().to_lowercase());
        let parts: Vec<String> = parts.filter(|part| !part.is_empty()).collect();
        let unfit = |part: &str| part.len() < SHORTEST || !part.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if parts.is_empty() || parts.iter().any(|part| unfit(part)) {
            return Err(Failure::usage("--based-on takes a version as `show` prints it, or the heads of its JSON")
                .hint("copy it from the line Version; several heads are separated by + or commas"));
        }
        if parts.iter().all(|part| part.len() == WHOLE) {
            return Ok(Some(parts));
        }
        let Some(record) = current(self.kind, self.matches, self.client)? else { return Ok(None) };
        let changes = self.changes(&record)?;
        let known: Vec<&str> = changes.iter().filter_map(|change| change["change"].as_str()).collect();
        let whole = |part: &String| {
            let mut fitting = known.iter().filter(|hash| hash.starts_with(part.as_str()));
            match (fitting.next(), fitting.next()) {
                (Some(one), None) => Ok((*one).to_owned()),
                _ => Err(Failure::new(Exit::NotFound, format!("this {} has no version {part}", self.kind.name))
                    .hint("`show` prints the version that is here; `history --json` lists every change")),
            }
        };
        parts.iter().map(whole).collect::<Result<_, _>>().map(Some)
    }

    /// Notes the version that the writer knows now: the one that reads just as they would expect.
    fn remember(
        &self,
        mut written: Value,
        before: &Value,
        base: &Base,
        seen: &Seen,
        context: &mut Context<'_>,
    ) -> Result<Value, Failure> {
        let Some(after) = current(self.kind, self.matches, self.client)? else { return Ok(written) };
        let sent = self.texts();
        let merged = sent.iter().any(|name| after[*name] != self.fields[*name]);
        let knew = match base {
            Base::Named(read) | Base::Seen(read) => *read == heads(before),
            Base::Now => false,
        };
        let others = texts(self.kind).map(|field| &*field.name).filter(|name| !sent.contains(name));
        if !merged && others.into_iter().all(|name| knew && after[name] == before[name]) {
            seen.note(key(&after), &heads(&after));
        } else {
            seen.forget(key(&after));
        }
        written["merged"] = json!(merged);
        if merged {
            context
                .out
                .note("Others had changed the text too; both changes are in it. Look before you change it again.");
        }
        Ok(written)
    }
}
