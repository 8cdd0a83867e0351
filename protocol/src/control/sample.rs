//! A made-up coalition for tests: groups with keys from numbers.

use super::*;
use crate::authority::Authority;
use crate::id::{CoalitionId, Digest, GroupId, VersionId};
use crate::invite::{InviteTicket, NewInvite};
use crate::key::{DeviceId, SealKey, SecretKey};
use crate::time::Timestamp;
use crate::words::RecoveryWords;

pub(crate) const NOW: Timestamp = Timestamp(1_700_000_000_000);
pub(crate) const LATER: Timestamp = Timestamp(1_700_600_000_000);

/// A group with all its secrets.
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) words: RecoveryWords,
    pub(crate) secrets: DeviceSecrets,
    pub(crate) id: GroupId,
    pub(crate) inception: Record,
    pub(crate) certificate: Record,
}

/// Keys of one device, from a number.
pub(crate) fn secrets(number: u16) -> DeviceSecrets {
    let seed = |use_: u8| {
        let mut seed = [use_; 32];
        seed[..2].copy_from_slice(&number.to_be_bytes());
        seed
    };
    DeviceSecrets {
        device: SecretKey::from_seed(&seed(1)),
        peer: SecretKey::from_seed(&seed(2)),
        seal: SealKey(seed(3)),
    }
}

impl Group {
    pub(crate) fn new(number: u16) -> Self {
        let mut entropy = [9; 32];
        entropy[..2].copy_from_slice(&number.to_be_bytes());
        let (words, secrets) = (RecoveryWords::from_entropy(entropy), secrets(number));
        let name = format!("Group {number}");
        let plan = NewGroup { name: &name, words: &words, nonce: [0; 16], device: &secrets, label: "laptop" };
        let (inception, certificate) = first_device(&plan);
        let id = inception.group();
        let (inception, certificate) = (Record::Inception(inception), Record::DeviceCert(certificate));
        Self { name, words, secrets, id, inception, certificate }
    }

    pub(crate) fn plan(&self) -> NewGroup<'_> {
        NewGroup { name: &self.name, words: &self.words, nonce: [0; 16], device: &self.secrets, label: "laptop" }
    }

    pub(crate) fn device(&self) -> DeviceId {
        DeviceId(self.secrets.device.public())
    }

    pub(crate) fn key(&self) -> SigningKey<'_> {
        SigningKey::Device(&self.secrets.device)
    }

    pub(crate) fn cert(&self) -> &DeviceCert {
        let Record::DeviceCert(certificate) = &self.certificate else { unreachable!("made as one") };
        certificate
    }

    pub(crate) fn records(&self) -> Vec<Record> {
        vec![self.inception.clone(), self.certificate.clone()]
    }

    /// A further certificate: of this device, with these rights and this serial.
    pub(crate) fn certify(&self, device: &DeviceSecrets, capabilities: Capabilities, serial: u32) -> Record {
        let Record::DeviceCert(first) = &self.certificate else { unreachable!("made as one") };
        let body = DeviceCertBody {
            device: DeviceId(device.device.public()),
            peer: crate::key::PeerKey(device.peer.public().0),
            capabilities,
            serial,
            ..first.body().clone()
        };
        let root = self.words.root(0);
        Record::DeviceCert(DeviceCert::new(body, SigningKey::Root(0, &root), device))
    }
}

/// A coalition with one founder.
pub(crate) struct Coalition {
    pub(crate) founder: Group,
    pub(crate) id: CoalitionId,
    pub(crate) version: VersionId,
    pub(crate) text_hash: Digest,
    pub(crate) records: Vec<Record>,
}

impl Coalition {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(change: impl FnOnce(&mut GenesisBody)) -> Self {
        let founder = Group::new(0);
        let policies = vec![Policy { title: "Care".into(), text: "We look after each other.".into() }];
        let statement =
            Statement { title: "Clean river".into(), text: "The river is ours to keep.\n".into(), policies };
        let text_hash = statement.text_hash();
        let mut genesis = GenesisBody::usual("Valley", "To keep the river clean.", statement, vec![], [5; 16]);
        change(&mut genesis);
        let founding = found(&founder.plan(), genesis, NOW).unwrap();
        let Founding { records, coalition, version, .. } = founding;
        Self { founder, id: coalition, version, text_hash, records }
    }

    /// A coalition of these founders; the first of them is `founder`, and has signed.
    pub(crate) fn founded_by(founders: &[Group], change: impl FnOnce(&mut GenesisBody)) -> Self {
        let founder = Group::new(0);
        let mut body = Self::new().genesis().body.clone();
        body.electors = founders.iter().map(|group| group.id).collect();
        body.electors.sort_unstable();
        change(&mut body);
        let root = |elector: &GroupId| founders.iter().find(|group| group.id == *elector).unwrap().words.root(0);
        let signatures = body.electors.iter().map(|elector| body.sign(&root(elector))).collect();
        let genesis = Genesis { body, signatures };
        let text_hash = genesis.body.statement.text_hash();
        let mut records: Vec<Record> = founders.iter().flat_map(Group::records).collect();
        let (id, version) = (genesis.coalition(), genesis.version());
        records.push(Record::Genesis(Box::new(genesis)));
        let mut this = Self { founder, id, version, text_hash, records };
        let signatures: Vec<Record> = founders.iter().map(|group| this.signature(group, 1)).collect();
        this.records.extend(signatures);
        this
    }

    pub(crate) fn genesis(&self) -> &Genesis {
        let genesis = self.records.iter().find_map(|record| match record {
            Record::Genesis(genesis) => Some(&**genesis),
            _ => None,
        });
        genesis.unwrap()
    }

    /// A proposal: a statement of this text, on a base, with electors, removing groups that wrote up to 9.
    pub(crate) fn propose(
        &self,
        (by, number): (&Group, u32),
        base: VersionId,
        text: &str,
        electors: &[&Group],
        removed: &[&Group],
    ) -> Version {
        let statement = Statement { title: "Next".into(), text: text.into(), policies: vec![] };
        let electors = electors.iter().map(|group| group.id).collect();
        let gone = |group: &&Group| Removal { group: group.id, last: vec![(group.device(), 9)] };
        let removed = removed.iter().map(gone).collect();
        let body = VersionBody::new((self.id, base), (by.id, number), NOW, statement, electors, removed);
        Version::new(body, by.key(), Some(by.cert()))
    }

    pub(crate) fn vote(&self, by: &Group, version: &Version) -> Record {
        Record::Vote(Vote::new((self.id, version.version()), by.id, by.key(), Some(by.cert())))
    }

    /// A proposal with the votes of these groups.
    pub(crate) fn voted(&self, version: &Version, by: &[&Group]) -> Vec<Record> {
        let votes = by.iter().map(|group| self.vote(group, version));
        std::iter::once(Record::Version(Box::new(version.clone()))).chain(votes).collect()
    }

    /// A signature under a later version.
    pub(crate) fn sign_version(&self, group: &Group, version: &Version, counter: u64) -> Record {
        let text = version.body().statement.text_hash();
        let about = (self.id, version.version());
        Record::Signature(StatementSignature::new(about, text, group.id, counter, NOW, group.key()))
    }

    pub(crate) fn about(&self) -> (CoalitionId, VersionId) {
        (self.id, self.version)
    }

    pub(crate) fn set(&self) -> ControlSet {
        self.set_with(&[])
    }

    pub(crate) fn set_with(&self, more: &[Record]) -> ControlSet {
        let mut set = ControlSet::new(self.id);
        for record in self.records.iter().chain(more) {
            set.offer(record.clone());
        }
        set
    }

    pub(crate) fn signature(&self, group: &Group, counter: u64) -> Record {
        let about = self.about();
        Record::Signature(StatementSignature::new(about, self.text_hash, group.id, counter, NOW, group.key()))
    }

    pub(crate) fn withdrawal(&self, group: &Group, counter: u64, last: u64) -> Record {
        let last = vec![(group.device(), last)];
        Record::Withdrawal(Withdrawal::new(self.about(), group.id, counter, NOW, last, group.key()))
    }

    pub(crate) fn vouch(&self, by: &Group, slot: u32, target: &Group) -> Record {
        Record::Vouch(Vouch::new(self.about(), by.id, slot, target.id, &by.secrets.device))
    }

    pub(crate) fn revoke(&self, by: &Group, slots: Vec<u32>) -> Record {
        Record::InviteRevoked(InviteRevoked::new(self.about(), by.id, slots, &by.secrets.device))
    }

    /// An invite of the founder for `count` groups on its first free slots, and its record.
    pub(crate) fn invite(&self, set: &ControlSet, count: u32, seed: u8) -> (InviteTicket, Record) {
        let new = NewInvite {
            device: &self.founder.secrets.device,
            seed: [seed; 32],
            count,
            now: NOW,
            expires: LATER,
            addresses: vec!["/ip4/192.0.2.1/tcp/4001".into()],
        };
        InviteTicket::issue(set, &Authority::evaluate(set), new).unwrap()
    }

    /// All records with which a group joins through a ticket, signing the statement.
    pub(crate) fn join(&self, group: &Group, ticket: &InviteTicket) -> Vec<Record> {
        join_records(&group.plan(), ticket, 0, Signs::Now(self.text_hash), NOW).unwrap().records
    }
}
