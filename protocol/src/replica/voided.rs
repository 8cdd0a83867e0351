//! What somebody is told who stands in a slot that is void, and would wait in vain.

use crate::authority::{Authority, SlotState};
use crate::control::{ControlSet, Record, RootNumber, Signer};
use crate::id::GroupId;
use crate::key::DeviceId;
use std::collections::BTreeMap;

/// Vouches for one group that say to an applicant whose records those are.
const MAX_NAMING: usize = 8;

/// What voids the slot which an applicant stood in, vouches or a second certificate of the device: it may have been a
/// member by that slot, and nobody tells it news any more. Of the one join that was judged alone: others might name any.
pub(super) fn voids(control: &ControlSet, authority: &Authority, application: &[Record]) -> Vec<Record> {
    let join = application.iter().find_map(|record| match record {
        Record::Join(join) => Some(join.body()),
        _ => None,
    });
    let Some(join) = join else { return Vec::new() };
    if authority.keys().is_disputed(&join.issuer) {
        return dispute(control, &join.issuer);
    }
    if authority.slot_under(&join.version, &join.issuer, join.slot) != SlotState::Void {
        return Vec::new();
    }
    let place = (Signer::Device(join.issuer), join.version, join.slot);
    let voids = |record: &&Record| match record {
        Record::Vouch(vouch) => (vouch.signer, vouch.body.version, vouch.body.slot) == place,
        _ => false,
    };
    control.iter().filter(voids).cloned().collect()
}

/// What shows that several groups certified a device: a certificate of each of two of them, that of the lowest root, who
/// those groups are, and what leads to these roots, which is the longest and comes last.
fn dispute(control: &ControlSet, device: &DeviceId) -> Vec<Record> {
    let mut lowest: BTreeMap<GroupId, (RootNumber, &Record)> = BTreeMap::new();
    for record in control.iter() {
        if let Record::DeviceCert(cert) = record
            && let Some(number) = cert.signed.signer.root()
            && cert.body().device == *device
        {
            let known = lowest.entry(cert.body().group).or_insert((number, record));
            if number < known.0 {
                *known = (number, record);
            }
        }
    }
    let (mut records, mut proofs) = (Vec::new(), Vec::new());
    for (group, (number, certificate)) in lowest.into_iter().take(2) {
        records.extend(control.inception(&group).cloned().map(Record::Inception));
        records.push(certificate.clone());
        let names = |record: &&Record| matches!(record, Record::Vouch(vouch) if vouch.body.target == group);
        records.extend(control.iter().filter(names).take(MAX_NAMING).cloned());
        proofs.extend(control.root_proof(&group, number));
    }
    records.extend(proofs);
    records
}

/// As many of the records, from the first on, as take no more than this.
pub(super) fn keep_within(records: &mut Vec<Record>, mut room: usize) {
    let fits = |record: &Record| {
        let left = room.checked_sub(record.encode().len());
        room = left.unwrap_or_default();
        left.is_some()
    };
    let kept = records.iter().map(fits).take_while(|fits| *fits).count();
    records.truncate(kept);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authority::rotate;
    use crate::control::sample::{Coalition, Group};
    use crate::control::{Capabilities, DeviceCert, DeviceCertBody, Kind, SigningKey};
    use crate::id::RecordId;
    use crate::invite::InviteTicket;
    use std::collections::BTreeSet;

    #[test]
    fn whoever_stands_in_a_void_slot_is_told_what_voids_it_and_of_no_other_slot() {
        let (coalition, [mill, weir, lake]) = (Coalition::new(), [1, 2, 3].map(Group::new));
        let founder = &coalition.founder;
        let (ticket, invite) = coalition.invite(&coalition.set(), 1, 1);
        let (used, more) = (ticket.first, ticket.first + 1);
        let mut known = [weir.records(), lake.records(), mill.records(), vec![invite]].concat();
        let both = [coalition.vouch(founder, used, &weir), coalition.vouch(founder, used, &lake)];
        known.extend(both.clone());
        known.extend([coalition.vouch(founder, more, &weir), coalition.vouch(founder, more, &lake)]);
        known.push(coalition.vouch(founder, more + 1, &lake));
        let set = coalition.set_with(&known);
        let authority = Authority::evaluate(&set);
        let told = |application: &[Record]| -> BTreeSet<RecordId> {
            voids(&set, &authority, application).iter().map(Record::id).collect()
        };

        let judged = coalition.join(&mill, &ticket);
        let second = coalition.join(&mill, &InviteTicket { first: more, ..ticket.clone() });
        assert_eq!(told(&[judged, second.clone()].concat()), both.iter().map(Record::id).collect());
        // A slot in which somebody stands is nobody else's business, nor one that there never was.
        for first in [more + 1, 4_000] {
            let free = coalition.join(&mill, &InviteTicket { first, ..ticket.clone() });
            assert!(told(&[free, second.clone()].concat()).is_empty(), "{first}");
        }
        assert!(told(&[]).is_empty());
    }

    #[test]
    fn whoever_was_let_in_by_a_device_of_two_groups_is_told_of_both_certificates() {
        let (coalition, [mill, weir]) = (Coalition::new(), [1, 2].map(Group::new));
        let founder = &coalition.founder;
        let (ticket, invite) = coalition.invite(&coalition.set(), 2, 1);
        let named = coalition.vouch(founder, ticket.first + 1, &weir);
        let second = weir.certify(&founder.secrets, Capabilities::NONE, 0);
        let known = [weir.records(), mill.records(), vec![invite, named.clone()]].concat();
        let told = |known: &[Record]| -> BTreeSet<RecordId> {
            let set = coalition.set_with(known);
            let application = coalition.join(&mill, &ticket);
            voids(&set, &Authority::evaluate(&set), &application).iter().map(Record::id).collect()
        };
        assert!(told(&known).is_empty());
        let told = told(&[known, vec![second.clone()]].concat());
        let expected = [&second, &named, &weir.inception, &founder.certificate];
        assert!(expected.iter().all(|record| told.contains(&record.id())), "{told:?}");
    }

    #[test]
    fn of_many_certificates_one_of_each_group_is_told_with_what_leads_to_its_root_and_no_more_than_fits() {
        let (coalition, weir) = (Coalition::new(), Group::new(1));
        let (founder, device) = (&coalition.founder, coalition.founder.device());
        let named = coalition.vouch(founder, 3, &weir);
        let mut set = coalition.set_with(&[weir.records(), vec![named.clone()]].concat());
        let Record::DeviceCert(second) = weir.certify(&founder.secrets, Capabilities::NONE, 0) else {
            unreachable!("made as one")
        };
        // Under each of three later roots, with four capabilities.
        for number in 1..=3 {
            let authority = Authority::evaluate(&set);
            let next = rotate(coalition.id, authority.keys(), weir.id, &weir.words, &BTreeMap::new()).unwrap();
            set.offer(Record::Rotation(next));
            for capabilities in [Capabilities::NONE, Capabilities::WRITE, Capabilities::RELAY, Capabilities::ALL] {
                let body = DeviceCertBody { capabilities, ..second.body().clone() };
                let root = weir.words.root(number);
                let key = SigningKey::Root(RootNumber { recovery: 0, rotation: number }.number(), &root);
                set.offer(Record::DeviceCert(DeviceCert::new(body, key, &founder.secrets)));
            }
        }
        let told = |set: &ControlSet, kind| dispute(set, &device).iter().filter(|it| it.kind() == kind).count();
        assert_eq!((told(&set, Kind::DeviceCert), told(&set, Kind::Rotation)), (2, 1), "the first root of the three");
        set.offer(Record::DeviceCert(second));
        assert_eq!((told(&set, Kind::DeviceCert), told(&set, Kind::Rotation)), (2, 0), "the root of the beginning");

        let size = |records: &[Record]| records.iter().map(|record| record.encode().len()).sum::<usize>();
        let (all, mut cut) = (dispute(&set, &device), dispute(&set, &device));
        keep_within(&mut cut, size(&all));
        assert_eq!(cut, all);
        keep_within(&mut cut, size(&all) - 1);
        assert_eq!(cut[..], all[..all.len() - 1]);
    }
}
