//! Keeps the users up to date whose profiles are shown by event streams.
//!
//! One task reads the database for all streams of this process. It wakes up when this process stores a
//! change, and it polls every few seconds, because other processes may store changes. One query reads many
//! users, so the load of the database does not depend on the number of streams. The task ends when no
//! stream is open.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sqlx::AnyPool;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use crate::users::{self, User};

/// Maximum number of users in one query.
const MAX_USERS: usize = 100;

/// The followed users.
#[derive(Debug)]
pub struct Feed {
    pool: AnyPool,
    poll_interval: Duration,
    state: Mutex<FeedState>,
    /// Wakes the task up.
    wake: Notify,
    queries: AtomicU64,
}

#[derive(Debug, Default)]
struct FeedState {
    /// By `sub`. Each event stream has a receiver.
    followed: HashMap<String, watch::Sender<Arc<User>>>,
    /// Followed users whose data was stored since the task has last read.
    changed: HashSet<String>,
    is_running: bool,
}

impl Feed {
    /// Nothing is read until a user is followed.
    pub fn new(pool: AnyPool, poll_interval: Duration) -> Arc<Self> {
        Arc::new(Self {
            pool,
            poll_interval,
            state: Mutex::default(),
            wake: Notify::new(),
            queries: AtomicU64::new(0),
        })
    }

    /// Follows `user`, who has just been read. The receiver gets the user again soon, because there may have
    /// been a change in between, and then whenever the task has read it.
    pub fn follow(self: &Arc<Self>, user: &User) -> watch::Receiver<Arc<User>> {
        let mut state = self.state();
        let new = || watch::Sender::new(Arc::new(user.clone()));
        let sender = state.followed.entry(user.sub.clone());
        let receiver = sender.or_insert_with(new).subscribe();
        if !state.is_running {
            state.is_running = true;
            tokio::spawn(Arc::clone(self).run());
        }
        drop(state);
        self.notify_changed(&user.sub);
        receiver
    }

    /// Data of the user `sub` was stored.
    pub fn notify_changed(&self, sub: &str) {
        let mut state = self.state();
        if state.followed.contains_key(sub) {
            state.changed.insert(sub.to_owned());
            self.wake.notify_one();
        }
    }

    /// The number of queries so far.
    pub fn queries(&self) -> u64 {
        self.queries.load(Ordering::Relaxed)
    }

    async fn run(self: Arc<Self>) {
        let mut next_poll = Instant::now() + self.poll_interval;
        loop {
            let is_poll = tokio::select! {
                () = self.wake.notified() => false,
                () = tokio::time::sleep_until(next_poll) => true,
            };
            if is_poll {
                next_poll = Instant::now() + self.poll_interval;
            }
            let Some(subs) = self.due(is_poll) else {
                return;
            };
            for some in subs.chunks(MAX_USERS) {
                self.read(some).await;
            }
        }
    }

    /// The users to read: all followed ones for a poll, else those that have changed. `None` ends the task.
    fn due(&self, is_poll: bool) -> Option<Vec<String>> {
        let mut state = self.state();
        state
            .followed
            .retain(|_, sender| sender.receiver_count() > 0);
        let changed = std::mem::take(&mut state.changed);
        state.is_running = !state.followed.is_empty();
        if !state.is_running {
            return None;
        }
        let is_due = |sub: &&String| is_poll || changed.contains(*sub);
        Some(state.followed.keys().filter(is_due).cloned().collect())
    }

    /// Reads users, and wakes their streams up. While the database is down, the streams stay open and send
    /// nothing.
    async fn read(&self, subs: &[String]) {
        self.queries.fetch_add(1, Ordering::Relaxed);
        let Ok(users) = users::by_subs(&self.pool, subs).await else {
            return;
        };
        let state = self.state();
        for user in users {
            if let Some(sender) = state.followed.get(&user.sub) {
                sender.send_replace(Arc::new(user));
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, FeedState> {
        // No code panics while it holds the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
