//! Mandates: claims, endorsements and terms.

use super::*;
use crate::control::sample::{Coalition, Group, NOW};
use crate::control::{Endorsement, Mandate, MandateBody, Offer, Record, RecordError, Role, Signed, Stance, Term};
use crate::id::RecordId;

fn three() -> (Coalition, [Group; 3]) {
    let founders = [0, 1, 2].map(Group::new);
    (Coalition::founded_by(&founders, |_| {}), founders)
}

fn at(ms: u64) -> Timestamp {
    Timestamp(NOW.0 + ms)
}

fn term(from: u64, to: u64) -> Term {
    Term { from: at(from), to: at(to) }
}

fn claim(coalition: &Coalition, holder: &Group, counter: u64) -> Mandate {
    let body = MandateBody {
        format: crate::codec::Format,
        coalition: coalition.id,
        version: coalition.version,
        group: holder.id,
        number: 0,
        counter,
        role: Role::Steward,
        scope: "The lower river.".into(),
        term: term(100, 200),
    };
    Signed::sign(body, holder.key())
}

fn word(coalition: &Coalition, by: &Group, mandate: RecordId, counter: u64, stance: Stance, ms: u64) -> Record {
    Record::Endorsement(Endorsement::new((coalition.id, mandate), by.id, counter, (stance, at(ms)), by.key()))
}

fn intervals(coalition: &Coalition, records: &[Record]) -> Vec<Term> {
    let authority = Authority::evaluate(&coalition.set_with(records));
    let [mandated] = authority.mandates() else { panic!("one mandate") };
    mandated.intervals.clone()
}

#[test]
fn a_mandate_holds_within_its_term_while_enough_electors_endorse_it() {
    use Stance::{Endorsed, Withdrawn};
    let (coalition, [a, b, c]) = three();
    let claim = claim(&coalition, &c, 1);
    let id = claim.id();
    let mut records = vec![Record::Mandate(claim), word(&coalition, &a, id, 1, Endorsed, 0)];
    assert_eq!(intervals(&coalition, &records), [], "one of two");
    records.push(word(&coalition, &b, id, 1, Endorsed, 120));
    assert_eq!(intervals(&coalition, &records), [term(120, 200)]);
    records.push(word(&coalition, &a, id, 2, Withdrawn, 150));
    assert_eq!(intervals(&coalition, &records), [term(120, 150)], "what held before it was taken back, held");
    records.push(word(&coalition, &c, id, 1, Endorsed, 170));
    assert_eq!(intervals(&coalition, &records), [term(120, 150), term(170, 200)], "a holder that is an elector");
    let authority = Authority::evaluate(&coalition.set_with(&records));
    let mandated = &authority.mandates()[0];
    assert_eq!((mandated.needed, mandated.endorsers.len()), (2, 2));
    assert!(mandated.holds_at(at(149)) && !mandated.holds_at(at(150)) && !mandated.holds_at(at(200)));
    records.reverse();
    assert_eq!(intervals(&coalition, &records), [term(120, 150), term(170, 200)]);
}

#[test]
fn one_elector_counts_once_however_often_it_endorses() {
    use Stance::{Endorsed, Withdrawn};
    let (coalition, [a, _, c]) = three();
    let claim = claim(&coalition, &c, 1);
    let id = claim.id();
    let records = [
        Record::Mandate(claim),
        word(&coalition, &a, id, 1, Endorsed, 100),
        word(&coalition, &a, id, 2, Endorsed, 110),
        word(&coalition, &a, id, 2, Withdrawn, 100),
    ];
    assert_eq!(intervals(&coalition, &records), [], "on a tie what takes back");
}

#[test]
fn a_group_that_is_no_elector_may_claim_and_not_endorse() {
    let (coalition, [a, ..]) = three();
    let guest = Group::new(7);
    let joined = [guest.records(), vec![coalition.signature(&guest, 1), coalition.vouch(&a, 0, &guest)]].concat();
    let mut set = coalition.set_with(&joined);
    let claim = claim(&coalition, &guest, 1);
    let own = word(&coalition, &guest, claim.id(), 1, Stance::Endorsed, 0);
    assert!(matches!(set.offer(own.clone()), Offer::Waiting { .. }), "the claim is not known yet");
    assert!(matches!(set.offer(Record::Mandate(claim)), Offer::Inserted { .. }));
    let refused = Offer::Refused(RecordError::NotElector { group: guest.id, version: coalition.version });
    assert_eq!(set.offer(own), refused);
}

#[test]
fn a_claim_that_its_holder_replaced_ends_with_its_endorsements() {
    let (coalition, [a, b, c]) = three();
    let first = claim(&coalition, &c, 1);
    let id = first.id();
    let mut records = vec![Record::Mandate(first)];
    records.extend([&a, &b].map(|by| word(&coalition, by, id, 1, Stance::Endorsed, 0)));
    assert_eq!(intervals(&coalition, &records), [term(100, 200)]);
    records.push(Record::Mandate(claim(&coalition, &c, 2)));
    assert_eq!(intervals(&coalition, &records), []);
    records.push(Record::Mandate(claim(&coalition, &c, 3)));
    let set = coalition.set_with(&records);
    assert_eq!(set.entries().filter(|(_, record)| matches!(record, Record::Endorsement(_))).count(), 0);
}
