//! Ties: who knows whom, which ties grow stale, and which groups stand alone.

use super::Asked;
use super::asked::{instant, number, tags};
use super::shown::{by_name, id};
use super::whose::Whose;
use grid_protocol::id::{DocumentId, GroupId};
use grid_protocol::replica::Row;
use grid_protocol::time::Timestamp;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Days after which a tie is stale that does not say how often the two mean to meet.
const EVERY: f64 = 90.0;
/// People of one introduction that count as knowing each other: nobody introduces more at once.
const INTRODUCED: usize = 12;

/// Which group met, who of it, and whom: the names are here for the group's own ties alone.
type Met = (Option<GroupId>, String, String);

/// Who knows whom.
#[derive(Debug, Default)]
pub(super) struct Ties {
    known: BTreeSet<(String, String)>,
}

impl Ties {
    /// The ties and introductions that are shown here.
    pub(super) fn of(asked: &Asked<'_>) -> Self {
        let mut ties = Self::default();
        for row in asked.records("tie") {
            let (with, whom) = (row.values.text("with"), row.values.text("whom"));
            let group = asked.group_of(with).map(|group| group.to_string());
            let others = [party(asked, with), group, party(asked, whom)];
            let own = [row.owner().map(|group| group.to_string()), party(asked, row.values.text("who"))];
            for one in own.iter().flatten() {
                others.iter().flatten().for_each(|other| ties.note(one, other));
            }
        }
        for row in asked.records("introduction") {
            let people: Vec<String> = tags(row, "people").filter_map(|id| party(asked, id)).take(INTRODUCED).collect();
            for (place, one) in people.iter().enumerate() {
                people[..place].iter().for_each(|other| ties.note(one, other));
            }
        }
        ties
    }

    /// Whether two know each other, or were introduced.
    pub(super) fn join(&self, one: &str, other: &str) -> bool {
        let pair = if one <= other { (one, other) } else { (other, one) };
        self.known.contains(&(pair.0.to_owned(), pair.1.to_owned()))
    }

    fn note(&mut self, one: &str, other: &str) {
        let (one, other) = if one <= other { (one, other) } else { (other, one) };
        if one != other {
            self.known.insert((one.to_owned(), other.to_owned()));
        }
    }
}

/// The id under which a person, a group or a prospect is compared.
pub(super) fn party(asked: &Asked<'_>, text: &str) -> Option<String> {
    match asked.referred(text) {
        Some(row) => Some(id(row)),
        None => asked.group_of(text).map(|group| group.to_string()),
    }
}

/// The last meeting of each two that lies further back than they meant, the longest overdue first.
pub(super) fn stale(asked: &Asked<'_>, whose: &Whose) -> Vec<Json> {
    let mut last: BTreeMap<Met, (Timestamp, &Arc<Row>)> = BTreeMap::new();
    // Whose group wrote of a meeting, who of it was there, and with which group: with and without the person.
    let mut told: BTreeMap<(GroupId, &str, GroupId), Timestamp> = BTreeMap::new();
    for row in asked.current("tie") {
        // A meeting that is only planned is none yet.
        let Some(met) = Some(instant(row, "on").unwrap_or(row.created)).filter(|met| *met <= asked.now) else {
            continue;
        };
        let with = row.values.text("with");
        if let (Some(by), Some(group)) = (row.owner(), asked.group_of(with)) {
            for who in BTreeSet::from(["", row.values.text("who")]) {
                let known = told.entry((by, who, group)).or_insert(met);
                *known = met.max(*known);
            }
        }
        let named = [row.values.text("whom"), with].into_iter().find_map(|whom| party(asked, whom));
        let whom = named.unwrap_or_else(|| format!("{with} {}", row.values.text("title")));
        let key = (row.owner(), row.values.text("who").to_owned(), whom);
        let known = last.entry(key).or_insert((met, row));
        if (met, row.document) > (known.0, known.1.document) {
            *known = (met, row);
        }
    }
    // What the other side wrote of a later meeting counts, too: both tell of one tie.
    let others = |row: &Row| {
        let with = row.values.text("with");
        let who = asked.referred(with).filter(|row| row.kind() == Some("person")).map_or("", |_| with);
        told.get(&(asked.group_of(with)?, who, row.owner()?)).copied()
    };
    let mut stale: Vec<(u64, f64, Timestamp, &Arc<Row>)> = last
        .into_values()
        .filter_map(|(met, row)| {
            let sides = [row.owner(), asked.group_of(row.values.text("with"))];
            if !whose.is_everybody() && !sides.iter().flatten().any(|group| whose.holds_group(group)) {
                return None;
            }
            let met = others(row).map_or(met, |others| others.max(met));
            let every = number(row, "every_days").filter(|days| *days >= 0.0).unwrap_or(EVERY);
            let passed = asked.now.0.saturating_sub(met.0) / 86_400_000;
            (passed as f64 > every).then_some((passed, every, met, row))
        })
        .collect();
    stale.sort_by_cached_key(|(passed, every, _, row)| {
        let overdue = (*passed as f64 - every).min(1e9) as u64;
        (std::cmp::Reverse(overdue), by_name(&called(asked, row), row.document))
    });
    let shown = stale.into_iter().map(|(passed, every, met, row)| {
        json!({
            "id": row.document.to_string(),
            "name": called(asked, row),
            "group": row.owner().map(|group| group.to_string()),
            "by": asked.group_name(row),
            "with": with(asked, row),
            "last": met.to_string(),
            "why": format!("met {passed} days ago, meant every {every:.0}"),
        })
    });
    shown.collect()
}

/// What a tie is called: the two names to those who wrote them, the two groups to all others.
fn called(asked: &Asked<'_>, tie: &Row) -> String {
    match tie.values.text("title") {
        "" => format!("{} and {}", asked.group_name(tie), with(asked, tie)),
        names => names.to_owned(),
    }
}

/// With which group a meeting was, also where an earlier program named a person.
fn with(asked: &Asked<'_>, tie: &Row) -> String {
    match asked.group_of(tie.values.text("with")) {
        Some(group) => asked.name(&group),
        None => asked.title_named(tie, "with"),
    }
}

/// The member groups without a tie, a support in either direction, a match, or a body that others sit in too.
pub(super) fn isolated(asked: &Asked<'_>) -> BTreeSet<GroupId> {
    let mut connected: BTreeSet<GroupId> = BTreeSet::new();
    let mut join = |one: Option<GroupId>, other: Option<GroupId>| {
        if let (Some(one), Some(other)) = (one, other)
            && one != other
            && [one, other].iter().all(|group| !asked.views.ended.contains_key(group))
        {
            connected.extend([one, other]);
        }
    };
    for row in asked.records("tie") {
        join(row.owner(), asked.group_of(row.values.text("with")));
    }
    for row in asked.records("support") {
        let of = row.values.text("of");
        join(row.owner(), asked.referred(of).and_then(|row| row.owner()).or_else(|| asked.group_of(of)));
    }
    for row in asked.records("match").filter(|row| row.values.text("status") != "failed") {
        let needs = asked.named(row, "need").and_then(|need| need.owner());
        let with = row.values.text("with");
        join(needs, asked.group_of(with).or_else(|| asked.referred(with)?.owner()));
    }
    let mut bodies: BTreeMap<DocumentId, BTreeSet<GroupId>> = BTreeMap::new();
    for row in asked.records("seat") {
        let over = instant(row, "until").is_some_and(|until| until < asked.now) || !asked.views.holds(row);
        if let (Some(group), Some(body), false) = (row.owner(), asked.named(row, "body"), over) {
            bodies.entry(body.document).or_default().insert(group);
        }
    }
    connected.extend(bodies.into_values().filter(|groups| groups.len() > 1).flatten());
    asked.members().filter(|group| !connected.contains(group)).collect()
}
