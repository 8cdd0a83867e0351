//! A group of the simulated coalition: its keys, and what it writes and signs with them.

use automerge::transaction::CommitOptions;
use automerge::{ActorId, Automerge};
use grid_protocol::authority::VouchDue;
use grid_protocol::codec::Format;
use grid_protocol::control::{
    self, Capabilities, DeviceCert, DeviceCertBody, DeviceSecrets, GenesisBody, InviteRevoked, NewGroup, Record,
    SigningKey, Signs, Statement, StatementSignature, Vouch, Withdrawal,
};
use grid_protocol::document::{ChangeBody, KindName, Opening, WriteRule, actor};
use grid_protocol::domain;
use grid_protocol::entry::{Entry, EntryKind, Head, Header, VerifiedEntry, body_hash};
use grid_protocol::id::{CoalitionId, DocumentId, EntryId, GroupId, VersionId};
use grid_protocol::invite::{InviteTicket, NewInvite};
use grid_protocol::key::{DeviceId, PeerKey, SealKey, SecretKey};
use grid_protocol::record::{self, Kind, Patch, Registry};
use grid_protocol::replica::{Identity, Replica};
use grid_protocol::storage::Storage;
use grid_protocol::sync::{Hint, Says};
use grid_protocol::time::Timestamp;
use grid_protocol::words::RecoveryWords;
use std::sync::Arc;
use std::time::Duration;

/// How long invites hold.
const INVITE_HOLDS: Duration = Duration::from_secs(7 * 24 * 3_600);

/// The keys of a group with one device, all from a number.
pub struct Keys {
    /// The group's name.
    pub name: String,
    pub(super) words: RecoveryWords,
    pub(super) secrets: DeviceSecrets,
}

/// What is written.
#[derive(Clone, Debug)]
pub enum Subject {
    /// A new record of a kind.
    New(&'static str),
    /// The group's own record of a kind that exists once per group.
    Own(&'static str),
    /// A record that exists.
    Existing(DocumentId),
}

/// Writes and signs as one group.
#[derive(Clone)]
pub struct Author {
    pub(super) keys: Arc<Keys>,
    /// Who it is.
    pub me: Identity,
    pub(super) registry: Arc<Registry>,
}

impl Keys {
    /// The keys of this number.
    pub fn new(number: u32) -> Self {
        let seed = |purpose: u8| {
            let mut seed = [purpose; 32];
            seed[..4].copy_from_slice(&number.to_be_bytes());
            seed
        };
        let secrets = DeviceSecrets {
            device: SecretKey::from_seed(&seed(1)),
            peer: SecretKey::from_seed(&seed(2)),
            seal: SealKey(seed(3)),
        };
        Self { name: format!("Group {number}"), words: RecoveryWords::from_entropy(seed(4)), secrets }
    }

    /// The name of its node in the network.
    pub fn peer(&self) -> PeerKey {
        PeerKey(self.secrets.peer.public().0)
    }

    fn group(&self) -> NewGroup<'_> {
        NewGroup { name: &self.name, words: &self.words, nonce: [0; 16], device: &self.secrets, label: "laptop" }
    }
}

impl Author {
    /// What the key behind its PeerId is made from.
    pub fn transport_seed(&self) -> zeroize::Zeroizing<[u8; 32]> {
        self.keys.secrets.peer.seed()
    }

    /// Founds a coalition: the founder and the records to keep.
    pub fn found(keys: Arc<Keys>, registry: Arc<Registry>, coalition: &str, now: Timestamp) -> (Self, Vec<Record>) {
        let statement = Statement {
            title: "What unites us".to_owned(),
            text: "The river belongs to everybody who lives by it.\n".to_owned(),
            policies: Vec::new(),
        };
        let mut genesis = GenesisBody::usual(coalition, "To keep the river clear.", statement, Vec::new(), [7; 16]);
        genesis.elector_slots = 2_048;
        let founding = control::found(&keys.group(), genesis, now).expect("names and texts are in bounds");
        let me = Identity { coalition: founding.coalition, group: founding.group, device: founding.device };
        (Self { keys, me, registry }, founding.records)
    }

    /// The name of its node in the network.
    pub fn peer(&self) -> PeerKey {
        self.keys.peer()
    }

    /// Joins with an invite, and signs: the newcomer and the records to keep, its own ones first.
    pub fn join(
        keys: Arc<Keys>,
        registry: Arc<Registry>,
        ticket: &InviteTicket,
        attempt: u32,
        now: Timestamp,
    ) -> (Self, Vec<Record>) {
        let statement = ticket.statement().expect("the long form carries the statement");
        let signs = Signs::Now(statement.text_hash());
        let joining = control::join_records(&keys.group(), ticket, attempt, signs, now).expect("the name is in bounds");
        let me = Identity { coalition: ticket.coalition, group: joining.group, device: joining.device };
        (Self { keys, me, registry }, joining.records)
    }

    /// A further device of the same group, which may write: its author, and its certificate.
    pub fn further_device(&self, number: u32) -> (Self, Record) {
        self.device_under(0, number)
    }

    /// As [`Self::further_device`], certified by a later root of the group.
    pub fn device_under(&self, root: u32, number: u32) -> (Self, Record) {
        let keys = Keys::new(number);
        let body = DeviceCertBody {
            format: Format,
            group: self.me.group,
            device: DeviceId(keys.secrets.device.public()),
            seal: keys.secrets.seal,
            peer: keys.peer(),
            capabilities: Capabilities::WRITE,
            label: "office".to_owned(),
            expires: None,
            serial: 0,
        };
        let secret = self.keys.words.root(root);
        let me = Identity { device: body.device, ..self.me };
        let certificate = DeviceCert::new(body, SigningKey::Root(root, &secret), &keys.secrets);
        (Self { keys: Arc::new(keys), me, registry: self.registry.clone() }, Record::DeviceCert(certificate))
    }

    /// Invites as many groups.
    pub fn invite<S: Storage>(
        &self,
        replica: &Replica<S>,
        seed: [u8; 32],
        count: u32,
        now: Timestamp,
    ) -> (InviteTicket, Record) {
        let new = NewInvite {
            device: &self.keys.secrets.device,
            seed,
            count,
            now,
            expires: now.after(INVITE_HOLDS),
            addresses: Vec::new(),
        };
        InviteTicket::issue(replica.control(), replica.authority(), new).expect("a member with free slots can invite")
    }

    /// Confirmations of joins that came through this device's invites.
    pub fn vouches<S: Storage>(&self, replica: &Replica<S>) -> Vec<Record> {
        let due = replica.authority().vouches_due(&self.me.device);
        due.into_iter().map(|due| self.vouch(&due)).map(Record::Vouch).collect()
    }

    /// A vouch in any slot, whatever stands in it.
    pub fn vouch_for(&self, version: VersionId, slot: u32, target: GroupId) -> Record {
        Record::Vouch(self.vouch(&VouchDue { version, slot, target }))
    }

    fn vouch(&self, due: &VouchDue) -> Vouch {
        let about = (self.me.coalition, due.version);
        Vouch::new(about, self.me.group, due.slot, due.target, &self.keys.secrets.device)
    }

    /// Takes back the invites of these slots.
    pub fn revoke<S: Storage>(&self, replica: &Replica<S>, slots: Vec<u32>) -> Record {
        let about = about(replica).expect("a member knows the genesis");
        Record::InviteRevoked(InviteRevoked::new(about, self.me.group, slots, &self.keys.secrets.device))
    }

    /// Withdraws this group's signature; `last` is the last entry that still counts.
    pub fn withdraw<S: Storage>(&self, replica: &Replica<S>, last: u64, now: Timestamp) -> Record {
        let about = about(replica).expect("a member knows the genesis");
        let counter = replica.authority().next_counter(&self.me.group).expect("a counter that is left");
        let last = vec![(self.me.device, last)];
        let key = SigningKey::Device(&self.keys.secrets.device);
        Record::Withdrawal(Withdrawal::new(about, self.me.group, counter, now, last, key))
    }

    /// Signs the statement again.
    pub fn sign<S: Storage>(&self, replica: &Replica<S>, now: Timestamp) -> Record {
        let about = about(replica).expect("a member knows the genesis");
        let text = replica.control().genesis().expect("a member knows the genesis").body.statement.text_hash();
        let counter = replica.authority().next_counter(&self.me.group).expect("a counter that is left");
        let key = SigningKey::Device(&self.keys.secrets.device);
        Record::Signature(StatementSignature::new(about, text, self.me.group, counter, now, key))
    }

    /// Signs a hint.
    pub fn hint(&self, now: Timestamp, says: Says) -> Hint {
        Hint::write(self.me.coalition, &self.keys.secrets.device, now, says)
    }

    /// Writes a record: its id, and the entries to commit.
    pub fn write<S: Storage>(
        &self,
        replica: &mut Replica<S>,
        now: Timestamp,
        subject: &Subject,
        nonce: [u8; 16],
        fields: &serde_json::Value,
    ) -> (DocumentId, Vec<VerifiedEntry>) {
        let head = replica.own_head().copied();
        self.write_after(head, replica, now, subject, nonce, fields)
    }

    /// Writes a record behind any head of this device's log, with what `replica` knows of the record.
    pub fn write_after<S: Storage>(
        &self,
        mut head: Option<Head>,
        replica: &mut Replica<S>,
        now: Timestamp,
        subject: &Subject,
        nonce: [u8; 16],
        fields: &serde_json::Value,
    ) -> (DocumentId, Vec<VerifiedEntry>) {
        let opening = match subject {
            Subject::New(name) => Opening { nonce, ..self.opening(&self.kind(name)) },
            Subject::Own(name) => self.opening(&self.kind(name)),
            Subject::Existing(document) => {
                let live = replica.live(*document).expect("a storage in memory reads");
                live.opening().cloned().expect("only a known record is edited")
            }
        };
        let kind = self.kind(opening.kind.as_str());
        let document = opening.document(&self.me.coalition);
        let live = replica.live(document).expect("a storage in memory reads");
        let is_new = live.opening().is_none();
        let before = live.document().automerge().expect("an honest record is never quarantined");
        let actor = actor(&self.me.coalition, &document, &self.me.device);
        let mut draft = before.clone().with_actor(ActorId::from(actor.0.as_slice()));
        let patch = Patch::from_json(&kind, fields).expect("fields of the kind");
        let mut entries = Vec::new();
        for (index, change) in changes(&mut draft, &kind, &patch, now).into_iter().enumerate() {
            let opening = (is_new && index == 0).then(|| opening.clone());
            let body = ChangeBody { opening, change }.encode();
            let entry = self.entry(head.as_ref(), now, document, body);
            head = entry.head();
            entries.push(entry);
        }
        (document, entries)
    }

    /// Signs an entry.
    pub fn entry(&self, previous: Option<&Head>, now: Timestamp, document: DocumentId, body: Vec<u8>) -> VerifiedEntry {
        VerifiedEntry::write(self.me.coalition, &self.keys.secrets.device, previous, now, document, body)
            .expect("what an honest node writes passes its own checks")
    }

    /// Signs an entry as a later version of the program does, whose body nobody here can read.
    pub fn sealed(&self, previous: Option<&Head>, now: Timestamp, document: DocumentId, body: Vec<u8>) -> Entry {
        let header = Header {
            version: Format,
            coalition: self.me.coalition,
            device: self.me.device,
            seq: previous.map_or(0, |head| head.seq + 1),
            prev: previous.map_or(EntryId::ZERO, |head| head.id),
            time: now,
            kind: EntryKind::Sealed,
            document,
            body_len: u32::try_from(body.len()).expect("a short body"),
            body_hash: body_hash(&body),
        };
        let signature = self.keys.secrets.device.sign(domain::ENTRY, header.id().as_bytes());
        Entry { header, body, signature }
    }

    fn kind(&self, name: &str) -> Arc<Kind> {
        self.registry.kind(name).cloned().expect("a known kind")
    }

    fn opening(&self, kind: &Kind) -> Opening {
        let rule = match kind.rule {
            record::WriteRule::Owner => WriteRule::Owner,
            record::WriteRule::Members => WriteRule::Members,
        };
        let name = kind.name.parse::<KindName>().expect("the name of a kind");
        Opening::singleton(self.me.group, name, rule)
    }
}

fn about<S: Storage>(replica: &Replica<S>) -> Option<(CoalitionId, VersionId)> {
    replica.control().genesis().map(|genesis| (genesis.coalition(), genesis.version()))
}

fn changes(draft: &mut Automerge, kind: &Kind, patch: &Patch, now: Timestamp) -> Vec<Vec<u8>> {
    let edit = kind.prepare(draft, patch).expect("a patch in bounds");
    let mut changes = Vec::new();
    for piece in edit.pieces() {
        let mut transaction = draft.transaction();
        piece.write(&mut transaction).expect("a piece of a prepared patch");
        let seconds = i64::try_from(now.0 / 1000).unwrap_or(0);
        transaction.commit_with(CommitOptions::default().with_time(seconds));
        changes.extend(draft.get_last_local_change().map(|change| change.raw_bytes().to_vec()));
    }
    changes
}
