//! What is wrong, as the operator is told: who breaks which rule, what that means, and what to do.

use super::Driver;
use crate::handle::{FaultRow, Findings, Whose};
use crate::view::{FaultyDevice, Views};
use grid_protocol::authority::{Authority, Fault};
use grid_protocol::id::GroupId;
use grid_protocol::key::DeviceId;
use grid_protocol::limits::{MAX_DEVICES, MAX_GOVERNING_DEVICES};

impl Driver {
    /// Everything that is wrong, as far as records show it.
    pub(super) fn findings(&self, views: &Views) -> Findings {
        let authority = self.replica.authority();
        let me = self.replica.me();
        let teller = Teller { authority, views, own: me.group, here: me.device };
        let mut faults: Vec<FaultRow> = authority.faults().map(|fault| teller.tell(fault)).collect();
        faults.sort_by(|one, other| (one.whose, one.name, &one.what).cmp(&(other.whose, other.name, &other.what)));
        let named = |faulty: FaultyDevice| {
            let group = authority.author_of(&faulty.device);
            FaultyDevice { group, name: group.map(|group| views.name_of(&group)), ..faulty }
        };
        let faulty_devices = views.faulty_devices().into_iter().map(named).collect();
        Findings { faults, faulty_devices, unreadable: views.unreadable() }
    }
}

fn short(device: &DeviceId) -> String {
    device.to_string().chars().take(10).collect()
}

struct Teller<'a> {
    authority: &'a Authority,
    views: &'a Views,
    own: GroupId,
    here: DeviceId,
}

impl Teller<'_> {
    fn name(&self, group: &GroupId) -> String {
        self.views.name_of(group)
    }

    fn names<'g>(&self, groups: impl IntoIterator<Item = &'g GroupId>) -> String {
        groups.into_iter().map(|group| self.name(group)).collect::<Vec<_>>().join(", ")
    }

    fn whose<'g>(&self, groups: impl IntoIterator<Item = &'g GroupId>) -> Whose {
        match groups.into_iter().any(|group| *group == self.own) {
            true => Whose::Own,
            false => Whose::Others,
        }
    }

    fn group_of(&self, device: &DeviceId) -> Option<GroupId> {
        self.authority.author_of(device)
    }

    fn tell(&self, fault: &Fault) -> FaultRow {
        match fault {
            Fault::DoubleVouch { device, version, slot, targets } => {
                let group = self.group_of(device);
                let whose = self.whose(&group);
                let by = group.map_or_else(|| "a computer that is nobody's now".to_owned(), |group| self.name(&group));
                let both = self.names(targets);
                let who = match whose {
                    Whose::Own => "A computer of your group".to_owned(),
                    Whose::Others => format!("A computer of {by}"),
                };
                FaultRow {
                    name: "double_vouch",
                    whose,
                    what: format!(
                        "{who} vouched with one slot ({slot}, version {}) for two groups, {both}: the slot is void and \
                         counts for neither.",
                        version.short()
                    ),
                    hint: match whose {
                        Whose::Own => {
                            "vouch again for the one that you meant: `grid vouch GROUP`; a home that was copied or restored \
                             does this, and whoever has its keys"
                        }
                        Whose::Others => {
                            "whoever stood on that vouch alone is out until another member vouches: `grid vouch list`"
                        }
                    }
                    .to_owned(),
                    group,
                    device: Some(*device),
                }
            }
            Fault::DeviceOfSeveralGroups { device, groups } => self.several_groups(device, groups),
            Fault::Forked { device, seq } => {
                let group = self.group_of(device);
                let whose = self.whose(&group);
                let by = group.map_or_else(|| short(device), |group| self.name(&group));
                FaultRow {
                    name: "forked",
                    whose,
                    what: format!("A computer of {by} wrote two histories: from entry {seq} on nothing of it counts."),
                    hint: match whose {
                        Whose::Own => "give that computer new keys: `grid device renew`",
                        Whose::Others => "its group gives it new keys; what was written before stays",
                    }
                    .to_owned(),
                    group,
                    device: Some(*device),
                }
            }
            Fault::TooManyDevices { group, found } => self.too_many(
                "too_many_devices",
                group,
                format!("has certified {found} computers; {MAX_DEVICES} of them count"),
            ),
            Fault::TooManyGoverning { group, found } => self.too_many(
                "too_many_governing",
                group,
                format!("lets {found} computers sign for it; {MAX_GOVERNING_DEVICES} of them count"),
            ),
            Fault::Split { base, children, voters } => FaultRow {
                name: "split",
                whose: self.whose(voters),
                what: format!(
                    "The coalition has split: several versions follow {}: {}. Who voted for more than one: {}.",
                    base.short(),
                    children.iter().map(|child| child.short()).collect::<Vec<_>>().join(", "),
                    if voters.is_empty() { "not known here".to_owned() } else { self.names(voters) }
                ),
                hint: "talk to the others; each group signs the one that it follows: `grid statement versions`"
                    .to_owned(),
                group: None,
                device: None,
            },
            Fault::DoubleProposal { group, base, number } => FaultRow {
                name: "double_proposal",
                whose: self.whose([group]),
                what: format!(
                    "{} made several proposals under one number ({number}, on version {}): not everybody sees the same ones.",
                    self.name(group),
                    base.short()
                ),
                hint: match self.whose([group]) {
                    Whose::Own => "propose again what your group means: `grid statement propose`",
                    Whose::Others => "vote for none of them before that group says which one it means",
                }
                .to_owned(),
                group: Some(*group),
                device: None,
            },
            Fault::OtherText { group, text_hash } => FaultRow {
                name: "other_text",
                whose: self.whose([group]),
                what: format!(
                    "{} signed another text ({}) than that of the version: the signature counts for nothing.",
                    self.name(group),
                    text_hash.to_string().chars().take(10).collect::<String>()
                ),
                hint: match self.whose([group]) {
                    Whose::Own => "read the statement and sign it: `grid statement show`, `grid statement sign`",
                    Whose::Others => "ask that group to sign again: `grid statement sign`",
                }
                .to_owned(),
                group: Some(*group),
                device: None,
            },
        }
    }

    /// Whoever has the computer's keys agreed to each certificate, and each group signed one.
    fn several_groups(&self, device: &DeviceId, groups: &[GroupId]) -> FaultRow {
        let whose = self.whose(groups);
        let others = self.names(groups.iter().filter(|group| **group != self.own));
        let what = match whose {
            Whose::Own if *device == self.here => format!(
                "This computer was certified by {others} as well as by your group, and whoever has its keys agreed: it \
                 speaks for nobody. Nothing that it wrote counts unless others have built on it, and nothing that it \
                 vouched for."
            ),
            Whose::Own => format!(
                "A computer of your group ({}) was certified by {others} as well, and whoever has its keys agreed: it \
                 speaks for nobody. Nothing that it wrote counts unless others have built on it, and nothing that it \
                 vouched for.",
                short(device)
            ),
            Whose::Others => format!(
                "One computer ({}) was certified by several groups, {others}, and whoever has its keys agreed: it speaks \
                 for none of them. Nothing that it wrote counts unless others have built on it, and nothing that it \
                 vouched for.",
                short(device)
            ),
        };
        let hint = match whose {
            Whose::Own if *device == self.here => {
                "go on with another computer of your group, or get your group back in a new home: `grid group recover \
                 --from INVITE`, which asks where your own words on this one end; there `grid device lost` lists what \
                 your group lost, and `--publish` writes it again"
                    .to_owned()
            }
            Whose::Own if self.is_ended(device) => {
                "what your group lost with it, up to where you ended it: `grid device lost`, and `grid device lost \
                 --publish` writes it again; whoever stood on its vouch alone is out: `grid vouch list`, then `grid vouch \
                 GROUP`"
                    .to_owned()
            }
            Whose::Own => format!(
                "first end it at the last place that is your own: `grid device revoke {} --before TIME`, or `grid group \
                 recover` if your group's key was on it; then `grid device lost` lists what your group lost, and `grid \
                 device lost --publish` writes it again; whoever stood on its vouch alone is out: `grid vouch list`, then \
                 `grid vouch GROUP`",
                short(device)
            ),
            Whose::Others => {
                "its group writes again what it lost; whoever stood on its vouch alone is out until a member vouches: \
                 `grid vouch list`, then `grid vouch GROUP`"
                    .to_owned()
            }
        };
        FaultRow { name: "device_of_several_groups", whose, what, hint, group: None, device: Some(*device) }
    }

    /// Whether this group itself has ended a computer that others certified as well.
    fn is_ended(&self, device: &DeviceId) -> bool {
        let mut disputed = self.authority.keys().disputed_of(&self.own);
        disputed.any(|(of, end)| of == *device && end.is_some())
    }

    fn too_many(&self, name: &'static str, group: &GroupId, what: String) -> FaultRow {
        let whose = self.whose([group]);
        let hint = match whose {
            Whose::Own => "end those that you do not need: `grid device list`, `grid device revoke`",
            Whose::Others => "nothing to do here: that group ends those that it does not need",
        };
        let what = format!("{} {what}, those with the lowest keys.", self.name(group));
        FaultRow { name, whose, what, hint: hint.to_owned(), group: Some(*group), device: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::question::fixture::Coalition;
    use grid_protocol::id::{Digest, VersionId};
    use grid_protocol::key::PublicKey;
    use std::collections::BTreeSet;

    #[test]
    fn each_fault_has_a_word_of_its_own_who_broke_it_and_what_to_do() {
        let views = Coalition::new(&["Clean River", "Mill Weir"]).views;
        let (authority, own, other) = (Authority::default(), GroupId([1; 32]), GroupId([2; 32]));
        let (device, base) = (DeviceId(PublicKey([9; 32])), VersionId([5; 32]));
        let here = DeviceId(PublicKey([8; 32]));
        let teller = Teller { authority: &authority, views: &views, own, here };
        let faults = |group| {
            [
                Fault::DoubleVouch { device, version: base, slot: 3, targets: [own, other] },
                Fault::DeviceOfSeveralGroups { device, groups: vec![group, GroupId([3; 32])] },
                Fault::Forked { device, seq: 7 },
                Fault::TooManyDevices { group, found: 65 },
                Fault::TooManyGoverning { group, found: 5 },
                Fault::Split { base, children: vec![base], voters: vec![group] },
                Fault::DoubleProposal { group, base, number: 2 },
                Fault::OtherText { group, text_hash: Digest([6; 32]) },
            ]
        };
        let tell = |group| faults(group).map(|fault| teller.tell(&fault));
        let names: BTreeSet<&str> = tell(own).iter().map(|row| row.name).collect();
        assert_eq!(names.len(), 8);
        for (mine, theirs) in tell(own).into_iter().zip(tell(other)) {
            assert!(mine.what.ends_with('.') && !mine.hint.is_empty(), "{mine:?}");
            // Whose computer it is that nobody knows, no record says.
            if !matches!(mine.name, "double_vouch" | "forked") {
                assert_eq!((mine.whose, theirs.whose), (Whose::Own, Whose::Others), "{mine:?}");
                assert!(mine.what.contains("Clean River") || mine.what.contains("your group"), "{mine:?}");
                assert!(theirs.what.contains("Mill Weir"), "{theirs:?}");
            }
        }
    }

    #[test]
    fn a_computer_of_several_groups_is_told_with_what_its_people_lost_and_the_way_back() {
        let views = Coalition::new(&["Clean River", "Mill Weir"]).views;
        let (authority, own, other) = (Authority::default(), GroupId([1; 32]), GroupId([2; 32]));
        let device = DeviceId(PublicKey([9; 32]));
        let tell = |own, here| {
            let teller = Teller { authority: &authority, views: &views, own, here };
            teller.tell(&Fault::DeviceOfSeveralGroups { device, groups: vec![GroupId([1; 32]), other] })
        };
        let elsewhere = tell(own, DeviceId(PublicKey([8; 32])));
        assert!(elsewhere.what.contains("your group") && elsewhere.what.contains("Mill Weir"), "{elsewhere:?}");
        let way_back = ["grid device lost --publish", "grid vouch list", "grid vouch GROUP"];
        assert!(way_back.iter().all(|part| elsewhere.hint.contains(part)), "{elsewhere:?}");
        let command = format!("`grid device revoke {} --before TIME`", short(&device));
        assert!(elsewhere.hint.contains(&command), "it can be pasted: {elsewhere:?}");
        let here = tell(own, device);
        assert!(here.what.starts_with("This computer") && here.hint.contains("group recover"), "{here:?}");
        let others = tell(GroupId([3; 32]), DeviceId(PublicKey([8; 32])));
        assert!(
            others.what.contains("Clean River, Mill Weir") && others.hint.contains("grid vouch list"),
            "{others:?}"
        );
    }
}
