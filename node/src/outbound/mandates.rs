//! Mandates: claimed by a group, endorsed by electors, given back.

use super::Outbound;
use super::governing::{checked, invalid, not_arrived, refused, unknown};
use super::words::used_up;
use crate::handle::{Claiming, CommandError};
use grid_protocol::authority::{Ending, Mandated};
use grid_protocol::codec::Format;
use grid_protocol::control::{ControlSet, Endorsement, Mandate, MandateBody, Record, Signer, Stance, Term};
use grid_protocol::id::{RecordId, VersionId};
use grid_protocol::limits::MAX_MANDATES;
use grid_protocol::replica::Replica;
use grid_protocol::storage::Storage;
use grid_protocol::time::Timestamp;
use std::collections::BTreeMap;

impl Outbound {
    /// The claim of a mandate.
    ///
    /// # Errors
    ///
    /// [`CommandError`] naming the rule that stands against it.
    pub(super) fn claim<S: Storage>(
        &self,
        replica: &Replica<S>,
        now: Timestamp,
        claiming: &Claiming,
    ) -> Result<Record, CommandError> {
        self.as_member(replica)?;
        let key = self.governing(replica)?;
        let version = match claiming.version {
            Some(version) => version,
            None => replica.authority().followed().ok_or_else(not_arrived)?,
        };
        if replica.authority().governance().versions().rules(&version).is_none() {
            return Err(unknown(&version));
        }
        if claiming.term.from >= claiming.term.to {
            return Err(invalid("the term ends before it begins", "give an end after the beginning"));
        }
        if claiming.term.to <= now {
            return Err(invalid("the term is over already", "give an end that lies ahead"));
        }
        let (number, counter) = self.free_mandate(replica.control(), &version, now)?;
        let body = MandateBody {
            format: Format,
            coalition: self.me.coalition,
            version,
            group: self.me.group,
            number,
            counter,
            role: claiming.role,
            scope: claiming.scope.clone(),
            term: claiming.term,
        };
        checked(Record::Mandate(Mandate::sign(body, key)))
    }

    /// A place for a claim, and the counter that it takes there: one that was not used, or whose term is over.
    fn free_mandate(
        &self,
        control: &ControlSet,
        version: &VersionId,
        now: Timestamp,
    ) -> Result<(u32, u64), CommandError> {
        let mut used: BTreeMap<u32, (u64, Timestamp)> = BTreeMap::new();
        for record in control.iter() {
            if let Record::Mandate(claim) = record
                && claim.body.version == *version
                && claim.signer == Signer::Device(self.me.device)
            {
                let this = (claim.body.counter, claim.body.term.to);
                let best = used.entry(claim.body.number).or_insert(this);
                *best = this.max(*best);
            }
        }
        let free = |number: u32| match used.get(&number) {
            None => Some((number, 0)),
            Some((counter, end)) if *end <= now => Some((number, counter.saturating_add(1))),
            Some(_) => None,
        };
        (0..MAX_MANDATES).find_map(free).ok_or_else(|| {
            refused(
                format!("a computer claims at most {MAX_MANDATES} mandates at a time, and this one has"),
                "give one back with `grid mandate withdraw`",
            )
        })
    }

    /// This group's word for a mandate.
    ///
    /// # Errors
    ///
    /// [`CommandError`] naming the rule: only electors of the version of the claim endorse it, once each.
    pub(super) fn endorse<S: Storage>(
        &self,
        replica: &Replica<S>,
        now: Timestamp,
        mandate: &RecordId,
    ) -> Result<Record, CommandError> {
        self.as_member(replica)?;
        let mandated = find(replica, mandate)?;
        let authority = replica.authority();
        let version = mandated.claim.body.version;
        let rules = authority.governance().versions().rules(&version).ok_or_else(|| unknown(&version))?;
        self.as_elector(authority, rules, "endorses a mandate")?;
        if mandated.endorsers.contains(&self.me.group) {
            return Err(refused("this group endorses it already", "`grid mandate show` names who does"));
        }
        if mandated.claim.body.term.to <= now {
            return Err(refused("the term of this mandate is over", "its holder can claim it anew"));
        }
        self.word(replica, now, mandate, Stance::Endorsed)
    }

    /// This group's word that it endorses a mandate no longer.
    ///
    /// # Errors
    ///
    /// [`CommandError::Refused`] when it does not endorse it.
    pub(super) fn take_back<S: Storage>(
        &self,
        replica: &Replica<S>,
        now: Timestamp,
        mandate: &RecordId,
    ) -> Result<Record, CommandError> {
        let mandated = find(replica, mandate)?;
        if !mandated.endorsers.contains(&self.me.group) {
            return Err(refused(
                "this group does not endorse this mandate, so there is nothing to take back",
                "`grid mandate show` names who does",
            ));
        }
        self.word(replica, now, mandate, Stance::Withdrawn)
    }

    fn word<S: Storage>(
        &self,
        replica: &Replica<S>,
        now: Timestamp,
        mandate: &RecordId,
        stance: Stance,
    ) -> Result<Record, CommandError> {
        let key = self.governing(replica)?;
        let said = replica.control().iter().filter_map(|record| match record {
            Record::Endorsement(word) if word.body.mandate == *mandate && word.body.group == self.me.group => {
                Some(replica.authority().keys().counted(word, word.body.counter))
            }
            _ => None,
        });
        let next = replica.authority().keys().next_word(&self.me.group, said.max().unwrap_or(0), Ending::Nobody);
        let counter = next.ok_or_else(used_up)?;
        let about = (self.me.coalition, *mandate);
        checked(Record::Endorsement(Endorsement::new(about, self.me.group, counter, (stance, now), key)))
    }

    /// The end of a mandate that this group claimed: a claim in its place whose term is over.
    ///
    /// # Errors
    ///
    /// [`CommandError`] when it is another group's, or was claimed on another computer.
    pub(super) fn give_back<S: Storage>(
        &self,
        replica: &Replica<S>,
        now: Timestamp,
        mandate: &RecordId,
    ) -> Result<Record, CommandError> {
        let claim = &find(replica, mandate)?.claim;
        let body = &claim.body;
        if body.group != self.me.group {
            return Err(CommandError::NotYours { owner: body.group.to_string() });
        }
        let key = self.governing(replica)?;
        if claim.signer != key.signer() {
            return Err(refused(
                "this mandate was claimed on another computer of this group",
                "give it back there; electors can take their endorsements back at any time",
            ));
        }
        if body.term.to <= now {
            return Err(refused("the term of this mandate is over", "there is nothing to give back"));
        }
        // A term has a beginning and an end, also where it had not begun.
        let from = body.term.from.min(Timestamp(now.0.saturating_sub(1)));
        let (counter, term) = (body.counter.saturating_add(1), Term { from, to: now });
        checked(Record::Mandate(Mandate::sign(MandateBody { counter, term, ..body.clone() }, key)))
    }
}

fn find<'a, S: Storage>(replica: &'a Replica<S>, mandate: &RecordId) -> Result<&'a Mandated, CommandError> {
    let mut mandates = replica.authority().mandates().iter();
    mandates
        .find(|mandated| mandated.id == *mandate)
        .ok_or_else(|| CommandError::NotFound { what: "mandate".to_owned(), id: mandate.short() })
}
