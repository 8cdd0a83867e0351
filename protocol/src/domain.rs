//! Every domain-separation string of the protocol, in one place.
//!
//! An id is `blake3::derive_key(purpose, bytes)`; a signature is over `purpose || id`. Two things of
//! different purpose can therefore never share an id or a signature. A string is never reused: a new
//! meaning gets a new string.

/// A purpose: the context string under which something is hashed or signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Purpose(&'static str);

impl Purpose {
    /// The context string itself.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

macro_rules! purposes {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        $($(#[$doc])* pub const $name: Purpose = Purpose($text);)*

        /// All purposes, for the test that no two are alike.
        #[cfg(test)]
        const ALL: &[Purpose] = &[$($name),*];
    };
}

purposes! {
    /// Names a group: hash of its inception.
    INCEPTION = "coalition-grid 1 inception";
    /// Names a device certificate.
    DEVICE_CERT = "coalition-grid 1 device certificate";
    /// Names a coalition: hash of its genesis.
    GENESIS = "coalition-grid 1 genesis";
    /// Names a version of the statement and its rules.
    VERSION = "coalition-grid 1 version";
    /// Hash of the text of a statement, exactly as given.
    STATEMENT_TEXT = "coalition-grid 1 statement text";
    /// A group's signature under a version of the statement.
    STATEMENT_SIGNATURE = "coalition-grid 1 statement signature";
    /// A group's withdrawal of its signature.
    WITHDRAWAL = "coalition-grid 1 withdrawal";
    /// An elector's vote for a version.
    VOTE = "coalition-grid 1 vote";
    /// Names the proof that a version was adopted.
    ADOPTION = "coalition-grid 1 adoption";
    /// A group's claim of a mandate.
    MANDATE = "coalition-grid 1 mandate";
    /// An elector's word on a mandate.
    ENDORSEMENT = "coalition-grid 1 endorsement";
    /// A vouch of a device for a group.
    VOUCH = "coalition-grid 1 vouch";
    /// An invite published by a device.
    INVITE = "coalition-grid 1 invite";
    /// Invites taken back by the device that issued them.
    INVITE_REVOKED = "coalition-grid 1 invite revoked";
    /// A group's answer to an invite.
    JOIN = "coalition-grid 1 join";
    /// An entry of a device's log.
    ENTRY = "coalition-grid 1 entry";
    /// The body of an entry.
    BODY = "coalition-grid 1 body";
    /// Names a document.
    DOCUMENT = "coalition-grid 1 document";
    /// The Automerge actor of a device in a document.
    ACTOR = "coalition-grid 1 automerge actor";
    /// A node's claim that it has received entries.
    RECEIPT = "coalition-grid 1 receipt";
    /// Addresses under which a device can be reached.
    ADDRESSES = "coalition-grid 1 addresses";
    /// The gossip topic of a coalition.
    TOPIC = "coalition-grid 1 gossip topic";
    /// Fingerprints of the control set.
    CONTROL_SET = "coalition-grid 1 control set";
    /// Fingerprints of log heads.
    LOG_HEADS = "coalition-grid 1 log heads";
    /// What the layers of authority add up to.
    AUTHORITY = "coalition-grid 1 authority";
    /// What documents are read by at one node.
    RIGHTS = "coalition-grid 1 rights";
    /// The accepted heads of the documents.
    DOCUMENT_HEADS = "coalition-grid 1 document heads";
    /// The root of a node's whole state.
    STATE_ROOT = "coalition-grid 1 state root";
    /// A root key of a group, derived from its recovery words.
    ROOT_KEY = "coalition-grid 1 root key";
    /// The checksum at the end of an invite's text.
    INVITE_TEXT = "coalition-grid 1 invite text";
    /// One link of the chain that commits to all later roots.
    ROOT_CHAIN = "coalition-grid 1 root chain";
    /// A later root of a group, and its devices under it.
    ROTATION = "coalition-grid 1 rotation";
    /// A new root that a group's recovery contacts give it.
    RECOVERY = "coalition-grid 1 recovery";
    /// The end of a device's log.
    REVOKE = "coalition-grid 1 revoke";
    /// The place where a device's log forks.
    FORK_PROOF = "coalition-grid 1 fork proof";
    /// The key to which a home seals what opens it, derived from the recovery words.
    ESCROW_KEY = "coalition-grid 1 escrow key";
    /// The key under which that is sealed, derived from what two X25519 keys share.
    ESCROW_SEAL = "coalition-grid 1 escrow seal";
    /// What a new device proves with the key of a pairing code.
    PAIRING = "coalition-grid 1 pairing";
    /// The checksum at the end of a pairing code.
    PAIRING_TEXT = "coalition-grid 1 pairing code";
    /// A request for the records of a group, by whoever has its recovery words.
    RECALL = "coalition-grid 1 recall";
    /// The checksum at the end of an appeal to recovery contacts.
    APPEAL_TEXT = "coalition-grid 1 appeal text";
    /// The digits that people compare when a group asks its contacts for a new root.
    APPEAL_DIGITS = "coalition-grid 1 appeal digits";
    /// Frame checksums of the journal.
    JOURNAL = "coalition-grid 1 journal frame";
    /// The content of a record that stays on one computer.
    LOCAL_RECORD = "coalition-grid 1 local record";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_purposes_are_alike() {
        let mut seen = std::collections::BTreeSet::new();
        assert!(ALL.iter().all(|purpose| seen.insert(purpose.as_str())));
    }
}
