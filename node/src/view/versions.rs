//! The versions of the statement as a tree: which were proposed, which were adopted, who follows which.

use super::{Need, NeedKind, Views};
use crate::event::Event;
use grid_protocol::authority::{Authority, Decision, Fault, Proposal, Validity, Versions};
use grid_protocol::control::{ControlSet, Statement};
use grid_protocol::id::{GroupId, VersionId};
use grid_protocol::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A version of the statement.
#[derive(Clone, Debug)]
pub struct VersionRow {
    /// The version.
    pub version: VersionId,
    /// The version that it follows; none for version 0.
    pub base: Option<VersionId>,
    /// How many versions lie before it.
    pub depth: usize,
    /// What it says.
    pub statement: Arc<Statement>,
    /// Who votes on what follows it, ascending.
    pub electors: Vec<GroupId>,
    /// Whom it removes, ascending.
    pub removed: Vec<GroupId>,
    /// Who proposed it, and when it says that it did; none for version 0, which the founders signed.
    pub proposed: Option<(GroupId, Timestamp)>,
    /// Which electors of its base voted for it, as far as is known, ascending.
    pub votes: Vec<GroupId>,
    /// How many votes adopt it.
    pub needed: usize,
    /// How many electors its base has.
    pub voters: usize,
    /// What became of it.
    pub state: VersionState,
    /// Whether this group goes that way.
    pub way: Way,
    /// Whose signatures under it stand, and when they say that they signed, by ascending group.
    pub signed: Vec<(GroupId, Timestamp)>,
    /// The members that follow it, ascending.
    pub followed_by: Vec<GroupId>,
}

/// What became of a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VersionState {
    /// It needs more votes.
    Proposed,
    /// It needs more votes, and another one was adopted in its place.
    Overtaken,
    /// It was adopted, or is version 0.
    Adopted,
}

/// Where a version lies to the one that this group follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// It is followed.
    Followed,
    /// It lies before that one.
    Before,
    /// It lies elsewhere.
    Elsewhere,
}

/// A place where electors adopted two versions on one base.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// The base.
    pub base: VersionId,
    /// The versions that follow it, ascending.
    pub children: Vec<VersionId>,
    /// Who voted for more than one of them, ascending.
    pub voters: Vec<GroupId>,
}

impl Views {
    /// A version that is known here.
    pub fn version(&self, version: &VersionId) -> Option<&VersionRow> {
        self.versions.iter().find(|row| row.version == *version)
    }

    pub(super) fn take_versions(&mut self, control: &ControlSet, authority: &Authority) {
        // What a version says never changes, so its text is kept.
        let known: BTreeMap<VersionId, Arc<Statement>> =
            self.versions.iter().map(|row| (row.version, row.statement.clone())).collect();
        let versions = authority.governance().versions();
        let mut rows: Vec<VersionRow> = Vec::new();
        let reader = Reader { control, authority, versions, known, followers: followers(authority, &self.members) };
        rows.extend(versions.first().and_then(|first| reader.first(&first)));
        rows.extend(versions.proposals().iter().filter_map(|proposal| reader.proposed(proposal)));
        self.versions = in_order(rows).into();
        let split = |fault: &Fault| match fault {
            Fault::Split { base, children, voters } => {
                Some(Split { base: *base, children: children.clone(), voters: voters.clone() })
            }
            _ => None,
        };
        self.splits = versions.faults().iter().filter_map(split).collect();
    }

    /// What waits for the people of this group: only members are asked.
    pub fn needs(&self) -> Vec<Need> {
        let Some(followed) = self.versions.iter().find(|row| row.way == Way::Followed) else { return Vec::new() };
        let branches: Vec<&VersionRow> = self.children(&followed.version, VersionState::Adopted).collect();
        let mut needs = Vec::new();
        if !branches.is_empty() {
            let named: Vec<String> = branches.iter().map(|row| self.version_called(row)).collect();
            needs.push(Need {
                kind: NeedKind::Split,
                version: followed.version,
                what: format!(
                    "The coalition has split: several versions follow {}: {}.",
                    followed.called(),
                    named.join("; ")
                ),
                hint: "talk to the others, then sign the one that your group follows: `grid statement sign VERSION`"
                    .to_owned(),
            });
            return needs;
        }
        if !followed.signed.iter().any(|(group, _)| *group == self.own) {
            needs.push(Need {
                kind: NeedKind::Sign,
                version: followed.version,
                what: format!(
                    "The statement has a new version that your group has not signed: {}.",
                    self.version_called(followed)
                ),
                hint: "read it with `grid statement show`, then `grid statement sign`".to_owned(),
            });
        }
        if followed.electors.contains(&self.own) {
            let open: Vec<&VersionRow> = self.children(&followed.version, VersionState::Proposed).collect();
            // No vote is taken back, so after the first nobody waits for another one.
            if !open.iter().any(|row| row.votes.contains(&self.own)) {
                needs.extend(open.into_iter().map(|row| Need {
                    kind: NeedKind::Vote,
                    version: row.version,
                    what: format!(
                        "A proposal waits for the vote of your group: {}, {} of {} votes.",
                        self.version_called(row),
                        row.votes.len(),
                        row.needed
                    ),
                    hint: format!(
                        "read it with `grid statement show {id}`; if your group wants it: `grid statement vote {id}`",
                        id = row.version.short()
                    ),
                }));
            }
        }
        needs
    }

    /// Its title and the beginning of its id, and whom it removes.
    fn version_called(&self, row: &VersionRow) -> String {
        let removed = match row.removed.as_slice() {
            [] => String::new(),
            groups if groups.contains(&self.own) => ", which removes your group".to_owned(),
            groups => {
                let names: Vec<String> = groups.iter().map(|group| self.name_of(group)).collect();
                format!(", which removes {}", names.join(", "))
            }
        };
        format!("{}{removed}", row.called())
    }

    fn children(&self, base: &VersionId, state: VersionState) -> impl Iterator<Item = &VersionRow> {
        self.versions.iter().filter(move |row| row.base == Some(*base) && row.state == state)
    }
}

impl VersionRow {
    /// Its title and the beginning of its id.
    fn called(&self) -> String {
        format!("{:?} ({})", self.statement.title, self.version.short())
    }
}

/// Of each adopted version the members that follow it.
fn followers(authority: &Authority, members: &[GroupId]) -> BTreeMap<VersionId, Vec<GroupId>> {
    let versions = authority.governance().versions();
    let mut ways: BTreeMap<Option<VersionId>, Option<VersionId>> = BTreeMap::new();
    let mut followers: BTreeMap<VersionId, Vec<GroupId>> = BTreeMap::new();
    // Also those whom the other side of a split removed: they follow their own.
    let all: BTreeSet<GroupId> = members.iter().copied().chain(authority.members()).collect();
    for group in all {
        let signed = authority.signed_last(&group);
        let followed = *ways.entry(signed).or_insert_with(|| versions.followed(signed));
        if let Some(followed) = followed {
            followers.entry(followed).or_default().push(group);
        }
    }
    followers
}

struct Reader<'a> {
    control: &'a ControlSet,
    authority: &'a Authority,
    versions: &'a Versions,
    known: BTreeMap<VersionId, Arc<Statement>>,
    followers: BTreeMap<VersionId, Vec<GroupId>>,
}

impl Reader<'_> {
    fn first(&self, version: &VersionId) -> Option<VersionRow> {
        let rules = self.versions.rules(version)?;
        let founders: Vec<GroupId> = rules.electors.iter().copied().collect();
        let statement = self.statement(version, self.control.statement(version)?);
        Some(VersionRow {
            version: *version,
            base: None,
            depth: 0,
            statement,
            removed: Vec::new(),
            proposed: None,
            votes: founders.clone(),
            needed: founders.len(),
            voters: founders.len(),
            electors: founders,
            state: VersionState::Adopted,
            way: self.way(version),
            signed: self.signed(version),
            followed_by: self.followers.get(version).cloned().unwrap_or_default(),
        })
    }

    fn proposed(&self, proposal: &Proposal) -> Option<VersionRow> {
        let version = &proposal.version;
        let base = self.versions.rules(&proposal.base)?;
        let body = self.control.version_body(version)?;
        let overtaken = self.versions.adopted().any(|rules| rules.base == Some(proposal.base));
        let state = match proposal.decision {
            Decision::Adopted => VersionState::Adopted,
            Decision::Open if overtaken => VersionState::Overtaken,
            Decision::Open => VersionState::Proposed,
        };
        Some(VersionRow {
            version: *version,
            base: Some(proposal.base),
            depth: base.depth + 1,
            statement: self.statement(version, &body.statement),
            electors: body.electors.clone(),
            removed: body.removed.iter().map(|removal| removal.group).collect(),
            proposed: Some((proposal.group, proposal.proposed_at)),
            votes: proposal.votes.clone(),
            needed: proposal.needed,
            voters: base.electors.len(),
            state,
            way: self.way(version),
            signed: self.signed(version),
            followed_by: self.followers.get(version).cloned().unwrap_or_default(),
        })
    }

    fn statement(&self, version: &VersionId, statement: &Statement) -> Arc<Statement> {
        self.known.get(version).cloned().unwrap_or_else(|| Arc::new(statement.clone()))
    }

    fn signed(&self, version: &VersionId) -> Vec<(GroupId, Timestamp)> {
        let standing = self.authority.signatures(version).iter().filter(|it| it.validity == Validity::Standing);
        standing.map(|it| (it.group, Timestamp(it.record.body.signed_at.0))).collect()
    }

    fn way(&self, version: &VersionId) -> Way {
        match self.authority.followed() {
            Some(followed) if followed == *version => Way::Followed,
            Some(followed) if self.versions.path(&followed).contains(version) => Way::Before,
            _ => Way::Elsewhere,
        }
    }
}

/// Each version behind its base; of several on one base what was adopted first, then the older proposal.
fn in_order(mut rows: Vec<VersionRow>) -> Vec<VersionRow> {
    let rank = |row: &VersionRow| {
        let open = row.state != VersionState::Adopted;
        (open, row.proposed.map(|(_, at)| at), row.version)
    };
    // The last is taken first.
    rows.sort_by_key(|row| std::cmp::Reverse(rank(row)));
    let mut children: BTreeMap<Option<VersionId>, Vec<VersionRow>> = BTreeMap::new();
    for row in rows {
        children.entry(row.base).or_default().push(row);
    }
    let mut next = children.remove(&None).unwrap_or_default();
    let mut ordered = Vec::new();
    while let Some(row) = next.pop() {
        next.extend(children.remove(&Some(row.version)).unwrap_or_default());
        ordered.push(row);
    }
    ordered
}

/// What has come of versions since: proposals, votes, adoptions.
pub(crate) fn deliberated(before: &[VersionRow], after: &[VersionRow]) -> Vec<Event> {
    let known: BTreeMap<VersionId, &VersionRow> = before.iter().map(|row| (row.version, row)).collect();
    let mut events = Vec::new();
    for row in after {
        let Some((proposer, _)) = row.proposed else { continue };
        let (version, title) = (row.version, row.statement.title.clone());
        let earlier = known.get(&version);
        if earlier.is_none() {
            events.push(Event::VersionProposed { version, title: title.clone(), group: proposer });
        }
        let new = row.votes.iter().filter(|group| earlier.is_none_or(|earlier| !earlier.votes.contains(group)));
        let (votes, needed) = (row.votes.len(), row.needed);
        events.extend(new.map(|group| Event::VersionVoted { version, group: *group, votes, needed }));
        let was_adopted = earlier.is_some_and(|earlier| earlier.state == VersionState::Adopted);
        if row.state == VersionState::Adopted && !was_adopted {
            events.push(Event::VersionAdopted { version, title });
        }
    }
    events
}
