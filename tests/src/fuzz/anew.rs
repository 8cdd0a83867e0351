//! Control records signed anew, as the groups of a small coalition would have signed them: what stands behind a signature
//! is tried as well as what stands before it. A record that changed keeps what it says, and speaks for a group whose keys
//! are here.

use super::chains;
use grid_protocol::authority::Authority;
use grid_protocol::authority::application::judge_application;
use grid_protocol::control::{
    Adoption, Ballot, Certified, ControlSet, DeviceCert, DeviceCertBody, DeviceSecrets, EndorsementBody, ForkProof,
    Genesis, GenesisBody, InceptionBody, InviteBody, InviteRevokedBody, Join, JoinBody, MandateBody, NewGroup, Record,
    Recovery, RecoveryBody, RevokeBody, RootNumber, RotationBody, Signed, Signer, SigningKey, Statement,
    StatementSignature, StatementSignatureBody, VersionBody, Vote, VoteBody, VouchBody, WithdrawalBody, first_device,
    first_device_with,
};
use grid_protocol::id::{CoalitionId, GroupId, VersionId};
use grid_protocol::key::{DeviceId, PeerKey, SealKey, SecretKey};
use grid_protocol::time::Timestamp;
use grid_protocol::words::RecoveryWords;
use std::sync::LazyLock;

/// When applications are judged.
const NOW: Timestamp = Timestamp(1_700_000_600_000);

/// The keys of a group.
struct Group {
    words: RecoveryWords,
    secrets: DeviceSecrets,
    id: GroupId,
    certificate: DeviceCert,
}

/// A founder, and a group that may give it new roots.
struct Coalition {
    id: CoalitionId,
    founder: Group,
    contact: Group,
    known: ControlSet,
    authority: Authority,
}

static COALITION: LazyLock<Coalition> = LazyLock::new(Coalition::new);

fn secrets(number: u8) -> DeviceSecrets {
    let key = |purpose| SecretKey::from_seed(&[number, purpose].repeat(16).try_into().expect("32 bytes"));
    DeviceSecrets { device: key(1), peer: key(2), seal: SealKey([number; 32]) }
}

impl Coalition {
    fn new() -> Self {
        let words = [1, 2].map(|number| RecoveryWords::from_entropy([number; 32]));
        let [founders, contacts] = [1, 2].map(secrets);
        let new = |words, device| NewGroup { name: "Weir", words, nonce: [0; 16], device, label: "laptop" };
        let (contact, contact_device) = first_device(&new(&words[1], &contacts));
        let (founder, founder_device) = first_device_with(&new(&words[0], &founders), vec![contact.group()], 1);
        let statement =
            Statement { title: "What unites us".to_owned(), text: "The river.\n".to_owned(), policies: vec![] };
        let text = statement.text_hash();
        let body = GenesisBody::usual("Clear Water", "To keep it clear.", statement, vec![founder.group()], [0; 16]);
        let genesis = Genesis { signatures: vec![body.sign(&words[0].root(0))], body };
        let (id, group, other) = (genesis.coalition(), founder.group(), contact.group());
        let about = (id, VersionId::first(&id));
        let key = SigningKey::Device(&founders.device);
        let signature = StatementSignature::new(about, text, group, 1, NOW, key);
        let mut known = ControlSet::new(id);
        let records = vec![
            Record::Inception(contact),
            Record::DeviceCert(contact_device.clone()),
            Record::Inception(founder),
            Record::DeviceCert(founder_device.clone()),
            Record::Genesis(Box::new(genesis)),
            Record::Signature(signature),
        ];
        known.offer_all(records, None);
        let authority = Authority::evaluate(&known);
        let [founder_words, contact_words] = words;
        Self {
            id,
            founder: Group { words: founder_words, secrets: founders, id: group, certificate: founder_device },
            contact: Group { words: contact_words, secrets: contacts, id: other, certificate: contact_device },
            known,
            authority,
        }
    }

    /// Signs as the founder, with a key of the kind that is named.
    fn sign<T>(&self, signer: Signer, sign: impl FnOnce(SigningKey<'_>) -> T) -> T {
        match signer {
            Signer::Device(_) => sign(SigningKey::Device(&self.founder.secrets.device)),
            Signer::Root(number) | Signer::Recovered(number, _) => {
                let root = RootNumber::of(number).map_or(0, |root| root.rotation);
                sign(SigningKey::Root(number, &self.founder.words.root(root)))
            }
        }
    }

    /// The same as said by the founder of this coalition; none where two branches prove no fork however they are signed.
    fn anew(&self, record: Record) -> Option<Record> {
        let (coalition, group) = (self.id, self.founder.id);
        let version = VersionId::first(&coalition);
        macro_rules! said {
            ($signed:expr, $body:ident { $($field:ident),* }) => {{
                let Signed { body, signer, .. } = $signed;
                self.sign(signer, |key| Signed::sign($body { $($field,)* ..body }, key))
            }};
        }
        macro_rules! certified {
            ($certified:expr, $body:ident { $($field:ident),* }) => {{
                let Signed { body, signer, .. } = $certified.signed;
                let certificate = Some(&self.founder.certificate);
                self.sign(signer, |key| Certified::sign($body { $($field,)* ..body }, key, certificate))
            }};
        }
        Some(match record {
            Record::Inception(said) => {
                let root = self.founder.words.root(0);
                let body = InceptionBody { root: root.public(), ..said.body };
                Record::Inception(Signed::sign(body, SigningKey::Root(0, &root)))
            }
            Record::DeviceCert(said) => {
                let (Signed { body, signer, .. }, new) = (said.signed, secrets(3));
                let (device, peer) = (DeviceId(new.device.public()), PeerKey(new.peer.public().0));
                let body = DeviceCertBody { group, device, peer, seal: new.seal, ..body };
                Record::DeviceCert(self.sign(signer, |key| DeviceCert::new(body, key, &new)))
            }
            Record::Genesis(said) => {
                let body = GenesisBody { electors: vec![group], ..said.body };
                Record::Genesis(Box::new(Genesis { signatures: vec![body.sign(&self.founder.words.root(0))], body }))
            }
            Record::Signature(said) => {
                Record::Signature(said!(said, StatementSignatureBody { coalition, group, version }))
            }
            Record::Withdrawal(said) => Record::Withdrawal(said!(said, WithdrawalBody { coalition, group, version })),
            Record::Vouch(said) => Record::Vouch(said!(said, VouchBody { coalition, group, version })),
            Record::Invite(said) => Record::Invite(said!(said, InviteBody { coalition, group, version })),
            Record::InviteRevoked(said) => {
                Record::InviteRevoked(said!(said, InviteRevokedBody { coalition, group, version }))
            }
            Record::Join(said) => {
                let (Signed { body, signer, .. }, invite) = (said.signed, SecretKey::from_seed(&[9; 32]));
                let (issuer, key) = (DeviceId(self.contact.secrets.device.public()), invite.public());
                let body = JoinBody { coalition, group, version, issuer, key, ..body };
                Record::Join(self.sign(signer, |key| Join::new(body, key, &invite)))
            }
            Record::Rotation(said) => {
                let number = said.body.number % 8;
                let (root, chain) = (self.founder.words.root(number), self.founder.words.commitment(number));
                let body = RotationBody { coalition, group, number, root: root.public(), chain, ..said.body };
                Record::Rotation(Signed::sign(body, SigningKey::Root(number, &root)))
            }
            Record::Recovery(said) => {
                let body = RecoveryBody { coalition, group, ..said.body };
                let approval = body.approve(self.contact.id, RootNumber::FIRST, &self.contact.words.root(0));
                Record::Recovery(Box::new(Recovery::new(body, vec![approval])))
            }
            Record::Revoke(said) => Record::Revoke(said!(said, RevokeBody { coalition, group })),
            Record::Version(said) => {
                let base = version;
                Record::Version(Box::new(certified!(said, VersionBody { coalition, group, base })))
            }
            Record::Vote(said) => Record::Vote(certified!(said, VoteBody { coalition, group })),
            Record::Mandate(said) => Record::Mandate(said!(said, MandateBody { coalition, group, version })),
            Record::Endorsement(said) => Record::Endorsement(said!(said, EndorsementBody { coalition, group })),
            Record::ForkProof(said) => {
                let key = &self.founder.secrets.device;
                let [one, other] = said.branches.map(|chain| chains::anew(&chain, coalition, key).0);
                Record::ForkProof(Box::new(ForkProof::new(coalition, group, one, other).ok()?))
            }
            Record::Adoption(said) => {
                let certificate = Some(&self.founder.certificate);
                let body = VersionBody { coalition, group, base: version, ..said.body };
                let (mut adoption, signer) = (Adoption { body, signer: said.signer, votes: Vec::new() }, said.signer);
                adoption.signer = self.sign(signer, |key| key.signer());
                let about = (coalition, adoption.version());
                let vote = self.sign(signer, |key| Vote::new(about, group, key, certificate));
                let Signed { signer, signature, .. } = vote.signed;
                adoption.votes.push(Ballot { group, signer, signature, certificate: vote.certificate });
                Record::Adoption(Box::new(adoption))
            }
        })
    }
}

/// Offers a record to a coalition as if its founder had said it: whatever is in it, the set and what follows from it
/// stay of one mind.
pub(super) fn offer(record: Record) {
    let Some(record) = COALITION.anew(record) else { return };
    let mut set = COALITION.known.clone();
    let before = set.len();
    set.offer(record.clone());
    let authority = Authority::evaluate(&set);
    let fingerprint = set.fingerprint();
    set.offer(record);
    assert!(set.len() <= before + 1 && set.fingerprint() == fingerprint, "an offer counts once");
    assert_eq!(Authority::evaluate(&set).digest(), authority.digest(), "what follows from it follows each time");
}

/// Judges an application whose records are signed anew, as a member's node does: twice the same way.
pub(super) fn apply(records: &[Record]) {
    let anew: Vec<Record> = records.iter().take(16).cloned().filter_map(|record| COALITION.anew(record)).collect();
    let judge = |records: &[Record]| judge_application(&COALITION.known, &COALITION.authority, NOW, records);
    for records in [records, &anew] {
        assert_eq!(format!("{:?}", judge(records)), format!("{:?}", judge(records)));
    }
}
