//! Windows that are found ahead of the reader, by another thread if there is one.
//!
//! ```text
//! reader:  its window is used up: give it back, spawn a task, get the window at the next place
//!     it is in the queue      -> take it
//!     a task is searching     -> wait until it has found a window, look again
//!     else                    -> drop what was found at other places, search there
//! task:    while the next place is known, a window is free and no other thread searches:
//!     search it, append it to the queue
//! ```
//!
//! The next place is known from the blocks of the window before it. That can be wrong where the data is
//! damaged, or where the reader skips restart intervals: then it costs time, and nothing else. Only one
//! thread searches at a time, and the reader never waits for a task that has not begun.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::find::WindowFinder;
use super::found::FoundWindow;
use super::window::Place;

/// Shared by the reader and its tasks.
pub(super) struct WindowQueue<'a, 't> {
    state: Mutex<QueueState<'a, 't>>,
    /// A search has ended.
    has_changed: Condvar,
}

struct QueueState<'a, 't> {
    /// `None` while a thread searches.
    finder: Option<Box<WindowFinder<'t>>>,
    /// Where the window after those in the queue begins, if it is known.
    next: Option<Place<'a>>,
    found: VecDeque<FoundWindow<'a>>,
    free: Vec<FoundWindow<'a>>,
}

impl<'a, 't> WindowQueue<'a, 't> {
    pub(super) fn new(finder: WindowFinder<'t>, free: Vec<FoundWindow<'a>>) -> Self {
        Self {
            state: Mutex::new(QueueState {
                finder: Some(Box::new(finder)),
                next: None,
                found: VecDeque::new(),
                free,
            }),
            has_changed: Condvar::new(),
        }
    }

    /// Gives a window back.
    pub(super) fn give_back(&self, window: FoundWindow<'a>) {
        self.lock().free.push(window);
    }

    /// The window with a chain that begins at `place`. `None` if no window is free.
    pub(super) fn take(&self, place: Place<'a>) -> Option<FoundWindow<'a>> {
        let mut state = self.lock();
        while state.front_chain(place).is_none() && state.finder.is_none() {
            let waited = self.has_changed.wait(state);
            state = waited.unwrap_or_else(PoisonError::into_inner);
        }
        if state.front_chain(place).is_none() {
            state.restart_at(place);
            let search = self.begin(state)?;
            search.finish();
            state = self.lock();
        }
        state.found.pop_front()
    }

    /// Searches as many windows as are free.
    pub(super) fn search_ahead(&self) {
        while let Some(search) = self.begin(self.lock()) {
            search.finish();
        }
    }

    /// Lets tasks end.
    pub(super) fn close(&self) {
        self.lock().next = None;
    }

    fn begin(&self, mut state: MutexGuard<'_, QueueState<'a, 't>>) -> Option<Search<'_, 'a, 't>> {
        let place = state.next?;
        let finder = state.finder.take()?;
        let Some(window) = state.free.pop() else {
            state.finder = Some(finder);
            return None;
        };
        Some(Search {
            queue: self,
            place,
            finder: Some(finder),
            window: Some(window),
        })
    }

    fn lock(&self) -> MutexGuard<'_, QueueState<'a, 't>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<'a> QueueState<'a, '_> {
    /// The chain of the first window that begins at `place`.
    fn front_chain(&self, place: Place<'a>) -> Option<usize> {
        self.found.front()?.chain_at(place)
    }

    /// Drops what was found.
    fn restart_at(&mut self, place: Place<'a>) {
        self.free.extend(self.found.drain(..));
        self.next = Some(place);
    }
}

/// The search in a window, which ends when this is dropped: even by a panic, or the reader would wait
/// forever.
struct Search<'q, 'a, 't> {
    queue: &'q WindowQueue<'a, 't>,
    place: Place<'a>,
    finder: Option<Box<WindowFinder<'t>>>,
    window: Option<FoundWindow<'a>>,
}

impl Search<'_, '_, '_> {
    fn finish(mut self) {
        if let (Some(finder), Some(window)) = (&mut self.finder, &mut self.window) {
            finder.search(self.place, window);
        }
    }
}

impl Drop for Search<'_, '_, '_> {
    fn drop(&mut self) {
        let mut state = self.queue.lock();
        let next = self.window.as_ref().and_then(FoundWindow::next_place);
        // Unless the queue was closed meanwhile.
        state.next = state.next.and(next);
        state.finder = self.finder.take();
        state.found.extend(self.window.take());
        drop(state);
        self.queue.has_changed.notify_one();
    }
}
