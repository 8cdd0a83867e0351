//! Taking turns: what is cut to a length is cut so that one group that writes without end does not crowd out the others.

use grid_protocol::id::GroupId;
use std::collections::HashMap;

/// The same in another order: the first of each group, then the second of each, and so on, each round in the order given.
pub(super) fn in_turn<T>(all: Vec<T>, group: impl Fn(&T) -> Option<GroupId>) -> Vec<T> {
    let mut turns: HashMap<Option<GroupId>, usize> = HashMap::new();
    let turn = |one: T| {
        let next = turns.entry(group(&one)).or_default();
        *next += 1;
        (*next, one)
    };
    let mut all: Vec<(usize, T)> = all.into_iter().map(turn).collect();
    all.sort_by_key(|(turn, _)| *turn);
    all.into_iter().map(|(_, one)| one).collect()
}

/// The first `most` by turns, in the order given.
pub(super) fn fairly<T>(all: Vec<T>, most: usize, group: impl Fn(&T) -> Option<GroupId>) -> Vec<T> {
    if all.len() <= most {
        return all;
    }
    let numbered: Vec<(usize, T)> = all.into_iter().enumerate().collect();
    let mut taken = in_turn(numbered, |(_, one)| group(one));
    taken.truncate(most);
    taken.sort_by_key(|(place, _)| *place);
    taken.into_iter().map(|(_, one)| one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_brings_a_hundred_leaves_room_for_whoever_brings_one() {
        let group = |one: &(u8, u8)| Some(GroupId([one.0; 32]));
        let flood = (0..100).map(|number| (1, number)).chain([(2, 0), (3, 0), (3, 1)]);
        let all: Vec<(u8, u8)> = flood.collect();
        assert_eq!(fairly(all.clone(), 5, group), [(1, 0), (1, 1), (2, 0), (3, 0), (3, 1)]);
        assert_eq!(in_turn(all.clone(), group)[..5], [(1, 0), (2, 0), (3, 0), (1, 1), (3, 1)]);
        assert_eq!(fairly(all.clone(), 103, group), all);
    }
}
