//! The report: what all reports of a period add up to. Every figure names the reports that it comes from.

use super::asked::number;
use super::owed::owed;
use super::period::{Period, SINCE, UNTIL, comes_back, day_of};
use super::shown::{brief, by_name, count, day_or_moment, figure, line};
use super::told::{GROUP, group};
use super::{Asked, Given, Place, Question, Reply, Section, Unanswerable, Word};
use grid_protocol::id::{DocumentId, GroupId};
use grid_protocol::record::{Audience, Field};
use grid_protocol::replica::Row;
use jiff::civil::Date;
use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What the reports add up to.
pub(super) const QUESTION: Question = Question {
    name: "report",
    about: "What all reports of a period add up to, and which actions still owe one.",
    place: Place::Command,
    words: &[
        SINCE,
        UNTIL,
        GROUP,
        Word {
            name: "for",
            about: "For whom: coalition, or public, which leaves out whatever is not for everybody.",
            many: Given::Once,
        },
    ],
    answer,
};

/// For whom a report is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Readers {
    Coalition,
    Public,
}

impl Readers {
    fn asked(asked: &Asked<'_>) -> Result<Self, Unanswerable> {
        match asked.word("for") {
            None | Some("coalition") => Ok(Readers::Coalition),
            Some("public") => Ok(Readers::Public),
            Some(other) => {
                let shown: String = other.chars().take(80).collect();
                let message = format!("for: expected coalition or public, found {shown:?}");
                Err(Unanswerable::new(message, "Give coalition or public."))
            }
        }
    }

    const fn may_read(self, audience: Audience) -> bool {
        match self {
            Readers::Coalition => audience.travels(),
            Readers::Public => matches!(audience, Audience::Public),
        }
    }
}

/// What is added up: the field, and what stands before its figure.
const FIGURES: [(&str, &str); 5] = [
    ("people", "People who took part"),
    ("letters", "Letters"),
    ("initiatives", "Initiatives that nobody had planned"),
    ("media", "Times that the press told of it"),
    ("legislators", "Legislators who moved"),
];

fn answer(asked: &Asked<'_>) -> Result<Reply, Unanswerable> {
    let period = Period::asked(asked)?;
    let of = group(asked)?;
    let readers = Readers::asked(asked)?;
    let by = |row: &&Arc<Row>| of.is_none_or(|of| row.owner() == Some(of));
    let mut reports: Vec<&Arc<Row>> =
        asked.records("report").filter(by).filter(|report| period.holds_row(report, "on")).collect();
    reports.sort_by_cached_key(|report| {
        (super::period::day_or_written(report, "on"), asked.title(report), report.document)
    });
    let heading = format!("What came of it, {}", period.words());
    let counted = Counted::of(asked, &reports);
    let tallies = || asked.records("tally").filter(|row| by(row) && period.holds_row(row, "on"));
    // Tallies are for the coalition.
    let tallied = (readers == Readers::Coalition).then(|| tallies().map(|tally| count(tally, "letters")).sum());
    let reply =
        Reply::default().with(totals(&reports, &counted, tallied, heading)).with(groups(asked, &reports, &counted));
    let reply = reply.with(list(asked, &reports, readers));
    Ok(match readers {
        Readers::Public => reply,
        Readers::Coalition => reply.with(owed(asked, of, period)),
    })
}

/// Which report counts for which figure. Several groups may report one action, with the same people in all of them: the
/// one whose action it is knows best, and where it does not tell of a figure, whoever tells of the most. Of a moment and
/// its actions both may be reported: for each figure either the reports of the moment count or those of its actions,
/// whichever tell of more.
struct Counted(BTreeMap<&'static str, BTreeSet<DocumentId>>);

impl Counted {
    fn of<'a>(asked: &Asked<'a>, reports: &[&'a Arc<Row>]) -> Self {
        let things = Thing::all(asked, reports);
        let sum = |reports: &[&Row], field| reports.iter().map(|report| count(report, field)).sum::<f64>();
        let counted = FIGURES.iter().map(|(field, _)| {
            let mut counted: Vec<&Row> = Vec::new();
            let mut moments: BTreeMap<DocumentId, [Vec<&Row>; 2]> = BTreeMap::new();
            for thing in &things {
                let told = thing.told(field);
                let part_of = thing.of.and_then(|of| asked.named(of, "moment"));
                match (thing.of, part_of) {
                    (Some(of), _) if is_moment(of) => moments.entry(of.document).or_default()[0].extend(told),
                    (Some(_), Some(moment)) => moments.entry(moment.document).or_default()[1].extend(told),
                    _ => counted.extend(told),
                }
            }
            let wider =
                |[whole, parts]: [Vec<_>; 2]| if sum(&whole, field) > sum(&parts, field) { whole } else { parts };
            counted.extend(moments.into_values().flat_map(wider));
            (*field, counted.into_iter().map(|report| report.document).collect())
        });
        Self(counted.collect())
    }

    fn holds(&self, field: &str, report: &Row) -> bool {
        self.0.get(field).is_some_and(|counted| counted.contains(&report.document))
    }
}

/// Something that was reported, of what comes back one time of it, with its reports.
struct Thing<'r> {
    of: Option<&'r Arc<Row>>,
    reports: Vec<&'r Arc<Row>>,
}

impl<'r> Thing<'r> {
    fn all(asked: &Asked<'r>, reports: &[&'r Arc<Row>]) -> Vec<Self> {
        let mut things: BTreeMap<(&str, Option<Date>), Self> = BTreeMap::new();
        let mut alone = Vec::new();
        for report in reports.iter().copied() {
            let of = asked.named(report, "action");
            let day = of.filter(|of| comes_back(of)).and_then(|_| day_of(report, "on"));
            match report.values.text("action") {
                "" => alone.push(Self { of, reports: vec![report] }),
                id => things.entry((id, day)).or_insert(Self { of, reports: Vec::new() }).reports.push(report),
            }
        }
        things.into_values().chain(alone).collect()
    }

    /// The reports that count for a figure.
    fn told(&self, field: &str) -> Vec<&'r Row> {
        let by = |group: Option<GroupId>| {
            let own = self.reports.iter().filter(move |report| report.owner() == group);
            own.map(|report| &***report).collect::<Vec<_>>()
        };
        match self.of {
            // At a moment each group does something of its own.
            Some(of) if is_moment(of) => self.reports.iter().map(|report| &***report).collect(),
            Some(of) if by(of.owner()).iter().any(|report| number(report, field).is_some()) => by(of.owner()),
            _ => {
                let mut sums: BTreeMap<Option<GroupId>, f64> = BTreeMap::new();
                for report in &self.reports {
                    *sums.entry(report.owner()).or_default() += count(report, field);
                }
                let most = sums.into_iter().max_by(|(_, one), (_, other)| one.total_cmp(other));
                most.map_or_else(Vec::new, |(group, _)| by(group))
            }
        }
    }
}

fn is_moment(row: &Row) -> bool {
    row.kind() == Some("moment")
}

fn totals(reports: &[&Arc<Row>], counted: &Counted, tallied: Option<f64>, heading: String) -> Section {
    let ids = |counted: &[&Arc<Row>]| counted.iter().map(|report| report.document.to_string()).collect::<Vec<_>>();
    let figures = FIGURES.iter().map(|(field, what)| {
        let tells = |report: &&Arc<Row>| count(report, field) > 0.0 && counted.holds(field, report);
        let counted: Vec<&Arc<Row>> = reports.iter().copied().filter(tells).collect();
        let sum: f64 = counted.iter().map(|report| count(report, field)).sum();
        let tallied = tallied.filter(|tallied| *field == "letters" && *tallied != sum);
        let note = tallied.map(|tallied| format!("as reports tell; tallies count {}: grid ask letters", figure(tallied)));
        json!({"field": field, "what": what, "figure": figure(sum), "from": counted.len(), "ids": ids(&counted), "why": note})
    });
    let actions: BTreeSet<&str> =
        reports.iter().map(|report| report.values.text("action")).filter(|action| !action.is_empty()).collect();
    let of_actions: Vec<&Arc<Row>> =
        reports.iter().copied().filter(|report| !report.values.text("action").is_empty()).collect();
    let actions = json!({
        "field": "action",
        "what": "Actions, events and moments that were reported",
        "figure": actions.len(),
        "from": of_actions.len(),
        "ids": ids(&of_actions),
    });
    let columns = [("what", "What"), ("figure", "How many"), ("from", "From reports"), ("why", "Note")];
    let rows = (!reports.is_empty()).then_some(figures.chain([actions])).into_iter().flatten();
    Section::new("totals", heading, &columns, "There is no report of that time.").rows(rows)
}

fn groups(asked: &Asked<'_>, reports: &[&Arc<Row>], counted: &Counted) -> Section {
    let mut sums: BTreeMap<GroupId, (usize, BTreeMap<&str, f64>)> = BTreeMap::new();
    for report in reports {
        let Some(group) = report.owner() else { continue };
        let (reports, sum) = sums.entry(group).or_default();
        *reports += 1;
        for (field, _) in FIGURES {
            let figure = if counted.holds(field, report) { count(report, field) } else { 0.0 };
            *sum.entry(field).or_default() += figure;
        }
    }
    let mut sums: Vec<_> = sums.into_iter().map(|(group, sums)| (asked.views.name_of(&group), group, sums)).collect();
    sums.sort_by_cached_key(|(name, group, _)| by_name(name, *group));
    let rows = sums.into_iter().map(|(name, group, (reports, sum))| {
        let mut row = Map::from_iter(sum.into_iter().map(|(field, sum)| (field.to_owned(), figure(sum))));
        row.insert("group".to_owned(), group.to_string().into());
        row.insert("name".to_owned(), name.into());
        row.insert("reports".to_owned(), reports.into());
        Json::Object(row)
    });
    let columns = [
        ("name", "Group"),
        ("reports", "Reports"),
        ("people", "People"),
        ("letters", "Letters"),
        ("media", "Press"),
        ("legislators", "Legislators"),
    ];
    Section::new("groups", "By group", &columns, "There is no report of that time.").rows(rows)
}

fn list(asked: &Asked<'_>, reports: &[&Arc<Row>], readers: Readers) -> Section {
    let rows = reports.iter().map(|report| {
        let kind = asked.kind_of(report);
        let readable = |field: &&Field| readers.may_read(field.audience);
        let fields = kind.into_iter().flat_map(|kind| kind.fields.iter().filter(readable));
        let fields: Map<String, Json> = fields
            .filter_map(|field| Some((field.name.to_string(), report.values.get(&field.name)?.to_json())))
            .collect();
        let more = json!({
            "on": day_or_moment(asked, report, "on"),
            "people": figure(count(report, "people")),
            "letters": figure(count(report, "letters")),
            "outcome": brief(report.values.text("outcome")),
            "fields": fields,
        });
        line(asked, report, more)
    });
    let columns = [
        ("title", "Report"),
        ("by", "Group"),
        ("on", "When"),
        ("people", "People"),
        ("letters", "Letters"),
        ("outcome", "What came of it"),
    ];
    Section::new("reports", "The reports", &columns, "There is no report of that time.").rows(rows)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Coalition;
    use serde_json::json;

    fn coalition() -> Coalition {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir"]);
        let vigil = json!({"title": "Vigil", "starts": "2026-11-10T10:00:00Z"});
        let vigil = coalition.record(0, "action", vigil);
        coalition.record(1, "action", json!({"title": "Song", "starts": "2026-11-12T10:00:00Z"}));
        coalition.record(1, "action", json!({"title": "March", "starts": "2026-12-12T10:00:00Z"}));
        let told = json!({
            "title": "The vigil", "action": vigil, "on": "2026-11-10T10:00:00Z", "people": 40, "letters": 12,
            "internal": "the mayor wavers", "private": "Ana's number"
        });
        coalition.record(0, "report", told);
        coalition.record(
            1,
            "report",
            json!({"title": "Letters", "on": "2026-10-01T10:00:00Z", "letters": 30, "media": 2}),
        );
        coalition
    }

    #[test]
    fn every_figure_can_be_worked_out_again_from_the_reports_that_it_names() {
        let coalition = coalition();
        let reply = coalition.ask("report", &[]).unwrap();
        assert_eq!(Coalition::column(&reply, "totals", "figure"), [40, 42, 0, 2, 0, 1]);
        for total in reply.section("totals").unwrap().rows.iter().filter(|total| total["field"] != "action") {
            let ids = total["ids"].as_array().unwrap();
            let again: f64 = reply
                .section("reports")
                .unwrap()
                .rows
                .iter()
                .filter(|row| ids.contains(&row["id"]))
                .filter_map(|row| row["fields"][total["field"].as_str().unwrap()].as_f64())
                .sum();
            assert_eq!(total["figure"].as_f64(), Some(again), "{total:?}");
        }
        assert_eq!(Coalition::column(&reply, "groups", "letters"), [12, 30]);
        assert_eq!(Coalition::column(&reply, "owed", "title"), ["Song"]);
    }

    #[test]
    fn a_report_is_narrowed_by_period_and_group() {
        let coalition = coalition();
        let november = coalition.ask("report", &[("since", "2026-11-01"), ("until", "2026-11-30")]).unwrap();
        assert_eq!(Coalition::column(&november, "reports", "title"), ["The vigil"]);
        let choir = coalition.ask("report", &[("group", "Hollin Choir")]).unwrap();
        assert_eq!(Coalition::column(&choir, "reports", "title"), ["Letters"]);
        assert!(coalition.ask("report", &[("for", "friends")]).unwrap_err().hint.contains("public"));
    }

    #[test]
    fn a_report_for_everybody_holds_public_fields_alone_and_none_holds_what_is_local() {
        let coalition = coalition();
        let shown =
            |readers: &str| serde_json::to_string(&coalition.ask("report", &[("for", readers)]).unwrap()).unwrap();
        assert!(shown("coalition").contains("the mayor wavers"));
        assert!(!shown("public").contains("the mayor wavers"));
        assert!(!shown("coalition").contains("Ana's number") && !shown("public").contains("Ana's number"));
        assert!(coalition.ask("report", &[("for", "public")]).unwrap().section("owed").is_none());
    }

    #[test]
    fn what_a_moment_and_its_actions_report_is_counted_once_and_tallies_are_told_apart() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir"]);
        let day = coalition.record(0, "moment", json!({"title": "River day"}));
        let walk = coalition.record(0, "action", json!({"title": "Walk", "moment": day}));
        let song = coalition.record(1, "action", json!({"title": "Song", "moment": day}));
        coalition.record(0, "report", json!({"title": "Walk", "action": walk, "people": 20, "letters": 4}));
        coalition.record(1, "report", json!({"title": "Song", "action": song, "people": 15}));
        coalition.record(0, "report", json!({"title": "Day", "action": day, "people": 30, "letters": 9}));
        coalition.record(1, "tally", json!({"action": walk, "letters": 120}));
        let reply = coalition.ask("report", &[]).unwrap();
        assert_eq!(Coalition::column(&reply, "totals", "figure")[..2], [35, 9]);
        assert_eq!(Coalition::column(&reply, "groups", "people"), [20, 15]);
        let note = Coalition::column(&reply, "totals", "why")[1].clone();
        assert!(note.as_str().unwrap().contains("tallies count 120"), "{note}");
        let public = serde_json::to_string(&coalition.ask("report", &[("for", "public")]).unwrap()).unwrap();
        assert!(!public.contains("120") && !public.contains("tallies"), "tallies are for the coalition: {public}");
    }

    #[test]
    fn what_two_groups_report_of_one_action_is_counted_once_and_its_owner_knows_best() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir", "Ferry Friends"]);
        let vigil = json!({"title": "Vigil", "starts": "2026-11-10T10:00:00Z"});
        let vigil = coalition.record(0, "action", vigil);
        let report = |people: u32, letters: u32| json!({"title": "It went well", "action": vigil, "people": people, "letters": letters});
        coalition.record(1, "report", report(25, 7));
        coalition.record(2, "report", report(30, 5));
        let figures = |coalition: &Coalition| {
            let reply = coalition.ask("report", &[]).unwrap();
            (Coalition::column(&reply, "totals", "figure")[..2].to_vec(), Coalition::column(&reply, "owed", "title"))
        };
        // Whoever came along tells nothing in the place of who called for it.
        assert_eq!(figures(&coalition), (vec![json!(30), json!(7)], vec![json!("Vigil")]));
        coalition.record(0, "report", json!({"title": "The vigil", "action": vigil, "people": 12}));
        assert_eq!(figures(&coalition), (vec![json!(12), json!(7)], vec![]));
    }

    #[test]
    fn each_time_of_what_comes_back_is_counted() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir"]);
        let vigil = json!({"title": "Vigil", "starts": "2026-11-02T10:00:00Z", "repeats": "FREQ=WEEKLY"});
        let vigil = coalition.record(0, "action", vigil);
        let report = |day: &str, people: u32| json!({"title": "Vigil", "action": vigil, "on": day, "people": people});
        coalition.record(0, "report", report("2026-11-09", 40));
        coalition.record(1, "report", report("2026-11-09", 50));
        coalition.record(1, "report", report("2026-11-16", 20));
        let reply = coalition.ask("report", &[]).unwrap();
        assert_eq!(Coalition::column(&reply, "totals", "figure")[0], 60);
        assert_eq!(Coalition::column(&reply, "groups", "people"), [40, 20]);
    }
}
