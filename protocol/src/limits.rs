//! Every bound of the protocol, with its unit and its reason.
//!
//! Bounds that decide what is *valid* are part of the protocol: two nodes with different ones would
//! disagree. Bounds that only protect a node may differ from node to node; they say so.

/// Entries: body size in bytes, without the opening of a document. Bounds what one signature can cost a reader. Valid.
pub const MAX_BODY: usize = 64 * 1024;
/// Entries: the opening of a document in front of its first change, in bytes. Valid.
pub const MAX_OPENING: usize = 256;
/// Entries: a signature is kept at every entry whose `seq % SIGNATURE_EVERY == SIGNATURE_EVERY - 1`, and at the head. Valid.
pub const SIGNATURE_EVERY: u64 = 16;
/// Changes: operations, predecessors, and items of any one column. Bounds the memory that 80 bytes can claim. Valid.
pub const MAX_CHANGE_ITEMS: u64 = 16_384;
/// Changes: dependencies and actors named by one change. Valid.
pub const MAX_CHANGE_REFS: usize = 256;
/// Changes: sequence numbers and counters of operations. Automerge fails near 2^32. Valid.
pub const MAX_OP: u64 = 1 << 31;
/// Changes: bytes of keys, each counted once for every operation that names it. A few bytes name a long key for
/// thousands of operations, each of which Automerge keeps with a key of its own: that would take a gigabyte. Four times
/// what keys that are written out can come to. Valid.
pub const MAX_CHANGE_KEYS: usize = 4 * MAX_BODY;
/// Changes: the time that a writer claims, either way of zero. Automerge keeps differences of times, which must not
/// overflow. Valid.
pub const MAX_CHANGE_TIME: i64 = 1 << 60;
/// Documents: counters and what one increment adds, either way of zero. Bounds what sums to an overflow. Valid.
pub const MAX_COUNTER: i64 = 1 << 48;
/// Documents: depth of maps and lists below the root. Readers recurse. Valid.
pub const MAX_NESTING: u32 = 32;
/// Documents: devices that are named for what they wrote to one against the rules. Own.
pub const MAX_FAULTY_DEVICES: usize = 16;
/// Control records: encoded size in bytes; the text of a statement is the largest part. Valid.
pub const MAX_RECORD: usize = 256 * 1024;
/// Statement: text in bytes. Valid.
pub const MAX_STATEMENT: usize = 128 * 1024;
/// Names and labels of groups, devices, coalitions, in bytes. Valid.
pub const MAX_NAME: usize = 200;
/// Purpose of a coalition in bytes: it is read before joining. Valid.
pub const MAX_PURPOSE: usize = 2_000;
/// Recovery contacts of a group. Valid.
pub const MAX_CONTACTS: usize = 16;
/// Founders that sign a genesis. Valid.
pub const MAX_FOUNDERS: usize = 64;
/// Electors that a version lists, and so votes that its child counts. Valid.
pub const MAX_ELECTORS: usize = 64;
/// Versions: encoded size in bytes. Leaves room in a record for the votes that adopt it. Valid.
pub const MAX_VERSION: usize = 192 * 1024;
/// Versions: groups that one version removes. Valid.
pub const MAX_REMOVED: usize = 1_024;
/// Versions: proposals of one elector on one base. Valid.
pub const MAX_PROPOSALS: u32 = 4;
/// Mandates that each key of a group claims under one version. Valid.
pub const MAX_MANDATES: u32 = 16;
/// Mandates: the scope in bytes. Valid.
pub const MAX_SCOPE: usize = 2_000;
/// Roots of a group that its 24 words derive beside root 0. Valid.
pub const MAX_ROOTS: u32 = 64;
/// Recoveries of a group by its contacts. Valid.
pub const MAX_RECOVERIES: u32 = 64;
/// Devices of one group that may hold `govern`: the lowest keys count. Valid.
pub const MAX_GOVERNING_DEVICES: usize = 4;
/// Devices of one group that count at all: the lowest keys count. Valid.
pub const MAX_DEVICES: usize = 64;
/// Policies that come with a statement: they are read before joining. Valid.
pub const MAX_POLICIES: usize = 32;
/// Vouch slots per device and version that a genesis gives members by default.
pub const MEMBER_SLOTS: u32 = 8;
/// Vouch slots per device and version that a genesis gives electors by default: an operator brings in twenty groups.
pub const ELECTOR_SLOTS: u32 = 64;
/// Vouch slots per device and version that a genesis may give at most. Valid.
pub const MAX_SLOTS: u32 = 4_096;

/// Sync: a frame on the wire in bytes, before and after decompression. Own.
pub const MAX_FRAME: usize = 2 * 1024 * 1024;
/// Sync: a request on the wire in bytes: 1,300 logs of 40 bytes, and room. Own.
pub const MAX_REQUEST: usize = 256 * 1024;
/// Gossip: a message in bytes: an entry whose body fits 64 KiB, or a control record. Own.
pub const MAX_GOSSIP: usize = 72 * 1024;
/// Sync: runs of entries asked for at the same time from one peer. Own.
pub const MAX_RUNS_IN_FLIGHT: usize = 4;
/// Sync: documents that one request for entries behind cuts names. Own.
pub const MAX_BRANCH_DOCUMENTS: usize = 16;
/// Sync: changes of one document that a request for entries behind cuts names. Own.
pub const MAX_BRANCH_CHANGES: usize = 256;
/// Sync: places of a log that one request for ids names. Own.
pub const MAX_IDS: usize = 64;
/// Sync: what the requests of one device of a member may weigh within an hour: one each, and more where much has to be
/// looked at. A busy node compares every few seconds. Own.
pub const MAX_ASKED: u64 = 65_536;
/// Sync: entries and control records that one device of a member is sent within an hour, beside three times all that is
/// held: whoever catches up asks for each once, and again for what went lost. Own.
pub const MAX_SENT: u64 = 1_024;
/// Sync: requests above these bounds for which a member is named. Own.
pub const MAX_TURNED_AWAY: u64 = 64;
/// Sync: answers that one device of a member waits for on purpose, having asked too much. Own.
pub const MAX_KEPT_WAITING: usize = 32;
/// Waiting entries kept per log; the one that is farthest behind the gap goes first. Own.
pub const MAX_WAITING_PER_LOG: usize = 64;
/// Bytes of waiting entries kept per peer that handed them in; the oldest go first. Own.
pub const MAX_WAITING_BYTES: usize = 1024 * 1024;
/// The same of all peers together; whoever handed in the most gives way, its oldest first. Own.
pub const MAX_WAITING_BYTES_IN_ALL: usize = 16 * MAX_WAITING_BYTES;
/// Lobby: bytes that one applicant may hand in: inception, certificate, join and signature. Own.
pub const MAX_APPLICATION: usize = 8 * 1024;
/// Lobby: a request of a stranger in bytes, before and after decompression: an application, and room. Own.
pub const MAX_LOBBY_FRAME: usize = 16 * 1024;
/// Lobby: bytes of records in one answer to who has the words of a group; what does not fit is asked for again. Own.
pub const MAX_RECALL: usize = 512 * 1024;
/// Lobby: requests of one stranger that are looked at in a minute: a newcomer needs three. Own.
pub const MAX_LOBBY_REQUESTS_PER_PEER: u32 = 32;
/// Lobby: requests of all strangers that are looked at in a minute: each costs up to five signatures to check. Own.
pub const MAX_LOBBY_REQUESTS: u32 = 2_048;
/// Beyond that, requests with an answer to one open invite that a node looks at within a minute; and as many by
/// whoever says that he has the words of a group.
pub const MAX_LOBBY_REQUESTS_PER_INVITE: u32 = 256;
/// Lobby: applicants that a node keeps; the oldest without an invite goes first. Own.
pub const MAX_APPLICANTS: usize = 4_096;
/// Addresses that a device announces. Own.
pub const MAX_ADDRESSES: usize = 8;
/// Bytes of one address that a device announces: a multiaddress with the longest of names. Own.
pub const MAX_ADDRESS: usize = 320;
/// Invites: the text of an invite in bytes, as link or file. Own.
pub const MAX_INVITE: usize = 256 * 1024;
/// Pairing: the text of a code in characters: eight addresses, names, and room. Own.
pub const MAX_PAIRING_CODE: usize = 8 * 1024;
/// Appeals: the text in characters: the devices of a group, the signatures of its contacts, and room. Own.
pub const MAX_APPEAL: usize = 32 * 1024;
/// Pairing: codes that a node holds open at a time. Own.
pub const MAX_PAIRINGS: usize = 16;
/// Logs that one receipt names: more go into the next one. Own.
pub const MAX_RECEIPT_LOGS: usize = 512;
/// Invites: pages that one brings. Valid.
pub const MAX_INVITE_PAGES: usize = 12;
/// Invites: the text of one of these pages in bytes; longer ones are cut. Valid.
pub const MAX_INVITE_PAGE: usize = 16 * 1024;
/// Invites: the content of an invite in bytes, unpacked. Bounds what a small text can claim. Own.
pub const MAX_INVITE_UNPACKED: usize = 1024 * 1024;
/// Control set: records that wait for another one, or for a group to be named: applicants' among them. Whoever handed in
/// the most gives way, its oldest first. A first sync of 1,300 groups brings half as many. Own.
pub const MAX_WAITING_RECORDS: usize = 16_384;
/// Control set: bytes of the records that wait, in the same order. Own.
pub const MAX_WAITING_RECORD_BYTES: usize = 4 * 1024 * 1024;
/// Statement sheets: size of the file in bytes: 1,300 rows of 3 KiB, and the genesis. Own.
pub const MAX_SHEET: usize = 32 * 1024 * 1024;

/// Records: a line, a place or a choice, in characters: what a table shows in one cell. Valid.
pub const MAX_LINE: usize = 500;
/// Records: a link in characters. Valid.
pub const MAX_LINK: usize = 2_000;
/// Documents: operations (letters put in and taken out, values set) up to which a small document is saved and loaded
/// after each change. That costs time in proportion to them. Own.
pub const MAX_ALWAYS_CHECKED: u64 = 16_384;
/// Documents: bytes that those kept in memory after they changed take up together, by their operations. Beyond it they are
/// read again from storage when they change. Own.
pub const MAX_LIVE_WEIGHT: u64 = 256 * 1024 * 1024;
/// Records: a text in bytes, when it is written. Two edits that merge may add up to more. Own.
pub const MAX_TEXT: usize = 1024 * 1024;
/// Records: a text in bytes, when it is read. What two edits that merge may add up to; the rest is left out, and the
/// record shown as damaged. Own.
pub const MAX_TEXT_READ: usize = 2 * MAX_TEXT;
/// Records: tags of one field, when they are written, and when they are read: more than that come from merges, and from
/// writers that keep no bound. The first by order count. Own.
pub const MAX_TAGS: usize = 50;
/// Records: a tag in characters. Valid.
pub const MAX_TAG: usize = 80;
/// Records: what one change may cost by a careful estimate, in bytes; a larger edit becomes several changes. Leaves room below `MAX_BODY`. Own.
pub const MAX_PIECE_COST: usize = 40 * 1024;
/// Records: operations in one change of ours. Leaves room below `MAX_CHANGE_ITEMS`. Own.
pub const MAX_PIECE_OPERATIONS: usize = 12_000;
/// Surveys: people whose answers a published total adds up, at least. With fewer, those who know each other work out who
/// said what. Own.
pub const MIN_ANSWERS: u32 = 5;
/// Tables: a file to import in bytes. Own.
pub const MAX_IMPORT: usize = 32 * 1024 * 1024;
/// Tables: rows of one import. Own.
pub const MAX_IMPORT_ROWS: usize = 100_000;
