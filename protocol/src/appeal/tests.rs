//! Appeals: read back, put together, and judged by the contacts' nodes.

use super::*;
use crate::authority::Authority;
use crate::authority::appeal::{AppealError, appellant, draw, entrusted, examine};
use crate::control::sample::{Coalition, Group, secrets};
use crate::control::{Capabilities, ControlSet, Cut, Offer, Record, RecordError, RootNumber, first_device_with};
use crate::id::{CoalitionId, EntryId};
use crate::key::DeviceId;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// A group whose three contacts can recover it, two together, all in one coalition.
struct Case {
    coalition: Coalition,
    group: Group,
    contacts: Vec<Group>,
    set: ControlSet,
}

fn case() -> Case {
    let coalition = Coalition::new();
    let contacts: Vec<Group> = (1..=3).map(Group::new).collect();
    let mut group = Group::new(9);
    let ids = contacts.iter().map(|contact| contact.id).collect();
    let (inception, certificate) = first_device_with(&group.plan(), ids, 2);
    group.id = inception.group();
    (group.inception, group.certificate) = (Record::Inception(inception), Record::DeviceCert(certificate));
    let records: Vec<Record> = contacts.iter().chain([&group]).flat_map(Group::records).collect();
    let set = coalition.set_with(&records);
    Case { coalition, group, contacts, set }
}

fn words(number: u8) -> RecoveryWords {
    RecoveryWords::from_entropy([number; 32])
}

fn end(seq: u64) -> Cut {
    Cut { seq, entry: EntryId([9; 32]) }
}

impl Case {
    fn called(&self) -> impl Fn(&GroupId, &str) -> bool + '_ {
        |group, name| *group == self.group.id && name == self.group.name
    }

    fn draw(&self, appeal: &Appeal) -> Result<RecoveryBody, AppealError> {
        let ends = BTreeMap::from([(self.group.device(), end(7))]);
        draw(self.coalition.id, Authority::evaluate(&self.set).keys(), self.group.id, appeal, &ends)
    }

    fn drawn(&self, mut appeal: Appeal) -> Appeal {
        let body = self.draw(&appeal).unwrap();
        let coalition_name = "Coalition".to_owned();
        appeal.drawn = Some(Drawn { body, quorum: 2, approvals: Vec::new(), coalition_name, addresses: Vec::new() });
        appeal
    }

    fn approve(&self, appeal: &mut Appeal, contact: &Group) {
        let drawn = appeal.drawn.as_mut().unwrap();
        let approval = drawn.body.approve(contact.id, RootNumber::FIRST, &contact.words.root(0));
        drawn.add(approval);
    }

    fn examine(&self, appeal: &Appeal) -> Result<(), AppealError> {
        examine(&self.set, Authority::evaluate(&self.set).keys(), appeal)
    }
}

fn appeal(case: &Case) -> Appeal {
    Appeal::new(&case.group.name, None, Vec::new(), &words(50))
}

#[test]
fn an_appeal_reads_back_and_one_slip_is_noticed() {
    let case = case();
    let mut drawn = case.drawn(appeal(&case));
    case.approve(&mut drawn, &case.contacts[0]);
    for appeal in [appeal(&case), drawn] {
        let text = appeal.to_text();
        assert_eq!(Appeal::parse(&text.to_uppercase()).unwrap(), appeal);
        assert_eq!(Appeal::parse(&format!(" {}\n{} ", &text[..40], &text[40..])).unwrap(), appeal);
        let mut slip = text.clone().into_bytes();
        let at = slip.len() / 2;
        slip[at] = if slip[at] == b'a' { b'b' } else { b'a' };
        assert_eq!(Appeal::parse(std::str::from_utf8(&slip).unwrap()), Err(ParseAppealError::Damaged));
        assert_eq!(Appeal::parse(&text[..text.len() - 8]), Err(ParseAppealError::Damaged));
        assert_eq!(
            Appeal::parse(&text.replacen("appeal1", "appeal2", 1)),
            Err(ParseAppealError::NewerFormat { found: '2' })
        );
    }
    assert_eq!(Appeal::parse("grid1abc"), Err(ParseAppealError::NotAnAppeal));
    let long = "a".repeat(3 * MAX_APPEAL);
    assert!(matches!(Appeal::parse(&long), Err(ParseAppealError::TooLong { .. })));
}

#[test]
fn what_is_filled_in_for_another_root_is_no_answer_to_the_appeal() {
    let case = case();
    let mut swapped = case.drawn(appeal(&case));
    (swapped.root, swapped.chain) = words(51).beginning();
    assert_eq!(Appeal::parse(&swapped.to_text()), Err(ParseAppealError::OtherRoot));
}

#[test]
fn the_digits_to_compare_stand_for_the_new_root_alone() {
    let case = case();
    let first = appeal(&case);
    assert_eq!(first.comparison().split(' ').map(str::len).collect::<Vec<_>>(), [4; 5]);
    assert_eq!(first.comparison(), case.drawn(first.clone()).comparison(), "they stay what they are to the end");
    let other = Appeal::new(&case.group.name, None, Vec::new(), &words(51));
    assert_ne!(first.comparison(), other.comparison());
    assert!(first.is_by(&words(50)) && !first.is_by(&words(51)));
}

#[test]
fn a_recovery_comes_of_it_with_the_quorum_and_not_before() {
    let case = case();
    let mut one = case.drawn(appeal(&case));
    let mut two = one.clone();
    assert_eq!(one.drawn.as_ref().unwrap().recovery(), None);
    case.approve(&mut one, &case.contacts[0]);
    case.approve(&mut one, &case.contacts[0]);
    assert_eq!(one.drawn.as_ref().unwrap().recovery(), None, "one contact twice is one contact");
    case.approve(&mut two, &case.contacts[2]);
    one.merge(two).unwrap();
    assert_eq!(case.examine(&one), Ok(()));
    let recovery = one.drawn.unwrap().recovery().unwrap();
    assert!(matches!(case.set.clone().offer(Record::Recovery(Box::new(recovery))), Offer::Inserted { .. }));
}

#[test]
fn answers_to_two_appeals_or_with_two_contents_are_not_mixed() {
    let case = case();
    let mut one = case.drawn(appeal(&case));
    let other = case.drawn(Appeal::new(&case.group.name, None, Vec::new(), &words(51)));
    assert_eq!(one.merge(other), Err(MergeError::OtherAppeal));
    let mut longer = one.clone();
    longer.drawn.as_mut().unwrap().body.devices[0].cut = Some(end(8));
    assert_eq!(one.merge(longer), Err(MergeError::OtherContent));
    let mut fresh = appeal(&case);
    fresh.merge(one.clone()).unwrap();
    assert_eq!(fresh, one);
}

#[test]
fn only_a_group_that_named_this_one_as_its_contact_is_found_by_its_name() {
    let case = case();
    let authority = Authority::evaluate(&case.set);
    let keys = authority.keys();
    let contact = case.contacts[1].id;
    assert_eq!(entrusted(&case.set, keys, &contact).collect::<Vec<_>>(), [case.group.id]);
    let find = |me: &GroupId, appeal: &Appeal| appellant(&case.set, keys, me, appeal, case.called());
    assert_eq!(find(&contact, &appeal(&case)), Ok(case.group.id));
    let not_contact = |name: &str| Err(AppealError::NotContact { name: name.to_owned() });
    assert_eq!(find(&case.coalition.founder.id, &appeal(&case)), not_contact(&case.group.name));
    assert_eq!(find(&contact, &Appeal::new("Mill", None, Vec::new(), &words(50))), not_contact("Mill"));
    let by_id = Appeal::new("Mill", Some(case.group.id), Vec::new(), &words(50));
    assert_eq!(find(&contact, &by_id), Ok(case.group.id));
}

#[test]
fn every_device_ends_behind_what_is_known_of_it_but_those_that_are_to_go_on() {
    let case = case();
    let device = case.group.device();
    assert_eq!(case.draw(&appeal(&case)).unwrap().devices[0].cut, Some(end(7)));
    for word in ["laptop", &device.to_string()[..6]] {
        let kept = Appeal::new(&case.group.name, None, vec![word.to_owned()], &words(50));
        assert_eq!(case.draw(&kept).unwrap().devices[0].cut, None, "{word}");
    }
    let unknown = Appeal::new(&case.group.name, None, vec!["tower".to_owned()], &words(50));
    assert_eq!(case.draw(&unknown), Err(AppealError::Kept { word: "tower".to_owned(), found: 0 }));
}

#[test]
fn a_contact_signs_nothing_that_one_contact_alone_has_slipped_in() {
    let case = case();
    let sound = case.drawn(appeal(&case));
    assert_eq!(case.examine(&sound), Ok(()));
    let altered = |alter: fn(&mut RecoveryBody)| {
        let mut appeal = sound.clone();
        alter(&mut appeal.drawn.as_mut().unwrap().body);
        case.examine(&appeal)
    };
    let other = CoalitionId([7; 32]);
    let expected = case.coalition.id;
    assert_eq!(
        altered(|body| body.coalition = CoalitionId([7; 32])),
        Err(AppealError::OtherCoalition { expected, found: other })
    );
    assert_eq!(altered(|body| body.recovery = 2), Err(AppealError::Overtaken { expected: 1, found: 2 }));
    let strange = DeviceId(secrets(40).device.public());
    let brought_in = altered(|body| {
        body.devices[0].device = DeviceId(secrets(40).device.public());
        body.devices[0].cut = None;
    });
    assert_eq!(brought_in, Err(AppealError::UnknownDevice { device: strange }));
    let raised = altered(|body| {
        body.devices[0].capabilities = Capabilities::WRITE;
        body.devices[0].cut = None;
    });
    assert!(matches!(raised, Err(AppealError::UnknownDevice { .. })), "{raised:?}");
    let mut forged = sound.clone();
    let stranger = Group::new(30);
    case.approve(&mut forged, &stranger);
    assert_eq!(case.examine(&forged), Err(AppealError::Approval { contact: stranger.id }));
    let mut replayed = sound.clone();
    case.approve(&mut replayed, &case.contacts[0]);
    replayed.drawn.as_mut().unwrap().body.devices[0].cut = Some(end(1));
    assert_eq!(case.examine(&replayed), Err(AppealError::Approval { contact: case.contacts[0].id }));
}

#[test]
fn a_recovery_counts_in_no_other_coalition_and_for_no_other_group() {
    let case = case();
    let mut appeal = case.drawn(appeal(&case));
    case.approve(&mut appeal, &case.contacts[0]);
    case.approve(&mut appeal, &case.contacts[1]);
    let recovery = appeal.drawn.unwrap().recovery().unwrap();
    let elsewhere = Coalition::with(|body| body.name = "Elsewhere".to_owned());
    let records: Vec<Record> = case.contacts.iter().chain([&case.group]).flat_map(Group::records).collect();
    let offer = elsewhere.set_with(&records).offer(Record::Recovery(Box::new(recovery.clone())));
    assert!(matches!(offer, Offer::Refused(RecordError::WrongCoalition { .. })), "{offer:?}");
    let mut altered = recovery.clone();
    altered.body.coalition = elsewhere.id;
    let offer = elsewhere.set_with(&records).offer(Record::Recovery(Box::new(altered)));
    assert!(!matches!(offer, Offer::Inserted { .. }), "{offer:?}");
    // Another group has the same contacts.
    let mut twin = Group::new(10);
    let ids = case.contacts.iter().map(|contact| contact.id).collect();
    let (inception, certificate) = first_device_with(&twin.plan(), ids, 2);
    twin.id = inception.group();
    let mut set = case.set.clone();
    set.offer(Record::Inception(inception));
    set.offer(Record::DeviceCert(certificate));
    let mut moved = recovery;
    moved.body.group = twin.id;
    let offer = set.offer(Record::Recovery(Box::new(moved)));
    assert!(matches!(offer, Offer::Refused(RecordError::Signature { .. })), "{offer:?}");
}

#[test]
fn a_contact_that_has_left_the_coalition_still_counts() {
    let case = case();
    let left = &case.contacts[0];
    let mut set = case.set.clone();
    let founder = &case.coalition.founder;
    set.offer(case.coalition.vouch(founder, 0, left));
    set.offer(case.coalition.signature(left, 1));
    assert!(Authority::evaluate(&set).is_member(&left.id));
    set.offer(case.coalition.withdrawal(left, 1, 0));
    assert!(!Authority::evaluate(&set).is_member(&left.id));
    let mut appeal = case.drawn(appeal(&case));
    case.approve(&mut appeal, &case.contacts[0]);
    case.approve(&mut appeal, &case.contacts[2]);
    assert_eq!(examine(&set, Authority::evaluate(&set).keys(), &appeal), Ok(()));
    let recovery = appeal.drawn.unwrap().recovery().unwrap();
    assert!(matches!(set.offer(Record::Recovery(Box::new(recovery))), Offer::Inserted { .. }));
}

#[test]
fn of_two_appeals_for_one_group_the_second_is_refused_once_the_first_has_its_quorum() {
    let mut case = case();
    let (mut first, second) = (case.drawn(appeal(&case)), Appeal::new(&case.group.name, None, Vec::new(), &words(51)));
    let second = case.drawn(second);
    assert_eq!(case.examine(&second), Ok(()));
    case.approve(&mut first, &case.contacts[0]);
    case.approve(&mut first, &case.contacts[1]);
    let recovery = first.drawn.unwrap().recovery().unwrap();
    case.set.offer(Record::Recovery(Box::new(recovery)));
    assert_eq!(case.examine(&second), Err(AppealError::Overtaken { expected: 2, found: 1 }));
}

proptest! {
    #[test]
    fn arbitrary_bytes_in_an_appeal_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let framed = format!("{PREFIX}{FORMAT}{}", to_base32(&[bytes.as_slice(), &checksum(&bytes)].concat()));
        if let Ok(appeal) = Appeal::parse(&framed) {
            prop_assert_eq!(appeal.to_text(), framed);
        }
    }
}
