//! Which record a cell means that says a title where a field refers to another record.
//!
//! What is here knows whoever reads the file; without that, only ids are understood.

use crate::id::DocumentId;
use crate::record::{Field, Kind, Mapped, Mapping};
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// Gives the id that is meant, or says why none is.
type Find = dyn Fn(&Field, &str) -> Result<String, String> + Send + Sync;

/// What finds the records that are meant.
#[derive(Clone, Default)]
pub struct Meant(Option<Arc<Find>>);

impl Meant {
    /// Asks this for every cell of a field that refers to records and holds no whole id. What it says in refusal is told
    /// with the name of the field.
    pub fn by(find: impl Fn(&Field, &str) -> Result<String, String> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(find)))
    }

    /// The text of a cell, with ids in the place of titles.
    pub(super) fn in_cell<'t>(
        &self,
        kind: &Kind,
        mapping: &Mapping,
        text: Cow<'t, str>,
    ) -> Result<Cow<'t, str>, String> {
        let (Some(find), Mapped::Field(name)) = (&self.0, &mapping.mapped) else { return Ok(text) };
        let Some(field) = kind.field(name).filter(|field| field.field_type.targets().is_some()) else {
            return Ok(text);
        };
        let told = if field.field_type.is_set() { text.split(';').collect() } else { vec![&*text] };
        let told: Vec<&str> = told.into_iter().map(str::trim).filter(|told| !told.is_empty()).collect();
        let is_id = |told: &&str| told.to_ascii_lowercase().parse::<DocumentId>().is_ok();
        if told.iter().all(is_id) {
            return Ok(text);
        }
        let ids = told.iter().map(|told| if is_id(told) { Ok((*told).to_owned()) } else { find(field, told) });
        let ids = ids.collect::<Result<Vec<_>, _>>().map_err(|why| format!("{name}: {why}"))?;
        Ok(Cow::Owned(ids.join(";")))
    }
}

impl fmt::Debug for Meant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Meant(by titles)" } else { "Meant(by ids)" })
    }
}
