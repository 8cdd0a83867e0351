//! The computers of this group: letting a further one in, listing them, ending one.

use super::Driver;
use crate::clock::random;
use crate::event::Event;
use crate::handle::{
    AddDevice, CommandError, CutAt, DevicePlace, DeviceRow, DeviceState, Governing, NewPairing, OwnStanding,
    Revocation, Touched,
};
use crate::network::Path;
use crate::outbound::CodeParts;
use crate::view::PeerPath;
use grid_protocol::authority::{Cut, Ending};
use grid_protocol::control::{Capabilities, DeviceCert, Record};
use grid_protocol::id::{DocumentId, GroupId};
use grid_protocol::key::{DeviceId, PeerKey};
use grid_protocol::pairing::PairRequest;
use grid_protocol::replica::{Effect, PairOutcome};
use grid_protocol::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Records that the preview of a revocation names.
const NAMED: usize = 100;

impl Driver {
    /// Makes a code for a further computer and waits for it.
    pub(super) fn add_device(&mut self, device: AddDevice) -> Result<NewPairing, CommandError> {
        self.may_sign()?;
        let AddDevice { label, governing, expires } = device;
        // The key first: without it nothing else here is of use.
        self.outbound.root_in_force(&self.replica)?;
        if self.standing() != OwnStanding::Member {
            return Err(CommandError::Refused {
                why: "only a member can add computers, and no member's node has taken this group in yet".to_owned(),
                hint: "see `grid status` for what is missing".to_owned(),
            });
        }
        let addresses = self.book.own_addresses(&self.listen);
        if addresses.is_empty() {
            return Err(CommandError::Refused {
                why: "this node listens nowhere, so the other computer could not reach it".to_owned(),
                hint: "start the node with --listen, for example --listen /ip4/0.0.0.0/tcp/0".to_owned(),
            });
        }
        let now = self.clock.now().wall;
        let capabilities = match governing {
            Governing::No => Capabilities::WRITE.and(Capabilities::RELAY),
            Governing::Yes => Capabilities::ALL,
        };
        let parts = CodeParts {
            coalition_name: self.replica.control().genesis().map(|it| it.body.name.clone()).unwrap_or_default(),
            group_name: self.name_of(&self.replica.me().group),
            capabilities,
            label: label.unwrap_or_default(),
            seed: random(),
            expires: now.after(expires),
            addresses,
        };
        let code = self.outbound.pairing_code(&self.replica, parts)?;
        self.replica.open_pairing(code.pairing(), now).map_err(|error| CommandError::Refused {
            why: error.to_string(),
            hint: "wait until a code has ended; computers beyond the number that counts need \
                   `grid group recover`, which leaves old ones out"
                .to_owned(),
        })?;
        Ok(NewPairing { code: code.to_text(), expires: code.expires })
    }

    /// Signs the certificate of a new computer, and lets it in.
    pub(super) fn certify(&mut self, token: u64, request: PairRequest) -> Vec<Effect> {
        let key = request.key;
        let certificate = match self.outbound.certify(&self.replica, request) {
            Ok(certificate) => certificate,
            Err(why) => return vec![self.replica.not_paired(token, why)],
        };
        let label = certificate.body().label.clone();
        match self.replica.paired(token, &key, certificate) {
            Ok(effects) => {
                tracing::info!(%label, "another computer of this group was let in");
                effects
            }
            Err(error) => {
                self.note_storage(&error);
                Vec::new()
            }
        }
    }

    /// What the group's other computer said.
    pub(super) fn take_pairing(&mut self, outcome: PairOutcome) {
        let (outcome, why) = match outcome {
            PairOutcome::Certified => ("certified", None),
            PairOutcome::Refused(why) => ("refused", Some(why.to_string())),
        };
        self.application.clone_from(&why);
        let _ = self.events.send(Event::Application { outcome: outcome.to_owned(), why });
    }

    /// Whether this computer speaks for its group.
    pub(super) fn may_govern(&self) -> Result<(), CommandError> {
        let me = self.replica.me();
        let keys = self.replica.authority().keys();
        // What is not known yet is refused, or waits, further on.
        if keys.device(&me.device).is_none() || keys.governs(&me.device).is_some() {
            return Ok(());
        }
        Err(CommandError::Refused {
            why: "this computer writes for your group, and may not sign for it".to_owned(),
            hint: "do it on a computer that governs: `grid device list` names them".to_owned(),
        })
    }

    /// All computers of this group and of the members.
    pub(super) fn devices(&self) -> Vec<DeviceRow> {
        let authority = self.replica.authority();
        let own = self.replica.me().group;
        let mut certificates: BTreeMap<DeviceId, Vec<&DeviceCert>> = BTreeMap::new();
        for record in self.replica.control().iter() {
            if let Record::DeviceCert(certificate) = record {
                certificates.entry(certificate.body().device).or_default().push(certificate);
            }
        }
        let connected = self.connected();
        let mut rows: Vec<DeviceRow> = certificates
            .into_iter()
            .filter_map(|(device, certificates)| {
                let shown = match authority.keys().device(&device) {
                    Some(known) => &known.certificate,
                    // Of one that others certified as well, what its own group says.
                    None => certificates.into_iter().max_by_key(|certificate| {
                        let body = certificate.body();
                        (body.group == own, body.serial)
                    })?,
                };
                let group = shown.body().group;
                (group == own || authority.is_member(&group)).then(|| self.device_row(shown, &connected))
            })
            .collect();
        rows.sort_by(|a, b| {
            (a.place, &a.group_name, &a.label, a.device).cmp(&(b.place, &b.group_name, &b.label, b.device))
        });
        rows
    }

    fn device_row(&self, shown: &DeviceCert, connected: &BTreeMap<DeviceId, PeerPath>) -> DeviceRow {
        let authority = self.replica.authority();
        let me = self.replica.me();
        let (device, group) = (shown.body().device, shown.body().group);
        let cut = authority.cut(&device).map(|cut| cut.seq);
        let state = match cut {
            _ if authority.keys().is_disputed(&device) => DeviceState::Disputed,
            _ if authority.is_revoked(&device) => DeviceState::Revoked,
            Some(_) => DeviceState::Forked,
            None => DeviceState::Active,
        };
        let place = match group == me.group {
            true if device == me.device => DevicePlace::This,
            true => DevicePlace::Own,
            false => DevicePlace::Other,
        };
        let path = connected.get(&device).copied();
        let here = path.is_some() || place == DevicePlace::This;
        DeviceRow {
            device,
            group,
            group_name: self.name_of(&group),
            label: shown.body().label.clone(),
            place,
            capabilities: authority.keys().writer(&device).map_or(Capabilities::NONE, |writer| writer.capabilities),
            governs: authority.keys().governs(&device).is_some(),
            state,
            cut,
            entries: self.replica.logs().entries(&device),
            path: path.unwrap_or(PeerPath::None),
            last_seen: if here { Some(self.clock.now().wall) } else { self.book.last_seen(&device) },
        }
    }

    /// The devices that are connected, a revoked one among them.
    fn connected(&self) -> BTreeMap<DeviceId, PeerPath> {
        let keys = self.replica.authority().keys();
        let devices = |peer: &PeerKey| keys.devices_of_peer(peer).copied().collect::<Vec<_>>();
        self.links
            .iter()
            .flat_map(|(peer, link)| {
                let path = match link.path {
                    Path::Tcp => PeerPath::Tcp,
                    Path::Quic => PeerPath::Quic,
                };
                devices(peer).into_iter().map(move |device| (device, path))
            })
            .collect()
    }

    /// What ending a computer would do, and the cut that does it.
    pub(super) fn revocation(&self, device: DeviceId, at: CutAt) -> Result<(Revocation, Cut), CommandError> {
        let row = self
            .devices()
            .into_iter()
            .find(|row| row.device == device)
            .ok_or_else(|| CommandError::NotFound { what: "computer".to_owned(), id: device.to_string() })?;
        let refused = |why: String, hint: &str| Err(CommandError::Refused { why, hint: hint.to_owned() });
        match row.place {
            DevicePlace::Own => {}
            DevicePlace::This => {
                return refused(
                    "this is the computer that you are using, and it can't end itself".to_owned(),
                    "run this on another computer of your group; to leave with the whole group: `grid leave`; to give \
                     this home new keys: stop the node and run `grid device renew`",
                );
            }
            DevicePlace::Other => {
                return refused(
                    format!("this is a computer of {}, and only its own group can end it", row.group_name),
                    "ask that group; `grid device list` shows which are yours",
                );
            }
        }
        self.outbound.root_in_force(&self.replica)?;
        let written = self.replica.written(&device, 0)?;
        let held = row.entries.min(written.len() as u64);
        let seq = match at {
            CutAt::Held => held,
            CutAt::Seq(seq) if seq <= held => seq,
            CutAt::Seq(seq) => {
                return Err(CommandError::Invalid {
                    why: format!("of that computer {held} entries are held here, so none can be cut before {seq}"),
                    hint: "leave --before out to keep all that is held".to_owned(),
                });
            }
            CutAt::Time(time) => written.iter().find(|entry| entry.time >= time).map_or(held, |entry| entry.seq),
        };
        // A second certificate cuts a log at the beginning for everybody; where it ends for this group is another thing.
        let own = self.replica.me().group;
        let end = match self.replica.authority().keys().disputed_of(&own).find(|(of, _)| *of == device) {
            Some((_, end)) => end.map(|end| end.seq),
            None => row.cut,
        };
        if let (Some(before), DeviceState::Revoked | DeviceState::Disputed) = (end, row.state)
            && seq >= before
        {
            return refused(
                format!("that computer has been ended already: what it wrote counts up to entry {before} only"),
                "an end can be moved to an earlier entry (--before), and never to a later one",
            );
        }
        // Where its log has an end already, what lies behind that is lost anyway.
        let seq = end.map_or(seq, |before| before.min(seq));
        let cut = self.replica.cut_after(&device, seq)?.ok_or_else(|| CommandError::Refused {
            why: format!("entry {seq} of that computer is not held here"),
            hint: "leave the node running until it is in sync".to_owned(),
        })?;
        let behind: BTreeSet<DocumentId> =
            written.iter().filter(|entry| entry.seq >= seq).map(|entry| entry.document).collect();
        let kept_until: Option<Timestamp> =
            written.iter().filter(|entry| entry.seq < seq).map(|entry| entry.time).next_back();
        let records = behind.into_iter().take(NAMED).map(|document| self.touched(document)).collect();
        Ok((Revocation { device: row, seq, lost: held - seq, records, kept_until }, cut))
    }

    /// Ends a computer.
    pub(super) async fn revoke_device(&mut self, device: DeviceId, at: CutAt) -> Result<Revocation, CommandError> {
        let (planned, cut) = self.revocation(device, at)?;
        let mut records = self.outbound.say_again(&self.replica, Ending::Device(device));
        records.insert(0, self.outbound.end_device(&self.replica, device, cut)?);
        self.commit_records(records).await?;
        Ok(planned)
    }

    /// How people know a record.
    pub(super) fn touched(&self, document: DocumentId) -> Touched {
        let views = self.views.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        let row = views.records.row(&document);
        let kind = row.and_then(|row| row.kind()).map(str::to_owned);
        let title = kind.as_deref().and_then(|kind| views.registry.kind(kind)).zip(row);
        let title = title.map(|(kind, row)| row.values.text(&kind.title).to_owned()).filter(|title| !title.is_empty());
        Touched { document, kind, title }
    }

    pub(super) fn name_of(&self, group: &GroupId) -> String {
        self.views.read().unwrap_or_else(std::sync::PoisonError::into_inner).name_of(group)
    }
}
