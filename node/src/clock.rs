//! The clocks and the randomness of this machine, read in one place.

use grid_protocol::replica::Now;
use grid_protocol::time::Timestamp;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The clocks of a running node.
#[derive(Clone, Debug)]
pub struct Clock {
    started: Instant,
    wall: WallClock,
}

/// The wall clock of one node: that of this machine, unless it is set to be wrong.
///
/// Nobody can trust a clock, so the specifications run nodes whose clocks lie, and set them while they run.
/// Copies share one clock.
#[derive(Clone, Debug, Default)]
pub struct WallClock {
    /// Milliseconds that it is ahead of this machine's.
    ahead: Arc<AtomicI64>,
}

impl WallClock {
    /// Sets how many milliseconds it is ahead of this machine's clock; it is behind where that is negative.
    pub fn set_ahead(&self, millis: i64) {
        self.ahead.store(millis, Ordering::Relaxed);
    }

    /// What it shows.
    pub fn now(&self) -> Timestamp {
        Timestamp(wall().0.saturating_add_signed(self.ahead.load(Ordering::Relaxed)))
    }
}

impl Clock {
    /// Starts the monotonic clock beside a wall clock.
    pub fn start(wall: WallClock) -> Self {
        Self { started: Instant::now(), wall }
    }

    /// Both clocks.
    pub fn now(&self) -> Now {
        Now { monotonic: self.started.elapsed(), wall: self.wall.now() }
    }

    /// The moment at which the monotonic clock will show `at`.
    pub fn instant(&self, at: Duration) -> Instant {
        self.started + at
    }
}

/// The wall clock of this machine; before 1970 it shows 1970.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wall_clock_that_is_set_moves_every_copy_and_not_the_monotonic_clock() {
        const TEN_YEARS: i64 = 10 * 365 * 24 * 3_600_000;
        let wall = WallClock::default();
        let clock = Clock::start(wall.clone());
        let before = clock.now();
        wall.set_ahead(TEN_YEARS);
        let ahead = clock.now();
        wall.set_ahead(-TEN_YEARS);
        let behind = clock.now();
        assert!(ahead.wall > before.wall.after(Duration::from_secs(9 * 365 * 24 * 3_600)));
        assert!(behind.wall < before.wall);
        assert!(before.monotonic <= ahead.monotonic && ahead.monotonic <= behind.monotonic);
        wall.set_ahead(i64::MIN);
        assert_eq!(clock.now().wall, Timestamp(0), "there is nothing before 1970");
    }
}
