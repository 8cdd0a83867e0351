//! What a group of the simulated coalition signs about keys and rules: rotations, cuts, versions, votes, mandates.

use super::author::{Author, Keys};
use grid_protocol::authority::{Authority, recovery, rotate};
use grid_protocol::chain::HeaderChain;
use grid_protocol::codec::Format;
use grid_protocol::control::{
    Capabilities, Cut, Endorsement, ForkProof, Mandate, MandateBody, Record, Recovery, Revoke, Role, RootNumber,
    Signed, SigningKey, Stance, Statement, Term, Version, VersionBody, Vote,
};
use grid_protocol::domain;
use grid_protocol::entry::VerifiedEntry;
use grid_protocol::id::{EntryId, GroupId, RecordId, VersionId};
use grid_protocol::key::{DeviceId, Signature};
use grid_protocol::replica::Replica;
use grid_protocol::run::{LeanEntry, Run};
use grid_protocol::storage::Storage;
use grid_protocol::time::Timestamp;
use std::collections::BTreeMap;
use std::time::Duration;

/// How long a mandate is claimed for.
const TERM: Duration = Duration::from_secs(365 * 24 * 3_600);

impl Author {
    fn key(&self) -> SigningKey<'_> {
        SigningKey::Device(&self.keys.secrets.device)
    }

    /// The root of this group that is in force.
    pub fn root_in_force(&self, authority: &Authority) -> u32 {
        authority.root(&self.me.group).map_or(0, |root| root.number.rotation)
    }

    /// Ends the log of a device of this group, with a root of it.
    pub fn end(&self, root: u32, device: DeviceId, cut: Cut) -> Record {
        let secret = self.keys.words.root(root);
        let number = RootNumber { recovery: 0, rotation: root }.number();
        let key = SigningKey::Root(number, &secret);
        Record::Revoke(Revoke::new(self.me.coalition, self.me.group, device, cut, key))
    }

    /// Goes on to the next root, with further cuts.
    pub fn rotate<S: Storage>(&self, replica: &Replica<S>, cuts: &BTreeMap<DeviceId, Cut>) -> Record {
        let keys = replica.authority().keys();
        let rotation = rotate(self.me.coalition, keys, self.me.group, &self.keys.words, cuts);
        Record::Rotation(rotation.expect("the words of the group"))
    }

    /// Goes on to the next root, whose list takes from a device what it may do.
    pub fn narrow<S: Storage>(&self, replica: &Replica<S>, device: DeviceId) -> Record {
        let keys = replica.authority().keys();
        let rotation = rotate(self.me.coalition, keys, self.me.group, &self.keys.words, &BTreeMap::new());
        let mut body = rotation.expect("the words of the group").body;
        for listed in body.devices.iter_mut().filter(|listed| listed.device == device) {
            listed.capabilities = Capabilities::RELAY;
        }
        let secret = self.keys.words.root(RootNumber::of(body.number).expect("the number of a root").rotation);
        let key = SigningKey::Root(body.number, &secret);
        Record::Rotation(Signed::sign(body, key))
    }

    /// A recovery of this group with other words, approved by another group.
    pub fn recovered<S: Storage>(&self, replica: &Replica<S>, words: &Keys, contact: &Self) -> Record {
        let keys = replica.authority().keys();
        let body = recovery(self.me.coalition, keys, self.me.group, words.words.beginning(), &BTreeMap::new());
        let body = body.expect("the group is known");
        let root = contact.keys.words.root(0);
        let approval = body.approve(contact.me.group, RootNumber::FIRST, &root);
        Record::Recovery(Box::new(Recovery::new(body, vec![approval])))
    }

    /// Proposes a statement on a base, with these electors. The proposal, and its id.
    pub fn propose<S: Storage>(
        &self,
        replica: &Replica<S>,
        (base, number): (VersionId, u32),
        text: &str,
        electors: Vec<GroupId>,
        now: Timestamp,
    ) -> (VersionId, Record) {
        let statement =
            Statement { title: "What unites us now".to_owned(), text: text.to_owned(), policies: Vec::new() };
        let about = (self.me.coalition, base);
        let body = VersionBody::new(about, (self.me.group, number), now, statement, electors, Vec::new());
        let version = Version::new(body, self.key(), replica.authority().certificate(&self.me.device));
        (version.version(), Record::Version(Box::new(version)))
    }

    /// Votes for a version.
    pub fn vote<S: Storage>(&self, replica: &Replica<S>, version: VersionId) -> Record {
        let about = (self.me.coalition, version);
        let certificate = replica.authority().certificate(&self.me.device);
        Record::Vote(Vote::new(about, self.me.group, self.key(), certificate))
    }

    /// Claims to be a steward.
    pub fn claim(&self, version: VersionId, number: u32, now: Timestamp) -> Record {
        let body = MandateBody {
            format: Format,
            coalition: self.me.coalition,
            version,
            group: self.me.group,
            number,
            counter: 1,
            role: Role::Steward,
            scope: "The meadow by the old bridge.".to_owned(),
            term: Term { from: now, to: now.after(TERM) },
        };
        let mandate: Mandate = Signed::sign(body, self.key());
        Record::Mandate(mandate)
    }

    /// Endorses a mandate, or takes that back.
    pub fn endorse(&self, mandate: RecordId, counter: u64, stance: Stance, now: Timestamp) -> Record {
        let about = (self.me.coalition, mandate);
        Record::Endorsement(Endorsement::new(about, self.me.group, counter, (stance, now), self.key()))
    }

    /// Signs an id as if it were that of an entry.
    pub fn sign_head(&self, id: &EntryId) -> Signature {
        self.keys.secrets.device.sign(domain::ENTRY, id.as_bytes())
    }

    /// The proof that a device of a group wrote two entries at one place.
    pub fn prove_fork(&self, group: GroupId, one: &VerifiedEntry, other: &VerifiedEntry) -> Record {
        let chain = |entry: &VerifiedEntry| HeaderChain::of(&run_of(entry)).expect("a signed entry");
        let proof = ForkProof::new(self.me.coalition, group, chain(one), chain(other));
        Record::ForkProof(Box::new(proof.expect("two entries at one place")))
    }
}

/// A run of one entry, as it is sent.
fn run_of(entry: &VerifiedEntry) -> Run {
    let header = entry.header();
    let lean = LeanEntry {
        time: header.time,
        kind: header.kind,
        document: header.document,
        body: entry.body().to_vec(),
        signature: entry.signature().copied(),
    };
    Run { device: header.device, first: header.seq, prev: header.prev, entries: vec![lean] }
}
