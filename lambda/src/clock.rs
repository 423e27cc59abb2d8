//! What time it is.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Tells the time; in tests, whatever time the test is about.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> SystemTime;

    /// Now in whole seconds since 1970, as tokens have it.
    fn seconds(&self) -> u64 {
        since_epoch(self.now()).as_secs()
    }
}

/// The clock of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct System;

impl Clock for System {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
}

impl Clock for SystemTime {
    fn now(&self) -> SystemTime {
        *self
    }
}

impl<C: Clock> Clock for std::sync::Arc<C> {
    fn now(&self) -> SystemTime {
        self.as_ref().now()
    }
}

/// The time since 1970; nothing before.
pub fn since_epoch(time: SystemTime) -> Duration {
    time.duration_since(UNIX_EPOCH).unwrap_or_default()
}
