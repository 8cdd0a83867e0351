//! Whether something meets a need, how well, and why: "both in Lismore, van, Saturday".

use super::super::Asked;
use super::super::asked::{instant, tags};
use super::super::lookup::{Wanted, each_stem, stem, stems_of};
use super::super::near::{Nearness, Spot};
use super::super::shown::{by_name, id};
use super::WORDS;
use crate::view::fold::{Phrase, each_word, folded};
use grid_protocol::id::{DocumentId, GroupId};
use grid_protocol::record::Value;
use grid_protocol::replica::Row;
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::Arc;

const WEEK: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// A need, or something that may meet one.
pub(super) struct Side<'a> {
    pub(super) row: &'a Arc<Row>,
    pub(super) group: GroupId,
    /// What it is called: a record by its title, a word of a profile by itself.
    pub(super) title: String,
    /// The same for lists, which are in the order of names.
    name: (String, DocumentId),
    pub(super) spot: Spot,
    /// Whole tags.
    tags: BTreeSet<String>,
    /// The words of tags and title.
    pub(super) words: BTreeSet<String>,
}

impl<'a> Side<'a> {
    /// What a record says that it needs or offers in a field of tags.
    pub(super) fn of(asked: &Asked<'_>, row: &'a Arc<Row>, field: &str) -> Option<Self> {
        let group = row.owner()?;
        let mut words = BTreeSet::new();
        each_stem(row, field, |word| words.extend([word.to_owned()]));
        let tags = tags(row, field).map(|tag| stem(&folded(tag)).to_owned()).filter(|tag| !tag.is_empty()).collect();
        let title = asked.title(row);
        let name = by_name(&title, row.document);
        Some(Self { row, group, title, name, spot: Spot::of(row), tags, words })
    }

    /// One word of the needs that a profile lists; none where it says nothing.
    pub(super) fn of_profile(row: &'a Arc<Row>, word: &'a str) -> Option<Self> {
        let mut words = BTreeSet::new();
        stems_of(word, |stem| words.extend([stem.to_owned()]));
        let tags = BTreeSet::from([stem(&folded(word)).to_owned()]);
        let (title, name) = (word.to_owned(), by_name(word, row.document));
        let side = Self { row, group: row.owner()?, title, name, spot: Spot::of(row), tags, words };
        (!side.words.is_empty()).then_some(side)
    }

    /// Whether it has these words: in its title, or among what it needs or offers.
    pub(super) fn says(&self, text: &Phrase, field: &str) -> bool {
        // A word of a profile is a need by itself; the tags beside it are what the group works on.
        let listed = self.row.kind() == Some("group") && field == "tags";
        text.is_in(&self.title) || !listed && self::tags(self.row, field).any(|tag| text.is_in(tag))
    }

    /// The id under which people go on with it: a word of a profile has that of its group.
    pub(super) fn id(&self) -> String {
        id(self.row)
    }

    /// Its sort; a word of a profile has none.
    pub(super) fn sort(&self) -> &str {
        self.row.values.text("sort")
    }

    /// The same with no more words than a need has that people wrote: each is looked up, in each word of the place.
    pub(super) fn in_short(mut self) -> Self {
        while self.words.len() > WORDS {
            self.words.pop_last();
        }
        self
    }

    pub(super) fn wanted(&self) -> Wanted<'_> {
        Wanted { words: &self.words, places: self.spot.words(), point: self.spot.point(), sort: self.sort() }
    }
}

/// A need and something that meets it.
pub(super) struct Fit<'a> {
    pub(super) need: &'a Side<'a>,
    pub(super) offer: &'a Side<'a>,
    pub(super) score: u32,
    pub(super) status: Option<&'a str>,
}

/// How well something meets a need; none when it does not.
pub(super) fn fit<'a>(need: &'a Side<'a>, offer: &'a Side<'a>, status: Option<&'a str>) -> Option<Fit<'a>> {
    if need.group == offer.group || status == Some("failed") {
        return None;
    }
    let asset = offer.row.kind() == Some("asset");
    let same_sort = match asset {
        true => need.sort() == offer.sort(),
        false => matches!(need.sort(), "skill" | "service" | "help" | "people"),
    };
    let (whole, words) = shared(need, offer);
    let shared = 4 * whole.len().min(4) + 2 * words.len().min(4);
    if shared == 0 && !(same_sort && asset) {
        return None;
    }
    let nearness = need.spot.to(&offer.spot);
    let near = nearness.why().is_some();
    if shared == 0 && !near {
        return None;
    }
    let days = days(need.row, offer.row)?;
    let closeness = match &nearness {
        Nearness::Same(_) => 3,
        _ if near => 2,
        _ => 0,
    };
    let score = shared
        + 3 * usize::from(same_sort)
        + closeness
        + 2 * usize::from(!days.is_empty())
        + usize::from(!common(need.row, offer.row).is_empty());
    Some(Fit { need, offer, score: u32::try_from(score).unwrap_or(u32::MAX), status })
}

/// What both say: whole tags, and words that stand in none of these.
fn shared<'s>(need: &'s Side<'_>, offer: &'s Side<'_>) -> (Vec<&'s String>, Vec<&'s String>) {
    let whole: Vec<&String> = need.tags.intersection(&offer.tags).collect();
    let mut named = BTreeSet::new();
    for tag in &whole {
        each_word(tag, |word| named.extend([stem(word).to_owned()]));
    }
    let words = need.words.intersection(&offer.words).filter(|word| !named.contains(*word)).collect();
    (whole, words)
}

impl Fit<'_> {
    /// The best first, then by the names of both.
    pub(super) fn order(&self) -> impl Ord + '_ {
        (Reverse(self.score), &self.need.name, &self.offer.name)
    }

    /// Why they fit: worked out for those that are shown.
    pub(super) fn why(&self) -> Vec<String> {
        let (need, offer) = (self.need, self.offer);
        let (whole, words) = shared(need, offer);
        let mut why: Vec<String> = need.spot.to(&offer.spot).why().into_iter().collect();
        let said = whole.len() + words.len();
        why.extend(whole.into_iter().chain(words).cloned());
        if said == 0 {
            why.push(need.sort().to_owned());
        }
        why.extend(days(need.row, offer.row).unwrap_or_default());
        why.extend(common(need.row, offer.row));
        why
    }
}

/// The days on which both can be, where both say days; none when there is no time for both.
fn days(need: &Row, offer: &Row) -> Option<Vec<String>> {
    let behind = |ends: &Row, begins: &Row| {
        let end = instant(ends, "until");
        let begin = instant(begins, "from");
        matches!((end, begin), (Some(end), Some(begin)) if end < begin)
    };
    if behind(need, offer) || behind(offer, need) {
        return None;
    }
    let offered: Vec<&str> = tags(offer, "days").collect();
    let needed = weekdays(need);
    if offered.is_empty() || needed.is_empty() {
        return Some(Vec::new());
    }
    let common: Vec<String> = needed
        .into_iter()
        .filter(|day| offered.iter().any(|offered| offered.eq_ignore_ascii_case(day)))
        .map(str::to_owned)
        .collect();
    (!common.is_empty()).then_some(common)
}

/// The days of the week of a need that lasts less than a week, as the people there count them.
fn weekdays(need: &Row) -> Vec<&'static str> {
    let day = |field: &str| match need.values.get(field) {
        Some(Value::DateTime(moment)) => Some(moment.local().date()),
        _ => None,
    };
    let (Some(from), until) = (day("from"), day("until")) else { return Vec::new() };
    let until = until.unwrap_or(from);
    if until < from || from.checked_add(jiff::Span::new().days(6)).is_ok_and(|last| until > last) {
        return Vec::new();
    }
    let days = from.series(jiff::Span::new().days(1)).take_while(|day| *day <= until).take(WEEK.len());
    days.filter_map(|day| WEEK.get(usize::try_from(day.weekday().to_monday_zero_offset()).ok()?)).copied().collect()
}

fn common(need: &Row, offer: &Row) -> Vec<String> {
    if tags(need, "languages").next().is_none() {
        return Vec::new();
    }
    let offered: BTreeSet<String> = tags(offer, "languages").map(folded).collect();
    tags(need, "languages").filter(|language| offered.contains(&folded(language))).map(str::to_owned).collect()
}
