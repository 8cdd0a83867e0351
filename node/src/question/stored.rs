//! What is stored beside the fields of records: who signs, which computers there are, where they are reached, when
//! what was written; and what lies on this computer alone.

use grid_protocol::control::Kind;
use grid_protocol::record::Audience::{self, Coalition, Local};
use serde_json::{Value as Json, json};

/// Something that is stored, what stands in it, what for, and who may read it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stored {
    what: &'static str,
    holds: &'static str,
    purpose: &'static str,
    /// Who may read it.
    pub(super) audience: Audience,
}

const fn stored(what: &'static str, holds: &'static str, purpose: &'static str, audience: Audience) -> Stored {
    Stored { what, holds, purpose, audience }
}

/// What is no record and no control record.
const OTHERS: [Stored; 14] = [
    stored(
        "entry of a log",
        "which computer wrote, the how manieth entry, when by its clock, which record, its signature",
        "nobody can write in another's name or alter what was written",
        Coalition,
    ),
    stored(
        "history of a record",
        "everything that each field for others ever said, also of a record that was removed",
        "a mistake can be undone, and what was said can be shown",
        Coalition,
    ),
    stored(
        "notes of an import",
        "short hashes of what a table wrote into fields for others (`_import`), and of what named its rows (`_row`); of a \
         row that also has fields that stay here, that hash is on this computer alone",
        "the same table again makes nothing twice and overwrites nobody's correction",
        Coalition,
    ),
    stored(
        "addresses of a computer",
        "IP addresses, names and ports under which it is reached, and its peer id",
        "computers find each other; an invite names them too",
        Coalition,
    ),
    stored("receipts", "how far a computer has received each log", "whoever wrote sees whom it has reached", Coalition),
    stored(
        "first sight of a time ahead",
        "when this computer first saw a record whose writer claims a later time",
        "lists go by times that nobody can claim",
        Local,
    ),
    stored(
        "secret keys",
        "the keys of this computer, and of the group where it was founded here",
        "sign what this group writes",
        Local,
    ),
    stored(
        "file of the node",
        "names and ids of coalition, group and computer, the invite, addresses and ports",
        "the node starts again as what it was",
        Local,
    ),
    stored(
        "refusal of an application",
        "why a member's node did not take this group in, as it was told",
        "its people know what to do next",
        Local,
    ),
    stored("settings", "what was set with `grid config`", "the node starts as its owner wants it", Local),
    stored("token of the API", "a word that the API asks for", "no other program speaks for you", Local),
    stored(
        "what was seen",
        "ids and versions of the records that the command line has shown",
        "an edit changes what its writer read",
        Local,
    ),
    stored(
        "what was found",
        "how far each log was when you had seen the news (`news.json`), and what each search had found then (`searches.json`)",
        "`grid news` and searches show what is new",
        Local,
    ),
    stored(
        "journal",
        "what this computer wrote, that which stays here too, and what that said before",
        "nothing that was written is lost in a crash",
        Local,
    ),
];

impl Stored {
    /// Everything: control records of every kind, and the rest.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        Kind::ALL.into_iter().map(Self::of).chain(OTHERS)
    }

    /// A kind of control record. All of them go to the groups of the coalition; a sheet of signatures, an invite and
    /// an appeal carry some of them to whomever they are given.
    fn of(kind: Kind) -> Self {
        let (what, holds, purpose) = match kind {
            Kind::Inception => (
                "inception",
                "the name of a group as it began, its first key, its recovery contacts",
                "a group is known by it for ever",
            ),
            Kind::DeviceCert => (
                "device certificate",
                "the keys and the peer id of a computer, what its people call it, what it may do, until when",
                "others know whose computer writes",
            ),
            Kind::Genesis => (
                "genesis",
                "name and purpose of the coalition, the first statement, the groups that founded it",
                "the coalition is known by it for ever",
            ),
            Kind::Signature => (
                "statement signature",
                "which group signed which version, when, with which key",
                "signing draws the boundary; strangers can verify it",
            ),
            Kind::Withdrawal => (
                "withdrawal",
                "which group left, when, and what it had written until then",
                "nobody speaks for a group that has left",
            ),
            Kind::Vouch => ("vouch", "which group vouches for which", "groups come in by those who know them"),
            Kind::Invite => (
                "invite",
                "which group invites, for how many, when, until when, the public half of its key",
                "whoever is invited gets in while the inviter is away",
            ),
            Kind::InviteRevoked => {
                ("revocation of invites", "which places a group closed", "a lost invite lets nobody in")
            }
            Kind::Join => ("join", "which group answered whose invite, and when", "it is a member from then on"),
            Kind::Rotation => {
                ("rotation", "the next key of a group, and which of its computers stay", "a stolen key ends")
            }
            Kind::Recovery => (
                "recovery",
                "the next key of a group, which of its computers stay, and which contacts signed for it",
                "a group whose words are lost comes back",
            ),
            Kind::Revoke => {
                ("revocation of a device", "which computer ended, and where", "a lost computer writes no more")
            }
            Kind::ForkProof => (
                "proof of a fork",
                "a computer, and two entries of it that exclude each other",
                "nobody tells one thing to some and another to others",
            ),
            Kind::Version => (
                "version",
                "a proposed statement with its policies, who votes next, who is removed, who proposes, when",
                "the statement changes in the open",
            ),
            Kind::Vote => ("vote", "which group wants which version", "who decided can be seen"),
            Kind::Adoption => (
                "adoption",
                "a version, and the votes that adopted it",
                "whoever comes later can follow the way to the statement",
            ),
            Kind::Mandate => (
                "mandate",
                "which group claims what for all, for which term",
                "nobody speaks for all without being seen to",
            ),
            Kind::Endorsement => (
                "endorsement",
                "which group stands behind a mandate or takes that back, and when",
                "a mandate that is not wanted ends",
            ),
        };
        stored(what, holds, purpose, Coalition)
    }

    /// As a row of an answer.
    pub(super) fn row(self) -> Json {
        json!({
            "what": self.what,
            "holds": self.holds,
            "purpose": self.purpose,
            "audience": self.audience.to_string(),
            "travels": self.audience.travels(),
        })
    }
}
