//! The lobby's question: may the records of a newcomer come in?
//!
//! The newcomer hands in its inception, certificate, join and perhaps signature, and the records that
//! prove the invite if this node may not have heard of it. The reasons for a refusal are written for the
//! people who want to join.

use crate::authority::{Authority, SlotState};
use crate::control::{
    Admission, ControlSet, DeviceCert, InviteBody, Join, Kind, Missing, Offer, Record, RecordError, RootNumber, Signer,
};
use crate::id::{CoalitionId, GroupId, VersionId};
use crate::key::DeviceId;
use crate::limits::{MAX_APPLICANTS, MAX_APPLICATION, MAX_GOVERNING_DEVICES};
use crate::time::Timestamp;

/// What to do with an application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApplicationVerdict {
    /// Offer the records to the control set, in their order, and pass them on.
    Accept {
        /// The group that applies.
        group: GroupId,
        /// The device that speaks for it.
        device: DeviceId,
    },
    /// Leave them out and say why.
    Refused(ApplicationError),
}

/// Why an application is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApplicationError {
    /// No invite of a member fits.
    #[error("no member of this coalition is known to have issued this invite")]
    UnknownInvite,
    /// The invite is over.
    #[error("the invite expired on {at}: ask for a new one")]
    Expired {
        /// When it ended.
        at: Timestamp,
    },
    /// The inviter took the invite back.
    #[error("the invite was taken back: ask for a new one")]
    Revoked,
    /// Somebody else came first.
    #[error("the invite has been used by another group: ask for a new one")]
    SlotTaken {
        /// The slot.
        slot: u32,
        /// Who stands in it.
        by: GroupId,
    },
    /// The slot is void or does not exist.
    #[error("slot {slot} of the inviting device lets nobody in: ask for a new invite")]
    NoSuchSlot {
        /// The slot.
        slot: u32,
    },
    /// The records are for another coalition.
    #[error("the invite is for another coalition ({}), this node belongs to {}", .found.short(), .expected.short())]
    WrongCoalition {
        /// The coalition of the node.
        expected: CoalitionId,
        /// The coalition of the application.
        found: CoalitionId,
    },
    /// A record is missing.
    #[error("the application is incomplete: the {missing} is missing")]
    Incomplete {
        /// What kind of record.
        missing: Kind,
    },
    /// A record has no place in an application.
    #[error("a {kind} has no place in an application")]
    OutOfPlace {
        /// What kind of record.
        kind: Kind,
    },
    /// A record is invalid.
    #[error("a record of the application is invalid")]
    Invalid(#[from] RecordError),
    /// The invite is for a version of the statement of which this node has not heard.
    #[error("the version of the statement that the invite is for has not arrived at this node yet: keep yours running")]
    UnknownVersion {
        /// The version.
        version: VersionId,
    },
    /// There are too many bytes.
    #[error("an application has at most {MAX_APPLICATION} bytes, found {found}")]
    TooLarge {
        /// How many bytes there are.
        found: usize,
    },
    /// A group that is no member yet hands in one device after another.
    #[error("a group that is no member yet has at most {MAX_GOVERNING_DEVICES} devices here")]
    TooManyDevices,
    /// The node has no room for more applicants.
    #[error("this node keeps {MAX_APPLICANTS} applicants and has no room for more: try another node, or later")]
    Full,
}

/// Judges the records that a newcomer hands in.
pub fn judge_application(
    set: &ControlSet,
    authority: &Authority,
    now: Timestamp,
    records: &[Record],
) -> ApplicationVerdict {
    match judge(set, authority, now, records) {
        Ok((group, device)) => ApplicationVerdict::Accept { group, device },
        Err(error) => ApplicationVerdict::Refused(error),
    }
}

fn judge(
    set: &ControlSet,
    authority: &Authority,
    now: Timestamp,
    records: &[Record],
) -> Result<(GroupId, DeviceId), ApplicationError> {
    let found = records.iter().map(|record| record.encode().len()).sum();
    if found > MAX_APPLICATION {
        return Err(ApplicationError::TooLarge { found });
    }
    let foreign = records.iter().filter_map(Record::coalition).find(|id| *id != set.coalition());
    if let Some(found) = foreign {
        return Err(ApplicationError::WrongCoalition { expected: set.coalition(), found });
    }
    let join = records.iter().find_map(|record| match record {
        Record::Join(join) => Some(join),
        _ => None,
    });
    let open = authority.governance().rules().is_some_and(|rules| rules.admission == Admission::Open);
    let applicant = applicant(records, join)?;
    let (group, device) = applicant;
    belongs(records, group, join)?;
    let proven = prove(set, authority, records)?;
    if authority.was_admitted(&group) {
        return Ok(applicant);
    }
    room(authority, records, group)?;
    if authority.membership().is_vouched_for(&group) {
        return Ok(applicant);
    }
    match join {
        Some(join) => let_in([set, &proven], authority, now, join)?,
        None if open => {}
        None => return Err(ApplicationError::Incomplete { missing: Kind::Join }),
    }
    Ok((group, device))
}

/// What a group hands in that has a new root: a device of it is a stranger until its root is known.
fn is_renewal(kind: Kind) -> bool {
    matches!(kind, Kind::Rotation | Kind::Recovery | Kind::Revoke)
}

/// Admits the records to a set of their own; where roots follow from roots, to one with all that is known.
fn prove(set: &ControlSet, authority: &Authority, records: &[Record]) -> Result<ControlSet, ApplicationError> {
    let renewed = |record: &Record| {
        let root = record.group().and_then(|group| authority.root(&group));
        is_renewal(record.kind()) || root.is_some_and(|root| root.number != RootNumber::FIRST)
    };
    let mut proven = match records.iter().any(renewed) {
        true => set.clone(),
        false => ControlSet::beside(set),
    };
    for record in records {
        if let Offer::Refused(error) = proven.offer(record.clone()) {
            return Err(error.into());
        }
    }
    for record in records {
        // What stands in the node's set has been proven before; what waited for a later one may be in now.
        if proven.get(&record.id()).or_else(|| set.get(&record.id())).is_some() {
            continue;
        }
        if let Offer::Waiting { missing } = proven.offer(record.clone()) {
            let missing = match missing {
                Missing::Inception(_) => Kind::Inception,
                Missing::Certificate { .. } => Kind::DeviceCert,
                Missing::Root { .. } => Kind::Rotation,
                Missing::Version(version) => return Err(ApplicationError::UnknownVersion { version }),
                Missing::Standing(_) => Kind::Join,
                Missing::Votes(_) => Kind::Vote,
                Missing::Mandate(_) => Kind::Mandate,
            };
            return Err(ApplicationError::Incomplete { missing });
        }
    }
    Ok(proven)
}

/// The group that applies and the device that speaks for it.
fn applicant(records: &[Record], join: Option<&Join>) -> Result<(GroupId, DeviceId), ApplicationError> {
    let group = join.map(|join| join.body().group);
    let inception = records.iter().find_map(|record| match record {
        Record::Inception(inception) => Some(inception.group()).filter(|id| group.is_none_or(|group| group == *id)),
        _ => None,
    });
    let group = inception.ok_or(ApplicationError::Incomplete { missing: Kind::Inception })?;
    let certificate = records.iter().find_map(|record| match record {
        Record::DeviceCert(DeviceCert { signed, .. }) if signed.body.group == group => Some(signed.body.device),
        _ => None,
    });
    Ok((group, certificate.ok_or(ApplicationError::Incomplete { missing: Kind::DeviceCert })?))
}

/// Every record is the applicant's own, or proves the invite.
fn belongs(records: &[Record], applicant: GroupId, join: Option<&Join>) -> Result<(), ApplicationError> {
    let issuer = join.map(|join| join.body().issuer);
    let inviter = records.iter().find_map(|record| match record {
        Record::Invite(invite) if issuer.map(Signer::Device) == Some(invite.signer) => Some(invite.body.group),
        _ => None,
    });
    let out_of_place = records.iter().find(|record| {
        let own = matches!(record.kind(), Kind::Inception | Kind::DeviceCert | Kind::Join | Kind::Signature)
            || is_renewal(record.kind());
        let proof = matches!(record.kind(), Kind::Inception | Kind::DeviceCert | Kind::Invite | Kind::Rotation);
        !(own && record.group() == Some(applicant) || proof && inviter.is_some() && record.group() == inviter)
    });
    match out_of_place {
        Some(record) => Err(ApplicationError::OutOfPlace { kind: record.kind() }),
        None => Ok(()),
    }
}

/// Whether there is room for this applicant, and for its devices.
fn room(authority: &Authority, records: &[Record], applicant: GroupId) -> Result<(), ApplicationError> {
    let known = authority.devices_of(&applicant);
    let new = records.iter().filter(|record| match record {
        Record::DeviceCert(cert) => cert.body().group == applicant && !known.contains(&cert.body().device),
        _ => false,
    });
    let new = new.count();
    if new > 0 && known.len() + new > MAX_GOVERNING_DEVICES {
        return Err(ApplicationError::TooManyDevices);
    }
    let others = authority.groups().filter(|group| !authority.was_admitted(group));
    if authority.name_of(&applicant).is_none() && others.take(MAX_APPLICANTS).count() == MAX_APPLICANTS {
        return Err(ApplicationError::Full);
    }
    Ok(())
}

/// Whether the invite that a join names lets the group in now.
fn let_in(sets: [&ControlSet; 2], authority: &Authority, now: Timestamp, join: &Join) -> Result<(), ApplicationError> {
    let join = join.body();
    let fits = |invite: &InviteBody| {
        invite.key == join.key
            && invite.version == join.version
            && invite.covers(join.slot)
            && invite.group != join.group
    };
    let invite = sets
        .into_iter()
        .flat_map(|proven| proven.invites_of(&join.issuer))
        .filter_map(|record| match record {
            Record::Invite(invite) if fits(&invite.body) => Some(&invite.body),
            _ => None,
        })
        .max_by_key(|invite| invite.expires)
        .ok_or(ApplicationError::UnknownInvite)?;
    // The device has to be known here as one that may invite: what a stranger certifies proves nothing.
    if authority.keys().governs(&join.issuer) != Some(invite.group) || !authority.was_admitted(&invite.group) {
        return Err(ApplicationError::UnknownInvite);
    }
    // Whoever stole it has its invites, and makes more.
    if authority.is_revoked(&join.issuer) {
        return Err(ApplicationError::Revoked);
    }
    if now > invite.expires || join.joined_at > invite.expires {
        return Err(ApplicationError::Expired { at: invite.expires });
    }
    match authority.slot_under(&join.version, &join.issuer, join.slot) {
        SlotState::Free | SlotState::Invited { .. } => Ok(()),
        SlotState::Taken { group, .. } if group == join.group => Ok(()),
        SlotState::Taken { group, .. } => Err(ApplicationError::SlotTaken { slot: join.slot, by: group }),
        SlotState::Revoked => Err(ApplicationError::Revoked),
        SlotState::None | SlotState::Void => Err(ApplicationError::NoSuchSlot { slot: join.slot }),
    }
}
