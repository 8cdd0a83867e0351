//! Invented places, groups and people.

use super::numbers::Numbers;
use serde_json::{Value as Json, json};

const FIRST: &[&str] = &[
    "Hol", "Wen", "Ket", "Oss", "Mar", "Tar", "Bel", "Fen", "Gar", "Lin", "Mor", "Nel", "Pen", "Ros", "San", "Thor",
    "Ul", "Var", "Win", "Yar", "Ash", "Bram", "Cor", "Dun", "El",
];
const LAST: &[&str] = &[
    "lin", "dle", "terby", "mouth", "ford", "wick", "ton", "stead", "haven", "bridge", "field", "dale", "worth",
    "brook", "ham", "ness", "cote", "ley", "mere", "gate",
];
const OF_GROUPS: &[&str] = &[
    "Water Watch",
    "Neighbours",
    "Growers",
    "Choir",
    "Nurses",
    "Teachers",
    "Tenants",
    "Ferry Workers",
    "Elders",
    "Youth",
    "Parish",
    "Wardens",
    "Menders",
    "Riders",
    "Anglers",
    "Bakers",
    "Carers",
    "Forest Friends",
    "Night Shift",
    "Commons",
];
const GIVEN: &[&str] = &[
    "Ana", "Bo", "Chidi", "Dara", "Elif", "Femi", "Grete", "Hana", "Idris", "Juno", "Kofi", "Leila", "Mika", "Noor",
    "Oskar", "Priya", "Quim", "Rosa", "Sami", "Tove", "Uma", "Viggo", "Wanda", "Xenia", "Yusuf", "Zola",
];
const FAMILY: &[&str] = &[
    "Abara", "Brandt", "Costa", "Dahl", "Eze", "Falk", "Gomes", "Haddad", "Ito", "Jansen", "Kaya", "Lund", "Mbeki",
    "Novak", "Okoro", "Perez", "Quist", "Rao", "Sato", "Toth", "Ueda", "Varga", "Weiss", "Yilmaz", "Zeman",
];

/// How many places there are.
pub(super) const PLACES: usize = FIRST.len() * LAST.len();

/// The name of a place.
pub(super) fn place(number: usize) -> String {
    let first = FIRST.get(number % FIRST.len()).copied().unwrap_or_default();
    let last = LAST.get(number / FIRST.len() % LAST.len()).copied().unwrap_or_default();
    format!("{first}{last}")
}

/// The point of a place: they lie in a country of some 600 by 600 kilometres.
pub(super) fn point(number: usize) -> Json {
    let (row, column) = (number / FIRST.len() % LAST.len(), number % FIRST.len());
    let degrees = |thousandths: i64| {
        // Whole thousandths: the same in every program.
        f64::from(i32::try_from(thousandths).unwrap_or_default()) / 1_000.0
    };
    let spread = |index: usize, step: i64| i64::try_from(index).unwrap_or_default() * step;
    json!({"latitude": degrees(-30_000 + spread(row, 270)), "longitude": degrees(148_000 + spread(column, 220))})
}

/// The name of a group; no two numbers have the same.
pub(super) fn group(number: usize) -> (String, usize) {
    let place_number = number.wrapping_mul(7) % PLACES;
    let sort = OF_GROUPS.get((number / PLACES + number) % OF_GROUPS.len()).copied().unwrap_or_default();
    let again = number / (PLACES * OF_GROUPS.len());
    let name = format!("{} {sort}", place(place_number));
    (if again == 0 { name } else { format!("{name} {}", again + 1) }, place_number)
}

/// The name of a person.
pub(super) fn person(numbers: &mut Numbers) -> String {
    format!("{} {}", numbers.word(GIVEN), numbers.word(FAMILY))
}
