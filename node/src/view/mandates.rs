//! Mandates: who holds a licence to operate, by whose word, and for how long.

use crate::event::Event;
use grid_protocol::authority::{Authority, Mandated};
use grid_protocol::control::{Role, Term};
use grid_protocol::id::{GroupId, RecordId, VersionId};
use grid_protocol::time::Timestamp;

/// A claim of a mandate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MandateRow {
    /// The claim.
    pub id: RecordId,
    /// The version whose electors endorse it.
    pub version: VersionId,
    /// The holder.
    pub group: GroupId,
    /// What the holder is.
    pub role: Role,
    /// For what, in words.
    pub scope: String,
    /// For how long.
    pub term: Term,
    /// How many endorsements it takes.
    pub needed: usize,
    /// The electors that endorse it, ascending.
    pub endorsers: Vec<GroupId>,
    /// When it holds.
    pub intervals: Vec<Term>,
}

/// Where a mandate stands at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MandateState {
    /// It holds, until then.
    Valid {
        /// The first moment at which it no longer does.
        until: Timestamp,
    },
    /// It will hold from then on.
    Upcoming {
        /// The first moment.
        from: Timestamp,
    },
    /// Too few electors endorse it.
    Waiting,
    /// Its term is over.
    Over,
}

impl MandateRow {
    /// Where it stands at a moment.
    pub fn state(&self, now: Timestamp) -> MandateState {
        let now_or_later = self.intervals.iter().find(|term| now < term.to);
        match now_or_later {
            Some(term) if term.from <= now => MandateState::Valid { until: term.to },
            Some(term) => MandateState::Upcoming { from: term.from },
            None if self.term.to <= now => MandateState::Over,
            None => MandateState::Waiting,
        }
    }
}

/// What has come of mandates since: claims, endorsements, and what was taken back. A term that ends is no news: who
/// wants to know looks at the mandate.
pub(crate) fn endorsed(before: &[MandateRow], after: &[MandateRow], now: Timestamp) -> Vec<Event> {
    let find = |rows: &[MandateRow], id: &RecordId| rows.iter().position(|row| row.id == *id);
    let mut events = Vec::new();
    for row in before.iter().filter(|row| find(after, &row.id).is_none()) {
        events.push(Event::MandateReplaced { mandate: row.id, group: row.group });
    }
    for row in after {
        let (mandate, needed, endorsers) = (row.id, row.needed, row.endorsers.len());
        let earlier = find(before, &mandate).and_then(|at| before.get(at));
        // What is given back is a claim that is over.
        if earlier.is_none() && row.term.to > now {
            let (group, role, scope) = (row.group, row.role.name(), row.scope.clone());
            events.push(Event::MandateClaimed { mandate, group, role, scope });
        }
        let known = earlier.map_or(&[][..], |earlier| earlier.endorsers.as_slice());
        let new = row.endorsers.iter().filter(|group| !known.contains(group));
        events.extend(new.map(|group| Event::MandateEndorsed { mandate, group: *group, endorsers, needed }));
        let gone = known.iter().filter(|group| !row.endorsers.contains(group));
        events.extend(gone.map(|group| Event::MandateUnendorsed { mandate, group: *group, endorsers, needed }));
    }
    events
}

pub(super) fn read(authority: &Authority) -> Vec<MandateRow> {
    let row = |mandated: &Mandated| {
        let body = &mandated.claim.body;
        MandateRow {
            id: mandated.id,
            version: body.version,
            group: body.group,
            role: body.role,
            scope: body.scope.clone(),
            term: body.term,
            needed: mandated.needed,
            endorsers: mandated.endorsers.clone(),
            intervals: mandated.intervals.clone(),
        }
    };
    authority.mandates().iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(5_000);
    const HOLDER: GroupId = GroupId([1; 32]);
    const ELECTOR: GroupId = GroupId([2; 32]);

    fn row(id: u8, until: u64, endorsers: &[GroupId]) -> MandateRow {
        MandateRow {
            id: RecordId([id; 32]),
            version: VersionId([9; 32]),
            group: HOLDER,
            role: Role::Speaker,
            scope: "The weir".to_owned(),
            term: Term { from: Timestamp(1_000), to: Timestamp(until) },
            needed: 1,
            endorsers: endorsers.to_vec(),
            intervals: Vec::new(),
        }
    }

    #[test]
    fn a_claim_its_endorsement_and_its_end_are_each_told_once() {
        let mandate = RecordId([1; 32]);
        let (claimed, held, given) = (row(1, 9_000, &[]), row(1, 9_000, &[ELECTOR]), row(2, 4_000, &[]));
        let scope = "The weir".to_owned();
        let claim = Event::MandateClaimed { mandate, group: HOLDER, role: "speaker", scope };
        let of = std::slice::from_ref::<MandateRow>;
        assert_eq!(endorsed(&[], of(&claimed), NOW), std::slice::from_ref(&claim));
        let endorsement = Event::MandateEndorsed { mandate, group: ELECTOR, endorsers: 1, needed: 1 };
        assert_eq!(endorsed(of(&claimed), of(&held), NOW), std::slice::from_ref(&endorsement));
        assert_eq!(endorsed(&[], of(&held), NOW), [claim, endorsement]);
        let back = Event::MandateUnendorsed { mandate, group: ELECTOR, endorsers: 0, needed: 1 };
        assert_eq!(endorsed(of(&held), of(&claimed), NOW), [back]);
        assert_eq!(endorsed(of(&held), of(&given), NOW), [Event::MandateReplaced { mandate, group: HOLDER }]);
        assert_eq!(endorsed(of(&held), of(&held), NOW), []);
    }
}
