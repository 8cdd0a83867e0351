//! What a group says after it ended a device stands, whatever is signed with that device's keys later.

use super::{Authority, Cut, Ending, Standing, renew, say_again};
use crate::control::sample::{Coalition, Group, NOW, secrets};
use crate::control::{
    Capabilities, ControlSet, DeviceSecrets, Endorsement, Mandate, MandateBody, Record, Revoke, Role, Signed,
    SigningKey, Stance, StatementSignature, Term, Withdrawal,
};
use crate::id::EntryId;
use crate::key::DeviceId;
use crate::time::Timestamp;
use proptest::prelude::*;
use std::collections::BTreeMap;

const FIRST_ROOT: u32 = 0;

/// One thing that a group says, under a counter.
type Saying = fn(&Coalition, u64, SigningKey<'_>) -> Record;

fn id(device: &DeviceSecrets) -> DeviceId {
    DeviceId(device.device.public())
}

fn cut() -> Cut {
    Cut { seq: 3, entry: EntryId([1; 32]) }
}

fn signature(coalition: &Coalition, counter: u64, key: SigningKey<'_>) -> Record {
    let group = coalition.founder.id;
    Record::Signature(StatementSignature::new(coalition.about(), coalition.text_hash, group, counter, NOW, key))
}

fn withdrawal(coalition: &Coalition, counter: u64, key: SigningKey<'_>) -> Record {
    Record::Withdrawal(Withdrawal::new(coalition.about(), coalition.founder.id, counter, NOW, vec![], key))
}

/// Goes on under the next root with `new`, which ends `lost`.
fn renewed(coalition: &Coalition, set: &ControlSet, new: &DeviceSecrets, lost: &DeviceId) -> Vec<Record> {
    let (group, authority) = (&coalition.founder, Authority::evaluate(set));
    let cuts = BTreeMap::from([(*lost, cut())]);
    renew(coalition.id, authority.keys(), group.id, &group.words, (new, "new"), &cuts).unwrap().records
}

/// Revokes a device under the first root.
fn revoked(coalition: &Coalition, device: &DeviceSecrets) -> Record {
    let (group, root) = (&coalition.founder, coalition.founder.words.root(0));
    Record::Revoke(Revoke::new(coalition.id, group.id, id(device), cut(), SigningKey::Root(FIRST_ROOT, &root)))
}

/// Counters of all sorts: early and late ones under the first roots, and the last there is.
fn counters() -> Vec<u64> {
    let parts = [0, 1, 2, 0x7fff_ffff, 0x8000_0000, 0x8000_0005, 0xffff_ffff];
    let under = |root: u64| parts.map(|part| root << 32 | part);
    (0..3).flat_map(under).chain([64 << 32 | 1, 256 << 32 | 1, u64::MAX - 1, u64::MAX]).collect()
}

/// Takes a word in, and then all that can be said with the keys of somebody else.
fn with_all_words(coalition: &Coalition, set: &ControlSet, key: SigningKey<'_>) -> Vec<ControlSet> {
    let told = |make: Saying| {
        counters().into_iter().map(move |counter| {
            let mut set = set.clone();
            set.offer(make(coalition, counter, key));
            set
        })
    };
    told(withdrawal).chain(told(signature)).collect()
}

fn standing(coalition: &Coalition, set: &ControlSet) -> Standing {
    Authority::evaluate(set).standing(&coalition.founder.id)
}

#[test]
fn no_withdrawal_by_a_device_that_a_later_root_ended_is_final() {
    let coalition = Coalition::new();
    let (stolen, new) = (coalition.founder.key(), secrets(100));
    let mut set = coalition.set();
    set.offer_all(renewed(&coalition, &set, &new, &coalition.founder.device()), None);
    for mut told in with_all_words(&coalition, &set, stolen) {
        // Whatever it says, the group can say otherwise, and that stands.
        let next = Authority::evaluate(&told).next_counter(&coalition.founder.id).unwrap();
        told.offer(signature(&coalition, next, SigningKey::Device(&new.device)));
        for told in with_all_words(&coalition, &told, stolen) {
            assert_eq!(standing(&coalition, &told), Standing::Member);
        }
        let next = Authority::evaluate(&told).next_counter(&coalition.founder.id).unwrap();
        told.offer(withdrawal(&coalition, next, SigningKey::Device(&new.device)));
        for told in with_all_words(&coalition, &told, stolen) {
            assert_eq!(standing(&coalition, &told), Standing::Withdrawn, "nor can it bring the group back");
        }
    }
}

#[test]
fn a_thief_of_an_old_root_says_nothing_that_the_next_one_cannot_answer() {
    let coalition = Coalition::new();
    let (root, new) = (coalition.founder.words.root(0), secrets(100));
    let stolen = SigningKey::Root(FIRST_ROOT, &root);
    let mut set = coalition.set();
    set.offer_all(renewed(&coalition, &set, &new, &coalition.founder.device()), None);
    for mut told in with_all_words(&coalition, &set, stolen) {
        // With the root it certifies a device of its own, and revokes the one that goes on.
        let own = secrets(200);
        told.offer(coalition.founder.certify(&own, Capabilities::ALL, 9));
        told.offer(revoked(&coalition, &new));
        let next = Authority::evaluate(&told).next_counter(&coalition.founder.id).unwrap();
        told.offer(signature(&coalition, next, SigningKey::Device(&new.device)));
        let by_root = with_all_words(&coalition, &told, stolen);
        for told in by_root.into_iter().chain(with_all_words(&coalition, &told, SigningKey::Device(&own.device))) {
            assert_eq!(standing(&coalition, &told), Standing::Member);
        }
    }
}

#[test]
fn no_withdrawal_by_a_revoked_device_is_final_under_the_same_root() {
    let coalition = Coalition::new();
    let second = secrets(100);
    let mut set = coalition.set();
    set.offer(coalition.founder.certify(&second, Capabilities::ALL, 0));
    let stolen = SigningKey::Device(&second.device);
    for mut told in with_all_words(&coalition, &set, stolen) {
        told.offer(revoked(&coalition, &second));
        let next = Authority::evaluate(&told).next_counter(&coalition.founder.id).unwrap();
        told.offer(signature(&coalition, next, coalition.founder.key()));
        for told in with_all_words(&coalition, &told, stolen) {
            assert_eq!(standing(&coalition, &told), Standing::Member);
        }
    }
}

#[test]
fn ending_a_device_alone_changes_no_decision_of_the_group() {
    let coalition = Coalition::new();
    let second = secrets(100);
    let mut left = coalition.set();
    left.offer(coalition.founder.certify(&second, Capabilities::ALL, 0));
    left.offer(withdrawal(&coalition, 2, SigningKey::Device(&second.device)));
    let mut back = left.clone();
    back.offer(signature(&coalition, 3, SigningKey::Device(&second.device)));
    for (set, expected) in [(left, Standing::Withdrawn), (back, Standing::Member)] {
        let mut revoked_here = set.clone();
        revoked_here.offer(revoked(&coalition, &second));
        assert_eq!(standing(&coalition, &revoked_here), expected);
        let mut rotated = set.clone();
        rotated.offer_all(renewed(&coalition, &set, &coalition.founder.secrets, &id(&second)), None);
        assert_eq!(standing(&coalition, &rotated), expected);
    }
}

#[test]
fn what_a_device_said_after_another_was_revoked_is_said_again_when_it_is_ended_itself() {
    let coalition = Coalition::new();
    let (second, third) = (secrets(100), secrets(101));
    let founder = &coalition.founder;
    let mut set = coalition.set();
    for device in [&second, &third] {
        set.offer(founder.certify(device, Capabilities::ALL, 0));
    }
    set.offer(revoked(&coalition, &second));
    let next = |set: &ControlSet| Authority::evaluate(set).next_counter(&founder.id).unwrap();
    set.offer(withdrawal(&coalition, next(&set), SigningKey::Device(&third.device)));
    let mut back = set.clone();
    back.offer(signature(&coalition, next(&back), SigningKey::Device(&third.device)));
    for (mut set, expected) in [(set, Standing::Withdrawn), (back, Standing::Member)] {
        assert_eq!(standing(&coalition, &set), expected);
        let again = say_again(&set, &Authority::evaluate(&set), &founder.id, founder.key(), Ending::Device(id(&third)));
        assert_eq!(again.len(), 1);
        set.offer(revoked(&coalition, &third));
        set.offer_all(again, None);
        assert_eq!(standing(&coalition, &set), expected);
    }
}

#[test]
fn signatures_that_stand_are_said_again_once_and_in_their_order() {
    let [a, b] = [0, 1].map(Group::new);
    let coalition = Coalition::founded_by(&[Group::new(0), Group::new(1)], |_| {});
    let next = coalition.propose((&a, 0), coalition.version, "Next.", &[&a, &b], &[]);
    let mut set = coalition.set_with(&coalition.voted(&next, &[&a, &b]));
    set.offer(coalition.sign_version(&a, &next, 2));
    let second = secrets(100);
    set.offer(a.certify(&second, Capabilities::ALL, 0));
    let before = Authority::evaluate(&set);
    assert!(say_again(&set, &before, &a.id, a.key(), Ending::Nobody).is_empty(), "nothing has ended");
    let again = say_again(&set, &before, &a.id, a.key(), Ending::Device(id(&second)));
    assert_eq!(again.len(), 2);
    set.offer(revoked(&coalition, &second));
    let late = Authority::evaluate(&set);
    assert_eq!(say_again(&set, &late, &a.id, a.key(), Ending::Nobody), again, "what a start finds is due");
    set.offer_all(again, None);
    let after = Authority::evaluate(&set);
    assert_eq!((after.signed_last(&a.id), after.is_member(&a.id)), (Some(next.version()), true));
    assert!(say_again(&set, &after, &a.id, a.key(), Ending::Nobody).is_empty(), "once");
    let times: Vec<_> = after.signatures(&next.version()).iter().map(|signed| signed.record.body.signed_at.0).collect();
    assert_eq!(times, [NOW.0], "it does not claim to have been signed later");
}

#[test]
fn a_group_that_left_is_not_brought_back_by_saying_again() {
    let coalition = Coalition::new();
    let mut set = coalition.set_with(&[withdrawal(&coalition, 2, coalition.founder.key())]);
    let new = secrets(100);
    set.offer_all(renewed(&coalition, &set, &new, &coalition.founder.device()), None);
    let key = SigningKey::Device(&new.device);
    assert!(say_again(&set, &Authority::evaluate(&set), &coalition.founder.id, key, Ending::Nobody).is_empty());
}

#[test]
fn a_device_that_used_up_all_words_silences_nobody_once_it_is_ended() {
    let coalition = Coalition::new();
    let second = secrets(100);
    let mut set = coalition.set();
    set.offer(coalition.founder.certify(&second, Capabilities::ALL, 0));
    set.offer(withdrawal(&coalition, 0xffff_ffff, SigningKey::Device(&second.device)));
    assert_eq!(Authority::evaluate(&set).next_counter(&coalition.founder.id), None);
    set.offer(revoked(&coalition, &second));
    assert!(Authority::evaluate(&set).next_counter(&coalition.founder.id).is_some());
}

#[test]
fn an_elector_takes_back_what_an_ended_device_of_it_endorses() {
    let coalition = Coalition::new();
    let founder = &coalition.founder;
    let new = secrets(100);
    let mut set = coalition.set();
    set.offer_all(renewed(&coalition, &set, &new, &founder.device()), None);
    let body = MandateBody {
        format: crate::codec::Format,
        coalition: coalition.id,
        version: coalition.version,
        group: founder.id,
        number: 0,
        counter: 1,
        role: Role::Speaker,
        scope: "Anything.".into(),
        term: Term { from: NOW, to: Timestamp(NOW.0 + 100) },
    };
    let claim = Mandate::sign(body, founder.key());
    let mandate = Signed::id(&claim);
    set.offer(Record::Mandate(claim));
    let word = |counter, stance, key| {
        Record::Endorsement(Endorsement::new((coalition.id, mandate), founder.id, counter, (stance, NOW), key))
    };
    let held = |set: &ControlSet| !Authority::evaluate(set).mandates()[0].intervals.is_empty();
    set.offer(word(1 << 31 | 1, Stance::Endorsed, founder.key()));
    assert!(held(&set));
    let own = Authority::evaluate(&set).keys().next_word(&founder.id, 1 << 31 | 1, Ending::Nobody).unwrap();
    set.offer(word(own, Stance::Withdrawn, SigningKey::Device(&new.device)));
    assert!(!held(&set));
    for counter in [(1 << 32) + 9, 2 << 32, u64::MAX / 2 - 1] {
        set.offer(word(counter, Stance::Endorsed, founder.key()));
        assert!(!held(&set), "{counter:#x}");
    }
}

/// A key that speaks, or spoke, and a device that is not its group's any more: what a story is made of.
fn words() -> impl Strategy<Value = Vec<(usize, usize, bool)>> {
    proptest::collection::vec((0..4_usize, any::<prop::sample::Index>(), any::<bool>()), 0..24)
        .prop_map(|all| all.into_iter().map(|(who, at, signs)| (who, at.index(counters().len()), signs)).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_words_in_any_order_come_out_the_same_and_the_group_in_force_has_the_last(
        words in words(), order in any::<u64>(), revoking in any::<bool>(),
    ) {
        let coalition = Coalition::new();
        let (second, new) = (secrets(100), secrets(101));
        let mut known = coalition.set();
        known.offer(coalition.founder.certify(&second, Capabilities::ALL, 0));
        let mut records: Vec<Record> = coalition.records.clone();
        records.push(coalition.founder.certify(&second, Capabilities::ALL, 0));
        records.extend(revoking.then(|| revoked(&coalition, &second)));
        records.extend(renewed(&coalition, &known, &new, &coalition.founder.device()));
        let (root_0, root_1) = (coalition.founder.words.root(0), coalition.founder.words.root(1));
        let keys = [
            coalition.founder.key(), SigningKey::Device(&second.device), SigningKey::Root(0, &root_0),
            SigningKey::Root(1, &root_1),
        ];
        for (who, at, signs) in &words {
            let make: Saying = if *signs { signature } else { withdrawal };
            let counter = counters()[*at];
            records.push(make(&coalition, counter, keys[*who]));
        }
        let mut grown = ControlSet::new(coalition.id);
        let (mut left, mut seed) = (records.clone(), order);
        while !left.is_empty() {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let at = usize::try_from(seed >> 33).unwrap() % left.len();
            grown.offer(left.swap_remove(at));
            Authority::evaluate(&grown);
        }
        let mut anew = ControlSet::new(coalition.id);
        anew.offer_all(records, None);
        prop_assert_eq!(grown.fingerprint(), anew.fingerprint());
        prop_assert_eq!(Authority::evaluate(&grown).digest(), Authority::evaluate(&anew).digest());
        // Only keys in force can use up the counters under the root in force.
        if let Some(next) = Authority::evaluate(&grown).next_counter(&coalition.founder.id) {
            for (make, expected) in [
                (signature as Saying, Standing::Member),
                (withdrawal, Standing::Withdrawn),
            ] {
                let mut last = grown.clone();
                last.offer(make(&coalition, next, SigningKey::Device(&new.device)));
                for told in keys[..1].iter().chain(&keys[2..3]).flat_map(|key| with_all_words(&coalition, &last, *key)) {
                    prop_assert_eq!(standing(&coalition, &told), expected);
                }
            }
        }
    }
}
