//! Match: open needs and what meets them, the best first, each with the reason.
//!
//! Only what shares a word, or is of the same sort in the same place, is compared: words lead from a need to what is
//! offered under them, so that no need is held against everything, and of what is offered only that is read in full.

mod fit;

use super::asked::{instant, tags};
use super::lookup::Lookup;
use super::narrow::{self, Strictness};
use super::shown::{id, or_nothing, place};
use super::told::is_of_either;
use super::turns::{fairly, in_turn};
use super::whose::Whose;
use super::{Asked, Given, Place, Question, Reply, Section, Unanswerable, Word};
use crate::view::fold::{Phrase, bare};
use crate::view::told::Untold;
use fit::{Fit, Side, fit};
use grid_protocol::id::GroupId;
use grid_protocol::replica::Row;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Words of a need that are looked up.
const WORDS: usize = 32;
/// Offers for each need where many needs are shown, and where one is asked for.
const OFFERS: (usize, usize) = (3, 20);
/// Needs that are looked at where none is asked for: those that end soonest.
const NEEDS: usize = 500;
/// Needs and what meets them.
pub(super) const QUESTION: Question = Question {
    name: "match",
    about: "Open needs, also those that profiles list, and what meets them: assets, and skills of people and groups, each with the reason.",
    place: Place::Command,
    words: &[
        Word { name: "text", about: "Only what has these words, as a need or as what meets it.", many: Given::Bare },
        Word {
            name: "need",
            about: "Only this need: its id, its title, or the word by which profiles list it.",
            many: Given::Once,
        },
        Word { name: "group", about: "Only what this group needs: its name or its id, or mine.", many: Given::Once },
        narrow::PLACE,
        narrow::NEAR,
        narrow::WITHIN,
    ],
    answer,
};

fn answer(asked: &Asked<'_>) -> Result<Reply, Unanswerable> {
    narrow::exact_or_forgiving(|strictness| met(asked, strictness))
}

fn met(asked: &Asked<'_>, strictness: Strictness) -> Result<Reply, Unanswerable> {
    let whose = Whose::read(asked, strictness)?;
    let text = asked.all("text").collect::<Vec<_>>().join(" ");
    let text = Some(Phrase::new(&text)).filter(|_| !text.is_empty());
    let text = text.map(|phrase| if strictness == Strictness::Exact { phrase.exactly() } else { phrase });
    let has = |side: &Side<'_>, field: &str| text.as_ref().is_none_or(|text| side.says(text, field));
    let needs = needs(asked, &whose)?;
    let mut lookup = Lookup::of(needs.iter().map(Side::wanted));
    let offered: Vec<(&Arc<Row>, &str)> = [("asset", "tags"), ("person", "skills"), ("group", "skills")]
        .into_iter()
        .flat_map(|(kind, field)| offered(asked, kind).into_iter().map(move |row| (row, field)))
        .collect();
    for (place, (row, field)) in offered.iter().enumerate() {
        lookup.note(place, row, field);
    }
    let near: Vec<Vec<usize>> = needs.iter().map(|need| lookup.near(&need.wanted())).collect();
    let mut compared = vec![false; offered.len()];
    near.iter().flatten().for_each(|place| compared[*place] = true);
    let of_both = offered.iter().zip(compared);
    let offers: Vec<Option<Side<'_>>> =
        of_both.map(|((row, field), compared)| compared.then(|| Side::of(asked, row, field)).flatten()).collect();
    let each = if asked.word("need").is_some() { OFFERS.1 } else { OFFERS.0 };
    let (mut fits, mut unmet) = (Vec::new(), Vec::new());
    for (need, near) in needs.iter().zip(near) {
        let pairs = pairs(asked, need.row);
        let mut found: Vec<Fit<'_>> = near
            .into_iter()
            .filter_map(|place| Some((offers.get(place)?.as_ref()?, offered.get(place)?.1)))
            .filter(|(offer, field)| has(need, "tags") || has(offer, field))
            .map(|(offer, _)| offer)
            .filter_map(|offer| fit(need, offer, status(&pairs, offer)))
            .collect();
        found.sort_unstable_by(|one, other| one.order().cmp(&other.order()));
        found.truncate(each);
        if found.is_empty() && has(need, "tags") {
            unmet.push(need);
        }
        fits.extend(found);
    }
    fits.sort_by(|one, other| one.order().cmp(&other.order()));
    let (count, gaps, most) = (fits.len(), unmet.len(), asked.most()?);
    let fits = fairly(fits, most, |fit| Some(fit.need.group));
    let rows = fits.iter().map(|fit| shown(asked, fit));
    let none_open = needs.is_empty();
    let columns = [
        ("name", "Need"),
        ("by", "Needed by"),
        ("offer", "What meets it"),
        ("offered_by", "Whose"),
        ("why", "Why"),
        ("status", "How far"),
    ];
    let no_need = match whose.is_everybody() {
        true => "No need is open: `grid need new --title TITLE` tells of one.",
        false => "No need is open of those you asked for.",
    };
    let none = if none_open { no_need } else { "Nothing here meets an open need." };
    let fits = Section::new("matches", "What meets what", &columns, none).of(count).rows(rows);
    let rows = fairly(unmet, most, |need| Some(need.group)).into_iter().map(|need| {
        json!({
            "id": need.id(),
            "need_kind": need.row.kind(),
            "name": need.title,
            "group": need.group.to_string(),
            "by": asked.name(&need.group),
            "sort": or_nothing(need.sort()),
            "place": or_nothing(place(need.row)),
        })
    });
    let columns = [("name", "Need"), ("by", "Needed by"), ("sort", "What"), ("place", "Where")];
    let none = if none_open { no_need } else { "Something meets every need." };
    let unmet = Section::new("unmet", "Gaps: needs that nothing here meets", &columns, none).of(gaps);
    Ok(Reply::default().with(fits).with(unmet.rows(rows)))
}

/// The open needs, those that end soonest first, then the oldest, then what profiles list.
fn needs<'a>(asked: &Asked<'a>, whose: &Whose) -> Result<Vec<Side<'a>>, Unanswerable> {
    let Some(told) = asked.word("need") else {
        let mut needs = open(asked, |row| asked.shows(row) && whose.holds(row));
        let mut of_group: HashMap<GroupId, Vec<&Side<'_>>> = HashMap::new();
        needs.iter().for_each(|need| of_group.entry(need.group).or_default().push(need));
        let said = |word: &Side<'_>| {
            let needs = of_group.get(&word.group).into_iter().flatten();
            needs.take(NEEDS).any(|need| word.words.is_subset(&need.words))
        };
        let listed: Vec<Side<'_>> = listed(asked, None)
            .into_iter()
            .filter(|word| asked.shows(word.row) && whose.holds(word.row) && !said(word))
            .collect();
        needs.extend(listed);
        return Ok(fairly(needs, NEEDS, |need| Some(need.group)));
    };
    match asked.views.record_meant(&["need"], told) {
        Ok(only) => match open(asked, |row| row.document == only.document && whose.holds(row)) {
            needs if needs.is_empty() => {
                Err(Unanswerable::new("that need is not open any more", "`match` alone shows all open needs."))
            }
            needs => Ok(needs),
        },
        Err(untold @ Untold::Nothing { .. }) => match listed(asked, Some(&bare(told))) {
            needs if needs.is_empty() => Err(untold.into()),
            needs => Ok(needs.into_iter().filter(|need| whose.holds(need.row)).collect()),
        },
        Err(untold) => Err(untold.into()),
    }
}

/// The records of open needs that are wanted.
fn open<'a>(asked: &Asked<'a>, wanted: impl Fn(&Row) -> bool) -> Vec<Side<'a>> {
    let open = |row: &&'a Arc<Row>| {
        let over = instant(row, "until").is_some_and(|until| until < asked.now);
        row.values.text("status") == "open" && !over && !is_done(asked, row)
    };
    let mut rows: Vec<&Arc<Row>> = asked.current("need").filter(|row| wanted(row)).filter(open).collect();
    rows.sort_by_key(|row| (instant(row, "until").is_none(), instant(row, "until"), row.created, row.document));
    let rows = fairly(rows, NEEDS, |row| row.owner());
    rows.into_iter().filter_map(|row| Side::of(asked, row, "tags")).map(Side::in_short).collect()
}

/// What profiles list as needed, all of it or one word; a profile says it for as long as it lasts.
fn listed<'a>(asked: &Asked<'a>, only: Option<&str>) -> Vec<Side<'a>> {
    let words = |row: &'a Arc<Row>| tags(row, "needs").map(move |word| (row, word));
    let all = asked.profiles().into_values().flat_map(words);
    let wanted = all.filter(|(_, word)| only.is_none_or(|only| bare(word) == only));
    wanted.filter_map(|(row, word)| Side::of_profile(row, word)).map(Side::in_short).collect()
}

fn offered<'a>(asked: &Asked<'a>, kind: &str) -> Vec<&'a Arc<Row>> {
    let mut rows: Vec<&Arc<Row>> = match kind {
        "person" => asked.people().collect(),
        "group" => asked.profiles().into_values().collect(),
        _ => asked.current(kind).filter(|row| row.values.text("status") != "away").collect(),
    };
    // What meets a need is a suggestion to people, and not what they do not want to see.
    rows.retain(|row| asked.shows(row));
    rows.sort_unstable_by_key(|row| row.document);
    // Ids can be chosen with patience: whoever has many things does not stand before everybody who has one.
    in_turn(rows, |row| row.owner())
}

/// Whether the group that has the need or what meets it says that it is done.
fn is_done(asked: &Asked<'_>, need: &Row) -> bool {
    let mut done = asked.referring(need, "match").filter(|row| row.values.text("status") == "done");
    done.any(|row| is_of_either(asked, need, row))
}

/// What is known of a need and each thing that was thought to meet it: the word of those two counts before others'.
fn pairs<'a>(asked: &Asked<'a>, need: &Row) -> HashMap<String, &'a str> {
    let mut pairs: BTreeMap<String, (bool, &str)> = BTreeMap::new();
    for row in asked.referring(need, "match") {
        let with = row.values.text("with");
        let own = is_of_either(asked, need, row);
        let with = asked.views.group_named(with).map_or_else(|| with.to_owned(), |group| group.to_string());
        let status = row.values.text("status");
        let known = pairs.entry(with).or_insert((own, status));
        if own && !known.0 {
            *known = (own, status);
        }
    }
    // What others call failed is no reason to leave it out.
    let counts = |(with, (own, status)): (String, (bool, _))| (own || status != "failed").then_some((with, status));
    pairs.into_iter().filter_map(counts).collect()
}

/// How far a need and what may meet it are; most needs have no match yet.
fn status<'p>(pairs: &HashMap<String, &'p str>, offer: &Side<'_>) -> Option<&'p str> {
    if pairs.is_empty() { None } else { pairs.get(&id(offer.row)).copied() }
}

fn shown(asked: &Asked<'_>, fit: &Fit<'_>) -> Json {
    json!({
        "id": fit.need.id(),
        "need_kind": fit.need.row.kind(),
        "name": fit.need.title,
        "group": fit.need.group.to_string(),
        "by": asked.name(&fit.need.group),
        "with": id(fit.offer.row),
        "kind": fit.offer.row.kind(),
        "offer": fit.offer.title,
        "offering": fit.offer.group.to_string(),
        "offered_by": asked.name(&fit.offer.group),
        "score": fit.score,
        "why": fit.why().join(", "),
        "status": fit.status,
    })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Coalition, NOW};
    use super::super::shown::MOST;
    use super::*;
    use serde_json::json;

    fn coalition() -> (Coalition, String, String) {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir", "Ferry Friends"]);
        let need = coalition.record(
            0,
            "need",
            json!({"title": "Somebody's van", "sort": "vehicle", "tags": ["van"], "place": "Lismore",
                "from": "2026-12-05T08:00:00+11:00", "until": "2026-12-05T18:00:00+11:00"}),
        );
        let van = coalition.record(
            1,
            "asset",
            json!({"name": "White van", "sort": "vehicle", "tags": ["vans"], "place": "Lismore NSW", "days": ["saturday"]}),
        );
        coalition.record(1, "asset", json!({"name": "Far van", "sort": "vehicle", "tags": ["van"], "place": "Perth"}));
        coalition.record(
            1,
            "asset",
            json!({"name": "Sunday van", "tags": ["van"], "place": "Lismore", "days": ["sunday"]}),
        );
        coalition.record(
            0,
            "asset",
            json!({"name": "Own van", "sort": "vehicle", "tags": ["van"], "place": "Lismore"}),
        );
        coalition.record(2, "asset", json!({"name": "Boat", "sort": "vehicle", "place": "Ballina"}));
        (coalition, need, van)
    }

    fn ask(coalition: &Coalition) -> Reply {
        coalition.ask("match", &[]).unwrap()
    }

    #[test]
    fn the_pair_that_fits_best_comes_first_and_says_why() {
        let (coalition, need, van) = coalition();
        let reply = ask(&coalition);
        assert_eq!(Coalition::column(&reply, "matches", "offer"), ["White van", "Far van"]);
        assert_eq!(Coalition::column(&reply, "matches", "why")[0], "both in Lismore, van, Saturday");
        assert_eq!(Coalition::column(&reply, "matches", "with")[0], van);
        assert_eq!(
            Coalition::column(&coalition.ask("match", &[("need", &need)]).unwrap(), "matches", "offer").len(),
            2
        );
        for told in [&need[..8], "somebody's van"] {
            let reply = coalition.ask("match", &[("need", told)]).unwrap();
            assert_eq!(Coalition::column(&reply, "matches", "offer").len(), 2, "{told}");
        }
        assert!(coalition.ask("match", &[("need", "van")]).is_err());
        assert!(coalition.ask("match", &[("need", &van)]).unwrap_err().message.contains("no need"));
    }

    #[test]
    fn what_people_and_groups_can_do_meets_needs_too() {
        let mut coalition = Coalition::quiet_since(1, &["Clean River", "Hollin Choir"]);
        coalition.record(0, "need", json!({"title": "Translate a leaflet", "sort": "skill", "tags": ["translation"], "languages": ["Français"]}));
        coalition.record(0, "need", json!({"title": "Gasometer"}));
        coalition.record(
            1,
            "person",
            json!({"name": "Ann", "agreed": true, "skills": ["translation"], "languages": ["francais"]}),
        );
        coalition.record(1, "person", json!({"name": "Ben", "agreed": true, "skills": ["translation"]}));
        coalition.record(1, "group", json!({"name": "Hollin Choir", "skills": ["Translations", "singing"]}));
        let reply = ask(&coalition);
        assert_eq!(Coalition::column(&reply, "matches", "offer"), ["Ann", "Ben", "Hollin Choir"]);
        assert_eq!(Coalition::column(&reply, "matches", "why")[0], "translation, Français");
        assert_eq!(Coalition::column(&reply, "unmet", "name"), ["Gasometer"]);
    }

    #[test]
    fn what_a_profile_says_that_its_group_needs_is_matched_and_explained() {
        let mut coalition = Coalition::quiet_since(1, &["Clean River", "Hollin Choir", "Ferry Friends"]);
        let profile = |name: &str, fields: Json| {
            let mut all = json!({"name": name, "place": "Lismore"});
            all.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
            all
        };
        coalition.record(0, "group", profile("Clean River", json!({"needs": ["Vans", "translation", "gasometer"]})));
        coalition.record(1, "group", profile("Hollin Choir", json!({"skills": ["Translations"], "needs": ["a boat"]})));
        coalition.record(
            2,
            "asset",
            json!({"name": "White van", "sort": "vehicle", "place": "Lismore NSW", "days": ["saturday"]}),
        );
        coalition.record(2, "asset", json!({"name": "Boat", "place": "Perth"}));
        coalition.record(1, "need", json!({"title": "Small boat", "status": "open"}));
        let reply = ask(&coalition);
        let rows: Vec<(Json, Json, Json)> = reply
            .section("matches")
            .unwrap()
            .rows
            .iter()
            .map(|row| (row["name"].clone(), row["offer"].clone(), row["why"].clone()))
            .collect();
        let row = |name: &str, offer: &str, why: &str| (json!(name), json!(offer), json!(why));
        assert_eq!(
            rows,
            [
                row("translation", "Hollin Choir", "both in Lismore, translation"),
                row("Small boat", "Boat", "boat"),
                row("Vans", "White van", "both in Lismore, van"),
            ],
            "what a record of the group says is said once"
        );
        assert_eq!(Coalition::column(&reply, "matches", "id")[2], Coalition::group(0));
        assert_eq!(Coalition::column(&reply, "unmet", "name"), ["gasometer"]);
        let only = coalition.ask("match", &[("need", "TRANSLATION")]).unwrap();
        assert_eq!(Coalition::column(&only, "matches", "offer"), ["Hollin Choir"]);
        coalition.leaves(0);
        assert_eq!(Coalition::column(&ask(&coalition), "matches", "name"), ["Small boat"]);
    }

    #[test]
    fn a_gap_closes_when_one_of_the_two_says_so_and_not_before() {
        let (mut coalition, need, van) = coalition();
        let count = |coalition: &Coalition| Coalition::column(&ask(coalition), "matches", "offer").len();
        coalition.record(2, "match", json!({"need": need, "with": van, "status": "done"}));
        assert_eq!(count(&coalition), 2, "a third group's word does not close it");
        coalition.record(2, "match", json!({"need": need, "with": van, "status": "failed"}));
        assert_eq!(count(&coalition), 2);
        coalition.record(1, "match", json!({"need": need, "with": van, "status": "failed"}));
        assert_eq!(Coalition::column(&ask(&coalition), "matches", "offer"), ["Far van"]);
        coalition.record(1, "match", json!({"need": need, "with": van, "status": "done"}));
        assert_eq!(count(&coalition), 0);
        assert!(Coalition::column(&ask(&coalition), "unmet", "name").is_empty());
    }

    #[test]
    fn what_a_group_has_that_has_left_meets_nothing_and_no_open_need_is_no_success() {
        let (mut coalition, _, _) = coalition();
        coalition.leaves(1);
        assert!(Coalition::column(&ask(&coalition), "matches", "offer").is_empty());
        coalition.leaves(0);
        let reply = ask(&coalition);
        assert!(reply.sections.iter().all(|section| section.empty.contains("No need is open")), "{reply:?}");
    }

    #[test]
    fn what_a_hidden_group_has_meets_nothing() {
        let (mut coalition, _, _) = coalition();
        coalition.record(0, "hiding", json!({"what": "x", "sort": "group", "of_group": Coalition::group(1)}));
        assert_eq!(Coalition::column(&ask(&coalition), "unmet", "name"), ["Somebody's van"]);
        coalition.record(0, "need", json!({"title": "Over", "tags": ["boat"], "until": "2026-01-01T00:00:00Z"}));
        assert_eq!(Coalition::column(&ask(&coalition), "unmet", "name").len(), 1, "its time is over");
    }

    #[test]
    fn one_group_that_needs_and_offers_without_end_hides_nobodys_need_or_offer() {
        let mut coalition = Coalition::new(&["Clean River", "Mallory", "Hollin Choir"]);
        let soon = |number: usize| json!({"title": format!("Van {number}"), "until": "2026-11-23T10:00:00Z"});
        (0..NEEDS + 20).for_each(|number| drop(coalition.record(1, "need", soon(number))));
        coalition.record(0, "need", json!({"title": "Tents for the camp", "tags": ["tents"]}));
        for number in 0..220 {
            coalition.record(1, "asset", json!({"name": format!("Tents {number}")}));
        }
        coalition.record(2, "asset", json!({"name": "Tents of the choir", "tags": ["tents"]}));
        let reply = ask(&coalition);
        let offers = Coalition::column(&reply, "matches", "offer");
        assert!(offers.contains(&json!("Tents of the choir")), "{offers:?}");
        assert_eq!(Coalition::column(&reply, "unmet", "name").len(), MOST);
    }

    #[test]
    fn a_need_is_looked_up_under_as_many_words_as_people_write() {
        let mut coalition = Coalition::new(&["Mallory"]);
        let word = |number: usize| format!("{}{}{}", letter(number / 676), letter(number / 26), letter(number));
        let words = |from: usize, count: usize| (from..from + count).map(word).collect::<Vec<_>>().join(" ");
        let tags: Vec<String> = (0..50).map(|tag| words(20 * tag, 20)).collect();
        let fields = json!({"title": "Everything", "tags": tags, "place": words(0, 124)});
        coalition.record(0, "need", fields);
        let asked = Asked::new(&coalition.views, NOW, BTreeMap::new());
        let needs = needs(&asked, &Whose::read(&asked, Strictness::Exact).unwrap()).unwrap();
        assert_eq!(needs[0].words.len(), WORDS);
        assert!(needs[0].spot.words().len() <= 6);
    }

    fn letter(number: usize) -> char {
        char::from(b'a' + u8::try_from(number % 26).expect("below 26"))
    }
}
