//! What it costs to work out what the records of one group add up to: counted, and in proportion to them.

use super::keys_tests::recoverable_by;
use super::{Authority, Cut};
use crate::codec::Format;
use crate::control::sample::{Coalition, Group, NOW, secrets};
use crate::control::{
    Capabilities, ControlSet, DeviceCert, DeviceSecrets, Listed, Offer, Record, Recovery, RecoveryBody, Revoke,
    RootNumber, RotationBody, Signed, SigningKey, StatementSignature, Withdrawal,
};
use crate::effort::Effort;
use crate::id::{EntryId, GroupId};
use crate::key::DeviceId;
use crate::limits::{MAX_RECOVERIES, MAX_ROOTS};
use crate::words::RecoveryWords;

/// A group that was recovered as often as a group can be, by contacts that it made up.
struct Recovered {
    coalition: Coalition,
    group: Group,
    contacts: [Group; 2],
    records: Vec<Record>,
}

const LAST: RootNumber = RootNumber { recovery: MAX_RECOVERIES, rotation: 0 };

impl Recovered {
    fn new() -> Self {
        let (coalition, contacts) = (Coalition::new(), [1, 2].map(Group::new));
        let mut named: Vec<GroupId> = contacts.iter().map(|contact| contact.id).collect();
        named.sort_unstable();
        let group = recoverable_by(named);
        let mut records = coalition.records.clone();
        records.extend(contacts.iter().chain([&group]).map(|group| group.inception.clone()));
        let mut this = Self { coalition, group, contacts, records };
        this.recover(0);
        this
    }

    /// The words that the contacts give it: one of as many rivals as anybody likes.
    fn words(rival: u16) -> RecoveryWords {
        let [high, low] = rival.to_be_bytes();
        let mut entropy = [77; 32];
        (entropy[0], entropy[1]) = (high, low);
        RecoveryWords::from_entropy(entropy)
    }

    fn recover(&mut self, rival: u16) {
        let (root, chain) = Self::words(rival).beginning();
        let body = RecoveryBody {
            format: Format,
            coalition: self.coalition.id,
            group: self.group.id,
            recovery: LAST.recovery,
            root,
            chain,
            devices: Vec::new(),
        };
        let approve = |contact: &Group| body.approve(contact.id, RootNumber::FIRST, &contact.words.root(0));
        let approvals = self.contacts.iter().map(approve).collect();
        self.records.push(Record::Recovery(Box::new(Recovery::new(body, approvals))));
    }

    /// Goes on to further roots of the first words.
    fn rotate(&mut self, roots: u32) {
        for number in 1..roots {
            let (root, chain) = (self.group.words.root(number), self.group.words.commitment(number));
            let (format, coalition, group) = (Format, self.coalition.id, self.group.id);
            let body =
                RotationBody { format, coalition, group, number, root: root.public(), chain, devices: Vec::new() };
            self.records.push(Record::Rotation(Signed::sign(body, SigningKey::Root(number, &root))));
        }
    }

    /// Certificates of a device by one root: of each sort of rights the two that a place holds.
    fn certify(&mut self, device: &DeviceSecrets, sorts: std::ops::Range<u8>, key: SigningKey<'_>) {
        for (bits, serial) in sorts.flat_map(|bits| [(bits, 0), (bits, 1)]) {
            let mut body = self.group.cert().body().clone();
            (body.device, body.peer) = (DeviceId(device.device.public()), crate::key::PeerKey(device.peer.public().0));
            (body.capabilities, body.serial, body.group) =
                (Capabilities::try_from(bits).unwrap(), serial, self.group.id);
            self.records.push(Record::DeviceCert(DeviceCert::new(body, key, device)));
        }
    }

    /// All that stands in one place of a key's signatures and withdrawals, under the claim of a root.
    fn say(&mut self, under: RootNumber, key: SigningKey<'_>) {
        let (about, text, group) = (self.coalition.about(), self.coalition.text_hash, self.group.id);
        for word in [1, 2] {
            let counter = u64::from(under.number()) << 32 | 1 << 31 | word;
            let signed = StatementSignature::new(about, text, group, counter, NOW, key);
            let left = Withdrawal::new(about, group, counter, NOW, Vec::new(), key);
            self.records.extend([Record::Signature(signed), Record::Withdrawal(left)]);
        }
    }

    fn revoke(&mut self, device: &DeviceSecrets, key: SigningKey<'_>) {
        let cut = Cut { seq: 3, entry: EntryId([1; 32]) };
        let device = DeviceId(device.device.public());
        self.records.push(Record::Revoke(Revoke::new(self.coalition.id, self.group.id, device, cut, key)));
    }

    fn set(&self) -> ControlSet {
        let mut set = ControlSet::new(self.coalition.id);
        for record in &self.records {
            let offer = set.offer(record.clone());
            assert!(matches!(offer, Offer::Inserted { .. }), "{:?}: {offer:?}", record.kind());
        }
        set
    }
}

/// One device with certificates of many roots, and words that claim a later one.
fn one_device_with_many_certificates(roots: u32) -> Recovered {
    let (mut story, device) = (Recovered::new(), secrets(100));
    story.rotate(roots);
    for number in 0..roots {
        let root = story.group.words.root(number);
        story.certify(&device, 0..8, SigningKey::Root(number, &root));
        story.revoke(&device, SigningKey::Root(number, &root));
    }
    story.say(RootNumber { recovery: 0, rotation: roots }, SigningKey::Device(&device.device));
    story
}

/// Many devices with several certificates each, all of which say something.
fn many_devices_with_several_certificates(devices: u16) -> Recovered {
    let mut story = Recovered::new();
    let root = story.group.words.root(0);
    for device in (0..devices).map(|number| secrets(100 + number)) {
        story.certify(&device, 4..8, SigningKey::Root(0, &root));
        story.say(RootNumber { recovery: 0, rotation: 1 }, SigningKey::Device(&device.device));
    }
    story
}

/// Rival recoveries, and what each of their roots says and certifies.
fn rivals_that_all_speak(rivals: u16) -> Recovered {
    let mut story = Recovered::new();
    for rival in 0..rivals {
        if rival > 0 {
            story.recover(rival);
        }
        let (root, device) = (Recovered::words(rival).root(0), secrets(100 + rival));
        let key = SigningKey::Root(LAST.number(), &root);
        story.certify(&device, 7..8, key);
        story.revoke(&device, key);
        if rival == 0 {
            story.say(LAST, key);
        }
        story.say(LAST, SigningKey::Device(&device.device));
    }
    story
}

fn cost(set: &ControlSet) -> Effort {
    let before = Effort::so_far();
    Authority::evaluate(set);
    Effort::since(&before)
}

#[test]
fn what_one_group_certifies_and_says_costs_each_evaluation_no_more_than_it_is_long() {
    let beside = Coalition::new().set();
    let (quiet, few) = (cost(&beside), beside.len() as u64);
    let stories = [
        ("one device", one_device_with_many_certificates(3)),
        ("one device, more", one_device_with_many_certificates(6)),
        ("many devices", many_devices_with_several_certificates(6)),
        ("more devices", many_devices_with_several_certificates(12)),
        ("rivals", rivals_that_all_speak(6)),
        ("more rivals", rivals_that_all_speak(12)),
    ];
    for (name, story) in stories {
        let set = story.set();
        let (records, spent) = (set.len() as u64 - few, cost(&set));
        println!("{name}: {records} records, {spent:?}");
        assert_eq!(spent.signatures, 0, "{name}: what was admitted is not proven again");
        assert!(spent.looked <= quiet.looked + u64::from(MAX_ROOTS) + 4 * records, "{name}: {spent:?}");
        // No record is hashed again for its id.
        assert!(spent.hashed <= quiet.hashed + 160 * records, "{name}: {spent:?}");
    }
}

/// Signatures that are proven while a set takes records in, one after the other.
fn proven(set: &mut ControlSet, records: impl IntoIterator<Item = Record>) -> u64 {
    let before = Effort::so_far();
    records.into_iter().for_each(|record| drop(set.offer(record)));
    Effort::since(&before).signatures
}

#[test]
fn what_waits_for_a_root_is_tried_with_none_of_its_rivals() {
    const WAITING: u64 = 12;
    let mut story = Recovered::new();
    let devices: Vec<DeviceSecrets> = (0..12).map(|number| secrets(200 + number)).collect();
    let first = story.group.words.root(0);
    devices.iter().for_each(|device| story.certify(device, 1..2, SigningKey::Root(0, &first)));
    let mut set = story.set();
    let known = story.records.len();
    // Words by a rival of which nobody has heard.
    let (last, third) = (Recovered::words(90).root(0), secrets(100));
    devices.iter().for_each(|device| story.revoke(device, SigningKey::Root(LAST.number(), &last)));
    let words: Vec<Record> = story.records.drain(known..).collect();
    assert_eq!(proven(&mut set, words), 0);
    assert_eq!(set.waiting() as u64, WAITING);
    for rival in 1..5 {
        story.recover(rival);
        // The two contacts, and none of the words.
        assert_eq!(proven(&mut set, story.records.pop()), 2, "rival {rival}");
    }
    // Other lists of a root that is known.
    story.recover(4);
    let Some(Record::Recovery(again)) = story.records.pop() else { panic!("a recovery") };
    let mut body = again.body.clone();
    let (device, certificate, capabilities) = (DeviceId(third.device.public()), again.id(), Capabilities::ALL);
    body.devices.push(Listed { device, certificate, capabilities, cut: None });
    let approve = |contact: &Group| body.approve(contact.id, RootNumber::FIRST, &contact.words.root(0));
    let approvals = story.contacts.iter().map(approve).collect();
    assert_eq!(proven(&mut set, [Record::Recovery(Box::new(Recovery::new(body, approvals)))]), 2);
    // The right one comes: all of it counts.
    story.recover(90);
    assert_eq!(proven(&mut set, story.records.pop()), 2 + WAITING);
    assert_eq!(set.waiting(), 0);
}

#[test]
fn what_waits_for_a_device_to_govern_is_not_tried_again_for_each_certificate_without_it() {
    const WAITING: u64 = 12;
    let (coalition, device) = (Coalition::new(), secrets(100));
    let (mut set, group) = (coalition.set(), &coalition.founder);
    let key = SigningKey::Device(&device.device);
    let word = |counter| {
        let (about, text) = (coalition.about(), coalition.text_hash);
        Record::Signature(StatementSignature::new(about, text, group.id, counter, NOW, key))
    };
    assert_eq!(proven(&mut set, (1..=WAITING).map(word)), WAITING);
    let without = |serial| group.certify(&device, Capabilities::WRITE, serial);
    assert_eq!(proven(&mut set, [without(0)]), 3 + WAITING, "a first certificate may be what a fork waits for");
    assert_eq!(proven(&mut set, (1..9).map(without)), 8 * 3);
    assert_eq!(set.waiting() as u64, WAITING);
    proven(&mut set, [group.certify(&device, Capabilities::GOVERN, 0)]);
    assert_eq!(set.waiting(), 0);
    assert_eq!(Authority::evaluate(&set).signatures(&coalition.version)[0].counter, WAITING);
}
