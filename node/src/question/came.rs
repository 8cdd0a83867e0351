//! Who comes to an event, and who came: the answers of groups, for each time of what comes back.
//!
//! An answer that names a day is about the time on that day. One that names none is about every time: what it says holds
//! for each of them for which nothing else was said, and how many came for the last that had begun when it was written.

use super::Asked;
use super::asked::number;
use super::period::{begins, day_of};
use super::shown::newest_of_each;
use grid_protocol::id::GroupId;
use grid_protocol::record::Occasion;
use grid_protocol::replica::Row;
use jiff::civil::Date;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// What a group says of one time of an event.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Answer<'a> {
    /// Whether it comes; empty where it did not say so.
    pub(super) says: &'a str,
    /// How many came, once somebody wrote that down.
    pub(super) came: Option<f64>,
}

impl<'a> Answer<'a> {
    fn of(row: &'a Row) -> Self {
        Self { says: row.values.text("says"), came: number(row, "came") }
    }

    /// Whether the group was there; as long as nobody has written that down, whether it says one of these.
    pub(super) fn is_there(&self, unless_written: &[&str]) -> bool {
        self.came.map_or_else(|| unless_written.contains(&self.says), |came| came > 0.0)
    }
}

/// The answers to some times of an event.
pub(super) struct Answers<'a> {
    times: Vec<Option<Occasion>>,
    /// Those that name no day, by group.
    of_all: BTreeMap<GroupId, &'a Arc<Row>>,
    /// Those that name one.
    by_day: HashMap<Date, BTreeMap<GroupId, &'a Arc<Row>>>,
}

impl<'a> Answers<'a> {
    /// The answers to these times, the earliest first; of what takes place once the time is nothing.
    pub(super) fn to(asked: &Asked<'a>, event: &Row, times: Vec<Option<Occasion>>) -> Self {
        let comes_back = times.iter().any(Option::is_some);
        let mut of_all: Vec<&Arc<Row>> = Vec::new();
        let mut days: HashMap<Date, Vec<&Arc<Row>>> = HashMap::new();
        for row in asked.referring(event, "attendance") {
            match day_of(row, "on").filter(|_| comes_back) {
                Some(day) => days.entry(day).or_default().push(row),
                None => of_all.push(row),
            }
        }
        let by_day = days.into_iter().map(|(day, rows)| (day, newest_of_each(rows.into_iter())));
        Self { times, of_all: newest_of_each(of_all.into_iter()), by_day: by_day.collect() }
    }

    /// Each time, with what each group answered.
    pub(super) fn each(&self) -> impl Iterator<Item = (Option<&Occasion>, BTreeMap<GroupId, Answer<'a>>)> {
        self.times.iter().enumerate().map(|(place, time)| (time.as_ref(), self.at(place, time.as_ref())))
    }

    fn at(&self, place: usize, time: Option<&Occasion>) -> BTreeMap<GroupId, Answer<'a>> {
        let of_all = self.of_all.iter().map(|(group, row)| {
            let answer = Answer::of(row);
            let came = answer.came.filter(|_| time.is_none() || self.last_begun(row) == Some(place));
            (*group, Answer { came, ..answer })
        });
        let mut answers: BTreeMap<GroupId, Answer<'a>> = of_all.collect();
        let on_the_day = time.and_then(|time| self.by_day.get(&time.starts.local().date()));
        for (group, row) in on_the_day.into_iter().flatten() {
            let (known, told) = (answers.entry(*group).or_default(), Answer::of(row));
            known.says = if told.says.is_empty() { known.says } else { told.says };
            known.came = told.came.or(known.came);
        }
        answers
    }

    /// The last time that had begun when an answer was written.
    fn last_begun(&self, row: &Row) -> Option<usize> {
        self.times.iter().rposition(|time| time.as_ref().is_some_and(|time| begins(time) <= row.changed))
    }
}
