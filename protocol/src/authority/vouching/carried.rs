//! How many stand on each group in the end, worked out for all of them at once and in bounded time.
//!
//! A question for each group, each of which walks all vouches: a member could make the number of both grow. So
//! groups are numbers here, only those are asked about whose vouches count, and after so many steps no more.

use super::Vouching;
use crate::id::GroupId;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The members that would be none if nothing counted that a group vouched for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// How many they are.
    pub count: usize,
    /// The first of them, ascending.
    pub first: Vec<GroupId>,
}

/// The vouches, with a number for each group: its place among the ids.
struct Graph {
    groups: Vec<GroupId>,
    targets: Vec<Vec<usize>>,
    founders: Vec<usize>,
    signed: Vec<bool>,
    needed: usize,
}

impl Vouching {
    /// What each group carries whose vouches count, this one first and then those nearest to the founders. None
    /// stands for a group that was not looked at, because those before it took about as many steps as are
    /// given. Groups that are not in the answer carry nobody.
    pub(in crate::authority) fn carried(
        &self,
        [signed, members]: [&BTreeSet<GroupId>; 2],
        own: &GroupId,
        names: usize,
        steps: usize,
    ) -> BTreeMap<GroupId, Option<Carried>> {
        let Some(graph) = Graph::of(self, signed) else { return BTreeMap::new() };
        let is_member: Vec<bool> = graph.groups.iter().map(|group| members.contains(group)).collect();
        let (mut order, _) = graph.reach(None);
        order.retain(|voucher| !graph.targets[*voucher].is_empty());
        if let Some(place) = order.iter().position(|voucher| graph.groups[*voucher] == *own) {
            order[..=place].rotate_right(1);
        }
        // Those at the end of a line cost one look at each group, and at each vouch.
        let each = graph.groups.len() + graph.targets.iter().map(Vec::len).sum::<usize>();
        let fits = (steps / each.max(1)).max(1);
        let look = |(at, voucher): (usize, usize)| {
            let carried = (at < fits).then(|| {
                let (_, stands) = graph.reach(Some(voucher));
                let falls = || (0..stands.len()).filter(|group| is_member[*group] && !stands[*group]);
                Carried { count: falls().count(), first: falls().take(names).map(|it| graph.groups[it]).collect() }
            });
            (graph.groups[voucher], carried)
        };
        order.into_iter().enumerate().map(look).collect()
    }
}

impl Graph {
    /// None where signing is enough: nobody stands on a vouch there.
    fn of(vouching: &Vouching, signed: &BTreeSet<GroupId>) -> Option<Self> {
        let needed = vouching.needed()?;
        let all: BTreeSet<GroupId> =
            vouching.founders.iter().chain(signed).chain(vouching.targets.keys()).copied().collect();
        let groups: Vec<GroupId> = all.into_iter().collect();
        // Whoever has neither signed nor founded anything is admitted by no vouch.
        let place = |group: &GroupId| groups.binary_search(group).ok();
        let none = BTreeSet::new();
        let targets = |group: &GroupId| vouching.targets.get(group).unwrap_or(&none).iter().filter_map(place).collect();
        Some(Self {
            targets: groups.iter().map(targets).collect(),
            founders: vouching.founders.iter().filter_map(place).collect(),
            signed: groups.iter().map(|group| signed.contains(group)).collect(),
            groups,
            needed,
        })
    }

    /// The groups that are admitted where nothing counts that one of them vouched for: in the order in which they
    /// are reached, and of each group whether it is one.
    fn reach(&self, without: Option<usize>) -> (Vec<usize>, Vec<bool>) {
        let (mut order, mut admitted) = (Vec::new(), vec![false; self.groups.len()]);
        let mut vouchers = vec![0; self.groups.len()];
        let mut open: VecDeque<usize> = self.founders.iter().copied().collect();
        self.founders.iter().for_each(|founder| admitted[*founder] = true);
        while let Some(voucher) = open.pop_front() {
            order.push(voucher);
            if Some(voucher) == without {
                continue;
            }
            for target in &self.targets[voucher] {
                vouchers[*target] += 1;
                if vouchers[*target] >= self.needed && self.signed[*target] && !admitted[*target] {
                    admitted[*target] = true;
                    open.push_back(*target);
                }
            }
        }
        (order, admitted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::{Admission, VouchedBy};

    fn id(number: usize) -> GroupId {
        let mut bytes = [0; 32];
        bytes[..4].copy_from_slice(&u32::try_from(number).unwrap().to_be_bytes());
        GroupId(bytes)
    }

    fn vouching(count: u8, founders: &[usize], vouches: impl IntoIterator<Item = (usize, usize)>) -> Vouching {
        let mut targets: BTreeMap<GroupId, BTreeSet<GroupId>> = BTreeMap::new();
        for (voucher, target) in vouches {
            targets.entry(id(voucher)).or_default().insert(id(target));
        }
        let founders = founders.iter().map(|founder| id(*founder)).collect();
        Vouching { admission: Admission::Vouched { count, by: VouchedBy::Members }, founders, targets }
    }

    #[test]
    fn of_a_chain_each_link_is_told_by_a_count_and_few_names_and_after_so_many_steps_by_nothing() {
        const LINKS: usize = 3_000;
        let vouching = vouching(1, &[0], (0..LINKS).map(|link| (link, link + 1)));
        let all: BTreeSet<GroupId> = (0..=LINKS).map(id).collect();
        let carried = vouching.carried([&all, &all], &id(2_990), 20, usize::MAX);
        assert_eq!(carried.len(), LINKS);
        assert!((0..LINKS).all(|link| carried[&id(link)].as_ref().unwrap().count == LINKS - link));
        let names = carried.values().flatten().map(|carried| carried.first.len());
        assert!(names.sum::<usize>() <= LINKS * 20, "and not four and a half million");
        assert_eq!(carried[&id(7)].as_ref().unwrap().first, (8..28).map(id).collect::<Vec<_>>());

        // Each look costs about two steps for a link: ten of them fit.
        let few = vouching.carried([&all, &all], &id(2_990), 20, 10 * (2 * LINKS + 1));
        let looked_at: Vec<&GroupId> = few.iter().filter_map(|(group, it)| it.as_ref().map(|_| group)).collect();
        let nearest: Vec<GroupId> = (0..9).chain([2_990]).map(id).collect();
        assert_eq!(looked_at, nearest.iter().collect::<Vec<_>>(), "its own group, and those nearest to the founder");
        assert_eq!(few.len(), LINKS, "the others are said to have been left out");
        assert!(few.values().flatten().all(|it| it.first.len() <= 20));
    }

    #[test]
    fn whoever_falls_is_the_same_as_one_group_at_a_time() {
        for (count, founders) in [(1, &[0][..]), (2, &[0, 1, 2])] {
            // Made up, with circles, second vouches, and a group in nine that has not signed.
            let vouches = (0..40_usize).flat_map(|it| [(it, it * 7 % 40), (it, it * it % 40), (it, (it + 3) % 40)]);
            let vouching = vouching(count, founders, vouches.filter(|(voucher, target)| voucher != target));
            let signed: BTreeSet<GroupId> = (0..40).filter(|it| it % 9 != 8).map(id).collect();
            let members = vouching.reach(&signed).admitted;
            let carried = vouching.carried([&signed, &members], &id(0), 40, usize::MAX);
            for group in (0..40).map(id) {
                let mut without = vouching.clone();
                without.targets.remove(&group);
                let falls: Vec<GroupId> = members.difference(&without.reach(&signed).admitted).copied().collect();
                let told = carried.get(&group).map_or_else(Carried::default, |it| it.clone().unwrap());
                assert_eq!((told.count, told.first), (falls.len(), falls), "{group} of {count}");
            }
            assert!(carried.values().flatten().any(|it| it.count > 0), "{count}");
        }
    }
}
