//! Layer 3: who belongs.
//!
//! A group was admitted when it signed and is reached from the founders by as many vouches as the rules ask
//! for: a least fixpoint, so that groups that vouch only for each other stay outside. It is a member as
//! long as it does not withdraw. Vouches of a group that withdrew still count: nobody loses his place
//! because somebody else leaves.

use crate::authority::fault::Fault;
use crate::authority::governance::Governance;
use crate::authority::keys::Keys;
use crate::control::{Admission, ControlSet, Record, Signer, StatementSignature, VouchedBy, Withdrawal};
use crate::domain;
use crate::id::{GroupId, RecordId};
use crate::key::{DeviceId, PublicKey};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// What an applicant lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lacking {
    /// It has not signed the statement.
    Signature,
    /// Too few groups vouch for it.
    Vouch,
    /// Neither has happened.
    SignatureAndVouch,
}

/// Where a group stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It signed, was vouched for, and did not withdraw.
    Member,
    /// It is known, and not a member yet.
    Applicant {
        /// What it lacks.
        missing: Lacking,
    },
    /// It signed, and took that back.
    Withdrawn,
    /// There is no such group.
    Unknown,
}

/// Whether a signature still holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validity {
    /// It does.
    Standing,
    /// The group withdrew it.
    Withdrawn,
}

/// A group's signature that counts.
#[derive(Clone, Debug)]
pub struct SignedBy {
    /// The group.
    pub group: GroupId,
    /// The key that made it: of a root or a device.
    pub key: PublicKey,
    /// The id of the signature.
    pub id: RecordId,
    /// The signature.
    pub record: StatementSignature,
    /// Whether it still holds.
    pub validity: Validity,
}

/// Who belongs, and by which signatures.
#[derive(Clone, Debug, Default)]
pub struct Membership {
    signatures: Vec<SignedBy>,
    withdrawals: BTreeMap<GroupId, (RecordId, Vec<(DeviceId, u64)>)>,
    counters: BTreeMap<GroupId, u64>,
    vouched: BTreeSet<GroupId>,
    admitted: BTreeSet<GroupId>,
    members: BTreeSet<GroupId>,
    faults: Vec<Fault>,
}

impl Membership {
    pub(crate) fn evaluate(set: &ControlSet, keys: &Keys, governance: &Governance) -> Self {
        let mut this = Self::default();
        this.read_signatures(set, governance);
        this.admit(keys, governance);
        this.members = this
            .signatures
            .iter()
            .filter(|signed| signed.validity == Validity::Standing && this.admitted.contains(&signed.group))
            .map(|signed| signed.group)
            .collect();
        this
    }

    fn read_signatures(&mut self, set: &ControlSet, governance: &Governance) {
        let Some(rules) = governance.rules() else { return };
        let mut signed: BTreeMap<GroupId, (Reverse<u64>, RecordId, &StatementSignature)> = BTreeMap::new();
        let mut withdrawn: BTreeMap<GroupId, (Reverse<u64>, RecordId, &Withdrawal)> = BTreeMap::new();
        for (id, record) in set.entries() {
            match record {
                Record::Signature(record) if record.body.version == rules.version => {
                    let body = &record.body;
                    if body.text_hash == rules.text_hash {
                        keep_first(&mut signed, body.group, (Reverse(body.counter.0), *id, record));
                    } else {
                        self.faults.push(Fault::OtherText { group: body.group, text_hash: body.text_hash });
                    }
                }
                Record::Withdrawal(record) if record.body.version == rules.version => {
                    keep_first(&mut withdrawn, record.body.group, (Reverse(record.body.counter.0), *id, record));
                }
                _ => {}
            }
        }
        let highest = signed.iter().map(|(group, (counter, ..))| (*group, counter.0));
        for (group, counter) in highest.chain(withdrawn.iter().map(|(group, (counter, ..))| (*group, counter.0))) {
            let so_far = self.counters.entry(group).or_default();
            *so_far = counter.max(*so_far);
        }
        for (group, (counter, signature, record)) in signed {
            let key = match record.signer {
                Signer::Device(device) => device.0,
                Signer::Root(number) => {
                    let (purpose, id) = (domain::STATEMENT_SIGNATURE, signature.as_bytes());
                    match set.signing_root(&group, number, (purpose, id), &record.signature) {
                        Some(root) => root,
                        None => continue,
                    }
                }
            };
            // The higher counter wins; on a tie the withdrawal.
            let taken_back = withdrawn.get(&group).filter(|(withdrawal, ..)| withdrawal.0 >= counter.0);
            let validity = match taken_back {
                Some((_, id, withdrawal)) => {
                    self.withdrawals.insert(group, (*id, withdrawal.body.last.clone()));
                    Validity::Withdrawn
                }
                None => Validity::Standing,
            };
            self.signatures.push(SignedBy { group, key, id: signature, record: record.clone(), validity });
        }
    }

    fn admit(&mut self, keys: &Keys, governance: &Governance) {
        let Some(rules) = governance.rules() else { return };
        let signed: BTreeSet<GroupId> = self.signatures.iter().map(|signed| signed.group).collect();
        self.vouched.clone_from(&rules.electors);
        self.admitted.clone_from(&rules.electors);
        let (count, by) = match rules.admission {
            Admission::Vouched { count, by } => (usize::from(count), by),
            Admission::Open => {
                self.vouched.extend(keys.groups());
                self.admitted.extend(signed);
                return;
            }
        };
        let mut targets: BTreeMap<GroupId, BTreeSet<GroupId>> = BTreeMap::new();
        for (device, target) in governance.vouches() {
            if let Some(voucher) = keys.governs(device)
                && voucher != target
            {
                targets.entry(voucher).or_default().insert(target);
            }
        }
        let mut vouchers: BTreeMap<GroupId, usize> = BTreeMap::new();
        let mut reached: Vec<GroupId> = rules.electors.iter().copied().collect();
        while let Some(voucher) = reached.pop() {
            if by == VouchedBy::Electors && !rules.electors.contains(&voucher) {
                continue;
            }
            for target in targets.get(&voucher).into_iter().flatten() {
                let so_far = vouchers.entry(*target).or_default();
                *so_far += 1;
                if *so_far >= count {
                    self.vouched.insert(*target);
                    if signed.contains(target) && self.admitted.insert(*target) {
                        reached.push(*target);
                    }
                }
            }
        }
    }

    /// Whether the group is a member now.
    pub fn is_member(&self, group: &GroupId) -> bool {
        self.members.contains(group)
    }

    /// Whether the group was a member at some time.
    pub fn was_admitted(&self, group: &GroupId) -> bool {
        self.admitted.contains(group)
    }

    /// Whether enough groups vouch for it, or none need to.
    pub fn is_vouched_for(&self, group: &GroupId) -> bool {
        self.vouched.contains(group)
    }

    /// The members, ascending.
    pub fn members(&self) -> impl Iterator<Item = GroupId> {
        self.members.iter().copied()
    }

    /// All groups that ever were members, ascending.
    pub fn admitted(&self) -> impl Iterator<Item = GroupId> {
        self.admitted.iter().copied()
    }

    /// The signatures that count, by ascending group.
    pub fn signatures(&self) -> &[SignedBy] {
        &self.signatures
    }

    /// The withdrawal of a group that withdrew: its record, and the last entry of each device.
    pub fn withdrawal(&self, group: &GroupId) -> Option<(RecordId, &[(DeviceId, u64)])> {
        self.withdrawals.get(group).map(|(id, last)| (*id, last.as_slice()))
    }

    /// The counter that a group's next signature or withdrawal needs in order to count.
    pub fn next_counter(&self, group: &GroupId) -> u64 {
        self.counters.get(group).map_or(1, |highest| highest.saturating_add(1))
    }

    /// Where a group stands that is known.
    pub fn standing(&self, group: &GroupId) -> Standing {
        let signed = self.signatures.binary_search_by_key(group, |signed| signed.group).is_ok();
        match (self.is_member(group), self.withdrawals.contains_key(group)) {
            (true, _) => Standing::Member,
            (false, true) => Standing::Withdrawn,
            (false, false) => Standing::Applicant {
                missing: match (signed, self.is_vouched_for(group)) {
                    (true, _) => Lacking::Vouch,
                    (false, true) => Lacking::Signature,
                    (false, false) => Lacking::SignatureAndVouch,
                },
            },
        }
    }

    /// Who breaks the rules of this layer.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }
}

fn keep_first<'a, R>(
    kept: &mut BTreeMap<GroupId, (Reverse<u64>, RecordId, &'a R)>,
    group: GroupId,
    new: (Reverse<u64>, RecordId, &'a R),
) {
    let best = kept.entry(group).or_insert(new);
    if (new.0, new.1) < (best.0, best.1) {
        *best = new;
    }
}
