//! Second vouches: who stands on whom, and who falls with whom.

use super::*;
use crate::control::sample::{Coalition, Group};
use crate::control::{Admission, Record, VouchedBy};

/// Groups that are known and have signed, for which nobody vouches yet.
fn signed(coalition: &Coalition, groups: &[&Group]) -> Vec<Record> {
    groups.iter().flat_map(|group| [group.records(), vec![coalition.signature(group, 1)]].concat()).collect()
}

fn authority(coalition: &Coalition, more: &[Record]) -> Authority {
    Authority::evaluate(&coalition.set_with(more))
}

fn ids<const N: usize>(groups: [&Group; N]) -> Vec<GroupId> {
    let mut ids = groups.map(|group| group.id).to_vec();
    ids.sort_unstable();
    ids
}

/// The members that would be none if nothing counted that this group vouched for.
fn falls_without(authority: &Authority, voucher: &GroupId) -> Vec<GroupId> {
    let carried = authority.membership().carried(voucher, usize::MAX, usize::MAX).remove(voucher);
    carried.flatten().map(|carried| carried.first).unwrap_or_default()
}

#[test]
fn whom_a_second_member_vouches_for_stays_when_the_first_vouch_is_void_and_who_has_one_alone_falls() {
    let (coalition, [mill, weir, lake, other]) = (Coalition::new(), [1, 2, 3, 4].map(Group::new));
    let founder = &coalition.founder;
    let mut records = signed(&coalition, &[&mill, &weir, &lake, &other]);
    records.push(coalition.vouch(founder, 0, &mill));
    records.push(coalition.vouch(founder, 1, &weir));
    // Lake stands on Weir, and so on nobody else than the founder in the end.
    records.push(coalition.vouch(&weir, 0, &lake));
    let before = authority(&coalition, &records);
    let vouching = before.membership().vouching().unwrap();
    assert_eq!((vouching.needed(), vouching.by()), (Some(1), VouchedBy::Members));
    assert_eq!(vouching.by_target()[&mill.id], [founder.id]);
    assert_eq!(falls_without(&before, &founder.id), ids([&mill, &weir, &lake]));
    assert_eq!(falls_without(&before, &weir.id), [lake.id]);
    assert_eq!(falls_without(&before, &mill.id), []);

    let voids = [(0, &other), (1, &other)].map(|(slot, target)| coalition.vouch(founder, slot, target));
    let alone = authority(&coalition, &[&records[..], &voids].concat());
    assert_eq!(alone.members_here().collect::<Vec<_>>(), [founder.id], "nobody else vouched");
    // Mill and Weir vouch for each other: that alone does not help, and with a third from the founder it does.
    let circle = [coalition.vouch(&mill, 0, &weir), coalition.vouch(&weir, 1, &mill)];
    let circle = [&records[..], &circle].concat();
    assert_eq!(falls_without(&authority(&coalition, &circle), &founder.id), ids([&mill, &weir, &lake]));
    assert!(!authority(&coalition, &[&circle[..], &voids].concat()).is_member(&mill.id));
    let one = authority(&coalition, &[&circle[..], &voids[..1]].concat());
    assert!(one.is_member(&mill.id), "whoever has a second vouch stays");
    assert_eq!(one.membership().vouching().unwrap().by_target()[&mill.id], [weir.id]);
}

#[test]
fn a_removed_group_takes_nobody_with_it_for_whom_it_vouched_before() {
    let founders = [0, 1].map(Group::new);
    let (coalition, [a, b]) = (Coalition::founded_by(&founders, |_| {}), &founders);
    let (mill, lake) = (Group::new(5), Group::new(6));
    let mut records = signed(&coalition, &[&mill, &lake]);
    records.push(coalition.vouch(a, 0, &mill));
    records.push(coalition.vouch(&mill, 0, &lake));
    let next = coalition.propose((a, 0), coalition.version, "Two.", &[a, b], &[&mill]);
    records.extend(coalition.voted(&next, &[a, b]));
    let after = authority(&coalition, &records);
    assert_eq!(after.standing(&mill.id), Standing::Removed);
    assert!(after.is_member(&lake.id), "its vouch was given before");
    assert_eq!(after.slot_under(&next.version(), &mill.device(), 0), SlotState::None, "it gives no further one");
    assert_eq!(falls_without(&after, &mill.id), [lake.id], "a second vouch would make it independent");
}

#[test]
fn where_two_vouches_are_asked_for_one_falls_with_either_of_them_and_three_stand_any_loss() {
    let founders = [0, 1, 2].map(Group::new);
    let two = Admission::Vouched { count: 2, by: VouchedBy::Electors };
    let (coalition, [a, b, c]) = (Coalition::founded_by(&founders, |body| body.admission = two), &founders);
    let mill = Group::new(5);
    let mut records = signed(&coalition, &[&mill]);
    records.push(coalition.vouch(a, 0, &mill));
    let waits = authority(&coalition, &records);
    assert_eq!(waits.standing(&mill.id), Standing::Applicant { missing: Lacking::Vouch });
    assert_eq!(waits.membership().vouching().unwrap().needed(), Some(2));
    records.push(coalition.vouch(b, 0, &mill));
    let member = authority(&coalition, &records);
    assert!(member.is_member(&mill.id));
    assert_eq!(falls_without(&member, &a.id), [mill.id]);
    assert_eq!(falls_without(&member, &c.id), []);
    records.push(coalition.vouch(c, 0, &mill));
    let spare = authority(&coalition, &records);
    assert!([a, b, c].iter().all(|founder| falls_without(&spare, &founder.id).is_empty()));
}
