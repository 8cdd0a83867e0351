//! Mandates: who holds a licence to operate, by whose word, and for how long.

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
