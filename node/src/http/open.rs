//! Records in open formats: what is asked for, and the entries that a reader may see.

use super::error::ApiError;
use super::filter::Filter;
use super::input::{Download, SCHEMA, Words};
use super::text::Near;
use crate::clock::wall;
use crate::survey;
use crate::view::Views;
use crate::view::listed::may_be_listed;
use grid_protocol::id::CoalitionId;
use grid_protocol::record::format::{Entry, Feed, Shape, atom, calendar, cards, geojson};
use grid_protocol::record::{Audience, Kind, RecordHome, TableRow, export_csv, export_json};
use grid_protocol::replica::Row;
use serde_json::{Value as Json, json};
use std::sync::Arc;

/// A format that records go out in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Csv,
    Json,
    Ics,
    Atom,
    Geojson,
    Vcf,
}

impl Format {
    /// The words for them.
    pub(super) const WORDS: &[&str] = &["csv", "json", "ics", "atom", "geojson", "vcf"];

    /// The format that a query asks for; CSV where it asks for none.
    pub(super) fn take(words: &mut Words) -> Result<Self, ApiError> {
        Ok(match words.take("format")?.as_deref() {
            None | Some("csv") => Self::Csv,
            Some("json") => Self::Json,
            Some("ics") => Self::Ics,
            Some("atom") => Self::Atom,
            Some("geojson") => Self::Geojson,
            Some("vcf") => Self::Vcf,
            Some(other) => {
                let shown: String = other.chars().take(80).collect();
                let known = Self::WORDS.join(", ");
                let message = format!("format: expected one of {known}, found {shown:?}");
                return Err(ApiError::invalid(message, format!("Ask for one of {known}.")));
            }
        })
    }

    /// Who may read it at most: tables and address books may be for whoever sits here; calendars, feeds and maps are made
    /// to be passed on, and never hold what is for fewer than the coalition.
    const fn widest(self) -> Audience {
        match self {
            Self::Csv | Self::Json | Self::Vcf => Audience::Local,
            Self::Ics | Self::Atom | Self::Geojson => Audience::Coalition,
        }
    }
}

/// The audience that a query names. Where it names none what stays on this computer is left out: files are passed on.
pub(super) fn take_audience(words: &mut Words, widest: Audience) -> Result<Audience, ApiError> {
    let known = [Audience::Public, Audience::Coalition, Audience::Group, Audience::Local];
    let known: Vec<Audience> = known.into_iter().filter(|audience| *audience <= widest).collect();
    let Some(word) = words.take("audience")? else { return Ok(widest.min(Audience::Coalition)) };
    known.iter().copied().find(|audience| audience.to_string() == word).ok_or_else(|| {
        let shown: String = word.chars().take(80).collect();
        let names: Vec<String> = known.iter().map(ToString::to_string).collect();
        let names = names.join(" or ");
        ApiError::invalid(format!("audience: expected {names}, found {shown:?}"), format!("Ask for {names}."))
    })
}

/// A kind as its reader sees it.
pub(super) struct Seen {
    pub(super) kind: Kind,
    pub(super) shape: Shape,
    audience: Audience,
}

impl Seen {
    /// The kind as such a reader sees it; none where that reader does not see what its records are called.
    pub(super) fn by(kind: &Kind, audience: Audience) -> Option<Self> {
        let kind = kind.seen_by(audience)?;
        Some(Self { shape: Shape::of(&kind), kind, audience })
    }

    /// Whether a filter shows a record to its reader.
    pub(super) fn is_shown(&self, filter: &Filter, row: &Row) -> bool {
        match filter.looks_at_fields() {
            true => filter.shows_to(row, &row.values.seen_by(&self.kind, self.audience)),
            false => filter.shows(row),
        }
    }

    /// A record as its reader sees it; none where it is not for that reader, or lists somebody who has not agreed.
    pub(super) fn entry(&self, views: &Views, coalition: &CoalitionId, row: &Row) -> Option<Entry> {
        if !self.takes(views, row) {
            return None;
        }
        let mut values = views.judged(row, row.values.seen_by(&self.kind, self.audience), wall());
        if survey::withheld(views, row).is_some() {
            survey::WITHHELD.iter().for_each(|field| values.clear(field));
        }
        let title = match self.audience {
            Audience::Public | Audience::Coalition => views.title_seen_by(row, self.audience),
            Audience::Group | Audience::Local => views.title_of(row),
        };
        Some(Entry {
            id: row.document.to_string(),
            coalition: coalition.to_string(),
            kind: self.kind.name.clone(),
            title,
            author: row.owner().map(|group| views.name_of(&group)).unwrap_or_default(),
            credit: views.credit_seen_by(row, self.audience),
            created: row.created,
            changed: row.changed,
            // The places of the last changes in their logs: each further change raises one of them.
            sequence: row.latest.iter().fold(0, |sum: u64, (_, seq)| sum.saturating_add(seq.saturating_add(1))),
            presence: row.presence,
            values,
            shape: self.shape.clone(),
        })
    }

    /// Whether a record goes to this reader at all. The kind is asked as it is, since what its reader sees of it may
    /// lack the field that says so.
    pub(super) fn takes(&self, views: &Views, row: &Row) -> bool {
        let kind = views.registry.kind(&self.kind.name);
        may_be_listed(row) && kind.is_none_or(|kind| kind.lets_read(&row.values, &row.damaged, self.audience))
    }
}

/// An export that was asked for.
pub(super) struct Asked {
    pub(super) seen: Seen,
    pub(super) format: Format,
}

impl Asked {
    /// What a query asks for of a kind.
    pub(super) fn take(kind: &Kind, words: &mut Words) -> Result<Self, ApiError> {
        let format = Format::take(words)?;
        let audience = take_audience(words, format.widest())?;
        let Some(seen) = Seen::by(kind, audience) else {
            let message = format!("what {} are called is for fewer readers than {audience}", kind.plural);
            let hint = match kind.home() {
                RecordHome::Here => {
                    "They stay on this computer: ask for the audience local, in csv or json, for your own use."
                }
                RecordHome::Log => "Ask for a wider audience, or for another format.",
            };
            return Err(ApiError::refused(message, hint));
        };
        let lacks = |what: &str| {
            let message = format!("{} has no {what} that {audience} readers see", kind.one());
            Err(ApiError::invalid(message, "Ask for another format: csv and json are there for every kind."))
        };
        match format {
            Format::Ics if seen.shape.starts.is_none() => lacks("date"),
            Format::Geojson if seen.shape.point.is_none() => lacks("point on the map"),
            Format::Vcf if !seen.shape.is_reachable() => lacks("way to be reached"),
            _ => Ok(Self { seen, format }),
        }
    }

    /// The file, with what is to be said of it where the format has a place for that.
    pub(super) fn file(&self, mut feed: Feed, entries: &[Entry], note: Option<String>) -> Download {
        feed.about.extend(note.iter().map(|note| format!(" {note}")));
        let noted = |mut json: Json| {
            if let Some(note) = &note {
                json["note"] = json!(note);
            }
            json.to_string()
        };
        let kind = &self.seen.kind;
        let table = || -> Vec<TableRow> {
            entries.iter().map(|it| TableRow { id: it.id.clone(), values: it.values.clone() }).collect()
        };
        let (content_type, ending, bytes) = match self.format {
            Format::Csv => ("text/csv; charset=utf-8", "csv", export_csv(kind, &table())),
            Format::Json => {
                ("application/json", "json", noted(json!({"schema": SCHEMA, "items": export_json(&table())})))
            }
            Format::Ics => ("text/calendar; charset=utf-8", "ics", calendar(&feed, entries)),
            Format::Atom => ("application/atom+xml; charset=utf-8", "atom", atom(&feed, &at_their_next(entries))),
            Format::Geojson => ("application/geo+json", "geojson", noted(geojson(&at_their_next(entries)))),
            Format::Vcf => ("text/vcard; charset=utf-8", "vcf", cards(entries)),
        };
        Download { content_type, name: format!("{}.{ending}", kind.plural), bytes: bytes.into_bytes() }
    }
}

/// What comes back, at its next time: news and maps show one time of each.
pub(super) fn at_their_next(entries: &[Entry]) -> Vec<Entry> {
    let now = wall();
    entries.iter().map(|entry| entry.clone().at_its_next(now)).collect()
}

/// The rows of a kind that an export is made from: in a calendar those that were removed stand too, as cancelled.
pub(super) fn rows<'a>(near: Option<&Near<'a>>, views: &'a Views, kind: &Kind, format: Format) -> Vec<&'a Arc<Row>> {
    let mut rows: Vec<&Arc<Row>> = Near::of_kind(near, views, kind).collect();
    if format == Format::Ics {
        rows.extend(Near::removed(near, views, kind));
    }
    rows
}
