//! Bookings: which asset is asked for by whom and when, what its owner says, and where two want it at once.

use super::asked::{instant, said_since};
use super::shown::{by_name, moment, or_nothing};
use super::told::record;
use super::{Asked, Given, Place, Question, Reply, Section, Unanswerable, Word};
use crate::view::status::is_cancelled;
use grid_protocol::replica::Row;
use grid_protocol::time::Timestamp;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Other bookings that a row names.
const NAMED: usize = 3;
/// Bookings after it that a booking is compared with: a day has no more.
const AHEAD: usize = 50;
/// Bookings of an asset that are looked at for one of them.
const LOOKED: usize = 2_000;

/// Who has asked for what.
pub(super) const QUESTION: Question = Question {
    name: "bookings",
    about: "Bookings of assets from now on: what the owner says, and where two overlap.",
    place: Place::Ask,
    words: &[Word { name: "asset", about: "Only this asset: its id or its name.", many: Given::Once }],
    answer,
};

/// What the owner of an asset says to a booking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Says {
    Granted,
    Refused,
    Perhaps,
    Nothing,
    /// What it said was about another time, or another asset.
    Outdated,
    /// Nobody asks itself.
    Own,
}

impl Says {
    const fn word(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::Refused => "refused",
            Self::Perhaps => "perhaps",
            Self::Nothing => "no answer yet",
            Self::Outdated => "no answer since it was changed",
            Self::Own => "it is its own",
        }
    }
}

struct Booked<'a> {
    row: &'a Arc<Row>,
    from: Timestamp,
    until: Timestamp,
    says: Says,
    overlaps: Vec<String>,
}

fn answer(asked: &Asked<'_>) -> Result<Reply, Unanswerable> {
    let only = record(asked, "asset", &["asset"])?;
    let mut assets: BTreeMap<String, Vec<Booked<'_>>> = BTreeMap::new();
    let of_asset =
        |row: &&Arc<Row>| only.is_none_or(|only| row.values.text("asset").parse().ok() == Some(only.document));
    for booked in asked.current("booking").filter(of_asset).filter_map(|row| Booked::of(asked, row)) {
        assets.entry(booked.row.values.text("asset").to_owned()).or_default().push(booked);
    }
    assets.values_mut().for_each(|booked| mark_overlaps(asked, booked));
    let mut assets: Vec<(String, Vec<Booked<'_>>)> = assets
        .into_values()
        .map(|booked| {
            let name = booked.first().map(|booked| asked.title_named(booked.row, "asset")).unwrap_or_default();
            (name, booked)
        })
        .collect();
    assets.sort_by_cached_key(|(name, booked)| booked.first().map(|booked| by_name(name, booked.row.document)));
    let rows = assets.iter().flat_map(|(name, booked)| booked.iter().map(|booked| shown(asked, name, booked)));
    let columns = [
        ("name", "Asset"),
        ("by", "Asked by"),
        ("from", "From"),
        ("until", "Until"),
        ("says", "Its owner says"),
        ("overlaps", "Overlaps with"),
    ];
    let section = Section::new("bookings", "Bookings", &columns, "Nothing is booked.");
    Ok(Reply::default().with(section.rows(rows)))
}

impl<'a> Booked<'a> {
    /// A booking that stands and is not over.
    fn of(asked: &Asked<'_>, row: &'a Arc<Row>) -> Option<Self> {
        let (from, until) = (instant(row, "from")?, instant(row, "until")?);
        let stands = !is_cancelled(row) && until >= asked.now;
        stands.then(|| Self { row, from, until, says: said(asked, row), overlaps: Vec::new() })
    }
}

/// The groups that want an asset at the time of a booking of it, a few of them.
pub(super) fn overlaps(asked: &Asked<'_>, booking: &Row) -> Vec<String> {
    let Some(asset) = asked.named(booking, "asset") else { return Vec::new() };
    let of_asset = asked.current_referring(asset, "booking").take(LOOKED);
    let mut booked: Vec<Booked<'_>> = of_asset.filter_map(|row| Booked::of(asked, row)).collect();
    mark_overlaps(asked, &mut booked);
    let own = booked.into_iter().find(|booked| booked.row.document == booking.document);
    let names: BTreeSet<String> = own.into_iter().flat_map(|booked| booked.overlaps).collect();
    names.into_iter().collect()
}

fn shown(asked: &Asked<'_>, name: &str, booked: &Booked<'_>) -> Json {
    let row = booked.row;
    let owner = asked.named(row, "asset");
    json!({
        "id": row.document.to_string(),
        "asset": or_nothing(row.values.text("asset")),
        "name": name,
        "group": row.owner().map(|group| group.to_string()),
        "by": asked.group_name(row),
        "owner": owner.map(|asset| asked.group_name(asset)),
        "from": moment(row, "from"),
        "until": moment(row, "until"),
        "purpose": or_nothing(row.values.text("purpose")),
        "says": booked.says.word(),
        "overlaps": booked.overlaps,
    })
}

/// The last word of the owner of the asset, where it is about what is asked for today.
fn said(asked: &Asked<'_>, booking: &Row) -> Says {
    let Some(owner) = asked.named(booking, "asset").and_then(|asset| asset.owner()) else { return Says::Nothing };
    if booking.owner() == Some(owner) {
        return Says::Own;
    }
    let replies = asked.referring(booking, "reply").filter(|row| row.owner() == Some(owner));
    let last = replies.max_by_key(|row| (row.changed, row.document));
    let asked_since = said_since(booking, &["asset", "from", "until"]);
    if last.zip(asked_since).is_some_and(|(last, since)| last.changed < since) {
        return Says::Outdated;
    }
    match last.map(|row| row.values.text("says")) {
        Some("yes") => Says::Granted,
        Some("no") => Says::Refused,
        Some("maybe") => Says::Perhaps,
        _ => Says::Nothing,
    }
}

/// Puts the bookings of one asset in the order of their beginnings, and says of each which others want it then.
fn mark_overlaps(asked: &Asked<'_>, booked: &mut [Booked<'_>]) {
    booked.sort_by_key(|booked| (booked.from, booked.row.document));
    let stands: Vec<usize> = (0..booked.len()).filter(|at| booked[*at].says != Says::Refused).collect();
    for (place, first) in stands.iter().enumerate() {
        for second in stands.iter().skip(place + 1).take(AHEAD) {
            // What ends when the other begins is in nobody's way.
            if booked[*second].from >= booked[*first].until {
                break;
            }
            for (one, other) in [(*first, *second), (*second, *first)] {
                if booked[one].overlaps.len() < NAMED {
                    let name = asked.group_name(booked[other].row);
                    booked[one].overlaps.push(name);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Coalition;
    use serde_json::{Value as Json, json};

    #[test]
    fn two_bookings_at_once_are_shown_as_such_until_the_owner_refuses_one() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir", "Ferry Friends"]);
        let van = coalition.record(0, "asset", json!({"name": "White van", "sort": "vehicle"}));
        let mut book = |by: usize, from: &str, until: &str| {
            let day = |hour: &str| format!("2026-12-05T{hour}:00:00Z");
            coalition.record(by, "booking", json!({"asset": van, "from": day(from), "until": day(until)}))
        };
        let first = book(1, "08", "12");
        let second = book(2, "11", "15");
        book(1, "15", "16");
        coalition.record(
            1,
            "booking",
            json!({"asset": van, "from": "2026-11-01T08:00:00Z", "until": "2026-11-01T09:00:00Z"}),
        );
        let ask = |coalition: &Coalition, key: &str| {
            Coalition::column(&coalition.ask("bookings", &[("asset", &van)]).unwrap(), "bookings", key)
        };
        assert_eq!(ask(&coalition, "overlaps"), [json!(["Ferry Friends"]), json!(["Hollin Choir"]), json!([])]);
        coalition.record(0, "reply", json!({"to": first, "says": "yes"}));
        coalition.record(0, "reply", json!({"to": second, "says": "no"}));
        coalition.record(1, "reply", json!({"to": second, "says": "yes"}));
        let says = ["granted", "refused", "no answer yet"].map(Json::from);
        assert_eq!(ask(&coalition, "says"), says, "only the owner's word counts");
        assert_eq!(ask(&coalition, "overlaps"), [json!([]), json!([]), json!([])]);
    }

    #[test]
    fn a_booking_that_was_changed_since_its_owner_said_yes_is_not_granted() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir"]);
        let van = coalition.record(0, "asset", json!({"name": "White van", "sort": "vehicle"}));
        let booking = |until: &str, purpose: &str| {
            let until = format!("2026-12-{until}T12:00:00Z");
            json!({"asset": van, "from": "2026-12-05T08:00:00Z", "until": until, "purpose": purpose})
        };
        let longer = [(9, booking("05", "")), (6, booking("24", "")), (5, booking("24", "Chairs"))];
        let longer = coalition.corrected(1, "booking", &longer);
        let same = coalition.corrected(1, "booking", &[(9, booking("05", "")), (6, booking("05", "Chairs"))]);
        for id in [&longer, &same] {
            coalition.days_ago(8).record(0, "reply", json!({"to": id, "says": "yes"}));
        }
        let says = |coalition: &Coalition| {
            let reply = coalition.ask("bookings", &[]).unwrap();
            let of = |id: &str| {
                reply.section("bookings").unwrap().rows.iter().find(|row| row["id"] == id).unwrap()["says"].clone()
            };
            [of(&longer), of(&same)]
        };
        assert_eq!(says(&coalition), ["no answer since it was changed", "granted"]);
        coalition.days_ago(4).record(0, "reply", json!({"to": longer, "says": "yes"}));
        assert_eq!(says(&coalition), ["granted", "granted"]);
        // Nobody knows any more what a booking said that was changed very often.
        let often = (0..40).rev().map(|day| (day, booking("05", if day % 2 == 0 { "Chairs" } else { "Tables" })));
        let often: Vec<_> = often.collect();
        let often = coalition.corrected(1, "booking", &often);
        coalition.days_ago(38).record(0, "reply", json!({"to": often, "says": "yes"}));
        let reply = coalition.ask("bookings", &[]).unwrap();
        let row = reply.section("bookings").unwrap().rows.iter().find(|row| row["id"] == *often).unwrap();
        assert_eq!(row["says"], "no answer since it was changed");
    }

    #[test]
    fn a_booking_of_an_asset_that_is_not_here_is_listed_and_a_cancelled_one_is_not() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir"]);
        let gone = Coalition::group(9);
        let times = json!({"asset": gone, "from": "2026-12-05T08:00:00Z", "until": "2026-12-05T09:00:00Z"});
        coalition.record(0, "booking", times.clone());
        let mut cancelled = times;
        cancelled["status"] = json!("cancelled");
        coalition.record(0, "booking", cancelled);
        let reply = coalition.ask("bookings", &[]).unwrap();
        assert_eq!(Coalition::column(&reply, "bookings", "name"), ["not here"]);
        assert!(coalition.ask("bookings", &[("asset", "van")]).unwrap_err().hint.contains("id"));
    }
}
