//! Near: whether two things are in one place, by its name or on the map.

use super::shown::{place, point};
use crate::view::fold::words;
use grid_protocol::record::Coordinates;
use grid_protocol::replica::Row;
use std::collections::BTreeSet;

/// The mean radius of the earth in kilometres.
const RADIUS: f64 = 6_371.0;
/// Kilometres within which people call each other neighbours.
pub(super) const NEIGHBOURS: f64 = 25.0;

/// The way between two points as the crow flies, in kilometres.
pub(super) fn km(one: Coordinates, other: Coordinates) -> f64 {
    let (north, other_north) = (one.latitude().to_radians(), other.latitude().to_radians());
    let east = (other.longitude() - one.longitude()).to_radians();
    let part =
        ((other_north - north) / 2.0).sin().powi(2) + north.cos() * other_north.cos() * (east / 2.0).sin().powi(2);
    2.0 * RADIUS * part.clamp(0.0, 1.0).sqrt().asin()
}

/// A distance as people say it.
pub(super) fn far(km: f64) -> String {
    match km {
        _ if km < 1.0 => "less than 1 km away".to_owned(),
        _ => format!("{km:.0} km away"),
    }
}

/// Degrees from the south of a cell to its north: more than [`NEIGHBOURS`].
const CELL: f64 = 0.25;

/// A piece of the map, by its row from the south pole on and its column. Its sides are longer than the way between
/// neighbours: who is a neighbour is in the same cell, or in one beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Cell(i32, i32);

impl Cell {
    /// The cell that a point is in.
    pub(super) fn of(point: Coordinates) -> Self {
        Self::at(Self::row(point), point.longitude())
    }

    /// The cells in which the neighbours of a point are: its own and those around it.
    pub(super) fn around(point: Coordinates) -> BTreeSet<Self> {
        let row = Self::row(point);
        let rows = row - 1..=row + 1;
        let cells = rows.flat_map(|row| {
            let width = 360.0 / Self::columns(row);
            [-width, 0.0, width].map(|east| Self::at(row, point.longitude() + east))
        });
        cells.collect()
    }

    fn row(point: Coordinates) -> i32 {
        ((point.latitude() + 90.0) / CELL) as i32
    }

    /// Cells around the globe in a row; towards the poles there are fewer.
    fn columns(row: i32) -> f64 {
        let south = f64::from(row) * CELL - 90.0;
        let narrowest = south.abs().max((south + CELL).abs()).min(90.0);
        (360.0 / CELL * narrowest.to_radians().cos()).floor().max(1.0)
    }

    fn at(row: i32, longitude: f64) -> Self {
        let columns = Self::columns(row);
        let column = ((longitude + 180.0) / 360.0 * columns).floor().rem_euclid(columns);
        Self(row, column as i32)
    }
}

/// Words of the name of a place that count: street, village, town, district, state, country.
const PLACE_WORDS: usize = 6;

/// The words of the place of a record, by which it is looked up; no more than the name of a place has.
pub(super) fn place_words(row: &Row) -> Vec<String> {
    let mut words = words(place(row));
    words.truncate(PLACE_WORDS);
    words.sort_unstable();
    words.dedup();
    words
}

/// Where something is.
#[derive(Clone, Debug)]
pub(super) struct Spot {
    name: String,
    words: Vec<String>,
    point: Option<Coordinates>,
}

/// How near two things are, the nearest first.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Nearness {
    /// Both are in the place of this name.
    Same(String),
    /// So many kilometres lie between them.
    Km(f64),
    /// Nobody knows.
    Unknown,
}

impl Spot {
    /// Where a record is.
    pub(super) fn of(row: &Row) -> Self {
        Self { name: place(row).to_owned(), words: place_words(row), point: point(row) }
    }

    /// The words of its place, for looking it up; none where the place has no name.
    pub(super) fn words(&self) -> &[String] {
        &self.words
    }

    /// Its point, for looking it up.
    pub(super) const fn point(&self) -> Option<Coordinates> {
        self.point
    }

    /// How near another one is. Points say more than names: there is a Lismore in Ireland, too. A place that is named in
    /// fewer words contains the other: Lismore, and Lismore NSW.
    pub(super) fn to(&self, other: &Self) -> Nearness {
        let km = self.point.zip(other.point).map(|(one, other)| km(one, other));
        if let Some(far) = km.filter(|km| *km > NEIGHBOURS) {
            return Nearness::Km(far);
        }
        let (few, many) = if self.words.len() <= other.words.len() { (self, other) } else { (other, self) };
        if !few.words.is_empty() && few.words.iter().all(|word| many.words.binary_search(word).is_ok()) {
            return Nearness::Same(few.name.clone());
        }
        km.map_or(Nearness::Unknown, Nearness::Km)
    }
}

impl Nearness {
    /// Why two that are so near fit; nothing where they are not near.
    pub(super) fn why(&self) -> Option<String> {
        match self {
            Self::Same(place) => Some(format!("both in {}", place.trim())),
            Self::Km(km) if *km <= NEIGHBOURS => Some(far(*km).replace("away", "apart")),
            Self::Km(_) | Self::Unknown => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn neighbours_are_in_a_cell_or_in_those_around_it(
            latitude in -90.0..=90.0_f64, longitude in -180.0..=180.0_f64, north in -0.23..0.23_f64, east in -180.0..180.0_f64,
        ) {
            let at = |latitude: f64, longitude: f64| Coordinates::parse(&format!("{latitude},{longitude}")).unwrap();
            let here = at(latitude, longitude);
            // As far east as a neighbour can be, or all around where that is near the pole.
            let narrow = 0.23 / latitude.to_radians().cos().abs().max(0.001) / 180.0;
            let east = (longitude + east * narrow.min(1.0) + 540.0).rem_euclid(360.0) - 180.0;
            let there = at((latitude + north).clamp(-90.0, 90.0), east);
            prop_assume!(km(here, there) <= NEIGHBOURS);
            prop_assert!(Cell::around(here).contains(&Cell::of(there)), "{here:?} {there:?}");
            prop_assert!(Cell::around(here).len() <= 9);
        }
    }

    #[test]
    fn the_way_between_two_points_is_that_on_the_globe() {
        let at = |text: &str| Coordinates::parse(text).unwrap();
        assert_eq!(km(at("-28.81,153.28"), at("-28.81,153.28")), 0.0);
        assert!((km(at("-33.87,151.21"), at("-37.81,144.96")) - 713.0).abs() < 5.0, "Sydney to Melbourne");
        assert!((km(at("0,179.9"), at("0,-179.9")) - 22.2).abs() < 0.5, "over the date line");
        assert!((km(at("90,0"), at("-90,0")) - 20_015.0).abs() < 5.0, "pole to pole");
        assert_eq!((far(0.2), far(11.6)), ("less than 1 km away".to_owned(), "12 km away".to_owned()));
    }

    #[test]
    fn points_say_more_than_names() {
        let spot = |point: &str| Spot {
            name: "Lismore".to_owned(),
            words: words("Lismore"),
            point: Some(Coordinates::parse(point).unwrap()),
        };
        let (here, ireland) = (spot("-28.81,153.28"), spot("52.14,-7.93"));
        assert!(here.to(&ireland).why().is_none(), "{:?}", here.to(&ireland));
        assert_eq!(here.to(&spot("-28.80,153.29")), Nearness::Same("Lismore".to_owned()));
    }

    #[test]
    fn a_place_named_in_fewer_words_contains_the_other() {
        let spot = |name: &str| {
            let mut words = words(name);
            words.sort_unstable();
            Spot { name: name.to_owned(), words, point: None }
        };
        assert_eq!(spot("Lismore NSW").to(&spot("lismore")), Nearness::Same("lismore".to_owned()));
        assert_eq!(spot("Zürich").to(&spot("ZURICH")), Nearness::Same("Zürich".to_owned()));
        assert_eq!(spot("South Lismore").to(&spot("Lismore North")), Nearness::Unknown);
        assert_eq!(spot("").to(&spot("Lismore")), Nearness::Unknown);
    }
}
