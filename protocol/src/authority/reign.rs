//! Under which root a group said something: what it says later comes before what its ended devices say.
//!
//! A signature, a withdrawal and an endorsement are *words*: a group says them about itself, and of several the
//! highest counter decides. A device that the group ended still makes records that prove themselves, and a member
//! may pass them on; so no counter of it may be beyond what the group itself can say. A counter has three parts:
//!
//! | bits | |
//! |---|---|
//! | 63 to 32 | the number of the root in force when it was said |
//! | 31 | 0, or 1 once that root has revoked a device |
//! | 30 to 0 | which of the words |
//!
//! A counter holds when its signer spoke for the group under that root or a later one; with bit 31 only while
//! that root has not ended the signer. One that does not hold counts as 0, before all others: the word stays, since
//! it may have taken the place of an earlier one of its signer. So a word under a later root comes before all that was signed with
//! keys of an earlier one, whatever is signed with them later; and under one root the group goes on with words
//! that its revoked devices cannot answer. All of it follows from records that are never taken back.

use crate::authority::Authority;
use crate::authority::keys::Keys;
use crate::authority::membership::{SignedBy, Standing, Validity};
use crate::control::{
    Body, ControlSet, Record, RootNumber, Signed, Signer, SigningKey, StatementSignature, Withdrawal,
};
use crate::id::GroupId;
use crate::key::DeviceId;
use std::cmp::Reverse;

/// Set in the counters of words after a root has revoked a device.
const AFTER_REVOKING: u64 = 1 << 31;

/// The part of a counter that names a root.
const fn root_of(counter: u64) -> u64 {
    counter >> 32
}

/// Whether a group says a word again because it ends a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It ends none now.
    Nobody,
    /// It is about to revoke this one.
    Device(DeviceId),
}

impl Keys {
    /// The counter with which a word of this id counts: its own, or 0 where its signer may not claim it.
    pub fn counted<B: Body>(&self, word: &Signed<B>, counter: u64) -> u64 {
        if self.may_claim(word, counter) { counter } else { 0 }
    }

    fn may_claim<B: Body>(&self, word: &Signed<B>, counter: u64) -> bool {
        if counter < AFTER_REVOKING {
            // Whatever was admitted spoke under the first root, or under a later one.
            return true;
        }
        let group = word.body.group();
        let Some(root) = self.root(&group) else { return false };
        let claimed = match u32::try_from(root_of(counter)).ok().and_then(RootNumber::of) {
            Some(claimed) if claimed <= root.number => claimed,
            _ => return false,
        };
        match word.signer {
            Signer::Root(_) | Signer::Recovered(..) => root.led_by(word.signer) >= Some(claimed),
            Signer::Device(device) => {
                let is_ended = || self.spoken().is_ended_by(group, device, claimed);
                self.spoken().since(group, device, claimed) && (counter & AFTER_REVOKING == 0 || !is_ended())
            }
        }
    }

    /// The counter of a group's next word, where `highest` is the highest one that counts; none where a
    /// device has used up all that there are under the root in force: it has to be ended first.
    pub fn next_word(&self, group: &GroupId, highest: u64, ending: Ending) -> Option<u64> {
        let (first, root) = match self.root(group) {
            None => (0, 0),
            Some(root) => {
                let number = u64::from(root.number.number());
                let has_ended = ending != Ending::Nobody || self.has_revoked(group);
                ((number << 32) | if has_ended { AFTER_REVOKING } else { 0 }, number)
            }
        };
        let next = highest.max(first).checked_add(1)?;
        (root_of(next) == root).then_some(next)
    }
}

/// What a group has said and stands, said once more by `key` where some of it was said before the root in force,
/// before that root revoked a device, or by a device that is about to be ended; nothing where none was.
///
/// That it left is said again only with the end of a device: otherwise a node that has not heard of everything yet
/// could take out a group that has come back.
pub fn say_again(
    set: &ControlSet,
    authority: &Authority,
    group: &GroupId,
    key: SigningKey<'_>,
    ending: Ending,
) -> Vec<Record> {
    let again = || {
        let first = authority.keys().next_word(group, 0, ending)?;
        let next = authority.next_counter_when(group, ending)?;
        Some(Again { set, authority, group, key, ending, first, next })
    };
    let Some(again) = again() else { return Vec::new() };
    match ending {
        Ending::Device(_) if authority.standing(group) == Standing::Withdrawn => again.withdrawal(),
        _ => again.signatures(),
    }
}

/// What is said once more: words below `first`, with counters from `next` on.
struct Again<'a> {
    set: &'a ControlSet,
    authority: &'a Authority,
    group: &'a GroupId,
    key: SigningKey<'a>,
    ending: Ending,
    first: u64,
    next: u64,
}

impl Again<'_> {
    fn is_due<B: Body>(&self, word: &Signed<B>, counter: u64) -> bool {
        let ends = matches!(self.ending, Ending::Device(device) if word.signer == Signer::Device(device));
        ends || counter < self.first
    }

    fn withdrawal(&self) -> Vec<Record> {
        let ends = self.authority.membership().ends(self.group).iter();
        let said = ends.filter_map(|end| match self.set.get(&end.by) {
            Some(Record::Withdrawal(said)) => Some(said),
            _ => None,
        });
        let due = said.filter(|said| {
            let counter = self.authority.keys().counted(said, said.body.counter.0);
            self.is_due(said, counter)
        });
        let again = due.map(|said| {
            let mut body = said.body.clone();
            body.counter.0 = self.next;
            Record::Withdrawal(Withdrawal::sign(body, self.key))
        });
        again.collect()
    }

    /// All of them, so that their order stays.
    fn signatures(&self) -> Vec<Record> {
        let versions = self.authority.governance().versions().adopted();
        let of_group = |version| self.authority.signatures(version).iter().find(|signed| signed.group == *self.group);
        let mut standing: Vec<&SignedBy> = versions.filter_map(|rules| of_group(&rules.version)).collect();
        standing.retain(|signed| signed.validity == Validity::Standing);
        standing.sort_by_key(|signed| (signed.counter, Reverse(signed.id)));
        if !standing.iter().any(|signed| self.is_due(&signed.record, signed.counter)) {
            return Vec::new();
        }
        let again = standing.into_iter().zip(self.next..).map(|(signed, counter)| {
            let mut body = signed.record.body.clone();
            body.counter.0 = counter;
            Record::Signature(StatementSignature::sign(body, self.key))
        });
        again.collect()
    }
}
