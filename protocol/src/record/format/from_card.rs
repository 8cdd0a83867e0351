//! vCards in (RFC 2426, RFC 6350, and the older 2.1 of telephones): people on somebody's list.

use super::Shape;
use super::lines::{Component, components, parts};
use super::row::{Draft, Rows};
use crate::limits::MAX_IMPORT_ROWS;
use crate::record::heading::field_for;
use crate::record::{Agreed, FieldType, ImportError, ImportOptions, ImportPlan, Kind};

/// The flag without which nobody is listed.
const AGREED: &str = "agreed";

/// Reads an address book as records of a kind.
pub(in crate::record) fn read_cards(
    kind: &Kind,
    text: &str,
    options: &ImportOptions,
) -> Result<ImportPlan, ImportError> {
    let shape = Shape::of(kind);
    let mut rows = Rows::new();
    for card in components(text).iter().filter(|component| component.name == "VCARD") {
        if rows.len() >= MAX_IMPORT_ROWS {
            return Err(ImportError::TooManyRows);
        }
        let draft = draft(kind, &shape, card, options);
        rows.take(draft, card.lines.iter().map(|line| line.name.as_str()).filter(|name| *name != "VERSION"));
    }
    Ok(rows.into_plan())
}

fn draft<'k>(kind: &'k Kind, shape: &Shape, card: &Component, options: &ImportOptions) -> Draft<'k> {
    let agreed = options.agreed;
    let mut draft = Draft::new(kind, card.number, card.text("UID").trim().to_owned(), options);
    let name = [card.text("FN"), names(card), card.text("ORG")].into_iter().find(|name| !name.trim().is_empty());
    draft.put("FN", Some(&shape.title), name.as_deref().unwrap_or_default());
    let reach = |heading: &str| field_for(kind, heading);
    draft.put("EMAIL", reach("Email").as_ref(), card.text("EMAIL").trim_start_matches("mailto:"));
    draft.put("TEL", reach("Phone").as_ref(), card.text("TEL").trim_start_matches("tel:"));
    draft.put("X-GRID-REACH", shape.reach.as_ref(), &card.text("X-GRID-REACH"));
    draft.put("ADR", shape.place.as_ref(), &town(card));
    let geo = card.text("GEO").replace(';', ",");
    draft.put_if_fits(
        "GEO",
        shape.point.as_ref(),
        geo.trim_start_matches("geo:").split("\\,").next().unwrap_or_default(),
    );
    let url = card.line("URL").map(|line| line.value.clone()).unwrap_or_default();
    draft.put_if_fits("URL", shape.link.as_ref(), &url);
    let list = |name: &str| -> Vec<String> {
        let lines = card.lines.iter().filter(|line| line.name == name);
        lines.flat_map(|line| parts(&line.value, ',')).collect()
    };
    draft.put_tags("CATEGORIES", shape.tags.as_ref(), &list("CATEGORIES"));
    draft.put_tags("LANG", field_for(kind, "Languages").as_ref(), &list("LANG"));
    draft.put("NOTE", shape.note.as_ref(), &card.text("NOTE"));
    let flag = kind.field(AGREED).filter(|field| field.field_type == FieldType::Flag);
    if let (Some(flag), Agreed::Said) = (flag, agreed) {
        draft.put("(they agreed)", Some(&flag.name), "yes");
    }
    draft
}

/// Given name and family name, as people say them.
fn names(card: &Component) -> String {
    let parts = card.line("N").map(|line| parts(&line.text().replace("\\;", " "), ';')).unwrap_or_default();
    let part = |at: usize| parts.get(at).cloned().unwrap_or_default();
    format!("{} {}", part(1), part(0)).trim().to_owned()
}

/// The town of an address, or what there is of it.
fn town(card: &Component) -> String {
    let parts = card.line("ADR").map(|line| parts(&line.value, ';')).unwrap_or_default();
    // Post box, extended, street, town, region, code, country. Where there is no town, nobody asked for a street.
    let known = [3, 4, 6].into_iter().filter_map(|at| parts.get(at)).find(|part| !part.is_empty());
    known.cloned().unwrap_or_default()
}
