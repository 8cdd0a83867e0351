//! The voices on a decision: which of them were given in time, and what they said then.

use super::super::Asked;
use super::super::asked::{said_since, since};
use super::super::seats::SeatState;
use super::is_closed;
use grid_protocol::id::{DocumentId, GroupId};
use grid_protocol::record::Values;
use grid_protocol::replica::Row;
use grid_protocol::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// What is looked up once, however many decisions there are.
pub(super) struct Known<'a> {
    members: Joined,
    /// The voices on each decision, with those that were on it once: what is taken back or turned to another decision
    /// after the end was said all the same.
    voices: HashMap<DocumentId, Vec<&'a Arc<Row>>>,
}

impl<'a> Known<'a> {
    pub(super) fn of(asked: &Asked<'a>) -> Self {
        let mut voices: HashMap<DocumentId, Vec<&'a Arc<Row>>> = HashMap::new();
        let views = asked.views;
        for voice in asked.records("voice").chain(views.records.removed("voice")) {
            let said = voice.earlier.iter().map(|earlier| &earlier.values).chain([&voice.values]);
            let on: BTreeSet<DocumentId> = said.filter_map(decision).collect();
            on.into_iter().for_each(|on| voices.entry(on).or_default().push(voice));
        }
        Self { members: Joined::of(asked), voices }
    }
}

/// The decision that a voice is on.
fn decision(values: &Values) -> Option<DocumentId> {
    values.text("decision").parse().ok()
}

/// The moment up to which voices count: when it was decided, or until when voices were heard; where no day is given, when
/// its status first said that it is not open any more. On a day that was given as a day nobody comes too late.
fn end(asked: &Asked<'_>, decision: &Row) -> Option<Timestamp> {
    let is_over = |values: &Values| !matches!(values.text("status"), "" | "open");
    let settled = || is_over(&decision.values).then(|| since(decision, is_over).unwrap_or(decision.created));
    let decided = asked.until(decision, "decided").or_else(settled);
    [decided, asked.until(decision, "closes")].into_iter().flatten().min()
}

/// What a voice says, or said when voices had been heard.
#[derive(Clone, Copy)]
pub(super) struct Said<'a> {
    pub(super) voice: &'a Arc<Row>,
    pub(super) values: &'a Values,
    /// Since when it says that.
    since: Timestamp,
    /// Whether what is proposed had other words then.
    pub(super) is_of_earlier_wording: bool,
}

impl<'a> Said<'a> {
    /// What it says today.
    fn today(voice: &'a Arc<Row>) -> Self {
        Self { voice, values: &voice.values, since: voice.changed, is_of_earlier_wording: false }
    }

    /// What stood at the end; nothing where the voice was given later, or was corrected so often since that nobody
    /// knows any more.
    fn by(voice: &'a Arc<Row>, end: Option<Timestamp>) -> Option<Self> {
        let Some(end) = end.filter(|end| *end < voice.changed) else {
            return (!voice.is_removed()).then(|| Self::today(voice));
        };
        if end < voice.created {
            return None;
        }
        let stood = voice.earlier.iter().position(|earlier| end < earlier.until)?;
        let before = stood.checked_sub(1).and_then(|before| voice.earlier.get(before));
        let since = before.map_or(voice.created, |before| before.until);
        voice.earlier.get(stood).map(|earlier| Self { values: &earlier.values, since, ..Self::today(voice) })
    }

    /// What is to be said of a voice that counts.
    pub(super) fn notes(&self) -> String {
        let then = match (self.voice.is_removed(), self.since < self.voice.changed) {
            (true, _) => Some("what it said until voices were heard; taken back since"),
            (false, true) => Some("what it said until voices were heard"),
            (false, false) => None,
        };
        let wording = self.is_of_earlier_wording.then_some("said of an earlier wording");
        then.into_iter().chain(wording).collect::<Vec<_>>().join("; ")
    }
}

/// The voices on a decision: of each group the last that was given in time.
pub(super) struct Voices<'a, 'm> {
    /// The groups whose voice is looked for.
    pub(super) expected: Expected<'m>,
    /// Those voices of them that count.
    pub(super) counted: BTreeMap<GroupId, Said<'a>>,
    /// The others, and why they do not count.
    pub(super) others: Vec<(Said<'a>, &'static str)>,
}

impl<'a, 'm> Voices<'a, 'm> {
    pub(super) fn of(asked: &Asked<'a>, decision: &Row, known: &'m Known<'a>) -> Self {
        let end = end(asked, decision);
        let worded = said_since(decision, &["title", "proposal"]);
        let is_on = |said: &Said<'_>| self::decision(said.values) == Some(decision.document);
        let (mut late, mut timely) = (Vec::new(), BTreeMap::new());
        for voice in known.voices.get(&decision.document).into_iter().flatten().copied() {
            match (Said::by(voice, end).filter(is_on), voice.owner()) {
                (None, _) => late.extend(Some(Said::today(voice)).filter(|said| !voice.is_removed() && is_on(said))),
                (Some(_), None) => {}
                (Some(mut said), Some(group)) => {
                    said.is_of_earlier_wording = worded.is_some_and(|worded| said.since < worded);
                    let last = timely.entry(group).or_insert(said);
                    // Whoever spoke twice means the last word.
                    if (last.since, last.voice.document) < (said.since, said.voice.document) {
                        *last = said;
                    }
                }
            }
        }
        let mut expected = expected(asked, decision, &known.members, end);
        // Who has left since took part in what was decided before.
        if let (true, Expected::Members(.., left)) = (is_closed(decision), &mut expected) {
            left.extend(timely.keys().copied().filter(|group| asked.views.ended.contains_key(group)));
        }
        let (counted, outside): (BTreeMap<_, _>, BTreeMap<_, _>) =
            timely.into_iter().partition(|(group, _)| expected.contains(group));
        let why = |group: &GroupId| match asked.views.ended.contains_key(group) {
            true => "its group has left the coalition",
            false => "its group is not asked",
        };
        let mut others: Vec<_> = outside.into_iter().map(|(group, voice)| (voice, why(&group))).collect();
        others.extend(late.into_iter().map(|voice| (voice, "given after voices were heard")));
        Self { expected, counted, others }
    }
}

/// The groups whose voice is looked for: those that sat in the body that decides, also where they have left since it
/// decided; where it has no seats, or no body decides, all that were members by then.
fn expected<'m>(asked: &Asked<'_>, decision: &Row, members: &'m Joined, end: Option<Timestamp>) -> Expected<'m> {
    let at = end.map_or(asked.now, |end| end.min(asked.now));
    let seats: Vec<_> =
        asked.named(decision, "body").into_iter().flat_map(|body| asked.referring(body, "seat")).collect();
    if seats.is_empty() {
        // Whoever signed only later can't have been heard.
        return Expected::Members(members, at, BTreeSet::new());
    }
    let sits = |seat: &&Arc<Row>| is_closed(decision) || asked.views.holds(seat);
    let filled = seats.into_iter().filter(|seat| SeatState::of(seat, at) == SeatState::Filled).filter(sits);
    Expected::Seated(filled.filter_map(|seat| seat.owner()).collect())
}

/// The members, and when each signed first: worked out once, however many decisions there are.
pub(super) struct Joined {
    of_group: HashMap<GroupId, Option<Timestamp>>,
    /// The same by time; those of whom nobody knows when come first.
    by_time: Vec<(Option<Timestamp>, GroupId)>,
}

impl Joined {
    fn of(asked: &Asked<'_>) -> Self {
        let mut signed: HashMap<GroupId, Timestamp> = HashMap::new();
        for (group, at) in asked.views.versions.iter().flat_map(|version| version.signed.iter().copied()) {
            let known = signed.entry(group).or_insert(at);
            // A clock that ran ahead when its group signed makes nobody a member of later.
            *known = at.min(*known).min(asked.now);
        }
        let of_group: HashMap<_, _> = asked.members().map(|group| (group, signed.get(&group).copied())).collect();
        let mut by_time: Vec<_> = of_group.iter().map(|(group, joined)| (*joined, *group)).collect();
        by_time.sort_unstable();
        Self { of_group, by_time }
    }

    fn by(&self, at: Timestamp) -> &[(Option<Timestamp>, GroupId)] {
        let count = self.by_time.partition_point(|(joined, _)| joined.is_none_or(|joined| joined <= at));
        self.by_time.get(..count).unwrap_or_default()
    }
}

/// The groups whose voice is looked for.
pub(super) enum Expected<'m> {
    /// Those that sat in the body that decides.
    Seated(BTreeSet<GroupId>),
    /// All that were members at a moment, and some that were and have left.
    Members(&'m Joined, Timestamp, BTreeSet<GroupId>),
}

impl Expected<'_> {
    fn contains(&self, group: &GroupId) -> bool {
        match self {
            Self::Seated(seated) => seated.contains(group),
            Self::Members(members, at, left) => {
                let joined = members.of_group.get(group);
                left.contains(group) || joined.is_some_and(|joined| joined.is_none_or(|joined| joined <= *at))
            }
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Seated(seated) => seated.len(),
            Self::Members(members, at, left) => members.by(*at).len() + left.len(),
        }
    }

    pub(super) fn all(&self) -> Vec<GroupId> {
        match self {
            Self::Seated(seated) => seated.iter().copied().collect(),
            Self::Members(members, at, left) => {
                members.by(*at).iter().map(|(_, group)| *group).chain(left.iter().copied()).collect()
            }
        }
    }
}
