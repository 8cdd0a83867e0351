//! The statement in force and who has signed it.

use super::{Membership, Views};
use data_encoding::HEXLOWER;
use grid_protocol::authority::{Authority, Standing, Validity};
use grid_protocol::control::{ControlSet, Policy};
use grid_protocol::id::{Digest, GroupId, VersionId};
use grid_protocol::record::{KindRole, Registry};
use grid_protocol::replica::Row;
use grid_protocol::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// Rows at once after which the memory that growing took is given back.
const MANY: usize = 5_000;

/// Whether this node's own group counts as a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnMembership {
    /// It founded the coalition, or others have let it in.
    Confirmed,
    /// Only this node says so.
    Claimed,
}

/// A version of the statement and who has signed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementView {
    /// The version.
    pub version: VersionId,
    /// Its title.
    pub title: String,
    /// Its text.
    pub text: String,
    /// The policies that come with it.
    pub policies: Vec<Policy>,
    /// Hash of the text.
    pub hash: Digest,
    /// Signatures in force.
    pub signatures: Vec<SignatureRow>,
}

/// A signature in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureRow {
    /// The group.
    pub group: GroupId,
    /// Its name.
    pub name: String,
    /// The key that signed: of a device or a root of the group.
    pub key: String,
    /// The Ed25519 signature, in hex.
    pub signature: String,
    /// Claimed time.
    pub signed_at: Timestamp,
}

impl Views {
    /// Views of nothing yet.
    pub fn new(registry: Arc<Registry>, own: GroupId) -> Self {
        Self {
            registry,
            own,
            records: super::Records::default(),
            names: BTreeMap::new(),
            double: BTreeSet::new(),
            coalition_name: String::new(),
            founding_names: BTreeMap::new(),
            members: Vec::new(),
            statement: None,
            versions: Arc::new([]),
            splits: Vec::new(),
            mandates: Vec::new(),
            ended: BTreeMap::new(),
            beside: HashMap::new(),
            flawed: BTreeMap::new(),
            hidden: super::Hidden::default(),
            acted: super::heard::Acted::default(),
            now: Timestamp::default(),
            search: super::Search::default(),
        }
    }

    /// Takes in what the control records add up to, and whether this node's own group was let in by others.
    pub fn take_authority(&mut self, control: &ControlSet, authority: &Authority, own: OwnMembership) {
        let counts = |group: &GroupId| *group != self.own || own == OwnMembership::Confirmed;
        self.members = authority.members_here().filter(counts).collect();
        self.founding_names =
            authority.groups().filter_map(|group| Some((group, authority.name_of(&group)?.to_owned()))).collect();
        self.coalition_name = control.genesis().map(|genesis| genesis.body.name.clone()).unwrap_or_default();
        self.take_names();
        self.pass(self.now);
        self.statement = self.read_statement(control, authority);
        self.take_versions(control, authority);
        self.mandates = super::mandates::read(authority);
        self.acted = super::heard::Acted::read(control, authority);
        let ended = |group: GroupId| match authority.standing(&group) {
            Standing::Withdrawn => Some((group, Membership::Withdrew)),
            Standing::Removed => Some((group, Membership::Removed)),
            _ => None,
        };
        self.ended = authority.membership().admitted().filter_map(ended).collect();
    }

    /// Takes rows in that were read anew.
    pub fn take_rows(&mut self, rows: impl IntoIterator<Item = impl Into<Arc<Row>>>) {
        let rows: Vec<Arc<Row>> = rows.into_iter().map(|row| self.whole(row.into())).collect();
        let profile = self.registry.with_role(KindRole::Profile);
        let names_changed = rows.iter().any(|row| profile.is_some_and(|kind| row.kind() == Some(&*kind.name)));
        let hidden_changed = rows.iter().any(|row| row.kind() == Some(super::Hidden::KIND));
        for row in &rows {
            self.note_flaws(row);
            if let Some(taken) = self.records.take(&self.registry, &self.hidden, row) {
                self.search.take(&self.registry, taken.number, taken.before.as_deref(), row);
            }
        }
        if rows.len() >= MANY {
            self.search.settle();
            self.records.settle();
        }
        if names_changed {
            self.take_names();
        }
        // A group may be hidden by its name, or by its profile.
        if hidden_changed || names_changed {
            self.pass(self.now);
        }
    }

    fn read_statement(&self, control: &ControlSet, authority: &Authority) -> Option<StatementView> {
        let version = authority.followed()?;
        let statement = control.statement(&version)?;
        let signatures = authority
            .signatures(&version)
            .iter()
            .filter(|signed| signed.validity == Validity::Standing)
            .map(|signed| SignatureRow {
                group: signed.group,
                name: self.name_of(&signed.group),
                key: HEXLOWER.encode(signed.key.as_bytes()),
                signature: HEXLOWER.encode(&signed.record.signature.0),
                signed_at: Timestamp(signed.record.body.signed_at.0),
            })
            .collect();
        Some(StatementView {
            version,
            title: statement.title.clone(),
            text: statement.text.clone(),
            policies: statement.policies.clone(),
            hash: statement.text_hash(),
            signatures,
        })
    }
}
