//! What must hold in every run, whatever happened.

use super::World;
use super::event::NodeIndex;
use grid_protocol::id::{Digest, EntryId};
use grid_protocol::key::DeviceId;
use grid_protocol::storage::Storage;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
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
    /// A write that was acknowledged is not on a running node.
    Lost {
        /// The node.
        node: NodeIndex,
        /// The write.
        write: Acknowledged,
    },
    /// An honest node blames another.
    Blame {
        /// Who blames.
        by: NodeIndex,
        /// For what.
        why: String,
    },
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
            Self::Blame { by, why } => write!(f, "node {by} blames an honest node: {why}"),
        }
    }
}

impl World {
    fn running(&self) -> impl Iterator<Item = NodeIndex> {
        (0..self.nodes.len()).filter(|node| self.runs(*node))
    }

    /// Whether all running nodes have the same root and nothing left to do.
    pub fn is_equal(&self) -> bool {
        let roots: BTreeSet<Digest> = self.running().map(|node| self.root(node)).collect();
        roots.len() <= 1 && self.running().all(|node| !self.replica(node).is_busy())
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
                return Err(self.roots());
            }
            self.run_for(LOOK_EVERY);
        }
        Ok(self.now() - begun)
    }

    fn roots(&self) -> Dissent {
        let mut roots = BTreeMap::new();
        for node in self.running() {
            let replica = self.replica(node);
            let holds = || {
                format!(
                    "node {node}: {} entries of {} logs, {} records ({} waiting), {} members, {} documents, digests {:?}",
                    replica.logs().total(),
                    replica.logs().iter().count(),
                    replica.control().len(),
                    replica.control().waiting(),
                    replica.authority().members().count(),
                    replica.documents().len(),
                    (replica.logs().digest(), replica.authority().digest(), replica.documents().digest()),
                )
            };
            roots.entry(self.root(node)).or_insert_with(|| (0, holds())).0 += 1;
        }
        Dissent::Roots { roots }
    }

    /// What must hold at every moment: nobody holds what the author of a log does not hold at the same
    /// place, and no honest node blames another.
    ///
    /// # Errors
    ///
    /// The first [`Dissent`].
    pub fn check_always(&self) -> Result<(), Dissent> {
        if let Some(blame) = self.blames.first() {
            return Err(Dissent::Blame { by: blame.by, why: format!("{} (node {:?})", blame.why, blame.of) });
        }
        let written: BTreeMap<(DeviceId, u64), EntryId> =
            self.acknowledged.iter().map(|write| ((write.device, write.seq), write.entry)).collect();
        for (node, member) in self.nodes.iter().enumerate() {
            let Some(disk) = member.disk() else { continue };
            for (device, head) in disk.heads().expect("a storage in memory reads") {
                for seq in 0..=head.seq {
                    let held = disk.entry_id(&device, seq).expect("a storage in memory reads");
                    if held.is_none() || held != written.get(&(device, seq)).copied() {
                        return Err(Dissent::Strange { node, device, seq });
                    }
                }
            }
        }
        Ok(())
    }

    /// What must hold once everybody could talk to everybody: all of it, and nothing was lost.
    ///
    /// # Errors
    ///
    /// The first [`Dissent`].
    pub fn check_healed(&self) -> Result<(), Dissent> {
        self.check_always()?;
        if !self.is_equal() {
            return Err(self.roots());
        }
        for node in self.running() {
            let disk = self.replica(node).storage();
            for write in &self.acknowledged {
                let held = disk.entry_id(&write.device, write.seq).expect("a storage in memory reads");
                if held != Some(write.entry) {
                    return Err(Dissent::Lost { node, write: *write });
                }
            }
        }
        Ok(())
    }
}
