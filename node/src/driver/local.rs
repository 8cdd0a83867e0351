//! Writes that stay on this computer, in whole or in part, and the right to speak for the network.

use super::Driver;
use crate::handle::{Change, CommandError, Target, Written};
use crate::store::LocalRecord;
use crate::survey;
use crate::view::local::{Beside, is_here, marks_of, values_of, with_marks};
use crate::view::{Views, listed};
use grid_protocol::codec::Format;
use grid_protocol::document::Opening;
use grid_protocol::id::DocumentId;
use grid_protocol::letters;
use grid_protocol::record::{Kind, Patch, Presence, Reading, RecordHome, Tags, Value, Values, Writes};
use std::sync::Arc;

/// The kinds whose records people ask for by name alone.
const NAMED_ONCE: [&str; 2] = ["link", "search"];

/// What a write is divided into.
pub(super) enum Divided {
    /// All of it goes into the log, and beside it what stays here.
    Log {
        /// What goes into the log.
        log: Patch,
        /// What stays here, with its kind.
        here: Option<(Arc<Kind>, Patch)>,
    },
    /// Nothing of it travels.
    Here {
        /// Its kind.
        kind: Arc<Kind>,
        /// All of it.
        patch: Patch,
    },
}

impl Driver {
    /// Divides a write into what travels and what stays here, once it is seen to break no rule that takes both.
    pub(super) fn divide(&self, target: &Target, patch: Patch) -> Result<Divided, CommandError> {
        let views = self.views.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        let row = match target {
            Target::Existing(document) => views.records.row(document),
            Target::New(_) | Target::Own(_) => None,
        };
        let name = match target {
            Target::New(name) | Target::Own(name) => Some(name.as_str()),
            Target::Existing(_) => row.and_then(|row| row.kind()),
        };
        // What is not known here is told by whoever looks for it.
        let Some(kind) = name.and_then(|name| views.registry.kind(name)).cloned() else {
            return Ok(Divided::Log { log: patch, here: None });
        };
        let before = row.map(|row| &row.values);
        self.may_speak(&views, &kind, before, &patch)?;
        may_tell(&views, &kind, before, &patch)?;
        names_nobody(&views, &kind, &patch)?;
        if kind.home() == RecordHome::Here {
            return Ok(Divided::Here { kind, patch });
        }
        Self::names_only_what_travels(&views, &kind, &patch)?;
        let (log, here) = patch.split(&kind);
        if here.fields().next().is_none() {
            return Ok(Divided::Log { log, here: None });
        }
        if row.is_some_and(|row| row.owner() != Some(views.own)) {
            let names: Vec<String> = here.fields().map(|(name, _)| name.to_string()).collect();
            return Err(CommandError::Refused {
                why: format!("{} of a record of another group: only its own people keep that", names.join(", ")),
                hint: "write what you want to keep into a record of your own".to_owned(),
            });
        }
        Ok(Divided::Log { log, here: Some((kind, here)) })
    }

    /// Refuses to speak for the network without a mandate that holds.
    fn may_speak(
        &self,
        views: &Views,
        kind: &Kind,
        before: Option<&Values>,
        patch: &Patch,
    ) -> Result<(), CommandError> {
        let Some(speaks) = &kind.speaks else { return Ok(()) };
        if ![&**speaks, "mandate"].iter().any(|field| patch.get(field).is_some()) {
            return Ok(());
        }
        let after = patch.over(kind, before.map_or_else(|| kind.defaults(), Clone::clone));
        if after.text(speaks) != "network" {
            return Ok(());
        }
        let now = self.clock.now().wall;
        let spoken = views.spoken(views.own, &after, now, now);
        spoken.map(|_| ()).map_err(|why| CommandError::Refused {
            why: format!("your group can't speak for the network: {why}"),
            hint:
                "leave out --voice to speak for your own group, or claim a mandate: `grid mandate claim --role speaker`"
                    .to_owned(),
        })
    }

    /// What writing a record of which nothing travels would do.
    pub(super) fn foresee_here(
        &self,
        target: &Target,
        kind: &Kind,
        patch: &Patch,
    ) -> Result<(DocumentId, Change), CommandError> {
        self.work_out_here(target, kind, patch).map(|(document, _, _, change)| (document, change))
    }

    /// Writes a record of which nothing travels.
    pub(super) fn write_here(&mut self, target: &Target, kind: &Kind, patch: &Patch) -> Result<Written, CommandError> {
        let (document, opening, after, change) = self.work_out_here(target, kind, patch)?;
        if change != Change::Unchanged {
            let marks = patch.imported().cloned();
            let marks = marks.or_else(|| self.local(&document).map(|known| marks_of(&known))).unwrap_or_default();
            self.keep_here(document, opening, &with_marks(after.to_json(), &marks), Presence::Present)?;
        }
        Ok(self.written_here(document, change))
    }

    fn work_out_here(
        &self,
        target: &Target,
        kind: &Kind,
        patch: &Patch,
    ) -> Result<(DocumentId, Opening, Values, Change), CommandError> {
        let (document, opening) = self.outbound.place(target, kind)?;
        let known = self.local(&document);
        if known.as_ref().is_some_and(|known| known.presence == Presence::Removed) {
            return Err(CommandError::Refused {
                why: "this record was removed".to_owned(),
                hint: "make a new one".to_owned(),
            });
        }
        if known.is_none() && matches!(target, Target::Existing(_)) {
            return Err(CommandError::NotFound { what: kind.name.clone(), id: document.to_string() });
        }
        let before = known.as_ref().map(|known| values_of(kind, known));
        let after = patch.over(kind, before.clone().unwrap_or_else(|| kind.defaults()));
        if !letters::is_seen(after.text(&kind.title)) {
            let missing =
                grid_protocol::record::PatchError::Missing { kind: kind.name.clone(), field: kind.title.clone() };
            return Err(invalid(missing.to_string(), kind));
        }
        kind.check(&after).map_err(|complaint| invalid(complaint.message, kind))?;
        if let Some(before) = &before {
            only_first(kind, before, &after)?;
        }
        self.named_once(document, kind, before.as_ref(), &after)?;
        let change = match &before {
            None => Change::Created,
            Some(before) if *before == after => Change::Unchanged,
            Some(_) => Change::Changed,
        };
        Ok((document, known.map_or(opening, |known| known.opening), after, change))
    }

    /// Refuses to give a record a name by which people ask for another one. Those that have one name already keep it.
    fn named_once(
        &self,
        document: DocumentId,
        kind: &Kind,
        before: Option<&Values>,
        after: &Values,
    ) -> Result<(), CommandError> {
        let name = kind.title_of(after);
        if !NAMED_ONCE.contains(&kind.name.as_str()) || before.is_some_and(|before| kind.title_of(before) == name) {
            return Ok(());
        }
        let views = self.views.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        let Some(other) = views.called(&kind.name, name).find(|row| row.document != document) else { return Ok(()) };
        let (kind, id) = (&kind.name, other.document.short());
        Err(CommandError::Refused {
            why: format!("there is a {kind} called {:?} already ({id})", views.title_of(other)),
            hint: format!("choose another name, or take that one away first: `grid {kind} remove {id}`"),
        })
    }

    /// Keeps the fields of a record that stay here where nothing of it travels anew.
    pub(super) fn write_beside(
        &mut self,
        document: DocumentId,
        kind: &Kind,
        patch: &Patch,
    ) -> Result<Change, CommandError> {
        match self.beside(document, kind, patch)? {
            None => Ok(Change::Unchanged),
            Some(record) => self.keep_local(record).map(|()| Change::Changed),
        }
    }

    /// The fields of a record that stay here beside those that travel; none where they say that already.
    pub(super) fn beside(
        &self,
        document: DocumentId,
        kind: &Kind,
        patch: &Patch,
    ) -> Result<Option<LocalRecord>, CommandError> {
        let known = self.local(&document);
        let before = known.as_ref().map(|known| Beside::read(kind, known)).unwrap_or_default();
        let after = {
            let views = self.views.read().unwrap_or_else(std::sync::PoisonError::into_inner);
            let nothing = Values::default();
            before.with(kind, patch, views.records.row(&document).map_or(&nothing, |row| &row.values))
        };
        if after == before {
            return Ok(None);
        }
        let mut marks = known.as_ref().map(marks_of).unwrap_or_default();
        if let Some(imported) = patch.imported() {
            marks = marks.with_origins(imported);
        }
        let opening = match known {
            Some(known) => known.opening,
            None => self.outbound.place(&Target::Own(kind.name.clone()), kind)?.1,
        };
        Ok(Some(self.local_record(document, opening, &with_marks(after.to_json(), &marks), Presence::Present)))
    }

    /// What empties the fields of a record that stay here, where they hold something: what is removed is not kept beside.
    pub(super) fn emptied(&self, document: &DocumentId) -> Option<(Arc<Kind>, Patch)> {
        let views = self.views.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        let row = views.records.row(document)?;
        let kind = views.registry.kind(row.kind()?)?.clone();
        let mut patch = Patch::default();
        for field in views.stays_here(row) {
            patch.set(&kind, &field, None).ok()?;
        }
        (!patch.is_empty()).then_some((kind, patch))
    }

    /// Refuses to name in what travels a record that stays here: its name would stand in others' lists, and in feeds.
    fn names_only_what_travels(views: &Views, kind: &Kind, patch: &Patch) -> Result<(), CommandError> {
        let fields = patch.fields().filter_map(|(name, value)| Some((kind.field(name)?, value?)));
        for (field, value) in
            fields.filter(|(field, _)| field.audience.travels() && field.field_type.targets().is_some())
        {
            let stays = |id: &str| {
                let row = id.parse().ok().and_then(|document| views.records.row(&document))?;
                row.kind().filter(|kind| is_here(&views.registry, kind)).map(str::to_owned)
            };
            let mut ids = value.as_text().into_iter().chain(value.as_tags().into_iter().flat_map(Tags::iter));
            if let Some(stays) = ids.find_map(stays) {
                return Err(CommandError::Refused {
                    why: format!("{}: a {stays} stays on this computer, and what you write here travels", field.name),
                    hint: "leave it out, or write it into a field that stays here".to_owned(),
                });
            }
        }
        Ok(())
    }

    /// Removes a record of which nothing travels; none where it is of another sort.
    pub(super) fn remove_here(&mut self, document: DocumentId) -> Option<Result<Written, CommandError>> {
        let (known, kind) = self.kept_here(&document)?;
        if known.presence == Presence::Removed {
            return Some(Ok(self.written_here(document, Change::Unchanged)));
        }
        // Nothing is kept but that an import shall not bring it again.
        let left = kind.left_of(&reading_of(&kind, &known));
        let values = with_marks(Values::default().to_json(), &left);
        let removed = self.keep_here(document, known.opening, &values, Presence::Removed);
        Some(removed.map(|()| self.written_here(document, Change::Changed)))
    }

    /// What is here of a record of which nothing travels; none where it is of another sort.
    pub(super) fn reading_here(&self, kind: &Kind, document: &DocumentId) -> Option<Reading> {
        let known = self.local(document).filter(|_| kind.home() == RecordHome::Here)?;
        Some(reading_of(kind, &known))
    }

    /// A record of a kind of which nothing travels.
    pub(super) fn kept_here(&self, document: &DocumentId) -> Option<(LocalRecord, Arc<Kind>)> {
        let known = self.local(document)?;
        let kind = self.replica.documents().registry().kind(known.opening.kind.as_str())?.clone();
        (kind.home() == RecordHome::Here).then_some((known, kind))
    }

    pub(super) fn local(&self, document: &DocumentId) -> Option<LocalRecord> {
        self.replica.storage().reader().local(document)
    }

    fn keep_here(
        &mut self,
        document: DocumentId,
        opening: Opening,
        values: &serde_json::Value,
        presence: Presence,
    ) -> Result<(), CommandError> {
        let record = self.local_record(document, opening, values, presence);
        self.keep_local(record)
    }

    fn local_record(
        &self,
        document: DocumentId,
        opening: Opening,
        values: &serde_json::Value,
        presence: Presence,
    ) -> LocalRecord {
        let now = self.clock.now().wall;
        let created = self.local(&document).map_or(now, |known| known.created);
        let values = values.to_string();
        LocalRecord { version: Format, document, opening, created, changed: now, values, presence }
    }

    fn keep_local(&mut self, record: LocalRecord) -> Result<(), CommandError> {
        if let Err(error) = self.replica.storage_mut().local_put(std::slice::from_ref(&record)) {
            self.note_storage(&error);
            return Err(error.into());
        }
        self.show_local(record);
        Ok(())
    }

    /// Shows what was kept here.
    pub(super) fn show_local(&self, record: LocalRecord) {
        let (kind, id, group) = (record.opening.kind.as_str().to_owned(), record.document, record.opening.owner);
        self.views.write().unwrap_or_else(std::sync::PoisonError::into_inner).take_locals([record]);
        let _ = self.events.send(crate::event::Event::RecordChanged { kind, id, group });
    }

    fn written_here(&self, document: DocumentId, change: Change) -> Written {
        let views = self.views.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        let heads = views.records.row(&document).map(|row| row.heads.clone()).unwrap_or_default();
        Written { document, change, heads }
    }
}

fn reading_of(kind: &Kind, known: &LocalRecord) -> Reading {
    Reading { values: values_of(kind, known), imported: marks_of(known), ..Reading::default() }
}

/// Refuses to name a person in a field that is about something else: what may be told of groups may not be told of
/// people.
fn names_nobody(views: &Views, kind: &Kind, patch: &Patch) -> Result<(), CommandError> {
    for (name, value) in patch.fields() {
        let Some(targets) = kind.field(name).and_then(|field| field.field_type.targets()) else { continue };
        let one = value.and_then(Value::as_text).into_iter();
        let many = value.and_then(Value::as_tags).into_iter().flat_map(|ids| ids.iter());
        let mut rows = one.chain(many).filter_map(|id| views.records.row(&id.parse().ok()?));
        if !targets.take(listed::PERSON) && rows.any(|row| row.kind() == Some(listed::PERSON)) {
            return Err(CommandError::Refused {
                why: format!("{name} names a person, and takes: {targets}"),
                hint: "name the group of that person".to_owned(),
            });
        }
    }
    Ok(())
}

/// Refuses to publish a total that tells what few people said.
fn may_tell(views: &Views, kind: &Kind, before: Option<&Values>, patch: &Patch) -> Result<(), CommandError> {
    let after = || patch.over(kind, before.map_or_else(|| kind.defaults(), Clone::clone));
    survey::may_tell(views, kind, before, after)
        .map_err(|survey::TellsTooMuch { why, hint }| CommandError::Refused { why, hint })
}

/// Refuses to change what is said when a record is made.
fn only_first(kind: &Kind, before: &Values, after: &Values) -> Result<(), CommandError> {
    let changed = |name: &str| before.get(name) != after.get(name);
    match kind.fields.iter().find(|field| field.writes == Writes::First && changed(&field.name)) {
        None => Ok(()),
        Some(field) => Err(CommandError::Refused {
            why: format!("{} is said when a {} is made, and never changed", field.name, kind.name),
            hint: "make a new one, and remove this one".to_owned(),
        }),
    }
}

fn invalid(why: String, kind: &Kind) -> CommandError {
    CommandError::Invalid { why, hint: format!("see `grid {} new --help`", kind.name) }
}
