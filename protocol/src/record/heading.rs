//! From the headings of a foreign table to the fields of a kind.

use super::{Field, FieldName, FieldType, ImportError, Kind};

/// What a heading stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mapped {
    /// The id of a record that was exported.
    Id,
    /// A field.
    Field(FieldName),
    /// A part of a field that other columns complete: first name and last name.
    Part {
        /// The field.
        field: FieldName,
        /// Which part of it.
        at: usize,
        /// The headings that make it, in the order in which they are joined.
        of: Vec<String>,
        /// The heading of the column that has the whole, where there is one: the parts count in rows that leave it empty.
        whole: Option<String>,
    },
    /// The time of day of a field, where another column gives the day.
    Time(FieldName),
    /// Degrees north of a field of coordinates.
    Latitude(FieldName),
    /// Degrees east of a field of coordinates.
    Longitude(FieldName),
    /// Nothing that the kind has, or what an earlier column has given already.
    Ignored,
}

impl Mapped {
    /// What it is mapped to, for people: `place`, `coordinates (latitude)`, `name (from First Name and Last Name)`, `-`.
    pub fn describe(&self) -> String {
        match self {
            Mapped::Id => "id".to_owned(),
            Mapped::Field(field) => field.to_string(),
            Mapped::Part { field, of, whole: None, .. } => format!("{field} (from {})", of.join(" and ")),
            Mapped::Part { field, of, whole: Some(whole), .. } => {
                format!("{field} (from {} where {whole} is empty)", of.join(" and "))
            }
            Mapped::Time(field) => format!("{field} (time)"),
            Mapped::Latitude(field) => format!("{field} (latitude)"),
            Mapped::Longitude(field) => format!("{field} (longitude)"),
            Mapped::Ignored => "-".to_owned(),
        }
    }
}

/// A heading and what it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// The heading as the table has it.
    pub heading: String,
    /// What it stands for.
    pub mapped: Mapped,
}

/// Maps headings, in the order of the table. Case, spaces and signs do not count; a field's own name comes before
/// the aliases of others. `chosen` overrides: heading and field, an empty field meaning *ignore*.
pub(super) fn map_headings<'a>(
    kind: &Kind,
    headings: impl IntoIterator<Item = &'a str>,
    chosen: &[(String, String)],
) -> Result<Vec<Mapping>, ImportError> {
    let mut mappings = Vec::new();
    let mut ranks = Vec::new();
    for heading in headings {
        let choice = chosen.iter().find(|(chosen, _)| plain(chosen) == plain(heading)).map(|(_, field)| field.as_str());
        let mapped = match choice {
            Some("") => Mapped::Ignored,
            _ => stands_for(kind, choice.unwrap_or(heading)),
        };
        if let Some(field) = choice.filter(|field| !field.is_empty() && mapped == Mapped::Ignored) {
            return Err(ImportError::UnknownChoice { kind: kind.name.clone(), field: field.to_owned() });
        }
        ranks.push(if choice.is_some() { Rank::Chosen } else { rank(kind, heading, &mapped) });
        mappings.push(Mapping { heading: heading.to_owned(), mapped });
    }
    // The best heading for a field wins, whatever its column; among equals the first.
    let mut best: Vec<(Rank, usize)> = ranks.into_iter().zip(0..).collect();
    best.sort_unstable();
    let mut taken: Vec<Mapped> = Vec::new();
    for mapping in best.into_iter().map(|(_, index)| index) {
        let Some(mapping) = mappings.get_mut(mapping) else { continue };
        if taken.contains(&mapping.mapped) {
            mapping.mapped = Mapped::Ignored;
        } else {
            taken.push(mapping.mapped.clone());
        }
    }
    // A time without a day beside it is a whole moment.
    let days: Vec<FieldName> = taken
        .iter()
        .filter_map(|mapped| match mapped {
            Mapped::Field(field) => Some(field.clone()),
            _ => None,
        })
        .collect();
    for mapping in &mut mappings {
        if let Mapped::Time(field) = &mapping.mapped
            && !days.contains(field)
        {
            mapping.mapped = Mapped::Field(field.clone());
        }
    }
    join_parts(&mut mappings);
    Ok(mappings)
}

/// Names beside each part the columns that complete it, and the one that has the whole.
fn join_parts(mappings: &mut [Mapping]) {
    let before = mappings.to_vec();
    for mapping in mappings {
        let Mapped::Part { field, of, whole, .. } = &mut mapping.mapped else { continue };
        let mut parts: Vec<(usize, &str)> = Vec::new();
        for other in &before {
            match &other.mapped {
                Mapped::Part { field: of, at, .. } if of == field => parts.push((*at, &other.heading)),
                _ => {}
            }
        }
        parts.sort_unstable();
        *of = parts.into_iter().map(|(_, heading)| heading.to_owned()).collect();
        let is_whole = |other: &&Mapping| matches!(&other.mapped, Mapped::Field(whole) if whole == field);
        *whole = before.iter().find(is_whole).map(|other| other.heading.clone());
    }
}

/// How well a heading fits, best first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Chosen,
    Named,
    Alias(usize),
}

fn rank(kind: &Kind, heading: &str, mapped: &Mapped) -> Rank {
    let heading = plain(heading);
    if let Mapped::Part { field, at, .. } = mapped {
        // The name of whoever booked counts where that of the one who comes is not there.
        let names = kind.field(field).and_then(|field| field.parts.get(*at));
        let place = names.and_then(|names| names.iter().position(|name| plain(name) == heading));
        return Rank::Alias(place.unwrap_or_default());
    }
    let Mapped::Field(name) = mapped else { return Rank::Named };
    match kind.field(name) {
        Some(field) if plain(&field.name) != heading => {
            Rank::Alias(field.aliases.iter().position(|alias| plain(alias) == heading).unwrap_or(field.aliases.len()))
        }
        _ => Rank::Named,
    }
}

fn stands_for(kind: &Kind, heading: &str) -> Mapped {
    let heading = plain(heading);
    if heading.is_empty() {
        return Mapped::Ignored;
    }
    if heading == "id" {
        return Mapped::Id;
    }
    let named = kind.fields.iter().find(|field| plain(&field.name) == heading);
    let known =
        named.or_else(|| kind.fields.iter().find(|field| field.aliases.iter().any(|alias| plain(alias) == heading)));
    if let Some(field) = known {
        return Mapped::Field(field.name.clone());
    }
    let part = |field: &Field| {
        let at = field.parts.iter().position(|names| names.iter().any(|name| plain(name) == heading))?;
        Some(Mapped::Part { field: field.name.clone(), at, of: Vec::new(), whole: None })
    };
    if let Some(mapped) = kind.fields.iter().find_map(part).or_else(|| part_of_moment(kind, &heading)) {
        return mapped;
    }
    let points: Vec<_> =
        kind.fields.iter().filter(|field| matches!(field.field_type, FieldType::Coordinates)).collect();
    for point in &points {
        // Alone in its kind a point needs no name in front: "Latitude".
        let rest = heading.strip_prefix(&plain(&point.name)).or((points.len() == 1).then_some(heading.as_str()));
        match rest {
            Some("latitude" | "lat") => return Mapped::Latitude(point.name.clone()),
            Some("longitude" | "long" | "lon" | "lng") => return Mapped::Longitude(point.name.clone()),
            _ => {}
        }
    }
    Mapped::Ignored
}

/// What `Start date`, `End time` and `Time` stand for: the day or the time of a moment that is called `Start` or `End`.
fn part_of_moment(kind: &Kind, heading: &str) -> Option<Mapped> {
    let mut moments = kind.fields.iter().filter(|field| field.field_type == FieldType::DateTime);
    if heading == "time" {
        return moments.next().map(|field| Mapped::Time(field.name.clone()));
    }
    let (stem, is_day) = match (heading.strip_suffix("date"), heading.strip_suffix("time")) {
        (Some(stem), _) => (stem, true),
        (None, stem) => (stem?, false),
    };
    let called = |name: &str| plain(name) == stem;
    let field = moments.find(|field| called(&field.name) || field.aliases.iter().any(|alias| called(alias)))?;
    Some(if is_day { Mapped::Field(field.name.clone()) } else { Mapped::Time(field.name.clone()) })
}

/// The field that a heading stands for, if it stands for one.
pub(super) fn field_for(kind: &Kind, heading: &str) -> Option<FieldName> {
    match stands_for(kind, heading) {
        Mapped::Field(field) => Some(field),
        _ => None,
    }
}

/// Letters and digits in lower case.
fn plain(text: &str) -> String {
    text.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
