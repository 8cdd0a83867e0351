//! A small mutator for the ordinary tests: the same seed gives the same inputs, on every machine.

/// Makes inputs out of others.
#[derive(Clone, Debug)]
pub struct Mutator(u64);

impl Mutator {
    /// The mutator of this seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// SplitMix64.
    const fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let value = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        value ^ (value >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.number() % bound.max(1) as u64).unwrap_or_default()
    }

    /// Bytes that look random.
    pub fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.number().to_le_bytes()[0]).collect()
    }

    /// An input like one of `inputs`, in parts like another.
    pub fn next(&mut self, inputs: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = inputs.get(self.below(inputs.len())).cloned().unwrap_or_default();
        for _ in 0..=self.below(4) {
            self.change(&mut bytes, inputs);
        }
        bytes
    }

    fn change(&mut self, bytes: &mut Vec<u8>, inputs: &[Vec<u8>]) {
        let (at, end) = (self.below(bytes.len() + 1), self.below(bytes.len() + 1));
        let range = at.min(end)..at.max(end).min(at.min(end) + 40);
        const EDGES: [u8; 8] = [0, 1, 0x7f, 0x80, 0xff, b'"', b',', b'\n'];
        let edge = EDGES[self.below(EDGES.len())];
        match self.below(9) {
            0 if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
            1 if at < bytes.len() => bytes[at] = edge,
            2 if at < bytes.len() => bytes[at] = bytes[at].wrapping_add([1, 255, 16][self.below(3)]),
            3 => bytes.insert(at, edge),
            4 => drop(bytes.drain(range)),
            5 => {
                let copied = bytes[range].to_vec();
                bytes.splice(at..at, copied);
            }
            6 => bytes.truncate(at),
            7 => {
                let other = inputs.get(self.below(inputs.len())).map_or(&[][..], Vec::as_slice);
                let from = self.below(other.len() + 1);
                let to = (from + 1 + self.below(40)).min(other.len());
                bytes.splice(range, other.get(from..to).unwrap_or_default().iter().copied());
            }
            _ => {
                let eight = self.number().to_le_bytes();
                bytes.splice(at..at, eight.into_iter().take(1 + at % 8));
            }
        }
    }
}
