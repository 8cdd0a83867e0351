//! What groups need, lend and give each other, and what they pay together.

use super::frame::{LANGUAGES, SKILLS, reference};
use super::life::{moment, moment_of, place_of};
use super::{DAYS, Making, names};
use serde_json::{Value as Json, json};

const THINGS: &[&str] = &["van", "hall", "projector", "tents", "sound system", "kitchen", "boat", "printing press"];
/// What nobody here has.
const LACKS: &[&str] = &[
    "A sign-language interpreter",
    "A bus with a lift",
    "A room with a hearing loop",
    "Somebody who reads mining licences",
    "A vet at the week-end",
];
const HANDS: &[&str] = &[
    "Hands for the kitchen",
    "Two people for the till",
    "Somebody who explains the accounts",
    "Help with the first meeting",
    "A hand with the leaflets",
    "Help at the gate by night",
];
const ENDED: &[&str] =
    &["Five came, and it was done by noon.", "They stayed for two days. Thank you.", "It was enough."];

/// A group needs something.
pub(super) fn need(making: &mut Making, by: usize) {
    let place = place_of(making, by);
    let (until, _) = moment(making);
    let numbers = &mut making.numbers;
    let (what, sort) = match numbers.percent(50) {
        true => (numbers.word(SKILLS), "skill"),
        false => (numbers.word(THINGS), "thing"),
    };
    let fields = json!({"title": format!("{what} in {}", names::place(place)), "sort": sort, "tags": [what],
        "place": names::place(place), "coordinates": names::point(place), "until": until,
        "languages": numbers.words(LANGUAGES, 1), "status": if numbers.percent(30) { "met" } else { "open" }});
    making.add(by, "need", fields);
}

/// A need that nothing in the coalition meets.
pub(super) fn lack(making: &mut Making, by: usize) {
    let home = making.groups.get(by).map_or(0, |group| group.place);
    let day = DAYS + 5 + making.numbers.below(50);
    let until = making.at(day, 18);
    let title = making.numbers.word(LACKS);
    making.add(
        by,
        "need",
        json!({"title": title, "sort": "service", "place": names::place(home), "coordinates": names::point(home),
        "until": until}),
    );
}

/// A request for hands: most get them, and those that are over say how it went.
pub(super) fn help(making: &mut Making, by: usize) {
    let place = place_of(making, by);
    let is_open = !making.has("need") || making.numbers.percent(45);
    let day = if is_open { DAYS + 3 + making.numbers.below(40) } else { making.numbers.below(DAYS) };
    let title = making.title("need", |numbers| format!("{} in {}", numbers.word(HANDS), names::place(place)));
    let (status, note) = if is_open { ("open", "") } else { ("met", making.numbers.word(ENDED)) };
    let fields = json!({"title": title, "sort": "help", "place": names::place(place),
        "coordinates": names::point(place), "until": making.at(day, 18), "status": status, "closing_note": note});
    let need = reference(making.add(by, "need", fields));
    let other = making.numbers.below(making.groups.len());
    if other != by && (!is_open || making.numbers.percent(60)) {
        making.add(other, "support", json!({"of": need, "sort": "offer", "what": "four people for the afternoon"}));
    }
}

/// A group lends something.
pub(super) fn asset(making: &mut Making, by: usize) {
    let place = place_of(making, by);
    let numbers = &mut making.numbers;
    let what = numbers.word(THINGS);
    let fields = json!({"name": format!("{what} of {}", names::place(place)), "tags": [what],
        "place": names::place(place), "coordinates": names::point(place),
        "terms": "bring it back clean", "days": numbers.words(&["friday", "saturday", "sunday"], 2)});
    making.add(by, "asset", fields);
}

/// Somebody brings a need and what meets it together.
pub(super) fn a_match(making: &mut Making, by: usize) {
    let (need, with) = (making.any("need"), making.any("asset"));
    if need.is_null() || with.is_null() {
        return;
    }
    // Those two say how far it is.
    let side = if making.numbers.percent(50) { &need } else { &with };
    let by = making.writer_of(side).unwrap_or(by);
    let status = making.numbers.word(&["suggested", "agreed", "done", "done", "failed"]);
    making.add(by, "match", json!({"need": need, "with": with, "status": status}));
}

/// A group asks for something that another lends, and mostly gets an answer.
pub(super) fn booking(making: &mut Making, by: usize) {
    let asset = making.any("asset");
    let day = match !making.has("booking") || making.numbers.percent(50) {
        true => DAYS + 2 + making.numbers.below(30),
        false => making.numbers.below(DAYS),
    };
    let (from, until) = moment_of(making, day);
    let Some(owner) = making.writer_of(&asset) else { return };
    let purpose = making.numbers.word(&["the march", "the stall", "the hearing", "a night at the gate"]);
    let fields = json!({"asset": asset, "from": from, "until": until, "purpose": purpose});
    let booking = making.add(by, "booking", fields);
    if owner != by && making.numbers.percent(60) {
        let says = making.numbers.word(&["yes", "yes", "maybe", "no"]);
        making.add(owner, "reply", json!({"to": reference(booking), "says": says}));
    }
}

/// A group gives to a fund.
pub(super) fn pledge(making: &mut Making, by: usize) {
    let (fund, amount) = (making.any("fund"), money(making));
    let status = making.numbers.word(&["promised", "given", "given"]);
    making.add(by, "pledge", json!({"fund": fund, "amount": amount, "status": status}));
}

/// Something is paid out of a fund.
pub(super) fn spending(making: &mut Making, by: usize) {
    let (fund, amount) = (making.any("fund"), money(making));
    making.add(by, "spending", json!({"fund": fund, "amount": amount, "what": "Bus to the hearing"}));
}

/// A group paid for something that many used.
pub(super) fn cost(making: &mut Making, by: usize) {
    let (event, amount) = (making.any("event"), money(making));
    making.add(by, "cost", json!({"event": event, "what": "Hall", "amount": amount}));
}

fn money(making: &mut Making) -> Json {
    json!({"amount": 500 * (1 + making.numbers.below(400)), "currency": "AUD"})
}
