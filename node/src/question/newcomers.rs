//! Newcomers: who has gone through what every newcomer learns, who has not yet, and who can lead by what was learnt.

use super::asked::tags;
use super::shown::{by_name, foremost};
use super::{Asked, Place, Question, Reply, Section, Unanswerable};
use crate::view::fold::folded;
use grid_protocol::id::{DocumentId, GroupId};
use grid_protocol::record::Role;
use grid_protocol::replica::Row;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// Who is trained.
pub(super) const QUESTION: Question = Question {
    name: "newcomers",
    about: "Who has gone through the core courses, who has not yet, and how many leaders the courses brought.",
    place: Place::Ask,
    words: &[],
    answer,
};

/// Somebody of a group: a listed person, or a name in a completion.
type Learner = (GroupId, String);

struct Learnt {
    name: String,
    id: Option<DocumentId>,
    courses: BTreeSet<DocumentId>,
}

fn answer(asked: &Asked<'_>) -> Result<Reply, Unanswerable> {
    let credited = Credited::of(asked);
    let courses = &credited.courses;
    let core: Vec<DocumentId> =
        courses.iter().filter(|(_, row)| row.values.text("level") == "core").map(|(course, _)| *course).collect();
    let learners = learners(asked, &credited);
    let done = |learnt: &Learnt| core.iter().filter(|course| learnt.courses.contains(course)).count();
    let trained = |learnt: &Learnt| !core.is_empty() && done(learnt) == core.len();
    let mut called: HashMap<GroupId, Arc<str>> = HashMap::new();
    for (group, _) in learners.keys() {
        called.entry(*group).or_insert_with(|| folded(&asked.name(group)).into());
    }
    let group = |(learner, learnt): &(&Learner, &Learnt)| (trained(learnt), called.get(&learner.0).cloned());
    let name = |(learner, learnt): &(&Learner, &Learnt)| (folded(&learnt.name), (*learner).clone());
    let mut people = foremost(learners.iter().collect(), asked.most()?, group, name);
    let missing = |learnt: &Learnt| -> Vec<String> {
        let missing = core.iter().filter(|course| !learnt.courses.contains(course));
        missing.take(3).filter_map(|course| courses.get(course).map(|row| asked.title(row))).collect()
    };
    if core.is_empty() {
        people.clear();
    }
    let of_people = people.iter().map(|((group, _), learnt)| {
        json!({
            "id": learnt.id.map(|id| id.to_string()),
            "name": learnt.name,
            "group": group.to_string(),
            "by": asked.name(group),
            "done": format!("{} of {}", done(learnt), core.len()),
            "trained": trained(learnt),
            "missing": missing(learnt),
        })
    });
    let mut groups: BTreeMap<GroupId, (usize, usize)> =
        asked.shown_members().into_iter().map(|group| (group, (0, 0))).collect();
    for ((group, _), learnt) in &learners {
        if let Some((people, ready)) = groups.get_mut(group) {
            *people += 1;
            *ready += usize::from(trained(learnt));
        }
    }
    let mut groups: Vec<(GroupId, (usize, usize))> = groups.into_iter().collect();
    groups.sort_by_cached_key(|(group, (_, ready))| (*ready > 0, by_name(&asked.name(group), DocumentId(group.0))));
    let of_groups = groups.iter().map(|(group, (people, ready))| {
        let why = match (people, ready) {
            (0, _) => "has listed nobody",
            (_, 0) => "nobody is trained yet",
            _ => "has somebody who is trained",
        };
        let name = asked.name(group);
        json!({"group": group.to_string(), "name": name, "people": people, "trained": ready, "why": why})
    });
    let columns = [
        ("name", "Name"),
        ("by", "Group"),
        ("done", "Core courses"),
        ("missing", "Still to do"),
        ("trained", "Trained"),
    ];
    let none = if core.is_empty() { "There is no core course yet." } else { "Nobody is listed yet." };
    let people = Section::new("people", "People, those who are not trained yet first", &columns, none)
        .of(if core.is_empty() { 0 } else { learners.len() })
        .rows(of_people);
    let columns = [("name", "Group"), ("people", "People"), ("trained", "Trained"), ("why", "Note")];
    let groups = Section::new("groups", "Groups", &columns, "There are no members yet.").rows(of_groups);
    Ok(Reply::default().with(people).with(groups).with(leaders(courses, &learners)))
}

/// The roles to which a course leads. Whoever completed one that leads to none has learnt something and leads nobody.
pub(super) fn leads_to(course: &Row) -> impl Iterator<Item = &str> {
    tags(course, "roles")
}

/// How many people completed courses that lead to each role, and to any.
fn leaders(courses: &BTreeMap<DocumentId, &Arc<Row>>, learners: &BTreeMap<Learner, Learnt>) -> Section {
    let leads = |learnt: &Learnt, role: Option<&str>| {
        let mut completed = learnt.courses.iter().filter_map(|course| courses.get(course));
        completed.any(|row| leads_to(row).any(|it| role.is_none_or(|role| it == role)))
    };
    let counted = |role: Option<&str>| {
        let mut names: Vec<&str> =
            learners.values().filter(|learnt| leads(learnt, role)).map(|learnt| learnt.name.as_str()).collect();
        names.sort_unstable();
        let count = names.len();
        names.truncate(5);
        json!({"role": role.unwrap_or("any"), "count": count, "names": names})
    };
    let rows = Role::ALL.into_iter().map(|role| Some(role.word())).chain([None]).map(counted);
    let columns = [("role", "Role"), ("count", "People"), ("names", "Among them")];
    Section::new("leaders", "Leaders by what they completed", &columns, "").rows(rows)
}

/// Whose completions count: a group says so of its own people, and whoever gives a course of anybody.
pub(super) struct Credited<'a> {
    courses: BTreeMap<DocumentId, &'a Arc<Row>>,
    people: BTreeMap<Learner, &'a Arc<Row>>,
    named: BTreeMap<Learner, Learner>,
}

impl<'a> Credited<'a> {
    /// The courses and the people who are listed.
    pub(super) fn of(asked: &Asked<'a>) -> Self {
        let courses = asked.records("course").map(|row| (row.document, row)).collect();
        let (mut people, mut named) = (BTreeMap::new(), BTreeMap::new());
        for person in asked.people() {
            let Some(group) = person.owner() else { continue };
            let key: Learner = (group, person.document.to_string());
            named.entry((group, folded(person.values.text("name")))).or_insert_with(|| key.clone());
            people.insert(key, person);
        }
        Self { courses, people, named }
    }

    /// Who completed which course by a completion that counts.
    pub(super) fn learner(&self, asked: &Asked<'_>, row: &Row) -> Option<(Learner, DocumentId)> {
        let (by, course) = (row.owner()?, row.values.text("course").parse::<DocumentId>().ok()?);
        let gives = self.courses.get(&course)?.owner() == Some(by);
        let learner = match asked.named(row, "person") {
            Some(person) => {
                let key = (person.owner()?, person.document.to_string());
                ((key.0 == by || gives) && self.people.contains_key(&key)).then_some(key)?
            }
            None => {
                let key = (by, folded(row.values.text("who")));
                let key = (!key.1.is_empty()).then_some(key)?;
                self.named.get(&key).cloned().unwrap_or(key)
            }
        };
        Some((learner, course))
    }
}

/// Everybody who is listed or has completed something, with what counts as completed.
fn learners(asked: &Asked<'_>, credited: &Credited<'_>) -> BTreeMap<Learner, Learnt> {
    let new = |name: &str, id| Learnt { name: name.to_owned(), id, courses: BTreeSet::new() };
    let listed = credited.people.iter();
    let mut learners: BTreeMap<Learner, Learnt> =
        listed.map(|(key, row)| (key.clone(), new(row.values.text("name"), Some(row.document)))).collect();
    for row in asked.current("completion") {
        if let Some((learner, course)) = credited.learner(asked, row) {
            learners.entry(learner).or_insert_with(|| new(row.values.text("who"), None)).courses.insert(course);
        }
    }
    learners
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Coalition;
    use serde_json::json;

    #[test]
    fn whoever_completed_every_core_course_is_trained_and_leaders_count() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir"]);
        let welcome = coalition.record(0, "course", json!({"title": "Welcome"}));
        let safety = coalition.record(0, "course", json!({"title": "Safety", "roles": ["driver"]}));
        coalition.record(0, "course", json!({"title": "Lead", "level": "lead", "roles": ["weaver"]}));
        let ann = coalition.record(1, "person", json!({"name": "Ann", "agreed": true}));
        let ben = coalition.record(1, "person", json!({"name": "Ben", "agreed": true}));
        coalition.record(1, "completion", json!({"course": welcome, "person": ann}));
        coalition.record(1, "completion", json!({"course": welcome, "person": ben}));
        let ask = |coalition: &Coalition, section: &str, key: &str| {
            Coalition::column(&coalition.ask("newcomers", &[]).unwrap(), section, key)
        };
        assert_eq!(ask(&coalition, "people", "done"), ["1 of 2", "1 of 2"]);
        assert_eq!(ask(&coalition, "people", "missing")[0], json!(["Safety"]));
        assert_eq!(ask(&coalition, "leaders", "count"), [0, 0, 0, 0, 0, 0]);
        coalition.record(1, "completion", json!({"course": safety, "person": ann}));
        coalition.record(0, "completion", json!({"course": safety, "person": ben}));
        assert_eq!(ask(&coalition, "people", "trained"), [true, true], "whoever gives a course says so too");
        assert_eq!(ask(&coalition, "leaders", "count"), [0, 2, 0, 0, 0, 2]);
        assert_eq!(ask(&coalition, "groups", "name"), ["Clean River", "Hollin Choir"], "the untrained first");
        assert_eq!(ask(&coalition, "groups", "trained"), [0, 2]);
    }

    #[test]
    fn nobody_trains_the_people_of_others_and_dangling_courses_count_for_nothing() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir"]);
        assert!(Coalition::column(&coalition.ask("newcomers", &[]).unwrap(), "people", "name").is_empty());
        let course = coalition.record(0, "course", json!({"title": "Welcome"}));
        let ann = coalition.record(0, "person", json!({"name": "Ann", "agreed": true}));
        coalition.record(1, "completion", json!({"course": course, "person": ann}));
        coalition.record(0, "completion", json!({"course": ann, "person": ann}));
        coalition.record(0, "completion", json!({"course": course}));
        let reply = coalition.ask("newcomers", &[]).unwrap();
        assert_eq!(Coalition::column(&reply, "people", "trained"), [false]);
        // A name stays with its group, which counts it; nobody else reads it.
        coalition.record(1, "completion", json!({"course": course, "who": "Bo"}));
        coalition.record(0, "completion", json!({"course": course, "who": "ANN"}));
        let reply = coalition.ask("newcomers", &[]).unwrap();
        assert_eq!(Coalition::column(&reply, "people", "name"), ["Ann"]);
        assert_eq!(Coalition::column(&reply, "people", "trained"), [true]);
    }
}
