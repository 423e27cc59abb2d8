//! Single flight: a value that one task fetches at a time, and that every caller shares.
//!
//! Go's `singleflight` has the same name and purpose. Here, the last good value stays when a renewal
//! fails (stale-if-error, RFC 5861), and a failure is remembered until the next attempt is allowed
//! (negative caching, RFC 2308).
//!
//! The fetch runs in a task of its own, because a client chooses when to close its connection. A
//! caller that disappears cannot cancel the fetch that others wait for.
//!
//! `moka` and `async_singleflight` are not used. Neither has a minimum interval between fetches or
//! keeps the last good value, and the flight itself is the smaller part of this file.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

/// A value of type `T`, or why it could not be fetched. Cheap to clone.
#[derive(Debug)]
pub(crate) struct SingleFlight<T, E> {
    state: Arc<watch::Sender<FlightState<T, E>>>,
}

/// The state at one moment. Times are seconds since 1970.
#[derive(Debug)]
pub(crate) struct FlightState<T, E> {
    /// The last good value.
    pub(crate) value: Option<Arc<T>>,
    /// Start of the flight that brought the value.
    pub(crate) fetched: u64,
    /// How the last flight failed; `None` if it brought the value.
    pub(crate) failure: Option<E>,
    /// Start of the last flight.
    started: Option<u64>,
    in_flight: bool,
}

/// What [`SingleFlight::renew`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Renewal {
    /// It started a flight.
    Started,
    /// Another caller's flight is in the air.
    InFlight,
    /// The last flight is too recent.
    TooEarly,
}

impl<T, E> SingleFlight<T, E> {
    /// No value, no failure, no flight.
    pub(crate) fn new() -> Self {
        Self {
            state: Arc::new(watch::Sender::new(FlightState::default())),
        }
    }

    /// The current state, without waiting.
    pub(crate) fn state(&self) -> FlightState<T, E>
    where
        E: Clone,
    {
        self.state.borrow().clone()
    }

    /// Whether a flight may start: none is in the air, and the last one is old enough.
    pub(crate) fn is_due(&self, now: u64, min_interval: Duration) -> bool {
        self.state.borrow().renewal(now, min_interval) == Renewal::Started
    }

    /// Starts a flight in a task of its own, if one is due.
    pub(crate) fn renew<F>(
        &self,
        now: u64,
        min_interval: Duration,
        fetch: impl FnOnce() -> F,
    ) -> Renewal
    where
        F: Future<Output = Result<T, E>> + Send + 'static,
        T: Send + Sync + 'static,
        E: Send + Sync + 'static,
    {
        let mut renewal = Renewal::TooEarly;
        self.state.send_if_modified(|state| {
            renewal = state.renewal(now, min_interval);
            if renewal == Renewal::Started {
                state.started = Some(now);
                state.in_flight = true;
            }
            false
        });
        if renewal == Renewal::Started {
            let landing = Landing(Arc::clone(&self.state));
            let flight = fetch();
            tokio::spawn(async move { landing.land(now, flight.await) });
        }
        renewal
    }

    /// Waits until no flight is in the air, and returns the state.
    pub(crate) async fn landed(&self) -> FlightState<T, E>
    where
        E: Clone,
    {
        let mut receiver = self.state.subscribe();
        match receiver.wait_for(|state| !state.in_flight).await {
            Ok(state) => state.clone(),
            // The sender lives in `self`, so it is never closed.
            Err(_) => self.state(),
        }
    }
}

impl<T, E> FlightState<T, E> {
    fn renewal(&self, now: u64, min_interval: Duration) -> Renewal {
        // The difference is absolute: a clock that was set back must not stop all fetches.
        let is_recent = |started| now.abs_diff(started) < min_interval.as_secs();
        if self.in_flight {
            Renewal::InFlight
        } else if self.started.is_some_and(is_recent) {
            Renewal::TooEarly
        } else {
            Renewal::Started
        }
    }
}

impl<T, E> Default for FlightState<T, E> {
    fn default() -> Self {
        Self {
            value: None,
            fetched: 0,
            failure: None,
            started: None,
            in_flight: false,
        }
    }
}

// Not derived: that would require `T: Clone`.
impl<T, E: Clone> Clone for FlightState<T, E> {
    fn clone(&self) -> Self {
        Self {
            value: self.value.clone(),
            failure: self.failure.clone(),
            ..*self
        }
    }
}

impl<T, E> Clone for SingleFlight<T, E> {
    fn clone(&self) -> Self {
        let state = Arc::clone(&self.state);
        Self { state }
    }
}

/// Ends a flight when it is dropped, so that a panic in the fetch does not leave it in the air.
struct Landing<T, E>(Arc<watch::Sender<FlightState<T, E>>>);

impl<T, E> Landing<T, E> {
    fn land(self, started: u64, outcome: Result<T, E>) {
        self.0.send_modify(|state| match outcome {
            Ok(value) => {
                state.value = Some(Arc::new(value));
                state.fetched = started;
                state.failure = None;
            }
            Err(error) => state.failure = Some(error),
        });
    }
}

impl<T, E> Drop for Landing<T, E> {
    fn drop(&mut self) {
        self.0.send_modify(|state| state.in_flight = false);
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    const INTERVAL: Duration = Duration::from_secs(10);

    fn flight() -> SingleFlight<u32, &'static str> {
        SingleFlight::new()
    }

    #[tokio::test]
    async fn one_flight_serves_every_caller() {
        let flight = flight();
        let (answer, answered) = oneshot::channel();
        let fetch = || async move { answered.await.map_err(|_| "closed") };
        assert_eq!(flight.renew(100, INTERVAL, fetch), Renewal::Started);
        for _ in 0..3 {
            let second = || async { panic!("a second flight") };
            assert_eq!(flight.renew(999, INTERVAL, second), Renewal::InFlight);
        }
        answer.send(7).unwrap();
        for _ in 0..3 {
            let state = flight.landed().await;
            assert_eq!((state.value.as_deref(), state.fetched), (Some(&7), 100));
        }
    }

    #[tokio::test]
    async fn a_failure_keeps_the_value_and_is_remembered_for_the_interval() {
        let flight = flight();
        flight.renew(100, INTERVAL, || async { Ok(7) });
        flight.landed().await;
        let fail = || async { Err("outage") };
        assert_eq!(flight.renew(109, INTERVAL, fail), Renewal::TooEarly);
        assert_eq!(flight.renew(110, INTERVAL, fail), Renewal::Started);
        let state = flight.landed().await;
        assert_eq!(
            (state.value.as_deref(), state.failure),
            (Some(&7), Some("outage"))
        );
        assert_eq!(flight.renew(119, INTERVAL, fail), Renewal::TooEarly);
        flight.renew(120, INTERVAL, || async { Ok(8) });
        let state = flight.landed().await;
        assert_eq!((state.value.as_deref(), state.failure), (Some(&8), None));
    }

    #[tokio::test]
    async fn a_caller_that_disappears_does_not_cancel_the_flight() {
        let flight = flight();
        let (answer, answered) = oneshot::channel();
        let fetch = || async move { answered.await.map_err(|_| "closed") };
        let caller = async {
            flight.renew(100, INTERVAL, fetch);
            flight.landed().await;
        };
        tokio::select! {
            biased;
            () = caller => panic!("nothing was sent"),
            () = std::future::ready(()) => {}
        }
        answer.send(7).unwrap();
        assert_eq!(flight.landed().await.value.as_deref(), Some(&7));
    }

    #[tokio::test]
    async fn a_flight_that_panics_ends_and_the_next_may_start() {
        let flight = flight();
        flight.renew(100, INTERVAL, || async { panic!("a defect") });
        let state = flight.landed().await;
        assert!(state.value.is_none() && state.failure.is_none());
        let fetch = || async { Ok(7) };
        assert_eq!(flight.renew(110, INTERVAL, fetch), Renewal::Started);
        assert_eq!(flight.landed().await.value.as_deref(), Some(&7));
    }

    #[tokio::test]
    async fn a_clock_that_is_set_back_does_not_stop_fetches() {
        let flight = flight();
        flight.renew(1_000_000, INTERVAL, || async { Ok(7) });
        flight.landed().await;
        assert!(flight.is_due(1_000, INTERVAL));
    }
}
