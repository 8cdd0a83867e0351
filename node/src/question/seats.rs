//! Seats: who sits in a body, in which role, and until when.

use super::Asked;
use super::asked::{instant, number, tags};
use grid_protocol::id::GroupId;
use grid_protocol::replica::Row;
use grid_protocol::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

/// Where the term of a seat stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SeatState {
    /// Somebody sits there.
    Filled,
    /// The term begins later.
    Upcoming,
    /// The term is over.
    Over,
}

impl SeatState {
    /// Where the term of a seat stands at a moment.
    pub(super) fn of(seat: &Row, now: Timestamp) -> Self {
        match (instant(seat, "from"), instant(seat, "until")) {
            (_, Some(until)) if until <= now => SeatState::Over,
            (Some(from), _) if now < from => SeatState::Upcoming,
            _ => SeatState::Filled,
        }
    }

    /// The word for it.
    pub(super) const fn word(self) -> &'static str {
        match self {
            SeatState::Filled => "filled",
            SeatState::Upcoming => "not begun",
            SeatState::Over => "over",
        }
    }
}

/// The seats of a body in which somebody sits now.
pub(super) fn filled<'a>(asked: &Asked<'a>, body: &Row) -> Vec<&'a Arc<Row>> {
    filled_at(asked, body, asked.now)
}

/// The seats of a body in which somebody sat at a moment.
pub(super) fn filled_at<'a>(asked: &Asked<'a>, body: &Row, when: Timestamp) -> Vec<&'a Arc<Row>> {
    asked.current_referring(body, "seat").filter(|seat| SeatState::of(seat, when) == SeatState::Filled).collect()
}

/// The roles of a seat, in lower case: `Chair and host` is two.
pub(super) fn roles(seat: &Row) -> BTreeSet<String> {
    let role = seat.values.text("role").to_lowercase().replace(" and ", ",");
    role.split([',', ';', '/', '&', '+'])
        .map(|role| role.trim().replace('-', " "))
        .filter(|role| !role.is_empty())
        .collect()
}

/// A seat or a role in which nobody is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Vacancy {
    /// So many of so many seats.
    Seats {
        /// Seats that are empty.
        empty: f64,
        /// Seats in all.
        of: f64,
    },
    /// A role that is looked for.
    Role(String),
    /// A group that could send somebody.
    Group(GroupId),
    /// So many of so many groups that could.
    Groups {
        /// Groups that send nobody.
        empty: usize,
        /// Groups in all.
        of: usize,
    },
}

/// Groups that send nobody and are named; where there are more they are counted.
const NAMED: usize = 30;

/// What is vacant in a body. Representatives without a number of seats: every group of the unit may send somebody.
pub(super) fn vacancies(asked: &Asked<'_>, body: &Row, filled: &[&Arc<Row>]) -> Vec<Vacancy> {
    let mut vacant = Vec::new();
    match number(body, "seats") {
        Some(seats) => {
            let empty = seats - filled.len() as f64;
            if empty > 0.0 {
                vacant.push(Vacancy::Seats { empty, of: seats });
            }
        }
        None if body.values.text("sort") == "representatives" => {
            let sent: BTreeSet<GroupId> = filled.iter().filter_map(|seat| seat.owner()).collect();
            // Counted before anybody is named: bodies are many, and so are groups.
            match asked.referred(body.values.text("unit")).map(|unit| &unit.document) {
                Some(unit) => {
                    let nested = asked.nested();
                    let of = nested.count(unit);
                    let empty = of - sent.iter().filter(|group| nested.holds(unit, group)).count();
                    missing(&mut vacant, empty, of, || nested.groups(unit).filter(|group| !sent.contains(group)));
                }
                None => {
                    let of = asked.views.members.len();
                    let members: HashSet<&GroupId> = match sent.is_empty() {
                        true => HashSet::new(),
                        false => asked.views.members.iter().collect(),
                    };
                    let empty = of - sent.iter().filter(|group| members.contains(group)).count();
                    missing(&mut vacant, empty, of, || asked.members().filter(|group| !sent.contains(group)));
                }
            }
        }
        None => {}
    }
    let covered: BTreeSet<String> = filled.iter().flat_map(|seat| roles(seat)).collect();
    let open =
        tags(body, "wanted_roles").filter(|role| !covered.contains(&role.trim().to_lowercase().replace('-', " ")));
    vacant.extend(open.map(|role| Vacancy::Role(role.to_owned())));
    vacant
}

/// Notes the groups that send nobody: by name where they are few, else how many they are.
fn missing<I: Iterator<Item = GroupId>>(vacant: &mut Vec<Vacancy>, empty: usize, of: usize, named: impl FnOnce() -> I) {
    if empty > NAMED {
        vacant.push(Vacancy::Groups { empty, of });
    } else if empty > 0 {
        let groups: BTreeSet<GroupId> = named().collect();
        vacant.extend(groups.into_iter().map(Vacancy::Group));
    }
}

/// The roles in which somebody brings a body together without leading it.
const CONVENES: [&str; 4] = ["convener", "host", "early investor", "fiscal sponsor"];

/// Groups that convene a body and chair it too, with the role in which they convene.
pub(super) fn chairing_conveners(filled: &[&Arc<Row>]) -> Vec<(GroupId, String)> {
    let mut held: BTreeMap<GroupId, BTreeSet<String>> = BTreeMap::new();
    for seat in filled {
        if let Some(group) = seat.owner() {
            held.entry(group).or_default().extend(roles(seat));
        }
    }
    let chairs =
        |roles: &BTreeSet<String>| ["chair", "chairperson", "co chair"].iter().any(|chair| roles.contains(*chair));
    held.into_iter()
        .filter(|(_, roles)| chairs(roles))
        .filter_map(|(group, roles)| Some((group, (*CONVENES.iter().find(|role| roles.contains(**role))?).to_owned())))
        .collect()
}

/// What a seat's holder is called: the listed person, the name, else the group.
pub(super) fn holder(asked: &Asked<'_>, seat: &Row) -> String {
    let person = asked.referred(seat.values.text("person")).map(|person| asked.title(person));
    let named = Some(seat.values.text("holder").to_owned()).filter(|name| !name.is_empty());
    person.or(named).unwrap_or_else(|| asked.group_name(seat))
}
