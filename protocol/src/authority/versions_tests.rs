//! Versions: who adopts one, what it removes, and what a split looks like from either side.

use super::*;
use crate::control::sample::{Coalition, Group, NOW, secrets};
use crate::control::{Capabilities, Offer, Record, RecordError, SigningKey, Version, Vote};

/// A coalition of three founders, so that two votes decide.
fn three() -> (Coalition, [Group; 3]) {
    let founders = [0, 1, 2].map(Group::new);
    (Coalition::founded_by(&founders, |_| {}), founders)
}

fn authority(coalition: &Coalition, more: &[Record]) -> Authority {
    Authority::evaluate(&coalition.set_with(more))
}

fn seen_by(coalition: &Coalition, own: &Group, more: &[Record]) -> Authority {
    Authority::evaluate_for(&coalition.set_with(more), &own.id)
}

#[test]
fn a_version_is_adopted_once_enough_electors_of_its_base_voted_for_it() {
    let (coalition, [a, b, c]) = three();
    let next = coalition.propose((&a, 0), coalition.version, "Two.", &[&a, &b, &c], &[]);
    let open = authority(&coalition, &coalition.voted(&next, &[&a]));
    assert_eq!(open.leaves(), [coalition.version]);
    let [proposal] = open.governance().versions().proposals() else { panic!("one proposal") };
    assert_eq!((proposal.decision, proposal.needed, &*proposal.votes), (Decision::Open, 2, &[a.id][..]));
    let adopted = authority(&coalition, &coalition.voted(&next, &[&a, &c]));
    assert_eq!(adopted.leaves(), [next.version()]);
    assert_eq!(adopted.governance().versions().proposals()[0].decision, Decision::Adopted);
    assert_eq!(adopted.members().count(), 3, "who signed the base needs not sign again");
    assert_eq!(adopted.governance().versions().path(&next.version()), [coalition.version, next.version()]);
}

#[test]
fn a_member_that_is_no_elector_neither_proposes_nor_votes() {
    let (coalition, [a, b, c]) = three();
    let guest = Group::new(7);
    let joined = [guest.records(), vec![coalition.signature(&guest, 1), coalition.vouch(&a, 0, &guest)]].concat();
    let mut set = coalition.set_with(&joined);
    assert!(Authority::evaluate(&set).is_member(&guest.id));
    let refused = Offer::Refused(RecordError::NotElector { group: guest.id, version: coalition.version });
    let own = coalition.propose((&guest, 0), coalition.version, "Mine.", &[&guest], &[]);
    assert_eq!(set.offer(Record::Version(Box::new(own))), refused);
    let next = coalition.propose((&a, 0), coalition.version, "Two.", &[&a, &b, &c], &[]);
    coalition.voted(&next, &[&a]).into_iter().for_each(|record| drop(set.offer(record)));
    assert_eq!(set.offer(coalition.vote(&guest, &next)), refused);
    assert_eq!(Authority::evaluate(&set).leaves(), [coalition.version]);
}

#[test]
fn a_group_has_one_vote_whichever_of_its_keys_gives_it() {
    let (coalition, [a, b, c]) = three();
    let next = coalition.propose((&a, 0), coalition.version, "Two.", &[&a, &b, &c], &[]);
    let second = secrets(700);
    let Record::DeviceCert(certificate) = a.certify(&second, Capabilities::ALL, 0) else { unreachable!() };
    let root = a.words.root(0);
    let about = (coalition.id, next.version());
    let mut records = coalition.voted(&next, &[&a]);
    records.push(Record::Vote(Vote::new(about, a.id, SigningKey::Device(&second.device), Some(&certificate))));
    records.push(Record::Vote(Vote::new(about, a.id, SigningKey::Root(0, &root), None)));
    assert_eq!(authority(&coalition, &records).leaves(), [coalition.version]);
    records.push(Record::Vote(Vote::new(about, b.id, SigningKey::Root(0, &b.words.root(0)), None)));
    assert_eq!(authority(&coalition, &records).leaves(), [next.version()]);
}

#[test]
fn only_the_electors_that_an_adopted_version_lists_vote_on_what_follows_it() {
    let (coalition, [a, b, c]) = three();
    let guest = Group::new(7);
    let first = coalition.propose((&a, 0), coalition.version, "Two.", &[&b, &guest], &[]);
    let mut records = [guest.records(), coalition.voted(&first, &[&a, &b])].concat();
    let second = coalition.propose((&b, 0), first.version(), "Three.", &[&b, &guest], &[]);
    records.extend(coalition.voted(&second, &[&b, &a, &c]));
    assert_eq!(authority(&coalition, &records).leaves(), [first.version()]);
    records.push(coalition.vote(&guest, &second));
    let after = authority(&coalition, &records);
    assert_eq!(after.leaves(), [second.version()]);
    assert!(!after.is_member(&guest.id), "being an elector makes no member, as being a member makes no elector");
}

#[test]
fn a_removed_group_keeps_what_it_wrote_and_writes_no_more() {
    let (coalition, [a, b, c]) = three();
    let next = coalition.propose((&a, 0), coalition.version, "Two.", &[&a, &b], &[&c]);
    let mut records = coalition.voted(&next, &[&a, &b]);
    let after = authority(&coalition, &records);
    assert_eq!(after.standing(&c.id), Standing::Removed);
    assert!(!after.is_member(&c.id) && after.was_admitted(&c.id) && after.stores_log_of(&c.device()));
    let write = |seq| after.may_write(&c.device(), &a.id, WriteRule::Members, seq);
    assert_eq!((write(9), write(10)), (Right::May, Right::IfBuiltOn));
    assert_eq!(after.governance().slot_count(after.keys(), &next.version(), &c.device()), 0);
    records.push(coalition.sign_version(&c, &next, 5));
    assert_eq!(authority(&coalition, &records).standing(&c.id), Standing::Removed, "signing does not bring it back");
}

#[test]
fn two_electors_that_remove_each_other_split_the_coalition_and_everybody_sees_it() {
    let (coalition, [a, b, c]) = three();
    let out_b = coalition.propose((&a, 0), coalition.version, "Without B.", &[&a, &c], &[&b]);
    let out_a = coalition.propose((&b, 0), coalition.version, "Without A.", &[&b, &c], &[&a]);
    let records = [coalition.voted(&out_b, &[&a, &c]), coalition.voted(&out_a, &[&b, &c])].concat();
    let split = authority(&coalition, &records);
    let mut leaves = [out_a.version(), out_b.version()];
    leaves.sort_unstable();
    assert_eq!(split.leaves(), leaves);
    let fault = Fault::Split { base: coalition.version, children: leaves.to_vec(), voters: vec![c.id] };
    assert!(split.faults().any(|found| *found == fault));
    let members = |version: &Version| split.membership().members_of(&version.version()).collect::<Vec<_>>();
    assert!(!members(&out_b).contains(&b.id) && members(&out_b).contains(&a.id));
    assert!(!members(&out_a).contains(&a.id) && members(&out_a).contains(&b.id));
    assert_eq!(split.members().count(), 3, "both sides are stored and served");
    // Nobody has signed a branch: all stay where they are.
    assert_eq!(split.followed(), Some(coalition.version));
    assert_eq!(split.standing(&a.id), Standing::Member);
    // Each group signs the one it follows.
    let signed = [records, vec![coalition.sign_version(&a, &out_b, 2), coalition.sign_version(&b, &out_a, 2)]].concat();
    let (left, right) = (seen_by(&coalition, &a, &signed), seen_by(&coalition, &b, &signed));
    assert_eq!((left.followed(), right.followed()), (Some(out_b.version()), Some(out_a.version())));
    assert_eq!((left.standing(&b.id), right.standing(&a.id)), (Standing::Removed, Standing::Removed));
    let write = |side: &Authority| side.may_write(&b.device(), &c.id, WriteRule::Members, 10);
    assert_eq!((write(&left), write(&right)), (Right::IfBuiltOn, Right::May));
    assert_eq!(left.digest(), right.digest(), "what is believed is the same on both sides");
}

#[test]
fn a_vote_that_arrives_late_on_a_base_is_shown_as_a_split_and_moves_nobody() {
    let (coalition, [a, b, c]) = three();
    let first = coalition.propose((&a, 0), coalition.version, "Two.", &[&a, &b], &[]);
    let second = coalition.propose((&a, 0), first.version(), "Three.", &[&a, &b], &[]);
    let rival = coalition.propose((&c, 0), coalition.version, "Other.", &[&c], &[&a]);
    let mut records = [coalition.voted(&first, &[&a, &b]), coalition.voted(&second, &[&a, &b])].concat();
    records.extend(coalition.voted(&rival, &[&c]));
    records.push(coalition.sign_version(&a, &first, 2));
    assert_eq!(seen_by(&coalition, &a, &records).leaves(), [second.version()]);
    records.push(coalition.vote(&b, &rival));
    let late = seen_by(&coalition, &a, &records);
    assert_eq!(late.leaves().len(), 2);
    assert_eq!(late.followed(), Some(second.version()), "on from the version that it signed");
    assert_eq!(late.standing(&a.id), Standing::Member);
    assert_eq!(seen_by(&coalition, &c, &records).followed(), Some(coalition.version), "it signed neither branch");
    // Signing the other branch later moves the group there.
    records.push(coalition.sign_version(&a, &rival, 3));
    assert_eq!(seen_by(&coalition, &a, &records).followed(), Some(rival.version()));
}

#[test]
fn each_version_gives_slots_of_its_own() {
    let (coalition, [a, b, c]) = three();
    let (one, two) = (Group::new(7), Group::new(8));
    let next = coalition.propose((&a, 0), coalition.version, "Two.", &[&b, &c], &[]);
    let vouch = |slot, target: &Group, version| {
        let about = (coalition.id, version);
        Record::Vouch(crate::control::Vouch::new(about, a.id, slot, target.id, &a.secrets.device))
    };
    let mut records = [one.records(), two.records()].concat();
    records.extend([coalition.signature(&one, 1), coalition.signature(&two, 1)]);
    records.extend(coalition.voted(&next, &[&a, &b]));
    records.extend([vouch(0, &one, coalition.version), vouch(0, &two, next.version())]);
    let both = authority(&coalition, &records);
    assert!(both.is_member(&one.id) && both.is_member(&two.id), "slot 0 of each version has a target");
    assert!(both.faults().next().is_none());
    let slots = |version| both.governance().slot_count(both.keys(), &version, &a.device());
    assert_eq!((slots(coalition.version), slots(next.version())), (64, 8), "an elector there is a member here");
}

#[test]
fn of_two_joins_on_one_slot_of_a_version_the_smaller_group_counts_and_those_of_another_version_are_apart() {
    use crate::control::{Invite, Join, JoinBody};
    use crate::key::SecretKey;
    let (coalition, [a, b, c]) = three();
    let next = coalition.propose((&a, 0), coalition.version, "Two.", &[&a, &b, &c], &[]);
    let mut guests = [7, 8, 9].map(Group::new);
    guests.sort_by_key(|group| group.id);
    let opens = SecretKey::from_seed(&[8; 32]);
    let mut records = coalition.voted(&next, &[&a, &b]);
    for (guest, version) in guests.iter().zip([next.version(), next.version(), coalition.version]) {
        let about = (coalition.id, version);
        let until = Timestamp(NOW.0 + 1);
        let device = &a.secrets.device;
        records.push(Record::Invite(Invite::new(about, a.id, (0, 1), opens.public(), (NOW, until), device)));
        let body = JoinBody {
            format: crate::codec::Format,
            coalition: coalition.id,
            version,
            group: guest.id,
            issuer: a.device(),
            slot: 0,
            key: opens.public(),
            joined_at: NOW,
        };
        records.extend(guest.records());
        records.extend([coalition.signature(guest, 1), Record::Join(Join::new(body, guest.key(), &opens))]);
    }
    let after = authority(&coalition, &records);
    assert_eq!(guests.map(|guest| after.is_member(&guest.id)), [true, false, true]);
    assert_eq!(after.vouches_due(&a.device()).len(), 2);
}

#[test]
fn a_decision_stands_whatever_an_elector_does_to_its_own_devices_and_proposals() {
    let (coalition, [a, b, c]) = three();
    let next = coalition.propose((&a, 0), coalition.version, "Two.", &[&a, &b, &c], &[]);
    let decided = coalition.voted(&next, &[&a, &b]);
    let rivals: Vec<Record> = (0..6)
        .map(|n| coalition.propose((&a, 0), coalition.version, &format!("Rival {n}."), &[&a], &[]))
        .map(|rival| Record::Version(Box::new(rival)))
        .collect();
    let devices: Vec<Record> = (500..580).map(|n| b.certify(&secrets(n), Capabilities::ALL, 0)).collect();
    for order in [[&decided, &rivals, &devices], [&rivals, &devices, &decided], [&devices, &decided, &rivals]] {
        let records: Vec<Record> = order.into_iter().flatten().cloned().collect();
        let after = authority(&coalition, &records);
        assert_eq!(after.leaves(), [next.version()]);
        let fault = Fault::DoubleProposal { group: a.id, base: coalition.version, number: 0 };
        assert!(after.faults().any(|found| *found == fault));
        assert_eq!(coalition.set_with(&records).proposals().count(), 2, "of one number two are kept");
    }
}

#[test]
fn who_withdrew_comes_back_by_signing_any_version_on_the_way() {
    let (coalition, [a, b, c]) = three();
    let next = coalition.propose((&a, 0), coalition.version, "Two.", &[&a, &b, &c], &[]);
    let mut records = coalition.voted(&next, &[&a, &b]);
    records.push(coalition.withdrawal(&c, 2, 4));
    let withdrawn = authority(&coalition, &records);
    assert_eq!(withdrawn.standing(&c.id), Standing::Withdrawn);
    let write = |seq| withdrawn.may_write(&c.device(), &a.id, WriteRule::Members, seq);
    assert_eq!((write(4), write(5)), (Right::May, Right::IfBuiltOn));
    records.push(coalition.sign_version(&c, &next, 3));
    let back = authority(&coalition, &records);
    assert_eq!(back.standing(&c.id), Standing::Member);
    let validity = |version| {
        let of_c = back.signatures(&version).iter().find(|signed| signed.group == c.id);
        of_c.map(|signed| signed.validity)
    };
    assert_eq!(validity(coalition.version), Some(Validity::Withdrawn));
    assert_eq!(validity(next.version()), Some(Validity::Standing));
}

#[test]
fn a_signature_under_a_proposal_counts_for_nothing_until_it_is_adopted() {
    let (coalition, [a, b, c]) = three();
    let next = coalition.propose((&a, 0), coalition.version, "Two.", &[&a, &b, &c], &[]);
    let guest = Group::new(7);
    let mut records = [guest.records(), coalition.voted(&next, &[&a])].concat();
    records.extend([coalition.vouch(&a, 0, &guest), coalition.sign_version(&guest, &next, 1)]);
    assert!(!authority(&coalition, &records).is_member(&guest.id));
    records.push(coalition.vote(&c, &next));
    assert!(authority(&coalition, &records).is_member(&guest.id));
}
