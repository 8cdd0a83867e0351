//! The systems map: what moves what, where it turns in loops, and who works on its levers.

use super::shown::{brief, by_title, flag, line};
use super::told::names;
use super::{Asked, Place, Question, Reply, Section, Unanswerable, seats};
use grid_protocol::id::{DocumentId, GroupId};
use grid_protocol::replica::Row;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

/// What moves what.
pub(super) const QUESTION: Question = Question {
    name: "systems",
    about: "The systems map: what moves what, where it turns in loops, and who works on its levers.",
    place: Place::Ask,
    words: &[],
    answer,
};

/// Loops that are shown at most, and the steps of the longest: nobody reads more.
const LOOPS: usize = 50;
const STEPS: usize = 12;
/// Factors from which loops are looked for at most, and factors that one such search looks at.
const SEARCHED: usize = 1000;
const REACHED: usize = 1000;

/// How a factor moves another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Push {
    More,
    Less,
}

/// The factors that a factor moves, and how.
type Moves = HashMap<DocumentId, BTreeMap<DocumentId, Push>>;

fn answer(asked: &Asked<'_>) -> Result<Reply, Unanswerable> {
    let mut factors: Vec<&Arc<Row>> = asked.records("factor").collect();
    by_title(asked, &mut factors);
    let known: BTreeSet<DocumentId> = factors.iter().map(|factor| factor.document).collect();
    let mut moves: Moves = HashMap::new();
    let mut moved: HashMap<DocumentId, usize> = HashMap::new();
    let mut influences: Vec<&Arc<Row>> = asked.records("influence").collect();
    by_title(asked, &mut influences);
    for influence in &influences {
        let end = |field| influence.values.text(field).parse().ok().filter(|id| known.contains(id));
        let (Some(from), Some(to)) = (end("from"), end("to")) else { continue };
        let push = if influence.values.text("effect") == "less" { Push::Less } else { Push::More };
        if moves.entry(from).or_default().insert(to, push).is_none() {
            *moved.entry(to).or_default() += 1;
        }
    }
    let rows = factors.iter().map(|factor| {
        let more = json!({
            "lever": flag(factor, "lever"),
            "moves": moves.get(&factor.document).map_or(0, BTreeMap::len),
            "moved": moved.get(&factor.document).copied().unwrap_or_default(),
            "bodies": asked.referring(factor, "body").count(),
            "about": brief(factor.values.text("about")),
        });
        line(asked, factor, more)
    });
    let columns = [
        ("title", "Factor"),
        ("lever", "Lever"),
        ("moves", "Moves"),
        ("moved", "Is moved by"),
        ("bodies", "Bodies on it"),
    ];
    let empty = "The map is empty: `grid factor new --name NAME` draws a first factor.";
    let section = Section::new("factors", "Factors", &columns, empty).rows(rows);
    let reply = Reply::default().with(levers(asked, &factors)).with(section).with(drawn(asked, &influences));
    Ok(reply.with(loops(asked, &factors, &moves)))
}

fn levers(asked: &Asked<'_>, factors: &[&Arc<Row>]) -> Section {
    let rows = factors.iter().filter(|factor| flag(factor, "lever")).map(|factor| {
        let mut bodies: Vec<&Arc<Row>> = asked.referring(factor, "body").collect();
        by_title(asked, &mut bodies);
        let groups: BTreeSet<GroupId> =
            bodies.iter().flat_map(|body| seats::filled(asked, body)).filter_map(|seat| seat.owner()).collect();
        let titles: Vec<String> = bodies.iter().map(|body| asked.title(body)).collect();
        let more = json!({
            "bodies": titles.join(", "),
            "body_ids": bodies.iter().map(|body| body.document.to_string()).collect::<Vec<_>>(),
            "groups": names(asked, &groups).join(", "),
            "why": if titles.is_empty() { "no body works on it" } else { "" },
        });
        line(asked, factor, more)
    });
    let columns = [("title", "Lever"), ("bodies", "Bodies"), ("groups", "Groups"), ("why", "Note")];
    let empty = "No factor is marked as a lever: `grid factor edit ID --lever yes` marks one.";
    Section::new("levers", "Levers and who works on them", &columns, empty).rows(rows)
}

fn drawn(asked: &Asked<'_>, influences: &[&Arc<Row>]) -> Section {
    let rows = influences.iter().map(|influence| {
        let end = |field| {
            let id = influence.values.text(field);
            asked.views.title_of_id(id).unwrap_or_else(|| "a factor that is not here".to_owned())
        };
        let effect = if influence.values.text("effect") == "less" { "less of" } else { "more of" };
        let why = brief(influence.values.text("why"));
        line(asked, influence, json!({"from": end("from"), "effect": effect, "to": end("to"), "why": why}))
    });
    let columns = [
        ("from", "The more of"),
        ("effect", "gives"),
        ("to", "What is moved"),
        ("why", "What shows it"),
        ("by", "Drawn by"),
    ];
    Section::new("influences", "What moves what", &columns, "Nothing moves anything yet.").rows(rows)
}

/// The shortest loop through each factor, each loop once: a walk in breadth that stops when it is home again.
fn loops(asked: &Asked<'_>, factors: &[&Arc<Row>], moves: &Moves) -> Section {
    let mut seen: BTreeSet<BTreeSet<DocumentId>> = BTreeSet::new();
    let mut found = Vec::new();
    for factor in factors.iter().filter(|factor| moves.contains_key(&factor.document)).take(SEARCHED) {
        let Some(path) = shortest_loop(factor.document, moves) else { continue };
        if found.len() < LOOPS && seen.insert(path.iter().copied().collect()) {
            found.push(path);
        }
    }
    let rows = found.into_iter().map(|path| {
        let ends = path.iter().zip(path.iter().cycle().skip(1));
        let less =
            ends.filter(|(from, to)| moves.get(from).and_then(|moves| moves.get(to)) == Some(&Push::Less)).count();
        let title = |id: &DocumentId| asked.views.title_of_id(&id.to_string()).unwrap_or_default();
        let names: Vec<String> = path.iter().chain(path.first()).map(title).collect();
        json!({
            "loop": names.join(" > "),
            "factors": path.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "sort": if less % 2 == 0 { "it feeds itself" } else { "it holds itself back" },
            "steps": path.len(),
        })
    });
    let columns = [("loop", "Loop"), ("sort", "What it does"), ("steps", "Steps")];
    Section::new("loops", "Loops", &columns, "Nothing turns in a loop.").rows(rows)
}

fn shortest_loop(home: DocumentId, moves: &Moves) -> Option<Vec<DocumentId>> {
    let mut came_from: HashMap<DocumentId, DocumentId> = HashMap::new();
    let mut open = VecDeque::from([(home, 1)]);
    while let Some((factor, steps)) = open.pop_front() {
        for next in moves.get(&factor).into_iter().flat_map(BTreeMap::keys) {
            if *next == home {
                let mut path = vec![factor];
                while let Some(before) = path.last().and_then(|last| came_from.get(last)) {
                    path.push(*before);
                }
                path.reverse();
                return Some(path);
            }
            if steps < STEPS && came_from.len() < REACHED && !came_from.contains_key(next) {
                came_from.insert(*next, factor);
                open.push_back((*next, steps + 1));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Coalition;
    use serde_json::json;

    #[test]
    fn loops_are_found_once_and_levers_name_who_works_on_them() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir"]);
        let price = coalition.record(0, "factor", json!({"name": "Price", "lever": true}));
        let wells = coalition.record(1, "factor", json!({"name": "Wells"}));
        let anger = coalition.record(1, "factor", json!({"name": "Anger", "lever": true}));
        for (from, to, effect) in
            [(&price, &wells, "more"), (&wells, &anger, "more"), (&anger, &wells, "less"), (&anger, &anger, "more")]
        {
            coalition.record(0, "influence", json!({"from": from, "to": to, "effect": effect}));
        }
        coalition.record(0, "influence", json!({"from": price, "to": Coalition::group(40)}));
        let body = coalition.record(0, "body", json!({"name": "Prices", "lever": price}));
        coalition.record(1, "seat", json!({"body": body}));
        let reply = coalition.ask("systems", &[]).unwrap();
        assert_eq!(Coalition::column(&reply, "loops", "loop"), ["Anger > Anger", "Wells > Anger > Wells"]);
        let sorts = Coalition::column(&reply, "loops", "sort");
        assert_eq!(sorts, ["it feeds itself", "it holds itself back"]);
        assert_eq!(Coalition::column(&reply, "levers", "bodies"), ["", "Prices"]);
        assert_eq!(Coalition::column(&reply, "levers", "groups"), ["", "Hollin Choir"]);
        assert_eq!(Coalition::column(&reply, "levers", "why"), ["no body works on it", ""]);
        assert_eq!(Coalition::column(&reply, "factors", "moves"), [2, 1, 1]);
        assert_eq!(reply.section("influences").unwrap().rows.len(), 5);
    }
}
