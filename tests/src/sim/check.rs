//! What must hold in every run, whatever happened.

use super::event::NodeIndex;
use super::history::{Ending, Shows, check_roots};
use super::{Blame, World};
use grid_protocol::control::Record;
use grid_protocol::document::WriteRule;
use grid_protocol::id::{Digest, DocumentId, EntryId, GroupId, RecordId};
use grid_protocol::key::DeviceId;
use grid_protocol::replica::Row;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::PoisonError;
use std::time::Duration;

/// How often roots are compared while waiting.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// A write that a node acknowledged to its people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Acknowledged {
    /// The node.
    pub node: NodeIndex,
    /// Its log.
    pub device: DeviceId,
    /// The place in the log.
    pub seq: u64,
    /// What was written there.
    pub entry: EntryId,
}

/// What does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dissent {
    /// Running nodes hold or believe different things.
    Roots {
        /// How many nodes have each root, and what each of them holds.
        roots: BTreeMap<Digest, (usize, String)>,
    },
    /// A node holds an entry that its author never wrote, or does not hold any more.
    Strange {
        /// The node.
        node: NodeIndex,
        /// The log.
        device: DeviceId,
        /// The place.
        seq: u64,
    },
    /// A node took an entry into a log that does not go on behind what it holds.
    Order {
        /// The node.
        node: NodeIndex,
        /// The log.
        device: DeviceId,
        /// The place that comes next.
        expected: u64,
        /// The place that the entry claims.
        found: u64,
    },
    /// A node acknowledged two writes at one place.
    Rewritten {
        /// The first.
        first: Box<Acknowledged>,
        /// The second.
        second: Box<Acknowledged>,
    },
    /// An honest node shows what nobody was allowed to write.
    Unauthorised {
        /// The node.
        node: NodeIndex,
        /// The record.
        document: DocumentId,
        /// What is wrong with it.
        what: String,
    },
    /// An honest node holds a control record that was signed by somebody else than it says.
    Forged {
        /// The node.
        node: NodeIndex,
        /// The record.
        record: RecordId,
    },
    /// An honest node takes a group for a member that nobody let in.
    Sham {
        /// The node.
        node: NodeIndex,
        /// The group.
        group: GroupId,
    },
    /// A node does not show a line that counts.
    Uncounted {
        /// The node.
        node: NodeIndex,
        /// The text.
        document: DocumentId,
        /// The line.
        line: usize,
        /// Who wrote it.
        by: GroupId,
    },
    /// A write that was acknowledged is not on a running node.
    Lost {
        /// The node.
        node: NodeIndex,
        /// The write.
        write: Acknowledged,
    },
    /// Running nodes are equal, and still at work.
    Busy,
    /// An honest node blames another.
    Blame {
        /// Who blames.
        by: NodeIndex,
        /// For what.
        why: String,
    },
}

/// Whether a node shows something else than before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rows {
    /// It does not.
    TheSame,
    /// It does.
    Changed,
}

impl fmt::Display for Dissent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Roots { roots } => {
                write!(f, "running nodes have {} different roots:", roots.len())?;
                roots.values().try_for_each(|(nodes, holds)| write!(f, "\n  {nodes} nodes, one of them with {holds}"))
            }
            Self::Strange { node, device, seq } => {
                write!(f, "node {node} holds at {seq} of {device} what its author does not")
            }
            Self::Lost { node, write } => {
                write!(f, "node {node} lacks write {} that node {} acknowledged", write.seq, write.node)
            }
            Self::Order { node, device, expected, found } => {
                write!(
                    f,
                    "node {node} took {found} of {device} into a log that goes on at {expected}, or behind another entry"
                )
            }
            Self::Rewritten { first, second } => {
                write!(
                    f,
                    "node {} acknowledged two writes at {} of its log: {} and {}",
                    first.node, first.seq, first.entry, second.entry
                )
            }
            Self::Unauthorised { node, document, what } => write!(f, "node {node} shows in record {document}: {what}"),
            Self::Forged { node, record } => {
                write!(f, "node {node} holds record {record:?}, which is signed by somebody else than it says")
            }
            Self::Sham { node, group } => {
                write!(f, "node {node} takes group {group} for a member, which nobody let in")
            }
            Self::Uncounted { node, document, line, by } => {
                write!(f, "node {node} does not show line {line} of {by} in record {document}, which counts")
            }
            Self::Busy => write!(f, "running nodes are still at work"),
            Self::Blame { by, why } => write!(f, "node {by} blames an honest node: {why}"),
        }
    }
}

impl World {
    pub(super) fn running(&self) -> impl Iterator<Item = NodeIndex> {
        let counts = |node: &NodeIndex| self.is_honest(*node) && !self.undecided.contains(node);
        (0..self.nodes.len()).filter(move |node| self.runs(*node) && counts(node))
    }

    /// Whether all running nodes have the same root and nothing left to do.
    pub fn is_equal(&self) -> bool {
        // Most of the time they differ, and the first two that do settle it.
        let mut roots = self.running().map(|node| self.root(node));
        let first = roots.next();
        self.running().all(|node| !self.replica(node).is_busy()) && roots.all(|root| Some(root) == first)
    }

    /// Lets time pass until all running nodes are equal, at most `patience`; how long it took.
    ///
    /// # Errors
    ///
    /// [`Dissent::Roots`] when they are not equal then.
    pub fn until_equal(&mut self, patience: Duration) -> Result<Duration, Dissent> {
        let begun = self.now();
        while !self.is_equal() {
            if self.now() - begun >= patience {
                return Err(self.check_roots().err().unwrap_or(Dissent::Busy));
            }
            self.run_for(LOOK_EVERY);
        }
        Ok(self.now() - begun)
    }

    /// Lets time pass until all running nodes are equal, and asks for all that must hold then; how long it took.
    ///
    /// # Errors
    ///
    /// [`Self::until_equal`], [`Self::check_healed`].
    pub fn until_healed(&mut self, patience: Duration) -> Result<Duration, Dissent> {
        let took = self.until_equal(patience)?;
        self.check_healed()?;
        Ok(took)
    }

    fn holds(&self, node: NodeIndex) -> String {
        let replica = self.replica(node);
        format!(
            "node {node}: {} entries of {} logs, {} records ({} waiting), {} members, {} documents, digests {:?}, peers {:?}",
            replica.logs().total(),
            replica.logs().iter().count(),
            replica.control().len(),
            replica.control().waiting(),
            replica.authority().members().count(),
            replica.documents().len(),
            (replica.logs().digest(), replica.authority().digest(), replica.documents().digest()),
            replica.peers().map(|peer| (self.by_peer.get(&peer.peer), peer.sync, peer.fault)).collect::<Vec<_>>(),
        )
    }

    fn check_roots(&self) -> Result<(), Dissent> {
        check_roots(self.running().map(|node| (node, self.root(node))), |node| self.holds(node))
    }

    /// What must hold at every moment, and was looked at with every event: see [`History`](super::History).
    /// And no honest node blames another.
    ///
    /// # Errors
    ///
    /// The first [`Dissent`].
    pub fn check_always(&self) -> Result<(), Dissent> {
        if let Some(dissent) = &self.dissent {
            return Err(dissent.clone());
        }
        let of_honest = |blame: &&Blame| self.is_honest(blame.by) && blame.of.is_none_or(|of| self.is_honest(of));
        match self.blames.iter().find(of_honest) {
            Some(blame) => Err(Dissent::Blame { by: blame.by, why: format!("{} (node {:?})", blame.why, blame.of) }),
            None => Ok(()),
        }
    }

    /// What must hold once everybody could talk to everybody: all of it, and nothing was lost.
    ///
    /// # Errors
    ///
    /// The first [`Dissent`].
    pub fn check_healed(&self) -> Result<(), Dissent> {
        self.check_always()?;
        self.check_roots()?;
        self.running().try_for_each(|node| self.history.check_complete(node))
    }

    /// Looks at what disks did since the last time.
    pub(super) fn look(&mut self) {
        let told = std::mem::take(&mut *self.told.lock().unwrap_or_else(PoisonError::into_inner));
        for (node, stored) in told {
            let judged = self.history.stored(node, &stored);
            self.note(judged);
            if let Some(watch) = &mut self.watch {
                watch.stored(self.now, node, &stored);
            }
        }
    }

    /// An honest node shows these rows.
    pub(super) fn look_at_rows(&mut self, node: NodeIndex, rows: &[Row]) {
        for row in rows {
            let text = match self.history.has_forgeries() {
                true => row.values.to_json().to_string(),
                false => String::new(),
            };
            let judged = self.history.shows(node, row.document, &text);
            self.note(judged);
            if let Some(opening) = row.opening.as_ref().filter(|opening| opening.rule == WriteRule::Owner) {
                let shows = if row.heads.is_empty() { Shows::Nothing } else { Shows::It };
                self.history.keeps(node, opening.owner, row.document, shows);
            }
            for breach in &row.breaches {
                let of = self.nodes.iter().position(|other| other.author.me.device == breach.device);
                let why = format!("writes against the rules: {}", breach.rule);
                self.blames.push(Blame { at: self.now, by: node, of, why });
            }
        }
    }

    /// What an honest node shows has to agree with what it believes: looked at whenever one of the two changes.
    pub(super) fn look_at_belief(&mut self, node: NodeIndex, rows: Rows) {
        if !self.history.has_forgeries() {
            return;
        }
        let Some(replica) = self.nodes[node].replica() else { return };
        let turns = Some(replica.storage().turns());
        if rows == Rows::TheSame && turns == self.nodes[node].looked {
            return;
        }
        let me = replica.me().group;
        let admits = self.history.admits(node, |group| *group == me || replica.authority().was_admitted(group));
        let sham = self.shams.iter().find(|sham| replica.authority().was_admitted(sham)).copied();
        let forked = |of: &DeviceId| {
            let mut records = replica.control().iter();
            records.any(|record| matches!(record, Record::ForkProof(proof) if proof.body.device == *of))
        };
        let judged = self.history.believes(node, |ending| match ending {
            Ending::Record(record) => replica.control().get(record).is_some(),
            Ending::Fork(device) => forked(device),
        });
        self.nodes[node].looked = turns;
        self.note(admits);
        self.note(sham.map_or(judged, |group| Err(Dissent::Sham { node, group })));
    }

    /// Keeps the first thing that does not hold.
    pub(super) fn note(&mut self, judged: Result<(), Dissent>) {
        if let (None, Err(dissent)) = (&self.dissent, judged) {
            self.dissent = Some(dissent);
        }
    }
}
