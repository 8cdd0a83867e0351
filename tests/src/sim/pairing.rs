//! A group's further computer: the code, the new device's keys, and the root's signature.

use super::World;
use super::author::{Author, Keys};
use super::event::NodeIndex;
use grid_protocol::codec::Format;
use grid_protocol::control::{Capabilities, DeviceCert, Signer, SigningKey};
use grid_protocol::pairing::{PairRequest, PairingCode};
use grid_protocol::record::Registry;
use grid_protocol::replica::{Effect, Identity, Replica};
use grid_protocol::storage::Storage;
use grid_protocol::time::Timestamp;
use std::sync::Arc;
use std::time::Duration;

/// How long codes hold.
const CODE_HOLDS: Duration = Duration::from_secs(3_600);

impl Author {
    /// A code for a further device, under root 0.
    pub fn code(&self, seed: [u8; 32], capabilities: Capabilities, now: Timestamp) -> PairingCode {
        PairingCode {
            format: Format,
            coalition: self.me.coalition,
            coalition_name: "Clear Water".to_owned(),
            group: self.me.group,
            group_name: self.keys.name.clone(),
            root: Signer::Root(0),
            capabilities,
            label: "office".to_owned(),
            seed,
            expires: now.after(CODE_HOLDS),
            addresses: Vec::new(),
        }
    }

    /// The author on a new computer with the keys of a number, and what it hands in to be certified.
    pub fn with_code(code: &PairingCode, number: u32, registry: Arc<Registry>) -> (Self, PairRequest) {
        let keys = Keys::new(number);
        let request = code.request("office", &keys.secrets).expect("a label in bounds");
        let me = Identity { coalition: code.coalition, group: code.group, device: request.device() };
        (Self { keys: Arc::new(keys), me, registry }, request)
    }

    /// Signs the certificate of a new device with root 0.
    pub fn certify(&self, request: PairRequest) -> DeviceCert {
        request.certify(SigningKey::Root(0, &self.keys.words.root(0)))
    }

    /// Certifies whoever has shown an open pairing's code.
    pub fn let_in<S: Storage>(&self, replica: &mut Replica<S>, token: u64, request: PairRequest) -> Vec<Effect> {
        let key = request.key;
        replica.paired(token, &key, self.certify(request)).expect("a storage in memory takes every record")
    }
}

impl World {
    /// Opens a pairing at a node whose keys hold the group's root.
    pub fn add_device(&mut self, node: NodeIndex, capabilities: Capabilities) -> PairingCode {
        let (author, seed, now) = (self.nodes[node].author.clone(), self.random.bytes(), self.clocks(node).wall);
        let code = author.code(seed, capabilities, now);
        let replica = self.nodes[node].replica_mut().expect("the node runs");
        replica.open_pairing(code.pairing(), now).expect("there is room for a device");
        code
    }

    /// Starts a new computer with a code, and links it with the old one.
    pub fn pair(&mut self, code: &PairingCode, with: NodeIndex) -> NodeIndex {
        let number = u32::try_from(self.nodes.len()).expect("a world of that size fits nowhere");
        let (author, request) = Author::with_code(code, number, self.registry.clone());
        let node = self.settle(author, &[], &[]);
        self.place_beside(node, with);
        self.start(node);
        self.nodes[node].replica_mut().expect("it was started").ask_to_pair(request);
        self.link(node, with);
        node
    }
}
