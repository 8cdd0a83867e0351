//! Where a change stands: in the log of its device, or apart from it.

/// The place of a change. What a log holds stands before what lies apart from it, whatever their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// In the log of its device as it is held here.
    Log(u64),
    /// Apart from that log, in an entry that claims this place of it: of another history, or of a log nobody hands out.
    Apart(u64),
}

impl Place {
    /// The number that its entry claims.
    pub const fn seq(self) -> u64 {
        let (Self::Log(seq) | Self::Apart(seq)) = self;
        seq
    }
}

impl From<u64> for Place {
    fn from(seq: u64) -> Self {
        Self::Log(seq)
    }
}
