//! Joining: what an applicant hands in, and what a member's node makes of it.

use super::effect::{Effect, Now, PeerStanding, PeerSync};
use super::lobby::Turn;
use super::voided::{keep_within, voids};
use super::{Replica, news};
use crate::authority::SlotState;
use crate::authority::application::{ApplicationError, ApplicationVerdict, judge_application};
use crate::codec;
use crate::control::{InviteBody, Join, Kind, Record, Signer};
use crate::domain;
use crate::id::{Digest, GroupId, RecordId, VersionId};
use crate::key::{DeviceId, PeerKey};
use crate::limits::{MAX_APPLICATION, MAX_FRAME, MAX_LOBBY_FRAME};
use crate::storage::{Storage, StorageError};
use crate::sync::{Application, ApplicationOutcome, News, Refusal, Request, Response, pack, unpack_within};
use std::collections::BTreeSet;

/// Bytes of the records that an answer to an applicant brings at most; what does not fit is pulled later.
const MAX_FOUNDING: usize = MAX_FRAME * 3 / 4;

impl<S: Storage> Replica<S> {
    /// What this group hands in: its own inception, certificates, join and signature, and what renews its keys.
    pub(super) fn own_application(&self) -> Result<Vec<Record>, StorageError> {
        let kept = self.storage.records()?;
        let own = self.me.group;
        // Of several answers to one invite the last one stands.
        let join = kept
            .iter()
            .filter_map(|record| match record {
                Record::Join(join) if join.body().group == own => Some(join),
                _ => None,
            })
            .max_by_key(|join| join.body().joined_at)
            .map(|join| (join.id(), join.body().issuer));
        // One signature tells it; those under earlier versions are known, or count no more.
        let signed = kept
            .iter()
            .filter_map(|record| match record {
                Record::Signature(signed) if signed.body.group == own => Some((signed.body.counter.0, signed.id())),
                _ => None,
            })
            .max();
        let issuer = join.map(|(_, issuer)| issuer);
        let inviter = kept.iter().find_map(|record| match record {
            Record::Invite(invite) if Some(invite.signer) == issuer.map(Signer::Device) => Some(invite.body.group),
            _ => None,
        });
        // Of the group's devices this one, and those whose signatures are handed in: all of them might be too much.
        let signers: BTreeSet<Signer> = kept
            .iter()
            .filter(|record| record.group() == Some(own))
            .filter_map(|record| match record {
                Record::Join(join) => Some(join.signed.signer),
                Record::Signature(signature) => Some(signature.signer),
                _ => None,
            })
            .collect();
        let is_needed = |record: &Record| match record {
            Record::DeviceCert(cert) => {
                let device = cert.body().device;
                device == self.me.device || signers.contains(&Signer::Device(device))
            }
            _ => true,
        };
        let is_certificate = |record: &&Record| record.kind() == Kind::DeviceCert && record.group() == Some(own);
        let devices = kept.iter().filter(is_certificate).count();
        let is_ours = |record: &Record| {
            let kinds = [
                Kind::Inception,
                Kind::DeviceCert,
                Kind::Join,
                Kind::Signature,
                Kind::Rotation,
                Kind::Recovery,
                Kind::Revoke,
            ];
            let stale = match record {
                Record::Join(_) => join.is_some_and(|(id, _)| id != record.id()),
                Record::Signature(_) => signed.is_some_and(|(_, id)| id != record.id()),
                _ => false,
            };
            record.group() == Some(own) && kinds.contains(&record.kind()) && !stale && is_needed(record)
        };
        // What proves the invite to a node that has not heard of it.
        let proves = |record: &Record| {
            let kinds = [Kind::Inception, Kind::DeviceCert, Kind::Invite, Kind::Rotation];
            inviter.is_some() && record.group() == inviter && kinds.contains(&record.kind())
        };
        let (mut proof, mut ours): (Vec<Record>, Vec<Record>) = (Vec::new(), Vec::new());
        for record in kept {
            if is_ours(&record) {
                ours.push(record);
            } else if proves(&record) {
                proof.push(record);
            }
        }
        // A founder's first device has nobody to apply to; a later one, or one under a new root, has.
        let renewed = ours.iter().any(|record| matches!(record.kind(), Kind::Rotation | Kind::Recovery));
        if issuer.is_none() && devices < 2 && !renewed {
            return Ok(Vec::new());
        }
        proof.sort_by_key(Record::kind);
        ours.sort_by_key(Record::kind);
        proof.extend(ours);
        if renewed && proof.iter().map(|record| record.encode().len()).sum::<usize>() > MAX_APPLICATION {
            // Of a group with many devices: the new root, and this device under it, do.
            proof.retain(|record| match record {
                Record::DeviceCert(certificate) => certificate.body().device == self.me.device,
                other => {
                    let kinds = [Kind::Inception, Kind::Rotation, Kind::Recovery];
                    other.group() == Some(own) && kinds.contains(&other.kind())
                }
            });
        }
        Ok(proof)
    }

    /// Hands this group's application to a peer that does not know it, once per content.
    pub(super) fn apply(&mut self, key: PeerKey, effects: &mut Vec<Effect>) {
        if self.is_pairing() {
            return self.ask_pairing_of(key, effects);
        }
        let records = if self.application.is_empty() { self.introduction(key) } else { self.application.clone() };
        let digest = Digest::of(domain::AUTHORITY, &codec::encode(&records));
        let Some(peer) = self.peers.get_mut(&key) else { return };
        if records.is_empty() || peer.application.is_some_and(|(_, sent)| sent == digest) {
            return;
        }
        let id = peer.session.fresh_id();
        peer.application = Some((id, digest));
        let request = Request::Apply(Application { coalition: self.me.coalition, records });
        effects.push(Effect::Send { peer: key, id, bytes: pack(&request) });
    }

    /// A member no longer takes a group for one that was let in: it hands in once more who it is, and is told
    /// what it has missed, its removal above all.
    pub(super) fn ask_why(&mut self, key: PeerKey, effects: &mut Vec<Effect>) {
        if self.is_let_in()
            && let Some(peer) = self.peers.get_mut(&key)
        {
            peer.application = None;
        }
        self.apply(key, effects);
    }

    /// What a founder hands in, who has answered no invite: only to a member, who knows it.
    fn introduction(&self, key: PeerKey) -> Vec<Record> {
        let is_member = self.peers.get(&key).is_some_and(|peer| matches!(peer.standing, PeerStanding::Member { .. }));
        let introduces = |record: &&Record| {
            record.group() == Some(self.me.group) && matches!(record.kind(), Kind::Inception | Kind::DeviceCert)
        };
        let mut records: Vec<Record> = match is_member && self.is_let_in() {
            true => self.control.iter().filter(introduces).cloned().collect(),
            false => Vec::new(),
        };
        records.sort_by_key(Record::kind);
        records
    }

    /// Hands the application in again where it waits for what has just been added to it.
    pub(super) fn apply_again(&mut self, effects: &mut Vec<Effect>) {
        let waiting: Vec<PeerKey> =
            self.peers.iter().filter(|(_, peer)| peer.sync == PeerSync::Waiting).map(|(key, _)| *key).collect();
        for key in waiting {
            self.apply(key, effects);
        }
    }

    pub(super) fn application_answered(
        &mut self,
        key: PeerKey,
        response: Response,
        effects: &mut Vec<Effect>,
    ) -> Result<(), StorageError> {
        if matches!(response, Response::Paired { .. } | Response::NotPaired(_)) || self.is_pairing() {
            return self.pairing_answered(key, response, effects);
        }
        let (outcome, founding) = match response {
            Response::Applied { outcome, founding } => (outcome, founding),
            Response::Refused(refusal) => {
                if refusal == Refusal::WrongCoalition {
                    self.fault(key, refusal.to_string(), effects);
                }
                (ApplicationOutcome::Refused(refusal.to_string()), Vec::new())
            }
            _ => {
                self.fault(key, "the peer's answer is not of the kind that was asked for".to_owned(), effects);
                return Ok(());
            }
        };
        self.admit_records(founding, Some(key), effects)?;
        effects.push(Effect::Application { peer: key, outcome: outcome.clone() });
        if matches!(outcome, ApplicationOutcome::Refused(_))
            && let Some(peer) = self.peers.get_mut(&key)
        {
            // That node may hear of the inviter later: the next pull that it refuses hands it in again.
            peer.application = None;
        }
        if outcome == ApplicationOutcome::Member {
            self.pull(key, effects);
        }
        Ok(())
    }

    /// Judges what an applicant hands in.
    pub(super) fn judge(
        &mut self,
        now: Now,
        peer: PeerKey,
        application: Application,
        effects: &mut Vec<Effect>,
    ) -> Result<Response, StorageError> {
        let verdict = judge_application(&self.control, &self.authority, now.wall, &application.records);
        let group = match verdict {
            ApplicationVerdict::Accept { group, .. } => group,
            ApplicationVerdict::Refused(error) => {
                let why = error.to_string();
                let founding = match error {
                    ApplicationError::NoSuchSlot { .. } | ApplicationError::UnknownInvite => {
                        let mut voids = voids(&self.control, &self.authority, &application.records);
                        keep_within(&mut voids, MAX_FOUNDING);
                        voids
                    }
                    _ => Vec::new(),
                };
                let outcome = match error {
                    ApplicationError::SlotTaken { .. } => ApplicationOutcome::SlotTaken(why),
                    _ => ApplicationOutcome::Refused(why),
                };
                return Ok(Response::Applied { outcome, founding });
            }
        };
        let versions: Vec<VersionId> = application.records.iter().filter_map(version_of).collect();
        let new: Vec<Record> =
            application.records.into_iter().filter(|record| self.control.get(&record.id()).is_none()).collect();
        let ids: Vec<RecordId> = new.iter().map(Record::id).collect();
        self.admit_records(new, Some(peer), effects)?;
        let kept = ids.iter().filter_map(|id| self.control.get(id));
        effects.extend(kept.map(|record| Effect::Publish { bytes: news(News::Record(record.clone())) }));
        let outcome = match self.authority.is_member(&group) {
            true => ApplicationOutcome::Member,
            false => ApplicationOutcome::Noted,
        };
        let mut founding = self.founding_records(&versions);
        founding.extend(self.endings(&peer));
        // A home restored from before its group withdrew would take itself for a member.
        let withdrawn = |record: &&Record| record.kind() == Kind::Withdrawal && record.group() == Some(group);
        founding.extend(self.control.iter().filter(withdrawn).cloned());
        Ok(Response::Applied { outcome, founding })
    }

    /// What ends the devices behind a peer. Nobody asks such a peer any more, nor tells it news: it learns here why.
    fn endings(&self, peer: &PeerKey) -> Vec<Record> {
        let ended: BTreeSet<(GroupId, DeviceId)> = self
            .control
            .iter()
            .filter_map(|record| match record {
                Record::DeviceCert(cert) if cert.body().peer == *peer => Some((cert.body().group, cert.body().device)),
                _ => None,
            })
            .filter(|(_, device)| self.authority.cut(device).is_some())
            .collect();
        let mut records = Vec::new();
        for (group, _) in &ended {
            if let Some(root) = self.authority.root(group) {
                records.extend(self.control.root_proof(group, root.number));
            }
        }
        if !ended.is_empty() {
            let ends = |record: &&Record| match record {
                Record::Revoke(revoke) => ended.contains(&(revoke.body.group, revoke.body.device)),
                Record::ForkProof(proof) => ended.contains(&(proof.body.group, proof.body.device)),
                _ => false,
            };
            records.extend(self.control.iter().filter(ends).cloned());
        }
        records
    }

    /// Whether a stranger's request answers an invite of a member that stands open, or says that it
    /// is by somebody who has the words of a group, and its turn then.
    pub(super) fn turn_of_invited(&mut self, now: Now, bytes: &[u8]) -> Turn {
        let application = match unpack_within::<Request>(bytes, MAX_LOBBY_FRAME) {
            Ok(Request::Apply(application)) => application,
            Ok(Request::Pair(request)) => return self.turn_of_paired(&request),
            Ok(Request::Recall(_)) => return self.lobby.recall(),
            _ => return Turn::TooSoon,
        };
        let answered = application.records.iter().find_map(|record| match record {
            Record::Join(join) if self.answers_open_invite(now, join) => Some(join.body().key),
            _ => None,
        });
        answered.map_or(Turn::TooSoon, |invite| self.lobby.answer_invite(invite))
    }

    fn answers_open_invite(&self, now: Now, join: &Join) -> bool {
        let body = join.body();
        let is_open = match self.authority.slot_under(&body.version, &body.issuer, body.slot) {
            SlotState::Invited { key, expires } => key == body.key && now.wall <= expires,
            // Its own slot: the answer is handed in again.
            SlotState::Taken { group, .. } => {
                let mut invites = self.authority.governance().invites_of(&body.issuer);
                let is_its = |invite: &InviteBody| {
                    invite.version == body.version && invite.covers(body.slot) && invite.key == body.key
                };
                group == body.group && invites.any(is_its)
            }
            _ => false,
        };
        let issuer = self.authority.group_of(&body.issuer);
        is_open
            && issuer.is_some_and(|group| self.authority.is_member(&group))
            && join.check_invite_key(&self.control).is_ok()
    }

    /// The genesis, what proves that its founders signed it, and the adopted versions: that which is followed
    /// here and those that the applicant names first, then those of other branches.
    pub(super) fn founding_records(&self, named: &[VersionId]) -> Vec<Record> {
        let Some(genesis) = self.control.genesis() else { return Vec::new() };
        let founders = &genesis.body.electors;
        let of_founder = |record: &&Record| {
            matches!(record.kind(), Kind::Inception | Kind::DeviceCert | Kind::Genesis | Kind::Rotation)
                && record.group().is_none_or(|group| founders.contains(&group))
        };
        let mut records: Vec<Record> = self.control.iter().filter(of_founder).cloned().collect();
        records.sort_by_key(Record::kind);
        let mut seen: BTreeSet<RecordId> = records.iter().map(Record::id).collect();
        let mut size: usize = records.iter().map(|record| record.encode().len()).sum();
        let followed = self.authority.followed();
        for version in followed.iter().chain(named).chain(self.authority.leaves()) {
            for record in self.control.proof_of(version).unwrap_or_default() {
                if !seen.insert(record.id()) {
                    continue;
                }
                size += record.encode().len();
                if size > MAX_FOUNDING {
                    return records;
                }
                records.push(record);
            }
        }
        records
    }
}

/// The version of the statement that an applicant's record is about.
fn version_of(record: &Record) -> Option<VersionId> {
    match record {
        Record::Join(join) => Some(join.body().version),
        Record::Signature(signed) => Some(signed.body.version),
        _ => None,
    }
}
