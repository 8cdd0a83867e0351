//! Records: what groups tell each other. One kind, one file.
//!
//! A kind is a plain struct with doc comments and `x-grid` metadata ([`Record`]). Compiled once into a [`Kind`], it
//! gives everything that interfaces need: JSON Schema, command-line flags, table columns ([`Kind::schema`],
//! [`Kind::flags`], [`Kind::columns`]), the way in and out of an Automerge document ([`Kind::read`],
//! [`Kind::prepare`]), and tables ([`export_csv`], [`ImportPlan`]).
//!
//! ```text
//! command line ─┐                                   ┌─ schema, flags, columns
//! web form ─────┤                            Kind ──┤
//! JSON ─────────┼─► Patch ─► Kind::prepare ─► Edit ─┼─► pieces, each one Automerge change
//! CSV row ──────┘   (validated once)                └─ read ─► Reading ─► JSON, CSV
//! ```
//!
//! Adding a kind takes its file and one line in [`kinds`].
//!
//! In a document a field stands under its name at the root: a text as Automerge text, tags as a map from tag to
//! `true`, everything else as one scalar, so that the parts of a value never mix. Keys that a kind does not know
//! are left alone. What an import wrote last stands under `_import`.

mod alike;
mod anchor;
mod compare;
mod compile;
mod contest;
mod date_time;
mod describe;
mod diff;
mod earlier;
mod edit;
mod encoding;
mod excerpt;
mod field;
mod first;
pub mod format;
mod heading;
mod import;
mod kind;
pub mod kinds;
mod measure;
mod merge;
mod names;
mod parse;
mod patch;
mod quotes;
mod reading;
mod repeat;
mod rules;
mod seal;
mod speaker;
mod spreadsheet;
mod table;
mod tags;
mod times;
mod unite;
mod value;

#[cfg(test)]
mod tests;

pub use alike::{Alike, Alikes};
pub use compare::{Stretch, compare};
pub use contest::{Contest, Rival};
pub use date_time::{DateTime, Day};
pub use describe::{Column, Flag, Many, Part};
pub use earlier::Earlier;
pub use edit::{Edit, Outcome, Piece};
pub use excerpt::{EditedPlace, Excerpt, TextEdit};
pub use field::{Audience, Choice, Closeness, Field, FieldType, STATUS, Targets, Writes};
pub use heading::{Mapped, Mapping};
pub use import::{Agreed, BadRow, ImportError, ImportOptions, ImportPlan, Meant, Row as ImportRow};
pub use kind::{CompileError, Complaint, KeptInside, Kind, KindRole, Record, RecordHome, Singleton, WriteRule};
pub use kinds::{Action, ActionStatus, Contact, Group, Page, Prospect, Resource, ResourceKind, Role, Stage};
pub use measure::{Coordinates, Money};
pub use merge::{IMPORT_MARKS, Imported, origin_of};
pub use names::{ITEM, QUERY, one_of};
pub use parse::Unfit;
pub use patch::{BaseOf, Patch, PatchError};
pub use reading::{Presence, Reader, Reading, mark_removed, removers};
pub use repeat::{Repeat, RepeatError};
pub use seal::{Rivals, Seal, Sealed};
pub use speaker::Speaker;
pub use table::{TableRow, export_csv, export_json};
pub use tags::Tags;
pub use times::{Occasion, Times};
pub use unite::Union;
pub use value::{FieldName, Value, Values};

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

/// The kinds that a node knows.
#[derive(Clone, Debug)]
pub struct Registry {
    kinds: Vec<Arc<Kind>>,
    /// The place of each among them, by its name.
    places: HashMap<String, usize>,
}

impl Registry {
    /// The kinds of the grid: one line each.
    pub fn standard() -> &'static Registry {
        static STANDARD: LazyLock<Registry> = LazyLock::new(|| {
            let compiled = kinds::all().into_iter().map(|kind| Arc::new(kind.expect("a test compiles every kind")));
            Registry::of(compiled.collect())
        });
        &STANDARD
    }

    /// The same kinds and one more, which takes the place of one with the same name.
    #[must_use]
    pub fn with(&self, kind: Kind) -> Registry {
        let mut kinds: Vec<_> = self.kinds.iter().filter(|known| known.name != kind.name).cloned().collect();
        kinds.push(Arc::new(kind));
        Registry::of(kinds)
    }

    fn of(kinds: Vec<Arc<Kind>>) -> Self {
        let places = kinds.iter().enumerate().map(|(place, kind)| (kind.name.clone(), place)).collect();
        Self { kinds, places }
    }

    /// The kind of this name.
    pub fn kind(&self, name: &str) -> Option<&Arc<Kind>> {
        self.kinds.get(*self.places.get(name)?)
    }

    /// The kind whose records stand for such a group in the directory.
    pub fn with_role(&self, role: KindRole) -> Option<&Arc<Kind>> {
        self.kinds.iter().find(|kind| kind.role == Some(role))
    }

    /// All kinds, in the order in which interfaces show them.
    pub fn kinds(&self) -> impl Iterator<Item = &Arc<Kind>> {
        self.kinds.iter()
    }
}
