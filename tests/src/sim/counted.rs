//! What was said in shared texts, and whether it counts in the end: worked out from who said it and what they read
//! when they said it, and not from what any node believes.
//!
//! A line counts if its writer has the right to write there. If the writer turns out to have none, it counts if a line
//! that counts was written by somebody who read it; otherwise nobody shows it.

use super::World;
use super::check::Dissent;
use super::event::NodeIndex;
use super::history::marks;
use grid_protocol::id::{DocumentId, GroupId};
use grid_protocol::key::DeviceId;
use std::collections::BTreeSet;

/// How a line begins; its number and a semicolon follow.
const MARK: &str = "said-";

/// Who writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Speaker {
    /// The group.
    pub group: GroupId,
    /// Its device.
    pub device: DeviceId,
}

/// A line that somebody wrote.
#[derive(Clone, Debug)]
struct Line {
    by: Speaker,
    document: DocumentId,
    /// The lines that its writer read there.
    read: BTreeSet<usize>,
}

/// All lines that were written into shared texts, in the order in which they were written.
#[derive(Clone, Debug, Default)]
pub struct Sayings {
    lines: Vec<Line>,
    /// Devices that turned out to have no right to write.
    lapsed: BTreeSet<DeviceId>,
    /// Groups that turned out not to have been let in.
    outside: BTreeSet<GroupId>,
}

impl Sayings {
    /// Somebody goes on with a text: the whole text with the new line at its end.
    pub fn say(&mut self, by: Speaker, document: DocumentId, text: &str) -> String {
        let read = marks(MARK, text).collect();
        self.lines.push(Line { by, document, read });
        format!("{text}{MARK}{};\n", self.lines.len() - 1)
    }

    /// Nothing that a device wrote counts by itself.
    pub fn lapse(&mut self, device: DeviceId) {
        self.lapsed.insert(device);
    }

    /// A group was not let in.
    pub fn leave_out(&mut self, group: GroupId) {
        self.outside.insert(group);
    }

    /// How many lines were written, and how many of them count although their writer has no right.
    pub fn counts(&self) -> (usize, usize) {
        let counting = self.counting();
        (self.lines.len(), counting.iter().filter(|line| !self.has_right(&self.lines[**line].by)).count())
    }

    /// Whether a node shows what counts of a text, and nothing else of what was said.
    ///
    /// # Errors
    ///
    /// [`Dissent::Uncounted`], [`Dissent::Unauthorised`].
    pub fn check(&self, node: NodeIndex, document: DocumentId, text: &str) -> Result<(), Dissent> {
        let (counting, shown) = (self.counting(), marks(MARK, text).collect::<BTreeSet<usize>>());
        let of_text = self.lines.iter().enumerate().filter(|(_, line)| line.document == document);
        for (number, line) in of_text {
            match (counting.contains(&number), shown.contains(&number)) {
                (true, false) => return Err(Dissent::Uncounted { node, document, line: number, by: line.by.group }),
                (false, true) => {
                    let what = format!("{MARK}{number}, of a writer without a right, on which nobody built");
                    return Err(Dissent::Unauthorised { node, document, what });
                }
                _ => {}
            }
        }
        match shown.iter().find(|mark| self.lines.get(**mark).is_none_or(|line| line.document != document)) {
            Some(mark) => Err(Dissent::Unauthorised { node, document, what: format!("{MARK}{mark}, from elsewhere") }),
            None => Ok(()),
        }
    }

    /// The texts into which something was written.
    pub fn documents(&self) -> BTreeSet<DocumentId> {
        self.lines.iter().map(|line| line.document).collect()
    }

    fn has_right(&self, by: &Speaker) -> bool {
        !self.lapsed.contains(&by.device) && !self.outside.contains(&by.group)
    }

    /// The lines that count. Whoever reads a line writes later, so one look from the end is enough.
    fn counting(&self) -> BTreeSet<usize> {
        let mut counting = BTreeSet::new();
        for (number, line) in self.lines.iter().enumerate().rev() {
            if counting.contains(&number) || self.has_right(&line.by) {
                counting.insert(number);
                counting.extend(&line.read);
            }
        }
        counting
    }
}

impl World {
    /// A node goes on with a text, or begins one where none is given; the text's record.
    pub fn add_line(&mut self, node: NodeIndex, document: Option<DocumentId>) -> DocumentId {
        let me = self.author(node).me;
        let by = Speaker { group: me.group, device: me.device };
        let fields = |text: &str| serde_json::json!({"title": "How we work", "text": text});
        match document {
            Some(document) => {
                let before = self.text(node, document, "text");
                let text = self.history.sayings.say(by, document, &before);
                self.write(node, &super::Subject::Existing(document), &serde_json::json!({"text": text}))
            }
            None => {
                // The record has no name before it is written.
                let document = self.write(node, &super::Subject::New("page"), &fields(""));
                self.add_line(node, Some(document))
            }
        }
    }

    /// Every running honest node shows of every text what counts, and nothing else.
    ///
    /// # Errors
    ///
    /// The first [`Dissent`].
    pub fn check_counted(&mut self) -> Result<(), Dissent> {
        let documents = self.history.sayings.documents();
        let nodes: Vec<NodeIndex> = self.running().collect();
        for node in nodes {
            for document in &documents {
                let text = self.text(node, *document, "text");
                self.history.sayings.check(node, *document, &text)?;
            }
        }
        Ok(())
    }
}
