//! Ctrl-C and SIGTERM while the demo runs, and waiting that minds them.

use crate::failure::{Exit, Failure};
use std::{
    sync::{Arc, Condvar, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio::signal::unix::{SignalKind, signal};

/// Between two looks at something that is waited for.
const LOOK: Duration = Duration::from_millis(25);

/// Whether somebody wants to end the demo.
#[derive(Clone, Debug, Default)]
pub(super) struct Interrupt(Arc<(Mutex<Wish>, Condvar)>);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Wish {
    #[default]
    GoOn,
    End,
}

impl Interrupt {
    /// Listens for Ctrl-C and SIGTERM from now on.
    pub(super) fn listen() -> Result<Self, Failure> {
        let listening = |error: std::io::Error| Failure::io("listen for Ctrl-C", &error);
        let interrupt = Self::default();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(listening)?;
        let (mut ctrl_c, mut terminate) = {
            let _inside = runtime.enter();
            (signal(SignalKind::interrupt()).map_err(listening)?, signal(SignalKind::terminate()).map_err(listening)?)
        };
        let told = interrupt.clone();
        std::thread::spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    _ = ctrl_c.recv() => {}
                    _ = terminate.recv() => {}
                }
            });
            told.end();
        });
        Ok(interrupt)
    }

    fn end(&self) {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) = Wish::End;
        self.0.1.notify_all();
    }

    /// Whether somebody wants to end.
    pub(super) fn is_wished(&self) -> bool {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) == Wish::End
    }

    /// Waits until somebody wants to end.
    pub(super) fn wait(&self) {
        let wish = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.0.1.wait_while(wish, |wish| *wish == Wish::GoOn));
    }

    /// Looks again and again until there is something, in bounded time.
    pub(super) fn until<T>(
        &self,
        what: &str,
        patience: Duration,
        mut look: impl FnMut() -> Result<Option<T>, Failure>,
    ) -> Result<T, Failure> {
        let deadline = Instant::now() + patience;
        loop {
            if let Some(found) = look()? {
                return Ok(found);
            }
            if Instant::now() >= deadline {
                return Err(Failure::new(
                    Exit::Failed,
                    format!("waited {} s in vain until {what}", patience.as_secs()),
                )
                .code("not_converged"));
            }
            let wish = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
            let (wish, _) = self
                .0
                .1
                .wait_timeout_while(wish, LOOK, |wish| *wish == Wish::GoOn)
                .unwrap_or_else(PoisonError::into_inner);
            if *wish == Wish::End {
                return Err(
                    Failure::new(Exit::Failed, "the demo was ended before its story was over").code("interrupted")
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_ends_when_there_is_something_or_time_is_up() {
        let interrupt = Interrupt::default();
        let mut looks = 0;
        let found = interrupt.until("it is there", Duration::from_secs(5), || {
            looks += 1;
            Ok((looks == 3).then_some("it"))
        });
        assert_eq!(found.unwrap(), "it");
        let failure = interrupt.until::<()>("never", Duration::ZERO, || Ok(None)).unwrap_err();
        assert!(failure.message.contains("until never"));
    }

    #[test]
    fn a_wish_to_end_ends_the_waiting() {
        let interrupt = Interrupt::default();
        assert!(!interrupt.is_wished());
        interrupt.end();
        assert!(interrupt.is_wished());
        interrupt.wait();
        let failure = interrupt.until::<()>("never", Duration::from_secs(60), || Ok(None)).unwrap_err();
        assert_eq!(failure.code, "interrupted");
    }
}
