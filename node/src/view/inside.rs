//! What says that it is for everybody, and the public does not read: it breaks a rule, or can't be read.
//!
//! Each of two edits that met may have kept to all rules, so that nobody was refused anything. The group that wrote it is
//! told: nobody else can mend it.

use super::Views;
use grid_protocol::record::{KeptInside, Kind};
use grid_protocol::replica::Row;
use std::sync::Arc;

/// Letters of an id by which a command names a record.
const LETTERS: usize = 8;

/// Why the public does not read a record, and what to do, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Inside {
    /// Why.
    pub(crate) why: String,
    /// What to do.
    pub(crate) hint: String,
}

impl Views {
    /// Why the public does not read a record of this group that says that it is for everybody.
    pub(crate) fn inside(&self, row: &Row) -> Option<Inside> {
        let kind = self.registry.kind(row.kind()?)?;
        if row.owner() != Some(self.own) || row.is_removed() {
            return None;
        }
        let kept = kind.kept_inside(&row.values, &row.damaged)?;
        let id = row.document.to_string();
        let edit = format!("grid {} edit {}", kind.name, id.get(..LETTERS).unwrap_or(&id));
        Some(match kept {
            KeptInside::Breaks(complaint) => Inside {
                why: complaint.message,
                hint: format!(
                    "change one of these: {}; or keep it among the groups of the coalition: `{edit} --{} coalition`",
                    flags(kind, complaint.fields),
                    flags(kind, kind.readers.as_deref().as_slice()),
                ),
            },
            KeptInside::Unreadable(field) => Inside {
                why: format!(
                    "nobody can read what stands in {field}, which a program wrote that is no grid, or a newer one"
                ),
                hint: format!("write it again, or empty it: `{edit} --{} VALUE`", flags(kind, &[field])),
            },
        })
    }

    /// The records of this group of which that is so, newest first.
    pub(crate) fn all_inside(&self) -> impl Iterator<Item = (&Arc<Row>, Inside)> {
        let kinds = self.registry.kinds().filter(|kind| kind.readers.is_some());
        let rows = kinds.flat_map(move |kind| self.records.of_kind(&kind.name));
        rows.filter_map(move |row| Some((row, self.inside(row)?)))
    }
}

/// Fields as commands name them.
fn flags(kind: &Kind, fields: &[&str]) -> String {
    let flags = fields.iter().filter_map(|name| kind.field(name)).map(|field| field.flag());
    flags.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use crate::question::fixture::{Coalition, NOW};
    use crate::question::{Occasion, notes};
    use grid_protocol::replica::Row;
    use serde_json::json;
    use std::sync::Arc;

    /// Makes a field of a record one that nobody can read, as another program may have left it.
    fn spoil(coalition: &mut Coalition, id: &str, field: &str) {
        let mut row = Row::clone(coalition.views.records.row(&id.parse().unwrap()).unwrap());
        row.values.clear(field);
        row.damaged = vec![field.to_owned()];
        coalition.views.take_rows([Arc::new(row)]);
    }

    #[test]
    fn its_group_is_told_why_the_public_does_not_read_an_event_and_how_to_mend_it() {
        let mut coalition = Coalition::new(&["Clean River", "Mallory"]);
        let body = coalition.record(0, "body", json!({"name": "Levers"}));
        let caucus = json!({"title": "Caucus", "readers": "public", "body": body});
        let ours = coalition.unchecked(0, "event", caucus.clone());
        let theirs = coalition.unchecked(1, "event", caucus);
        let open = coalition.record(0, "event", json!({"title": "Fair", "readers": "public"}));
        coalition.record(0, "event", json!({"title": "Meeting", "body": body}));
        let told = |coalition: &Coalition, id: &str| {
            let notes = notes(&coalition.views, NOW, &id.parse().unwrap(), Occasion::Shown);
            notes.into_iter().map(|note| (note.sort, note.what, note.hint)).collect::<Vec<_>>()
        };
        let [(sort, what, hint)] = &told(&coalition, &ours)[..] else { panic!("one note") };
        assert_eq!(*sort, "kept_inside");
        assert!(what.starts_with("Caucus is in no public feed or export: readers: expected coalition for"), "{what}");
        let edit = format!("`grid event edit {} --readers coalition`", &ours[..8]);
        assert!(hint.contains("change one of these: readers, body;") && hint.contains(&edit), "{hint}");
        assert_eq!((told(&coalition, &theirs), told(&coalition, &open)), (vec![], vec![]), "whoever wrote it mends it");
        let all = |coalition: &Coalition| {
            let all = coalition.views.all_inside();
            all.map(|(row, _)| row.values.text("title").to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(all(&coalition), ["Caucus"]);

        spoil(&mut coalition, &open, "body");
        let [(_, what, hint)] = &told(&coalition, &open)[..] else { panic!("one note") };
        assert!(what.contains("nobody can read what stands in body"), "{what}");
        assert!(hint.contains(&format!("`grid event edit {} --body VALUE`", &open[..8])), "{hint}");
        assert_eq!(all(&coalition).len(), 2);
    }
}
