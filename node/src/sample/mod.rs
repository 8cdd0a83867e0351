//! A made-up coalition of any size, the same for every seed: for tests, measurements and a look around.
//!
//! Places, groups and people are invented. Records come in an order in which each refers only to earlier ones, so that
//! they can be written one by one; a reference stands as `@N`, the number of the record that is meant, until
//! [`Drafted::with_ids`] puts the ids in.

mod exchange;
mod frame;
mod here;
mod life;
mod names;
mod numbers;
mod order;
mod shared;

use grid_protocol::control::Role;
use jiff::ToSpan as _;
use jiff::civil::{Date, date};
use numbers::Numbers;
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

/// How large a coalition is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Member groups.
    pub groups: usize,
    /// People who are listed.
    pub people: usize,
    /// Records in all, people and profiles among them.
    pub records: usize,
}

impl Size {
    /// As many groups and people as a large network has, with a year of work.
    pub const LARGE: Size = Size { groups: 1_300, people: 14_000, records: 100_000 };

    /// The fewest groups that a coalition is made of.
    pub const FEWEST: usize = 3;

    /// A size of so many groups, with as many people and records as belong to them.
    ///
    /// # Errors
    ///
    /// [`SizeError`] where so many are no coalition, or more than this was ever measured with.
    pub const fn of_groups(groups: usize) -> Result<Self, SizeError> {
        if groups < Self::FEWEST || groups > Self::LARGE.groups {
            return Err(SizeError { groups });
        }
        let people = Self::LARGE.people * groups / Self::LARGE.groups;
        Ok(Size { groups, people, records: Self::LARGE.records * groups / Self::LARGE.groups })
    }

    /// A size of so many records, with as many groups and people as belong to it.
    pub const fn of(records: usize) -> Self {
        let groups = if records / 77 > 3 { records / 77 } else { 3 };
        Size { groups, people: records / 7, records }
    }
}

/// No coalition of so many groups is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a made-up coalition has {} to {} groups, not {groups}", Size::FEWEST, Size::LARGE.groups)]
pub struct SizeError {
    /// How many were asked for.
    pub groups: usize,
}

/// A made-up coalition.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The names of the groups; the first is the founder.
    pub groups: Vec<String>,
    /// What they write, in order.
    pub records: Vec<Drafted>,
    /// Who may act for all; the founder endorses it.
    pub mandates: Vec<Licence>,
    /// What the founder keeps on its own computer; references are to what was written.
    pub here: Vec<Drafted>,
}

/// A mandate that a group claims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Licence {
    /// The group, by its place among the groups.
    pub by: usize,
    /// What it is by that.
    pub role: Role,
    /// For what, in words.
    pub scope: &'static str,
    /// The day on which the term begins, counted from the beginning.
    pub from: usize,
    /// The day on which it ends.
    pub until: usize,
}

/// Days that lie behind a coalition; what it plans reaches to the end of the year.
pub const DAYS: usize = 300;
/// Days of that year.
const YEAR: usize = 365;

/// A record to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct Drafted {
    /// The group that writes it, by its place among the groups.
    pub by: usize,
    /// Its kind.
    pub kind: &'static str,
    /// Its fields; references stand as `@N`.
    pub fields: Map<String, Json>,
}

impl Sample {
    /// The coalition of a seed, in a year of its own.
    pub fn new(seed: u64, size: Size) -> Self {
        Self::since(seed, size, date(2026, 1, 1))
    }

    /// The coalition of a seed, of which [`DAYS`] have passed since a day.
    pub fn since(seed: u64, size: Size, begun: Date) -> Self {
        let mut making = Making {
            numbers: Numbers::new(seed),
            size,
            begun,
            groups: Vec::new(),
            records: Vec::with_capacity(size.records),
            of_kind: BTreeMap::new(),
            titles: BTreeMap::new(),
            levers: Vec::new(),
            seated: BTreeMap::new(),
            mandates: Vec::new(),
        };
        frame::make(&mut making);
        life::make(&mut making);
        making.records.truncate(size.records.max(making.groups.len()));
        let here = here::make(&mut making);
        let groups = making.groups.into_iter().map(|group| group.name).collect();
        Self { groups, records: making.records, mandates: making.mandates, here }
    }
}

impl Drafted {
    /// The fields with the ids of the records that were written before, by their numbers.
    pub fn with_ids(&self, ids: &[String]) -> Map<String, Json> {
        let id = |text: &str| -> Option<String> { ids.get(text.strip_prefix('@')?.parse::<usize>().ok()?).cloned() };
        let field = |value: &Json| match value {
            Json::String(text) => id(text).map_or_else(|| value.clone(), Json::String),
            Json::Array(items) => {
                let item = |item: &Json| item.as_str().and_then(id).map_or_else(|| item.clone(), Json::String);
                Json::Array(items.iter().map(item).collect())
            }
            other => other.clone(),
        };
        self.fields.iter().map(|(name, value)| (name.clone(), field(value))).collect()
    }
}

/// A group being made.
#[derive(Clone, Debug)]
struct Group {
    name: String,
    place: usize,
}

/// A coalition being made.
struct Making {
    numbers: Numbers,
    size: Size,
    /// The first day.
    begun: Date,
    groups: Vec<Group>,
    records: Vec<Drafted>,
    /// The numbers of the records of each kind.
    of_kind: BTreeMap<&'static str, Vec<usize>>,
    /// How often each title was given to something of a kind.
    titles: BTreeMap<(&'static str, String), usize>,
    /// The factors of the systems map.
    levers: Vec<usize>,
    /// The groups that sit in each body.
    seated: BTreeMap<usize, Vec<usize>>,
    mandates: Vec<Licence>,
}

/// Records that are looked at for one of some sort.
const LOOKS: usize = 8;

impl Making {
    /// Adds a record; its number.
    fn add(&mut self, by: usize, kind: &'static str, fields: Json) -> usize {
        let number = self.records.len();
        let Json::Object(fields) = fields else { return number };
        self.records.push(Drafted { by, kind, fields });
        self.of_kind.entry(kind).or_default().push(number);
        number
    }

    /// Any record of a kind, as a reference to it; null where there is none.
    fn any(&mut self, kind: &str) -> Json {
        let Some(known) = self.of_kind.get(kind) else { return Json::Null };
        self.numbers.one(known).map_or(Json::Null, |number| Json::String(format!("@{number}")))
    }

    /// A day of the year and an hour, in the zone of the country.
    fn at(&self, day: usize, hour: usize) -> String {
        let days = i64::try_from(day.min(YEAR)).unwrap_or_default();
        let day = self.begun.checked_add(days.days()).unwrap_or(self.begun);
        format!("{day}T{:02}:00:00+10:00[Australia/Brisbane]", hour.min(23))
    }

    /// A day that is over, and its hour.
    fn past(&mut self) -> String {
        let (day, hour) = (self.numbers.below(DAYS), 8 + self.numbers.below(11));
        self.at(day, hour)
    }

    /// The group that wrote a record to which a reference points.
    fn writer_of(&self, reference: &Json) -> Option<usize> {
        let number: usize = reference.as_str()?.strip_prefix('@')?.parse().ok()?;
        Some(self.records.get(number)?.by)
    }

    /// Any record of a kind with this in a field, where one is soon found; else any.
    fn any_where(&mut self, kind: &str, (field, value): (&str, &str)) -> Json {
        let mut found = Json::Null;
        for _ in 0..LOOKS {
            let Some(number) = self.any_number(kind) else { break };
            found = Json::String(format!("@{number}"));
            let fields = self.records.get(number).map(|record| &record.fields);
            if fields.and_then(|fields| fields.get(field)).is_some_and(|found| found == value) {
                break;
            }
        }
        found
    }

    /// Any record of a kind that a group wrote, as a reference to it; null where there is none.
    fn any_of(&mut self, kind: &str, by: usize) -> Json {
        let numbers = self.of_kind.get(kind).into_iter().flatten().copied();
        let own = numbers.filter(|number| self.records.get(*number).is_some_and(|record| record.by == by));
        let own: Vec<usize> = own.take(LOOKS).collect();
        self.numbers.one(&own).map_or(Json::Null, |number| Json::String(format!("@{number}")))
    }

    /// Whether there is a record of a kind.
    fn has(&self, kind: &str) -> bool {
        self.of_kind.contains_key(kind)
    }

    /// A title that nothing of its kind has yet; where none is drawn soon it is counted.
    fn title(&mut self, kind: &'static str, draw: impl Fn(&mut Numbers) -> String) -> String {
        let mut title = draw(&mut self.numbers);
        for _ in 1..LOOKS {
            if !self.titles.contains_key(&(kind, title.clone())) {
                break;
            }
            title = draw(&mut self.numbers);
        }
        let times = self.titles.entry((kind, title.clone())).or_default();
        *times += 1;
        if *times == 1 { title } else { format!("{title} ({times})") }
    }

    /// The day on which the next record is written: they are spread over all the days.
    fn today(&self) -> usize {
        DAYS * self.records.len().min(self.size.records) / self.size.records.max(1)
    }

    /// The quarter of the year in which the days end.
    fn period(&self) -> String {
        self.period_of(DAYS)
    }

    /// The quarters that the days touch, in order.
    fn periods(&self) -> Vec<String> {
        let mut periods: Vec<String> = (0..=DAYS).map(|day| self.period_of(day)).collect();
        periods.dedup();
        periods
    }

    fn period_of(&self, day: usize) -> String {
        let days = i64::try_from(day).unwrap_or_default();
        let date = self.begun.checked_add(days.days()).unwrap_or(self.begun);
        format!("{}-Q{}", date.year(), (date.month() + 2) / 3)
    }

    /// Whether a moment lies behind.
    fn is_over(&self, moment: &Json) -> bool {
        moment.as_str().is_some_and(|moment| moment < self.at(DAYS, 0).as_str())
    }

    /// A field of the record to which a reference points.
    fn field_of(&self, reference: &Json, field: &str) -> Option<Json> {
        let number: usize = reference.as_str()?.strip_prefix('@')?.parse().ok()?;
        self.records.get(number)?.fields.get(field).cloned()
    }

    /// Any record of a kind with its number.
    fn any_number(&mut self, kind: &str) -> Option<usize> {
        let known = self.of_kind.get(kind)?;
        self.numbers.one(known).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use grid_protocol::id::DocumentId;
    use grid_protocol::record::{Patch, RecordHome, Registry};

    #[test]
    fn every_record_is_one_that_its_kind_takes_and_refers_to_earlier_ones() {
        let sample = Sample::new(7, Size::of(5_000));
        assert_eq!(sample.records.len(), 5_000);
        let mut ids = Vec::new();
        for (number, record) in sample.records.iter().enumerate() {
            let kind = Registry::standard().kind(record.kind).unwrap_or_else(|| panic!("there is no {}", record.kind));
            assert_eq!(kind.home(), RecordHome::Log, "{} would travel to nobody", record.kind);
            let fields = record.with_ids(&ids);
            assert!(!Json::Object(fields.clone()).to_string().contains("\"@"), "{number} refers to a later record");
            let patch =
                Patch::from_json(kind, &Json::Object(fields)).unwrap_or_else(|error| panic!("{number}: {error}"));
            let values = patch.over(kind, kind.defaults());
            kind.check(&values).unwrap_or_else(|complaint| panic!("{number}: {}", complaint.message));
            assert!(!values.text(&kind.title).is_empty(), "{number} has no title");
            let mut id = [0; 32];
            id[..8].copy_from_slice(&(number as u64).to_le_bytes());
            ids.push(DocumentId(id).to_string());
            assert!(record.by < sample.groups.len());
        }
        for record in &sample.here {
            let kind = Registry::standard().kind(record.kind).unwrap_or_else(|| panic!("there is no {}", record.kind));
            assert_eq!(kind.home(), RecordHome::Here, "{} travels", record.kind);
            let fields = Json::Object(record.with_ids(&ids));
            let patch = Patch::from_json(kind, &fields).unwrap_or_else(|error| panic!("{fields}: {error}"));
            kind.check(&patch.over(kind, kind.defaults())).unwrap_or_else(|complaint| panic!("{}", complaint.message));
        }
    }

    #[test]
    fn every_kind_of_the_grid_occurs_in_a_coalition_of_any_size() {
        for groups in [Size::FEWEST, 20] {
            let sample = Sample::new(3, Size::of_groups(groups).unwrap());
            let records = sample.records.iter().chain(&sample.here);
            let made: std::collections::BTreeSet<&str> = records.map(|record| record.kind).collect();
            let known = Registry::standard().kinds().map(|kind| kind.name.as_str());
            let missing: Vec<&str> = known.filter(|kind| !made.contains(kind)).collect();
            assert!(missing.is_empty(), "{groups} groups: {missing:?}");
        }
    }

    #[test]
    fn what_is_talked_about_by_name_has_a_name_of_its_own() {
        let sample = Sample::new(3, Size::of_groups(60).unwrap());
        for kind in ["decision", "event", "task", "lesson", "survey", "plan", "thread", "page", "report"] {
            let of_kind = sample.records.iter().filter(|record| record.kind == kind);
            let titles: Vec<&str> = of_kind.filter_map(|record| record.fields["title"].as_str()).collect();
            let distinct: std::collections::BTreeSet<&&str> = titles.iter().collect();
            assert!(
                titles.len() > 1 && distinct.len() == titles.len(),
                "{kind}: {} of {}",
                distinct.len(),
                titles.len()
            );
        }
    }

    #[test]
    fn what_was_decided_was_decided_by_some() {
        for groups in [Size::FEWEST, 60] {
            let sample = Sample::new(3, Size::of_groups(groups).unwrap());
            let voices = |number: usize| {
                let of = format!("@{number}");
                sample.records.iter().filter(move |record| record.kind == "voice" && record.fields["decision"] == *of)
            };
            for (number, decision) in sample.records.iter().enumerate().filter(|(_, record)| record.kind == "decision")
            {
                let who: std::collections::BTreeSet<usize> = voices(number).map(|voice| voice.by).collect();
                assert_eq!(who.len(), voices(number).count(), "a group speaks twice");
                // The last that is written may be cut off.
                let is_whole = number + 30 < sample.records.len();
                assert!(!is_whole || who.len() * 4 >= groups.min(24), "{:?}: {}", decision.fields, who.len());
            }
        }
    }

    #[test]
    fn what_is_over_can_be_heard_again_and_the_wind_was_asked_for_each_quarter() {
        for groups in [Size::FEWEST, 60] {
            let sample = Sample::new(3, Size::of_groups(groups).unwrap());
            let of = |kind: &'static str| sample.records.iter().filter(move |record| record.kind == kind);
            let recorded: Vec<&Drafted> =
                of("event").filter(|event| event.fields.get("recording").is_some_and(Json::is_string)).collect();
            assert!(recorded.len() > 1, "{groups} groups: nothing to hear");
            assert!(recorded.iter().all(|it| it.fields["status"] == "done" && it.fields["readers"] == "public"));
            assert!(recorded.iter().all(|it| it.fields["recording_bytes"].as_u64() > Some(0)));
            let climate = sample.records.iter().position(|it| it.kind == "survey" && it.fields["sort"] == "climate");
            let climate = format!("@{}", climate.unwrap());
            let asked = of("score").filter(|score| score.fields["survey"] == *climate);
            let periods: std::collections::BTreeSet<&str> =
                asked.filter_map(|it| it.fields["period"].as_str()).collect();
            assert_eq!(periods.into_iter().collect::<Vec<_>>(), ["2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4"]);
        }
    }

    #[test]
    fn introductions_come_to_something_and_those_who_met_had_said_yes() {
        for groups in [Size::FEWEST, 60] {
            let sample = Sample::new(3, Size::of_groups(groups).unwrap());
            let introductions = || sample.records.iter().enumerate().filter(|(_, it)| it.kind == "introduction");
            assert!(introductions().any(|(_, it)| it.fields["outcome"].is_string()), "{groups} groups");
            let whole = introductions().filter(|(number, _)| number + 5 < sample.records.len());
            for (number, introduction) in whole {
                let to = format!("@{number}");
                let replies = sample.records.iter().filter(|it| it.kind == "reply" && it.fields["to"] == *to);
                let said: Vec<&Json> = replies.map(|reply| &reply.fields["says"]).collect();
                match introduction.fields["status"].as_str() {
                    Some("proposed") => assert_eq!(introduction.fields["outcome"], Json::Null),
                    _ => assert!(!said.is_empty() && said.iter().all(|says| *says == "yes"), "{number}: {said:?}"),
                }
            }
        }
        let many = Sample::new(3, Size::of_groups(60).unwrap()).records;
        let stages: std::collections::BTreeSet<String> = many
            .iter()
            .filter(|record| record.kind == "introduction")
            .filter_map(|record| Some(record.fields["status"].as_str()?.to_owned()))
            .collect();
        assert_eq!(stages.into_iter().collect::<Vec<_>>(), ["closed", "made", "proposed", "talking"]);
    }

    #[test]
    fn a_size_follows_from_the_groups_and_is_bounded() {
        assert_eq!(Size::of_groups(1_300), Ok(Size::LARGE));
        assert_eq!(Size::of_groups(20), Ok(Size { groups: 20, people: 215, records: 1_538 }));
        for groups in [0, 2, 1_301, usize::MAX] {
            assert!(Size::of_groups(groups).unwrap_err().to_string().contains("3 to 1300 groups"), "{groups}");
        }
    }

    #[test]
    fn what_is_done_lies_behind_and_what_is_planned_ahead() {
        let begun = date(2031, 3, 1);
        let today = begun.checked_add(i64::try_from(DAYS).unwrap().days()).unwrap();
        let sample = Sample::since(5, Size::of(2_000), begun);
        let (mut done, mut planned) = (0, 0);
        for action in sample.records.iter().filter(|record| record.kind == "action") {
            let day: Date = action.fields["starts"].as_str().unwrap()[..10].parse().unwrap();
            match action.fields["status"].as_str() {
                Some("done") => {
                    done += 1;
                    assert!(day < today, "{day}");
                }
                _ => {
                    planned += 1;
                    assert!(day >= today, "{day}");
                }
            }
        }
        assert!(done > planned && planned > 0, "{done} {planned}");
    }

    #[test]
    fn a_seed_gives_the_same_coalition_each_time_and_another_seed_another() {
        let size = Size::of(500);
        assert_eq!(Sample::new(1, size).records, Sample::new(1, size).records);
        assert_eq!(Sample::new(1, size).here, Sample::new(1, size).here);
        assert_eq!(Sample::new(1, size).mandates, Sample::new(1, size).mandates);
        assert_ne!(Sample::new(1, size).records, Sample::new(2, size).records);
        let names = Sample::new(1, Size::of(100_000)).groups;
        let distinct: std::collections::BTreeSet<_> = names.iter().collect();
        assert_eq!(distinct.len(), names.len(), "two groups share a name");
    }
}
