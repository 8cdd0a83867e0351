//! The clocks and the randomness of this machine, read in one place.

use grid_protocol::replica::Now;
use grid_protocol::time::Timestamp;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The clocks of a running node.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    started: Instant,
}

impl Clock {
    /// Starts the monotonic clock.
    pub fn start() -> Self {
        Self { started: Instant::now() }
    }

    /// Both clocks.
    pub fn now(&self) -> Now {
        Now { monotonic: self.started.elapsed(), wall: wall() }
    }

    /// The moment at which the monotonic clock will show `at`.
    pub fn instant(&self, at: Duration) -> Instant {
        self.started + at
    }
}

/// The wall clock; before 1970 it shows 1970.
pub fn wall() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// 32 bytes from the system's source of randomness.
pub fn random() -> [u8; 32] {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).expect("the system's source of randomness works; nothing is safe without it");
    bytes
}
