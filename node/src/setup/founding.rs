//! What a founder decides for good: the coalition's name and first statement, and the rules that no version changes.

use grid_protocol::control::{Admission, GenesisBody, Threshold};

/// A coalition to be founded.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its name.
    pub coalition_name: String,
    /// The founding group's name.
    pub group_name: String,
    /// What it is for, in a sentence or two.
    pub purpose: String,
    /// Title of the statement.
    pub statement_title: String,
    /// Text of the statement, to be signed byte for byte as it is.
    pub statement_text: String,
    /// The rules that hold from then on: no version of the statement changes them.
    pub rules: FoundingRules,
}

/// Rules of the genesis; the usual ones where nothing is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FoundingRules {
    /// How a group becomes a member, beside signing.
    pub admission: Option<Admission>,
    /// The share of electors that adopts a version.
    pub threshold: Option<Threshold>,
    /// Vouch slots of each computer of a member that may sign.
    pub member_slots: Option<u32>,
    /// Vouch slots of each computer of an elector that may sign.
    pub elector_slots: Option<u32>,
}

impl FoundingRules {
    /// The genesis with these rules.
    pub(super) fn apply(self, usual: GenesisBody) -> GenesisBody {
        GenesisBody {
            admission: self.admission.unwrap_or(usual.admission),
            threshold: self.threshold.unwrap_or(usual.threshold),
            member_slots: self.member_slots.unwrap_or(usual.member_slots),
            elector_slots: self.elector_slots.unwrap_or(usual.elector_slots),
            ..usual
        }
    }
}
