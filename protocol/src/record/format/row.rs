//! What a component of a calendar or an address book becomes: a row of an import, as from any table.

use crate::record::import::{Cell, Row, Seen, read_row};
use crate::record::spreadsheet::Times;
use crate::record::{BadRow, FieldName, FieldType, ImportOptions, ImportPlan, Imported, Kind, Mapped, Mapping};
use std::collections::{BTreeMap, BTreeSet};

/// A row on its way.
pub(super) struct Draft<'k> {
    kind: &'k Kind,
    line: u64,
    cells: Vec<(FieldName, String)>,
    notes: Vec<String>,
    used: Vec<(&'static str, FieldName)>,
    /// What names the record where the file comes from.
    pub(super) uid: String,
    /// The id of the record, where it was exported from here.
    pub(super) id: Option<String>,
}

impl<'k> Draft<'k> {
    /// A row that begins at this line. Its UID names a record only as an export of this coalition names it: whoever makes
    /// a calendar may write any id that it has seen.
    pub(super) fn new(kind: &'k Kind, line: u64, uid: String, options: &ImportOptions) -> Self {
        let home = options.home.map(|home| home.to_string());
        let own = uid.split_once('@').filter(|(_, of)| home.as_deref() == Some(*of)).map(|(id, _)| id);
        let id = own.filter(|id| id.parse::<crate::id::DocumentId>().is_ok()).map(str::to_owned);
        Self { kind, line, cells: Vec::new(), notes: Vec::new(), used: Vec::new(), uid, id }
    }

    /// Fills a field, where the kind has one for it; what is there already stays, and a line takes both.
    pub(super) fn put(&mut self, from: &'static str, field: Option<&FieldName>, text: &str) {
        let Some(field) = field.and_then(|name| self.kind.field(name)) else { return };
        let text = match field.field_type {
            FieldType::Text => text.to_owned(),
            _ => text.split('\n').map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(", "),
        };
        if text.trim().is_empty() {
            return;
        }
        self.used.push((from, field.name.clone()));
        match self.cells.iter_mut().find(|(known, _)| *known == field.name) {
            Some((_, before)) if field.field_type == FieldType::Line && !before.contains(&text) => {
                before.push_str(", ");
                before.push_str(&text);
            }
            Some(_) => {}
            None => self.cells.push((field.name.clone(), text)),
        }
    }

    /// Fills a field that a record can do without: what does not fit there is left out, and told.
    pub(super) fn put_if_fits(&mut self, from: &'static str, field: Option<&FieldName>, text: &str) {
        let fits = field.and_then(|name| self.kind.field(name)).map(|field| field.from_text(text));
        match fits {
            Some(Err(unfit)) => self.note(format!("{from} is left out: {unfit}")),
            Some(Ok(_)) => self.put(from, field, text),
            None => {}
        }
    }

    /// Fills a field with tags, where they fit.
    pub(super) fn put_tags(&mut self, from: &'static str, field: Option<&FieldName>, tags: &[String]) {
        // A separator behind each, so that one tag with a comma in it stays one.
        let tags = tags.iter().filter(|tag| !tag.is_empty()).map(|tag| format!("{tag};"));
        self.put_if_fits(from, field, &tags.collect::<String>());
    }

    /// Something to look at.
    pub(super) fn note(&mut self, note: String) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }
}

/// The rows of a file, one after the other.
pub(super) struct Rows {
    plan: ImportPlan,
    seen: Seen,
    mapped: BTreeMap<&'static str, FieldName>,
    others: BTreeSet<String>,
}

/// Names that are left out and told of at most.
const OTHERS: usize = 40;

impl Rows {
    pub(super) fn new() -> Self {
        let plan = ImportPlan { mapping: Vec::new(), rows: Vec::new(), bad: Vec::new(), notes: Vec::new() };
        Self { plan, seen: Seen::default(), mapped: BTreeMap::new(), others: BTreeSet::new() }
    }

    /// Takes a row; `names` are those that its component has.
    pub(super) fn take<'n>(&mut self, draft: Draft<'_>, names: impl Iterator<Item = &'n str>) {
        for name in names.filter(|name| !draft.used.iter().any(|(used, _)| used == name)) {
            if self.others.len() < OTHERS {
                self.others.insert(name.chars().take(80).collect());
            }
        }
        let Draft { kind, line, cells, notes, used, uid, id } = draft;
        self.mapped.extend(used);
        let cells: Vec<(Mapped, String)> = cells.into_iter().map(|(name, text)| (Mapped::Field(name), text)).collect();
        let row =
            read_row(kind, line, cells.iter().map(|(mapped, text)| (mapped, Cell::Text(text))), &Times::default());
        let row = row.map(|row| {
            let key = (!uid.is_empty()).then(|| format!("uid {uid}")).or_else(|| row.key.clone());
            let mut patch = row.patch;
            patch.imported = key.as_deref().map(Imported::from_row);
            Row { key, id, patch, line: row.line }
        });
        if row.is_ok() {
            self.plan.notes.extend(notes.into_iter().map(|reason| BadRow { line, reason }));
        }
        self.plan.push(line, row, &mut self.seen);
    }

    /// Leaves a row out.
    pub(super) fn refuse(&mut self, line: u64, reason: String) {
        self.plan.bad.push(BadRow { line, reason });
    }

    /// How many there are so far.
    pub(super) fn len(&self) -> usize {
        self.plan.rows.len() + self.plan.bad.len()
    }

    /// The plan, with what became of the names in the file.
    pub(super) fn into_plan(mut self) -> ImportPlan {
        let others = self.others.into_iter().filter(|name| !self.mapped.contains_key(name.as_str()));
        let others: Vec<Mapping> = others.map(|heading| Mapping { heading, mapped: Mapped::Ignored }).collect();
        let mapped = self.mapped.into_iter();
        let mapped = mapped.map(|(name, field)| Mapping { heading: name.to_owned(), mapped: Mapped::Field(field) });
        self.plan.mapping = mapped.chain(others).collect();
        self.plan
    }
}
