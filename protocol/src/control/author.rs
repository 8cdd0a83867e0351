//! Making records: founding a coalition, joining one, inviting and vouching.
//!
//! Keys, random bytes and the time come in as arguments.

use crate::codec::Format;
use crate::control::certificate::{Capabilities, DeviceCert, DeviceCertBody, DeviceSecrets};
use crate::control::error::RecordError;
use crate::control::genesis::{Genesis, GenesisBody};
use crate::control::inception::{Inception, RecoveryContacts};
use crate::control::invitation::{Invite, InviteBody, InviteRevoked, InviteRevokedBody};
use crate::control::record::Record;
use crate::control::signature::StatementSignature;
use crate::control::signed::{Signed, SigningKey};
use crate::control::vouch::{Vouch, VouchBody};
use crate::id::{CoalitionId, Digest, GroupId, VersionId};
use crate::invite::InviteTicket;
use crate::key::{DeviceId, PublicKey, SecretKey};
use crate::time::Timestamp;
use crate::words::RecoveryWords;

/// All that a group needs to begin, with its first device.
#[derive(Debug)]
pub struct NewGroup<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its recovery words.
    pub words: &'a RecoveryWords,
    /// Random.
    pub nonce: [u8; 16],
    /// The keys of its first device.
    pub device: &'a DeviceSecrets,
    /// What it calls that device.
    pub label: &'a str,
}

/// The records that found a coalition.
#[derive(Clone, Debug)]
pub struct Founding {
    /// Inception, certificate, genesis and the founder's signature, in an order in which none waits.
    pub records: Vec<Record>,
    /// The coalition.
    pub coalition: CoalitionId,
    /// Version 0 of its statement.
    pub version: VersionId,
    /// The founder.
    pub group: GroupId,
    /// The founder's first device.
    pub device: DeviceId,
}

/// The records with which a group joins.
#[derive(Clone, Debug)]
pub struct Joining {
    /// Inception, certificate, join and perhaps a signature, in an order in which none waits.
    pub records: Vec<Record>,
    /// The group.
    pub group: GroupId,
    /// Its first device.
    pub device: DeviceId,
    /// The slot through which it joins.
    pub slot: u32,
}

/// What a group does about the statement when it joins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signs {
    /// It signs the text of this hash, which its people have read.
    Now(Digest),
    /// It signs nothing yet and is no member until it does.
    Later,
}

/// The inception of a group and the certificate of its first device, which may do everything.
pub fn first_device(group: &NewGroup<'_>) -> (Inception, DeviceCert) {
    first_device_with(group, Vec::new(), 0)
}

/// As [`first_device`], for a group that `quorum` of the `contacts` together can give new roots.
pub fn first_device_with(group: &NewGroup<'_>, mut contacts: Vec<GroupId>, quorum: u8) -> (Inception, DeviceCert) {
    contacts.sort_unstable();
    let inception = Inception::new(group.name, group.words, contacts, quorum, group.nonce);
    let root = group.words.root(0);
    let body = DeviceCertBody {
        format: Format,
        group: inception.group(),
        device: DeviceId(group.device.device.public()),
        seal: group.device.seal,
        peer: crate::key::PeerKey(group.device.peer.public().0),
        capabilities: Capabilities::ALL,
        label: group.label.to_owned(),
        expires: None,
        serial: 0,
    };
    let certificate = DeviceCert::new(body, SigningKey::Root(0, &root), group.device);
    (inception, certificate)
}

/// Founds a coalition with one founder, which signs its statement. The electors of `genesis` are
/// replaced by the founder.
///
/// # Errors
///
/// [`RecordError`] when a name, text or number is out of bounds.
pub fn found(group: &NewGroup<'_>, genesis: GenesisBody, now: Timestamp) -> Result<Founding, RecordError> {
    let (inception, certificate) = first_device(group);
    let founder = inception.group();
    let body = GenesisBody { electors: vec![founder], ..genesis };
    let signatures = vec![body.sign(&group.words.root(0))];
    let genesis = Genesis { body, signatures };
    let (coalition, version) = (genesis.coalition(), genesis.version());
    let signature = StatementSignature::new(
        (coalition, version),
        genesis.body.statement.text_hash(),
        founder,
        1,
        now,
        SigningKey::Device(&group.device.device),
    );
    let device = certificate.body().device;
    let records = vec![
        Record::Inception(inception),
        Record::DeviceCert(certificate),
        Record::Genesis(Box::new(genesis)),
        Record::Signature(signature),
    ];
    records.iter().try_for_each(Record::check)?;
    Ok(Founding { records, coalition, version, group: founder, device })
}

/// Joins a coalition through an invite. `attempt` 0 takes the slot that the group's id points at; where
/// that one is taken, the next attempt takes the next.
///
/// # Errors
///
/// [`RecordError`] when the name or label is out of bounds.
pub fn join_records(
    group: &NewGroup<'_>,
    ticket: &InviteTicket,
    attempt: u32,
    signs: Signs,
    now: Timestamp,
) -> Result<Joining, RecordError> {
    join_records_with(group, &RecoveryContacts::default(), ticket, attempt, signs, now)
}

/// As [`join_records`], of a group that names recovery contacts.
///
/// # Errors
///
/// [`RecordError`] when the name or label is out of bounds.
pub fn join_records_with(
    group: &NewGroup<'_>,
    contacts: &RecoveryContacts,
    ticket: &InviteTicket,
    attempt: u32,
    signs: Signs,
    now: Timestamp,
) -> Result<Joining, RecordError> {
    let (inception, certificate) = first_device_with(group, contacts.groups().to_vec(), contacts.quorum());
    let (id, device) = (inception.group(), certificate.body().device);
    let key = SigningKey::Device(&group.device.device);
    let slot = ticket.slot_for(&id, attempt);
    let join = ticket.join(id, key, slot, now);
    let mut records = vec![Record::Inception(inception), Record::DeviceCert(certificate), Record::Join(join)];
    if let Signs::Now(text_hash) = signs {
        let about = (ticket.coalition, ticket.version);
        records.push(Record::Signature(StatementSignature::new(about, text_hash, id, 1, now, key)));
    }
    records.iter().try_for_each(Record::check)?;
    Ok(Joining { records, group: id, device, slot })
}

impl Signed<VouchBody> {
    /// Vouches for a group with a slot of the signing device.
    pub fn new(
        (coalition, version): (CoalitionId, VersionId),
        group: GroupId,
        slot: u32,
        target: GroupId,
        device: &SecretKey,
    ) -> Vouch {
        Self::sign(VouchBody { format: Format, coalition, version, group, slot, target }, SigningKey::Device(device))
    }
}

impl Signed<InviteBody> {
    /// Opens `count` slots of the signing device, from `first` on, to whoever holds the secret half of `key`.
    pub fn new(
        (coalition, version): (CoalitionId, VersionId),
        group: GroupId,
        (first, count): (u32, u32),
        key: PublicKey,
        (issued_at, expires): (Timestamp, Timestamp),
        device: &SecretKey,
    ) -> Invite {
        let body = InviteBody { format: Format, coalition, version, group, first, count, key, issued_at, expires };
        Self::sign(body, SigningKey::Device(device))
    }
}

impl Signed<InviteRevokedBody> {
    /// Closes slots of the signing device. The list has to hold all that it closed before too.
    pub fn new(
        (coalition, version): (CoalitionId, VersionId),
        group: GroupId,
        mut slots: Vec<u32>,
        device: &SecretKey,
    ) -> InviteRevoked {
        slots.sort_unstable();
        slots.dedup();
        let body = InviteRevokedBody { format: Format, coalition, version, group, slots };
        Self::sign(body, SigningKey::Device(device))
    }
}
