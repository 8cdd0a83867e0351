//! Proposals, votes and signatures: a group's part in what the coalition says.

use super::Outbound;
use crate::handle::{CommandError, Proposing, SecondVote};
use grid_protocol::authority::{Authority, Decision, Rules, Standing, Validity};
use grid_protocol::control::{
    Capabilities, ControlSet, DeviceCert, Policy, Record, Removal, SigningKey, Statement, StatementSignature, Version,
    VersionBody, Vote,
};
use grid_protocol::id::{GroupId, VersionId};
use grid_protocol::key::DeviceId;
use grid_protocol::limits::{MAX_DEVICES, MAX_PROPOSALS};
use grid_protocol::replica::Replica;
use grid_protocol::storage::Storage;
use grid_protocol::time::Timestamp;
use std::collections::BTreeSet;

pub(super) fn refused(why: impl Into<String>, hint: impl Into<String>) -> CommandError {
    CommandError::Refused { why: why.into(), hint: hint.into() }
}

pub(super) fn invalid(why: impl Into<String>, hint: impl Into<String>) -> CommandError {
    CommandError::Invalid { why: why.into(), hint: hint.into() }
}

impl Outbound {
    /// The key of this device; only one that may speak for its group has it.
    pub(super) fn governing<S: Storage>(&self, replica: &Replica<S>) -> Result<SigningKey<'_>, CommandError> {
        match replica.authority().keys().governs(&self.me.device) {
            Some(group) if group == self.me.group => Ok(SigningKey::Device(self.keys.device())),
            _ => Err(refused(
                "this computer may not speak for its group: the group gave it no `govern`",
                "do it on a computer of your group that may: `grid device list`",
            )),
        }
    }

    /// Refuses what only members do.
    pub(super) fn as_member<S: Storage>(&self, replica: &Replica<S>) -> Result<(), CommandError> {
        match replica.authority().standing(&self.me.group) {
            Standing::Member if replica.is_let_in() => Ok(()),
            Standing::Removed => Err(refused(
                "a version of the statement removed this group, so it decides nothing here any more",
                "see `grid status` for what that means",
            )),
            Standing::Withdrawn => {
                Err(refused("this group has left, so it decides nothing here", "`grid statement sign` brings it back"))
            }
            _ => Err(refused(
                "only a member decides, and this group is none yet",
                "see `grid status` for what is missing",
            )),
        }
    }

    /// The certificate that goes with a proposal or a vote.
    fn certificate<'a>(&self, control: &'a ControlSet) -> Option<&'a DeviceCert> {
        let certificates = control.certificates(&self.me.group, &self.me.device);
        certificates.into_iter().find(|certificate| certificate.body().capabilities.has(Capabilities::GOVERN))
    }

    /// A proposal for the version after the one that is followed.
    ///
    /// # Errors
    ///
    /// [`CommandError`] naming the rule: only electors propose, a few times each, and something has to change.
    pub(super) fn propose<S: Storage>(
        &self,
        replica: &Replica<S>,
        now: Timestamp,
        proposing: &Proposing,
    ) -> Result<Record, CommandError> {
        self.as_member(replica)?;
        let key = self.governing(replica)?;
        let (authority, control) = (replica.authority(), replica.control());
        let base = leaf(authority)?;
        let rules = rules(authority, &base)?;
        self.as_elector(authority, rules, "proposes what follows the version in force")?;
        let before = control.statement(&base).ok_or_else(not_arrived)?;
        let statement = changed(before, proposing)?;
        let (electors, removed) = (self.electors(authority, rules, proposing)?, self.removed(authority, proposing)?);
        let same_electors = electors.iter().eq(rules.electors.iter());
        if statement == *before && same_electors && removed.is_empty() {
            return Err(invalid(
                "nothing would change: the proposal says the same as the version in force",
                "give a text, a title, a policy, electors or a group to remove: see `grid statement propose --help`",
            ));
        }
        let removed = removed.into_iter().map(|group| Removal { group, last: last_of(replica, &group) }).collect();
        let about = (self.me.coalition, base);
        let number = self.free_number(control, &base)?;
        let body = VersionBody::new(about, (self.me.group, number), now, statement, electors, removed);
        checked(Record::Version(Box::new(Version::new(body, key, self.certificate(control)))))
    }

    /// Of the few proposals of this group on one base, the first number that it has not used.
    fn free_number(&self, control: &ControlSet, base: &VersionId) -> Result<u32, CommandError> {
        let proposed = control.proposals().map(Version::body);
        let bodies = proposed.chain(control.adoptions().map(|adoption| &adoption.body));
        let used: BTreeSet<u32> =
            bodies.filter(|body| body.base == *base && body.group == self.me.group).map(|body| body.number).collect();
        (0..MAX_PROPOSALS).find(|number| !used.contains(number)).ok_or_else(|| {
            refused(
                format!("each elector proposes at most {MAX_PROPOSALS} times on one version, and this group has"),
                "let another elector propose it, or wait until one of the proposals is adopted",
            )
        })
    }

    /// Refuses what only electors of a version do, and names them.
    pub(super) fn as_elector(&self, authority: &Authority, rules: &Rules, what: &str) -> Result<(), CommandError> {
        if rules.electors.contains(&self.me.group) {
            return Ok(());
        }
        Err(refused(
            format!("only an elector {what}, and this group is none under version {}", rules.version.short()),
            format!("the electors are: {}", named(authority, &rules.electors)),
        ))
    }

    fn electors(
        &self,
        authority: &Authority,
        rules: &Rules,
        proposing: &Proposing,
    ) -> Result<Vec<GroupId>, CommandError> {
        let members: BTreeSet<GroupId> = authority.members_here().collect();
        if let Some(stranger) = proposing.add_electors.iter().find(|group| !members.contains(group)) {
            return Err(refused(
                format!("{} is no member, so it can't become an elector", name(authority, stranger)),
                "electors are chosen among the members: `grid group list --member true`",
            ));
        }
        if let Some(other) = proposing.remove_electors.iter().find(|group| !rules.electors.contains(group)) {
            return Err(invalid(
                format!("{} is no elector of the version in force", name(authority, other)),
                format!("the electors are: {}", named(authority, &rules.electors)),
            ));
        }
        let mut electors = rules.electors.clone();
        electors.extend(&proposing.add_electors);
        let gone = proposing.remove_electors.iter().chain(&proposing.remove);
        gone.for_each(|group| {
            electors.remove(group);
        });
        if electors.is_empty() {
            return Err(refused(
                "a version without electors could never be changed again",
                "keep at least one elector, or add one with --add-elector",
            ));
        }
        Ok(electors.into_iter().collect())
    }

    fn removed(&self, authority: &Authority, proposing: &Proposing) -> Result<BTreeSet<GroupId>, CommandError> {
        for group in &proposing.remove {
            if *group == self.me.group {
                return Err(refused("a group does not remove itself", "leave with `grid leave`"));
            }
            if proposing.add_electors.contains(group) {
                return Err(invalid(
                    format!("{} can't be removed and become an elector", name(authority, group)),
                    "leave one of the two out",
                ));
            }
            match authority.standing(group) {
                Standing::Member | Standing::Withdrawn => {}
                Standing::Removed => {
                    let why = format!("{} was removed before", name(authority, group));
                    return Err(refused(why, "see `grid statement history`"));
                }
                Standing::Applicant { .. } | Standing::Unknown => {
                    return Err(refused(
                        format!("{} is no member, so there is nothing to remove it from", name(authority, group)),
                        "the members: `grid group list --member true`",
                    ));
                }
            }
        }
        Ok(proposing.remove.iter().copied().collect())
    }

    /// A vote for a version.
    ///
    /// # Errors
    ///
    /// [`CommandError`] naming the rule: only electors of its base vote, and a second vote on one base is meant.
    pub(super) fn vote<S: Storage>(
        &self,
        replica: &Replica<S>,
        version: &VersionId,
        second: SecondVote,
    ) -> Result<Record, CommandError> {
        self.as_member(replica)?;
        let key = self.governing(replica)?;
        let (authority, control) = (replica.authority(), replica.control());
        let versions = authority.governance().versions();
        let proposal = versions.proposals().iter().find(|proposal| proposal.version == *version);
        let proposal = proposal.ok_or_else(|| match versions.first() {
            Some(first) if first == *version => refused("version 0 was signed by the founders", "it takes no votes"),
            _ => unknown(version),
        })?;
        self.as_elector(authority, rules(authority, &proposal.base)?, "votes on what follows a version")?;
        if proposal.votes.contains(&self.me.group) {
            return Err(refused("this group has voted for it already", "`grid statement versions` shows the votes"));
        }
        if proposal.decision == Decision::Adopted {
            return Err(refused("it is adopted already: no vote is missing", "sign it with `grid statement sign`"));
        }
        let rival = versions.proposals().iter().find(|rival| {
            rival.base == proposal.base && (rival.decision == Decision::Adopted || rival.votes.contains(&self.me.group))
        });
        if let (Some(rival), SecondVote::Refuse) = (rival, second) {
            let id = rival.version.short();
            let why = match rival.decision {
                Decision::Adopted => format!("version {id} was adopted on the same base"),
                Decision::Open => format!("this group has voted for {id} on the same base, and no vote is taken back"),
            };
            return Err(refused(
                format!("{why}: were both adopted, the coalition would split"),
                "if that is meant, add --although-voted",
            ));
        }
        let about = (self.me.coalition, *version);
        checked(Record::Vote(Vote::new(about, self.me.group, key, self.certificate(control))))
    }

    /// This group's signature under an adopted version.
    ///
    /// # Errors
    ///
    /// [`CommandError::Refused`] when there is no text to sign yet, it is signed already, or at a split no
    /// version is named.
    pub(super) fn sign<S: Storage>(
        &self,
        replica: &Replica<S>,
        now: Timestamp,
        version: Option<VersionId>,
    ) -> Result<Record, CommandError> {
        let authority = replica.authority();
        let versions = authority.governance().versions();
        let version = match version {
            Some(version) => version,
            None => leaf(authority)?,
        };
        let Some(rules) = versions.rules(&version) else {
            let open = versions.proposals().iter().find(|proposal| proposal.version == version);
            let open = open.ok_or_else(|| unknown(&version))?;
            return Err(refused(
                format!(
                    "version {} is proposed and not adopted: {} of {} votes",
                    version.short(),
                    open.votes.len(),
                    open.needed
                ),
                "sign it once it is adopted; electors vote with `grid statement vote`",
            ));
        };
        let group = self.me.group;
        if rules.gone.contains(&group) {
            return Err(refused(
                format!(
                    "version {} or one before it removed this group: signing does not bring it back",
                    version.short()
                ),
                "see `grid status` for what that means",
            ));
        }
        let stands = |version: &VersionId| {
            let mut signatures = authority.signatures(version).iter();
            signatures.any(|signed| signed.group == group && signed.validity == Validity::Standing)
        };
        if let Some(last) = authority.signed_last(&group).filter(stands) {
            if last == version {
                return Err(refused("this group has signed the statement already", "see `grid statement show`"));
            }
            if versions.path(&last).contains(&version) {
                return Err(refused(
                    format!("this group has signed version {}, which came after it", last.short()),
                    "the newest one is in `grid statement show`",
                ));
            }
        }
        let counter = self.next_counter(replica)?;
        let about = (self.me.coalition, version);
        let key = SigningKey::Device(self.keys.device());
        Ok(Record::Signature(StatementSignature::new(about, rules.text_hash, group, counter, now, key)))
    }
}

/// The version that is followed, where nothing follows it yet.
fn leaf(authority: &Authority) -> Result<VersionId, CommandError> {
    let followed = authority.followed().ok_or_else(not_arrived)?;
    if authority.leaves().contains(&followed) {
        return Ok(followed);
    }
    let versions = authority.governance().versions();
    let branches: Vec<String> =
        versions.adopted().filter(|rules| rules.base == Some(followed)).map(|rules| rules.version.short()).collect();
    Err(refused(
        format!(
            "the coalition has split: several versions follow {}, and this group has signed none",
            followed.short()
        ),
        format!("say which one it follows: `grid statement sign VERSION`, with one of {}", branches.join(", ")),
    ))
}

fn rules<'a>(authority: &'a Authority, version: &VersionId) -> Result<&'a Rules, CommandError> {
    authority.governance().versions().rules(version).ok_or_else(|| unknown(version))
}

pub(super) fn unknown(version: &VersionId) -> CommandError {
    CommandError::NotFound { what: "version".to_owned(), id: version.short() }
}

pub(super) fn not_arrived() -> CommandError {
    refused("the statement has not arrived yet", "keep the node running until it meets a member's node")
}

/// The statement with what the proposal changes.
fn changed(before: &Statement, proposing: &Proposing) -> Result<Statement, CommandError> {
    let mut statement = before.clone();
    if let Some(title) = &proposing.title {
        statement.title.clone_from(title);
    }
    if let Some(text) = &proposing.text {
        statement.text.clone_from(text);
    }
    for title in &proposing.without_policies {
        let known = statement.policies.len();
        statement.policies.retain(|policy| policy.title != *title);
        if statement.policies.len() == known {
            return Err(invalid(
                format!("there is no policy {title:?} in the version in force"),
                "`grid statement show` lists them",
            ));
        }
    }
    for Policy { title, text } in &proposing.policies {
        match statement.policies.iter_mut().find(|policy| policy.title == *title) {
            Some(policy) => policy.text.clone_from(text),
            None => statement.policies.push(Policy { title: title.clone(), text: text.clone() }),
        }
    }
    Ok(statement)
}

/// The last entry of each device that ever wrote for a group, as far as it is held here.
pub(super) fn last_of<S: Storage>(replica: &Replica<S>, group: &GroupId) -> Vec<(DeviceId, u64)> {
    let authority = replica.authority();
    let wrote = replica.logs().iter().filter(|(device, _)| authority.author_of(device) == Some(*group));
    wrote.filter_map(|(device, _)| Some((*device, replica.logs().head(device)?.seq))).take(MAX_DEVICES).collect()
}

/// A record that is within all bounds, or why it is not.
pub(super) fn checked(record: Record) -> Result<Record, CommandError> {
    match record.check() {
        Ok(()) => Ok(record),
        Err(error) => Err(invalid(error.to_string(), "shorten it, or say it in fewer words")),
    }
}

fn name(authority: &Authority, group: &GroupId) -> String {
    authority.name_of(group).map_or_else(|| group.short(), str::to_owned)
}

pub(super) fn named<'a>(authority: &Authority, groups: impl IntoIterator<Item = &'a GroupId>) -> String {
    groups.into_iter().map(|group| name(authority, group)).collect::<Vec<_>>().join(", ")
}
