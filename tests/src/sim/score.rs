//! What a peer's news earned it at one node, with the weights that the daemon gives gossipsub.

use std::time::Duration;

/// What remains of a merit or an offence after [`GRUDGE`]: a hundredth, in even steps of a second.
const PER_SECOND: f64 = 0.992_354_1;
/// How long news weighs on who sent it.
const GRUDGE: Duration = Duration::from_secs(600);
/// What remains of pushing after a second.
const PUSHING_PER_SECOND: f64 = 0.2;
/// First deliveries that count.
const MOST_DELIVERED: f64 = 50.0;
/// Pushing that is let pass.
const PUSHING_ALLOWED: f64 = 6.0;

/// What one peer earned.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Score {
    delivered: f64,
    broken: f64,
    pushed: f64,
    at: Duration,
}

impl Score {
    /// It was the first to bring some news.
    pub(super) fn delivered(&mut self, now: Duration) {
        *self = self.later(now);
        self.delivered = (self.delivered + 1.0).min(MOST_DELIVERED);
    }

    /// It brought what breaks a rule.
    pub(super) fn broke_a_rule(&mut self, now: Duration) {
        *self = self.later(now);
        self.broken += 1.0;
    }

    /// It came back into the mesh too early, or did not send what it told of.
    pub(super) fn pushed(&mut self, now: Duration) {
        *self = self.later(now);
        self.pushed += 1.0;
    }

    /// The sum, for a peer that is in the mesh for so long.
    pub(super) fn value(&self, now: Duration, in_mesh: Duration) -> f64 {
        let this = self.later(now);
        let minutes = f64::from(u32::try_from(in_mesh.as_secs() / 60).unwrap_or(u32::MAX).min(60));
        let pushed = (this.pushed - PUSHING_ALLOWED).max(0.0);
        0.01 * minutes + 0.1 * this.delivered - 10.0 * this.broken * this.broken - 10.0 * pushed * pushed
    }

    /// The same score at a later moment, which moves on in whole seconds.
    fn later(&self, now: Duration) -> Self {
        let seconds = now.saturating_sub(self.at).as_secs();
        if seconds == 0 {
            return *self;
        }
        if seconds > 4 * GRUDGE.as_secs() {
            return Self { at: now, ..Self::default() };
        }
        let seconds = i32::try_from(seconds).unwrap_or(i32::MAX);
        let (slow, fast) = (PER_SECOND.powi(seconds), PUSHING_PER_SECOND.powi(seconds));
        let at = self.at + Duration::from_secs(seconds.unsigned_abs().into());
        Self { delivered: self.delivered * slow, broken: self.broken * slow, pushed: self.pushed * fast, at }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_third_broken_rule_within_minutes_silences_and_is_forgiven_later() {
        let (mut score, minute) = (Score::default(), Duration::from_secs(60));
        (0..3).for_each(|_| score.broke_a_rule(minute));
        assert!(score.value(minute, Duration::ZERO) < -80.0);
        assert!(score.value(minute + GRUDGE, Duration::ZERO) > -1.0);
    }
}
